"""Long work beside the page: the command's own answer, told as it goes.

Meets `analysis/studio/sensitivity.py` by what it sends.
"""

import io
import json

import pandas as pd
import pytest

from analysis import Question, sensitivity
from analysis.comparison import compare
from analysis.sequential import Until
from analysis.studio import job as process
from analysis.studio.api import Api
from analysis.studio.refused import RefusedError
from analysis.verdict import MORE

SMALL = {"customers": 200, "overrides": ["clock.warmup_weeks=6", "clock.weeks=16"]}


@pytest.fixture
def api(tmp_path):
    found = Api(tmp_path / "results")
    yield found
    found.close()


def test_a_comparison_is_that_of_the_command_line(api, tmp_path):
    small = [*SMALL["overrides"], "market.customers=200"]
    wish = {"base": "baseline", "others": ["follow_up"], "pairs": 6, "seed": 4}
    job = api.job(api.begin({**wish, **SMALL})["id"])
    job.wait(300)
    assert job.state == "done", job.said
    found = compare(
        "baseline",
        "follow_up",
        pairs=Until(6),
        seed=4,
        overrides=small,
        out=tmp_path / "again",
    )
    result = job.result
    assert result["verdict"] == found.verdict
    number = found.of("follow_up", "active").difference
    assert result["differences"][0]["difference"] == number
    assert (tmp_path / "results" / result["study"] / "report.html").is_file()
    assert len(result["pairs"]["npv"]["follow_up"]) == 6
    assert len(result["bands"]["active"]["baseline"][2]) == 16
    assert result["shocks"] == {"baseline": [], "follow_up": []}
    table = pd.read_csv(io.StringIO(api.weekly(job.id)))
    assert len(table) == 2 * 6 * 16
    assert {"active [customers]", "true_nps [points]", "profit [EUR]"} <= set(table)
    assert table["active [customers]"].sum() == found.study.weekly["active"].sum()
    assert not set(table) & {"run", "profit [money]"}


def test_a_sensitivity_study_is_that_of_the_command_line(api, tmp_path):
    small = [*SMALL["overrides"], "market.customers=200"]
    wish = {"scenario": "follow_up", "against": "baseline", "vary": ["trust.*"]}
    job = api.job(
        api.begin({"kind": "sensitivity", "budget": 400, **wish, **SMALL})["id"]
    )
    job.wait(300)
    assert job.state == "done", job.said
    assert job.said["done"] == job.said["planned"] > 0
    asked = Question(against="baseline", vary=["trust.*"], budget=400)
    found = sensitivity("follow_up", asked, overrides=small, out=tmp_path / "again")
    result = job.result
    assert result["answer"] == found.text
    first = found.findings.ranked.iloc[0]
    (told, *_) = [r for r in result["indices"] if r["index"] == result["leading"]]
    assert (told["name"], told["value"]) == (first["name"], first["value"])
    folder = tmp_path / "results" / result["study"]
    assert found.text in (folder / "report.html").read_text(encoding="utf-8")
    points = result["points"]
    assert {len(v) for v in points["values"].values()} == {len(points["outcome"])}
    assert all(2 <= len(curve) <= 5 for curve in points["curves"].values())


def test_other_prices_are_those_of_another_run(api, tmp_path):
    wish = {"base": "baseline", "others": ["follow_up"], "pairs": 6, **SMALL}
    job = api.job(api.begin(wish)["id"])
    with pytest.raises(RefusedError, match="no comparison yet"):
        api.priced(job.id, {})
    job.wait(300)
    same = api.priced(job.id, {})
    assert same["verdict"] == job.result["verdict"]
    assert same["prices"] == job.result["prices"]
    path = "money.cost_to_serve"
    assert path in {price["path"] for price in same["prices"]}
    told = api.priced(job.id, {"prices": {path: 9}})
    again = compare(
        "baseline",
        "follow_up",
        pairs=Until(6),
        overrides=[*SMALL["overrides"], "market.customers=200", f"{path}=9"],
        out=tmp_path / "again",
    )
    assert told["verdict"] == again.verdict.replace(MORE, "more worlds above")
    for one in (
        {"prices": {"trust.gain": 0.2}},
        {"prices": {path: "dear"}},
        {"prices": {path: -3}},
        {"cost": 1},
    ):
        with pytest.raises(RefusedError) as refused:
            api.priced(job.id, one)
        assert "\n" not in str(refused.value)


def test_every_customer_of_a_comparison_can_be_followed(api, tmp_path):
    wish = {"base": "baseline", "others": ["follow_up"], "pairs": 2, **SMALL}
    job = api.job(api.begin({**wish, "follow": True})["id"])
    job.wait(300)
    assert job.state == "done", job.said
    parts = {
        row["part"]: row["mean"]
        for row in job.result["customers"]["effects"]
        if row["path"] == ""
    }
    assert parts["total"] == pytest.approx(parts["direct"] + parts["word_of_mouth"])
    found = job.result["differences"][0]
    assert found["outcome"] == "active"
    assert parts["total"] == pytest.approx(found["difference"])
    folder = tmp_path / "results" / job.result["study"]
    assert list((folder / "customers.parquet").glob("*.parquet"))


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"kind": "guess"}, "kind"),
        ({"kind": "sensitivity", "outcome": "luck"}, "outcome"),
        ({"kind": "sensitivity", "method": "pawn"}, "method"),
        ({"kind": "sensitivity", "budget": 10**9}, "budget"),
        ({"kind": "sensitivity", "vary": ["trust.gian"]}, "trust.gain"),
        ({"kind": "sensitivity", "vary": "trust.*"}, "vary"),
        ({"kind": "sensitivity", "groups": 1}, "groups"),
        ({"kind": "sensitivity", "against": "nobody"}, "nobody"),
        ({"kind": "sensitivity", "ranges": "secret.yaml"}, "ranges"),
        ({"kind": "compare", "others": ["follow_up"], "follow": "yes"}, "follow"),
    ],
)
def test_a_job_that_cannot_be_done_is_refused_in_one_line(api, wish, words):
    with pytest.raises(RefusedError) as refused:
        api.begin(wish)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_job_that_is_cancelled_keeps_what_it_has(api):
    wish = {"base": "baseline", "others": ["follow_up"], "pairs": 1000}
    job = api.job(api.begin({**wish, "customers": 500})["id"])
    while job.said["done"] < 4 and job.state == "running":
        job.wait(0.1)
    told = api.cancel(job.id)
    assert told["state"] == "stopped", job.said
    assert "can be read in" in told["words"]


def test_news_is_one_line_of_json_without_numbers_that_json_lacks(capsys):
    process.say(done=3, words="two\nlines", value=float("nan"))
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {"done": 3, "words": "two\nlines", "value": None}


def test_a_job_that_dies_says_so(api):
    job = api.jobs.begin({"no": "sources"})
    job.wait(60)
    assert job.state == "failed"
    assert "KeyError" in job.news()["words"]
    assert job.result is None
