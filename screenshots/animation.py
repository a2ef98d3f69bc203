"""The animation of the README: the demo, similar pictures, a text search and clusters, each step a frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from real_terminal import Window, terminal

FILE_NAME = "main-job.gif"
SIZE, FONT_SIZE = "120x34", 10
_COLOURS = 255  # of all frames together, and one that says that a pixel stays as it is
_STILL, _STILL_RESULTS = 1.0, 4.0  # seconds until a step has done what it does
_TYPED = 0.06  # seconds that each letter is shown
_AT_ONCE = 6  # letters that a frame adds: where results follow each letter, each frame is a page of pictures
# A step and the seconds that what it leads to is shown. Waiting is not: how long depends on the machine.
STEPS: Sequence[tuple[str, float]] = (
    ("text:pictoscope demo", 0.6),
    ("Return", 1.2),
    ("shift+Tab", 0.2),
    *[("Down", 0.0)] * 6,
    ("Down", 0.8),
    ("Tab", 0.2),
    *[("Right", 0.14)] * 6,
    ("Right", 0.9),
    ("s", 0.9),
    ("Return", 2.4),
    ("Escape", 0.4),
    ("slash", 0.6),
    ("text:a musical instrument", 0.5),
    ("Return", 2.4),
    ("Escape", 0.4),
    ("c", 0.7),
    ("Tab", 0.1),
    ("space", 0.4),
    ("Up", 0.3),
    ("Return", 0.6),
    ("Return", 3.0),
)


def make_animation(target: Path, command: Path, environment: dict[str, str]) -> None:
    """Do the steps in a terminal and write what it showed after each as a GIF."""
    where = environment | {"PATH": f"{command.parent}:{environment['PATH']}", "PS1": "$ "}
    shell = ["bash", "--norc", "--noprofile"]
    with terminal(shell, environment["HOME"], where, SIZE, FONT_SIZE) as window:
        frames = list(_frames(window))
    save(frames, target)


def _frames(window: Window) -> Iterator[tuple[Image.Image, float]]:
    yield window.wait(), 0.5
    for step, seconds in STEPS:
        kind, _, text = step.partition(":")
        if kind != "text":
            window.press(step)
            picture = window.wait(_STILL_RESULTS if seconds > 1 else _STILL)
            if seconds:
                yield picture, seconds
            continue
        for at in range(0, len(text), _AT_ONCE):
            letters = text[at : at + _AT_ONCE]
            window.press(f"text:{letters}")
            yield window.wait(0.4), _TYPED * len(letters)
        yield window.wait(), seconds


def save(frames: Sequence[tuple[Image.Image, float]], target: Path) -> None:
    """Write a GIF that repeats, in colours common to all frames, so that what stays the same is not written again."""
    palette = common_palette([picture for picture, _ in frames])
    pictures = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture, _ in frames]
    durations = [round(seconds * 100) * 10 for _, seconds in frames]
    pictures[0].save(target, save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=False)


def common_palette(pictures: Sequence[Image.Image]) -> Image.Image:
    """A picture that has the palette for all: rare colours count for more than their area, as photographs are small."""
    found: Counter[int] = Counter()
    for picture in pictures:
        red, green, blue = np.moveaxis(np.asarray(picture, np.int32) >> 2, 2, 0)
        colours, counts = np.unique(red << 12 | green << 6 | blue, return_counts=True)
        found.update(dict(zip(colours.tolist(), counts.tolist(), strict=True)))
    colours = np.repeat(np.array(list(found)), np.ceil(np.sqrt(np.array(list(found.values())))).astype(int))
    pixels = np.stack([colours >> 12, colours >> 6 & 63, colours & 63], axis=1).astype(np.uint8)[None] * 4 + 2
    return Image.fromarray(pixels).quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=2)
