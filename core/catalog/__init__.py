"""The catalog of a project: its pictures and their files. SQLite in WAL mode: one writer, readers never wait."""
