"""The list behind Create: models to mark, with how much each would have to download."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from core.models.catalogue import ModelSpec
from core.text import byte_size, printable
from tui.widgets.cells import fit, shorten

_SIZE = len("605 MB")
_LONGEST_TITLE = 42  # so that the column after it is seen at 80 columns


class ModelList(OptionList):
    """Space or a click marks a model; the mark is a letter, so that it is seen without colour."""

    BINDINGS = [
        Binding("space", "select", "Mark"),
        Binding("enter", "screen.create", "Create", show=False),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]

    class Marked(Message):
        """Other models are marked than before."""

    def __init__(self, specs: Sequence[ModelSpec], *, id: str) -> None:
        self._specs = tuple(specs)
        self._width = min(_LONGEST_TITLE, max(len(spec.title) for spec in specs))
        self._marked: set[str] = set()
        super().__init__(*(Option(self._line(spec), id=spec.key) for spec in specs), id=id, compact=True)

    @property
    def marked(self) -> list[ModelSpec]:
        """The marked models, in the order of the list."""
        return [spec for spec in self._specs if spec.key in self._marked]

    @property
    def current(self) -> ModelSpec:
        """The model under the cursor."""
        return self._specs[self.highlighted or 0]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Mark, or take the mark back."""
        event.stop()
        spec = self._specs[event.option_index]
        self._marked ^= {spec.key}
        self.replace_option_prompt_at_index(event.option_index, self._line(spec))
        self.post_message(self.Marked())

    def _line(self, spec: ModelSpec) -> Text:
        mark = "[x]" if spec.key in self._marked else "[ ]"
        size = byte_size(spec.size) if spec.size else ""
        indent = "" if spec.available else " " * (_SIZE - len(size))
        where = Text("installed") if spec.available else Text(f"{size} to download".lstrip(), "dim")
        return Text.assemble(f"{mark} {fit(shorten(printable(spec.title), self._width), self._width)}  {indent}", where)
