"""Which copy holds more: what headers tell, and a partial order that never gives up what is held nowhere else."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from core.actions.best_copy import verdicts
from core.catalog.catalog import Catalog
from core.catalog.copies import File, files_of
from core.catalog.scan import scan
from core.images.decoders import identify_all
from core.images.formats import register_decoders
from core.images.identify import Identity, identify
from core.images.richness import CMYK, GREY, LOSSLESS, NUMBERS, RGB, UNKNOWN_LOSS, XMP, Richness
from core.removal.copy_comparison import holds_more, more_facts

register_decoders()


def drawing(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    picture = Image.radial_gradient("L").resize(size)
    if mode == "I;16":
        return picture.convert("I").point(lambda value: value * 256).convert("I;16")
    return picture.convert("RGB").convert(mode)


def clear() -> Image.Image:
    """A drawing that is transparent in part: WebP forgets a channel that says nothing."""
    picture = drawing("RGBA")
    picture.putalpha(drawing("L"))
    return picture


def camera() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Canon", "Canon EOS 5D"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2001:02:03 04:05:06"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (48.0, 1.0, 2.0), 3: "E", 4: (2.0, 3.0, 4.0)})
    return exif


def adobe() -> bytes:
    """A profile that is not sRGB: Lab stands in for any other."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def told(path: Path) -> Richness:
    """As the scan learns it, through a decoder process; the same as in this process."""
    (identity,) = identify_all([path])
    assert isinstance(identity, Identity)
    assert identity.facts is not None
    assert identity.facts == identify(path).facts
    return identity.facts


def three(path: Path, mode: str = "RGB", **options: Any) -> None:
    frames = [drawing(mode).rotate(10 * turn) for turn in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)


def subsampled(path: Path) -> None:
    numbers = np.asarray(drawing())
    tifffile.imwrite(path, numbers, compression="jpeg", photometric="rgb", subsampling=(2, 2), metadata=None)


SAVED: list[tuple[str, Callable[[Path], Any], dict[str, int]]] = [
    ("a.jpg", lambda path: drawing().save(path, quality=97), {"quality": 97, "colour": RGB, "depth": 8}),
    ("a.jpg", lambda path: drawing().save(path, quality=30), {"quality": 30}),
    ("a.jpg", lambda path: drawing("L").save(path), {"colour": GREY, "quality": 75}),
    ("a.jpg", lambda path: drawing("CMYK").save(path), {"colour": CMYK}),
    ("a.jpg", lambda path: drawing().save(path, icc_profile=srgb()), {"icc": 0}),
    ("a.jpg", lambda path: drawing().save(path, xmp=b"<x:xmpmeta/>"), {"notes": XMP}),
    ("a.png", lambda path: drawing("RGBA").save(path), {"alpha": 1, "quality": LOSSLESS}),
    ("a.png", lambda path: drawing("P").save(path), {"palette": 1, "depth": 8}),
    ("a.png", lambda path: drawing("I;16").save(path), {"depth": 16, "colour": GREY}),
    ("a.png", lambda path: drawing("1").save(path), {"depth": 1, "colour": GREY}),
    ("a.png", lambda path: three(path), {"frames": 3}),
    ("a.gif", lambda path: three(path), {"frames": 3, "palette": 1}),
    ("a.webp", lambda path: three(path), {"frames": 3, "quality": UNKNOWN_LOSS}),
    ("a.webp", lambda path: three(path, lossless=True), {"frames": 3, "quality": LOSSLESS}),
    ("a.webp", lambda path: clear().save(path, lossless=True), {"alpha": 1, "quality": LOSSLESS}),
    ("a.webp", lambda path: drawing().save(path, quality=80), {"alpha": 0, "quality": UNKNOWN_LOSS}),
    ("a.tif", lambda path: three(path), {"frames": 3, "quality": LOSSLESS}),
    ("a.tif", lambda path: drawing().save(path, compression="jpeg", quality=30), {"quality": 30}),
    ("a.tif", lambda path: drawing().save(path, compression="tiff_lzw"), {"quality": LOSSLESS, "depth": 8}),
    ("a.tif", lambda path: drawing("I;16").save(path), {"depth": 16}),
    ("a.bmp", lambda path: drawing().save(path), {"quality": LOSSLESS}),
    ("a.avif", lambda path: drawing().save(path), {"quality": UNKNOWN_LOSS, "depth": 8}),
    ("a.jp2", lambda path: drawing().save(path), {"quality": UNKNOWN_LOSS, "depth": 8}),
    ("a.jpg", lambda path: drawing().save(path, subsampling=0), {"chroma": 1, "colour_quality": 75}),
    ("a.jpg", lambda path: drawing().save(path, subsampling=1), {"chroma": 2}),
    ("a.jpg", lambda path: drawing().save(path, subsampling=2), {"chroma": 4}),
    ("a.jpg", lambda path: drawing("L").save(path), {"chroma": 0, "colour_quality": 0}),
    ("a.webp", lambda path: drawing().save(path), {"chroma": 4}),
    ("a.avif", lambda path: drawing().save(path, subsampling="4:4:4"), {"chroma": 1}),
    ("a.avif", lambda path: drawing().save(path, subsampling="4:2:0"), {"chroma": 4}),
    ("a.heic", lambda path: drawing().save(path, chroma=444), {"chroma": 1}),
    ("a.heic", lambda path: drawing().save(path, chroma=420), {"chroma": 4}),
    ("a.tif", lambda path: drawing().save(path, compression="jpeg"), {"chroma": 1}),
    ("a.tif", lambda path: subsampled(path), {"chroma": 4}),
    ("a.png", lambda path: drawing().save(path), {"chroma": 1}),
]


@pytest.mark.parametrize(("name", "save", "expected"), SAVED)
def test_headers_tell_what_a_picture_holds(
    tmp_path: Path, name: str, save: Callable[[Path], object], expected: dict[str, int]
) -> None:
    save(tmp_path / name)
    facts = told(tmp_path / name)
    for field, value in expected.items():
        found = getattr(facts, field)
        is_estimate = field in ("quality", "colour_quality") and 0 < value < LOSSLESS
        assert abs(found - value) <= 2 if is_estimate else found == value, field


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.avif"])
def test_exif_is_told_whatever_the_format(tmp_path: Path, name: str) -> None:
    drawing().save(tmp_path / name, exif=camera().tobytes(), icc_profile=adobe())
    drawing().save(tmp_path / f"bare-{name}")
    full, bare = told(tmp_path / name), told(tmp_path / f"bare-{name}")
    assert all((full.camera, full.taken, full.place, full.icc))
    assert full.exif > bare.exif
    assert not any((bare.camera, bare.taken, bare.place, bare.words, bare.icc))
    assert (full.words, full.notes & XMP) == (0, 0)


def test_facts_pass_between_processes_whole() -> None:
    facts = Richness(*range(1, len(NUMBERS) + 1))
    for each in (None, b"", b"abc", bytes(range(240))):
        facts = replace(facts, each=each)
        assert Richness.unpack(facts.pack()) == facts
    assert Richness.unpack(bytes(len(facts.pack()))) is None
    assert Richness.unpack(replace(facts, exif=1 << 40).pack()) == replace(facts, exif=(1 << 32) - 1)


BASE = File(b"k" * 20, b"/p/a.jpg", 1_000_000, 1_600_000_000 * 10**9, 4_000, 3_000, "JPEG", Richness(quality=90))


def other(file: File = BASE, facts: dict[str, int] | None = None, **changes: Any) -> File:
    known = file.facts or Richness()
    return replace(file, key=b"o" * 20, facts=replace(known, **(facts or {})), **changes)


MORE = [
    (other(facts={"frames": 3}), "3 frames or pages (the other 1)"),
    (other(facts={"depth": 16}), "16 bits a channel (the other 8)"),
    (other(facts={"alpha": 1}), "transparency"),
    (other(facts={"icc": 5}), "a colour profile"),
    (other(facts={"exif": 9, "camera": 7}), "EXIF of a camera (the other has none)"),
    (other(facts={"exif": 9}), "EXIF (the other has none)"),
    (other(facts={"notes": XMP}), "XMP"),
    (other(facts={"quality": 97}), "less compression (quality 97)"),
    (other(facts={"quality": LOSSLESS}, format="PNG"), "no loss by compression (PNG)"),
    (other(size=2_000_000), "less compression (2.0 MB)"),
    (other(width=5_000), "more pixels, 5,000 x 3,000"),
    (other(facts={"extra": 2}), "2 more channels (the other 0)"),
]


@pytest.mark.parametrize(("richer", "words"), MORE)
def test_each_fact_alone_keeps_a_copy(richer: File, words: str) -> None:
    assert words in holds_more(richer, BASE)
    assert holds_more(BASE, richer) == ""
    best, said = verdicts([BASE, richer], [False, False], [0, 1])
    assert (best, said[0].keep, said[1].keep) == (1, False, True)
    # A reference folder that has the poorer one does not give the richer one up.
    best, said = verdicts([BASE, richer], [True, False], [0, 1])
    assert (best, said[1].keep) == (0, True)
    assert words in said[1].reason


@pytest.mark.parametrize(
    ("one", "another"),
    [
        (other(facts={"exif": 3, "taken": 1}), replace(BASE, facts=Richness(quality=90, exif=3, taken=2))),
        (other(facts={"colour": CMYK}), BASE),
        (other(facts={"frames": 3, "palette": 1, "quality": LOSSLESS}, format="GIF"), BASE),
        (other(facts={"exif": 2}, width=3_000), BASE),
    ],
)
def test_where_each_holds_something_both_stay(one: File, another: File) -> None:
    assert holds_more(one, another) and holds_more(another, one)
    _, said = verdicts([one, another], [False, False], [0, 1])
    assert [verdict.keep for verdict in said] == [True, True]


def test_a_far_smaller_copy_holds_no_more_for_being_compressed_less() -> None:
    small = other(width=800, height=600, size=900_000, format="PNG", facts={"quality": LOSSLESS})
    assert holds_more(small, BASE) == ""
    poor = replace(BASE, facts=Richness(quality=20))
    assert "no loss" in holds_more(small, poor)


_facts = st.builds(
    Richness,
    frames=st.integers(1, 2),
    depth=st.sampled_from([8, 16]),
    colour=st.sampled_from([GREY, RGB, CMYK]),
    palette=st.integers(0, 1),
    alpha=st.integers(0, 1),
    quality=st.sampled_from([UNKNOWN_LOSS, 30, 90, LOSSLESS]),
    icc=st.integers(0, 2),
    exif=st.integers(0, 2),
    notes=st.integers(0, 3),
    camera=st.integers(0, 1),
    taken=st.integers(0, 2),
    extra=st.integers(0, 1),
)
_groups = st.lists(
    st.builds(
        File,
        st.binary(min_size=20, max_size=20),
        st.integers(0, 99).map(lambda number: b"/p/%d" % number),
        st.integers(1, 3),
        st.integers(0, 1),
        st.integers(1, 3),
        st.integers(1, 3),
        st.sampled_from(["JPEG", "PNG", "WEBP"]),
        st.none() | _facts,
        st.none() | st.integers(0, 9),
    ),
    min_size=2,
    max_size=5,
    unique_by=(lambda file: file.path, lambda file: file.key),
)
# What a copy that stays for another must have at least; quality, profile and EXIF have tests of their own.
_GROWING = ("frames", "depth", "alpha", "extra")


@given(files=_groups, data=st.data())
def test_what_goes_holds_nothing_that_the_one_that_stays_lacks(files: list[File], data: st.DataObject) -> None:
    references = data.draw(st.lists(st.booleans(), min_size=len(files), max_size=len(files)))
    best, said = verdicts(files, references, list(range(len(files))))
    stays = files[best].facts
    assert said[best].keep
    for file, verdict in zip(files, said, strict=True):
        if verdict.keep:
            continue
        assert file.facts is not None and stays is not None
        assert all(getattr(file.facts, name) <= getattr(stays, name) for name in _GROWING)
        assert file.facts.colour in (GREY, stays.colour)
        assert stays.palette <= file.facts.palette
        for name in ("camera", "taken", "icc"):
            assert getattr(file.facts, name) in (0, getattr(stays, name))
        assert not file.facts.notes & ~stays.notes
        assert file.pixels * 0.99 <= files[best].pixels


@given(first=_facts, second=_facts, third=_facts)
def test_holding_as_much_is_transitive_in_what_headers_tell(first: Richness, second: Richness, third: Richness) -> None:
    if not more_facts(second, first) and not more_facts(third, second):
        assert not more_facts(third, first)


def saved(kind: str, picture: Image.Image | None = None, **options: Any) -> bytes:
    stream = io.BytesIO()
    (picture or grain()).save(stream, kind, **options)
    return stream.getvalue()


def grain() -> Image.Image:
    """Colours that compression costs bytes."""
    return Image.effect_noise((160, 120), 60).convert("RGB")


def with_space(content: bytes) -> bytes:
    """With 100 KB of the free space that some programs leave in a file."""
    return content + struct.pack(">I", 100_008) + b"free" + bytes(100_000)


def notes(size: int = 100_000) -> bytes:
    """XMP as long as that of a program that keeps its history there."""
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:title>' + b"a" * size + b"</dc:title></x:xmpmeta>"


def taken_with(**fields: Any) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif).update({ExifTags.Base[name].value: value for name, value in fields.items()})
    return exif.tobytes()


def coarse_colours() -> bytes:
    """A JPEG whose table of colours is far coarser than the other."""
    tables = Image.open(io.BytesIO(saved("JPEG", quality=90))).quantization
    return saved("JPEG", qtables=[list(tables[0]), [min(255, 8 * value) for value in tables[1]]], subsampling=0)


def tiff(channels: int) -> bytes:
    stream = io.BytesIO()
    rest = ["unspecified"] * (channels - 3)
    numbers = np.random.default_rng(0).integers(0, 255, (120, 160, channels), np.uint8)
    tifffile.imwrite(stream, numbers, photometric="rgb", extrasamples=rest, metadata=None)
    return stream.getvalue()


def shown_for(kind: str, *times: int) -> bytes:
    frames = [grain().rotate(90 * turn) for turn in range(len(times))]
    return saved(kind, frames[0], save_all=True, append_images=frames[1:], duration=list(times), loop=0)


LENS = {"LensModel": "50mm", "BodySerialNumber": "7"}
EXPOSED = {"ISOSpeedRatings": 100, "ExposureTime": 0.01, "FNumber": 2.8, "Flash": 1}
# What holds more, and what was once taken for as good.
LOST: dict[str, tuple[bytes, bytes]] = {
    "samples of colour": (saved("JPEG", quality=90, subsampling=0), saved("JPEG", quality=91, subsampling=2)),
    "exact colours": (saved("JPEG", quality=90, subsampling=0), coarse_colours()),
    "a WebP beside XMP": (saved("WEBP", quality=90), saved("WEBP", quality=20, xmp=notes())),
    "an AVIF beside space": (saved("AVIF", quality=90), with_space(saved("AVIF", quality=50))),
    "a HEIC beside space": (saved("HEIF", quality=90), with_space(saved("HEIF", quality=50))),
    "a JPEG 2000 beside space": (
        saved("JPEG2000", quality_mode="rates", quality_layers=[5]),
        with_space(saved("JPEG2000", quality_mode="rates", quality_layers=[20])),
    ),
    "other fields, and fewer": (
        saved("JPEG", quality=90, exif=taken_with(**LENS)),
        saved("JPEG", quality=90, exif=taken_with(**EXPOSED)),
    ),
    "another value of a field": (
        saved("JPEG", quality=90, exif=taken_with(FNumber=4.0)),
        saved("JPEG", quality=90, exif=taken_with(**EXPOSED)),
    ),
    "channels": (tiff(5), tiff(3)),
    "a channel of a PNG": (tiff(4), saved("PNG")),
    "how long the first frame is shown, GIF": (shown_for("GIF", 3_000, 10), shown_for("GIF", 10, 10)),
    "how long the first frame is shown, WebP": (shown_for("WEBP", 3_000, 10), shown_for("WEBP", 10, 10)),
}


def as_scanned(path: Path, content: bytes) -> File:
    path.write_bytes(content)
    (found,) = identify_all([path])
    assert isinstance(found, Identity)
    return File(found.key, bytes(path), len(content), 0, found.width, found.height, found.format, found.facts)


@pytest.mark.parametrize("what", LOST)
def test_what_only_one_copy_holds_keeps_it(tmp_path: Path, what: str) -> None:
    richer, poorer = (as_scanned(tmp_path / str(at), content) for at, content in enumerate(LOST[what]))
    assert holds_more(richer, poorer)


def test_exif_that_is_a_part_of_the_other_is_held_there(tmp_path: Path) -> None:
    part = as_scanned(tmp_path / "a", saved("JPEG", quality=90, exif=taken_with(FNumber=2.8, Flash=1)))
    whole = as_scanned(tmp_path / "b", saved("JPEG", quality=90, exif=taken_with(**EXPOSED)))
    assert holds_more(part, whole) == ""
    many = dict.fromkeys(list(ExifTags.Base)[-100:], 1)
    both = [
        as_scanned(tmp_path / "c", saved("JPEG", quality=90, exif=_with_tags(many | {0x9209: at}))) for at in (1, 2)
    ]
    assert holds_more(*both), "more fields than are told apart"


def _with_tags(tags: dict[Any, int]) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif).update(tags)
    return exif.tobytes()


def test_a_catalog_keeps_what_headers_tell(tmp_path: Path) -> None:
    drawing().save(tmp_path / "a.jpg", exif=camera().tobytes(), quality=88)
    with Catalog(tmp_path / "catalog.sqlite", tmp_path) as catalog:
        scan(catalog, [bytes(tmp_path)])
        keys = catalog.keys().tolist()
        ((file,),) = files_of(catalog, keys).values()
        assert file.facts == replace(told(tmp_path / "a.jpg"), each=None)


def test_a_header_that_does_not_tell_it_all_tells_nothing(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    frames = [drawing().rotate(10 * turn) for turn in range(3)]
    frames[0].save(buffer, "TIFF", save_all=True, append_images=frames[1:])
    (tmp_path / "half.tif").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) * 2 // 3])
    (identity,) = identify_all([tmp_path / "half.tif"])
    assert isinstance(identity, Identity)
    assert identity.facts is None or identity.problem
