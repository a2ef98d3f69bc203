"""The pictures that are selected in a grid: by key, since a million may be selected and few of them ever looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from core.catalog.catalog import Picture
from tui.widgets.picture_source import Entries, Item, PictureSource


class SelectedPictures:
    """Keys in the order they were selected, with the facts of those that were selected one by one."""

    def __init__(self) -> None:
        self._items: dict[bytes, Item | None] = {}
        self._source: PictureSource | None = None  # has the facts of those that came all at once

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: bytes) -> bool:
        return key in self._items

    @property
    def keys(self) -> list[bytes]:
        """Keys of all selected pictures."""
        return list(self._items)

    def items(self) -> list[Item]:
        """All of them with their facts, which are read where need be: ask for ``keys`` where these suffice."""
        if self._source is not None and None in self._items.values():
            for item in self._source.items(0, len(self._source)):
                if item and self._items.get(item.picture.key, item) is None:
                    self._items[item.picture.key] = item
        return [item for item in self._items.values() if item]

    def entries(self) -> Callable[[], Entries]:
        """Reads keys and scores of all of them, as they are now; for a thread."""
        items, source = dict(self._items), self._source

        def read() -> Entries:
            keys, scores = source.entries() if source is not None else ((), None)
            known = dict(zip(keys, scores, strict=True)) if scores else {}
            return list(items), [item.score if item else known.get(key) for key, item in items.items()]

        return read

    def turn(self, item: Item) -> None:
        """Select a picture, or no more."""
        if item.picture.key in self._items:
            del self._items[item.picture.key]
        else:
            self._items[item.picture.key] = item

    def add_all(self, source: PictureSource, keys: dict[bytes, Item | None]) -> None:
        """Select all pictures of a list. ``keys`` are theirs; the dictionary is taken over, so that nothing is copied.

        None stands for facts that nobody has read.
        """
        keys.update(self._items)
        self._items, self._source = keys, source

    def clear(self) -> None:
        self._items, self._source = {}, None

    def update(self, gone: Iterable[bytes], moved: Mapping[bytes, Picture]) -> None:
        """Take out what is gone, and know what has moved."""
        for key in gone:
            self._items.pop(key, None)
        for key, picture in moved.items():
            if item := self._items.get(key):
                self._items[key] = replace(item, picture=picture)
