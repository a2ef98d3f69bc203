"""Move files out of the collection and back, without overwriting or losing anything."""
