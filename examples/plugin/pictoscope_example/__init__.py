"""A model and an action for Pictoscope."""
