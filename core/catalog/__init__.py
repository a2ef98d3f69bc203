"""The catalog of a project: which pictures there are and where. SQLite in WAL mode: one writer, readers never wait."""
