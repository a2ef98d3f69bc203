"""When Python looks for garbage: not while what is made stays, and never again in that.

Until the first paint modules, styles and widgets are made, some 300,000 objects, of which none is garbage. Looking
through them again and again takes a tenth of that time; looking through them later would stop the app for as long as
a key may take.
"""

from __future__ import annotations

import gc


def hold_collector() -> None:
    """Look for no garbage until :func:`release_collector` is called."""
    gc.disable()


def release_collector() -> None:
    """Look for garbage in what is made from now on. Nothing changes where the collector was not held."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
