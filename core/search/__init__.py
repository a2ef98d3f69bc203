"""Searching and clustering rows of numbers, with NumPy, SciPy and scikit-learn; knows no store and no catalog."""
