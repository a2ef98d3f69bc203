"""Which vectors suit the collection: the comparison, side by side, and judging."""
