"""Map: the collection in two dimensions by its vectors."""
