"""The select that every action's form begins with: which vectors to use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Select

from tui.widgets.form_select import FormSelect

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.vectors.vec_types import VecTypeStatus


class VecTypeSelect(FormSelect[str]):
    """Lists what an action can use, with how complete each is; the default is marked.

    Args:
        needs_text: whether only models that read text serve.
        optional: whether the action can do something without vectors too.
        preferred: what was chosen last; stands there until it is known which there are.
    """

    def __init__(self, *, needs_text: bool, optional: bool = False, preferred: str = "") -> None:
        self._needs_text = needs_text
        self._optional = optional
        self._preferred = preferred
        self._statuses: Sequence[VecTypeStatus] | None = None
        self.usable = True  # as far as is known
        super().__init__(
            [(Text(preferred), preferred)] if preferred else [],
            id="vec_type",
            allow_blank=not preferred,
            prompt="…",
            compact=True,
            value=preferred or Select.NULL,
        )

    def show_statuses(self, statuses: Sequence[VecTypeStatus]) -> None:
        """It is known which there are. What is chosen stays, if it is among them."""
        self._statuses = statuses
        chosen = self.given or self._preferred
        able = [status for status in statuses if status.done and (not self._needs_text or status.text)]
        names = [status.vec_type.name for status in able]
        default = next((status.vec_type.name for status in able if status.default), names[0] if names else "")
        self.usable = bool(able) or self._optional
        self.prompt = "no vectors yet"
        self._allow_blank = not able
        self.set_options([(self._line(status), status.vec_type.name) for status in able])
        if able:
            self.value = chosen if chosen in names else default

    def cannot_be_read(self) -> None:
        """It is not known which there are, and will not be."""
        if self._statuses is None:
            self.prompt = "cannot be read"

    def require_text(self, needed: bool) -> None:
        """Offer only models that read text, or all again."""
        if needed != self._needs_text:
            self._needs_text = needed
            if self._statuses is not None:
                self.show_statuses(self._statuses)

    @property
    def needs_text(self) -> bool:
        """Whether only models that read text serve."""
        return self._needs_text

    @property
    def given(self) -> str:
        """Name of the chosen vec type; empty where there is none."""
        return self.value if isinstance(self.value, str) else ""

    @staticmethod
    def _line(status: VecTypeStatus) -> Text:
        star = "★ " if status.default else ""
        return Text(f"{star}{status.vec_type.name}   {status.coverage}")
