"""Results: what an action found. Groups at the left, the grid, the preview at the right."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from core.actions.answer import Answer, Group, Match
from core.actions.definition import Action, Context
from core.actions.history import ask
from core.actions.parameters import LIKE, UNLIKE, PicturesParameter, ScopeParameter
from core.errors import Cancelled, PictoscopeError, VectorsMissing
from core.project import Project
from core.text import count, moment, printable
from tui import labelling
from tui.exporting import Offer, of_groups, of_selection, of_source
from tui.messages import Answered, Failed
from tui.screens.base import PictoscopeScreen, action_bindings, common_bindings, label_bindings, needs_text
from tui.screens.keep_as import Keep, KeepAs, Kind
from tui.screens.picture import PictureScreen
from tui.widgets.cells import header, header_room, shorten
from tui.widgets.form_controls import Place
from tui.widgets.histogram import histogram
from tui.widgets.image_grid import ImageGrid
from tui.widgets.picture_source import Item, MatchSource
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine

_DAY = 10  # characters of a date
_HISTOGRAM = 30  # cells: the words beside it need the rest of a narrow terminal


class ResultsScreen(PictoscopeScreen):
    """Runs an action in a thread and shows its answer. ``+`` and ``-`` rank again, the cut keeps what stands out."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("plus", f"refine('{LIKE}')", "More", tooltip="more like this one", key_display="+"),
        Binding("minus", f"refine('{UNLIKE}')", "Less", tooltip="less like this one", key_display="-"),
        Binding("o", "only", "Only what stands out", show=False),
        Binding("left_square_bracket", "move_cut(-1)", "Lower the cut", show=False, key_display="["),
        Binding("right_square_bracket", "move_cut(1)", "Raise the cut", show=False, key_display="]"),
        Binding("K", "keep", "Keep"),
        Binding("v", "again", "Vectors"),
        *(binding for binding in label_bindings() if binding.key != "u"),
        Binding("u", "undo_refine", "Undo", show=False),
        *action_bindings(show=False),
        Binding("escape", "app.leave", "Back", show=False),
        Binding("tab", "app.focus_next", "Next pane", show=False),
        *common_bindings("g", "J"),
    ]

    class _NoAnswer(Failed):
        """The action could not be done."""

    class _Doing(Message):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, project: Project, action: Action[Any], values: Mapping[str, Any]) -> None:
        super().__init__()
        self._project = project
        self._action = action
        self._values = dict(values)
        self._earlier: list[dict[str, Any]] = []  # values before each + and -
        self._answer: Answer | None = None
        self._number = 0  # of the group on show
        self._cut = 0.0
        self._only = False
        self._doing = ""
        self._stop = threading.Event()

    def compose(self) -> ComposeResult:
        """Header, what should be known, where the scores lie, groups, grid, preview."""
        yield Static(id="header", markup=False)
        yield Static(id="note", markup=False)
        yield Static(id="standing", markup=False)
        with Horizontal(id="panes"):
            yield OptionList(id="groups", markup=False)
            yield ImageGrid(id="grid", empty="")
            yield Preview(id="preview")
        yield JobLine()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Say what is being done, then do it."""
        self.query_one("#groups").display = self.query_one("#note").display = False
        self.query_one("#standing").display = False
        grid = self.query_one(ImageGrid)
        grid.set_picture_size(self.pictoscope.look.picture_size)
        grid.empty = self._waiting_for()
        grid.focus()
        self._run()

    def on_unmount(self) -> None:
        """Who leaves does not want the answer."""
        self._stop.set()

    @property
    def chosen(self) -> list[Item]:
        """The selected pictures, or the one under the cursor."""
        return self.query_one(ImageGrid).chosen

    @property
    def chosen_keys(self) -> list[bytes]:
        """Keys of the same."""
        return self.query_one(ImageGrid).chosen_keys

    @property
    def places(self) -> tuple[Place, ...]:
        """What the form of another action can look at: the selection, or what is shown."""
        selected = [key.hex() for key in self.query_one(ImageGrid).selected_keys]
        shown = [match.key.hex() for match in self._shown()]
        found = [Place(f"the selection ({count(len(selected))})", tuple(selected), first=True)] if selected else []
        return (*found, *([Place(_these(len(shown)), tuple(shown))] if shown else []))

    @property
    def exports(self) -> Sequence[Offer]:
        """The selection, the group on show, and all groups where there are several."""
        answer, grid = self._answer, self.query_one(ImageGrid)
        if answer is None or not answer.groups:
            return ()
        several = len(answer.groups) > 1
        name = f"{self._action.title} {answer.title}"
        here = f"{name} {answer.groups[self._number].name}" if several else name
        offers = of_selection(here, grid)
        if several:
            groups = [(group.name, group.matches) for group in answer.groups]
            offers.append(of_groups(f"all {count(len(groups), 'group')}", name, groups))
        if grid.source is not None and len(grid.source):
            shown = f"the group on show ({count(len(grid.source))})" if several else _these(len(grid.source))
            offers.append(of_source(shown, here, grid.source))
        return offers

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys are there where they can do something."""
        if action == "refine":
            return any(isinstance(field, PicturesParameter) and field.role for field in self._action.fields())
        if action in ("only", "move_cut"):
            return bool(self._answer and self._answer.distribution)
        return True

    # -- asking ---------------------------------------------------------------------------------------------------

    def action_again(self) -> None:
        """The same question by other vectors."""
        self.pictoscope.open_form(self._action, self._values, again=True)

    def action_refine(self, role: str) -> None:
        """Rank again: more like these pictures, or less."""
        field = next(
            field for field in self._action.fields() if isinstance(field, PicturesParameter) and field.role == role
        )
        before = [str(reference) for reference in self._values.get(field.name) or ()]
        added = [key.hex() for key in self.chosen_keys]
        if not added or self._answer is None:
            return
        self._earlier.append(dict(self._values))
        self._values[field.name] = (*before, *(key for key in added if key not in before))
        grid = self.query_one(ImageGrid)
        if grid.selected:
            grid.action_clear_selection()
        self._run()

    def action_undo_refine(self) -> None:
        """As it was before the last + or -; where there was none, what was decided last."""
        if self._earlier:
            self._values = self._earlier.pop()
            self._run()
        else:
            self.pictoscope.action_undo()

    def _run(self) -> None:
        self._stop.set()  # the one before, should it still run
        self._stop = stop = threading.Event()
        self._doing = self._waiting_for()
        self._show_header()
        context = Context(
            self._project, self.pictoscope.encoder, stop, lambda text: self._post_unless(stop, self._Doing(text))
        )
        values = dict(self._values)

        def work() -> None:
            try:
                self._post_unless(stop, Answered(ask(self._action, context, values)))
            except Cancelled:
                return
            except (PictoscopeError, OSError) as error:
                self._post_unless(stop, self._NoAnswer(error))

        self.run_worker(work, thread=True, group="action")

    def _post_unless(self, stop: threading.Event, message: Message) -> None:
        if not stop.is_set():
            self.post_message(message)

    def on_results_screen__doing(self, message: _Doing) -> None:
        """What the action is at."""
        message.stop()
        self._doing = message.text
        if self._answer is None:
            grid = self.query_one(ImageGrid)
            grid.empty = message.text
            grid.refresh()
        self._show_header()

    def on_model_loading(self) -> None:
        """Say what is waited for."""
        if self._doing:
            self._doing = self._waiting_for()
            self._show_header()
        if self._answer is None:
            grid = self.query_one(ImageGrid)
            grid.empty = self._waiting_for()
            grid.refresh()

    def _waiting_for(self) -> str:
        loading = self.pictoscope.loading_model
        return f"loading {printable(loading)}…" if loading else "searching…"

    def on_answered(self, message: Answered) -> None:
        """Show the answer."""
        first = self._answer is None
        self._answer, self._doing, self._number = message.answer, "", 0
        if message.answer.distribution:
            self._cut = message.answer.distribution.cut
        groups = self.query_one(OptionList)
        with groups.prevent(OptionList.OptionHighlighted):
            groups.clear_options()
            groups.add_options(Option(_group_line(group)) for group in message.answer.groups)
            groups.highlighted = 0
        groups.display = len(message.answer.groups) > 1
        self._show_group(cursor=0 if first else self.query_one(ImageGrid).cursor)
        self.refresh_bindings()

    def on_results_screen__no_answer(self, message: _NoAnswer) -> None:
        """Nothing to show here: back to where the person came from, with the reason. Missing vectors can be created."""
        message.stop()
        self.pictoscope.tell(message.error)
        self._doing = ""
        if self._answer is not None:  # it was to be ranked again: what is there stays
            if self._earlier:
                self._values = self._earlier.pop()
            self._show_header()
            return
        if self.app.screen is not self:  # something was opened over it meanwhile
            self.query_one(ImageGrid).empty = printable(str(message.error))
            self.query_one(ImageGrid).refresh()
            return
        self.pictoscope.pop_screen()
        if isinstance(message.error, VectorsMissing):
            self.pictoscope.action_create_vectors(for_text=needs_text(self._action))

    # -- the cut --------------------------------------------------------------------------------------------------

    def action_only(self) -> None:
        """Show only what stands out from the collection, or all again."""
        self._only = not self._only
        self._show_group()

    def action_move_cut(self, steps: int) -> None:
        """A bin up or down; only what is above it is shown then."""
        distribution = self._answer.distribution if self._answer else None
        if distribution:
            step = (distribution.high - distribution.low) / len(distribution.counts)
            self._cut = max(distribution.low, min(distribution.high, self._cut + steps * step))
            self._only = True
            self._show_group()

    def _shown(self) -> tuple[Match, ...]:
        """The pictures of the group on show that reach the cut."""
        if self._answer is None or not self._answer.groups:
            return ()
        found = self._answer.groups[self._number].matches
        if not (self._only and self._answer.distribution):
            return found
        return tuple(match for match in found if match.score is not None and match.score >= self._cut)

    # -- keeping --------------------------------------------------------------------------------------------------

    def action_keep(self) -> None:
        """Keep what is shown, or what is selected, as a tag or a group; or all groups as tags."""
        answer = self._answer
        selected = set(self.query_one(ImageGrid).selected_keys)
        kept = [(match.key, match.score) for match in self._shown() if not selected or match.key in selected]
        if answer is None or not kept:
            return
        origin = f"{self._action.title} {answer.title} · {answer.vec_type}"
        project, parts = self._project, answer.parts()

        def answered(keep: Keep | None) -> None:
            if keep is None:
                return
            work: dict[Kind, Callable[[], str]] = {
                "tag": lambda: labelling.tag(project, keep.name, [key for key, _ in kept]),
                "group": lambda: labelling.keep_group(project, keep.name, kept, origin),
                "parts": lambda: labelling.keep_parts(project, keep.name, parts),
            }
            self.pictoscope.label(work[keep.kind])

        parent = f"{self._action.command} {moment(time.time())[:_DAY]}"
        self.app.push_screen(KeepAs(project, len(kept), parts=len(parts), parent=parent), answered)

    # -- showing --------------------------------------------------------------------------------------------------

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another group."""
        if self._answer and event.option_index != self._number:
            self._number = event.option_index
            self._show_group(cursor=0)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """The same question within a group: clusters of clusters."""
        answer = self._answer
        scope = next((field for field in self._action.fields() if isinstance(field, ScopeParameter)), None)
        if answer and scope:
            group = answer.groups[event.option_index]
            where = tuple(match.key.hex() for match in group.matches)
            self.pictoscope.show_answer(self._action, self._values | {scope.name: where})

    def on_image_grid_moved(self, message: ImageGrid.Moved) -> None:
        """Preview what the cursor is on."""
        self.query_one(Preview).show(self._project, message.item.picture if message.item else None)

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Show one picture large."""
        grid = message.grid
        if grid.source is not None and message.item:
            self.app.push_screen(PictureScreen(self._project, grid.source, grid.cursor, message.item))

    def _show_group(self, cursor: int | None = None) -> None:
        answer, shown = self._answer, self._shown()
        if answer is None:
            return
        grid = self.query_one(ImageGrid)
        grid.empty = "nothing reaches the cut: [ lowers it" if self._only else "nothing found"
        source = MatchSource(self._project.catalog, shown)
        current = grid.current
        if cursor is None:
            cursor = (source.find(current.picture.key) if current else None) or 0
        grid.show(source, self._project.thumbnails, cursor=cursor)
        if not shown:
            self.query_one(Preview).show(self._project, None)
        note = self.query_one("#note", Static)
        note.update(Text(printable(answer.note)))
        note.display = bool(answer.note)
        self._show_standing()
        self._show_header()

    def _show_standing(self) -> None:
        """Where the scores of the collection lie, and how many pictures stand out."""
        answer = self._answer
        line = self.query_one("#standing", Static)
        line.display = bool(answer and answer.distribution)
        if answer is None or answer.distribution is None:
            return
        spread = answer.distribution
        matches = answer.groups[self._number].matches
        above = sum(match.score is not None and match.score >= self._cut for match in matches)
        more = "+" if above == len(matches) and above else ""  # beyond those that were asked for nobody looked
        text = Text(" ").append_text(histogram(spread, self._cut, _HISTOGRAM))
        text.append(f"  {count(above)}{more} ≥ {self._cut:.2f}", "bold")
        text.append(f" ({spread.standing(self._cut):+.1f} spreads)")
        text.append("  o all · [ ] move" if self._only else "  o only these", "dim")
        line.update(text)

    def _tightness(self) -> str:
        """The score of the group on show, where groups have one."""
        score = self._answer.groups[self._number].score if self._answer and self._answer.groups else None
        return f", score {score:.2f}" if score is not None else ""

    def on_resize(self) -> None:
        """The header is as wide as the screen."""
        self._show_header()

    def _show_header(self) -> None:
        title, right = printable(self._action.title), printable(self._doing)
        if self._answer:
            title = f"{title} {printable(self._answer.title)}"
            facts = printable(self._doing) or count(len(self._shown()), "picture") + self._tightness()
            right = f"{facts} · vec type {printable(self._answer.vec_type)}"
        width = self.app.size.width
        self.query_one("#header", Static).update(header(Text(shorten(title, header_room(right, width))), right, width))


def _these(pictures: int) -> str:
    return f"these {count(pictures, 'picture')}"


def _group_line(group: Group) -> Text:
    """How many a group holds, and its name."""
    return Text.assemble((f"{count(len(group.matches)):>5}", "bold"), f"  {printable(group.name)}")
