"""Which regions of two pictures make a model find them alike."""
