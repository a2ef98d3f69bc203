"""The header of a TIFF as read by Pillow, even if Pillow cannot decode its pixels."""

from __future__ import annotations

from PIL import ExifTags, TiffImagePlugin


class TiffHeader(TiffImagePlugin.TiffImageFile):
    """A TIFF whose pixels are decoded by :mod:`core.images.tiff`; only its tags and its size are used."""

    def _setup(self) -> None:
        try:
            super()._setup()
        except (SyntaxError, KeyError, OSError):
            size = self.tag_v2.get(TiffImagePlugin.IMAGEWIDTH), self.tag_v2.get(TiffImagePlugin.IMAGELENGTH)
            width, height = size
            if not isinstance(width, int) or not isinstance(height, int):
                raise
            upright = self.tag_v2.get(ExifTags.Base.Orientation) not in (5, 6, 7, 8)
            self._size = (width, height) if upright else (height, width)
            self._tile_size = width, height
            self._mode, self.tile = "RGB", []
            profile = self.tag_v2.get(TiffImagePlugin.ICCPROFILE)
            if isinstance(profile, bytes):
                self.info["icc_profile"] = profile
