"""The dialog behind ``e``: which pictures, in which form, where to. It writes them in a thread, and then it goes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from core.errors import AlreadyThere, Cancelled, PictoscopeError
from core.export.forms import VECTOR_FORMS
from core.project import Project
from core.text import count, printable
from core.vectors.vec_types import VecTypeStatus
from tui.exporting import CHOICES, FormChoice, Offer, suggested, with_ending
from tui.messages import Failed
from tui.screens.base import typed_path
from tui.screens.dialogs import Confirm
from tui.widgets.vec_type_select import VecTypeSelect

_PROGRESS_EVERY = 0.1  # seconds


class ExportDialog(ModalScreen["str | None"]):
    """Asks, and exports. Ends with what was written, in words, or None.

    Args:
        project: of the pictures.
        offers: what may be exported, at least one; the first is taken unless another is chosen.
    """

    BINDINGS = [Binding("escape", "cancel", "Cancel")]  # noqa: RUF012  Textual's way

    class _Statuses(Message, bubble=False):
        def __init__(self, statuses: Sequence[VecTypeStatus]) -> None:
            super().__init__()
            self.statuses = statuses

    class _Progress(Message, bubble=False):
        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done = done
            self.total = total

    class _Written(Message, bubble=False):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class _NotWritten(Failed, bubble=False):
        """Nothing was written, for this reason."""

    def __init__(self, project: Project, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._project = project
        self._offers = offers
        self._suggested = suggested(project, offers[0].name, CHOICES[0].ending)
        self._stop: threading.Event | None = None  # of the export that runs

    def compose(self) -> ComposeResult:
        """What, as what, by which vectors, where to; then the buttons."""
        what = [(Text(printable(offer.title)), number) for number, offer in enumerate(self._offers)]
        forms = [(Text(choice.title), number) for number, choice in enumerate(CHOICES)]
        with Vertical(classes="dialog form") as box:
            box.border_title = "Export"
            with VerticalScroll(id="fields", can_focus=False):
                for name, widget in (
                    ("pictures", Select(what, value=0, allow_blank=False, compact=True, id="what")),
                    ("as", Select(forms, value=0, allow_blank=False, compact=True, id="as")),
                    ("vec_type", VecTypeSelect(needs_text=False)),
                    ("to", Input(self._suggested, compact=True, select_on_focus=False, id="to")),
                ):
                    with Horizontal(classes="row", id=f"{name}-row"):
                        yield Label(name, classes="name", markup=False)
                        yield widget
            yield Static(id="explanation", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button("Export  enter", id="export", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The cursor at the end of the file's name. Which vectors there are comes a moment later."""
        self._explain()
        self.query_one("#to").focus()
        self.run_worker(self._find_vec_types, thread=True, group="form")

    def on_unmount(self) -> None:
        """Who leaves does not want the file."""
        if self._stop:
            self._stop.set()

    @property
    def _choice(self) -> FormChoice:
        number = self.query_one("#as", Select).value
        return CHOICES[number if isinstance(number, int) else 0]

    @property
    def _offer(self) -> Offer:
        number = self.query_one("#what", Select).value
        return self._offers[number if isinstance(number, int) else 0]

    # -- what is asked ----------------------------------------------------------------------------------------------

    def on_export_dialog__statuses(self, message: _Statuses) -> None:
        """Which vec types there are."""
        self.query_one(VecTypeSelect).show_statuses(message.statuses)
        self._explain()

    def on_select_changed(self) -> None:
        """A name that fits: another one where ours still stands, else another ending."""
        line = self.query_one("#to", Input)
        as_it_was = line.value == self._suggested
        self._suggested = suggested(self._project, self._offer.name, self._choice.ending)
        line.value = self._suggested if as_it_was else with_ending(line.value, self._choice.ending)
        line.cursor_position = len(line.value)
        self._explain()

    def on_input_submitted(self) -> None:
        """Enter exports."""
        self._export()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Export, or not."""
        if event.button.id == "export":
            self._export()
        else:
            self.action_cancel()

    def action_cancel(self) -> None:
        """End the export that runs; else the dialog."""
        if self._stop is None:
            self.dismiss(None)
        elif not self._stop.is_set():
            self._stop.set()
            self._say("stopping…")

    # -- exporting --------------------------------------------------------------------------------------------------

    def _export(self, *, replace: bool = False) -> None:
        typed, by_vectors = self.query_one("#to", Input).value.strip(), self._choice.form in VECTOR_FORMS
        if self._stop is not None:
            return
        if not typed:
            self._say("where to? Type the name of a file or of a new folder", wrong=True)
            return
        if by_vectors and not self.query_one(VecTypeSelect).usable:
            self._say("there are no vectors yet: create some first, in Settings", wrong=True)
            return
        self._stop = stop = threading.Event()
        self.query_one("#fields").disabled = self.query_one("#export").disabled = True
        self._say("reading the list…")
        self.set_focus(None)  # Enter once too often must not stop it
        offer, form, target = self._offer, self._choice.form, typed_path(typed)
        vec_type = self.query_one(VecTypeSelect).given if by_vectors else ""

        def work() -> None:
            from core.export.export import export, summary

            try:
                listing = offer.listing()
                progress = self._teller(stop, len(listing.keys))
                progress(0)
                exported = export(
                    self._project, listing, form, target, replace=replace, vec_type=vec_type, progress=progress
                )
            except (PictoscopeError, OSError) as error:
                self.post_message(self._NotWritten(error))
            else:
                self.post_message(self._Written(summary(exported)))

        self.run_worker(work, thread=True, group="export")

    def _teller(self, stop: threading.Event, total: int) -> Callable[[int], None]:
        """Tells now and then how far it is, and ends what nobody wants any more."""
        said = 0.0

        def progress(done: int) -> None:
            nonlocal said
            if stop.is_set():
                raise Cancelled("stopped")
            if done == total or time.monotonic() - said >= _PROGRESS_EVERY:
                said = time.monotonic()
                self.post_message(self._Progress(done, total))

        return progress

    def on_export_dialog__progress(self, message: _Progress) -> None:
        """How far it is."""
        if self._stop and not self._stop.is_set():
            done = f"{count(message.done)} of {count(message.total, 'picture')}"
            self._say("writing the file…" if message.done == message.total else f"{done}…")

    def on_export_dialog__written(self, message: _Written) -> None:
        """Done."""
        self._stop = None
        self.dismiss(message.text)

    def on_export_dialog__not_written(self, message: _NotWritten) -> None:
        """Say why, and let the person change what was given."""
        message.stop()
        self._stop = None
        self.query_one("#fields").disabled = self.query_one("#export").disabled = False
        self.query_one("#to").focus()
        error = message.error
        if isinstance(error, AlreadyThere):
            self._explain()
            self.app.push_screen(
                Confirm(f"{error.message}. Replace it?", "Replace"),
                lambda yes: self._export(replace=True) if yes else None,
            )
        elif isinstance(error, Cancelled):
            self._say("stopped: nothing was written")
        else:
            self._say(f"{error.message} ({error.hint})" if error.hint else error.message, wrong=True)

    def _find_vec_types(self) -> None:
        try:
            self.post_message(self._Statuses(self._project.statuses()))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def _explain(self) -> None:
        """What will be written."""
        self.query_one("#vec_type-row").display = self._choice.form in VECTOR_FORMS
        if self._stop is None:
            self._say(self._choice.help)

    def _say(self, text: str, *, wrong: bool = False) -> None:
        line = self.query_one("#explanation", Static)
        line.update(Text(printable(text)))
        line.set_class(wrong, "wrong")
