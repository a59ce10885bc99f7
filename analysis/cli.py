"""The one command. What it needs is imported when a command runs, not before."""

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
from .interrupts import heed

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
    heed()
    app()


if __name__ == "__main__":
    main()
