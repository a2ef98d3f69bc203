"""A decoder as the program starts it, but for a million pixels at most: wrong sizes then cost no seconds."""

from __future__ import annotations

import sys

from core.images import decoder, read

if __name__ == "__main__":
    read.MAX_PIXELS = 1_000_000
    decoder.main(sys.argv[1:])
