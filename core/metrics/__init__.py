"""How good rankings are, and how sure one can be: NumPy and SciPy over arrays; knows no store and no catalog."""
