"""The parts that screens are made of: the grid, the preview, lists, form controls."""
