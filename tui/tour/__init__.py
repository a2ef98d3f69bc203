"""The tour of the demo: its steps, what they look at, and where it stands. No screen knows of it."""
