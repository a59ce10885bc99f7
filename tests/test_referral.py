"""Who joins on a contact's praise is bound to that one, until the bond ends."""

import numpy as np
import pytest

from simulation.core.choice import hazard_of
from simulation.core.columns import NOWHERE, Stage
from simulation.core.randomness import Stream, uniform_pair
from simulation.counterfactual import Direct, Twin
from simulation.model import PerceptionModel
from simulation.scenario import Scenario, load
from tests.limits import SURE

TALKATIVE = {
    "joining": {"advertising_chance": 0, "message_effect": 0.5},
    "word_of_mouth": {"reach": 0.8, "talk_base": 0.5},
    "clock": {"warmup_weeks": 0, "weeks": 30},
}
"""A market in which every joiner has believed a good story."""


def market(ratio, n=1000, **sections):
    leaving = {"referral_hazard_ratio": ratio, "stated_walk_out": 0}
    tree = {"market": {"customers": n}, **TALKATIVE, "leaving": leaving}
    for name, section in sections.items():
        tree[name] = {**tree.get(name, {}), **section}
    return Scenario.model_validate(tree)


def bound_to(model):
    """Who is bound, and to whom, by row."""
    referrer = model.people.relation.referrer
    (who,) = np.nonzero(referrer != NOWHERE)
    return who, referrer[who]


def test_a_bond_is_to_a_contact_who_is_a_customer():
    model = PerceptionModel(market(0.5))
    for _ in range(10):
        model.step()
    relation, ties = model.people.relation, model.ties
    who, to_whom = bound_to(model)
    assert len(who) > 50
    assert model.is_customer()[who].all()
    for i, j in zip(who.tolist(), to_whom.tolist(), strict=True):
        assert j in ties.target[ties.start[i] : ties.start[i + 1]]
    assert (relation.stage[to_whom] == Stage.ACTIVE).all()
    assert (relation.since[to_whom] < relation.since[who]).all()
    is_other = model.is_customer() & (relation.spell == 1) & (relation.since > 0)
    is_other[who] = False
    assert is_other.any(), "strangers refer too, and bind nobody"


def test_the_bond_ends_when_the_referrer_leaves():
    """What is left of the way to leaving is as long as if there had been no bond."""
    ratio = 0.5
    model = PerceptionModel(market(ratio))
    relation = model.people.relation
    n_ended = 0
    for _ in range(30):
        before, threshold = relation.referrer.copy(), relation.threshold.copy()
        model.step()
        has_left = (relation.stage == Stage.LOST) & (relation.since == model.tick)
        ended = (before != NOWHERE) & has_left[before] & (relation.spell == 1)
        assert (relation.referrer[ended] == NOWHERE).all()
        left = threshold[ended] - relation.hazard[ended]
        expected = relation.hazard[ended] + ratio * left
        assert relation.threshold[ended] == pytest.approx(expected, rel=1e-6)
        n_ended += ended.sum()
    assert n_ended > 10


def test_a_ratio_of_one_is_no_bond_at_all():
    """Everybody leaves at the hazard that was drawn, whoever referred whom and left."""
    model = PerceptionModel(market(1.0)).run()
    relation, key = model.people.relation, model.traits_keys[Stream.SPELL, 0]
    assert len(bound_to(model)[0]) > 50
    for i in np.flatnonzero((relation.spell == 1) & (relation.since > 0)).tolist():
        luck = uniform_pair(key, model.people.traits.id[i], 1)
        assert relation.threshold[i] == np.float32(hazard_of(1 - luck))


def test_referred_customers_leave_less_often_by_the_ratio():
    """At one hazard for all, and referrers who never leave: C6 with two hazards."""
    ratio, chance = 0.5, 0.02
    settings = market(
        ratio,
        20_000,
        leaving={
            "hazard_min": 0,
            "hazard_max": 0,
            "trust_effect": 0,
            "asked_factor": 1,
            "frailty_shape": np.inf,
            "pull_hazard_ratio": 1,
        },
    )
    model = PerceptionModel(settings)
    for _ in range(12):
        model.step()
    who, _ = bound_to(model)
    joiners = np.flatnonzero((model.people.relation.since > 0) & model.is_customer())
    others = np.setdiff1d(joiners, who)
    relation = model.people.relation
    reached = -np.log(1 - chance) * 12
    for rows, factor in ((who, ratio), (others, 1.0)):
        share = (relation.threshold[rows] < reached).mean()
        expected = 1 - np.exp(-reached * factor)
        error = np.sqrt(expected * (1 - expected) / rows.size)
        assert abs(share - expected) < SURE * error
    assert len(who) > 1000


def test_who_had_joined_without_praise_is_bound_to_nobody():
    """The same draw, in a market in which praise moves nobody."""
    settings = market(0.5, joining={"advertising_chance": 0.3, "message_effect": 0.1})
    model = PerceptionModel(settings)
    n_bound = 0
    while not model.is_over:
        deaf = model.copy()
        deaf.numbers = deaf.numbers._replace(
            joining=deaf.numbers.joining._replace(message_effect=0.0)
        )
        model.step()
        deaf.step()
        relation = model.people.relation
        new = (relation.since == model.tick) & (relation.referrer != NOWHERE)
        assert not deaf.is_customer()[new].any()
        n_bound += new.sum()
    assert n_bound > 10


def test_signals_of_another_rule_bind_nobody():
    settings = market(0.5, adoption={"rule": "goldenberg"})
    model = PerceptionModel(settings).run()
    assert (model.people.relation.since > 0).any()
    assert len(bound_to(model)[0]) == 0


@pytest.mark.parametrize("kind", ["complete", "none"])
def test_a_crowd_without_ties_binds_nobody(kind):
    model = PerceptionModel(market(0.5, network={"kind": kind})).run()
    assert (model.people.relation.spell > 0).any()
    assert len(bound_to(model)[0]) == 0


def test_removing_the_referrer_ends_the_bond():
    model = PerceptionModel(market(0.5))
    for _ in range(10):
        model.step()
    relation = model.people.relation
    who, to_whom = bound_to(model)
    i, j = who[0], to_whom[0]
    before, hazard = relation.threshold[i], relation.hazard[i]
    model.customers[int(j)].remove()
    assert relation.referrer[i] == NOWHERE
    assert relation.threshold[i] == pytest.approx(hazard + 0.5 * (before - hazard))


def test_in_a_direct_world_the_bond_is_to_the_twins_people():
    """Else word of mouth hid in it: there, more referrers leave by themselves."""
    treated = market(0.5)
    base = treated.model_copy(update={"levers": load("follow_up").levers})
    twin = Twin(base)
    direct = Direct(treated, twin)
    n_gone = 0
    while not twin.is_over:
        twin.step()
        direct.step()
        _, to_whom = bound_to(direct)
        assert (twin.people.relation.stage[to_whom] == Stage.ACTIVE).all()
        n_gone += (direct.people.relation.stage[to_whom] == Stage.LOST).sum()
    assert n_gone > 0
