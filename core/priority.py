"""How much of the processors a process asks for while others want them too."""

from __future__ import annotations

import contextlib
import os

NICENESS_OF_JOBS = 10  # a tenth of the share of the app; all that is left when nobody presses a key
_AUTOGROUP = "/proc/self/autogroup"


def give_way() -> None:
    """Lower the priority of this process and of those that it starts: the app answers keys while a job runs.

    There is no way back, so only the program of a worker calls it, never what others may call too.
    """
    os.nice(NICENESS_OF_JOBS)
    share_niceness()


def share_niceness() -> None:
    """Give the session of this process its niceness. Every program that is started in a session of its own calls this.

    Linux shares the processors among sessions first (sched(7), "The autogroup feature"): niceness compares processes
    of one session only. A job and each of its decoders, each in a session of its own, would have the share of the app
    whatever their niceness. Nothing happens where the system does not work like that.
    """
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    if niceness <= 0:  # nothing to say, or a permission that is needed
        return
    with contextlib.suppress(OSError), open(_AUTOGROUP, "w", encoding="ascii") as session:
        session.write(str(niceness))
