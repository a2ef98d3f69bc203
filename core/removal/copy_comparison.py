"""Compare copies of a picture: a partial order by content. A copy that contains more is never removed."""

from __future__ import annotations

from core.catalog.copies import File
from core.images.richness import CMYK, GREY, IPTC, LOSSLESS, MAKER_NOTE, UNKNOWN_LOSS, XMP, Richness
from core.text import byte_size, count

# Tolerances: resized pictures may differ by a row, and the quality estimated from headers is off by up to 2.
PIXELS_ALIKE = 0.99
QUALITY_ALIKE = 2
# Bytes indicate detail too: a picture of the same quality with less than two thirds of the bytes shows less.
BYTES_ALIKE = 0.65
# A copy of half the width and height shows no more despite less compression, if the large one is of fair quality.
_FAR_SMALLER = 4
_DECENT = 50
# How many bytes of JPEG correspond to a byte of the format.
_WORTH = {"JPEG2000": 1.2, "WEBP": 1.4, "HEIF": 2.0, "AVIF": 2.0}
_ATTACHED = {
    "xmp": "other words in its XMP",
    "iptc": "another IPTC block",
    "texts": "other comments, keywords or stars",
    "later": "other frames or pages after the first",
    "more": "other data beside its pixels (a film, layers or the like)",
}
_NOTES = {MAKER_NOTE: "notes of its camera's maker", XMP: "XMP", IPTC: "IPTC"}


def holds_more(one: File, other: File) -> str:
    """What ``one`` contains and ``other`` lacks, in words that follow "has"; empty if ``other`` is at least as rich.

    Equal bytes have equal content. Labels are not compared: they can be carried over.
    """
    if one.key == other.key:
        return ""
    if one.facts is None or other.facts is None:
        return "unknown content: its header tells too little"
    found = [*_pixels(one, other), *more_facts(one.facts, other.facts), *_fidelity(one, other)]
    return ", ".join(found)


def more_facts(one: Richness, other: Richness) -> list[str]:
    """What one header contains and another lacks, except pixels and compression."""
    found = []
    if one.frames > other.frames:
        found.append(f"{count(one.frames, 'frame or page', 'frames or pages')} (the other {other.frames})")
    if one.colour != GREY and one.colour != other.colour:
        found.append("CMYK" if one.colour == CMYK else "colour" if other.colour == GREY else "RGB")
    if other.palette and not one.palette and one.colour != GREY:  # greys of 8 bits are 256 too
        found.append("all its colours (the other at most 256)")
    if one.depth > other.depth:
        found.append(f"{one.depth} bits a channel (the other {other.depth})")
    if one.extra > other.extra:
        found.append(f"{count(one.extra, 'more channel')} (the other {other.extra})")
    if one.alpha and not other.alpha:
        found.append("transparency")
    if one.icc and one.icc != other.icc:
        found.append("a colour profile that the other lacks")
    return found + _metadata(one, other) + _attached(one, other)


def _metadata(one: Richness, other: Richness) -> list[str]:
    if one.exif and not other.exif:
        return ["EXIF of a camera (the other has none)" if one.camera else "EXIF (the other has none)"]
    found = []
    for name, words in (("camera", "camera"), ("taken", "date"), ("place", "place"), ("words", "description")):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine and mine != theirs:
            found.append(f"another {words} in its EXIF" if theirs else f"a {words} in its EXIF")
    missing = one.notes & ~other.notes
    found += [words for bit, words in _NOTES.items() if missing & bit]
    if not found and one.exif > other.exif:
        found.append(f"{one.exif} EXIF fields (the other {other.exif})")
    if not found and one.exif and one.exif == other.exif and one.settings != other.settings:
        found.append("other values in its EXIF")
    if not found and other.lacks_fields_of(one):
        found.append("EXIF fields or values that the other lacks")
    return found


def _attached(one: Richness, other: Richness) -> list[str]:
    """Data known only by hash: if two hashes differ, each counts as more than the other."""
    found = []
    for name, words in _ATTACHED.items():
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine and mine != theirs:
            found.append(words if theirs else words.replace("other ", "", 1).replace("another ", "an "))
    return found


def _pixels(one: File, other: File) -> list[str]:
    return [f"more pixels, {one.width:,} x {one.height:,}"] if other.pixels < PIXELS_ALIKE * one.pixels else []


def _fidelity(one: File, other: File) -> list[str]:
    if kept_by_compression(other, one):
        return []
    quality = one.facts.quality if one.facts else UNKNOWN_LOSS
    if quality == LOSSLESS:
        return [f"no loss by compression ({one.format})"]
    if not keeps_colours(other, one):
        return ["finer colours"]
    if other.facts and UNKNOWN_LOSS < other.facts.quality < quality - QUALITY_ALIKE:
        return [f"less compression (quality {quality})"]
    return [f"less compression ({byte_size(coded_size(one))})"]


def kept_by_compression(one: File, other: File) -> bool:
    """Whether ``one`` has lost no more by compression than ``other``."""
    if one.facts is None or other.facts is None:
        return False
    mine, theirs = one.facts.quality, other.facts.quality
    if mine == LOSSLESS:
        return True
    if not keeps_colours(one, other):
        return False
    if _far_larger(one, other) and (
        mine >= _DECENT or (mine == UNKNOWN_LOSS and coded_size(one) >= BYTES_ALIKE * coded_size(other))
    ):
        return True
    if theirs == LOSSLESS:
        return False
    if UNKNOWN_LOSS not in (mine, theirs) and mine < theirs - QUALITY_ALIKE:
        return False
    return worth(one) >= BYTES_ALIKE * worth(other)


def keeps_colours(one: File, other: File) -> bool:
    """Whether ``one`` has samples of colour for no fewer places, coded no more coarsely. True where it is not known."""
    mine, theirs = one.facts, other.facts
    if mine is None or theirs is None or theirs.colour == GREY:
        return True
    if mine.chroma and theirs.chroma and one.pixels / mine.chroma < PIXELS_ALIKE * other.pixels / theirs.chroma:
        return False
    if not (mine.colour_quality and theirs.colour_quality):
        return True
    if _far_larger(one, other) and mine.colour_quality >= _DECENT:
        return True
    return mine.colour_quality >= theirs.colour_quality - QUALITY_ALIKE


def _far_larger(one: File, other: File) -> bool:
    return one.pixels >= _FAR_SMALLER * other.pixels > 0


def coded_size(file: File) -> int:
    """Bytes of its coded pixels: what lies beside them says nothing of their quality. Its size if that is not known."""
    return min(file.size, file.facts.coded) if file.facts and file.facts.coded else file.size


def worth(file: File) -> float:
    """The number of bytes that JPEG would need for the same quality."""
    return coded_size(file) * _WORTH.get(file.format, 1.0)
