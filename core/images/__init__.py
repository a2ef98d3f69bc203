"""Reading pictures: identify, decode, orient, flatten, greyscale, thumbnails."""
