"""Charts: how many pictures have which tag, folder, date or other property, as bars in several forms."""
