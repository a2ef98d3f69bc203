"""Near-duplicates of a folder by a hash of imagededup, as JSON: python find_by_imagededup.py FOLDER METHOD."""

from __future__ import annotations

import json
import sys

from imagededup import methods

if __name__ == "__main__":
    folder, method = sys.argv[1:]
    found = getattr(methods, method)().find_duplicates(image_dir=folder)
    print(json.dumps([[name, other] for name, others in found.items() for other in others]))
