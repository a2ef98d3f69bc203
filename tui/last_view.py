"""How a project was left: what the next start shows again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.filters.ordering import DEFAULT_ORDER, Order

_LONGEST = 10_000  # characters of a text; a filter that a person writes has some dozen
_KEY_BYTES = 20  # of a picture: SHA-1


@dataclass(frozen=True)
class LastView:
    """What Browse showed, and which screen was above it. The defaults are a project that is opened for the first time.

    Attributes:
        folder: absolute path of the folder; empty for all pictures.
        filter: a line that the pictures passed; empty for all.
        group: name of the saved group on show; empty for none.
        order: of the pictures.
        part: name of the part on show, where the order parts the pictures.
        picture: key of the picture under the cursor; empty for none.
        pane: id of the part of Browse that had the focus; empty for the grid.
        folded: whether the left pane was folded; None: as the width asks.
        screen: the screen above Browse, as the app's action that opens it: ``settings``; empty for none.
        screen_pane: the pane of that screen; empty where it has none.
    """

    folder: bytes = b""
    filter: str = ""
    group: str = ""
    order: Order = DEFAULT_ORDER
    part: str = ""
    picture: bytes = b""
    pane: str = ""
    folded: bool | None = None
    screen: str = ""
    screen_pane: str = ""

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> LastView:
        """From TOML; the default for whatever is missing, too long, or of another type."""

        def text(name: str) -> str:
            value = table.get(name)
            return value if isinstance(value, str) and len(value) <= _LONGEST else ""

        folded = table.get("folded")
        return cls(
            folder=text("folder").encode("utf-8", "replace"),
            filter=text("filter"),
            group=text("group"),
            order=_order(table.get("order")),
            part=text("part"),
            picture=_key(text("picture")),
            pane=text("pane"),
            folded=folded if isinstance(folded, bool) else None,
            screen=text("screen"),
            screen_pane=text("screen_pane"),
        )

    def to_table(self) -> dict[str, Any]:
        """For TOML. A folder whose name is not UTF-8 is left out, which TOML cannot hold."""
        texts: dict[str, Any] = {
            "folder": self.folder.decode("utf-8", "ignore") if _is_text(self.folder) else "",
            "filter": self.filter,
            "group": self.group,
            "part": self.part,
            "picture": self.picture.hex(),
            "pane": self.pane,
            "screen": self.screen,
            "screen_pane": self.screen_pane,
        }
        table = {name: value for name, value in texts.items() if value and len(value) <= _LONGEST}
        if self.folded is not None:
            table["folded"] = self.folded
        if self.order != DEFAULT_ORDER:
            like = {"like": self.order.like.hex(), "like_name": self.order.like_name, "vec_type": self.order.vec_type}
            table["order"] = self.order.to_texts() | (like if self.order.like else {})
        return table


FIRST_VIEW = LastView()


def _order(table: object) -> Order:
    if not isinstance(table, dict):
        return DEFAULT_ORDER
    order, like = Order.from_texts(table), _key(str(table.get("like", "")))
    if not like:
        return order
    name, vec_type = str(table.get("like_name", ""))[:_LONGEST], str(table.get("vec_type", ""))[:_LONGEST]
    return replace(order, like=like, like_name=name, vec_type=vec_type)


def _is_text(path: bytes) -> bool:
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        return b""
    return key if len(key) == _KEY_BYTES else b""
