"""Jobs: worker processes that fill vec types, and what they say of themselves."""
