"""Embeddings of a folder by FiftyOne, in its database: python run_fiftyone.py FOLDER MODEL [BATCH]."""

from __future__ import annotations

import sys

import fiftyone
import fiftyone.zoo


def main() -> None:
    """Print how many pictures have one."""
    folder, model, *batch = sys.argv[1:]
    dataset = fiftyone.Dataset.from_images_dir(folder, persistent=True)
    size = {"batch_size": int(batch[0])} if batch else {}
    dataset.compute_embeddings(fiftyone.zoo.load_zoo_model(model), embeddings_field="embedding", **size)
    print(len(dataset.exists("embedding")))


if __name__ == "__main__":
    main()
