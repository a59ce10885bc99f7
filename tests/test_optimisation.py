"""Mixes of levers: fronts, a search on a known ground, then on the model.

Meets `analysis/optimisation.py`, its figure, its tables, and
`analysis/commands/mixes.py` typed.
"""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis import InputError
from analysis.archive import holdings
from analysis.cli import app
from analysis.comparison import compare
from analysis.figures.optimisation import draw_optimisation
from analysis.optimisation import Wish, _changes, _searched, front, optimise
from analysis.outcomes import OUTCOMES
from analysis.report.page import rebuild
from analysis.section import keep, kept
from analysis.tables.optimisation import answer, mix_text, optimisation_section
from simulation.scenario import load

SMALL = ("market.customers=300", "clock.weeks=16", "clock.warmup_weeks=4")
CHANGES = [word for change in SMALL for word in ("--set", change)]
WISH = Wish(budget=500, outcome="perception", tries=18, seeds=2, pairs=6)


def test_front_is_what_no_other_beats():
    rng = np.random.default_rng(2)
    cost, value = rng.integers(0, 20, 200), rng.integers(0, 20, 200)
    for place, is_best in enumerate(front(cost, value)):
        beaten = (cost <= cost[place]) & (value >= value[place])
        beaten &= (cost < cost[place]) | (value > value[place])
        if is_best:
            assert not beaten.any()
        elif not beaten.any():
            twins = (cost == cost[place]) & (value == value[place])
            assert front(cost, value)[twins].sum() == 1


class Ground:
    """Stands where the model does: what a mix brings, and costs, is known.

    Lever a brings 10 and costs 10 in full, b brings 4 and costs 1, c does harm.
    """

    labels = ("base", "mix")

    def __init__(self):
        self.lived = []

    def __call__(self, number, mixes):
        self.lived += map(tuple, mixes)
        amount = mixes[:, ::2] * mixes[:, 1::2]
        gain, cost = amount @ [10, 4, -5], amount @ [10, 1, 0]
        names = [outcome.name for outcome in OUTCOMES]
        rows = [("base", seed, 0, *[float(seed)] * len(names)) for seed in (1, 2)]
        for point, (g, c) in enumerate(zip(gain, cost, strict=True), start=1):
            values = [c if name == "lever_cost" else g for name in names]
            rows += [("mix", s, point, *(s + v for v in values)) for s in (1, 2)]
        self.runs = pd.DataFrame(rows, columns=["scenario", "seed", "point", *names])
        return self


def test_search_finds_the_best_within_the_budget():
    """With 5 to spend: all of b (1), none of c, 0.4 of a (4); that brings 8."""
    ground = Ground()
    found = _searched(ground, ("a", "b", "c"), Wish(5.0, tries=150), seed=1)
    gains = [x["npv"] for x in found.values() if x["lever_cost"] <= 5]
    assert max(gains) > 7
    assert len(ground.lived) == len(set(ground.lived)) == len(found)


def test_the_same_search_again_proposes_the_same():
    one, two = (
        list(_searched(Ground(), ("a", "b", "c"), Wish(5.0, tries=40), seed=3))
        for _ in range(2)
    )
    other = list(_searched(Ground(), ("a", "b", "c"), Wish(5.0, tries=40), seed=4))
    assert one == two
    assert one != other


def test_changes_are_taken_seed_by_seed():
    study = Ground()(1, np.array([[1.0, 1.0, 0, 0, 0, 0], [0, 0, 1.0, 0.5, 0, 0]]))
    assert [x["npv"] for x in _changes(study, 2)] == [10, 2]


@pytest.fixture(scope="module")
def base():
    return load("baseline", SMALL)


@pytest.fixture(scope="module")
def found(base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("optimise") / "best"
    return optimise(base, ["service_improvement", "follow_up"], WISH, out=folder)


def test_the_winner_is_the_best_within_the_budget(found):
    mixes = found.mixes
    affordable = mixes[mixes["cost"] <= WISH.budget]
    assert mixes.loc[found.winner, "gain"] == affordable["gain"].max() > 0
    assert (mixes["cost"] > WISH.budget).any()


def test_the_check_is_a_comparison_on_seeds_the_search_has_not_seen(found):
    rounds = list((found.study.folder / "parts").glob("search-*/runs.parquet"))
    assert len(rounds) > 5
    searched = set().union(*(pd.read_parquet(place)["seed"] for place in rounds))
    assert searched == {1, 2}
    assert set(found.check.study.runs["seed"]) == set(range(3, 9))


def test_it_is_listed_as_what_it_is_and_reported_as_a_comparison(found):
    (listed,) = holdings(found.study.folder.parent)
    assert (listed.kind, listed.status) == ("optimise", "complete")
    page = rebuild(found.study.folder).read_text(encoding="utf-8")
    assert "the best mix, against" in page
    assert found.check.verdict[:60] in page


def test_its_report_begins_with_the_mix(found):
    keep(optimisation_section(found), found.study.folder, "optimise")
    draw_optimisation(found)
    page = rebuild(found.study.folder).read_text(encoding="utf-8")
    titles = re.findall(r"<h2 id=\"s1\">(.*?)</h2>", page)
    assert titles == ["The best mix for the money"]


def test_a_mix_is_the_scenario_that_it_says(found, base):
    """What the search saw in the winner is what a comparison on its seeds finds."""
    won = found.check.study.scenarios[found.check.others[0]]
    levers = {lever.name: (lever.coverage, lever.strength) for lever in won.levers}
    assert levers == found.parts(found.winner)
    folder = found.check.study.folder.with_name("again")
    again = compare(base, won, pairs=WISH.seeds, out=folder)
    for name, column in (("active", "active"), ("lever_cost", "cost")):
        there = again.of(again.others[0], name).difference
        assert there == pytest.approx(found.mixes.loc[found.winner, column])


def test_asked_again_nothing_is_lived(found, base, monkeypatch):
    def never(*_, **__):
        raise AssertionError("a run was lived twice")

    monkeypatch.setattr("analysis.study.lives", never)
    folder = found.check.study.folder
    again = optimise(base, ["service_improvement", "follow_up"], WISH, out=folder)
    pd.testing.assert_frame_equal(again.mixes, found.mixes)
    assert again.winner == found.winner


def test_answer_says_mix_and_luck(found):
    first, second, third = answer(found)
    assert mix_text(found, found.winner) in first
    assert "6 worlds the search had not seen" in second
    assert third.startswith(("Is it luck?", "It was luck"))
    assert [path.endswith("pareto.png") for path in draw_optimisation(found)] == [True]


def test_no_money_buys_nothing(base, tmp_path):
    wish = WISH._replace(budget=0, tries=6)
    found = optimise(base, ["service_improvement"], wish, out=tmp_path / "none")
    assert found.winner is None
    assert "keep the money" in answer(found)[0]
    assert found.study.folder == tmp_path / "none"
    assert found.study.manifest["runs"]["found"] == wish.seeds, "no run lived twice"
    (figure,) = draw_optimisation(found)
    assert Path(figure).is_file()


@pytest.mark.parametrize(
    ("levers", "wish", "words"),
    [
        (["follow_up", "follow_up"], WISH, "named twice"),
        (["baseline"], WISH, "no levers to mix"),
        (["no_such"], WISH, "no such file"),
        ([], WISH._replace(outcome="joy"), "no such outcome"),
        ([], WISH._replace(budget=-1.0), "say 0 or more"),
        ([], WISH._replace(budget=np.inf), "say 0 or more"),
    ],
)
def test_bad_wishes_are_one_line(base, levers, wish, words):
    with pytest.raises((InputError, ValueError), match=words) as caught:
        optimise(base, levers, wish)
    assert "\n" not in str(caught.value)


def test_a_lever_of_the_base_is_no_choice():
    with pytest.raises(InputError, match="has the lever follow_up already"):
        optimise("follow_up", ["follow_up"], WISH)


def test_typed_it_answers_people_and_programs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["optimise", "baseline", "service_improvement", "--budget", "3000"]
    words += ["--outcome", "perception", "--tries", "8", "--runs", "2", "--pairs", "4"]
    words += [*CHANGES, "--jobs", "1", "--out", "best"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    assert shown.output.index("The best mix") < shown.output.index("for less")
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert set(told["winner"]) == {"service_improvement"}
    assert told["check"]["perception"]["n_pairs"] == 4
    assert "optimise" in kept(tmp_path / "best")
    page = (tmp_path / "best" / "report.html").read_text(encoding="utf-8")
    assert "The best mix for the money" in page
