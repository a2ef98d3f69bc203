"""The pictures that the terminal holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable

from tui.graphics.drawing import Transmission
from tui.graphics.kitty import free
from tui.graphics.passthrough import through_tmux
from tui.graphics.terminal import Terminal

BUDGET = 64 * 1024**2  # bytes of decoded pixels; kitty drops pictures, also those on the screen, above 320 MB


class ImageStore:
    """Knows which pictures the terminal holds, and what to send so that it holds those that are shown.

    It writes nothing: its methods return what must be sent, in the order in which they are called. It holds the
    transmissions of what the terminal holds, so no id is given out again before its picture was freed.
    """

    kind = "in the terminal"

    def __init__(self, terminal: Terminal, budget: int = BUDGET) -> None:
        self._wrap = through_tmux if terminal.passthrough else str
        self.most_bytes = budget
        self._held: OrderedDict[int, Transmission] = OrderedDict()  # longest not shown first
        self._bytes = 0

    def __contains__(self, image_id: int) -> bool:
        return image_id in self._held

    def __len__(self) -> int:
        return len(self._held)

    @property
    def held_bytes(self) -> int:
        """What the pictures take in the terminal's memory."""
        return self._bytes

    def show(self, shown: Iterable[Transmission]) -> str:
        """To be sent before a frame that shows these pictures; empty if the terminal has them all."""
        sent = []
        for transmission in shown:
            if transmission.image_id not in self._held:
                self._held[transmission.image_id] = transmission
                self._bytes += transmission.decoded_bytes
                sent.append(transmission.data)
            self._held.move_to_end(transmission.image_id)
        return "".join(sent)

    def free_excess(self, on_screen: Collection[int] = ()) -> str:
        """To be sent after a frame: frees what was not shown for longest, until the rest is within the budget.

        Args:
            on_screen: ids that are kept whatever the budget says.
        """
        freed = []
        for image_id in list(self._held):
            if self._bytes <= self.most_bytes:
                break
            if image_id not in on_screen:
                freed.append(self.free(image_id))
        return "".join(freed)

    def free(self, image_id: int) -> str:
        """To be sent after the frame that no longer shows a picture; empty if the terminal has none of that id."""
        transmission = self._held.pop(image_id, None)
        if transmission is None:
            return ""
        self._bytes -= transmission.decoded_bytes
        return self._wrap(free(image_id))

    def free_all(self) -> str:
        """To be sent at the end: nothing of ours stays in the terminal."""
        return "".join([self.free(image_id) for image_id in list(self._held)])

    def resend_all(self, on_screen: Collection[int]) -> str:
        """To be sent when the terminal may have lost its pictures: after suspend, a cleared screen, another client of
        tmux. What is on the screen is sent again, the last shown first; the rest is freed, and sent when it is shown.
        """
        gone = [self.free(image_id) for image_id in list(self._held) if image_id not in on_screen]
        return "".join([*gone, *(transmission.data for transmission in reversed(self._held.values()))])
