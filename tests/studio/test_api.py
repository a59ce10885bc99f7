"""What the page may ask for, without a socket."""

import json
import math
import struct

import numpy as np
import pytest

from analysis.factors import factors_of
from analysis.studio.api import Api
from analysis.studio.catalogue import STORIES, catalogue, varying
from analysis.studio.refused import RefusedError
from analysis.studio.session import MOST_PEOPLE, MOST_SESSIONS, Session, Sessions
from simulation.levers import LEVERS
from simulation.scenario import load, shipped
from simulation.scene import SHOWN, Scene
from simulation.story import without_levers

SMALL = {"customers": 200, "overrides": ["clock.warmup_weeks=6", "clock.weeks=16"]}
BLOCK = 8 * (1 + len(SHOWN)) + 2 * 200


@pytest.fixture
def api(tmp_path):
    found = Api(tmp_path / "results")
    yield found
    found.close()


def opened(api, scenario="overselling", **more):
    return api.open({"scenario": scenario, **SMALL, **more})


def settings(scenario="overselling"):
    return load(scenario, [*SMALL["overrides"], "market.customers=200"])


# What there is


def test_the_catalogue_names_scenarios_as_they_load():
    for told in catalogue()["scenarios"]:
        known = load(told["id"])
        assert (told["name"], told["question"]) == (known.name, known.question)


def test_catalogue_is_json_and_offers_only_what_is_there():
    found = catalogue()
    json.dumps(found, allow_nan=False)
    assert [s["scenario"] for s in found["stories"]] == [
        story.scenario for story in STORIES if story.scenario in shipped()
    ]
    assert set(found["levers"]) == set(LEVERS)


@pytest.mark.parametrize("name", LEVERS)
def test_every_slider_of_a_lever_says_what_it_means(name):
    for field in catalogue()["levers"][name]["fields"]:
        low, high = field["range"]
        assert field["bounds"][0] <= low < high
        assert field["text"]
        assert field["source"]
        LEVERS[name].model_validate({field["name"]: high})


def test_what_can_vary_says_what_usually_does(api):
    sections = {s["name"]: s["parameters"] for s in varying(load("follow_up"))}
    usual = {p["path"] for each in sections.values() for p in each if p["is_usual"]}
    assert usual == {each.path for each in factors_of([load("follow_up")])}
    assert "clock" not in sections
    assert all(p["low"] < p["high"] for each in sections.values() for p in each)
    told = api.factors({"scenario": "scandal"})["sections"]
    assert told[-1]["name"] == "shocks"


def test_differences_are_those_of_the_command_line(api):
    found = api.differences({"base": "baseline", "others": ["follow_up"]})
    (change,) = found["follow_up"]
    assert change["where"] == "lever follow_up"
    assert "coverage 80 %" in change["text"]
    with pytest.raises(RefusedError, match="others"):
        api.differences({"base": "baseline", "others": [3]})


# Playing


def test_frames_are_those_of_the_two_worlds(api):
    session = opened(api)
    got = api.step(session["id"], {"steps": 3})
    here = Scene(settings(), seed=1)
    twin = Scene(without_levers(settings()), seed=1)
    expected = b"".join(w.live().tobytes() for _ in range(3) for w in (here, twin))
    assert got == expected


def test_no_step_returns_the_week_as_it_is(api):
    session = opened(api)
    last = api.step(session["id"], {"steps": 2})[-2 * BLOCK :]
    assert api.step(session["id"], {"steps": 0}) == last


def test_the_horizon_ends_it(api):
    session = opened(api)
    assert len(api.step(session["id"], {"steps": 500})) == 16 * 2 * BLOCK
    assert api.step(session["id"], {"steps": 1}) == b""


def test_a_lever_moved_acts_here_and_not_in_the_twin_and_can_be_repeated(api):
    levers = [{"overselling": {"margin": 0.2, "speed": 0.5, "strength": 1}}]

    def played(change):
        session = opened(api)
        first = api.step(session["id"], {"steps": 4})
        second = api.step(session["id"], {"steps": 12, **change})
        return np.frombuffer(first + second, np.uint8).reshape(16, 2, BLOCK)

    changed, plain = played({"levers": levers}), played({})
    assert np.array_equal(changed, played({"levers": levers}))
    assert np.array_equal(changed[:4], plain[:4])
    assert not np.array_equal(changed[4:, 0], plain[4:, 0])
    assert np.array_equal(changed[:, 1], plain[:, 1])


def test_layout_is_people_and_ties(api):
    session = opened(api)
    packed = api.session(session["id"]).layout()
    people, ties = struct.unpack("<II", packed[:8])
    assert people == 200
    assert len(packed) == 8 + 8 * people + 8 * ties


def test_a_life_is_told_up_to_the_week_played_in_both_worlds(api):
    session = opened(api)
    api.step(session["id"], {"steps": 7})
    here, twin = api.lives(session["id"], {"row": 11})["worlds"]
    world = api.session(session["id"]).world
    assert len(here["chapters"]) == len(twin["chapters"]) == 7
    assert here["chapters"][-1]["trust"] == world.people.mind.trust[11]
    assert here["customer"] == str(world.people.traits.id[11])


# Sessions


def test_the_oldest_session_makes_room():
    sessions = Sessions()
    tiny = [Session(settings("baseline"), seed) for seed in range(MOST_SESSIONS + 3)]
    for session in tiny:
        sessions.add(session)
    assert len(sessions) == MOST_SESSIONS
    with pytest.raises(KeyError):
        sessions.get(tiny[2].id)
    assert sessions.get(tiny[3].id) is tiny[3]
    sessions.add(Session(settings("baseline"), 0))
    assert sessions.get(tiny[3].id) is tiny[3], "who was used last stays"


def test_people_in_all_sessions_are_bounded(monkeypatch):
    sessions = Sessions()
    monkeypatch.setattr(Session, "size", MOST_PEOPLE // 2)
    tiny = [Session(settings("baseline"), seed) for seed in range(4)]
    for session in tiny:
        sessions.add(session)
    assert len(sessions) == 2


def test_two_sessions_know_nothing_of_each_other(api):
    one, two = opened(api), opened(api)
    first = api.step(one["id"], {"steps": 5})
    assert api.step(two["id"], {"steps": 5}) == first
    api.sessions.close(one["id"])
    assert api.step(two["id"], {"steps": 1})


# Scenario files that are dropped


def test_a_dropped_file_is_a_scenario(api):
    text = "extends: baseline\nname: Mine\nlevers:\n  - referral: {}\n"
    about = api.drop({"name": "mine.yaml", "text": text})
    assert about["name"] == "Mine"
    session = opened(api, about["id"])
    assert [list(lever) for lever in session["levers"]] == [["referral"]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("market: {customers_file: /etc/passwd}", "names a file"),
        ("network: {kind: file, file: x.csv}", "names a file"),
        ("extends: ../../etc/passwd", "only extend a shipped"),
        ("levers: [{nonsense: {}}]", "nonsense"),
        ("- a list", "no scenario"),
        ("a: [", "no YAML"),
        ("clock: {weeks: -3}", "mine.yaml:1: clock.weeks"),
        ("  ", "text: is missing"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(api, text, said):
    with pytest.raises(RefusedError, match=said) as error:
        api.drop({"name": "mine.yaml", "text": text})
    assert "\n" not in str(error.value)
    assert "/tmp" not in str(error.value)


# What is refused


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"scenario": "../baseline"}, "scenario: no '../baseline' here"),
        ({"scenario": ["baseline"]}, "scenario: no"),
        ({"seed": -1}, "seed: -1 is no whole number"),
        ({"seed": True}, "seed: True is no whole number"),
        ({"customers": 10**9}, "customers: 1000000000 is no whole number"),
        ({"customers": 2.5}, "customers"),
        ({"nonsense": 1}, "'nonsense': no such key"),
        ({"overrides": "x"}, "overrides: give up to"),
        ({"overrides": ["a=b"] * 41}, "overrides: give up to"),
        ({"overrides": ["market.customers_file=/etc/passwd"]}, "names a file"),
        ({"overrides": ["network={kind: file, file: x}"]}, "names a file"),
        ({"overrides": ["clock.weeks=1e99"]}, "clock.weeks"),
    ],
)
def test_a_session_that_cannot_be_is_refused_in_one_line(api, request_, said):
    with pytest.raises(RefusedError, match=said.replace("[", r"\[")) as error:
        api.open(request_)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"steps": -1}, "steps"),
        ({"steps": 10**6}, "steps"),
        ({"levers": [{"overselling": {"strength": math.nan}}]}, ".nan is not a number"),
        ({"levers": [{"overselling": {"strength": 9}}]}, "9 is above 1"),
        ({"levers": [{"nonsense": {}}]}, "nonsense"),
        ({"levers": 3}, "levers"),
        ({"levers": []}, r"levers\[0\]: was overselling"),
        ({"levers": [{"overselling": {"audience": "segment:none"}}]}, "no segment"),
    ],
)
def test_a_step_that_cannot_be_is_refused_and_nothing_moves(api, request_, said):
    session = opened(api)
    before = api.step(session["id"], {"steps": 0})
    with pytest.raises(RefusedError, match=said) as error:
        api.step(session["id"], request_)
    assert "\n" not in str(error.value)
    assert api.step(session["id"], {"steps": 0}) == before


def test_what_is_not_there_is_said_with_its_remedy(api):
    with pytest.raises(RefusedError, match="press Reset") as error:
        api.step("nobody", {"steps": 1})
    assert error.value.status == 404
    with pytest.raises(RefusedError, match="begin it again"):
        api.job("nobody")


@pytest.mark.parametrize("others", [None, [], ["baseline"] * 9, "follow_up"])
def test_a_comparison_names_what_it_compares(api, others):
    with pytest.raises(RefusedError, match="others: name one to"):
        api.begin({"others": others})
