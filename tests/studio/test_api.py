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
        assert low < high
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
    assert change["what"] == "Follow up"
    assert change["path"] == "levers.follow_up"
    assert "coverage 80 %" in change["text"]
    assert change["about"].startswith("Call customers after an experience.")
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


# What befalls the firm, and what was played


SHOCKED = "shocks=[{scandal: {from_week: 3, lasts_weeks: 2, news_reach: 0.6, size: 1}}]"


def blocks(frames):
    return np.frombuffer(frames, np.uint8).reshape(-1, 2, BLOCK)


def befallen(api, scenario="baseline", **more):
    return opened(api, scenario, overrides=[*SMALL["overrides"], SHOCKED], **more)


def test_a_market_with_shocks_alone_has_a_twin_without_them(api):
    session = befallen(api)
    assert session["twin"] == "shocks"
    here, twin = blocks(api.step(session["id"], {"steps": 8})).swapaxes(0, 1)
    assert np.array_equal(here[:3], twin[:3])
    assert not any(
        np.array_equal(*pair) for pair in zip(here[3:], twin[3:], strict=True)
    )
    plain = blocks(api.step(opened(api, "baseline")["id"], {"steps": 8}))
    assert np.array_equal(plain[:, 0], twin)


def test_a_twin_without_the_shock_has_the_levers_and_those_added(api):
    session = befallen(api, "overselling", twin="shocks")
    added = [*session["levers"], {"reassurance": {}}]
    frames = [api.step(session["id"], {"steps": 4})]
    frames.append(api.step(session["id"], {"steps": 6, "levers": added}))
    plain = opened(api, "overselling")
    expected = [api.step(plain["id"], {"steps": 4})]
    expected.append(api.step(plain["id"], {"steps": 6, "levers": added}))
    twin, meant = (blocks(b"".join(each)) for each in (frames, expected))
    assert np.array_equal(twin[:, 1], meant[:, 0])
    lives = api.lives(session["id"], {"row": 5})["worlds"]
    world = api.session(session["id"]).twin
    assert lives[1]["chapters"][-1]["trust"] == world.people.mind.trust[5]


def test_a_twin_lacks_what_is_asked_for(api):
    assert befallen(api, "overselling")["twin"] == "levers"
    with pytest.raises(RefusedError, match="twin: 'luck' is none of levers, shocks"):
        opened(api, twin="luck")


def test_what_was_played_becomes_a_scenario_to_compare(api):
    session = opened(api)
    (lever,) = session["levers"]
    moved = {"overselling": {**lever["overselling"], "strength": 0.4}}
    api.step(session["id"], {"steps": 5})
    api.step(session["id"], {"steps": 3, "levers": [moved, {"reassurance": {}}]})
    levers = [moved, {"reassurance": {}}, {"referral": {}}]
    taken = api.take(
        session["id"], {"name": "Mine, as played", "levers": levers, "week": 8}
    )
    found, was = api.scenario(taken["id"]), settings()
    assert found.name == taken["name"] == "Mine, as played"
    assert found.market.customers == 200
    assert found.clock == was.clock
    one, two, three = found.levers
    assert (one.strength, one.from_week) == (0.4, was.levers[0].from_week)
    assert (two.from_week, three.from_week) == (5, 8)
    job = {"base": "baseline", "others": [taken["id"]], "pairs": 2}
    assert api._comparison(job)["sources"][1].endswith("Mine__as_played.yaml")
    assert api.scenario(taken["base"]["id"]).digest() == without_levers(was).digest()


def test_what_was_played_is_compared_with_its_twin(api):
    session = api.open({"scenario": "scandal", "customers": 200})
    taken = api.take(session["id"], {"name": "Scandal, played", "levers": []})
    assert taken["base"] == {"id": "baseline", "name": load("baseline").name}
    session = befallen(api, "overselling", twin="shocks")
    taken = api.take(session["id"], {"name": "Both", "levers": session["levers"]})
    base, found = (api.scenario(each["id"]) for each in (taken["base"], taken))
    assert (base.shocks, base.levers) == ((), found.levers)
    wish = {"base": taken["base"]["id"], "others": [taken["id"]], "customers": 300}
    changes = api.differences(wish)[taken["id"]]
    assert [change["path"] for change in changes] == ["shocks.scandal"]


def test_what_cannot_be_taken_is_said(api):
    session = opened(api)
    with pytest.raises(RefusedError, match="nonsense"):
        api.take(session["id"], {"name": "x", "levers": [{"nonsense": {}}]})
    with pytest.raises(RefusedError, match="name: is missing"):
        api.take(session["id"], {"levers": []})


def test_a_life_says_who_told_whom_by_rows_that_can_be_opened(api):
    session = opened(api)
    api.step(session["id"], {"steps": 16})
    told = {
        (chapter["week"], row, message["row"])
        for row in range(0, 200, 4)
        for chapter in api.lives(session["id"], {"row": row})["worlds"][0]["chapters"]
        for event in chapter["events"]
        for message in event["messages"]
        if event["kind"].startswith("heard")
    }
    week, hearer, teller = sorted(told)[-1]
    lived = api.lives(session["id"], {"row": teller})["worlds"][0]["chapters"]
    chapter = next(each for each in lived if each["week"] == week)
    (story,) = (
        event
        for event in chapter["events"]
        if event["messages"] and event["kind"] == "told"
    )
    assert hearer in [message["row"] for message in story["messages"]]
    assert story["messages"][0]["path"][-1]["row"] == teller
