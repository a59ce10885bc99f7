"""What the commands about assumptions print, as somebody types them.

Meets `analysis/commands/assumptions.py` and `analysis/tables/assumptions.py`.
"""

import json

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
    assert "What moves active most: leaving.hazard_max." in found.output
    document = json.loads(invoke(*words, "--out", "study", "--json").stdout)
    assert document["parameters"][0]["path"] == "leaving.hazard_max"
    assert {row["index"] for row in document["indices"]} == {"mu_star", "mu", "sigma"}
    assert document["runs"]["finished"] == 48
    assert [path.split("/")[-1] for path in document["figures"]] == [
        "tornado.png",
        "morris.png",
        "convergence.png",
    ]


def test_bad_wishes_end_with_two(invoke):
    found = invoke("sensitivity", "baseline", "--vary", "trust.gian")
    assert found.exit_code == 2
    assert "did you mean 'trust.gain'?" in found.stderr


def test_reports_show_what_was_found(invoke, tmp_path):
    few = ("--runs", "2", "--budget", "48", "--out", "study")
    assert invoke("sensitivity", "baseline", *VARY, *few).exit_code == 0
    cost = ("--vary", "trust.gain", "--vary", "levers.follow_up.cost_per_contact")
    words = ("discover", "baseline", "follow_up", *cost, "--budget", "240")
    assert invoke(*words, "--out", "when").exit_code == 0
    for folder, title in (("study", "What matters"), ("when", "When the choice flips")):
        page = tmp_path / folder / "report.html"
        page.unlink()
        assert invoke_plain("report", folder).exit_code == 0
        text = page.read_text(encoding="utf-8")
        assert title in text
        assert text.count("<svg ") == len(
            list((tmp_path / folder / "figures").glob("*.svg"))
        )


def invoke_plain(*words):
    return CliRunner().invoke(app, words)


def test_luck_is_taken_out_of_shares_alone(invoke):
    few = ("sensitivity", "baseline", *VARY, "--runs", "2", "--json")
    morris = json.loads(invoke(*few, "--budget", "48").stdout)
    sobol = json.loads(invoke(*few, "--budget", "768", "--method", "sobol").stdout)
    assert "it is not taken out" in morris["answer"]
    assert "is taken out of the shares" in sobol["answer"]
