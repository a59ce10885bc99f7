"""What a study costs beside its runs: overhead, workers, memory.

make bench
"""

import os
import pickle
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from analysis.design import AS_IT_IS, Design, Run, crossed, seeds, world_at
from analysis.execution import live, lives
from analysis.store import Store, key_of
from analysis.study import Request, make
from simulation.model import PerceptionModel
from simulation.scenario import load

pytestmark = pytest.mark.speed

ROOT = Path(__file__).parents[2]
N_RUNS = int(os.environ.get("STUDY_RUNS", "2000"))
MOST_OVERHEAD_MS = 3.0
MOST_MEMORY = 1.3
MOST_AGAIN = 0.05


@pytest.fixture(scope="module")
def scenario():
    found = load("baseline", ["market.customers=2000", "clock.weeks=52"])
    PerceptionModel(found, seed=1).run()
    return found


def milliseconds(act, times):
    began = time.thread_time()
    for _ in range(times):
        act()
    return 1e3 * (time.thread_time() - began) / times


def test_overhead_of_a_run(scenario, tmp_path):
    """All that a run costs beside the model itself, in worker and parent together."""
    life = live(Run(0, "x", 3), scenario)
    model = PerceptionModel(scenario, seed=3).run()
    store = Store(tmp_path / "study", lambda run: key_of("x", run, AS_IT_IS))
    store.open({"asked": "x", "source": {}})
    store.lives = [live(Run(seed, "x", seed), scenario) for seed in range(40)]
    finished = store.lives
    store.flush()  # the first part loads what writes
    store.lives = [
        x._replace(run=Run(40 + x.run.run, "x", x.run.seed)) for x in finished
    ]
    began = time.thread_time()
    store.flush()
    written = 1e3 * (time.thread_time() - began) / 40
    twice = np.repeat(np.linspace(0.02, 0.1, 25), 2)
    at = ((("trust.gain", gain),) for gain in twice)  # two seeds a point
    parts = {
        "scenario at a point": milliseconds(lambda: world_at(scenario, next(at)), 50),
        "weeks and outcomes": milliseconds(lambda: model.weekly(), 50),
        "to the parent": milliseconds(lambda: pickle.loads(pickle.dumps(life)), 50),
        "key": milliseconds(lambda: key_of("x", life.run, AS_IT_IS), 50),
        "on disk": written,
    }
    sizes = {
        path.name: sum(file.stat().st_size for file in path.iterdir()) / 80
        for path in (tmp_path / "study").glob("*.parquet")
    }
    store.close(is_complete=True)
    whole = sum(parts.values())
    told = ", ".join(f"{name} {value:.2f}" for name, value in parts.items())
    lived = milliseconds(lambda: PerceptionModel(scenario, seed=3).run(), 5)
    told += f"; the model itself {lived:.1f}"
    print(f"\noverhead of a run: {whole:.2f} ms ({told}); bytes a run on disk: {sizes}")
    assert whole <= MOST_OVERHEAD_MS


def spent():
    """Processor seconds of this process and of its workers that have ended."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, who))


def test_runs_a_second_on_one_and_two_workers(scenario):
    """By the clock, and by processor time, which a busy machine does not stretch."""
    plan, took, cost = crossed(["x"], seeds(N_RUNS)), {}, {}
    for jobs in (1, 2):
        began, had = time.perf_counter(), spent()
        assert sum(1 for _ in lives(plan, {"x": scenario}, jobs)) == N_RUNS
        took[jobs] = time.perf_counter() - began
        cost[jobs] = 1e3 * (spent() - had) / N_RUNS
    rates = ", ".join(f"{N_RUNS / t:.1f} a second on {j}" for j, t in took.items())
    print(
        f"\n{N_RUNS} runs of 2,000 customers x 52 weeks: {rates}; parallel efficiency "
        f"{took[1] / took[2] / 2:.0%}; processor time a run {cost[1]:.1f} ms alone, "
        f"{cost[2]:.1f} ms on two ({cost[1] / cost[2]:.0%}); load "
        f"{os.getloadavg()[0]:.1f}"
    )
    assert took[2] < took[1]


STUDY = """
import sys
from pathlib import Path
import numpy as np
from analysis.design import Design, crossed, seeds
from analysis.study import Request, make
from simulation.scenario import load

count, folder = int(sys.argv[1]), Path(sys.argv[2])
changes = ["market.customers=100", "clock.weeks=26", "clock.warmup_weeks=4"]
small = load("baseline", changes)
design = Design(("trust.gain",), np.linspace(0.02, 0.1, count // 5)[:, np.newaxis])
plan = crossed(["x"], seeds(5), count // 5)
make(Request("test", {"x": small}, plan, {"jobs": 2, "out": folder}, design=design))
status = dict(x.split(":", 1) for x in open("/proc/self/status") if ":" in x)
print(status["VmHWM"].split()[0])  # of this program alone, not of who started it
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_runs(tmp_path):
    peaks = {}
    for count in (500, 5000):
        found = subprocess.run(
            [sys.executable, "-c", STUDY, str(count), str(tmp_path / str(count) / "s")],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        peaks[count] = int(found.stdout) / 1024
    ratio = peaks[5000] / peaks[500]
    print(f"\npeak memory of the parent, MB: {peaks}; ratio {ratio:.2f}")
    assert ratio <= MOST_MEMORY


def test_a_second_identical_study_takes_no_time(scenario, tmp_path):
    """Asked again in its own folder; what copying to another costs is not timed."""
    plan, took = crossed(["x"], seeds(30)), []
    for _ in range(2):
        request = Request(
            "test", {"x": scenario}, plan, {"jobs": 1, "out": tmp_path / "study"}
        )
        took.append(milliseconds(lambda asked=request: make(asked), 1))
    print(f"\nthe same study again: {took[1] / took[0]:.1%} of the first")
    assert took[1] < MOST_AGAIN * took[0]


def test_points_of_a_design_cost_no_memory(scenario):
    design = Design(("trust.gain",), np.linspace(0.02, 0.1, 10**6)[:, np.newaxis])
    assert design.changes(999_999) == (("trust.gain", 0.1),)
    assert design.values.nbytes == 8 * 10**6
