"""Home and Browse: folders, the grid, one picture; the filter and the order."""
