"""Models: the catalogue of what there is, and one module for each backend that runs them."""
