"""The words for colours. Without NumPy: filters are read before the first paint."""

# The basic colour terms of Berlin and Kay, "Basic Color Terms", 1969, and cyan: from dark to light, then round the
# wheel. The order in which pictures are sorted.
COLOURS = ("black", "grey", "white", "brown", "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
