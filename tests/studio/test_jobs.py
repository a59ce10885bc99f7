"""Long work beside the page: the command's own comparison, told as it goes."""

import json
import subprocess
import sys

import pytest

from analysis.comparison import Until, compare
from analysis.studio import job as process
from analysis.studio.api import Api

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


STOPPED_IN_A_DESTRUCTOR = """
import os, signal, time
from analysis.studio.job import heed

class Falls:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)

heed()
try:
    Falls()
    time.sleep(20)
except KeyboardInterrupt:
    print("stopped")
"""


def test_a_stop_that_falls_into_a_destructor_is_not_lost():
    words = [sys.executable, "-c", STOPPED_IN_A_DESTRUCTOR]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "stopped"
