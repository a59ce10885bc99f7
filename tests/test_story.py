"""One customer's life: told without changing it, and told truly."""

import re
from itertools import pairwise

import numpy as np
import pytest

from simulation.core.columns import MAX_LEVERS, NOWHERE, Tally
from simulation.model import PerceptionModel
from simulation.scenario import Scenario, load
from simulation.story import (
    NUMBERS,
    Watched,
    fate,
    life,
    row_of,
    without_levers,
    without_shocks,
)
from tests.naive import differences

ROUGH = {
    "market": {"customers": 200},
    "clock": {"warmup_weeks": 6, "weeks": 40},
    "journey": {"failure_mean": 0.15},
    "recovery": {"severe_below": 0.6, "complaint_intercept": 1.0},
    "survey": {"sample_share": 0.5, "response_base": 0.5},
    "joining": {"return_chance": 0.05},
    "levers": [{"follow_up": {"after": "every"}}],
}


PEOPLE = {"anna": "active", "bert": "prospect", "cleo": "lost"}


def world(**changed):
    return Scenario.model_validate({**ROUGH, **changed})


def ids(settings, seed=3):
    return [str(each) for each in PerceptionModel(settings, seed=seed).people.traits.id]


@pytest.mark.parametrize("network", ["small_world", "complete", "none"])
@pytest.mark.parametrize("row", [0, 77, 199])
def test_being_watched_changes_nothing(row, network):
    settings = world(network={"kind": network})
    plain = PerceptionModel(settings, seed=3).run()
    watched = Watched(settings, ids(settings)[row], seed=3).run()
    assert watched.row == row
    assert differences(plain.people, watched.people) == []
    assert np.array_equal(plain.counts, watched.counts)
    assert np.array_equal(plain.ledger, watched.ledger, equal_nan=True)


def test_what_happened_to_everybody_is_what_was_counted():
    """The lives of all customers add up to the weekly totals."""
    settings = world(market={"customers": 40}, clock={"warmup_weeks": 2, "weeks": 12})
    weekly = PerceptionModel(settings, seed=3).run().weekly()
    lives = [life(settings, name, seed=3) for name in ids(settings)]
    events = [e for each in lives for c in each.chapters for e in c.events]

    def count(kind, word=""):
        return sum(each.kind == kind and word in each.text for each in events)

    assert count("left") == weekly["left"].sum() > 0
    assert count("joined", "Became") == weekly["joined"].sum()
    assert count("joined", "Came back") == weekly["returned"].sum()
    assert count("told", "Posted") <= weekly["reviews"].sum()
    for at, name in ((0, "active"), (-1, "active"), (-1, "prospects"), (-1, "lost")):
        stage = name.removesuffix("s")
        assert sum(e.chapters[at].stage == stage for e in lives) == weekly[name][at]
    perceptions = [e.chapters[-1] for e in lives if e.chapters[-1].stage == "active"]
    mean = np.mean([each.perception for each in perceptions])
    assert mean == pytest.approx(weekly["perception"][-1], abs=1e-4)


def test_a_life_has_every_kind_of_event():
    settings = world()
    kinds = set()
    for name in ids(settings)[:25]:
        kinds |= {
            event.kind
            for chapter in life(settings, name, seed=3).chapters
            for event in chapter.events
        }
    assert kinds == {
        "episode", "failure", "complaint", "call", "repair", "felt", "told",
        "heard good", "heard bad", "read", "asked", "joined", "referred", "left",
    }  # fmt: skip


def test_a_story_tells_on_whose_word_the_customer_came_and_that_one_left():
    settings = world(joining={"message_effect": 0.5, "advertising_chance": 0})
    whole = PerceptionModel(settings, seed=3).run()
    ties, names, found = whole.ties, ids(settings), set()
    for row in np.flatnonzero(whole.people.relation.since > 0).tolist():
        contacts = ties.target[ties.start[row] : ties.start[row + 1]]
        for chapter in life(settings, names[row], seed=3).chapters:
            for event in chapter.events:
                if event.kind == "referred":
                    told = event.text.removeprefix("Came on the word of ")
                    name = told.removesuffix(" left, on whose word they came.").split(
                        ":"
                    )[0]
                    assert names.index(name) in contacts
                    found.add(event.text.startswith("Came"))
    assert found == {True, False}, "some came, and somebody's referrer left"


def test_story_tells_the_experience_that_was_lived():
    """Satisfaction without a gap in it is the experience itself."""
    still = {"disconfirmation": 0, "assimilation": 0}
    settings = world(perception=still)
    found = life(settings, ids(settings)[5], seed=3)
    episodes = [
        e.text for c in found.chapters for e in c.events if e.kind in ("episode",)
    ]
    assert episodes
    for text in episodes:
        got = int(text.split("got ")[1].split(";")[0])
        assert abs(got - int(text.split("Satisfaction ")[1].strip("."))) <= 1


def test_a_story_tells_the_gap_that_was_lived_though_the_firm_informs():
    """Who is told at the sale what to expect, expects it of what comes after.

    Satisfaction is the experience and half the gap to what was expected of it.
    """
    felt = {"disconfirmation": 0.5, "assimilation": 0, "tolerance": 0}
    settings = world(
        perception={**felt, "loss_aversion": 1},
        levers=[{"reassurance": {"information_weight": 6}}],
        joining={"advertising_chance": 0.5},
    )
    n_informed = 0
    for name in ids(settings)[:60]:
        for chapter in life(settings, name, seed=3).chapters:
            texts = [event.text for event in chapter.events]
            n_informed += any(text.startswith("Purchase") for text in texts)
            for text in (text for text in texts if "expected" in text):
                numbers = re.findall(r"(?:expected|got|Satisfaction) (\d+)", text)
                expected, got, s = map(int, numbers)
                satisfaction = min(100, max(0, got + 0.5 * (got - expected)))
                assert abs(satisfaction - s) <= 2, text
    assert n_informed > 5


def test_a_call_is_told_by_the_lever_that_makes_it():
    """All calls of all levers, those of other phases than the fourth too."""
    levers = {
        "follow_up": {"after": "every", "coverage": 0.3},
        "scheduled_contact": {"every_weeks": 6},
        "proactive_outreach": {"alarms_per_week": 0.1},
        "win_back": {"every_weeks": 4},
    }
    settings = world(
        market={"customers": 30},
        firm={"follow_up_share": 0.5},
        levers=[{name: fields} for name, fields in levers.items()],
    )
    counts = PerceptionModel(settings, seed=3).run().counts.sum(axis=0)
    lives = [life(settings, name, seed=3) for name in ids(settings)]
    texts = [e.text for each in lives for c in each.chapters for e in c.events]
    words = [*(name.replace("_", " ") for name in levers), "out of habit"]
    rows = [*range(len(levers)), MAX_LEVERS]
    for row, why in zip(rows, words, strict=True):
        told = sum(f"The firm called ({why})" in text for text in texts)
        assert 0 < told <= counts[Tally.CONTACTS + row] <= told + 2, why


def test_a_decision_on_signals_is_told():
    signals = {"rule": "goldenberg", "advertising_chance": 0.05}
    settings = world(
        market={"customers": 40, "share_active": 0},
        clock={"warmup_weeks": 0, "weeks": 30},
        adoption={**signals, "strong_signal_chance": 0.2},
    )
    weekly = PerceptionModel(settings, seed=3).run().weekly()
    lives = [life(settings, name, seed=3) for name in ids(settings)]
    kinds = [e.kind for each in lives for c in each.chapters for e in c.events]
    assert kinds.count("joined") == (weekly["joined"] + weekly["returned"]).sum() > 0
    assert kinds.count("rejected") == weekly["rejecters"][-1] > 0
    ends = [fate(each) for each in lives]
    for_good = [
        end for end in ends if end.endswith(" decides against the firm, for good.")
    ]
    assert len(for_good) == kinds.count("rejected")


def test_customers_of_a_file_go_by_their_own_names(tmp_path):
    path = tmp_path / "people.csv"
    head = "id,segment,stage,perception,trust,tenure_weeks\n"
    rows = (f"{k},key,{v},0.7,0.6,5\n" for k, v in PEOPLE.items())
    path.write_text(head + "".join(rows))
    settings = world(market={"customers_file": str(path)}, network={"kind": "none"})
    model = PerceptionModel(settings)
    assert [row_of(model, name) for name in ("anna", "cleo")] == [0, 2]
    assert life(settings, "bert").customer == "bert"
    with pytest.raises(ValueError, match="no customer 'dora'; there are 3: anna"):
        row_of(model, "dora")


def test_unknown_customer_is_named():
    with pytest.raises(ValueError, match="no customer '-3'"):
        life(world(), "-3")


def test_fate_is_how_it_ends():
    settings = load("baseline", ["market.customers=200", "clock.weeks=30"])
    fates = [fate(life(settings, name, seed=1)) for name in ids(settings, 1)[:40]]
    assert "is a customer from beginning to end." in fates
    assert any(text.startswith("in week") and "leaves, " in text for text in fates)


def test_twin_goes_on_as_before():
    twin = without_levers(world())
    assert twin.levers == ()
    assert "without its levers" in twin.name


def test_news_is_part_of_a_life():
    """And so many believe it in their stories as the week has counted."""
    news = {"scandal": {"from_week": 1, "lasts_weeks": 1, "news_reach": 1}}
    settings = world(
        market={"customers": 12},
        clock={"warmup_weeks": 2, "weeks": 3},
        shocks=[news],
    )
    weekly = PerceptionModel(settings, seed=3).run().weekly()
    lives = [life(settings, name, seed=3) for name in ids(settings)]
    texts = [e.text for each in lives for c in each.chapters for e in c.events]
    told = [text for text in texts if text.startswith("Heard bad news of the firm")]
    assert len(told) == weekly["news_heard"].sum() == 12
    believed = sum(text.endswith("and believed it.") for text in told)
    assert believed == weekly["news_believed"].sum()


# Who told whom


CROWDED = {
    "market": {"customers": 60},
    "clock": {"warmup_weeks": 4, "weeks": 16},
    "word_of_mouth": {"retell": 0.9, "meetings_per_week": 1.5, "reach": 0.5},
    "shocks": [{"scandal": {"from_week": 6, "lasts_weeks": 2, "news_reach": 0.5}}],
}


def lives_of(settings, seed=3):
    return {k: life(settings, k, seed=seed) for k in ids(settings, seed)}


@pytest.fixture(scope="module")
def crowd():
    return lives_of(world(**CROWDED))


def stories(lived, kind):
    return [
        (chapter.week, message)
        for chapter in lived.chapters
        for event in chapter.events
        if event.kind.startswith(kind)
        for message in event.messages
    ]


def test_every_message_is_told_by_one_and_heard_by_the_other(crowd):
    """And all of them are as many as the week has counted."""
    told = sorted(
        (week, name, each.name, each.is_believed)
        for name, lived in crowd.items()
        for week, each in stories(lived, "told")
    )
    heard = sorted(
        (week, each.name, name, each.is_believed)
        for name, lived in crowd.items()
        for week, each in stories(lived, "heard")
    )
    assert told == heard
    weekly = PerceptionModel(world(**CROWDED), seed=3).run().weekly()
    news, believed = weekly["news_heard"].sum(), weekly["news_believed"].sum()
    signs = ("positive", "negative")
    n = sum(weekly[f"messages_{sign}"].sum() for sign in signs)
    taken = sum(weekly[f"believed_{sign}"].sum() for sign in signs)
    assert len(heard) == n - news > 0
    assert sum(is_believed for *_, is_believed in heard) == taken - believed > 0


def test_so_many_are_named_as_the_sentence_counts(crowd):
    for lived in crowd.values():
        for chapter in lived.chapters:
            for event in chapter.events:
                if "news" not in event.text and event.kind.startswith("heard"):
                    word = event.text.split()[1]
                    n = NUMBERS.index(word) if word in NUMBERS else int(word)
                    assert len(event.messages) == n


def test_a_story_is_followed_from_its_first_teller(crowd):
    """Each teller believed it the week before from the one before, or from the news."""
    lengths, origins = set(), set()
    for lived in crowd.values():
        for week, message in stories(lived, "heard"):
            path = message.path
            lengths.add(len(path))
            assert path[-1].name == message.name
            assert path[-1].week == week
            origins.add(path[0].row == NOWHERE)
            for one, other in pairwise(path):
                assert one.week == other.week - 1
                if one.week < 0:
                    continue
                passed_on = [
                    event
                    for event in crowd[other.name].chapters[int(other.week)].events
                    if event.text.startswith("Passed on")
                ]
                assert passed_on, "who is not the first passes on"
                if one.row == NOWHERE:
                    before = crowd[other.name].chapters[int(one.week)].events
                    assert any("bad news" in event.text for event in before)
                    continue
                said = stories(crowd[one.name], "told")
                assert (one.week, other.name, True) in [
                    (then, each.name, each.is_believed) for then, each in said
                ]
            if path[0].row >= 0 and path[0].week >= 0:
                first = crowd[path[0].name].chapters[int(path[0].week)].events
                assert any(event.text.startswith("Told") for event in first)
    assert max(lengths) > 3
    assert origins == {True, False}


def test_a_weak_tie_carries_as_little_here_as_in_the_market(tmp_path):
    path = tmp_path / "ties.csv"
    rows = (f"{k},{(k + s) % 60},{s}\n" for k in range(60) for s in (1, 2, 3))
    path.write_text("source,target,weight\n" + "".join(rows))
    settings = world(**CROWDED, network={"kind": "file", "file": str(path)})
    weekly = PerceptionModel(settings, seed=3).run().weekly()
    n = weekly["messages_positive"] + weekly["messages_negative"]
    lives = lives_of(settings).values()
    heard = [each for lived in lives for each in stories(lived, "heard")]
    assert len(heard) == n.sum() - weekly["news_heard"].sum() > 0


def test_a_crowd_has_no_names():
    lives = lives_of(world(**{**CROWDED, "network": {"kind": "complete"}}))
    events = [e for each in lives.values() for c in each.chapters for e in c.events]
    assert any(event.kind == "heard good" for event in events)
    assert not any(event.messages for event in events)


def test_a_twin_without_shocks_keeps_the_levers():
    settings = world(**CROWDED)
    twin = without_shocks(settings)
    assert twin.shocks == ()
    assert twin.levers == settings.levers
