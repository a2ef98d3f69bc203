"""Similar pictures of a folder by the library of Czkawka, as JSON: python find_by_czkawka.py FOLDER [LEVEL]."""

from __future__ import annotations

import json
import sys

from czkawka import ImageSimilarity

if __name__ == "__main__":
    folder, *level = sys.argv[1:]
    finder = ImageSimilarity()
    finder.set_directories([folder])
    if level:
        finder.set_similarity(int(level[0]))
    groups = [[path.name for path in group] for group in finder.find_similar()]
    print(json.dumps([[name, other] for group in groups for name in group for other in group if name < other]))
