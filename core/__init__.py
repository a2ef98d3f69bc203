"""Pictoscope's library: picture collections seen through vision models.

It imports nothing of the interface; only the hints of its errors name commands and keys.
"""

__version__ = "0.1.0"
