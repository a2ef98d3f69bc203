"""Advice of the library in the words of the app: a hint names commands, the app has keys for what they do."""

from __future__ import annotations

import re

from core.key_hints import with_keys

_CREATE = "{settings}, then {settings.create}"
_FOLDERS = "Settings ({settings}), Folders"
# From the special to the general. What matches no line has no key in the app: it stays a command, for a terminal.
_RULES: tuple[tuple[str, str], ...] = (
    (r",? or(?: run:)? `?pictoscope (?:add|undo)`?(?= |$)(?! [A-Z-])", ""),
    (r"run `pictoscope add` to rescan", "{rescan} rescans"),
    (r"`pictoscope folders move OLD NEW`, or `folders remove OLD`; in the app: Settings, Folders", _FOLDERS),
    (r"or `pictoscope folders add [^`]*`, then `folders remove`", "or add and remove it in " + _FOLDERS),
    (r"`pictoscope folders`", _FOLDERS),
    (r"pictoscope folders (?:list|move|add|remove)(?: [^;,)]*)?", _FOLDERS),
    (r"`pictoscope add FOLDER` creates one", "the first screen makes one of a folder that is typed there"),
    (r"`?pictoscope add FOLDER`?(?!…| --)", _FOLDERS),
    (r"`?pictoscope add`?(?= |$|;|,)(?! --| FOLDER)", "{rescan}"),
    (r"pictoscope vectors create ([^;,()]*?) --greyscale(?=$|[;,)])", rf"{_CREATE}: \1, greyscale"),
    (r"pictoscope vectors create (?![^;,()]*--shard)([^;,()-][^;,()]*?)(?=$|[;,)]| --precision)", rf"{_CREATE}: \1"),
    (r"pictoscope vectors restart ([^;,()]+)", r"{settings}, then {vectors-pane.restart} at \1"),
    (r"pictoscope vectors delete ([^;,()]+)", r"{settings}, then {vectors-pane.delete} at \1"),
    (
        r"pictoscope vectors verify ([^;,()]+?)(?: --repair)? (keeps|discards)",
        r"{settings}, then {vectors-pane.verify} at \1 \2",
    ),
    (r"pictoscope vectors failures(?: [^;,()]+)?", "{settings}, then {vectors-pane.failed}"),
    (r"pictoscope vectors list", "{settings}"),
    (r"pictoscope jobs --cancel [^;,() ]+", "{jobs}, then {jobs.cancel-job}"),
    (r"`?pictoscope jobs`?", "{jobs}"),
    (r"pictoscope history --actions", "{history}"),
    (r"pictoscope import FILE", "“Import labels” in the palette"),
    (r"pictoscope compare [^;,()]* --judge", "{compare}, then {compare.judge}"),
    (r"pictoscope map [^;,()]*? --method (\S+) --out FILE", r"{map}, then {map.method}: \1"),
)
_COMPILED = tuple((re.compile(pattern), advice) for pattern, advice in _RULES)


def in_app(advice: str) -> str:
    """Advice with the keys that do what its commands do. A command that no key stands for is left."""
    spoken = advice
    for pattern, by_key in _COMPILED:
        if pattern.search(spoken):
            spoken = pattern.sub(lambda found, by_key=by_key: found.expand(with_keys(by_key)), spoken)  # type: ignore[misc]
    return advice if spoken == advice else spoken.strip()
