"""Files that are written whole, or not at all: `analysis/files.py`."""

import errno
import os

import pytest

from analysis.errors import StudyError
from analysis.files import adding, replacing


def half_written(place, fault):
    with place as hidden:
        hidden.write_text("half")
        raise fault


def test_what_is_half_written_leaves_what_was_there(tmp_path):
    path = tmp_path / "table"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError):
        half_written(replacing(path), ZeroDivisionError())
    assert path.read_text() == "before"
    with replacing(path) as hidden:
        hidden.write_text("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_added_to_a_study_is_one_line(tmp_path):
    path = tmp_path / "table"
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(StudyError) as caught:
        half_written(adding(path), full)
    assert str(caught.value) == f"{path}: cannot be written (No space left on device)"
    assert not list(tmp_path.iterdir())
