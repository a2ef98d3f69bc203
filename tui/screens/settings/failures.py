"""Failed pictures: what could not be read, why, and Restart to try it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.actions.answer import Match
from core.errors import PictoscopeError, UsageError
from core.jobs.job import State
from core.key_hints import key_for, with_keys
from core.project import Project
from core.text import count, display_path, moment, printable
from core.vectors.ledger import Ledger, LedgerEntry, read_ledger, to_csv
from tui.exporting import ExportRequest, FormChoice, Offer
from tui.messages import Failed, JobsChanged, NotRead
from tui.newest import read_newest
from tui.reading import Reading
from tui.restarting import restart
from tui.screens.base import EXPORT, PictoscopeScreen, common_bindings
from tui.screens.browse.picture import PictureScreen
from tui.viewer import copy_paths
from tui.widgets.cells import enumerated, header, shorten, shorten_left
from tui.widgets.failure_list import FailureList
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.picture_source import Item, MatchSource
from tui.widgets.progress import JobLine

_KIND = 24  # cells of a kind's name
_VEC_TYPES = 40  # cells of their names in the header
_MARGINS = 2  # cells beside the facts
_FORMS = (FormChoice("csv", ".csv", "CSV", "one line per picture: path, reason, vec types, when, key"),)


class FailuresScreen(PictoscopeScreen):
    """The failure ledger.

    Args:
        project: open.
        wanted: names of vec types; none for all, and for pictures whose header alone is damaged.
    """

    BINDINGS = [
        Binding("R", "restart", "Restart"),
        replace(EXPORT, show=True),
        Binding("y", "copy", "Copy path"),
        Binding("tab", "app.focus_next", "Next pane", show=False),
        Binding("escape", "app.leave", "Back", show=False),
        *common_bindings("g"),
    ]

    class _Loaded(Message):
        def __init__(self, ledger: Ledger) -> None:
            super().__init__()
            self.ledger = ledger

    class _Found(Message):
        def __init__(self, source: MatchSource, position: int, item: Item) -> None:
            super().__init__()
            self.source = source
            self.position = position
            self.item = item

    def __init__(self, project: Project, wanted: Sequence[str] = ()) -> None:
        super().__init__()
        self._project = project
        self._wanted = tuple(wanted)
        self._ledger = Ledger(())
        self._reading = Reading("reading what failed")
        self._kind = ""  # chosen; empty for all
        self._ran: list[tuple[str, State]] = []

    def compose(self) -> ComposeResult:
        """Header, kinds of reasons, pictures, the one under the cursor."""
        yield Static(id="header", markup=False)
        with Horizontal(id="failure-panes"):
            yield OptionList(id="kinds", markup=False)
            yield FailureList(id="failure-list", when_empty="Back", reading=self._reading)
        yield Static(id="failure-facts", markup=False)
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Paint first, then read."""
        self.query_one("#kinds").display = False
        self.query_one(FailureList).focus()
        self._show_header()
        self.reload()

    def reload(self) -> None:
        """Reload the list of failures."""
        project, wanted = self._project, self._wanted
        read_newest(
            self,
            lambda: self._Loaded(read_ledger(project.catalog, project.vectors_folder, wanted)),
            group="ledger",
            failed=NotRead,
        )

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """A job that has begun or ended may have read what failed before."""
        ran = [(job.id, job.state) for job in message.jobs]
        if ran != self._ran:
            self._ran = ran
            self.reload()

    def on_resize(self) -> None:
        """What is as wide as the screen."""
        self._show_header()
        self._show_facts(self.query_one(FailureList).current)

    def on_not_read(self, message: NotRead) -> None:
        """Say so in the list."""
        self._reading.failed(message.error)
        self.query_one(FailureList).refresh()

    @property
    def awaited(self) -> str:
        return self._reading.words

    def on_failures_screen__loaded(self, message: _Loaded) -> None:
        """Show the kinds, and the pictures of the one that was chosen."""
        message.stop()
        self._ledger = message.ledger
        self._reading.came()
        ledger = message.ledger
        if self._kind not in {kind for kind, _ in ledger.kinds}:
            self._kind = ""
        kinds = self.query_one("#kinds", OptionList)
        with kinds.prevent(OptionList.OptionHighlighted):
            kinds.clear_options()
            for kind, number in [("", len(ledger.entries)), *ledger.kinds]:
                kinds.add_option(Option(_counted(kind, number)))
            kinds.highlighted = [kind for kind, _ in [("", 0), *ledger.kinds]].index(self._kind)
        kinds.display = len(ledger.kinds) > 1
        self._fill(self.query_one(FailureList).cursor)
        self._show_header()
        for name, problem in ledger.problems:
            self.host.tell(PictoscopeError(f"{name} skipped: {problem}"))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """The pictures of a kind."""
        self._kind = self._ledger.kinds[event.option_index - 1][0] if event.option_index else ""
        self._fill(0)

    def on_option_list_option_selected(self) -> None:
        """Enter on a kind goes to its pictures."""
        self.query_one(FailureList).focus()

    def on_failure_list_moved(self, message: FailureList.Moved) -> None:
        """All that is known of the one under the cursor."""
        self._show_facts(message.entry)

    def on_line_list_entered_empty(self) -> None:
        """Enter where nothing has failed goes back."""
        self.host.action_leave()

    def on_failure_list_opened(self, message: FailureList.Opened) -> None:
        """Look the picture up, then show it with its facts."""
        entries, position = self.query_one(FailureList).entries, message.position

        def look_up() -> Message:
            source = MatchSource(self._project.catalog, [Match(entry.key, entry.path, None) for entry in entries])
            item = source.items(position, position + 1)[0]
            if item is None:
                raise UsageError("the picture has left the project")
            return self._Found(source, position, item)

        read_newest(self, look_up, group="open", only_last=True)

    def on_failures_screen__found(self, message: _Found) -> None:
        """Show it, unless the person has gone elsewhere meanwhile."""
        message.stop()
        if self.is_current:
            self.app.push_screen(PictureScreen(self._project, message.source, message.position, message.item))

    def action_restart(self) -> None:
        """Try them again: for every vec type that lacks one of them."""
        names = self._ledger.vec_types
        if not names:
            none = "nothing has failed" if not self._ledger.entries else "no vectors were asked of these pictures yet"
            self.notify(self.awaited or f"{none}: nothing to retry", markup=False)
            return
        try:
            restarted = restart(self._project, *names)
            shows = "shows the job" if len(restarted) == 1 else "shows the jobs"
            self.notify(f"{enumerated(names)}: retrying · {key_for('jobs')} {shows}", markup=False)
            for note in filter(None, (one.note for one in restarted)):
                self.notify(note, markup=False)
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def action_copy(self) -> None:
        """The path of the picture under the cursor to the terminal's clipboard, unless pasting it could do harm."""
        entry = self.query_one(FailureList).current
        if entry is None:
            self.nothing_chosen()
            return
        copy_paths(self.app, [entry.path])

    @property
    def exports(self) -> Sequence[Offer]:
        """The failures on show, and all where those on show are of one kind."""
        listed, everything = self.query_one(FailureList).entries, self._ledger.entries
        offers = [_offer(f"{printable(self._kind)} ({count(len(listed))})", listed)] if self._kind and listed else []
        return [*offers, _offer(f"all failed pictures ({count(len(everything))})", everything)] if everything else []

    # -- drawing --------------------------------------------------------------------------------------------------

    def _fill(self, cursor: int) -> None:
        listed = self.query_one(FailureList)
        listed.empty = with_keys("every picture could be read · {line-list.open} goes back")
        entries = self._ledger.entries
        listed.show([entry for entry in entries if entry.kind == self._kind] if self._kind else entries, cursor=cursor)

    def _show_facts(self, entry: LedgerEntry | None) -> None:
        facts = self.query_one("#failure-facts", Static)
        facts.update(_facts(entry, self.app.size.width - _MARGINS) if entry else "")

    def _show_header(self) -> None:
        names = f"vec type {enumerated(self._wanted, _VEC_TYPES)}" if self._wanted else "all vec types"
        facts = f"{count(self._ledger.pictures, 'picture')} · {names}" if not self.awaited else names
        self.query_one("#header", Static).update(header(Text("Failed pictures"), printable(facts), self.app.size.width))


def _offer(title: str, entries: Sequence[LedgerEntry]) -> Offer:
    """Entries of the ledger as a table."""

    def write(request: ExportRequest) -> str:
        from core.export.target import whole_files

        with whole_files(request.project, [request.target], request.replace) as (stream,):
            stream.write(to_csv(entries))
        return f"{count(len(entries), 'line')} in {display_path(request.target)}"

    return Offer(title, "failed-pictures", write, _FORMS)


def _counted(kind: str, number: int) -> Text:
    """A kind of reason and how many entries are of it."""
    name = shorten(printable(kind), _KIND) if kind else "all"
    return Text.assemble(f"{name}  ", (count(number), "dim"))


def _facts(entry: LedgerEntry, width: int) -> Text:
    """Path, reason, which vectors and when: a line each."""
    tried = ", ".join(entry.vec_types) or "header only"
    return Text.assemble(
        (shorten_left(display_path(entry.path), width), "bold"),
        f"\n{printable(entry.reason)}\n",
        (f"{tried} · {moment(entry.when)}", "dim"),
    )
