"""Lists of pictures out to other programs, and labels in again."""
