"""Results: what an action found. Several groups are a wall; one that is opened has its pictures and the preview."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.actions.answer import LIKE_ONE, Match
from core.actions.parameters import LIKE, UNLIKE, PicturesParameter, ScopeParameter
from core.key_hints import key_for, with_keys
from core.text import count, moment, printable
from tui import label_actions
from tui.advice_by_key import in_app
from tui.exporting import Offer, of_groups, of_selection, of_source
from tui.messages import Answered
from tui.screens.base import action_bindings, common_bindings, label_bindings
from tui.screens.results.group_panes import GroupPanesScreen
from tui.screens.results.keep_as import Keep, KeepAs
from tui.widgets.cells import header_room
from tui.widgets.cut_line import CutLine
from tui.widgets.form_controls import Place
from tui.widgets.group_wall import GroupWall
from tui.widgets.image_grid import ImageGrid
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.name_and_count import NameAndCount
from tui.widgets.picture_source import Item, MatchSource
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine
from tui.widgets.question_line import QuestionLine

_DAY = 10  # characters of a date
_MOST_ITEMS = 1_000  # pictures of groups whose facts are read at once: more are asked for by key

_NOTHING_FOUND = "nothing found · {image-grid.open} changes the question"
_NONE_ABOVE = "nothing reaches the cut · {results.lower-the-cut} lowers it, {image-grid.open} shows all"


class ResultsScreen(GroupPanesScreen):
    """Shows an answer: groups as a wall or as a list, the pictures of one, and the cut that keeps what stands out.

    Args:
        project: that is asked about.
        question: that is asked.
        from_form: whether a form asked it.
        trail: names of the groups that the question looks within, the outermost first.
    """

    BINDINGS = [
        Binding("plus", f"refine('{LIKE}')", "More like", tooltip="more like this one", key_display="+"),
        Binding("minus", f"refine('{UNLIKE}')", "Less like", tooltip="less like this one", key_display="-"),
        Binding("o", "only", "Only above the cut", show=False),
        Binding("left_square_bracket", "move_cut(-1)", "Lower the cut", show=False, key_display="["),
        Binding("right_square_bracket", "move_cut(1)", "Raise the cut", show=False, key_display="]"),
        Binding("w", "wall", "Wall/list", tooltip="the groups as a wall of typical pictures, or as a list"),
        Binding("B", "chart", "Chart of the groups", show=False),
        Binding("i", "within", "Divide", tooltip="divide this group again: clusters within a cluster"),
        Binding("K", "keep", "Keep"),
        Binding("v", "again", "Vec type", tooltip="the same question with another vec type"),
        *(binding for binding in label_bindings() if binding.key != "u"),
        Binding("u", "undo_refine", "Undo", show=False),
        *action_bindings(show=False),
        Binding("tab", "app.focus_next", "Next pane", show=False),
        *common_bindings("g", "J")[:-1],
        Binding("escape,q", "leave", "Back", key_display="q"),
    ]

    def compose(self) -> ComposeResult:
        """Header, what should be known, where the scores lie; the wall, or groups, grid and preview."""
        yield Static(id="header", markup=False)
        yield QuestionLine(id="question")
        yield Static(id="note", markup=False)
        yield CutLine(id="standing")
        with Horizontal(id="panes"):
            yield GroupWall(id="wall")
            yield OptionList(id="groups", markup=False)
            yield ImageGrid(id="grid", empty="")
            yield Preview(id="preview")
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Say what is being done, then do it."""
        self.add_class("-one-group")
        self.query_one("#note").display = self._cut.display = self._wall.display = False
        self.grid.empty = self._waiting_for()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._show_answer())
        self.begin()
        self._run()

    def on_unmount(self) -> None:
        """A subscription would keep the screen for ever."""
        self.app.theme_changed_signal.unsubscribe(self)

    @property
    def _cut(self) -> CutLine:
        return self.query_one(CutLine)

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        """What depends on the action, and on its answer."""
        match action:
            case "refine":
                fields = self._action.fields()
                if not any(isinstance(field, PicturesParameter) and field.role for field in fields):
                    title = printable(self._action.title)
                    return f"{title} takes no pictures as examples: {key_for('similar')} finds similar ones"
            case "only" | "move_cut":
                if self._answer is None:
                    return self._no_answer_yet
                if not self._answer.distribution:
                    return "there is no cut here, as these pictures have no scores"
            case "wall" | "within" | "chart":
                if self._answer is None:
                    return self._no_answer_yet
                if len(self._groups) < 2:  # within all of a list the same question finds the same list
                    only = "all of its pictures are in one list" if action == "within" and self._groups else "no groups"
                    return f"there is nothing to divide: {only}" if action == "within" else f"this answer has {only}"
                if action == "within" and self._scope is None:
                    return f"{printable(self._action.title)} cannot be asked within a group"
        return super().hindrance(action, parameters)

    # -- what is meant --------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> list[Item]:
        """The pictures of the chosen groups, the first of them where there are very many; else those of the grid."""
        if not self._on_wall:
            return super().chosen
        matches = self._chosen_matches()[:_MOST_ITEMS]
        return [item for item in MatchSource(self._project.catalog, matches).items(0, len(matches)) if item]

    @property
    def chosen_keys(self) -> list[bytes]:
        """Keys of the same, of all of them."""
        return [match.key for match in self._chosen_matches()] if self._on_wall else super().chosen_keys

    def _chosen_matches(self) -> tuple[Match, ...]:
        """The pictures of the groups that are selected on the wall, each once, or of the one under its cursor."""
        numbers = [number for number in self._wall.chosen if number < len(self._groups)]
        return tuple({match.key: match for number in numbers for match in self._groups[number].matches}.values())

    @property
    def selected_keys(self) -> list[bytes]:
        """Keys of what is selected: on the wall of the pictures of the selected groups."""
        if not self._on_wall:
            return super().selected_keys
        return self.chosen_keys if self._wall.selected else []

    @property
    def places(self) -> tuple[Place, ...]:
        """What the form of another action can look at: the selection, or what is shown."""
        shown = [match.key.hex() for match in self._shown()]
        selected = self.selected_place()
        return (*selected, *([Place(_these(len(shown)), tuple(shown))] if shown else []))

    @property
    def exports(self) -> Sequence[Offer]:
        """The selection, the group on show, and all groups where there are several."""
        answer, groups, shown = self._answer, self._groups, self._shown()
        if answer is None or not groups:
            return ()
        several = len(groups) > 1
        name = self._action.headline(answer.title)
        here = f"{name} {groups[self._number].name}" if several else name
        offers = [] if self._on_wall else of_selection(here, self.grid)
        if several:
            named = [(group.name, group.matches) for group in groups]
            if selected := self._wall.selected if self._on_wall else []:
                title = f"the selected {count(len(selected), 'group')}"
                offers.append(of_groups(title, name, [named[number] for number in selected]))
            offers.append(of_groups(f"all {count(len(groups), 'group')}", name, named))
        if shown:
            title = f"the group {'here' if self._on_wall else 'on show'} ({count(len(shown))})"
            source = MatchSource(self._project.catalog, shown)
            offers.append(of_source(title if several else _these(len(shown)), here, source))
        return offers

    @property
    def has_answer(self) -> bool:
        return self._answer is not None

    @property
    def answered_with(self) -> str:
        return self._answer.vec_type if self._answer else ""

    # -- the answer -----------------------------------------------------------------------------------------------

    def on_answered(self, message: Answered) -> None:
        """Show the answer: several groups as a wall, unless the person has chosen the list meanwhile."""
        if self._stop.is_set():  # nothing is asked any more
            return
        first = self._answer is None
        self._answer, self._doing, self._number = message.answer, "", 0
        self._cut.show_distribution(message.answer.distribution)
        listed = self.query_one(OptionList)
        with listed.prevent(OptionList.OptionHighlighted):
            listed.clear_options()
            numbers = [count(len(group.matches)) for group in self._groups]
            widest = max(map(len, numbers), default=0)
            listed.add_options(
                Option(NameAndCount(Text(f"{number:>{widest}}  ", "bold"), printable(group.name), ""))
                for group, number in zip(self._groups, numbers, strict=True)
            )
            listed.highlighted = 0
        several = len(self._groups) > 1
        self.set_class(not several, "-one-group")
        self._wall.show(self._groups if several else (), self._project.catalog, self._project.thumbnails)
        if several and (first or self._on_wall):
            self._show_wall()
        else:
            self._show_group(cursor=0 if first else self.grid.cursor)
        self.refresh_bindings()

    # -- within a group -------------------------------------------------------------------------------------------

    def on_option_list_option_selected(self) -> None:
        """Enter on a group divides it again."""
        self.action_within()

    @property
    def _scope(self) -> ScopeParameter | None:
        return next((field for field in self._action.fields() if isinstance(field, ScopeParameter)), None)

    def action_within(self) -> None:
        """The same question within a group: clusters of clusters."""
        if self._scope and self._groups:
            group = self._groups[self._number]
            where = tuple(match.key.hex() for match in group.matches)
            trail = (*self._trail, f"{group.name} ({count(len(where))})")
            self.host.show_answer(self._question.with_values({self._scope.name: where}), trail=trail)

    @property
    def _why_named(self) -> str:
        """What the names of clusters mean that no words fit."""
        named_like = self._action.name == "cluster" and any(group.name.startswith(LIKE_ONE) for group in self._groups)
        return f"“{LIKE_ONE}…” names a cluster by its most typical picture" if named_like else ""

    # -- the cut --------------------------------------------------------------------------------------------------

    def action_only(self) -> None:
        """Show only what stands out from the collection, or all again."""
        self._cut.only = not self._cut.only
        self._show_group()

    def action_move_cut(self, steps: int) -> None:
        """A bin up or down; only what is above it is shown then."""
        self._cut.move(steps)
        self._show_group()

    def _shown(self) -> tuple[Match, ...]:
        """The pictures of the group on show that reach the cut."""
        return self._cut.shown(self._groups[self._number].matches) if self._groups else ()

    # -- keeping --------------------------------------------------------------------------------------------------

    def action_keep(self) -> None:
        """Keep what is selected, or all that is shown, as a group or a tag; or all groups as tags."""
        answer, selected = self._answer, set(self.grid.selected_keys)
        if self._on_wall:
            kept = [(match.key, match.score) for match in self._chosen_matches()]
        else:
            kept = [(match.key, match.score) for match in self._shown() if not selected or match.key in selected]
        if answer is None or not kept:
            self.nothing_chosen()
            return
        origin, made_by = self._action.headline(answer.title), answer.vec_type
        project, parts = self._project, answer.keys_by_group()

        def work(keep: Keep) -> str:
            if keep.kind == "parts":
                return label_actions.keep_parts(project, keep.name, parts, made_by)
            return label_actions.keep(
                project, keep.name, kept, origin, made_by, as_tag=keep.kind == "tag", replace=keep.replace
            )

        parent = f"{self._action.command} {moment(time.time())[:_DAY]}"
        self.app.push_screen(KeepAs(project, len(kept), work, parts=len(parts), parent=parent))

    # -- showing --------------------------------------------------------------------------------------------------

    def on_image_grid_opened(self, message: ImageGrid.Opened) -> None:
        """Enter where there are no pictures does what is said there."""
        if message.item is not None or self._answer is None:
            return
        if self._cut.only and self._groups:
            self.action_only()
        else:
            self.change_values()

    def change_values(self) -> None:
        """Ask again with other values; its answer replaces this one."""
        self.action_again()

    def _show_group(self, cursor: int | None = None) -> None:
        if self._answer is None:
            return
        grid = self.grid
        grid.empty = with_keys(_NONE_ABOVE if self._cut.only and self._groups else _NOTHING_FOUND)
        source = MatchSource(self._project.catalog, self._shown())
        current = grid.current
        if cursor is None:
            cursor = (source.find(current.picture.key) if current else None) or 0
        self.show_pictures(source, cursor)
        self._show_answer()

    def _show_answer(self) -> None:
        """What stands above the pictures."""
        note = in_app(self._answer.note) if self._answer else ""
        self.show_note(printable("; ".join(filter(None, (note, self._why_named)))))
        self._cut.show(self._groups[self._number].matches if self._groups else ())
        self.show_header()

    def show_note(self, text: str) -> None:
        """Show what should be known about the answer; nothing where the text is empty."""
        note = self.query_one("#note", Static)
        note.update(Text(text))
        note.display = bool(text)

    def show_header(self) -> None:
        """The question, and how many pictures there are, or what is waited for."""
        answer, doing = self._answer, printable(self._doing)
        if answer is None:
            self.draw_header(printable(self._action.title), doing)
            return
        titles = [printable(self._action.headline(answer.title))]
        if self._opened and not self._on_wall:
            name = printable(self._groups[self._number].name)
            titles = [f"{titles[0]} › {name}", name]
        facts, vec_type = doing or self._facts(), printable(answer.vec_type)
        rights = [" · ".join(filter(None, (facts, words))) for words in (f"vec type {vec_type}", vec_type)]
        lines = [*((title, rights[0]) for title in titles), (titles[-1], rights[1])]
        width = self.app.size.width
        self.draw_header(*next((one for one in lines if cell_len(one[0]) <= header_room(one[1], width)), lines[-1]))

    def _facts(self) -> str:
        """How many pictures are shown, and the score of their group, where groups have one."""
        if self._on_wall:
            selected = self._wall.selected
            pictures = sum(len(self._groups[number].matches) for number in selected)
            return f"{count(len(selected))} selected, {count(pictures, 'picture')}" if selected else ""
        score = self._groups[self._number].score if self._groups else None
        facts = count(len(self._shown()), "picture") + (f", score {score:.2f}" if score is not None else "")
        return self.with_selection(facts)


def _these(pictures: int) -> str:
    return f"these {count(pictures, 'picture')}"
