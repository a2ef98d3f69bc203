"""The screens of the app; ``base.py`` has what all of them share."""
