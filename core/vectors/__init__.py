"""Vec types: the store on disk, the pipeline that fills it, coverage, and the encoder of queries."""
