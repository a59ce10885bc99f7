"""Customers as Mesa agents: windows on the columns, and what Mesa does with them."""

import copy
import gc
import pickle
import weakref
from typing import get_type_hints

import mesa
import numpy as np
import pytest
from mesa.agent import AgentSet

from simulation.agents import DECLARED, READABLE, Customer, CustomerSet
from simulation.core.columns import Cause, Customers, Stage, declarations
from simulation.firm import Firm
from simulation.model import PerceptionModel
from simulation.scenario import Scenario

N = 200


def world(n=N, weeks=6, **sections):
    settings = {"market": {"customers": n}, "clock": {"warmup_weeks": 4}, **sections}
    model = PerceptionModel(Scenario(**settings), seed=5)
    for _ in range(weeks):
        model.step()
    return model


@pytest.fixture
def model():
    return world()


@pytest.fixture
def plain(model):
    """The same windows as Mesa would hold them."""
    return AgentSet([model.customers[row] for row in range(N)], model.random)


def columns(model):
    return {
        f"{part}.{name}": array
        for part, record in model.people._asdict().items()
        for name, array in record._asdict().items()
    }


def assert_same(one, other):
    mine, theirs = columns(one), columns(other)
    for name, column in mine.items():
        np.testing.assert_array_equal(column, theirs[name], err_msg=name)


def rows(agents):
    return [agent.row for agent in agents]


# Attributes


def test_every_column_is_an_attribute(model):
    parts = get_type_hints(Customers)
    assert len(DECLARED) == sum(len(declarations(part)) for part in parts.values())
    assert not set(DECLARED) & {*vars(mesa.Agent), "model", "row", "neighbours"}
    customer = model.customers[7]
    for name, attribute in DECLARED.items():
        column = attribute.of(model)[..., 7]
        value = getattr(customer, name)
        if attribute.is_wide:
            assert list(value) == model.settings.journey.names
            assert list(value.values()) == column.tolist()
        elif isinstance(value, int | float):
            assert value == column
            assert type(value) in (int, float, bool)
        else:
            assert value is None or isinstance(value, str | tuple)
        assert attribute.column.text[1:] in getattr(Customer, name).__doc__


def test_indices_read_as_names(model):
    relation, traits = model.people.relation, model.people.traits
    for customer in model.customers:
        row = customer.row
        assert customer.stage == Stage(relation.stage[row]).name.lower()
        cause = Cause(relation.cause[row])
        assert customer.cause == (cause.name.lower() if cause else None)
        segments = model.settings.market.segments
        assert customer.segment == segments[traits.segment[row]].name
        assert customer.is_active is bool(relation.stage[row] == Stage.ACTIVE)
    assert {None, "use"} <= set(model.customers.get("case_touchpoint"))
    assert "low_trust" in DECLARED["cause"].names(model)
    departments = set(model.customers.get("department"))
    assert departments <= {None, *model.settings.journey.departments}
    assert {(), ("use",)} <= set(model.customers.get("touchpoints"))


def test_tenure_counts_weeks_of_the_present_spell(model):
    customer = next(each for each in model.customers if each.is_active)
    before = customer.tenure_weeks
    assert before == model.tick - customer.since
    model.step()
    assert not customer.is_active or customer.tenure_weeks == before + 1
    assert all(c.tenure_weeks == 0 for c in model.customers if not c.is_active)


def test_labels_come_from_the_customers_file(tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(
        "id,segment,stage,perception,trust\nana,all,active,.5,.6\nbo,all,lost,.2,.3\n"
    )
    segments = [{"name": "all", "share": 1.0}]
    market = {"customers_file": str(file), "segments": segments}
    model = PerceptionModel(Scenario(market=market), seed=1)
    assert model.customers.get(["label", "stage"]) == [
        ["ana", "active"],
        ["bo", "lost"],
    ]
    assert repr(model.customers[1]) == (
        "<Customer bo: lost, perception 0.20, trust 0.30>"
    )
    assert repr(model.customers[0]).startswith("<Customer ana: active for ")


def test_writing_sets_the_column(model):
    customer, mind = model.customers[3], model.people.mind
    customer.trust = 0.25
    assert mind.trust[3] == 0.25
    customer.expectation = 0.5
    assert mind.expectation[:, 3].tolist() == [0.5] * 5
    customer.expectation = {"use": 1, "support": 0}
    assert customer.expectation["use"] == 1.0
    assert customer.expectation["support"] == 0.0
    assert customer.expectation["billing"] == 0.5
    customer.is_reviewer = False
    assert model.people.traits.is_reviewer[3] == 0
    customer.case_touchpoint = "billing"
    assert model.people.case.touchpoint[3] == 4
    customer.case_touchpoint = None
    assert model.people.case.touchpoint[3] == -1
    customer.cause = "low_trust"
    assert model.people.relation.cause[3] == Cause.LOW_TRUST
    customer.satisfaction = -1
    assert set(customer.satisfaction.values()) == {-1.0}
    model.step()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("trust", 1.4, r"trust: 1\.4 is not a number from 0 to 1"),
        ("perception", float("nan"), "perception: nan is not a number from 0 to 1"),
        ("perception", "high", "perception: 'high' is not a number"),
        ("expectation", {"use": -0.1}, r"expectation: -0\.1 is not a number"),
        ("expectation", {"usage": 0.1}, "'usage' is not a touchpoint; use information"),
        ("satisfaction", -0.5, r"satisfaction: -0\.5 is not"),
        ("frailty", -1, "frailty: -1 is not a number from 0"),
        ("spell", 1.5, r"spell: 1\.5 is not a whole number from 0 to 65535"),
        ("is_reviewer", 2, "is_reviewer: 2 is not True or False"),
        ("case_contact_lever", 17, "case_contact_lever: 17 is not a whole number"),
        ("cause", "boredom", "cause: 'boredom' is not one of None, background"),
        ("segment", "nobody", "segment: 'nobody' is not one of"),
    ],
)
def test_impossible_values_are_refused(model, name, value, message):
    before = copy.deepcopy(model)
    for write in (
        lambda: setattr(model.customers[3], name, value),
        lambda: model.customers.set(name, value),
    ):
        with pytest.raises(ValueError, match=message):
            write()
    assert_same(model, before)


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "degree",
        "is_sociable",
        "stage",
        "touchpoints",
        "referrer",
        "label",
        "unique_id",
    ],
)
def test_some_attributes_cannot_be_set(model, name):
    value = getattr(model.customers[0], name)
    with pytest.raises(AttributeError, match=f"{name} cannot be set: "):
        setattr(model.customers[0], name, value)


def test_other_attributes_are_kept_as_in_mesa(model):
    model.customers[4].mood = "calm"
    assert model.customers[4].mood == "calm"
    moods = model.customers.get("mood", handle_missing="default", default_value="?")
    assert moods[3:6] == ["?", "calm", "?"]
    model.customers.set("mood", "wary")
    assert set(model.customers.get("mood")) == {"wary"}


def test_neighbours_are_those_tied(model):
    ties = model.ties
    for row in (0, 17):
        expected = ties.target[ties.start[row] : ties.start[row + 1]].tolist()
        assert rows(model.customers[row].neighbours) == expected
        assert len(expected) == model.customers[row].degree
    assert rows(world(3, 0, network={"kind": "complete"}).customers[1].neighbours) == [
        0,
        2,
    ]
    assert len(world(3, 0, network={"kind": "none"}).customers[1].neighbours) == 0


# Leaving


def test_remove_loses_the_customer_and_keeps_the_row(model):
    customer = next(c for c in model.customers if c.is_active and c.degree > 0)
    customer.case_touchpoint, customer.case_due = "use", model.tick + 1
    friend = next(iter(customer.neighbours))
    pull, active = friend.pull, sum(model.customers.get("is_active"))
    customer.remove()
    assert (customer.stage, customer.since, customer.cause) == (
        "lost",
        model.tick,
        None,
    )
    assert (customer.case_touchpoint, customer.case_due) == (None, -1)
    assert friend.pull == pytest.approx(pull + 1)
    assert sum(model.customers.get("is_active")) == active - 1
    assert len(model.customers) == N
    assert customer in model.agents
    before = copy.deepcopy(model)
    customer.remove()
    assert_same(model, before)
    model.step()
    told = [model.metric(name) for name in ("active", "prospects", "lost")]
    assert sum(told) == N


def test_remove_does_what_leaving_in_the_week_does(model):
    """The columns that the kernel writes for a leaver are those written here."""
    people = model.people
    people.relation.threshold[:] = 0
    active = people.relation.stage == Stage.ACTIVE
    people.case.touchpoint[active] = 2
    twin = copy.deepcopy(model)
    model.step()
    left = (people.relation.stage == Stage.LOST) & active
    assert left.all(where=active)
    for row in np.flatnonzero(left).tolist():
        twin.customers[row].remove()
    for part, name in (
        ("relation", "stage"),
        ("case", "touchpoint"),
        ("case", "due"),
        ("case", "contact_due"),
    ):
        kernel = getattr(getattr(people, part), name)[left]
        here = getattr(getattr(twin.people, part), name)[left]
        np.testing.assert_array_equal(kernel, here, err_msg=name)


@pytest.mark.parametrize("phase", ["serve", "choose", "measure"])
def test_a_loss_inside_a_phase_is_felt_once(phase):
    """As between two ticks: before people choose, as if a tick ago."""
    leaver = None

    def lose(self):
        nonlocal leaver
        getattr(PerceptionModel, phase)(self)
        if leaver is None:
            leaver = next(c for c in self.customers if c.is_active and c.degree)
            leaver.remove()
            self.pulled = self.people.mind.pull.copy()

    quiet = {"hazard_min": 0, "hazard_max": 0, "stated_walk_out": 0}
    changes = {"leaving": quiet, "joining": {"return_chance": 0}}
    kind = type("Losing", (PerceptionModel,), {phase: lose})
    model = kind(world(N, 1, **changes).settings, seed=1)
    model.step()
    assert model.pulled.max() == 1
    model.step()
    assert model.people.mind.pull.max() <= 1


def test_prospects_have_nothing_to_leave(model):
    prospect = next(each for each in model.customers if each.stage == "prospect")
    prospect.remove()
    assert prospect.stage == "prospect"


def test_everybody_of_a_complete_network_notices():
    model = world(50, 1, network={"kind": "complete"})
    before = model.people.mind.pull.copy()
    leaver = next(each for each in model.customers if each.is_active)
    leaver.remove()
    others = np.arange(50) != leaver.row
    assert (model.people.mind.pull > before)[others].all()
    assert leaver.pull == before[leaver.row], "nobody is a contact of themselves"


# Agent sets


def test_windows_are_made_on_demand_and_kept(model):
    assert not model.customers._windows
    assert len(model.agents) == N + 1
    model.customers.get("trust")
    model.customers.agg("trust", np.mean)
    model.customers.set("asked", 0.5)
    assert not model.customers._windows
    assert model.customers[3] is model.customers[3]
    assert model.customers[-1].row == N - 1
    assert rows(model.customers[2:8:3]) == [2, 5]
    assert len(model.customers._windows) == 4
    assert rows(model.customers.select(at_most=2)) == [0, 1]
    assert len(model.customers._windows) == 6
    with pytest.raises(IndexError, match="no agent 200; there are 200"):
        model.customers[N]


def test_firm_and_customers_are_the_agents(model):
    agents = list(model.agents)
    assert agents[0] is model.firm
    assert agents[1:] == list(model.customers)
    assert model.agents is model.agents
    assert model.agents[0] is model.firm
    assert model.agents[1] is model.customers[0]
    assert model.agents[-1] is model.customers[N - 1]
    assert model.agents[:2] == agents[:2]
    assert model.agents.to_list() == agents
    assert isinstance(model.agents, AgentSet)
    assert isinstance(model.customers, CustomerSet)
    assert model.agent_types == [Firm, Customer]
    assert list(model.agents_by_type) == model.agent_types
    assert model.agents_by_type[Customer] is model.customers
    assert list(model.agents_by_type[Firm]) == [model.firm]
    assert model.agents.get("unique_id") == list(range(1, N + 2))
    with pytest.raises(AttributeError):
        model.agents = []


def test_members(model):
    customer, stranger = model.customers[5], world(10, 0).customers[5]
    assert customer in model.customers
    assert customer in model.agents
    assert model.firm in model.agents
    assert model.firm not in model.customers
    assert stranger not in model.customers
    assert stranger not in model.agents
    assert model.customers.index(customer) == 5
    assert model.customers.count(customer) == 1
    assert model.customers.count(stranger) == 0
    with pytest.raises(ValueError, match="not among these customers"):
        model.customers.index(stranger)


def test_agents_that_register_get_ids_of_their_own(model):
    class Rival(mesa.Agent):
        pass

    rivals = [Rival(model), Rival(model)]
    assert [rival.unique_id for rival in rivals] == [N + 2, N + 3]
    assert len(model.agents) == N + 3
    assert model.agent_types == [Firm, Rival, Customer]
    assert list(model.agents)[:3] == [model.firm, *rivals]
    rivals[0].remove()
    assert rivals[0] not in model.agents
    assert len(set(model.agents.get("unique_id"))) == N + 2


@pytest.mark.parametrize("name", READABLE)
def test_get_equals_mesa(model, plain, name):
    assert model.customers.get(name) == plain.get(name)
    assert model.customers.get([name, "row"]) == plain.get([name, "row"])
    assert model.customers.get([name, name]) == plain.get([name, name])


@pytest.mark.parametrize(
    "name", [name for name, a in DECLARED.items() if not a.is_wide and name != "id"]
)
def test_agg_and_sort_equal_mesa(model, plain, name):
    if isinstance(plain.get(name)[0], int | float):
        functions = [np.mean, np.sum, np.std, np.median, min, max, sum, len]
        mine, theirs = model.customers.agg(name, functions), plain.agg(name, functions)
        assert mine == theirs
        assert [type(x) for x in mine] == [type(x) for x in theirs]
        assert model.customers.agg(name, np.max) == plain.agg(name, np.max)
        for ascending in (True, False):
            mine, theirs = (
                agents.sort(name, ascending) for agents in (model.customers, plain)
            )
            assert rows(mine) == rows(theirs)


def test_the_rest_is_as_in_mesa(model, plain):
    customers = model.customers

    def is_unhappy(customer):
        return customer.perception < 0.6

    assert rows(customers.select(is_unhappy)) == rows(plain.select(is_unhappy))
    assert rows(customers.select(is_unhappy, at_most=3)) == rows(
        plain.select(is_unhappy, at_most=3)
    )
    for at_most in (0, 1, 0.1, 1.0, 2.5, 10_000):
        assert rows(customers.select(at_most=at_most)) == rows(
            plain.select(at_most=at_most)
        )
    assert rows(customers.select()) == list(range(N))
    assert list(model.agents.select(agent_type=Firm)) == [model.firm]
    assert rows(model.agents.select(agent_type=Customer)) == list(range(N))
    assert customers.groupby("stage").count() == plain.groupby("stage").count()
    assert customers.groupby(is_unhappy).agg("trust", np.mean) == plain.groupby(
        is_unhappy
    ).agg("trust", np.mean)
    assert customers.map(is_unhappy) == plain.map(is_unhappy)
    assert customers.sort(lambda c: -c.trust)
    assert set(customers) == set(plain)
    assert len(customers & customers.select(at_most=5)) == 5
    assert len(model.agents - set(customers)) == 1
    assert len(copy.copy(customers)) == len(customers.copy()) == N
    with pytest.raises(AttributeError):
        customers.get("nothing")
    with pytest.raises(ValueError, match="Unknown handle_missing"):
        customers.get("trust", handle_missing="perhaps")


def test_do_reaches_everybody_in_the_order_of_mesa(model, plain):
    for method in ("do", "shuffle_do", "shuffle"):
        orders = []
        for agents in (model.customers, plain):
            model.random.seed(1)
            seen = []
            if method == "shuffle":
                seen = list(agents.shuffle())
            else:
                getattr(agents, method)(seen.append)
            orders.append(rows(seen))
        assert orders[0] == orders[1]
    assert (
        model.customers.do(lambda c, x: setattr(c, "trust", x), 0.5) is model.customers
    )
    assert set(model.customers.get("trust")) == {0.5}
    model.agents.shuffle_do("step")
    model.customers.do("remove")
    assert not model.is_customer().any()


def test_members_and_their_order_are_fixed(model):
    customer = model.customers[0]
    for change in (
        lambda: model.agents.shuffle(inplace=True),
        lambda: model.customers.sort("trust", inplace=True),
        lambda: model.customers.select(inplace=True),
        lambda: model.customers.add(customer),
        lambda: model.customers.discard(customer),
        lambda: model.agents.remove(customer),
        lambda: model.agents.clear(),
    ):
        with pytest.raises(TypeError, match="work on a copy"):
            change()


def test_the_firm_has_no_perception(model):
    trusts = model.agents.get("trust")
    assert np.isnan(trusts[0])
    assert trusts[1:] == model.customers.get("trust")
    mean = model.customers.agg("trust", np.mean)
    assert model.agents.agg("trust", np.nanmean) == pytest.approx(mean)
    assert model.agents.get(["stage", "expectation", "unique_id"])[0] == [None, None, 1]
    with pytest.raises(AttributeError, match="are the customers alone"):
        model.agents.get("row")
    assert model.agents.get("row", handle_missing="default")[:2] == [None, 0]
    assert model.agents.agg("unique_id", max) == N + 1
    model.agents.set("mark", 1)
    assert model.firm.mark == model.customers[9].mark == 1


# Collecting, copying


def collector():
    return mesa.DataCollector(
        model_reporters={"nps": lambda m: m.metric("true_nps"), "week": "week"},
        agent_reporters={"perception": "perception", "trust": "trust"},
        agenttype_reporters={Customer: {"stage": "stage"}},
    )


def test_data_collector_watches_and_changes_nothing():
    watched, alone = world(60, 0), world(60, 0)
    watched.datacollector = collector()
    for _ in range(8):
        watched.step()
        watched.datacollector.collect(watched)
        alone.step()
    assert_same(watched, alone)
    for name, column in alone.weekly().items():
        np.testing.assert_array_equal(watched.weekly()[name], column)
    table = watched.datacollector.get_model_vars_dataframe()
    assert table["week"].tolist() == [-3, -2, -1, 0, 1, 2, 3, 4]
    assert not table["nps"].isna().any()
    assert table["nps"].tolist()[4:] == alone.weekly()["true_nps"].tolist()
    agents = watched.datacollector.get_agent_vars_dataframe()
    assert len(agents) == 8 * 61
    last = agents.iloc[-61:].reset_index()
    assert last["AgentID"].tolist() == list(range(1, 62))
    assert np.isnan(last["perception"][0])
    assert last["trust"].tolist()[1:] == alone.customers.get("trust")
    stages = watched.datacollector.get_agenttype_vars_dataframe(Customer)
    assert len(stages) == 8 * 60


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "copy": lambda model: model.copy(),
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
def test_copies_go_on_alike_and_apart(model, duplicate):
    model.favourite = model.customers[3]
    model.unhappy = model.customers.select(lambda c: c.perception < 0.6)
    assert len(model.unhappy) > 0
    kept = copy.deepcopy(columns(model))
    twin = duplicate(model)
    assert_same(model, twin)
    assert twin.favourite is twin.customers[3]
    assert twin.favourite is not model.favourite
    assert twin.favourite.model is twin
    assert twin.customers.model is twin
    assert twin.agents.customers is twin.customers
    assert next(iter(twin.agents)) is twin.firm is not model.firm
    assert twin.firm.model is twin
    assert rows(twin.unhappy) == rows(model.unhappy)
    assert all(each in twin.agents for each in twin.unhappy)
    assert not any(
        np.shares_memory(mine, theirs)
        for mine, theirs in zip(
            columns(model).values(), columns(twin).values(), strict=True
        )
    )
    for _ in range(10):
        twin.step()
    for name, column in columns(model).items():
        np.testing.assert_array_equal(column, kept[name], err_msg=name)
    for _ in range(10):
        model.step()
    assert_same(model, twin)
    for name, column in model.weekly().items():
        np.testing.assert_array_equal(column, twin.weekly()[name], err_msg=name)
    twin.favourite.trust = 0.0
    assert model.people.mind.trust[3] > 0
    assert mesa.Agent(twin).unique_id == N + 2


def test_forgotten_models_are_freed():
    """Mesa 3.3 would keep every model that ever had an agent."""
    model = world(10, 1)
    list(model.agents)
    ghost = weakref.ref(model)
    del model
    gc.collect()
    assert ghost() is None


def test_a_large_market_makes_no_objects():
    model = world(200_000, 0, network={"kind": "none"})
    assert len(model.agents) == 200_001
    assert model.customers[123_456].unique_id == 123_458
    assert 0 < model.customers.agg("trust", np.mean) < 1
    assert len(model.customers._windows) == 1
