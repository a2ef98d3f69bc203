"""Settings, Folders: which picture folders there are; adding, moving, removing one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option

from core.errors import PictoscopeError
from core.key_hints import with_keys
from core.offered_folder import too_much
from core.project import Project
from core.text import count, display_path
from tui.host import host_of
from tui.messages import Failed
from tui.newest import read_newest
from tui.paths import typed_path
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.dialogs.dialogs import Confirm
from tui.widgets.button_row import ButtonRow

if TYPE_CHECKING:  # the first paint does without the scan
    from core.folders import Moved, PictureFolder, Removed

_MOVED = "the path where the pictures are now; before anything changes you are told what was found there"


class FoldersPane(Vertical):
    """The list, a line for a new folder, the buttons."""

    BINDINGS = [
        Binding("n", "new", "Add", tooltip="add a folder: goes to the line for its path"),
        Binding("M", "press('move-folder')", "Moved to", tooltip="give the new path of a folder that has moved"),
        Binding("X,delete", "press('remove-folder')", "Remove"),
    ]

    class _Loaded(Message):
        def __init__(self, folders: list[PictureFolder], scanned: Sequence[Path]) -> None:
            super().__init__()
            self.folders = folders
            self.scanned = scanned

    class _Planned(Message):
        def __init__(self, moved: Moved) -> None:
            super().__init__()
            self.moved = moved

    class _Changed(Message):
        def __init__(self, done: Moved | Removed) -> None:
            super().__init__()
            self.done = done

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._listed: list[Path] = []
        self._known: dict[Path, PictureFolder] = {}
        self._added: list[Path] = []  # whose first scan has not ended yet
        self._scanned: list[Path] = []  # whose first scan has ended: what it found is said when it was read

    def compose(self) -> ComposeResult:
        """List, line, buttons."""
        yield OptionList(id="folder-list", markup=False)
        yield Input(placeholder="path of a folder to add, then enter", id="new-folder")
        with ButtonRow(classes="buttons left"):
            yield Button(with_keys("Remove  {folders-pane.remove}"), id="remove-folder", compact=True)
            yield Button(with_keys("Moved to  {folders-pane.moved-to}"), id="move-folder", compact=True)
            yield Button("Scan for new pictures", id="rescan", compact=True)
            yield Button("Rehash all files", id="rehash", compact=True)

    def on_mount(self) -> None:
        """The paths now, what is known of them when it has been read."""
        self.reload()

    def reload(self, *, scanned: bool = False) -> None:
        """List the folders, and read how many pictures are known in each. ``scanned``: a scan has just ended."""
        self._show()
        if scanned:
            self._scanned += self._added
            self._added.clear()
        ended = tuple(self._scanned)

        def read() -> Message:
            from core.folders import picture_folders

            return self._Loaded(picture_folders(self._project), ended)

        read_newest(self, read, group="folders")

    def on_folders_pane__loaded(self, message: _Loaded) -> None:
        """How many pictures are known, and what is not there."""
        message.stop()
        self._known = {folder.path: folder for folder in message.folders}
        self._show()
        for folder in message.scanned:
            if folder in self._scanned:  # else an older answer has said it
                self._scanned.remove(folder)
                self._say_pictures(folder)

    def _say_pictures(self, folder: Path) -> None:
        """What the first scan of a folder has found."""
        known = self._known.get(folder)
        if known:
            pictures = count(known.pictures, "picture") if known.pictures else "no pictures in it"
            self.notify(f"added {display_path(folder)}: {pictures}", markup=False)

    def _show(self) -> None:
        listed = self.query_one("#folder-list", OptionList)
        chosen, number = self._chosen(), listed.highlighted or 0
        self._listed = self._project.folders
        listed.clear_options()
        listed.add_options(Option(self._line(folder)) for folder in self._listed)
        if self._listed:
            is_there = chosen in self._listed
            listed.highlighted = (
                self._listed.index(chosen) if chosen and is_there else min(number, len(self._listed) - 1)
            )
        listed.border_title = count(len(self._listed), "picture folder")

    def _line(self, folder: Path) -> Text:
        known = self._known.get(folder)
        line = Text(display_path(folder))
        if known:
            line.append(f"   {count(known.pictures, 'picture')}", "dim")
            line.append("" if known.exists else " · not there", "bold")
        return line

    def _chosen(self) -> Path | None:
        """The folder under the cursor; not by its number in the settings: another program may have changed them."""
        number = self.query_one("#folder-list", OptionList).highlighted
        return self._listed[number] if number is not None and number < len(self._listed) else None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Add the folder that was typed."""
        event.stop()
        if not event.value.strip():
            return
        folder = typed_path(event.value)
        if not (why := too_much(folder)):
            self._add(folder)
            return
        question = f"{display_path(folder)} {why}. Add it?"
        self.app.push_screen(Confirm(question, "Add"), lambda yes: self._add(folder) if yes else None)

    def _add(self, folder: Path) -> None:
        try:
            added = self._project.add_folder(folder)
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))
            return
        self.query_one("#new-folder", Input).value = ""
        self.reload()
        self._added.append(added)
        self.notify(f"added {display_path(added)}: looking for pictures…", markup=False)
        self._rescan()

    def action_new(self) -> None:
        """To the line for a new folder."""
        self.query_one("#new-folder", Input).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_press(event.button.id or "")

    def action_press(self, name: str) -> None:
        """One of the buttons, also by key."""
        folder = self._chosen()
        if name in ("rescan", "rehash"):
            self._rescan(rehash=name == "rehash")
        elif folder and name == "remove-folder":
            self._ask_to_remove(folder)
        elif folder and name == "move-folder":
            self._ask_for_place(folder)
        else:
            self.app.notify("no folder is chosen: type the path of one to add", markup=False)

    def _ask_to_remove(self, folder: Path) -> None:
        known = self._known.get(folder)
        pictures = f" of {count(known.pictures, 'picture')}" if known else ""
        question = (
            f"Remove {display_path(folder)} from the project? Its files stay; labels and vectors{pictures} are kept."
        )

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(lambda: self._remove(folder), thread=True, group="folder-change")

        self.app.push_screen(Confirm(question, "Remove"), answered)

    def _remove(self, folder: Path) -> None:
        from core.folders import remove_folder

        try:
            self.post_message(self._Changed(remove_folder(self._project, folder)))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def _ask_for_place(self, folder: Path) -> None:
        def answered(typed: str | None) -> None:
            if typed:
                new = typed_path(typed)
                self.run_worker(lambda: self._plan(folder, new), thread=True, group="folder-change")

        question = f"Where is {display_path(folder)} now? No picture is read again; labels and vectors are kept."
        self.app.push_screen(AskLine("Moved folder", question, yes="Check", help=_MOVED), answered)

    def _plan(self, folder: Path, new: Path) -> None:
        from core.folders import plan_move

        try:
            self.post_message(self._Planned(plan_move(self._project, folder, new)))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def on_folders_pane__planned(self, message: _Planned) -> None:
        """Say how much of it was found, and ask."""
        message.stop()
        moved = message.moved

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(lambda: self._move(moved), thread=True, group="folder-change")

        self.app.push_screen(Confirm(f"{moved}. Use the new path from now on?", "Move", loses=False), answered)

    def _move(self, moved: Moved) -> None:
        from core.folders import carry_out

        try:
            carry_out(self._project, moved)
            self.post_message(self._Changed(moved))
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def on_folders_pane__changed(self, message: _Changed) -> None:
        """Say what came of it, and look at the folders again."""
        message.stop()
        self.notify(str(message.done), markup=False)
        self.reload()
        self._rescan()

    def _rescan(self, *, rehash: bool = False) -> None:
        host_of(self).action_rescan(rehash)
