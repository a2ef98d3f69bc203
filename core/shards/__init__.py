"""Shards: a share of the pictures is computed on any machine as a part; parts are merged into the project's vectors."""
