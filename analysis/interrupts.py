"""Ctrl-C and SIGTERM stop a command alike, and no stop is lost.

A stop is an exception, raised wherever the program happens to be. Two places do not
let it through: a destructor swallows it, and a library in C++ that is just being
imported makes an ImportError of it. Both times the stop comes a moment later instead.
"""

import signal
import sys
from types import FrameType

SOON = 0.05
"""Seconds until a stop is tried again."""
NEVER = 0.0
"""What a timer takes for not at all: a stop that came is not tried again."""
IMPORTS = "<frozen importlib._bootstrap>"
"""Where Python's frames of an import come from."""


def heed() -> None:
    """Stop with KeyboardInterrupt, soon, whenever this process is asked to.

    Ctrl-C that whoever started the process had it ignore (a script's `&`) stays so.
    """
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _stop)
        sys.unraisablehook = _stop_again


def _stop(_: int, frame: FrameType | None) -> None:
    if hasattr(signal, "setitimer"):
        is_later = _is_importing(frame)
        signal.setitimer(signal.ITIMER_REAL, SOON if is_later else NEVER)
        if is_later:
            return
    raise KeyboardInterrupt


def _is_importing(frame: FrameType | None) -> bool:
    """Return whether a frame, or one that called it, is part of an import."""
    while frame:
        if frame.f_code.co_filename == IMPORTS:
            return True
        frame = frame.f_back
    return False


def _stop_again(lost: "sys.UnraisableHookArgs") -> None:
    """Stop a moment later, if a stop was lost in a destructor."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, SOON)
    else:
        sys.__unraisablehook__(lost)
