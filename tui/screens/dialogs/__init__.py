"""Dialogs that several screens open: a line of text, a question, export, import, help."""
