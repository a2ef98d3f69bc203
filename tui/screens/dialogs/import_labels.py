"""Labels in from a table: first what to read and how, then what it would change, then yes or no."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Label, Static

from core.errors import Cancelled, PictoscopeError
from core.key_hints import key_for, with_keys
from core.project import Project
from core.text import count
from tui.advice_by_key import in_app
from tui.messages import refused
from tui.paths import typed_path
from tui.screens.dialogs.form import Form
from tui.widgets.field_help import FieldHelp
from tui.widgets.form_controls import ChoiceSelect, Control, TextInput, YesNo

if TYPE_CHECKING:  # NumPy comes when a file is read
    from core.importing.options import Options
    from core.importing.plan import Plan
    from core.importing.report import Report

_BY = {"key, else path": "key", "path": "path", "file name": "name"}
_TAGS = {"add to existing tags": "add", "replace existing tags": "replace"}
_ENCODINGS = {"detect": "", "UTF-8": "utf-8", "Windows (cp1252)": "cp1252", "Latin-1": "latin-1"}
_DECIMALS = {"12.5": ".", "12,5": ","}
_DATES = {"1999-12-31": "ymd", "31/12/1999": "dmy", "12/31/1999": "mdy"}
_LISTED = 50  # problems of each kind
_FIELDS = {
    "file": "a table with a column path or key; its other columns are tags and properties",
    "by": "what a row of the table names its picture by",
    "tags": "whether tags that a picture has already stay",
    "new": "{yes-no.turn} toggles; no: columns that are no property are skipped, and listed",
    "clear": "{yes-no.turn} toggles; no: an empty cell leaves the value as it is",
    "groups": "{yes-no.turn} toggles; yes: the pictures of each name in the column group become a saved group",
    "skip": "{yes-no.turn} toggles; no: one cell that cannot be read refuses the whole table",
    "decimal": "how the table writes a number with a fraction",
    "dates": "how the table writes a date",
    "encoding": "how the file stores letters; detect is right unless accents look wrong",
}
_HELP = "a table with a column path or key, tags and properties in other columns · changes nothing yet"


class ImportLabels(Form["Plan | None"]):
    """Asks for a table and shows what it would change. Ends with the plan, which the caller closes, or None.

    Args:
        project: whose pictures the table speaks of.
    """

    BINDINGS: ClassVar[list[Any]] = [
        Binding("escape", "leave", "Cancel"),
        Binding("enter", "go_on", "Next", show=False),
    ]

    class LinesRead(Message, bubble=False):
        """So many lines until now."""

        def __init__(self, lines: int) -> None:
            super().__init__()
            self.lines = lines

    class Planned(Message, bubble=False):
        """It is known what would change."""

        def __init__(self, plan: Plan) -> None:
            super().__init__()
            self.plan = plan

    class Unreadable(Message, bubble=False):
        """The table cannot be read."""

        def __init__(self, error: PictoscopeError) -> None:
            super().__init__()
            self.error = error

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._plan: Plan | None = None
        self._stop: threading.Event | None = None  # of the reading that is under way

    def compose(self) -> ComposeResult:
        """The form, the report that takes its place, the buttons."""
        with Vertical(classes="dialog form long", id="import") as box:
            box.border_title = "Import labels"
            with Vertical(id="asked"):
                for title, widget in self._controls():
                    with Horizontal(classes="row"):
                        yield Label(title, classes="name", markup=False)
                        yield widget
            with VerticalScroll(id="report"):
                yield Static(id="report-text", markup=False)
            yield FieldHelp(_FIELDS)
            with Horizontal(classes="buttons"):
                yield Button(with_keys("Cancel  {import-labels.cancel}"), id="cancel", compact=True)
                yield Button("Back", id="back", compact=True)
                yield Button(with_keys("Preview  {import-labels.next}"), id="look", variant="primary", compact=True)
                yield Button(with_keys("Import  {import-labels.next}"), id="import-it", variant="primary", compact=True)

    @staticmethod
    def _controls() -> list[tuple[str, Widget]]:
        return [
            ("file", TextInput("", placeholder="path of a CSV, JSON lines or Parquet file", id="file")),
            ("pictures by", ChoiceSelect(list(_BY), "", id="by")),
            ("tags", ChoiceSelect(list(_TAGS), "", id="tags")),
            ("new names", YesNo(False, "create properties for unknown columns", id="new")),
            ("empty cells", YesNo(False, "clear the value", id="clear")),
            ("groups", YesNo(False, "save the column group as groups", id="groups")),
            ("bad cells", YesNo(False, "skip invalid cells", id="skip")),
            ("numbers like", ChoiceSelect(list(_DECIMALS), "", id="decimal")),
            ("dates like", ChoiceSelect(list(_DATES), "", id="dates")),
            ("encoding", ChoiceSelect(list(_ENCODINGS), "", id="encoding")),
        ]

    def on_mount(self) -> None:
        """The cursor where the path is typed."""
        self._show("asking")
        self.query_one("#file").focus()

    def on_unmount(self) -> None:
        """Nobody waits for the answer any more."""
        if self._stop:
            self._stop.set()
        if self._plan:
            self._plan.close()

    # -- what is asked --------------------------------------------------------------------------------------------

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Look, import, change what was asked, or leave."""
        match event.button.id:
            case "back":
                self._ask_again()
            case "cancel":
                self.action_leave()
            case _:
                self.action_go_on()

    def on_input_submitted(self) -> None:
        """Enter looks at what would change."""
        self.action_go_on()

    def action_leave(self) -> None:
        """Close without importing."""
        self.dismiss(None)

    def action_go_on(self) -> None:
        """What the button at the right says."""
        if self._stop:
            return
        if self._plan is None:
            self._look()
        elif not self.query_one("#import-it").disabled:
            plan, self._plan = self._plan, None
            self.dismiss(plan)

    def _ask_again(self) -> None:
        if self._plan:
            self._plan.close()
            self._plan = None
        self._show("asking")
        self.say(_HELP)
        self.query_one("#file").focus()

    def _given(self, name: str) -> Any:
        return cast("Control", self.query_one(f"#{name}")).given

    def _options(self) -> Options:
        from core.importing.options import Options

        return Options(
            by=_BY[self._given("by")],  # type: ignore[arg-type]
            tags=_TAGS[self._given("tags")],  # type: ignore[arg-type]
            new_properties=self._given("new"),
            clear_empty=self._given("clear"),
            groups=self._given("groups"),
            skip_bad=self._given("skip"),
            encoding=_ENCODINGS[self._given("encoding")],
            decimal=_DECIMALS[self._given("decimal")],  # type: ignore[arg-type]
            dates=_DATES[self._given("dates")],  # type: ignore[arg-type]
        )

    # -- what is found --------------------------------------------------------------------------------------------

    def _look(self) -> None:
        typed = self._given("file").strip()
        if not typed:
            self.complain("type the path of a file")
            return
        path, options, stop = typed_path(typed), self._options(), threading.Event()
        self._stop = stop
        self.say("reading…")

        def progress(lines: int) -> None:
            if stop.is_set():
                raise Cancelled("the import was cancelled")
            self.post_message(self.LinesRead(lines))

        def read() -> None:
            from core.importing.plan import plan

            try:
                planned = plan(self._project, path, options, progress)
            except Cancelled:
                return
            except (PictoscopeError, OSError) as error:
                self.post_message(self.Unreadable(error if isinstance(error, PictoscopeError) else refused(error)))
            else:
                if stop.is_set() or not self.post_message(self.Planned(planned)):
                    planned.close()

        self.run_worker(read, thread=True, group="import")

    def on_import_labels_lines_read(self, message: LinesRead) -> None:
        """Show how far it is."""
        if self._stop:
            self.say(f"reading: {count(message.lines, 'line')}")

    def on_import_labels_unreadable(self, message: Unreadable) -> None:
        """Say why, where it was asked."""
        self._stop = None
        error = message.error
        self.complain(f"{error.message} ({in_app(error.hint)})" if error.hint else error.message)
        self.query_one("#file").focus()

    def on_import_labels_planned(self, message: Planned) -> None:
        """Show what would change, and ask whether to import it."""
        self._stop, self._plan = None, message.plan
        report, hindrance = message.plan.report, message.plan.hindrance
        self.query_one("#report-text", Static).update(Text("\n".join(report.in_words(_LISTED)), overflow="fold"))
        self.query_one("#import-it").disabled = bool(hindrance) or not report.changes.any
        self._show("answered")
        if hindrance:
            self.complain(f"{hindrance.message}. {_remedy(bool(report.matched))}")
        elif report.changes.any:
            self.say(f"{report.changes.words} will be imported in one step; {key_for('undo')} undoes it{_more(report)}")
        else:
            self.say(f"nothing would change{_more(report)}")
        self.query_one("#report", VerticalScroll).scroll_home(animate=False)
        self.query_one("#report").focus()

    def _show(self, state: str) -> None:
        answered = state == "answered"
        self.query_one("#asked").display = self.query_one("#look").display = not answered
        for name in ("report", "back", "import-it"):
            self.query_one(f"#{name}").display = answered


def _more(report: Report) -> str:
    """How to take also the columns that are left out."""
    return ". For skipped columns: Back, then “new names”" if report.unknown else ""


def _remedy(matched: bool) -> str:
    return (
        "Back returns to the form: turn on “bad cells” to skip them"
        if matched
        else "Back returns to the form: match by name?"
    )
