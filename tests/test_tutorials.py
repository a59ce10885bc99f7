"""The tutorials run as they stand, and show what their words say."""

import ast
import re
import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "scenarios" / "tutorials"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


@pytest.fixture
def play(tmp_path, monkeypatch, capsys):
    """Run a tutorial in an empty folder; return its variables and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(name):
        found = runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
        return found, capsys.readouterr().out

    return run


def test_there_is_one_for_each_reader():
    assert NAMES == ["first_lesson", "first_question", "first_sensitivity"]


@pytest.mark.parametrize("name", NAMES)
def test_a_tutorial_is_cells_with_words_between_them(name):
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert text.startswith("# %% [markdown]\n")
    assert f"python scenarios/tutorials/{name}.py" in ast.get_docstring(ast.parse(text))
    cells = re.split(r"^# %%", text, flags=re.MULTILINE)
    words = [cell for cell in cells if cell.startswith(" [markdown]")]
    assert len(words) >= 4
    assert len(cells) - len(words) >= 3


def test_the_strategist_learns_that_the_price_of_a_call_decides(play, tmp_path):
    found, said = play("first_question")
    assert "Called are 80% of the unhappy." in said
    assert found["found"].verdict in said
    numbers = found["numbers"]
    assert numbers.loc["left", "high"] < 0 < numbers.loc["active", "low"]
    assert numbers.loc["npv", "high"] < 0
    paid = found["paid"]
    assert paid[4] < paid[2] < paid[1]
    assert paid[4] == pytest.approx(numbers.loc["npv", "difference"])
    assert (tmp_path / "first_question" / "manifest.json").exists()


def test_the_researcher_learns_that_it_depends_on_the_question(play):
    found, said = play("first_sensitivity")
    outcome, difference = found["churn"], found["difference"]
    assert outcome.text in said
    assert difference.text in said
    assert len(outcome.factors) == len(difference.factors) == 9
    first = outcome.findings.ranked.iloc[0]
    assert first["name"].startswith("leaving.")
    assert first["low"] > 0
    assert difference.findings.noise_share > outcome.findings.noise_share
    assert f"{len(found['sure'])} of {len(difference.factors)} numbers" in said


def test_the_class_sees_expectations_rise_and_trust_fall(play):
    found, said = play("first_lesson")
    assert said.count("week ") > 10
    assert found["fate"](found["lived"]) in said
    changes = found["changes"]
    assert all(change > 0 for change in changes["expectation"])
    assert all(change < 0 for change in changes["trust"])
    assert sum(changes["joined"]) > 0
    assert found["patient"] > found["usual"]
