"""The command line: what it prints, for people and for programs.

Typing meets them all: `analysis/command.py`, `analysis/commands/what_if.py`,
`analysis/commands/worlds.py`, `analysis/commands/words.py`.
"""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import wrap

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from analysis import terminal
from analysis.cli import app
from analysis.command import ORDER
from analysis.differences import outcome_title
from analysis.outcomes import OUTCOMES
from analysis.tables.glossary import KINDS, entries
from analysis.terminal import HEADLINES, NAME, Screen
from simulation import network
from simulation.levers import AUDIENCES, LEVERS
from simulation.metrics import METRICS
from simulation.model import PHASES
from simulation.scenario.shocks import SHOCKS

ROOT = Path(__file__).parents[1]
SMALL = [
    word
    for change in ("market.customers=300", "clock.weeks=8", "clock.warmup_weeks=4")
    for word in ("--set", change)
]


# The main job


def test_demo_ends_with_all_that_is_promised(folder, typed):
    out = typed("demo", "--runs", "3", "--jobs", "2", *SMALL).stdout
    assert "Verdict" in out
    for name in ("baseline", "follow_up", "expectation_alignment"):
        assert name in out
    for name in ("active", "churn", "true_nps", "measured_nps", "npv"):
        assert all(line in out for line in wrap(outcome_title(name, "EUR"), NAME))
    assert "±" in out
    paths = re.findall(r"results/\S+", out)
    assert sum(path.endswith(".png") for path in paths) >= 4
    assert all((folder / path).exists() for path in paths)
    assert any(path.endswith("weekly.parquet") for path in paths)


def test_table_fits_80_columns(typed):
    out = typed("demo", "--runs", "3", "--jobs", "1", *SMALL).stdout
    table = out[out.index("baseline ") :].split("Figures")[0]
    assert max(len(line.rstrip()) for line in table.splitlines()) <= 80


def test_compare_for_a_program(folder, typed):
    words = ["compare", "baseline", "follow_up", "--runs", "3", "--jobs", "1", *SMALL]
    found = json.loads(typed(*words, "--json").stdout)
    assert found["verdict"]
    assert found["runs"] == {"planned": 6, "finished": 6, "failed": 0, "found": 0}
    rows = {(r["scenario"], r["outcome"]): r for r in found["differences"]}
    assert set(rows) == {("follow_up", o.name) for o in OUTCOMES}
    assert {"low", "high", "correlation", "variance_ratio"} <= set(
        rows["follow_up", "npv"]
    )
    assert len(pd.read_parquet(found["weekly"])) == 6 * 8


def test_precision_margin_and_a_fixed_number_are_asked_for(typed):
    words = ["compare", "baseline", "follow_up", "--jobs", "1", *SMALL]
    more = ["--runs", "30", "--precision", "retention=90%", "--worthwhile", "npv=1e9"]
    found = json.loads(typed(*words, *more, "--json").stdout)
    assert found["rule"]["precision"] == {"retention": 0.9, "npv": 5e8}
    assert found["rule"]["margin"] == {"retention": 1.8, "npv": 1e9}
    assert found["is_settled"]
    assert found["runs"]["finished"] < 60
    assert {row["outcome"] for row in found["ranking"]} >= {"npv", "retention"}
    assert {"npv", "lever_cost"} <= {row["measure"] for row in found["money"]}
    fixed = json.loads(typed(*words, "--pairs", "4", "--json").stdout)
    assert fixed["runs"]["finished"] == 8
    assert fixed["rule"]["looks"] == [4]
    for wish, words_of in (
        ("npv=2%", "npv is in money, not a share"),
        ("retention=0.2", "20 points of 100; write 0.2%"),
        ("retentoin=1", "no such outcome; did you mean 'retention'"),
    ):
        assert words_of in typed(*words, "--margin", wish, code=2).stderr
    wrong = typed(*words, "--precision", "retention", code=2)
    assert "OUTCOME=VALUE" in wrong.stderr


def test_one_file_is_compared_with_itself_without_its_levers(folder, typed):
    text = "extends: follow_up\nmarket: {customers: 350, share_active: 0.7}\n"
    Path("ours.yaml").write_text(f"{text}name: Ours", encoding="utf-8")
    Path("bare.yaml").write_text(f"{text}levers: []", encoding="utf-8")
    words = ["--pairs", "4", "--jobs", "1", "--set", "clock.weeks=30", "--json"]
    found = json.loads(typed("compare", "ours.yaml", "--customers", *words).stdout)
    assert found["base"] == "Without_levers"
    assert found["verdict"].startswith(
        "Against “Without levers”, over 30 weeks “Ours” "
    )
    two = json.loads(typed("compare", "bare.yaml", "ours.yaml", *words).stdout)
    assert found["differences"] == two["differences"]
    refused = typed("compare", "baseline", code=2)
    assert "baseline: no levers" in refused.stderr


def test_compare_doubts_its_verdict_and_takes_it_apart(folder, typed):
    (folder / "calls.yaml").write_text("extends: baseline\nlevers: [follow_up: {}]\n")
    words = ["compare", "baseline", "calls.yaml", "--runs", "2", "--jobs", "1", *SMALL]
    asked = ["--draws", "2", "--break-even", "--by-lever", "--out", "mine"]
    out = typed(*words, *asked).stdout
    titles = ("Under other assumptions", "How much coverage pays", "What each lever")
    assert all(title in out for title in titles)
    assert "Over 2 draws of the assumptions" in " ".join(out.replace("│", "").split())
    assert len(pd.read_parquet("mine/assumptions.parquet")) == 2
    page = (folder / "mine" / "report.html").read_text(encoding="utf-8")
    assert all(title in page for title in titles)
    found = json.loads(typed(*words, *asked[:2], "--out", "mine", "--json").stdout)
    assert len(found["robustness"]["signs"]) == 2
    own = [*asked[:2], "--observed", "churn=1%:90%", "--out", "mine"]
    assert "like yours" in typed(*words, *own).stdout
    found = json.loads(typed(*words, *own, "--json").stdout)
    assert found["robustness"]["observed"] == {"churn": [0.01, 0.9]}
    for wish, words_of in (
        ("churn=18%", "churn=18%: not OUTCOME=LOW:HIGH; write for instance"),
        ("churn=18:22", "a share is 0 to 1; write 18%"),
        ("true_nps=1%:2", "true_nps is in points, not a share"),
        ("churn=22%:18%", "churn=0.22:0.18: write the smaller number first"),
    ):
        assert words_of in typed(*words, "--observed", wish, code=2).stderr
    twice = [f"--observed=churn={span}" for span in ("1%:2%", "3%:4%")]
    assert "churn is given twice" in typed(*words, *twice, code=2).stderr


def test_a_single_pair_and_outcomes_without_a_value_are_said_as_they_are(folder, typed):
    """No interval, and no score where nobody is asked; nobody there at first."""
    (folder / "calls.yaml").write_text(
        "extends: baseline\nlevers: [service_improvement: {from_week: 0, "
        "ramp_weeks: 0, quality_gain: 0.2}]\n"
    )
    words = ["compare", "baseline", "calls.yaml", "--jobs", "1", *SMALL]
    more = ["--customers", "--delay", "2", "--break-even", "--by-lever", "--runs", "1"]
    out = typed(*words, *more).stdout
    assert "1 pair cannot tell a difference from luck" in out
    mute = ("--set", "survey.sample_share=0", "--set", "market.share_active=0")
    also = typed(*words, *mute, "--runs", "2").stdout
    alone = typed("run", "baseline", "--runs", "1", "--jobs", "1", *SMALL, *mute).stdout
    for said in (out, also, alone):
        assert not re.search(r"\bnan\b|\binf\b", said)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--break-even"], "scandal: no levers"),
        (["--by-lever"], "scandal: no levers"),
        (["--delay", "-1"], "--delay"),
    ],
)
def test_what_cannot_be_asked_of_a_choice_is_refused_before_a_run(
    asked, said, folder, typed
):
    found = typed("compare", "baseline", "scandal", *asked, *SMALL, code=2)
    assert said in found.stderr
    assert not (folder / "results").exists()


def test_run_for_people_and_programs(folder, typed):
    words = ["run", "follow_up", "--runs", "2", "--jobs", "1", *SMALL]
    out = typed(*words, "--out", "mine").stdout
    assert all(outcome_title(name, "EUR") in out for name in HEADLINES)
    found = json.loads(typed(*words, "--out", "mine", "--json").stdout)
    assert [row["outcome"] for row in found["levels"]] == [o.name for o in OUTCOMES]
    assert found["folder"] == "mine"


def test_quiet_prints_where_the_study_is(folder, typed):
    words = ["run", "baseline", "--runs", "1", "--jobs", "1", *SMALL]
    found = typed(*words, "-q")
    (line,) = found.stdout.splitlines()
    assert (folder / line / "manifest.json").is_file()
    assert found.stderr == ""


def test_seeds_and_changes_reach_the_study(folder, typed):
    words = ["run", "baseline", "--runs", "2", "--seed", "40", "--jobs", "1", *SMALL]
    found = json.loads(typed(*words, "--json").stdout)
    manifest = json.loads((folder / found["folder"] / "manifest.json").read_text())
    assert manifest["seeds"] == [40, 41]
    assert manifest["scenarios"]["baseline"]["market"]["customers"] == 300


def test_a_note_says_what_else_differs(folder, typed):
    (folder / "x.yaml").write_text("extends: baseline\nfirm: {promise: 0.5}\n")
    words = ["compare", "baseline", "x.yaml", "--runs", "2", "--jobs", "1", *SMALL]
    assert "Note: x differs from baseline in firm.promise" in " ".join(
        typed(*words).stdout.split()
    )


# The small tools


def test_validate_names_each_file(folder, typed):
    (folder / "x.yaml").write_text("extends: baseline\n")
    out = typed("validate", "x.yaml", "follow_up").stdout
    assert [line.split(":")[0] for line in out.splitlines()] == ["x.yaml", "follow_up"]
    assert typed("validate", "x.yaml", "-q").stdout == ""
    assert json.loads(typed("validate", "x.yaml", "--json").stdout)[0]["digest"]
    assert not (folder / "results").exists()


def test_validate_asks_for_care_where_nobody_is_left_to_win(typed):
    for share, n_cautions in ((0.8, 0), (1, 1)):
        words = "validate", "baseline", "--set", f"market.share_active={share}"
        _, *cautions = typed(*words).stdout.splitlines()
        assert len(cautions) == n_cautions
        assert all("100 % of the 2000 people" in line for line in cautions)


def test_validate_asks_for_care_where_something_never_acts(folder, typed):
    late = "[{follow_up: {from_week: 10}}, {training: {from_week: 9.5}}]"
    (folder / "x.yaml").write_text(
        f"extends: baseline\nlevers: {late}\n"
        "shocks: [{outage: {from_week: 11}}]\nclock: {weeks: 10}\n"
    )
    _, *cautions = typed("validate", "x.yaml").stdout.splitlines()
    starts = [line.partition(" is past the last one (9)")[0] for line in cautions]
    assert "defaults that no file gives" in starts.pop()
    assert starts == [
        "x.yaml: take care: levers[0].follow_up.from_week: week 10",
        "x.yaml: take care: shocks[0].outage.from_week: week 11",
    ]


def test_validate_names_a_price_that_nobody_gave_and_how_to_give_it(folder, typed):
    (folder / "x.yaml").write_text("extends: baseline\nlevers: [{follow_up: null}]\n")
    _, caution = typed("validate", "x.yaml").stdout.splitlines()
    assert "follow_up.cost_per_contact (4 EUR per contact)" in caution
    assert caution.endswith("for instance cost_per_contact: 4")
    given = "extends: baseline\nlevers: [{follow_up: {cost_per_contact: 4}}]\n"
    (folder / "x.yaml").write_text(given)
    assert "take care" not in typed("validate", "x.yaml").stdout


def test_validate_says_whom_a_network_file_leaves_out(folder, typed):
    (folder / "ties.csv").write_text("0,1\n1,2\n")
    (folder / "x.yaml").write_text(
        "market: {customers: 1200}\nnetwork: {kind: file, file: ties.csv}\n"
    )
    said = typed("validate", "x.yaml").stdout
    assert "1,197 of 1,200 customers have no tie in it" in said
    assert (
        "no tie"
        not in typed("validate", "x.yaml", "--set", "market.customers=3").stdout
    )


def test_validate_reads_a_network_file_once(folder, typed, monkeypatch):
    (folder / "ties.csv").write_text("0,1\n1,2\n")
    (folder / "x.yaml").write_text("network: {kind: file, file: ties.csv}\n")
    read, reader = [], network.read_network
    monkeypatch.setattr(
        network, "read_network", lambda path: read.append(path) or reader(path)
    )
    assert "no tie in it" in typed("validate", "x.yaml").stdout
    assert len(read) == 1


def test_schema_is_the_shipped_one(typed):
    shipped = json.loads((ROOT / "scenarios" / "schema.json").read_text())
    assert json.loads(typed("schema").stdout) == shipped


def test_every_word_is_described():
    assert [entry.name for entry in entries("metric")] == [m.name for m in METRICS]
    assert [entry.name for entry in entries("lever")] == list(LEVERS)
    assert [entry.name for entry in entries("shock")] == list(SHOCKS)
    assert [entry.name for entry in entries("phase")] == list(PHASES)
    for kind in KINDS:
        assert all(entry.text and entry.details for entry in entries(kind))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("describe metric true_nps", ["points", "politeness"]),
        ("describe outcome npv", ["money", "discounted"]),
        ("describe lever follow_up", ["Side effect", "Evidence", "coverage"]),
        ("describe phase hear", ["6 of 8", "Messages", "absorb"]),
        ("describe phase choose", ["7 of 8", "choose, ", "notice"]),
        ("describe promise", ["promise word", "firm.promise", "claim"]),
        ("describe lifetime value", ["For ever", "half year"]),
        ("describe parameter perception.loss_aversion", ["Source", "Usual", "Default"]),
        ("describe loss_aversion", ["perception.loss_aversion"]),
        ("describe parameter coverage", ["levers.follow_up.coverage"]),
        ("describe lever follow_up", ["audience", "hubs", "bad, every, good", "when"]),
        ("describe parameter network.kind", ["Choices", "scale_free", "small_world"]),
        ("describe metric npv", ["npv outcome", "discounted"]),
        ("describe NPV", ["npv outcome"]),
        ("describe Promise less", ["expectation_alignment lever"]),
        ("describe paired worlds", ["paired_worlds word", "same luck"]),
        ("describe margin", ["margin_per_week", "levers.overselling.margin"]),
        ("describe metrics", ["active", "present_value"]),
        ("describe", ["phases", "plan, advertise", "name, question, promise, "]),
    ],
)
def test_describe_explains(words, expected, typed):
    out = typed(*words.split()).stdout
    assert all(word in out for word in expected)


def test_describe_explains_each_audience_once(typed):
    lines = typed("describe", "audience").stdout.splitlines()
    for audience in (*AUDIENCES, "segment:NAME"):
        assert len([line for line in lines if line.startswith(f"{audience} ")]) == 1
    assert len([line for line in lines if line.startswith("For whom")]) == 1


@pytest.mark.parametrize(
    ("section", "keys"),
    [("leaving", "hazard_min, hazard_max"), ("market.segments", "regular, key;")],
)
def test_describe_says_what_a_section_holds(section, keys, typed):
    said = typed("describe", "parameter", section, code=2).stderr
    assert f"{section} holds {keys}" in said
    assert len(said.splitlines()) == 1


def test_describe_for_a_program(typed):
    (entry,) = json.loads(typed("describe", "metric", "active", "--json").stdout)
    assert entry["kind"] == "metric"
    assert entry["details"]["Unit"] == "customers"


# The command itself


def test_help_fits_a_screen_and_needs_no_heavy_library():
    program = (
        "import sys\nfrom analysis.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numba', 'numpy', 'pandas', 'matplotlib', 'scipy', 'mesa'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(found.stdout.splitlines()) <= 24
    for command in ("demo", "run", "compare", "validate", "schema", "describe"):
        assert re.search(rf"\b{command}\b", found.stdout)


def test_help_lists_the_commands_in_the_order_of_use(typed):
    out = typed("--help").stdout
    listed = [name for names in ORDER.values() for name in names if name in out]
    places = [out.index(f" {name} ") for name in listed]
    assert places == sorted(places)
    assert out == typed().stdout, "as where nothing is typed"


def test_help_fits_80_columns_with_a_command_that_nobody_placed(typed):
    @app.command("unheard-of", help="Does " + "more " * 40)
    def unheard_of():
        """Do nothing."""

    try:
        out = typed("--help").stdout
    finally:
        app.registered_commands.pop()
    assert "More     unheard-of" in out
    assert max(len(line) for line in out.splitlines()) <= 80


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("compare", "Missing argument"),
        ("compare baseline follow_up --foo", "--foo"),
        ("compaer baseline", "compaer"),
        ("run baseline --runs many", "--runs"),
        ("run baseline --runs 0", "--runs"),
    ],
)
def test_a_wrong_word_is_one_line(words, said, typed):
    found = typed(*words.split(), code=2)
    (line,) = found.stderr.splitlines()
    assert said in line
    assert line.endswith("--help.")
    assert found.stdout == ""


@pytest.mark.parametrize("command", ["demo", "run", "compare"])
def test_every_running_command_takes_the_common_options(command, typed):
    out = typed(command, "--help").stdout
    for option in ("--set", "--seed", "--runs", "--jobs", "--out", "-q", "--json"):
        assert option in out


def test_the_wait_for_the_compiler_is_explained(capsys):
    Screen().compiling()
    assert "once" in capsys.readouterr().err


def test_verdict_opens_with_a_caution_where_worlds_differ(tmp_path, typed):
    wider = tmp_path / "wider.yaml"
    wider.write_text("extends: baseline\nmarket: {customers: 400}\n")
    found = typed(
        *("compare", "baseline", wider, "--json", "--pairs", "3"),
        *("--set", "clock.weeks=4", "--set", "clock.warmup_weeks=0"),
        *("--jobs", "1", "--out", tmp_path / "study"),
    )
    verdict = json.loads(found.stdout)["verdict"]
    assert verdict.startswith("Not the same world: market.customers differs, so what")
    assert "groundswell diff" in verdict


def test_progress_of_a_study_of_points_names_what_is_asked():
    from analysis.design import Design, crossed, seeds
    from analysis.request import Request
    from simulation.scenario import load

    scenarios = {"baseline": load("baseline")}
    design = Design(("trust.gain",), np.array([[0.05]]))
    plan = crossed(("baseline",), seeds(2))
    asked = {"outcome": "npv"}
    screen = Screen()
    screen.began(Request("pilot", scenarios, plan, stopping=asked, design=design))
    screen.ended()
    assert screen.look == "pilot of NPV"


def test_progress_reckons_its_speed_without_what_was_there(monkeypatch):
    from analysis.design import crossed, seeds
    from analysis.execution import Life
    from analysis.request import Request
    from simulation.scenario import load

    plan = crossed(("baseline",), seeds(5))
    first, second, third, *_ = (
        Life(run, "ok", "", 0.1, "", {"active": 1.0}, {}) for run in plan
    )
    now = iter((0.0, 10.0, 10.0, 20.0))
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(now, 20.0))
    screen = Screen(Console(file=io.StringIO(), force_terminal=False))
    screen.began(Request("break_even", {"baseline": load("baseline")}, plan))
    screen.kept(first)
    screen.finished(second._replace(found_in="an earlier one"))
    assert screen._words() == "break even"
    screen.finished(third)
    screen.ended()
    assert screen._words().startswith("0.1 a second, 20 s left, ")


def test_progress_is_plain_lines_where_no_bar_can_be_drawn(typed, monkeypatch):
    """Of every command that takes long; none where a terminal has a bar, or if -q."""
    words = ["optimise", "baseline", "service_improvement", "--budget", "3000"]
    words += ["--tries", "4", "--runs", "2", "--pairs", "2", "--jobs", "1", *SMALL]
    monkeypatch.setattr(terminal, "EVERY", 1e9)
    assert "runs" not in typed(*words).stderr, "the last one was just now"
    monkeypatch.setattr(terminal, "EVERY", 0.0)
    lines = typed(*words, "--seed", "2").stderr.splitlines()
    assert any(re.fullmatch(r". of 4 runs, .* left, search", line) for line in lines)
    assert any(line.startswith("4 of 4 runs, ") for line in lines), "the check"
    assert not typed(*words, "--seed", "3", "-q").stderr
    facts = ["replicate", "recovery", "--runs", "2", "--jobs", "1"]
    assert typed(*facts).stderr == "1 of 2 worlds\n2 of 2 worlds\n"
    assert not typed(*facts, "-q").stderr
    for force, said in ((True, ""), (False, "now\n")):
        file = io.StringIO()
        terminal.Lines(Console(file=file, force_terminal=force)).say("now")
        assert file.getvalue() == said


def test_progress_says_what_an_interval_of_the_pairs_says():
    """Runs come in any order, points meet the same seeds, a failed life is no pair."""
    import math

    from analysis.design import Run
    from analysis.execution import Life
    from analysis.sequential import interval
    from analysis.terminal import _Pairs

    pairs, gaps = _Pairs(("a", "b")), []
    for point, seed in ((0, 1), (0, 2), (1, 1), (1, 2), (2, 1)):
        gap = 3.0 * seed + point if (point, seed) != (2, 1) else math.nan
        gaps.append(gap)
        lives = [("a", 100.0), ("b", 100.0 + gap), ("c", 9.0)]
        for name, value in lives if seed == 1 else reversed(lives):
            run = Run(0, name, seed, point)
            pairs.add(Life(run, "ok", "", 0.0, "", {"active": value}, {}))
    found = interval(np.array(gaps))
    assert pairs.count == found.n == 4
    assert pairs.mean == pytest.approx(found.mean)
    assert pairs.text() == f"b: +{found.mean:.1f} ± {found.half:.1f} customers"
    assert not pairs.waiting
