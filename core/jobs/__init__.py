"""Jobs: worker processes that fill vec types or make a map, and the events that they write."""
