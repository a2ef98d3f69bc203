"""Vectors that were made elsewhere: files of rows, matched with pictures, as a vec type like any other."""
