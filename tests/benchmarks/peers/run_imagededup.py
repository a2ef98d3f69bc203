"""Encodings of a folder by imagededup's CNN, saved: python run_imagededup.py FOLDER ROWS.npy."""

from __future__ import annotations

import sys

import numpy as np
from imagededup.methods import CNN

if __name__ == "__main__":
    folder, target = sys.argv[1:]
    np.save(target, np.stack(list(CNN().encode_images(image_dir=folder).values())))
