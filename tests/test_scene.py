"""A world that is looked at lives as any other, and what is seen of it is so."""

import numpy as np
import pytest

from simulation.core.columns import Stage, Tally
from simulation.core.randomness import uniform
from simulation.levers import FollowUp, Overselling, Referral
from simulation.messages import uniforms
from simulation.model import PerceptionModel
from simulation.scenario import Scenario, load
from simulation.scene import FULL, GONE, PROSPECT, SHOWN, Scene, Seen
from simulation.story import life

SMALL = ["market.customers=300", "clock.warmup_weeks=6", "clock.weeks=12"]


def small(name="follow_up", *more) -> Scenario:
    return load(name, [*SMALL, "levers[0].follow_up.from_week=0", *more])


def is_same(one: PerceptionModel, other: PerceptionModel) -> bool:
    records = zip(one.people, other.people, strict=True)
    columns = (pair for records in records for pair in zip(*records, strict=True))
    return all(np.array_equal(a, b) for a, b in columns)


def counted(scene: Scene, what: Seen) -> int:
    return int((scene.seen & what > 0).sum())


# Looking


def test_looking_changes_nothing():
    scene, plain = Scene(small(), seed=3), PerceptionModel(small(), seed=3)
    while not scene.is_over:
        scene.live()
    plain.run()
    assert is_same(scene, plain)
    assert np.array_equal(scene.counts, plain.counts)


def test_what_is_seen_is_what_the_kernels_counted():
    scene = Scene(small(), seed=3)
    reviews = 0
    while not scene.is_over:
        frame = scene.live()
        told = scene.told
        assert counted(scene, Seen.SPOKE) == told[Tally.STORIES]
        assert counted(scene, Seen.REPAIRED) == told[Tally.REPAIRED]
        assert counted(scene, Seen.WRONGED) <= told[Tally.SEVERE]
        posted = told[Tally.STARS : Tally.STARS + 5].sum()
        assert counted(scene, Seen.REVIEWED) <= posted
        reviews += posted - counted(scene, Seen.REVIEWED)
        assert (counted(scene, Seen.BELIEVED) > 0) == (
            told[Tally.BELIEVED_POSITIVE] + told[Tally.BELIEVED_NEGATIVE] > 0
        )
        assert frame.numbers[SHOWN.index("active")] == told[Tally.ACTIVE]
    assert reviews <= 2, "only who posts twice in a week is counted once"


def test_a_byte_says_who_thinks_what_and_who_is_gone():
    scene = Scene(small(), seed=3)
    frame, stage = scene.live(), scene.people.relation.stage
    assert (frame.perception[stage == Stage.PROSPECT] == PROSPECT).all()
    assert (frame.perception[stage == Stage.LOST] == GONE).all()
    here = stage == Stage.ACTIVE
    shown = frame.perception[here] / FULL
    assert np.abs(shown - scene.people.mind.perception[here]).max() <= 0.5 / FULL + 1e-6


def test_who_rejects_the_firm_never_was_a_customer():
    rule = ["adoption.rule=goldenberg", "adoption.advertising_chance=.2"]
    scene = Scene(small("follow_up", *rule, "market.share_active=0"), seed=3)
    frame = scene.live()
    rejected = scene.people.relation.stage == Stage.REJECTER
    assert rejected.any()
    assert (frame.perception[rejected] == PROSPECT).all()


@pytest.mark.parametrize("weeks", [0, 10])
def test_frame_of_the_start_has_the_stocks_of_the_warm_up(weeks):
    scene = Scene(small("follow_up", f"clock.warmup_weeks={weeks}"), seed=3)
    frame = scene.frame()
    assert frame.week == 0
    stage, shown = (
        scene.people.relation.stage,
        dict(zip(SHOWN, frame.numbers, strict=True)),
    )
    for name, who in (("prospects", 0), ("active", 1), ("lost", 2)):
        assert shown[name] == (stage == who).sum()


def test_bytes_are_week_numbers_perception_seen():
    frame = Scene(small(), seed=3).live()
    packed = frame.tobytes()
    head = 8 * (1 + len(SHOWN))
    assert len(packed) == head + 2 * 300
    numbers = np.frombuffer(packed[:head], "<f8")
    assert numbers[0] == 1
    np.testing.assert_array_equal(numbers[1:], frame.numbers)
    assert packed[head : head + 300] == frame.perception.tobytes()


def test_ticks_of_a_day_make_a_week():
    settings = small("follow_up", "clock.tick_days=1")
    frame = Scene(settings, seed=3).live()
    assert frame.week == 1


def test_draws_of_many_are_the_draws_of_each():
    key, ids = np.uint64(2**63 + 5), np.arange(40, dtype=np.uint64)
    assert uniforms(key, ids).tolist() == [uniform(key, i) for i in ids]


# Changing one's mind


def test_adopting_the_same_levers_changes_nothing():
    one, two = (PerceptionModel(small(), seed=5) for _ in range(2))
    while not one.is_over:
        two.adopt(two.settings.levers)
        one.step()
        two.step()
    assert is_same(one, two)
    assert np.array_equal(one.ledger, two.ledger, equal_nan=True)


def test_adopting_at_the_start_is_having_had_them():
    levers = small().levers
    late = PerceptionModel(load("baseline", SMALL), seed=5)
    while late.week < 0:
        late.step()
    late.adopt(levers)
    early = PerceptionModel(small(), seed=5).run()
    assert is_same(late.run(), early)
    assert np.array_equal(late.ledger, early.ledger, equal_nan=True)


def test_a_lever_of_no_strength_changes_nothing_when_adopted():
    one, two = (PerceptionModel(small(), seed=5) for _ in range(2))
    while not one.is_over:
        if two.week == 4:
            two.adopt((*two.settings.levers, Referral(strength=0)))
        one.step()
        two.step()
    assert is_same(one, two)


def test_a_change_acts_from_its_week_on_and_not_before():
    one, two = (PerceptionModel(small(), seed=5) for _ in range(2))
    (lever,) = one.settings.levers
    while one.week < 6:
        one.step()
        two.step()
    assert is_same(one, two)
    two.adopt((lever.model_copy(update={"strength": 0.0}),))
    one.run()
    two.run()
    contacts = Tally.CONTACTS_MADE
    assert two.counts[8:, contacts].sum() < one.counts[8:, contacts].sum()


def test_what_was_promised_and_paid_once_stays():
    settings = load("overselling", [*SMALL, "levers[0].overselling.from_week=0"])
    settings = settings.model_copy(
        update={"levers": (Overselling(speed=0.2, cost_once=100.0),)}
    )
    model = PerceptionModel(settings, seed=5)
    while model.week < 6:
        model.step()
    before = model.firm.levers.promise[0].copy()
    model.adopt((Overselling(speed=0.0, cost_once=100.0),))
    model.run()
    assert np.array_equal(model.firm.levers.promise[0], before)
    assert model.weekly()["cost_levers"].sum() == 100


@pytest.mark.parametrize("levers", [(), (Referral(),), (Referral(), FollowUp())])
def test_a_lever_keeps_its_row(levers):
    model = PerceptionModel(small(), seed=5)
    with pytest.raises(ValueError, match=r"levers\[0\]: was follow_up.*strength 0"):
        model.adopt(levers)


def test_a_life_is_told_with_the_changes_up_to_a_week():
    settings, changed = small(), (FollowUp(strength=0.0),)
    model = PerceptionModel(settings, seed=5)
    while model.week < 9:
        if model.week == 4:
            model.adopt(changed)
        model.step()
    for row in (0, 17, 203):
        name = str(model.people.traits.id[row])
        lived = life(settings, name, seed=5, changes={4: changed}, weeks=9)
        assert len(lived.chapters) == 9
        assert lived.chapters[-1].trust == model.people.mind.trust[row]
