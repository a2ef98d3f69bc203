"""Lists of pictures as files for other programs: tables, vectors, folders of links or copies, contact sheets."""
