"""A real browser for tests of pages: headless Chromium, spoken to over pipes in its DevTools protocol.

The test's scripts run in the page even where the page's policy forbids scripts.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pytest

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--hide-scrollbars",
)
# The browser reads its descriptor 3 and writes 4, wherever the ends of the pipes are here.
_LAUNCHER = """import fcntl, os, sys
commands, answers = (fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3])
os.dup2(commands, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])"""
# The alternative text of each picture that has no pixels.
_NOT_SHOWN = """(async () => {
    const images = [...document.images];
    await Promise.all(images.map(image => image.decode().catch(() => null)));
    return images.filter(image => !image.complete || image.naturalWidth === 0).map(image => image.alt);
})()"""


@dataclass
class Page:
    """An open page.

    Attributes:
        complaints: errors and warnings on the console, from the page and from the browser itself.
        requests: addresses that the page asked for, except those with their content inside.
    """

    to_browser: BinaryIO
    from_browser: BinaryIO
    session: str = ""
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _sent: int = 0
    _loaded: bool = False
    _unread: bytes = b""

    def open(self, address: str) -> None:
        """Load an address, and wait until all of it is there."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.complaints.clear()
        self.requests.clear()
        self._loaded = False
        self.ask("Page.navigate", url=address)
        while not self._loaded:
            self._read()

    def ask(self, method: str, **parameters: Any) -> Any:
        """One command of the protocol, and its result."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.to_browser.write(json.dumps(message).encode() + b"\0")
        self.to_browser.flush()
        while True:
            answer = self._read()
            if answer.get("id") == self._sent:
                assert "error" not in answer, answer
                return answer["result"]

    def evaluate(self, script: str) -> Any:
        """The value of an expression, in the page."""
        found = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def drawn(self) -> None:
        """Wait for a whole frame: what was waiting for the next one has been done."""
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")

    def pictures_not_shown(self) -> list[str]:
        """Alternative texts of the pictures that the browser cannot show."""
        missing: list[str] = self.evaluate(_NOT_SHOWN)
        return missing

    def is_dark(self, dark: bool) -> None:
        """Show it as on a dark screen, or on a light one."""
        self.ask("Emulation.setEmulatedMedia", features=[self.scheme(dark)])

    @staticmethod
    def scheme(dark: bool) -> dict[str, str]:
        """The media feature of a dark screen, or of a light one."""
        return {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}

    def screenshot(self, target: Path) -> None:
        """Save the whole page as a PNG."""
        content = self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        target.write_bytes(base64.b64decode(content))

    def _read(self) -> dict[str, Any]:
        """The next message; what it says of the page is noted."""
        while b"\0" not in self._unread:
            more = os.read(self.from_browser.fileno(), 1 << 20)
            assert more, "the browser has ended"
            self._unread += more
        content, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(content)
        told, about = message.get("method", ""), message.get("params", {})
        if told == "Page.loadEventFired":
            self._loaded = True
        elif told == "Runtime.exceptionThrown":
            self.complaints.append(about["exceptionDetails"]["text"])
        elif told == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.complaints.append(str([one.get("value") for one in about["args"]]))
        elif told == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.complaints.append(about["entry"]["text"])
        elif told == "Network.requestWillBeSent" and not about["request"]["url"].startswith("data:"):
            self.requests.append(about["request"]["url"])
        return message


@contextmanager
def open_page(file: Path, profile: Path, size: tuple[int, int] = (1200, 900)) -> Iterator[Page]:
    """Open a file in the browser; the test is skipped where there is none.

    Args:
        file: the page.
        profile: a folder for the browser's own files.
        size: of the window, in pixels.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("Chromium is not installed")
    commands, to_browser = os.pipe()
    from_browser, answers = os.pipe()
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", _LAUNCHER, str(commands), str(answers)),
            *(program, *_FLAGS, f"--window-size={size[0]},{size[1]}", f"--user-data-dir={profile}"),
        ],
        pass_fds=(commands, answers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(commands)
    os.close(answers)
    try:
        with os.fdopen(to_browser, "wb") as sending, os.fdopen(from_browser, "rb") as receiving:
            page = Page(sending, receiving)
            page.open(file.absolute().as_uri())
            yield page
            page.session = ""
            page.ask("Browser.close")
    finally:
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
