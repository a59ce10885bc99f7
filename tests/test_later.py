"""What is loaded when: `simulation/later.py`, `simulation/host.py`, and all imports.

Each case is a process of its own: in this one everything is loaded already.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARIES = {
    *("numpy", "numba", "scipy", "mesa", "networkx", "pandas", "pyarrow", "pydantic"),
    *("yaml", "matplotlib", "SALib", "sklearn", "optuna", "rich", "jinja2"),
    *("starlette", "uvicorn"),
}


def answer(*lines):
    """Return what a new Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(("import sys", *lines))],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def loaded_by(line):
    """Return the libraries that a line of Python loads."""
    wanted = f"print(*[name for name in {LIBRARIES} if name in sys.modules])"
    return set(answer(line, wanted))


MODEL = {"numpy", "numba", "scipy", "mesa", "pydantic", "yaml"}
"""What a market takes; of scipy, numba loads no more than the name."""


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("import analysis", set()),
        ("import analysis.cli", set()),
        ("import simulation.scenario", MODEL - {"mesa"}),
        ("import simulation.model", MODEL),
        ("import analysis.study", MODEL),
        ("import analysis.studio.api", MODEL | {"networkx"}),
        ("import analysis.studio.server", {"starlette", "uvicorn"}),
    ],
)
def test_an_import_loads_what_its_path_needs(line, allowed):
    assert loaded_by(line) <= allowed


def test_a_week_loads_nothing_more():
    market = '["market.customers=50", "clock.weeks=1", "clock.warmup_weeks=0"]'
    found = answer(
        "from simulation.model import PerceptionModel",
        "from simulation.scenario import load",
        f'PerceptionModel(load("baseline", {market})).run().weekly()',
        "heavy = {'pandas', 'networkx', 'pyarrow', 'scipy.linalg', 'scipy.special'}",
        "print(*heavy & set(sys.modules))",
    )
    assert not found


def test_what_waits_is_there_when_it_is_asked_for():
    assert answer(
        "from simulation.host import mesa",
        "waiting = 'pandas' not in sys.modules",
        "from mesa.datacollection import pd",
        "frame = pd.DataFrame({'week': [3]})",
        "import pandas",
        "grid = mesa.discrete_space.OrthogonalMooreGrid((2, 2))",
        "print(waiting, isinstance(frame, pandas.DataFrame), len(grid.all_cells))",
    ) == ["True", "True", "4"]


def test_others_find_the_module_itself():
    assert answer(
        "from simulation.later import later",
        "with later('colorsys', 'json', 'json.decoder'):",
        "    import colorsys, json, json.decoder as decoder",
        "print('colorsys' in sys.modules, 'json' in sys.modules)",
        "import colorsys as itself",
        "print(itself is sys.modules['colorsys'], hasattr(colorsys, '__file__'))",
        "print(colorsys.ONE_THIRD == itself.ONE_THIRD)",
        "print(decoder.JSONDecoder is json.JSONDecoder)",
    ) == ["False", "False", "True", "False", "True", "True"]


def test_what_is_loaded_already_stays():
    assert answer(
        "import colorsys as before",
        "from simulation.later import later",
        "with later('colorsys'):",
        "    import colorsys",
        "print(colorsys is before)",
    ) == ["True"]


def test_what_there_is_not_is_said():
    assert answer(
        "from simulation.later import later",
        "with later('no_such_library'):",
        "    import no_such_library",
        "try:",
        "    no_such_library.thing",
        "except ModuleNotFoundError as fault:",
        "    print(fault.name)",
    ) == ["no_such_library"]
