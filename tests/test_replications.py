"""Published experiments: declared whole, set up by files alone, and found again.

The command is `analysis/commands/replicate.py`.
"""

import json
import math
import re

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from analysis import replications as known
from analysis.cli import app
from analysis.facts import Finding
from analysis.measures import bass
from analysis.replications import (
    BY_NAME,
    REPLICATIONS,
    adopted,
    replicate,
    summed_up,
)
from analysis.sequential import Interval
from analysis.tables.replications import cells, headline, show_replications
from simulation.observation import Observed
from simulation.scenario import load, replications
from simulation.scenario.clock import DAYS_PER_WEEK, DAYS_PER_YEAR
from simulation.scenario.files import REPLICATIONS as FOLDER
from simulation.scenario.files import SHIPPED

QUICK = ("social_churn", "recovery", "edelman")
RUNS = 3


@pytest.fixture(scope="module")
def found():
    return summed_up(list(replicate(QUICK, RUNS)))


# The files


@pytest.mark.parametrize("name", replications())
def test_a_file_is_short_and_asks_something(name):
    """As a shipped question: it says what it changes, why, and from which paper."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../schema.json\n")
    assert len(text.splitlines()) <= 45
    assert yaml.safe_load(text)["extends"].removesuffix(".yaml") in {
        "baseline",
        *replications(),
    }
    scenario = load(name)
    assert scenario == load(FOLDER / f"{name}.yaml")
    assert scenario.question.endswith("?")
    assert not scenario.cautions()
    assert f"replications/{name}.yaml" in (SHIPPED / "README.md").read_text()


def test_every_file_is_lived_and_every_world_is_a_file():
    lived = {world.scenario for each in REPLICATIONS for world in each.worlds}
    assert lived == set(replications()) - {"plain"}


def test_nothing_happens_in_the_plain_world():
    from simulation.model import PerceptionModel

    weekly = PerceptionModel(load("plain"), seed=1).run().weekly()
    happened = ("joined", "left", "returned", "episodes", "stories", "reviews")
    assert not any(weekly[name].any() for name in happened)


def test_likeness_follows_the_circles():
    """Ties lead to people of the same frailty alone: likeness is complete."""
    from simulation.model import PerceptionModel

    model = PerceptionModel(load("social_churn"), seed=1)
    frailty, starts = model.people.traits.frailty, model.ties.start
    for i in range(0, model.n_customers, 97):
        circle = model.ties.target[starts[i] : starts[i + 1]]
        assert circle.size == 8
        assert (frailty[circle] == frailty[i]).all()


# What is declared


def test_each_says_what_was_published_and_where():
    keys = [fact.key for each in REPLICATIONS for fact in each.facts]
    assert len(keys) == len(set(keys))
    for each in REPLICATIONS:
        assert each.claim.endswith(".")
        assert {w for f in each.facts for w in f.worlds} == {
            world.name for world in each.worlds
        }
        for fact in each.facts:
            assert re.search(r"\b(19|20)\d\d\b", fact.source)
            assert fact.low < fact.high
            assert len(fact.claim) <= 39
            assert fact.how


def test_bass_is_the_recursion_and_not_a_number():
    """F' = F + (1 − F)(1 − (1 − p) e^(−q F)), p = .03, q = .38."""
    share, path = 0.0, []
    for _ in range(10):
        share += (1 - share) * (1 - 0.97 * math.exp(-0.38 * share))
        path.append(share)
    for fact in BY_NAME["bass"].facts:
        week = int(fact.key.removeprefix("bass_"))
        assert (fact.low + fact.high) / 2 == pytest.approx(path[week - 1], abs=5e-5)


def test_adopters_are_a_share_of_the_people_whom_a_file_brings(crowd):
    few = ["market.customers=50", "clock.weeks=4", crowd(120, "prospect")]
    seen = Observed(load("bass", few), seed=1, has_witness=False).run().observation()
    assert adopted(4)(seen) == seen.weekly["joined"].sum() / 120 > 0
    years = np.arange(521) * DAYS_PER_WEEK / DAYS_PER_YEAR
    decay = np.exp(-(0.03 + 0.38) * years)
    path = 120 * (1 - decay) / (1 + 0.38 / 0.03 * decay)
    found = bass(seen._replace(weekly={"joined": np.diff(path)}))
    assert found == pytest.approx((0.03, 0.38), rel=1e-3)


# What comes out


def test_they_come_out(found):
    """With a few worlds; the slow test has as many as each band was made for."""
    assert [each.replication.name for each in found] == list(QUICK)
    assert all(each.holds for each in found)


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_they_come_out_at_full_size(name):
    (full,) = summed_up(list(replicate([name], jobs=2)))
    print(*((f.fact.claim, f.found) for f in full.findings), sep="\n")
    assert full.holds


def test_likeness_is_taken_for_influence_unless_it_is_known(found):
    by_key = {f.fact.key: f.found for each in found for f in each.findings}
    assert by_key["pull_naive"].mean > by_key["pull_controlled"].mean + 0.3


def test_processes_find_the_same():
    alone = dict(replicate(["recovery"], 1))
    shared = dict(replicate(["recovery"], 1, jobs=2))
    assert alone == shared


# What is shown


def test_it_is_shown_with_its_failures(found, capsys):
    (first, *rest) = found
    fact = first.findings[0].fact._replace(claim="this one fails")
    wrong = Finding(fact, Interval(0.0, -1.0, 1.0, RUNS))
    loose = Finding(fact._replace(low=-math.inf, high=math.inf), wrong.found)
    broken = first._replace(findings=(wrong, loose))
    show_replications([broken, *rest])
    shown = capsys.readouterr().out
    assert "2 of 3 published experiments come out" in shown
    assert re.search(r"✗ +this one fails", shown)
    assert "none published" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert headline([first]).startswith("1 of 1 published experiments comes out")


def test_a_measured_value_has_its_unit_beside_it():
    told = {
        fact.key: cells(Finding(fact, Interval(0.5, 0.4, 0.6, RUNS)))[2]
        for each in REPLICATIONS
        for fact in each.facts
    }
    assert told["good_bad"] == told["no_paradox"] == "50 ± 10 %", (
        "perception is a share"
    )
    assert told["cohort_1"] == "0.5 ± 0.1 customers"
    assert told["bad_news_2"] == "0.5 ± 0.1 people"
    assert told["bass_5"] == told["pull_controlled"] == "0.5 ± 0.1"


def test_the_command_answers_programs(tmp_path):
    out = tmp_path / "out"
    words = ["replicate", "recovery", "--runs", "2", "--jobs", "1", "--json"]
    answer = CliRunner().invoke(app, [*words, "--out", str(out)])
    assert answer.exit_code == 0, answer.output
    (experiment,) = json.loads(answer.stdout)["experiments"]
    assert experiment["name"] == "recovery"
    assert len(experiment["found"]) == len(BY_NAME["recovery"].facts)
    assert (out / "replications.csv").exists()
    assert known.n_worlds(["recovery"], 2) == 2


def test_an_unknown_experiment_is_one_line():
    answer = CliRunner().invoke(app, ["replicate", "bas"])
    assert answer.exit_code == 2
    assert "no experiment 'bas'; did you mean 'bass'?" in answer.output
