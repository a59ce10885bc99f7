"""What the commands about assumptions print, as somebody types them.

Meets `analysis/commands/assumptions.py` and `analysis/assumption_tables.py`.
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
