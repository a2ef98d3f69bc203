"""Models: the list of known models, and one module for each backend that runs them."""
