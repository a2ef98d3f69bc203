"""The dialog behind ``e``: which list, in which format, where to. It writes the list in a thread, then closes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select
from textual.widgets.input import Selection

from core.errors import AlreadyExists, Cancelled, PictoscopeError
from core.export.forms import VECTOR_FORMS
from core.key_hints import with_keys
from core.project import Project
from core.text import count, printable
from core.vectors.vec_types import VecTypeStatus
from tui.advice_by_key import in_app
from tui.exporting import ExportRequest, FormChoice, Offer, suggested, with_ending
from tui.messages import Failed, NotRead
from tui.paths import typed_path
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.dialogs.form import Form
from tui.widgets.field_help import FieldHelp, by_id
from tui.widgets.form_select import FormSelect
from tui.widgets.vec_type_select import VecTypeSelect

_HELP = {
    "list-row": "which pictures, in the order they are shown",
    "vec_type-row": "which vec type to use: its vectors are written",
    "to-row": "a new file or folder; a path without a folder in front begins where the app was started",
}
_PROGRESS_EVERY = 0.1  # seconds


class PathLine(Input):
    """A path of which the file's name is selected. What begins like a whole path replaces all of it, not the name."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__(path, compact=True, select_on_focus=False, **options)
        self._as_given = Selection(0, 0)  # as it was selected

    def select_name(self) -> None:
        """Typing replaces the file's name, without folder and ending."""
        begin = self.value.rfind(os.sep) + 1
        self._as_given = self.selection = Selection(begin, begin + len(os.path.splitext(self.value[begin:])[0]))

    def replace(self, text: str, start: int, end: int) -> None:
        """What is typed or pasted over the name: a whole path over everything."""
        if text.startswith((os.sep, "~")) and self.selection == self._as_given:
            start, end = 0, len(self.value)
        super().replace(text, start, end)

    def action_delete_left_all(self) -> None:
        """As in a shell: all before the cursor goes, not only what is selected; of what was proposed all."""
        self.delete(0, len(self.value) if self.selection == self._as_given else max(self.selection))


class ExportDialog(Form["str | None"]):
    """Asks, and exports. Ends with what was written, in words, or None.

    Args:
        project: of the lists.
        offers: lists to choose from, at least one; the first is preselected.
    """

    AUTO_FOCUS = ""  # the cursor goes to the name
    BINDINGS = [Binding("escape", "cancel", "Cancel"), Binding("enter", "export", "Export", show=False)]

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
        self._suggested = suggested(project, offers[0].name, offers[0].forms[0].ending)
        self._forms = offers[0].forms  # in the select
        self._stop: threading.Event | None = None  # of the export that runs

    def compose(self) -> ComposeResult:
        """What, as what, by which vectors, where to; then the buttons."""
        what = [(Text(printable(offer.title)), number) for number, offer in enumerate(self._offers)]
        with Vertical(classes="dialog form") as box:
            box.border_title = "Export"
            with VerticalScroll(id="fields", can_focus=False):
                for name, widget in (
                    ("list", FormSelect(what, value=0, allow_blank=False, compact=True, id="what")),
                    ("as", FormSelect(_titles(self._forms), value=0, allow_blank=False, compact=True, id="as")),
                    ("vec_type", VecTypeSelect(needs_text=False)),
                    ("to", PathLine(self._suggested, id="to")),
                ):
                    with Horizontal(classes="row", id=f"{name}-row"):
                        yield Label(name.replace("_", " "), classes="name", markup=False)
                        yield widget
            yield FieldHelp(self._help_of)
            with Horizontal(classes="buttons"):
                yield Button(with_keys("Cancel  {export-dialog.cancel}"), id="cancel", compact=True)
                yield Button(with_keys("Export  {export-dialog.export}"), id="export", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The file's name is selected, without folder and ending. Which vectors there are comes a moment later."""
        self.explain()
        self.query_one("#to").focus()
        self.query_one(PathLine).select_name()
        self.run_worker(self._find_vec_types, thread=True, group="form")

    def on_unmount(self) -> None:
        """Who leaves does not want the file."""
        if self._stop:
            self._stop.set()

    @property
    def _choice(self) -> FormChoice:
        number = self.query_one("#as", Select).value
        return self._forms[number if isinstance(number, int) else 0]

    @property
    def _offer(self) -> Offer:
        number = self.query_one("#what", Select).value
        return self._offers[number if isinstance(number, int) else 0]

    # -- what is asked ----------------------------------------------------------------------------------------------

    def on_export_dialog__statuses(self, message: _Statuses) -> None:
        """Which vec types there are."""
        self.query_one(VecTypeSelect).show_statuses(message.statuses)
        self.explain()

    def on_select_changed(self, event: Select.Changed) -> None:
        """Offer the formats of the list and a file name: a new one unless the user has typed one, else a new ending."""
        if isinstance(event.select, VecTypeSelect):  # a thread has found them: a path that was typed meanwhile stays
            self.explain()
            return
        if self._offer.forms is not self._forms:
            self._forms = self._offer.forms
            self.query_one("#as", Select).set_options(_titles(self._forms))
        line = self.query_one(PathLine)
        as_it_was = line.value == self._suggested
        self._suggested = suggested(self._project, self._offer.name, self._choice.ending)
        line.value = self._suggested if as_it_was else with_ending(line.value, self._choice.ending)
        line.select_name()
        self.explain()

    def on_input_submitted(self) -> None:
        self._export()

    def on_button_pressed(self, event: Button.Pressed) -> None:
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
            self.say("stopping…")

    # -- exporting --------------------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Write the file."""
        self._export()

    def _export(self, *, replace: bool = False) -> None:
        typed, by_vectors = self.query_one("#to", Input).value.strip(), self._choice.form in VECTOR_FORMS
        if self._stop is not None:
            return
        if not typed:
            self.complain("where to? Type the name of a file or of a new folder")
            return
        if by_vectors and not self.query_one(VecTypeSelect).usable:
            self.complain("there are no vectors yet: create some in Settings first")
            return
        self._stop = stop = threading.Event()
        self.query_one("#fields").disabled = self.query_one("#export").disabled = True
        self.say("reading the list…")
        self.set_focus(None)  # Enter once too often must not stop it
        offer, target = self._offer, typed_path(typed)
        if self._choice.ending and os.path.isdir(target):  # False where the system refuses the path
            target /= os.path.basename(self._suggested)
        vec_type = self.query_one(VecTypeSelect).given if by_vectors else ""
        request = ExportRequest(self._project, self._choice.form, target, replace, vec_type, self._teller(stop))

        def work() -> None:
            try:
                summary = offer.write(request)
            except (PictoscopeError, OSError) as error:
                self.post_message(self._NotWritten(error))
            else:
                self.post_message(self._Written(summary))

        self.run_worker(work, thread=True, group="export")

    def _teller(self, stop: threading.Event) -> Callable[[int, int], None]:
        """A function that reports progress now and then, and raises once the user has stopped the export."""
        said = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal said
            if stop.is_set():
                raise Cancelled("stopped")
            if done == total or time.monotonic() - said >= _PROGRESS_EVERY:
                said = time.monotonic()
                self.post_message(self._Progress(done, total))

        return progress

    def on_export_dialog__progress(self, message: _Progress) -> None:
        """Say how much is written."""
        if self._stop and not self._stop.is_set():
            done = f"{count(message.done)} of {count(message.total, 'picture')}"
            self.say("writing the file…" if message.done == message.total else f"{done}…")

    def on_export_dialog__written(self, message: _Written) -> None:
        """Close, and say what was written."""
        self._stop = None
        self.dismiss(message.text)

    def on_export_dialog__not_written(self, message: _NotWritten) -> None:
        """Say why, and let the person change what was given."""
        message.stop()
        self._stop = None
        self.query_one("#fields").disabled = self.query_one("#export").disabled = False
        self.query_one("#to").focus()
        error = message.error
        if isinstance(error, AlreadyExists):
            self.explain()
            self.app.push_screen(
                Confirm(f"{error.message}. Replace it?", "Replace"),
                lambda yes: self._export(replace=True) if yes else None,
            )
        elif isinstance(error, Cancelled):
            self.complain("stopped: nothing was written")
        else:
            self.complain(f"{error.message} ({in_app(error.hint)})" if error.hint else error.message)

    def _find_vec_types(self) -> None:
        try:
            self.post_message(self._Statuses(self._project.statuses()))
        except (PictoscopeError, OSError) as error:
            self.post_message(NotRead(error))

    def _help_of(self, widget: Widget) -> str:
        return by_id({**_HELP, "as-row": self._choice.help})(widget)

    def explain(self) -> None:
        """See :class:`tui.screens.dialogs.form.Form`. What will be written."""
        self.query_one("#vec_type-row").display = self._choice.form in VECTOR_FORMS
        if self._stop is None:
            self.say(self._choice.help)


def _titles(forms: Sequence[FormChoice]) -> list[tuple[Text, int]]:
    return [(Text(choice.title), number) for number, choice in enumerate(forms)]
