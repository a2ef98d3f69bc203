"""Which vectors suit a collection: several vec types measured on the same pictures."""
