"""The page is served before the simulation is there, and waits for no one else."""

import subprocess
import sys

from analysis.studio.loading import Loading
from analysis.studio.opening import Openings

UNLOADED = """
import sys
import analysis.cli
import analysis.studio.loading
import analysis.studio.opening
import analysis.studio.server
print([name for name in ("numba", "pandas", "mesa") if name in sys.modules])
"""


def test_one_api_is_loaded_and_warmed_up_without_leaving_a_session():
    loading = Loading(Openings())
    try:
        loading.join(120)
        assert loading() is loading()
        assert not loading().sessions
    finally:
        loading.close()


def test_what_serves_the_page_loads_nothing_of_the_model():
    words = [sys.executable, "-c", UNLOADED]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
