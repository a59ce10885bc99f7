"""One customer's life: told without changing it, and told truly."""

import numpy as np
import pytest

from simulation.model import PerceptionModel
from simulation.scenario import Scenario, load
from simulation.story import Watched, fate, life, row_of, without_levers
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
        "heard good", "heard bad", "read", "asked", "joined", "left",
    }  # fmt: skip


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
