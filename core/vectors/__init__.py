"""Vec types: the store on disk, the pipeline that fills it, and the search over it."""
