"""What must change nothing, bit for bit: order, labels, hermits, looking, threads."""

import pickle
import subprocess
import sys
from pathlib import Path

import mesa
import numpy as np
import pytest

from simulation import levers as declared
from simulation.core.columns import NOWHERE
from simulation.model import PerceptionModel
from simulation.scenario import Scenario
from tests.naive import differences, digest

ROOT = Path(__file__).parents[1]
CLOCK = {"warmup_weeks": 10, "weeks": 20}
SEED = 11
N_PEOPLE = 180
STAGES = ("prospect", "active", "lost")
HEAD = "id,segment,stage,perception,trust,tenure_weeks,sociable,reviewing,surveyed"
HERMIT = "5000,key,active,0.8,0.5,10,0,0,0"
ROUGH = {
    "journey": {"failure_mean": 0.15},
    "recovery": {"severe_below": 0.6, "complaint_intercept": 1.0},
    "survey": {"sample_share": 0.5, "response_base": 0.5},
}
LEVERS = [
    {"follow_up": {"from_week": 2, "after": "every", "coverage": 0.5}},
    {"expectation_alignment": {"from_week": 4, "ramp_weeks": 5}},
    {"service_improvement": {"from_week": 2, "audience": "unhappy"}},
    {"consistency": {"from_week": 3, "audience": "hubs", "until_week": 15}},
    {"service_recovery": {"from_week": 2, "coverage": 0.7}},
    {"proactive_outreach": {"from_week": 2, "coverage": 0.6}},
    {"review_response": {"from_week": 5}},
    {"referral": {"from_week": 3, "audience": "segment:regular"}},
    {"win_back": {"from_week": 2, "coverage": 0.8}},
    {"feedback_programme": {"from_week": 2, "coverage": 0.5}},
]


def world(*, levers=(), **changes):
    tree = {"market": {"customers": 300}, "clock": CLOCK, **ROUGH, **changes}
    return Scenario.model_validate({**tree, "levers": levers})


def lived(settings=None, **options):
    return PerceptionModel(settings or world(levers=LEVERS), seed=SEED, **options).run()


@pytest.fixture(scope="module")
def reference():
    """The world to which all others are compared."""
    return lived()


def assert_same(one, other):
    """Every column, weekly metric, count and book of two runs is the same."""
    assert differences(one.people, other.people) == []
    mine, theirs = one.weekly(), other.weekly()
    for name in mine:
        assert np.array_equal(mine[name], theirs[name], equal_nan=True), name
    assert np.array_equal(one.counts, other.counts)
    assert np.array_equal(one.ledger, other.ledger, equal_nan=True)
    assert digest(one.people) == digest(other.people)


# Levers that do nothing

IDLE = {"strength": 0.0}, {"coverage": 0.0}
COSTLY = {"cost_once": 9, "cost_per_week": 9, "cost_per_customer_week": 9}


@pytest.mark.parametrize("idle", IDLE, ids=["strength", "coverage"])
@pytest.mark.parametrize("name", declared.LEVERS)
def test_lever_of_no_strength_or_coverage_changes_nothing(name, idle):
    """Its costs are not paid, nobody is contacted, no column differs."""
    assert_same(lived(world()), lived(world(levers=[{name: {**COSTLY, **idle}}])))


def test_idle_lever_between_others_changes_nothing(reference):
    """Nor does it move the luck of the levers that act."""
    idle = {"service_improvement": {"coverage": 0.0, "from_week": 1}}
    other = lived(world(levers=[*LEVERS, idle]))
    assert differences(reference.people, other.people) == []


def test_levers_leave_the_warm_up_alone():
    """Until a lever begins, two scenarios are one world."""
    plain = PerceptionModel(world(), seed=SEED)
    treated = PerceptionModel(world(levers=LEVERS), seed=SEED)
    for _ in range(plain.n_warm_up + 2):
        assert differences(plain.people, treated.people) == []
        plain.step()
        treated.step()
    assert differences(plain.people, treated.people) == []
    plain.run()
    treated.run()
    assert differences(plain.people, treated.people)


# People


def rows():
    return [
        f"{i * 37 % 1009},{('regular', 'key')[i % 5 == 0]},{STAGES[i % 3]},"
        f"{i % 11 / 10},{i % 7 / 6},{i * 3},{int(i % 9 > 0)},1,1"
        for i in range(N_PEOPLE)
    ]


def lived_by(folder, lines, name, **changes):
    file = folder / f"{name}.csv"
    file.write_text("\n".join([HEAD, *lines]))
    return lived(world(levers=LEVERS, market={"customers_file": str(file)}, **changes))


KINDS = ["small_world", "scale_free", "communities", "random", "complete", "cliques"]


def columns_by_id(model, ids):
    """Every column, in the order of these ids; a row that a column names, too."""
    row_of = {who: row for row, who in enumerate(model.people.traits.id.tolist())}
    order = np.array([row_of[who] for who in ids.tolist()])
    people = model.people._make(
        record._make(column[..., order] for column in record) for record in model.people
    )
    place = np.full(model.n_customers + 1, NOWHERE, np.int32)  # nobody is the last
    place[order] = np.arange(order.size)
    relation = people.relation._replace(referrer=place[people.relation.referrer])
    return people._replace(relation=relation)


@pytest.mark.parametrize("kind", KINDS)
def test_order_of_customers_changes_nothing(tmp_path, kind):
    network = {"kind": kind, "degree": 8}
    one = lived_by(tmp_path, rows(), "one", network=network)
    shuffled = np.random.default_rng(1).permutation(rows()).tolist()
    other = lived_by(tmp_path, shuffled, "other", network=network)
    ids = one.people.traits.id
    assert (ids != other.people.traits.id).any()
    assert differences(one.people, columns_by_id(other, ids)) == []
    assert np.array_equal(one.counts, other.counts)
    assert np.array_equal(one.ledger, other.ledger, equal_nan=True)


@pytest.mark.parametrize("kind", KINDS)
def test_hermit_changes_nobody(tmp_path, kind):
    """No ties, no meetings, no review, no survey: all others live on as before."""
    network = {"kind": kind, "degree": 8}
    one = lived_by(tmp_path, rows(), "one", network=network)
    with_hermit = [*rows()[:50], HERMIT, *rows()[50:]]
    other = lived_by(tmp_path, with_hermit, "other", network=network)
    assert differences(one.people, columns_by_id(other, one.people.traits.id)) == []
    for name in ("rating", "measured_nps", "messages_positive", "responses"):
        mine, theirs = one.weekly()[name], other.weekly()[name]
        assert np.array_equal(mine, theirs, equal_nan=True), name


# Looking, stepping, copying


def test_observing_changes_nothing(reference):
    model = PerceptionModel(world(levers=LEVERS), seed=SEED)
    collector = mesa.DataCollector(
        model_reporters={
            "trust": lambda m: float(m.people.mind.trust.mean()),
            "customers": lambda m: int(m.is_customer().sum()),
        }
    )
    while not model.is_over:
        model.step()
        collector.collect(model)
        assert len(list(model.agents)) >= 1
        model.random.random()
        model.rng.random()
        model.weekly()
        digest(model.people)
    assert len(collector.get_model_vars_dataframe()) == model.tick
    assert_same(reference, model)


@pytest.mark.parametrize("copied", [lambda m: m.copy(), lambda m: pickled(m)])
def test_copy_lives_on_identically(reference, copied):
    """Midway, and the original too."""
    model = PerceptionModel(world(levers=LEVERS), seed=SEED)
    for _ in range(17):
        model.step()
    other = copied(model)
    other.run()
    assert model.tick == 17
    model.run()
    assert_same(reference, other)
    assert_same(reference, model)


def pickled(model):
    return pickle.loads(pickle.dumps(model))


def test_run_equals_step_by_step(reference):
    model = PerceptionModel(world(levers=LEVERS), seed=SEED)
    while not model.is_over:
        model.step()
    assert_same(reference, model)


# Threads and processes


@pytest.mark.parametrize("n_threads", [2, 3])
@pytest.mark.parametrize("kind", ["small_world", "complete"])
def test_number_of_threads_changes_nothing(kind, n_threads):
    settings = world(levers=LEVERS, network={"kind": kind, "degree": 8})
    assert_same(lived(settings), lived(settings, n_threads=n_threads))


ELSEWHERE = """
from tests.naive import digest
from tests.test_invariance import lived
model = lived()
print(digest(model.people), model.counts.sum(), repr(model.ledger[:, 0].sum()))
"""


def test_another_process_lives_the_same(reference):
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    booked = repr(reference.ledger[:, 0].sum())
    said = f"{digest(reference.people)} {reference.counts.sum()} {booked}"
    assert done.stdout.strip() == said


def test_another_seed_is_another_world(reference):
    """So that the tests above have something to find."""
    other = PerceptionModel(world(levers=LEVERS), seed=SEED + 1).run()
    assert differences(reference.people, other.people)
