"""A stop is never lost: Ctrl-C and SIGTERM, wherever they fall."""

import signal
import subprocess
import sys

import pytest

IN_A_DESTRUCTOR = """
class Falls:
    def __del__(self):
        os.kill(os.getpid(), stop)
        time.sleep(1)
Falls()
"""
IN_AN_IMPORT = """
sys.path.insert(0, os.path.dirname(__file__))
import swallows
assert swallows.is_whole
"""
SWALLOWS = """
import os, signal, time
try:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.2)
except BaseException:
    raise ImportError("initialization failed")
is_whole = True
"""
BEGIN = """
import os, signal, sys, time
from analysis.interrupts import heed
stop = signal.SIG{stop}
heed()
try:
"""
END = """
    time.sleep(20)
except KeyboardInterrupt:
    print("stopped")
"""


def program(body, stop="TERM"):
    """Return a program that heeds stops and is stopped in its body."""
    lines = body.strip().splitlines()
    return BEGIN.format(stop=stop) + "\n".join(f"    {line}" for line in lines) + END


def said(words, **options):
    """Return what a program of Python prints."""
    ended = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=True, **options
    )
    return ended.stdout.strip()


@pytest.mark.parametrize("stop", ["TERM", "INT"])
def test_a_stop_that_falls_into_a_destructor_is_not_lost(stop):
    assert said(["-c", program(IN_A_DESTRUCTOR, stop)]) == "stopped"


def test_a_stop_that_falls_into_an_import_waits_for_its_end(tmp_path):
    (tmp_path / "swallows.py").write_text(SWALLOWS)
    (tmp_path / "main.py").write_text(program(IN_AN_IMPORT))
    assert said([str(tmp_path / "main.py")]) == "stopped"


ONCE_MORE = """
import os, signal, sys, time
from analysis.interrupts import heed
sys.path.insert(0, os.path.dirname(__file__))
heed()
try:
    import swallows
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(20)
except KeyboardInterrupt:
    time.sleep(0.3)
    print("kept")
"""


def test_a_stop_that_came_is_not_tried_again_while_its_work_is_kept(tmp_path):
    """A second Ctrl-C right after an import that put the first one off."""
    soon = "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n"
    (tmp_path / "swallows.py").write_text(soon)
    (tmp_path / "main.py").write_text(ONCE_MORE)
    assert said([str(tmp_path / "main.py")]) == "kept"


def test_what_was_started_deaf_to_ctrl_c_stays_so():
    deaf = "import os, signal, sys; from analysis.interrupts import heed; heed()\n"
    deaf += "os.kill(os.getpid(), signal.SIGINT); print('deaf')"

    def begin():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    assert said(["-c", deaf], preexec_fn=begin) == "deaf"
