"""The interface: the command line and the app (Textual)."""
