"""Files that are written whole, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import StudyError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a hidden path to write to; it takes the real name when all is written."""
    hidden = path.with_name(f".{path.name}.tmp")
    try:
        yield hidden
        hidden.replace(path)
    except BaseException:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)
        raise


@contextmanager
def adding(path: Path) -> Iterator[Path]:
    """Do the same for what is added to a study that is finished.

    Raises
    ------
    StudyError
        The folder cannot be written.
    """
    try:
        with replacing(path) as hidden:
            yield hidden
    except OSError as error:
        reason = error.strerror or error
        raise StudyError(f"{path}: cannot be written ({reason})") from None
