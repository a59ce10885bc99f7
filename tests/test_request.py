"""What is asked, and how: folders named by it, options that are none refused."""

import pytest

from analysis import InputError, compare, request, run
from analysis.design import crossed, seeds
from analysis.execution import Workers, cores
from analysis.request import Request, Watcher, read_scenarios
from simulation.scenario import load

SMALL = ("market.customers=200", "clock.weeks=8", "clock.warmup_weeks=4")


@pytest.fixture
def small():
    return load("baseline", SMALL)


def asked(scenarios, count, **how):
    return Request("run", scenarios, crossed(list(scenarios), seeds(count)), how)


def test_folder_is_named_by_what_is_asked(small):
    wishes = ({"a": small}, 3), ({"a": small}, 4), ({"b": small}, 3)
    names = [asked(*wish).folder.name for wish in wishes]
    assert names[0] == asked({"a": small}, 3).folder.name
    assert len(set(names)) == 3
    assert names[0].startswith("run-a-")
    assert asked({"a": small}, 3, out="here").folder.name == "here"


def test_who_lives_the_runs_makes_no_other_study(small):
    threads = asked({"a": small}, 3, jobs=Workers(2, "threads"))
    alone = asked({"a": small}, 3, jobs=1)
    assert threads.asked == alone.asked
    assert threads.jobs == Workers(2, "threads")
    assert alone.jobs == Workers(1)
    assert asked({"a": small}, 3).jobs == Workers(cores())
    assert type(alone.watcher) is Watcher


def test_an_option_that_is_none_is_refused(small, tmp_path):
    with pytest.raises(TypeError, match="run takes no 'sed'; one of seed, overrides"):
        run(small, sed=3, out=tmp_path / "study")
    with pytest.raises(TypeError, match="compare takes no 'job'"):
        compare(small, small, job=3, out=tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_a_file_named_twice_is_read_once(monkeypatch):
    calls = []

    def counted(source, overrides):
        calls.append(source)
        return load(source, overrides)

    monkeypatch.setattr(request, "load", counted)
    found = read_scenarios(["baseline", "follow_up", "baseline"])
    assert list(found) == ["baseline", "follow_up", "baseline-2"]
    assert calls == ["baseline", "follow_up"]


def test_nothing_to_compare_is_one_line(small):
    with pytest.raises(InputError, match="name another scenario"):
        compare(small)
