"""Pictoscope's library: picture collections seen through vision models. Headless; knows nothing of the interface."""

__version__ = "0.1.0"
