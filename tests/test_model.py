"""The model: the order of the week, what is conserved, bounds, the clock, extremes."""

import inspect
import math
from functools import cache
from typing import get_type_hints

import numpy as np
import pytest

from simulation.core.columns import Customers, Tally, declarations
from simulation.levers import LEVERS
from simulation.metrics import METRICS
from simulation.model import BOOKS, PHASES, PerceptionModel
from simulation.scenario import Scenario, load, shipped

EVERY_SCENARIO = pytest.mark.parametrize("name", shipped())
SHORT = {"weeks": 12, "warmup_weeks": 4}
SIGNED = {"fit", "satisfaction"}
"""Shares that may be negative: added to quality; −1 for none."""
ROUGH = {"complaint_intercept": 20, "severe_below": 0.9}
"""A world of cases that the firm is told of."""


def built(n=150, seed=2, n_threads=1, **sections):
    settings = {"market": {"customers": n}, "clock": SHORT, **sections}
    return PerceptionModel(Scenario(**settings), seed=seed, n_threads=n_threads)


def small(name):
    """A shipped scenario in a small market, for a short while."""
    return load(
        name, ["market.customers=300", "clock.weeks=26", "clock.warmup_weeks=6"]
    )


def columns(model):
    return {
        f"{part}.{name}": array
        for part, record in model.people._asdict().items()
        for name, array in record._asdict().items()
    }


def assert_same(one, other):
    theirs = {**columns(other), **other.weekly()}
    for name, column in {**columns(one), **one.weekly()}.items():
        np.testing.assert_array_equal(column, theirs[name], err_msg=name)


# The week


def test_the_week_is_the_list_of_phases():
    assert PHASES == (
        "plan",
        "advertise",
        "serve",
        "recover",
        "tell",
        "hear",
        "choose",
        "measure",
    )
    for phase in PHASES:
        method = getattr(PerceptionModel, phase)
        assert method.__doc__
        assert list(inspect.signature(method).parameters) == ["self"]


def test_a_step_lives_every_phase_once_in_order(monkeypatch):
    lived = []
    for phase in PHASES:
        monkeypatch.setattr(
            PerceptionModel, phase, lambda _, phase=phase: lived.append(phase)
        )
    model = built(2)
    model.step()
    assert tuple(lived) == PHASES


class Watched(PerceptionModel):
    """A world in which somebody looks between two phases."""

    served = 0

    def serve(self):
        super().serve()
        self.served += 1


def on_the_object(model):
    serve = model.serve
    model.watched = []
    model.serve = lambda: model.watched.append(serve())
    return model


def test_who_looks_between_phases_sees_each_and_the_same_week():
    settings = load("closed_loop", ["market.customers=5000"])
    alone = PerceptionModel(settings, seed=3)
    watched = Watched(settings, seed=3)
    objects = on_the_object(PerceptionModel(settings, seed=3))
    for model in (alone, watched, objects):
        for _ in range(9):
            model.step()
    assert watched.served == len(objects.watched) == 9
    assert_same(alone, watched)
    assert_same(alone, objects)


# What is conserved, and bounded


@EVERY_SCENARIO
def test_people_are_conserved_and_columns_stay_in_bounds(name):
    model = PerceptionModel(small(name), seed=4)
    n = model.n_customers
    stock = None
    while not model.is_over:
        before = stock
        model.step()
        stock = {kind: model.metric(kind) for kind in ("active", "prospects", "lost")}
        assert sum(stock.values()) == n
        stages = np.bincount(model.people.relation.stage, minlength=3)
        assert [stock["prospects"], stock["active"], stock["lost"]] == stages.tolist()
        if before is not None:
            joined, left, returned = (
                model.metric(flow) for flow in ("joined", "left", "returned")
            )
            assert stock["active"] - before["active"] == joined + returned - left
            assert before["prospects"] - stock["prospects"] == joined
            assert stock["lost"] - before["lost"] == left - returned
    assert_in_bounds(model)


def assert_in_bounds(model):
    for part, record in get_type_hints(Customers).items():
        for name, column in declarations(record).items():
            values = getattr(getattr(model.people, part), name)
            where = f"{part}.{name}"
            assert np.isfinite(values).all(), where
            if column.unit == "share":
                low = -1 if name in SIGNED else 0
                assert low <= values.min(), where
                assert values.max() <= 1, where
            elif column.unit in ("flag", "ratio", "nats", "contacts", "experiences"):
                assert values.min() >= 0, where
            if column.unit == "flag":
                assert values.max() <= 1, where
    assert model.people.relation.stage.max() <= 2
    assert model.people.relation.since.max() <= model.tick


@EVERY_SCENARIO
def test_ledger_adds_up(name):
    model = PerceptionModel(small(name), seed=4).run()
    weekly, settings = model.weekly(), model.settings
    costs = [weekly[book] for book in BOOKS if book.startswith("cost_")]
    np.testing.assert_allclose(weekly["cost"], sum(costs), rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        weekly["profit"], weekly["revenue"] - weekly["cost"], rtol=0, atol=1e-6
    )
    per_year = 1 + settings.money.discount_rate
    discount = per_year ** (-weekly["week"] / (365.25 / 7))
    np.testing.assert_allclose(weekly["present_value"], weekly["profit"] * discount)
    serving = settings.money.cost_to_serve * weekly["episodes"]
    np.testing.assert_allclose(weekly["cost_service"], serving)
    counts = model.record().counts
    cheaper = sum(
        lever.acquisition_saving * counts[:, Tally.PIECES + row]
        for row, lever in enumerate(settings.levers)
    )
    newcomers = weekly["joined"] + weekly["returned"] - cheaper
    acquiring = settings.money.acquisition_cost * newcomers
    np.testing.assert_allclose(weekly["cost_acquisition"], acquiring)
    handling = settings.money.complaint_cost * weekly["complaints"]
    np.testing.assert_allclose(weekly["cost_complaints"], handling)
    by_segment = counts[:, Tally.ACTIVE_BY_SEGMENT : Tally.ACTIVE_BY_SEGMENT + 8]
    np.testing.assert_array_equal(by_segment.sum(axis=1), weekly["active"])
    by_cause = [weekly[m.name] for m in METRICS if m.name.startswith("left_by_")]
    np.testing.assert_array_equal(sum(by_cause), weekly["left"])
    stars = [weekly[f"reviews_{star}_star"] for star in range(1, 6)]
    np.testing.assert_array_equal(sum(stars), weekly["reviews"])


def test_a_hired_lever_costs_what_it_says():
    lever = {"cost_once": 1000, "cost_per_week": 10, "cost_per_customer_week": 0}
    model = built(levers=[{"consistency": {**lever, "from_week": 3}}]).run()
    costs = model.weekly()["cost_levers"]
    assert costs.tolist() == [0, 0, 0, 1010, *[10] * 8]


@pytest.mark.parametrize("kind", ["consistency", "training"])
def test_a_lever_is_paid_from_its_first_week_on_before_it_changes_anything(kind):
    """At the foot of a ramp, or of a learning curve, the strength is still 0."""
    lever = {"cost_once": 1000, "cost_per_week": 10, "cost_per_customer_week": 1}
    slow = {"from_week": 3, "until_week": 8, "ramp_weeks": 4}
    model = built(levers=[{kind: {**lever, **slow}}]).run()
    costs, active = (model.weekly()[name] for name in ("cost_levers", "active"))
    assert costs[:3].sum() == costs[8:].sum() == 0
    assert costs[3] == 1000 + 10 + active[3]
    np.testing.assert_array_equal(costs[4:8], 10 + active[4:8])


def test_cases_at_the_foot_of_a_ramp_are_paid_and_teach_nothing():
    slow = [{"service_recovery": {"from_week": 3, "ramp_weeks": 4}}]
    model = built(recovery=ROUGH, levers=slow)
    while model.week < 4:
        model.step()
    assert model.firm.lever_costs(model.told)[0] > 0
    assert model.firm.cases[0] == 0
    model.step()
    assert model.firm.cases[0] > 0


def test_what_a_referral_saves_grows_with_its_strength():
    """Nothing else does here: nobody tells more, nobody else joins."""
    chances = {"return_chance": 0, "advertising_chance": 0, "message_effect": 0.5}
    costs = {}
    for strength in (0.5, 1):
        alike = {"praise_ratio": 1, "strength": strength}
        weekly = built(levers=[{"referral": alike}], joining=chances).run().weekly()
        costs[strength] = weekly["cost_acquisition"].sum() / weekly["joined"].sum()
    assert costs == {0.5: pytest.approx(60 * 0.75), 1: pytest.approx(60 * 0.5)}


def test_two_rewards_for_one_joiner_save_no_more_than_a_joiner_costs():
    free = {"referral": {"acquisition_saved": 1}}
    chances = {"return_chance": 0, "advertising_chance": 0, "message_effect": 0.5}
    model = built(levers=[free, free], joining=chances).run()
    weekly = model.weekly()
    assert weekly["joined"].sum() > 0
    assert weekly["cost_acquisition"].min() == 0


def test_cases_teach_by_the_head_of_the_people_there_are(tmp_path):
    """Of a customers file as of a drawn market, whatever `market.customers` says."""
    path = tmp_path / "people.csv"
    rows = (f"{k},key,active,0.7,0.6\n" for k in range(40))
    path.write_text("id,segment,stage,perception,trust\n" + "".join(rows))
    levers = [{"service_recovery": {"cases_to_learn": 2}}]
    market = {"customers_file": str(path)}
    model = built(market=market, recovery=ROUGH, levers=levers)
    while not model.is_over:
        cases = model.firm.cases[0]
        model.step()
    factor = model.settings.levers[0].learned_factor(cases / 40, 1)
    assert 0.7 < factor < 0.95
    assert model.firm.levers.failure_factor[0].tolist() == [factor] * 5


@cache
def unhelped():
    return built(recovery=ROUGH).run()


@pytest.mark.parametrize("name", sorted(LEVERS))
def test_a_lever_of_hardly_any_strength_changes_hardly_anything(name):
    """What cases teach, too, and how soon complaints are answered."""
    eager = {"cases_to_learn": 0.01} if name == "service_recovery" else {}
    model = built(recovery=ROUGH, levers=[{name: {"strength": 1e-9, **eager}}]).run()
    without = columns(unhelped())
    for column, values in columns(model).items():
        np.testing.assert_allclose(values, without[column], atol=1e-6, err_msg=column)


def test_each_answered_review_weighs_what_its_own_answer_makes_of_it():
    """Not what the best of all answers would, though nobody gets that one."""
    loud = {"reviews": {"posting": [1.0] * 5}}
    half = {"review_response": {"coverage": 0.5, "discount": 0.3}}
    nobody = {"review_response": {"coverage": 1e-9, "discount": 0.9}}
    alone, beside = (
        built(**loud, levers=levers).run() for levers in ([half], [half, nobody])
    )
    assert_same(alone, beside)
    told = np.zeros_like(beside.told)
    told[Tally.STARS], told[Tally.ANSWERED] = 4, 4
    told[Tally.PIECES : Tally.PIECES + 2] = 3, 1
    count = beside.firm.review_count * beside.firm.review_keep
    beside.firm.publish(told)
    weights = 3 * (1 - 0.3) + (1 - 0.9)
    assert beside.firm.review_count == pytest.approx(count + weights)


@pytest.mark.parametrize(
    ("levers", "ticks"), [((), 2), (({"service_recovery": {}},), 1)]
)
def test_the_case_of_an_answered_review_is_a_complaint_of_the_next_tick(levers, ticks):
    """Made good after the usual week, or at once where a lever answers at once."""
    answering = {"review_response": {"answered": 1}}
    silent = {"complaint_intercept": -50, "severe_below": 0.9}
    model = built(
        recovery=silent, reviews={"posting": [1.0] * 5}, levers=[answering, *levers]
    )
    case, found = model.people.case, set()
    while not model.is_over:
        model.step()
        is_taken = (case.opened == model.tick) & (case.due > model.tick)
        found |= set((case.due - case.opened)[is_taken].tolist())
    assert found == {ticks}


# The clock


def test_week_counts_from_the_end_of_the_warm_up():
    model = built(20)
    weeks = [model.week]
    while not model.is_over:
        model.step()
        weeks.append(model.week)
    assert weeks == list(range(-4, 13))
    assert model.weekly()["week"].tolist() == list(range(12))


def test_a_run_ends_at_the_horizon():
    model = built(20)
    assert model.running
    assert model.run() is model
    assert model.is_over
    assert not model.running
    assert model.tick == 16
    assert model.run().tick == 16
    other = built(20)
    other.run_model()
    assert_same(model, other)


@pytest.mark.parametrize("n", [1, 2, 7, 150])
def test_threads_change_nothing(n):
    alone = built(n).run()
    for n_threads in (2, 3):
        assert_same(alone, built(n, n_threads=n_threads).run())


def test_the_seed_is_the_world():
    assert_same(built(seed=7).run(), built(seed=np.int64(7)).run())
    one, other = built(seed=7).run(), built(seed=8).run()
    assert not np.array_equal(one.people.mind.trust, other.people.mind.trust)


@pytest.mark.parametrize("days", [1, 7, 14])
def test_weekly_has_the_columns_of_the_metrics(days):
    model = built(60, clock={**SHORT, "tick_days": days})
    names = ["week", *(metric.name for metric in METRICS)]
    assert list(model.weekly()) == names
    assert all(column.shape == (0,) for column in model.weekly().values())
    weekly = model.run().weekly()
    assert list(weekly) == names
    n_rows = 6 if days == 14 else 12
    assert all(column.shape == (n_rows,) for column in weekly.values())
    assert (
        weekly["week"].tolist()
        == list(range(12))[(1 if days == 14 else 0) :: 12 // n_rows]
    )
    people = weekly["active"] + weekly["prospects"] + weekly["lost"]
    assert people.tolist() == [60] * n_rows


def test_no_scenario_changes_the_weekly_columns():
    tables = [PerceptionModel(small(name), seed=1).weekly() for name in shipped()]
    assert len({tuple(table) for table in tables}) == 1


# A metric at a time


@pytest.mark.parametrize("warmup", [0, 4])
def test_metric_is_that_of_the_last_week(warmup):
    lever = {"follow_up": {"cost_once": 500, "cost_per_contact": 4, "from_week": 2}}
    sections = {"clock": {"weeks": 8, "warmup_weeks": warmup}, "levers": [lever]}
    watched, alone = built(**sections), built(**sections)
    names = [metric.name for metric in METRICS]
    assert all(math.isnan(watched.metric(name)) for name in names)
    rows = []
    for _ in range(warmup + 8 + 3):
        watched.step()
        rows.append([watched.metric(name) for name in names])
        alone.step()
    assert_same(watched, alone)
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        lived = np.array(column[warmup : warmup + 8])
        np.testing.assert_array_equal(lived, alone.weekly()[name], err_msg=name)
    assert watched.firm.first_tick.tolist() == alone.firm.first_tick.tolist()
    nps = np.array(rows)[:, names.index("true_nps")]
    assert np.isfinite(nps).all()


def test_unknown_metric_names_the_nearest():
    with pytest.raises(
        ValueError, match="no metric 'true_mps'; did you mean 'true_nps'"
    ):
        built(2).metric("true_mps")


# Extremes


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", ["small_world", "scale_free", "complete", "none"])
def test_the_smallest_markets_run(n, kind):
    model = built(n, network={"kind": kind}).run()
    weekly = model.weekly()
    people = weekly["active"] + weekly["prospects"] + weekly["lost"]
    assert people.tolist() == [n] * 12
    assert_in_bounds(model)


@pytest.mark.parametrize("warmup", [0, 1])
def test_one_week_runs(warmup):
    weekly = built(clock={"weeks": 1, "warmup_weeks": warmup}).run().weekly()
    assert all(column.shape == (1,) for column in weekly.values())
    assert weekly["week"].tolist() == [0]


def test_without_warm_up_retention_counts_from_the_start():
    model = built(clock={"weeks": 12, "warmup_weeks": 0})
    n_started = int(model.is_customer().sum())
    retention = model.run().weekly()["retention"]
    assert np.isfinite(retention).all()
    assert (np.diff(retention) <= 0).all()
    assert retention[0] >= 1 - model.weekly()["left"][0] / n_started


@pytest.mark.parametrize("share", [0, 1])
def test_nobody_or_everybody_is_a_customer_at_first(share):
    model = built(market={"customers": 150, "share_active": share})
    assert model.is_customer().mean() == share
    weekly = model.run().weekly()
    people = weekly["active"] + weekly["prospects"] + weekly["lost"]
    assert people.tolist() == [150] * 12
    assert_in_bounds(model)
    if share == 1:
        assert weekly["prospects"].tolist() == [0] * 12


def test_without_customers_shares_are_unknown_and_counts_zero():
    market = {"customers": 20, "share_active": 0}
    joining = {"advertising_chance": 0, "message_effect": 0}
    weekly = built(market=market, joining=joining).run().weekly()
    for name in ("active", "joined", "left", "sampled", "revenue"):
        assert weekly[name].tolist() == [0] * 12
    for name in ("true_nps", "perception", "trust", "churn", "retention"):
        assert np.isnan(weekly[name]).all()


def test_a_market_without_a_thread_is_refused():
    with pytest.raises(ValueError, match="n_threads: 0 is below 1; use 1 or more"):
        built(2, n_threads=0)


# The closed loop


def test_what_was_never_measured_starts_nothing():
    when = {"metric": "measured_nps", "below": 100}
    follow_up = {"follow_up": {"when": when, "cost_per_contact": 5}}
    silent = {"sample_share": 0.0}
    model = built(levers=[follow_up], survey=silent).run()
    weekly = model.weekly()
    assert np.isnan(weekly["measured_nps"]).all()
    assert weekly["cost_levers"].tolist() == [0] * 12
    assert_same(model, built(survey=silent).run())
    loud = built(levers=[follow_up], survey={"sample_share": 1.0}).run()
    assert loud.weekly()["cost_levers"].sum() > 0
