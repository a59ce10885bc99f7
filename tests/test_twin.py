"""The compiled model equals its obvious twin exactly: every column, every metric.

These are the tests of every loop of the week, in `simulation/core/kernels/`:
`simulation/core/kernels/advertise.py`, `simulation/core/kernels/serve.py`,
`simulation/core/kernels/recover.py`, `simulation/core/kernels/tell.py`, these four
in one (`simulation/core/kernels/live.py`), `simulation/core/kernels/hear.py`,
`simulation/core/kernels/choose.py`, `simulation/core/kernels/measure.py`,
`simulation/core/kernels/inform.py`, with what they share,
`simulation/core/kernels/blocks.py` and `simulation/core/kernels/cover.py`; and,
compiled against uncompiled, of `simulation/core/kernels/populate.py`.
"""

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simulation.core import randomness
from simulation.core.columns import MAX_LEVERS, MOST_HOPS, NOWHERE
from simulation.metrics import METRICS
from simulation.model import PerceptionModel
from simulation.population import frailties, quality_table
from simulation.scenario import Parameter, Scenario, parameters
from tests.naive import NaiveModel, differences, digest
from tests.naive_rules import plain

ROOT = Path(__file__).parents[1]
CLOCK = {"warmup_weeks": 20, "weeks": 40}
LOOK_EVERY = 10
N_DRAWS = 20
KINDS = (
    "small_world",
    "scale_free",
    "communities",
    "random",
    "complete",
    "cliques",
    "none",
)

ASKING = {"sample_share": 0.5, "response_base": 0.5}
"""So that the firm measures something among 200 people."""
ROUGH = {
    "journey": {"failure_mean": 0.15},
    "recovery": {"severe_below": 0.6, "complaint_intercept": 1.0, "repair_chance": 0.5},
    "firm": {"follow_up_share": 0.2, "sales_pressure_sd": 0.1},
}
"""A world of failures, complaints and repairs."""


def world(*, customers=200, clock=CLOCK, **changes):
    """A scenario of few people over 60 weeks."""
    market = {"customers": customers, **changes.pop("market", {})}
    tree = {"survey": ASKING, **changes, "market": market, "clock": clock}
    return Scenario.model_validate(tree)


def rough(*levers, **changes):
    """A scenario in which levers have something to do, from week 2."""
    timed = [
        {name: {"from_week": 2, **fields}}
        for lever in levers
        for name, fields in lever.items()
    ]
    return world(**{**ROUGH, **changes}, levers=timed)


def assert_equal(settings, seed=7):
    """Run both; compare the columns on the way, everything at the end."""
    model = PerceptionModel(settings, seed=seed)
    twin = NaiveModel(settings, seed=seed)
    while not model.is_over:
        model.step()
        twin.step()
        if model.tick % LOOK_EVERY == 0 or model.tick == 1 or model.is_over:
            found = differences(twin.people(), model.people)
            assert not found, f"tick {model.tick}, twin and kernels: {found}"
    assert np.array_equal(np.array(twin.counts), model.counts)
    assert np.array_equal(np.array(twin.ledger), model.ledger, equal_nan=True)
    mine, theirs = twin.weekly(), model.weekly()
    assert list(mine) == ["week", *(metric.name for metric in METRICS)] == list(theirs)
    for name, column in mine.items():
        assert np.array_equal(column, theirs[name], equal_nan=True), name
    return model


# Networks


@pytest.mark.parametrize("kind", KINDS)
def test_twin_equals_on_every_network(kind):
    degree = 6.5 if kind != "complete" else 20
    model = assert_equal(world(network={"kind": kind, "degree": degree}))
    said = model.weekly()["messages_positive"].sum()
    assert said > 0, "meetings carry stories where nobody has a tie"


def test_twin_equals_on_a_weighted_network_from_a_file():
    file = str(ROOT / "tests" / "data" / "les_miserables.graphml")
    model = assert_equal(world(network={"kind": "file", "file": file}))
    assert model.ties.weight.size > 1


def test_twin_equals_where_a_story_is_passed_on_for_years():
    """The count of retellings stands still at its last number, it does not wrap."""
    model = assert_equal(
        world(
            customers=12,
            clock={"warmup_weeks": 0, "weeks": 400},
            network={"kind": "cliques", "clique_size": 12},
            word_of_mouth={
                "talk_base": 0.01,
                "talk_slope": 0,
                "retell": 1,
                "reach": 1,
                "reach_negative": 1,
            },
        )
    )
    told = model.people.voice.hops[model.people.voice.touchpoint != NOWHERE]
    assert told.max() == MOST_HOPS


# Levers

UPLIFT = {"quality_gain": 0.1}
LEVERS = {
    "called after bad": rough({"follow_up": {"delay_weeks": 0}}),
    "called after every": rough({"follow_up": {"after": "every", "coverage": 0.5}}),
    "called after good": rough({"follow_up": {"after": "good", "upsell_chance": 0.4}}),
    "promise aligned": rough({"expectation_alignment": {"speed": 0.5, "margin": 0.1}}),
    "promise half heard": rough({"expectation_alignment": {"strength": 0.5}}),
    "better somewhere": rough({"service_improvement": {"touchpoints": ["use"]}}),
    "consistent": rough({"consistency": {"coverage": 0.8}}),
    "ramped": rough({"consistency": {"ramp_weeks": 10, "until_week": 30}}),
    "unhappy": rough({"service_improvement": {"audience": "unhappy", **UPLIFT}}),
    "silent": rough({"service_improvement": {"audience": "silent", **UPLIFT}}),
    "new": rough({"service_improvement": {"audience": "new", **UPLIFT}}),
    "hubs": rough(
        {"service_improvement": {"audience": "hubs", **UPLIFT}},
        network={"kind": "scale_free"},
    ),
    "segment": rough({"follow_up": {"audience": "segment:key", "after": "every"}}),
    "when complaints": rough(
        {"consistency": {"when": {"metric": "complaints", "above": 3}}}
    ),
    "recovered": rough({"service_recovery": {"cases_to_learn": 0.1}}),
    "recovered for some": rough(
        {"service_recovery": {"audience": "silent", "strength": 0.5}},
        recovery={**ROUGH["recovery"], "complaint_delay_weeks": 3},
    ),
    "oversold": rough({"overselling": {"speed": 0.5}}),
    "as promoters say": rough({"promoter_messaging": {"coverage": 0.7, "speed": 0.5}}),
    "trained": rough({"training": {"until_week": 20, "forgetting_weeks": 5}}),
    "trained somewhere": rough({"training": {"touchpoints": ["support", "use"]}}),
    "empowered": rough({"empowerment": {"audience": "unhappy"}}),
    "connected": rough({"emotional_connection": {"trust_gain": 0.5}}),
    "no silos": rough({"break_silos": {"coverage": 0.5}}),
    "warned": rough({"proactive_outreach": {"alarms_per_week": 0.1}}),
    "warned twice": rough(
        {"proactive_outreach": {"coverage": 0.5, "hazard_increase": 0.6}},
        {"proactive_outreach": {"audience": "unhappy", "hazard_increase": 0}},
    ),
    "asked for a gift": rough({"feedback_programme": {"coverage": 0.6}}),
    "audited": rough({"outside_in_audit": {"coverage": 0.8}}),
    "told plainly": rough({"clear_information": {"information_weight": 5}}),
    "reassured": rough({"reassurance": {"trust_gain": 0.3}}),
    "called on schedule": rough({"scheduled_contact": {"every_weeks": 4}}),
    "answered": rough(
        {"review_response": {"coverage": 0.7}},
        {"review_response": {"audience": "hubs", "discount": 0.1}},
        {"service_recovery": {"coverage": 0.5}},
        reviews={"posting": [0.9, 0.6, 0.1, 0.1, 0.4], "read_chance_active": 0.5},
    ),
    "referred": rough({"referral": {"praise_ratio": 3}}),
    "won back": rough({"win_back": {"success": 0.5, "audience": "unhappy"}}),
    "many": rough(
        {"service_recovery": {"coverage": 0.8}},
        {"empowerment": {"audience": "silent"}},
        {"scheduled_contact": {"audience": "new", "every_weeks": 6}},
        {"follow_up": {"after": "every", "coverage": 0.4}},
        {"proactive_outreach": {"coverage": 0.6}},
        {"clear_information": {}},
        {"reassurance": {"ramp_weeks": 5}},
        {"referral": {"audience": "hubs"}},
        {"review_response": {"coverage": 0.5}},
        {"win_back": {"coverage": 0.5}},
        {"feedback_programme": {"coverage": 0.6}},
        {"outside_in_audit": {"strength": 0.5}},
    ),
    "several": rough(
        {"follow_up": {"after": "every", "coverage": 0.3, "audience": "unhappy"}},
        {"follow_up": {"after": "bad", "strength": 0.7, "cost_once": 100}},
        {"expectation_alignment": {"coverage": 0.6, "ramp_weeks": 5}},
        {"expectation_alignment": {"audience": "new", "margin": -0.1}},
        {"service_improvement": {"ramp_weeks": 8, "coverage": 0.5, **UPLIFT}},
        {
            "service_improvement": {
                "when": {"metric": "measured_nps", "below": 60},
                "touchpoints": ["support", "billing"],
                "until_week": 25,
            }
        },
        {"consistency": {"audience": "segment:regular", "strength": 0.5}},
    ),
}


OUTAGE = {"from_week": 5, "lasts_weeks": 6, "size": 0.7}
SCANDAL = {"from_week": 8, "lasts_weeks": 5, "news_reach": 0.4}
SHOCKS = {
    "outage": [{"outage": OUTAGE}],
    "outage somewhere": [{"outage": {**OUTAGE, "touchpoints": ["support", "use"]}}],
    "hand-offs fail": [{"outage": {**OUTAGE, "breaks": "handoffs"}}],
    "scandal": [{"scandal": SCANDAL}],
    "scandal of something": [{"scandal": {**SCANDAL, "touchpoints": ["billing"]}}],
    "all at once": [
        {"scandal": SCANDAL},
        {"outage": {**OUTAGE, "news_reach": 0.5}},
        {"scandal": {**SCANDAL, "size": 0.3, "from_week": 9.5}},
    ],
}


@cache
def without_levers():
    return PerceptionModel(rough(), seed=7).run()


@pytest.mark.parametrize("name", LEVERS)
def test_twin_equals_under_every_lever(name):
    model = assert_equal(LEVERS[name])
    if name not in ("hubs",):
        assert differences(model.people, without_levers().people), "it did nothing"


@pytest.mark.parametrize("name", SHOCKS)
def test_twin_equals_under_every_shock(name):
    model = assert_equal(rough(shocks=SHOCKS[name]))
    assert differences(model.people, without_levers().people), "it did nothing"


@pytest.mark.parametrize("tick_days", [1, 14])
def test_twin_equals_under_shocks_on_a_complete_network(tick_days):
    weeks = {"warmup_weeks": 4, "weeks": 16} if tick_days == 1 else CLOCK
    levers = {"service_recovery": {}}, {"proactive_outreach": {"coverage": 0.5}}
    settings = rough(
        *levers,
        clock={**weeks, "tick_days": tick_days},
        network={"kind": "complete", "degree": 20},
        shocks=SHOCKS["all at once"],
    )
    model = assert_equal(settings)
    assert model.weekly()["news_believed"].sum() > 0


# Numbers, ticks and people


def put(tree, path, value):
    """Set a number in a scenario's tree, by the path that a `Parameter` has."""
    *above, last = re.findall(r"[^.\[\]]+", path)
    for step in above:
        if isinstance(tree, list) and not step.isdigit():
            tree = next(entry for entry in tree if entry.get("name") == step)
        else:
            tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    tree[int(last) if isinstance(tree, list) else last] = value


def drawn_value(parameter: Parameter, rng):
    low, high = parameter.range
    if isinstance(parameter.default, int):
        return int(rng.integers(int(low), int(high) + 1))
    return float(rng.uniform(low, high))


def is_free(parameter: Parameter) -> bool:
    """Whether a number may be drawn without thought for another."""
    fixed = ("clock.", "levers.", "shocks.", "market.customers", "market.segments")
    return parameter.default is not None and not parameter.path.startswith(fixed)


def drawn(number):
    """A scenario whose every number is drawn from its range."""
    rng = np.random.default_rng(number)
    tree = world(**ROUGH).plain()
    for parameter in filter(is_free, parameters()):
        put(tree, parameter.path, drawn_value(parameter, rng))
    first = tree["market"]["segments"][0]
    first["share"] = float(rng.uniform(0.1, 0.9))
    tree["market"]["segments"][1]["share"] = 1 - first["share"]
    if number % 2:
        shares = rng.dirichlet(np.ones(10)).tolist()
        tree["market"]["satisfaction_distribution"] = shares
    heaviest = max(point["weight"] for point in tree["journey"]["touchpoints"])
    rate = tree["perception"]["learning_rate"]
    tree["perception"]["learning_rate"] = min(rate, 0.66 / heaviest)
    tree["network"]["kind"] = KINDS[number % len(KINDS)]
    levers, shocks = {}, {}
    for parameter in parameters():
        top, name, *keys = parameter.path.split(".")
        entries = {"levers": levers, "shocks": shocks}.get(top)
        if entries is not None and parameter.default is not None and len(keys) == 1:
            entries.setdefault(name, {})[keys[0]] = drawn_value(parameter, rng)
    tree["shocks"] = [{name: {**shocks[name], "from_week": 3}} for name in shocks]
    for name in rng.permutation(sorted(levers)).tolist():
        fields = levers[name]
        if rng.random() < 0.7 and len(tree["levers"]) < MAX_LEVERS:
            fields["from_week"] = 2
            tree["levers"].append({name: fields})
    return Scenario.model_validate(tree)


@pytest.mark.parametrize("number", range(N_DRAWS))
def test_twin_equals_for_random_parameters(number):
    assert_equal(drawn(number), seed=number)


@pytest.mark.parametrize("tick_days", [1, 14])
def test_twin_equals_for_other_ticks(tick_days):
    weeks = {1: (4, 8), 14: (20, 40)}[tick_days]
    clock = dict(zip(("warmup_weeks", "weeks"), weeks, strict=True))
    lever = {"follow_up": {"from_week": 2, "after": "every", "coverage": 0.5}}
    settings = world(clock={**clock, "tick_days": tick_days}, **ROUGH, levers=[lever])
    assert_equal(settings)


def test_twin_equals_without_a_warm_up():
    assert_equal(world(clock={"warmup_weeks": 0, "weeks": 30}))


def test_twin_equals_for_customers_from_a_file(tmp_path):
    file = tmp_path / "customers.csv"
    stages = ("prospect", "active", "lost")
    rows = [
        f"c{i * 7919 % 151},{('regular', 'key')[i % 5 == 0]},{stages[i % 3]},"
        f"{i % 11 / 10},{i % 7 / 6},{i % 4 / 2 - 1},{i % 6 / 2},{i * 3},"
        f"{int(i % 9 > 0)},{int(i % 8 > 0)},{int(i % 10 > 0)}"
        for i in range(150)
    ]
    head = "id,segment,stage,perception,trust,fit,frailty,tenure_weeks"
    file.write_text("\n".join([f"{head},sociable,reviewing,surveyed", *rows]))
    assert_equal(rough(market={"customers_file": str(file)}))


def test_twin_equals_at_the_corners_of_the_world():
    """One touchpoint, one segment, one person alike to all, and nothing drifts."""
    point = {"name": "x", "phase": "post_sales", "department": "d"}
    assert_equal(
        world(
            customers=1,
            journey={"touchpoints": [{**point, "chance_per_week": 1}]},
            market={"segments": [{"name": "all", "share": 1}]},
            leaving={"frailty_shape": float("inf"), "hazard_min": 0, "hazard_max": 0},
            perception={"norm_drift_per_year": -1, "category_norm": 0},
        )
    )


# Compiled and uncompiled

UNCOMPILED = """
import json, sys
import numpy as np
from simulation import population
folder = sys.argv[1]
population.beta_table = lambda: np.load(folder + "/beta.npy")
population.frailty_table = lambda shape: np.load(folder + "/frailty.npy")
from simulation.model import PerceptionModel
from simulation.scenario import Scenario
from tests.naive import digest


class Scalars(np.ndarray):
    '''A column whose entries are Python numbers, as in a compiled loop.'''

    def __getitem__(self, place):
        value = super().__getitem__(place)
        return value.item() if isinstance(value, np.generic) else value


def in_scalars(record):
    parts = []
    for part in record:
        if isinstance(part, np.ndarray):
            part = part.view(Scalars)
        elif isinstance(part, tuple):
            part = in_scalars(part)
        parts.append(part)
    return type(record)(*parts)


def on_scalars(kernel):
    return lambda people, *rest: kernel(in_scalars(people), *rest)


for name in ("draw_traits", "draw_relations", "draw_minds"):
    setattr(population, name, on_scalars(getattr(population, name)))


class Uncompiled(PerceptionModel):
    def world(self, *pressure):
        return in_scalars(super().world(*pressure))

    def _sweep(self, kernel):
        tally = np.zeros(self.told.size, np.int64)
        kernel(self._world, 0, self.n_customers, tally)
        self.told += tally


for text in sys.argv[2:]:
    with np.errstate(over="ignore"):
        model = Uncompiled(Scenario.model_validate(json.loads(text)), seed=7).run()
    print(digest(model.people))
"""


def in_another_process(code, *arguments, **environment):
    """Run Python code from the project's folder; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_compiled_equals_uncompiled(tmp_path):
    """The kernels as plain Python; the tables they read come from the compiler."""
    short = {"warmup_weeks": 2, "weeks": 6}
    names = ("service_recovery", "proactive_outreach", "reassurance", "win_back")
    levers = [{"follow_up": {"after": "every"}}, *({name: None} for name in names)]
    shocks = [
        {"outage": {"from_week": 1}},
        {"scandal": {"from_week": 0, "news_reach": 0.5}},
    ]
    worlds = [
        world(customers=60, clock=short, **ROUGH, levers=levers),
        world(customers=60, clock=short, **ROUGH, shocks=shocks),
        world(customers=60, clock=short, **ROUGH, network={"kind": "complete"}),
        world(customers=60, clock=short, **ROUGH, adoption={"rule": "goldenberg"}),
    ]
    np.save(tmp_path / "beta.npy", quality_table())
    np.save(tmp_path / "frailty.npy", frailties(worlds[0].leaving.frailty_shape))
    compiled = [digest(PerceptionModel(each, seed=7).run().people) for each in worlds]
    texts = [json.dumps(each.plain()) for each in worlds]
    printed = in_another_process(
        UNCOMPILED, str(tmp_path), *texts, NUMBA_DISABLE_JIT="1"
    )
    assert printed.split() == compiled


def law(draws, mean, spread):
    """One law of the Beta table, and a chance of a gamma law, worked out anew."""
    rungs, chances, quantiles = np.empty(1001), np.empty(1001), np.empty(33)
    total = 1 / spread**2 - 1
    draws._fill_ladder(mean * total, (1 - mean) * total, rungs, chances)
    draws._read_backwards(rungs, chances, quantiles)
    return (*rungs, *chances, *quantiles, draws.gamma_chance(mean, spread))


@pytest.mark.parametrize(("mean", "spread"), [(0.05, 0.2), (0.8, 0.3), (0.5, 0.9)])
def test_compiled_tables_equal_uncompiled(mean, spread):
    assert law(randomness, mean, spread) == law(plain("randomness"), mean, spread)


SIGNATURES = """
import json
import sys
from importlib import import_module
from pkgutil import iter_modules
from simulation.core import kernels
from simulation.model import PerceptionModel
from simulation.scenario import Scenario
for text in sys.argv[1:]:
    settings = Scenario.model_validate(json.loads(text))
    PerceptionModel(settings, seed=1).run()
    PerceptionModel(settings, seed=2**63 + 1, n_threads=2).run().copy().world()
for module in iter_modules(kernels.__path__):
    for name, thing in vars(import_module(f"{kernels.__name__}.{module.name}")).items():
        if hasattr(thing, "signatures") and thing.__module__.endswith(module.name):
            print(module.name, name, len(thing.signatures))
"""


def test_one_kernel_one_signature():
    """Whatever a scenario says: whole numbers, weights, levers, files, threads."""
    file = str(ROOT / "tests" / "data" / "les_miserables.graphml")
    short = {"warmup_weeks": 1, "weeks": 3}
    points = [{"name": "x", "phase": "post_sales", "department": "d"}]
    points[0]["chance_per_week"] = 1
    whole = {
        "perception": {"memory_limit": 5, "assimilation": 0, "norm_drift_per_year": 0},
        "word_of_mouth": {"meetings_per_week": 2, "hearings": 1},
        "recovery": {"repair_chance": 1},
        "leaving": {"frailty_shape": 1},
    }
    worlds = [
        world(clock=short),
        world(clock=short, **whole, journey={"touchpoints": points}),
        world(clock=short, network={"kind": "file", "file": file}),
        world(clock=short, leaving={"frailty_shape": float("inf")}),
        *(world(clock=short, network={"kind": kind, "degree": 6}) for kind in KINDS),
        world(clock=short, levers=[{"follow_up": {"strength": 1, "coverage": 1}}]),
        world(clock=short, shocks=[{"scandal": {"from_week": 0, "size": 1}}]),
        world(clock=short, adoption={"rule": "goldenberg", "negative_ratio": 1}),
    ]
    texts = [json.dumps(each.plain()) for each in worlds]
    printed = in_another_process(SIGNATURES, *texts).splitlines()
    counted = {tuple(line.split()[:2]): int(line.split()[2]) for line in printed}
    kernels = ("live", "hear", "inform", "choose", "adopt")
    assert {(kernel, kernel): 1 for kernel in kernels}.items() <= counted.items()
    assert {key: n for key, n in counted.items() if n > 1} == {}
