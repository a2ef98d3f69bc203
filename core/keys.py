"""Keys of pictures: SHA-1 of their content. Does not import NumPy, which the first paint must not wait for."""

from __future__ import annotations

# NumPy type of keys: 20 bytes. "S" compares and sorts bytewise, and pads with zeros to a fixed length.
KEY = "S20"
KEY_BYTES = 20


def whole_key(key: bytes) -> bytes:
    """A key with its trailing zero bytes, which NumPy strips from elements."""
    return bytes(key).ljust(KEY_BYTES, b"\0")
