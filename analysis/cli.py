"""The one command. What it needs is imported when a command runs, not before."""

import signal

from .command import app
from .commands import (
    assumptions,
    diff,
    facts,
    mixes,
    replicate,
    report,
    shelf,
    studio,
    what_if,
    words,
    worlds,
)

__all__ = [
    "app",
    "assumptions",
    "diff",
    "facts",
    "main",
    "mixes",
    "replicate",
    "report",
    "shelf",
    "studio",
    "what_if",
    "words",
    "worlds",
]


def main() -> None:
    """Run the command line."""
    signal.signal(signal.SIGTERM, _terminated)
    app()


def _terminated(*_: object) -> None:
    """End as after Ctrl-C: what was finished is kept."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
