"""Paths in the clipboard, and pictures in other programs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from app_helpers import running, said, until

from core.errors import PictoscopeError
from core.project import Project
from tui.settings_file import FILE_NAME
from tui.viewer import viewer_command

WRITES = f"{sys.executable} -c \"import sys; open(sys.argv[2], 'w').write(sys.argv[1])\""


@pytest.mark.parametrize(
    ("setting", "command"),
    [
        ("env", [b"env", b"/p q"]),
        ("env -i {} x", [b"env", b"-i", b"/p q", b"x"]),
        ("env 'a {}'", [b"env", b"a /p q"]),
    ],
)
def test_the_path_is_one_argument(setting: str, command: list[bytes]) -> None:
    assert viewer_command(setting, b"/p q") == command


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("no-such-program {}", "no-such-program is not installed"),
        ("env 'x", "settings.toml: viewer is not a command: No closing quotation"),
        ("", "there is no desktop to open the picture in"),
    ],
)
def test_what_cannot_be_started_is_said(setting: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(PictoscopeError) as caught:
        viewer_command(setting, b"/p")
    assert caught.value.message == message
    assert "settings.toml" in caught.value.hint


async def test_the_picture_under_the_cursor_is_opened_and_its_path_copied(
    project: Project, folder: Path, home: Path, tmp_path: Path
) -> None:
    opened = tmp_path / "opened"
    async with running(project) as (app, pilot):
        (home / FILE_NAME).write_text(f"viewer = '''{WRITES} {{}} {opened}'''")
        await pilot.press("l", "O")
        await until(pilot, lambda: opened.exists() and opened.read_text() == str(folder / "birch.png"))
        await pilot.press("y")
        await until(pilot, lambda: "path copied, if the terminal allows it" in said(app))
        assert app.clipboard == str(folder / "birch.png")
        await pilot.press("space", "l", "y")
        await until(pilot, lambda: "path copied" in said(app)[-1])
        (folder / "birch.png").unlink()
        await pilot.press("O")
        await until(pilot, lambda: any("birch.png is not there any more" in text for text in said(app)))
        (home / FILE_NAME).write_text("viewer = 3")
        await pilot.press("escape", "O")
        await until(pilot, lambda: any("viewer needs a text" in text for text in said(app)))
