"""The choices of the action ``cluster_by``."""

from __future__ import annotations

TEXTS, TAGS = "texts", "tags"
PICTURES, NAMES = "pictures", "names"
USE, COMBINE, IGNORE = "use", "combine", "ignore"
