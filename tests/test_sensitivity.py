"""On the model itself: the strong comes first, the inert has nothing."""

import numpy as np
import pytest

from analysis import InputError
from analysis.figures.assumptions import draw_sensitivity
from analysis.methods import METHODS
from analysis.sensitivity import Question, analysed, outcomes_of, sensitivity
from analysis.study import Study

SMALL = (
    "market.customers=200",
    "clock.weeks=12",
    "clock.warmup_weeks=4",
)
STRONG, INERT = "leaving.hazard_max", "survey.politeness"
VARY = (STRONG, "trust.gain", INERT)


def asked(method, budget, folder, **given):
    question = Question("active", None, method, VARY, budget=budget, seeds=2)
    return sensitivity(
        "baseline", question._replace(**given), overrides=SMALL, out=folder
    )


@pytest.mark.parametrize(
    ("method", "budget"), [("morris", 80), ("sobol", 1024), ("rbd_fast", 120)]
)
def test_strong_is_first_and_inert_is_nothing(tmp_path, method, budget):
    found = asked(method, budget, tmp_path / "study")
    ranked = found.findings.ranked.set_index("name")
    assert ranked.index[0] == STRONG
    assert ranked.loc[STRONG, "low"] > 0
    assert ranked.loc[INERT, "low"] <= 0 <= ranked.loc[INERT, "high"]
    assert found.swings["name"][0] == STRONG
    assert found.swings["swing"][0] < 0
    assert STRONG in found.text
    paths = draw_sensitivity(found)
    assert all(
        (tmp_path / "study" / "figures" / p.split("/")[-1]).stat().st_size
        for p in paths
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fast", "dgsm", "delta", "pawn", "hdmr"])
def test_every_other_method_ranks_the_strong_first(tmp_path_factory, name):
    """All on one design of runs, or on their own where they need one."""
    base = tmp_path_factory.getbasetemp() / "methods"
    base.mkdir(exist_ok=True)
    budget = {"fast": 1542, "dgsm": 64}.get(name, 300)
    given = {"vary": VARY[::2], "seeds": 1} if name == "fast" else {"seeds": 1}
    found = asked(name, budget, base / name, **given)
    ranked = found.findings.ranked.set_index("name")
    assert ranked.index[0] == STRONG
    assert ranked.loc[INERT, "low"] <= 1e-9 + abs(ranked.loc[STRONG, "value"]) * 0.02


def test_a_difference_is_taken_world_by_world(tmp_path):
    question = Question("active", "baseline", "morris", VARY, budget=128, seeds=2)
    found = sensitivity("follow_up", question, overrides=SMALL, out=tmp_path / "study")
    runs = found.study.runs
    chosen = runs[(runs["point"] == 3) & (runs["seed"] == 2)].set_index("scenario")
    gap = chosen["active"]["follow_up"] - chosen["active"]["baseline"]
    assert outcomes_of(found.study, "active")[3, 1] == gap
    assert found.is_difference


def test_a_pilot_decides_on_seeds_and_counts(tmp_path):
    found = asked("morris", 250, tmp_path / "study", seeds=None)
    pilot = Study(tmp_path / "study" / "parts" / "pilot", found.study.scenarios)
    assert len(pilot.runs) == 48
    assert len(found.study.runs) + len(pilot.runs) <= 250
    assert found.findings.n_seeds >= 2


def test_failed_points_are_left_out(tmp_path):
    found = asked("rbd_fast", 200, tmp_path / "study")
    runs = found.study.runs
    runs.loc[runs["point"] == 5, "active"] = np.nan
    points = np.random.default_rng(0).random((100, 3))
    again = analysed(found.study, found.question, found.factors, points)
    assert again.findings.n_lost == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"method": "moris"}, "one of morris"),
        ({"outcome": "happiness"}, "one of active"),
        ({"vary": (STRONG,)}, "takes two"),
        ({"budget": 10}, "raise it"),
        ({"method": "delta", "is_grouped": True, "budget": 500}, "takes none"),
    ],
)
def test_wishes_that_cannot_be_met_are_one_line(tmp_path, given, words):
    with pytest.raises(InputError, match=words) as caught:
        sensitivity(
            "baseline",
            Question(vary=VARY, seeds=2)._replace(**given),
            overrides=SMALL,
            out=tmp_path / "study",
        )
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "study").exists()


def test_every_method_names_its_source():
    assert all("doi:" in method.reference for method in METHODS.values())
