"""What the commands about assumptions print, as somebody types them.

Meets `analysis/commands/assumptions.py` and `analysis/tables/assumptions.py`.
"""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app

SMALL = ["market.customers=200", "clock.weeks=12", "clock.warmup_weeks=4"]
CHANGES = [word for change in SMALL for word in ("--set", change)]
VARY = ["--vary", "leaving.hazard_max", "--vary", "survey.politeness"]


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoked(*words):
        return CliRunner().invoke(app, [*words, *CHANGES, "--jobs", "1"])

    return invoked


def test_sensitivity_answers_first_and_for_programs(invoke):
    words = ("sensitivity", "baseline", *VARY, "--runs", "2", "--budget", "48")
    found = invoke(*words, "--out", "study")
    assert found.exit_code == 0, found.output
    assert found.output.index("What matters") < found.output.index("2007")
    assert "Most decisive for customers: hazard max (leaving)." in found.output
    named = r"^ *hazard max \(leaving\) .*\n *leaving\.hazard_max "
    assert re.search(named, found.output, re.M), "the key to type stands below"
    document = json.loads(invoke(*words, "--out", "study", "--json").stdout)
    assert document["parameters"][0]["path"] == "leaving.hazard_max"
    assert {row["index"] for row in document["indices"]} == {"mu_star", "mu", "sigma"}
    assert document["runs"]["finished"] == 48
    assert [path.split("/")[-1] for path in document["figures"]] == [
        "tornado.png",
        "morris.png",
        "convergence.png",
    ]


def test_a_size_has_its_unit_and_a_line_says_why_it_may_be_negative(invoke):
    """In which no run shows a change, which politeness cannot make, is no figure."""
    more = ("--vary", "trust.gain", "--runs", "2", "--budget", "48")
    found = invoke("sensitivity", "baseline", *VARY, *more, "--out", "study")
    table, below = found.output.split("Morris: ")
    head, rows = table.rsplit("────", 1)
    assert re.search("mean size of the .*\n *change, ", head)
    assert head.partition("╯")[2].count("customers") == 3, "a unit in each"
    assert "freed of luck, so it may fall below 0" in " ".join(below.split())
    row = re.search(r"^ *politeness \(survey\) .*$", rows, re.M)[0]
    varies, swing = row.split("none in any run")[1].split()
    assert (float(varies), swing) == (0, "0")
    page = (Path("study") / "report.html").read_text(encoding="utf-8")
    assert "mean size of the change, customers" in page


def test_bad_wishes_end_with_two(invoke):
    found = invoke("sensitivity", "baseline", "--vary", "trust.gian")
    assert found.exit_code == 2
    assert "did you mean 'trust.gain'?" in found.stderr


def test_reports_show_what_was_found(invoke, tmp_path):
    few = ("--runs", "2", "--budget", "48", "--out", "study")
    assert invoke("sensitivity", "baseline", *VARY, *few).exit_code == 0
    cost = ("--vary", "trust.gain", "--vary", "levers.follow_up.cost_per_contact")
    words = ("discover", "baseline", "follow_up", *cost, "--budget", "240")
    words += ("--map", "trust.gain", "levers.follow_up.cost_per_contact")
    assert invoke(*words, "--out", "when").exit_code == 0
    for folder, title in (("study", "What matters"), ("when", "When the choice flips")):
        page = tmp_path / folder / "report.html"
        page.unlink()
        assert invoke_plain("report", folder).exit_code == 0
        text = page.read_text(encoding="utf-8")
        assert title in text
        drawn = list((tmp_path / folder / "figures").glob("*.svg"))
        assert len(re.findall(r"<svg\b[^>]* role=\"img\"", text)) == len(drawn)


def invoke_plain(*words):
    return CliRunner().invoke(app, words)


def test_the_answer_says_whether_luck_is_taken_out_and_what_runs_went_where(invoke):
    few = ("sensitivity", "baseline", *VARY, "--json")
    morris = json.loads(invoke(*few, "--budget", "240").stdout)
    told = ("--budget", "200", "--runs", "2", "--method", "pawn")
    pawn = json.loads(invoke(*few, *told).stdout)
    assert "and is taken out" in morris["answer"]
    assert "it is not taken out" in pawn["answer"]
    assert "A pilot of 48 runs found that 2 seeds a point" in morris["budget"]
    assert "took 192 of 240 runs" in morris["budget"]
    assert "2 seeds a point, as was asked; 100 parts" in pawn["budget"]


def test_what_was_observed_is_typed_as_for_compare(invoke, tmp_path):
    words = ("discover", "baseline", "follow_up", "--vary", "trust.*", "--out", "when")
    words = (*words, "--budget", "240")
    found = invoke(*words, "--observed", "churn=0%:100%")
    assert found.exit_code == 0, found.output
    out = " ".join(found.stdout.replace("│", "").split())
    assert "Over the 60 of 60 draws of the assumptions that show what was obs" in out
    assert "Looked at in 2 worlds, luck alone moves what a draw shows: annual" in out
    page = (tmp_path / "when" / "report.html").read_text(encoding="utf-8")
    for told in ("Over the 60 of 60 draws", "luck alone moves what a draw shows"):
        assert told in " ".join(page.split())
    for typed, line in (
        ("churn=18%", "--observed churn=18%: not OUTCOME=LOW:HIGH; write for instance"),
        ("churn=18:22", "a share is 0 to 1; write 18%"),
        ("churn=22%:18%", "churn=0.22:0.18: write the smaller number first"),
        ("churn=99%:100%", "0 of 60 draws of the assumptions show it, and it takes 60"),
    ):
        refused = invoke(*words, "--observed", typed)
        assert refused.exit_code == 2
        assert line in refused.stderr
        assert refused.stderr.count("\n") == 1


def test_the_map_is_of_any_two_that_vary(invoke, tmp_path):
    words = (
        "discover",
        "baseline",
        "follow_up",
        "--budget",
        "240",
        "--vary",
        "trust.*",
    )
    over = ("--map", "trust.loss_ratio", "trust.gain", "--out", "when", "--json")
    found = json.loads(invoke(*words, *over).stdout)
    drawing = tmp_path / "when" / "figures" / "decision_map.svg"
    assert str(drawing.with_suffix(".png").relative_to(tmp_path)) in found["figures"]
    refused = invoke(*words, "--map", "trust.gain", "money.margin")
    assert refused.exit_code == 2
    assert "--map money.margin: does not vary here" in refused.stderr
