"""Maps: a collection in two dimensions by its vectors, stored in the project, drawn and exported."""
