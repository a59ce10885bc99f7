"""Ctrl-C and SIGTERM stop a command alike: at once, but for what must not be cut short.

A stop is an exception, raised wherever the program happens to be. Two places do not
let it through: a destructor swallows it, and a library in C++ that is just being
imported makes an ImportError of it. A worker that is ended while it sends a result
leaves half of one, for whose rest the parent waits for ever. Each time the stop comes
a moment later instead.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType

SOON = 0.05
"""Seconds until a stop is tried again."""
NEVER = 0.0
"""What a timer takes for not at all: a stop that came is not tried again."""
IMPORTS = "<frozen importlib._bootstrap>"
"""Where Python's frames of an import come from."""
HAS_TIMER = hasattr(signal, "setitimer")


def heed() -> None:
    """Stop with KeyboardInterrupt, soon, whenever this process is asked to.

    Ctrl-C that whoever started the process had it ignore (a script's `&`) stays so.
    """

    def stop(_: int, frame: FrameType | None) -> None:
        if not _put_off(any(code.co_filename == IMPORTS for code in _calls(frame))):
            raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)
    _listen(stop)
    if HAS_TIMER:
        sys.unraisablehook = _stop_again


def heed_as_worker() -> None:
    """Leave Ctrl-C to the parent, who ends this process, but not in mid-sentence."""
    from multiprocessing.connection import Connection  # what every command loads late

    sending = Connection.send_bytes.__code__

    def end(_: int, frame: FrameType | None) -> None:
        if not _put_off(sending in _calls(frame)):
            os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _listen(end)


def _listen(handler: Callable[[int, FrameType | None], None]) -> None:
    signal.signal(signal.SIGTERM, handler)
    if HAS_TIMER:
        signal.signal(signal.SIGALRM, handler)


def _calls(frame: FrameType | None) -> Iterator[CodeType]:
    """Yield the code of a frame, then of those that called it."""
    while frame:
        yield frame.f_code
        frame = frame.f_back


def _put_off(is_later: bool) -> bool:
    """Return whether a stop has been put off; one that comes now comes once."""
    if not HAS_TIMER:
        return False
    signal.setitimer(signal.ITIMER_REAL, SOON if is_later else NEVER)
    return is_later


def _stop_again(lost: "sys.UnraisableHookArgs") -> None:
    """Stop a moment later, if a stop was lost in a destructor."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, SOON)
    else:
        sys.__unraisablehook__(lost)
