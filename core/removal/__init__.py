"""Whether a file may be removed: only while a kept copy exists that holds no less."""
