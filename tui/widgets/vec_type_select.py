"""The select that every action's form begins with: which vectors to use."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import Select

from core.vectors.vec_types import VecTypeStatus


class VecTypeSelect(Select[str]):
    """Lists what an action can use, with how complete each is; the default is marked."""

    def __init__(self, statuses: Sequence[VecTypeStatus], *, needs_text: bool, preferred: str = "") -> None:
        able = [status for status in statuses if status.done and (not needs_text or status.text)]
        names = [status.vec_type.name for status in able]
        default = next((status.vec_type.name for status in able if status.default), names[0] if names else "")
        chosen = preferred if preferred in names else default
        super().__init__(
            [(self._line(status), status.vec_type.name) for status in able],
            id="vec_type",
            allow_blank=not able,
            prompt="no vectors yet",
            compact=True,
            value=chosen or Select.NULL,
        )
        self.usable = bool(able)

    @property
    def given(self) -> str:
        """Name of the chosen vec type; empty where there is none."""
        return self.value if isinstance(self.value, str) else ""

    @staticmethod
    def _line(status: VecTypeStatus) -> Text:
        star = "★ " if status.default else ""
        return Text(f"{star}{status.vec_type.name}   {status.coverage}")
