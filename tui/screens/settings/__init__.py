"""Settings, vectors, jobs, failures."""
