"""Pictures drawn in the cells of a terminal."""
