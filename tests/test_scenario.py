"""Scenario files: what they may say, what they become, how a mistake is reported."""

import json
import math
import pickle
import re
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.core.columns import MAX_LEVERS
from simulation.core.parameters import Numbers
from simulation.quantity import Section, quantity
from simulation.scenario import (
    Scenario,
    ScenarioError,
    load,
    parameters,
    resolved,
    schema,
    shipped,
)
from simulation.scenario.adoption import Adoption
from simulation.scenario.choice import Joining, Leaving
from simulation.scenario.clock import Clock
from simulation.scenario.faults import known_keys
from simulation.scenario.files import SHIPPED
from simulation.scenario.firm import Firm
from simulation.scenario.journey import Journey
from simulation.scenario.market import Market
from simulation.scenario.money import Money
from simulation.scenario.network import Network
from simulation.scenario.perception import Perception, Trust
from simulation.scenario.recovery import Recovery
from simulation.scenario.survey import Survey
from simulation.scenario.tree import read, steps, written
from simulation.scenario.whole import FILE_KEYS
from simulation.scenario.word_of_mouth import Reviews, WordOfMouth


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(folder, text, name="x.yaml", overrides=()):
    """Return what loading a file with this text reports: one clean line."""
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        load(name, overrides)
    return clean(str(error.value))


def clean(message):
    assert "\n" not in message
    assert "http" not in message
    assert "Traceback" not in message
    assert "pydantic" not in message
    assert "validation error" not in message
    return message


# What ships


@pytest.mark.parametrize("name", shipped())
def test_shipped_scenario_loads_by_its_bare_name(name):
    assert load(name) == load(SHIPPED / f"{name}.yaml")


def test_baseline_is_the_defaults():
    assert load("baseline") == Scenario()


def keys_of(tree, above=""):
    for key, value in tree.items():
        yield f"{above}{key}"
        if isinstance(value, dict):
            yield from keys_of(value, f"{above}{key}.")


def test_baseline_states_every_key_with_a_comment():
    text = (SHIPPED / "baseline.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    everything = set(keys_of(Scenario().plain()))
    assert set(keys_of(yaml.safe_load(text))) == everything
    for parameter in parameters():
        if not parameter.path.startswith(("levers.", "shocks.")):
            source = " ".join(re.sub(r"\n *#", " ", text).split())
            assert " ".join(parameter.source.split()) in source, parameter.path


@pytest.mark.parametrize("name", [n for n in shipped() if n != "baseline"])
def test_question_is_short_and_listed(name):
    text = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")
    assert 10 <= len(text.splitlines()) <= 30
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    assert yaml.safe_load(text)["extends"] == "baseline"
    assert load(name).question in (SHIPPED / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "mean"),
    [("airline", 0.7514), ("broadband", 0.6520), ("bank", 0.7936)],
)
def test_industry_starts_as_satisfied_as_the_survey(name, mean):
    shares = load(f"industry_{name}").market.satisfaction_shares()
    assert math.fsum(shares) == pytest.approx(1, abs=1e-12)
    assert sum(s * i / 9 for i, s in enumerate(shares)) == pytest.approx(mean, abs=1e-4)


def test_promise_is_the_question_s_own(folder):
    """It is handed on to nobody, and changes no run."""
    (folder / "x.yaml").write_text("extends: overselling\n")
    other = load("x.yaml")
    assert other.promise is None
    assert other.digest() == load("overselling").digest()


@pytest.mark.parametrize(
    ("override", "n_cautions"),
    [
        ("network.degree=20", 0),
        ("network.degree=40", 1),
        ("leaving.pull_hazard_ratio=5", 1),
        ("network={kind: none, degree: 40}", 0),
    ],
)
def test_care_is_asked_for_where_leaving_feeds_itself(override, n_cautions):
    cautions = load("baseline", [override]).cautions()
    assert len(cautions) == n_cautions
    assert all(text.startswith("network.degree: ") for text in cautions)


def test_care_is_asked_for_where_a_skill_is_learned_unasked():
    """Half a year before the condition is first met, and nothing paid for it."""
    when = "when: {metric: rating, below: 3}"
    for lever, fields, n_cautions in (
        ("training", when, 1),
        ("training", f"{when}, learning_weeks: 0", 0),
        ("training", "", 0),
        ("service_improvement", when, 0),
    ):
        cautions = load("baseline", [f"levers=[{{{lever}: {{{fields}}}}}]"]).cautions()
        assert len(cautions) == n_cautions
        assert all(text.startswith("levers[0].training.when: ") for text in cautions)


def test_nothing_that_ships_asks_for_care():
    assert not [name for name in shipped() if load(name).cautions()]


# Schema and parameters


def test_schema_file_is_fresh():
    stored = (SHIPPED / "schema.json").read_text(encoding="utf-8")
    assert json.loads(stored) == json.loads(json.dumps(schema(), allow_nan=False))


def test_schema_is_json_schema():
    jsonschema.Draft202012Validator.check_schema(schema())


def accepts(text):
    validator = jsonschema.Draft202012Validator(schema())
    return validator.is_valid(yaml.safe_load(text))


@pytest.mark.parametrize("name", shipped())
def test_schema_accepts_what_ships(name):
    assert accepts((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "extends: baseline",
        "levers: [{follow_up: null}, {consistency: {fit_loss: 0}}]",
        "shocks: [{scandal: null}, {outage: {breaks: handoffs}}]",
        "journey: {touchpoints: {use: {quality_mean: 0.9}}}",
        "leaving: {frailty_shape: .inf}",
        "firm: {promise: {use: 0.9}}",
        "market:",
    ],
)
def test_schema_accepts(text):
    assert accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        "markt: {}",
        "market: {customers: 0}",
        "market: {customers: many}",
        "levers: [{follow_up: {coverage: 1.4}}]",
        "levers: [{folow_up: {}}]",
        "levers: [{follow_up: {}, consistency: {}}]",
        "journey: {touchpoints: {use: {quality_mean: 2}}}",
        "firm: {promise: 2}",
        "shocks: [{scandal: {size: 2}}]",
        "shocks: [{fire: {}}]",
    ],
)
def test_schema_refuses(text):
    assert not accepts(text)


def test_schema_describes_unit_range_and_source():
    share = schema()["$defs"]["Market"]["properties"]["share_active"]
    assert (share["minimum"], share["maximum"]) == (0, 1)
    for words in ("Unit: share", "Usual: 0.2 to 0.8", "Source: Assumption"):
        assert words in share["description"]


@pytest.mark.parametrize("parameter", parameters(), ids=lambda p: p.path)
def test_number_has_unit_range_source_and_a_default_inside(parameter):
    assert parameter.unit
    assert len(parameter.text) > 10
    assert re.search(r"(19|20)\d\d|Assumption: \w|Net promoter", parameter.source)
    low, high = parameter.range
    assert low < high
    assert parameter.ge <= low
    assert parameter.le is None or high <= parameter.le
    if parameter.default is not None:
        assert low <= parameter.default <= high


def test_parameter_paths_are_overrides():
    assert len({p.path for p in parameters()}) == len(parameters())
    for parameter in parameters():
        top, name, *_ = f"{parameter.path}.".split(".")
        entries = [f"{top}=[{{{name}: }}]"] if top in ("levers", "shocks") else []
        value = resolved_value(parameter.default)
        assert load("baseline", [*entries, f"{parameter.path}={value}"])


def resolved_value(value):
    return "null" if value is None else value


# Loading and writing


@pytest.mark.parametrize("name", shipped())
def test_resolved_scenario_loads_to_an_equal_one(name, folder):
    scenario = load(name)
    (folder / "again.yaml").write_text(resolved(scenario), encoding="utf-8")
    again = load("again.yaml")
    assert again == scenario
    assert again.digest() == scenario.digest()


@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    question=st.sampled_from(["1e3", "null", "yes", "2020-01-01", "0x1F", "~", "1:30"]),
    shape=st.floats(0.05, 50) | st.just(math.inf),
)
def test_round_trip_of_texts_and_infinity(tmp_path_factory, name, question, shape):
    scenario = Scenario(name=name, question=question, leaving={"frailty_shape": shape})
    path = tmp_path_factory.mktemp("round") / "again.yaml"
    path.write_text(resolved(scenario), encoding="utf-8", newline="")
    assert load(path) == scenario


def test_scenario_can_be_pickled_and_not_changed():
    scenario = load("follow_up")
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    with pytest.raises(ValueError, match="frozen"):
        scenario.name = "other"


def test_digest_is_of_the_content(folder):
    base = load("baseline")
    assert base.digest() == load("baseline", ["name=other"]).digest()
    assert base.digest() != load("baseline", ["clock.weeks=105"]).digest()
    (folder / "ties.csv").write_text("0,1\n")
    text = "network: {kind: file, file: ties.csv}"
    (folder / "x.yaml").write_text(text)
    first = load("x.yaml").digest()
    shutil.copytree(folder, folder / "moved", ignore=lambda *_: ["moved"])
    assert load("moved/x.yaml").digest() == first
    (folder / "ties.csv").write_text("0,2\n")
    assert load("x.yaml").digest() != first


def test_child_changes_only_what_it_says(folder):
    Path("mine.yaml").write_text("extends: baseline\nclock: {weeks: 10}\nmarket:\n")
    scenario = load("mine.yaml")
    assert scenario.clock == Clock(weeks=10)
    assert scenario.market == Market()
    assert (scenario.name, scenario.question) == ("mine", "")


def test_extends_goes_by_path_and_in_chains(folder):
    Path("sub").mkdir()
    Path("a.yaml").write_text("name: A\nclock: {weeks: 10, warmup_weeks: 5}")
    Path("sub/b.yaml").write_text("extends: ../a.yaml\nclock: {weeks: 20}")
    Path("c.yaml").write_text("extends: sub/b.yaml\ntrust: {gain: .1}")
    scenario = load("c.yaml")
    assert scenario.clock == Clock(weeks=20, warmup_weeks=5)
    assert scenario.trust.gain == 0.1


def test_bare_name_is_the_shipped_scenario_even_where_a_file_has_that_name(folder):
    Path("baseline.yaml").write_text("clock: {weeks: 1}")
    assert load("baseline").clock.weeks == 104
    assert load("baseline.yaml").clock.weeks == 1


def test_lists_replace(folder):
    Path("x.yaml").write_text(
        "extends: follow_up\nlevers:\n  - consistency:\n"
        "market: {segments: [{name: all, margin_per_week: 3}]}"
    )
    scenario = load("x.yaml")
    assert [lever.name for lever in scenario.levers] == ["consistency"]
    assert [segment.share for segment in scenario.market.segments] == [1.0]


def test_touchpoints_change_by_name(folder):
    Path("a.yaml").write_text("journey: {touchpoints: {use: {quality_mean: 0.7}}}")
    Path("b.yaml").write_text(
        "extends: a.yaml\njourney: {touchpoints: {use: {weight: 0.5}, support: {}}}"
    )
    base, changed = load("baseline").journey, load("b.yaml").journey
    assert changed.names == base.names
    use = changed.touchpoints[2]
    assert (use.quality_mean, use.weight, use.chance_per_week) == (0.7, 0.5, 0.13)
    assert changed.touchpoints[3] == base.touchpoints[3]


def test_files_are_relative_to_the_scenario_that_names_them(folder):
    Path("data").mkdir()
    Path("data/people.csv").write_text("id\n1\n")
    Path("data/parent.yaml").write_text("market: {customers_file: people.csv}")
    Path("child.yaml").write_text("extends: data/parent.yaml")
    expected = str(folder / "data" / "people.csv")
    assert load("child.yaml").market.customers_file == expected
    overridden = load("baseline", ["market.customers_file=data/people.csv"])
    assert overridden.market.customers_file == expected


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("levers[0].follow_up.coverage=0.5", lambda s: s.levers[0].coverage),
        ("levers.0.follow_up.coverage=0.5", lambda s: s.levers[0].coverage),
        ("levers.follow_up.coverage=0.5", lambda s: s.levers[0].coverage),
        (
            "journey.touchpoints.use.weight=0.5",
            lambda s: s.journey.touchpoints[2].weight,
        ),
        (
            "journey.touchpoints={use: {weight: 0.5}}",
            lambda s: s.journey.touchpoints[2].weight,
        ),
        (
            "journey.touchpoints[2].weight=0.5",
            lambda s: s.journey.touchpoints[2].weight,
        ),
        ("firm.promise=5e-1", lambda s: s.firm.promise),
        ("reviews.posting[1]=.5", lambda s: s.reviews.posting[1]),
    ],
)
def test_override_sets_one_value(override, value):
    before, after = load("follow_up"), load("follow_up", [override])
    assert value(before) != value(after) == 0.5


def test_overrides_apply_together():
    halves = [f"market.segments.{name}.share=0.5" for name in ("regular", "key")]
    assert [s.share for s in load("baseline", halves).market.segments] == [0.5, 0.5]


# Mistakes: each is one line that names place, key, value and remedy

LEVER = """extends: baseline
levers:
  - follow_up:
      audience: unhappy
      coverage: {}
"""

MISTAKES = {
    "above": (
        LEVER.format(1.4),
        "x.yaml:5: levers[0].follow_up.coverage: 1.4 is above 1; use a share between "
        "0 and 1",
    ),
    "below": (
        "market:\n  customers: 0",
        "x.yaml:2: market.customers: 0 is below 1; use a whole number (people) "
        "between 1 and 100000000",
    ),
    "unknown key": (
        "market:\n\n  custmers: 10",
        "x.yaml:3: market.custmers: unknown key; did you mean 'customers'?",
    ),
    "unknown section": (
        "markt: {}",
        "x.yaml:1: markt: unknown key; did you mean 'market'?",
    ),
    "unknown and like nothing": (
        "clock: {zzz: 1}",
        "x.yaml:1: clock.zzz: unknown key; known here: weeks, warmup_weeks, tick_days",
    ),
    "unknown lever": (
        "levers: [{folow_up: {}}]",
        "x.yaml:1: levers[0]: unknown lever 'folow_up'; did you mean 'follow_up'?",
    ),
    "unknown key of a lever": (
        "levers: [{follow_up: {coverag: 1}}]",
        "x.yaml:1: levers[0].follow_up.coverag: unknown key; did you mean 'coverage'?",
    ),
    "key of other levers": (
        "levers:\n  - consistency: {touchpoints: [support]}",
        "x.yaml:2: levers[0].consistency.touchpoints: unknown key; known to "
        "service_improvement, training alone: leave it out here",
    ),
    "key of another lever that is near one of this": (
        "levers: [{follow_up: {every_weeks: 4}}]",
        "x.yaml:1: levers[0].follow_up.every_weeks: unknown key; known to "
        "scheduled_contact, win_back alone: leave it out here",
    ),
    "unknown key of a condition": (
        "levers: [{follow_up: {when: {metrc: 1}}}]",
        "x.yaml:1: levers[0].follow_up.when.metric: is missing; use one of "
        "measured_nps, rating, complaints, reviews, measured_satisfaction "
        "(and 1 more)",
    ),
    "lever not indented": (
        "levers:\n  - follow_up:\n    coverage: 1",
        "x.yaml:2: levers[0]: has 2 keys (follow_up, coverage); indent the lever's "
        "fields below its name",
    ),
    "lever as a word": (
        "levers:\n  - follow_up",
        "x.yaml:2: levers[0]: 'follow_up' is no lever; write one key, as "
        "follow_up: {coverage: 0.5}",
    ),
    "unknown shock": (
        "shocks: [{scandl: {}}]",
        "x.yaml:1: shocks[0]: unknown shock 'scandl'; did you mean 'scandal'?",
    ),
    "shock not indented": (
        "shocks:\n  - outage:\n    size: 1",
        "x.yaml:2: shocks[0]: has 2 keys (outage, size); indent the shock's fields "
        "below its name",
    ),
    "shock as a word": (
        "shocks:\n  - outage",
        "x.yaml:2: shocks[0]: 'outage' is no shock; write one key, as "
        "scandal: {size: 0.8}",
    ),
    "shock nowhere": (
        "shocks: [{outage: {touchpoints: [suport]}}]",
        "x.yaml:1: shocks[0].outage.touchpoints: no touchpoint 'suport'; did you mean "
        "'support'?",
    ),
    "shock too large": (
        "shocks: [{outage: {size: 1.5}}]",
        "x.yaml:1: shocks[0].outage.size: 1.5 is above 1; use a share between 0 and 1",
    ),
    "shock of an unknown kind": (
        "shocks: [{outage: {breaks: all}}]",
        "x.yaml:1: shocks[0].outage.breaks: 'all' is none of service, handoffs",
    ),
    "unknown key of a shock": (
        "shocks: [{scandal: {sise: 1}}]",
        "x.yaml:1: shocks[0].scandal.sise: unknown key; did you mean 'size'?",
    ),
    "key of the other shock": (
        "shocks: [{scandal: {breaks: service}}]",
        "x.yaml:1: shocks[0].scandal.breaks: unknown key; known to outage alone: "
        "leave it out here",
    ),
    "levers not a list": (
        "levers: {follow_up: {}}",
        "x.yaml:1: levers: is a list; put '- ' before follow_up: and indent what is "
        "below it",
    ),
    "segments not a list": (
        "market: {segments: all}",
        "x.yaml:1: market.segments: 'all' is not a list; write [...], or lines with -",
    ),
    "wrong type": (
        "market:\n  customers: many",
        "x.yaml:2: market.customers: 'many' is not a number; use a whole number "
        "(people) between 1 and 100000000",
    ),
    "number in quotes": (
        "trust: {gain: '0.1'}",
        "x.yaml:1: trust.gain: '0.1' is not a number; use a share between 0 and 1",
    ),
    "truth for a number": (
        "trust: {gain: true}",
        "x.yaml:1: trust.gain: true is not a number; use a share between 0 and 1",
    ),
    "nothing for a number": (
        "trust: {gain: }",
        "x.yaml:1: trust.gain: nothing is not a number; use a share between 0 and 1",
    ),
    "half a person": (
        "market: {customers: 1.5}",
        "x.yaml:1: market.customers: 1.5 is not a whole number; use a whole number "
        "(people) between 1 and 100000000",
    ),
    "not a number": (
        "leaving: {steepness: .nan}",
        "x.yaml:1: leaving.steepness: .nan is not a number; use a number (per share) "
        "between 0 and 200",
    ),
    "infinity": (
        "leaving: {steepness: .inf}",
        "x.yaml:1: leaving.steepness: .inf is above 200; use a number (per share) "
        "between 0 and 200",
    ),
    "negative infinity": (
        "leaving: {frailty_shape: -.inf}",
        "x.yaml:1: leaving.frailty_shape: -.inf is below 0.05; use a number (shape) "
        "of 0.05 or more, or .inf",
    ),
    "enormous": (
        f"clock: {{weeks: 1{'0' * 400}}}",
        "x.yaml:1: clock.weeks: a number of that size is above 5200; use a whole "
        "number (weeks) between 1 and 5200",
    ),
    "text for a section": (
        "clock: fast",
        "x.yaml:1: clock: 'fast' is not a mapping; write keys and values",
    ),
    "number for a text": (
        "name: 3",
        "x.yaml:1: name: 3 is not text; write a word, or put it in quotes",
    ),
    "unknown choice": (
        "network: {kind: smallworld}",
        "x.yaml:1: network.kind: 'smallworld' is none of small_world, scale_free, "
        "communities, random, complete, cliques, none, file; did you mean "
        "'small_world'?",
    ),
    "tick of a day and a half": (
        "clock: {tick_days: 2}",
        "x.yaml:1: clock.tick_days: 2 is none of 1, 7, 14",
    ),
    "shares above one": (
        "market:\n  segments:\n    - {name: a, share: .8}\n    - {name: b, share: .4}",
        "x.yaml:3: market.segments: the shares add to 1.2; lower them until they add "
        "to 1",
    ),
    "distribution above one": (
        "market:\n  satisfaction_distribution: [.5,.5,.5,0,0,0,0,0,0,0]",
        "x.yaml:2: market.satisfaction_distribution: the shares add to 1.5; lower "
        "them until they add to 1",
    ),
    "distribution too short": (
        "market: {satisfaction_distribution: [1]}",
        "x.yaml:1: market.satisfaction_distribution: 1 shares; give ten, for the "
        "scores 1 to 10, or null",
    ),
    "share in a list": (
        "reviews:\n  posting: [.1, .1,\n    .1, 1.1, .1]",
        "x.yaml:3: reviews.posting[3]: 1.1 is above 1; use a share between 0 and 1",
    ),
    "too few in a list": (
        "reviews: {posting: [.1]}",
        "x.yaml:1: reviews.posting: 1 chances; give five, for 1 to 5 stars",
    ),
    "touchpoint unknown": (
        "journey:\n  touchpoints:\n    suport: {weight: 1}",
        "x.yaml:3: journey.touchpoints.suport: no touchpoint of that name to change; "
        "did you mean 'support'?",
    ),
    "touchpoint without a chance": (
        "journey: {touchpoints: [{name: a, phase: post_sales, department: b}]}",
        "x.yaml:1: journey.touchpoints[0]: chance_per_week is missing; a post_sales "
        "touchpoint needs one",
    ),
    "chance outside post_sales": (
        "journey: {touchpoints: {purchase: {chance_per_week: .1}}}",
        "x.yaml:1: journey.touchpoints[1].chance_per_week: has no meaning in phase "
        "sales; remove it, or use null",
    ),
    "no touchpoints": (
        "journey: {touchpoints: []}",
        "x.yaml:1: journey.touchpoints: has no entry; give at least one",
    ),
    "touchpoint without a name": (
        "journey: {touchpoints: [{phase: sales, department: b}]}",
        "x.yaml:1: journey.touchpoints[0].name: is missing; state it",
    ),
    "twice the same name": (
        "market: {segments: [{name: a, share: .5}, {name: a, share: .5}]}",
        "x.yaml:1: market.segments: two segments share a name; rename one",
    ),
    "name with a dot": (
        "market: {segments: [{name: a.b}]}",
        "x.yaml:1: market.segments[0].name: 'a.b' will not do; use letters, digits, _ "
        "and -, beginning with a letter",
    ),
    "audience": (
        "levers: [{follow_up: {audience: sad}}]",
        "x.yaml:1: levers[0].follow_up.audience: 'sad' will not do; use everyone, "
        "new, unhappy, silent, hubs or segment:NAME",
    ),
    "segment unknown": (
        "levers: [{follow_up: {audience: 'segment:keys'}}]",
        "x.yaml:1: levers[0].follow_up.audience: no segment 'keys'; did you mean "
        "'key'?",
    ),
    "lever's touchpoint unknown": (
        "levers: [{service_improvement: {touchpoints: [usage]}}]",
        "x.yaml:1: levers[0].service_improvement.touchpoints: no touchpoint 'usage'; "
        "did you mean 'use'?",
    ),
    "touchpoint to train at unknown": (
        "levers: [{training: {touchpoints: [suport]}}]",
        "x.yaml:1: levers[0].training.touchpoints: no touchpoint 'suport'; did you "
        "mean 'support'?",
    ),
    "metric unknown": (
        "levers: [{follow_up: {when: {metric: true_nps, below: 3}}}]",
        "x.yaml:1: levers[0].follow_up.when.metric: 'true_nps' is none of "
        "measured_nps, rating, complaints, reviews, measured_satisfaction",
    ),
    "condition without a limit": (
        "levers: [{follow_up: {when: {metric: rating}}}]",
        "x.yaml:1: levers[0].follow_up.when: takes one of below and above; state "
        "exactly one",
    ),
    "ends before it begins": (
        "levers:\n- follow_up:\n    from_week: 9\n    until_week: 8",
        "x.yaml:4: levers[0].follow_up.until_week: until_week (8) is not after "
        "from_week (9); end later, or never (null)",
    ),
    "too many levers": (
        f"levers: [{', '.join(['{follow_up: }'] * (MAX_LEVERS + 1))}]",
        "x.yaml:1: levers: has too many entries; use at most 16",
    ),
    "promise for nowhere": (
        "firm: {promise: {usage: .5}}",
        "x.yaml:1: firm.promise.usage: no such touchpoint; did you mean 'use'?",
    ),
    "promise for some": (
        "firm:\n  promise: {use: .5, support: .5, billing: .5, purchase: .5}",
        "x.yaml:2: firm.promise: promises nothing for information; give a share for "
        "each touchpoint, or one number for all",
    ),
    "promise above one": (
        "firm:\n  promise:\n    use: 1.5",
        "x.yaml:3: firm.promise.use: 1.5 is above 1; use a share between 0 and 1",
    ),
    "learning too fast": (
        "perception: {learning_rate: .7}",
        "x.yaml:1: perception.learning_rate: 1.5 × 0.7 × the largest touchpoint weight "
        "1 is above 1; use a learning_rate of at most 0.667, or smaller weights",
    ),
    "weight too large": (
        "extends: baseline\n\njourney: {touchpoints: {use: {weight: 4}}}",
        "x.yaml:3: journey.touchpoints[2].weight: 1.5 × 0.3 × the largest touchpoint "
        "weight 4 is above 1; use a learning_rate of at most 0.167, or smaller weights",
    ),
    "hazards in the wrong order": (
        "leaving: {hazard_max: .001}",
        "x.yaml:1: leaving.hazard_max: hazard_min (0.006) is above hazard_max (0.001); "
        "swap them",
    ),
    "network file without a name": (
        "network: {kind: file}",
        "x.yaml:1: network.kind: 'file' needs network.file; name an edge list",
    ),
    "network file unread": (
        "network: {file: x.yaml}",
        "x.yaml:1: network.file: a file is not read by kind small_world; use kind: "
        "file, or null",
    ),
    "missing data file": (
        "market:\n  customers_file: people.csv",
        "x.yaml:2: market.customers_file: people.csv is no file; give a path relative "
        "to the scenario file",
    ),
    "empty file": (
        "# nothing\n",
        "x.yaml:1: says nothing; write at least 'extends: baseline'",
    ),
    "top level a list": (
        "- a\n- b",
        "x.yaml:1: the top level is not a mapping; write keys and values, such as "
        "'extends: baseline'",
    ),
    "twice the same key": (
        "clock:\n  weeks: 3\n  weeks: 4",
        "x.yaml:3: weeks: stands here a second time (first in line 2); remove one",
    ),
    "refers to itself": (
        "name: &a [*a]",
        "x.yaml:1: refers to itself; write it out",
    ),
    "nested too deeply": (
        "[" * 200 + "]" * 200,
        "x.yaml:1: is nested too deeply; flatten it",
    ),
    "half a character": (
        '\nname: "\\ud800"',
        "x.yaml:2: holds half a character; write it in full",
    ),
    "a key that is a list": (
        "[a, b]: 3",
        "x.yaml:1: a key must be a word",
    ),
    "parent missing": (
        "name: a\nextends: nowhere",
        "x.yaml:2: extends: nowhere: no such file; use a path, or a shipped scenario: "
        + ", ".join(shipped()),
    ),
    "parent not a name": (
        "extends: [a]",
        "x.yaml:1: extends: is not a name or a path; use one text",
    ),
    "extends itself": (
        "name: a\nextends: x.yaml",
        "x.yaml:2: extends: x.yaml → x.yaml goes in a circle; remove one",
    ),
    "several": (
        "trust: {gain: 2}\nclock: {weeks: 0}\nmarket: {customers: 0}",
        "x.yaml:1: trust.gain: 2 is above 1; use a share between 0 and 1 (and 2 more)",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_one_clear_line(mistake, folder):
    text, message = MISTAKES[mistake]
    assert said(folder, text) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name: \xff\xfe", "x.yaml: is not UTF-8 text; save it as UTF-8"),
        (b"a: 1\nname: \x00", "x.yaml:2: is not YAML: special characters"),
        (b"\x89PNG\r\n\x1a\n", "x.yaml: is not UTF-8 text"),
    ],
)
def test_what_is_not_text(content, message, folder):
    Path("x.yaml").write_bytes(content)
    with pytest.raises(ScenarioError, match=f"^{re.escape(message)}"):
        load("x.yaml")


def test_missing_scenario_names_those_that_ship(folder):
    for source in ("nowhere", "nowhere.yaml", "sub/nowhere.yaml"):
        with pytest.raises(ScenarioError, match=rf"^{source}: no such file;.*baseline"):
            load(source)
    Path("sub").mkdir()
    with pytest.raises(ScenarioError, match=r"^sub/: is a folder|^sub: is a folder"):
        load("sub/")


def test_circle_of_three(folder):
    for name, parent in (("a", "b"), ("b", "c"), ("c", "a")):
        Path(f"{name}.yaml").write_text(f"extends: {parent}.yaml")
    with pytest.raises(ScenarioError) as error:
        load("a.yaml")
    circle = "a.yaml → b.yaml → c.yaml → a.yaml"
    assert (
        str(error.value) == f"c.yaml:1: extends: {circle} goes in a circle; remove one"
    )


def test_fault_of_a_parent_names_the_parent(folder):
    Path("parent.yaml").write_text("\n\ntrust: {gain: 3}")
    assert said(folder, "extends: parent.yaml").startswith(
        "parent.yaml:3: trust.gain: 3 is above 1"
    )


def test_rule_blames_who_spoke_last(folder):
    Path("parent.yaml").write_text("leaving: {hazard_min: .01, hazard_max: .3}")
    assert said(folder, "extends: parent.yaml\nleaving: {hazard_max: .005}").startswith(
        "x.yaml:2: leaving.hazard_max:"
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "market.customers=-3",
            "-3 is below 1; use a whole number (people) between 1 and 100000000",
        ),
        ("trust.gian=1", "unknown key; did you mean 'gain'?"),
        ("extends=baseline", "extends cannot be set; name another file"),
        ("nonsense", "write it as dotted.path=value"),
        ("=3", "write it as dotted.path=value"),
        (
            "market.segments.key.share=0.4",
            "market.segments: the shares add to 1.2; lower them until they add to 1",
        ),
        (
            "market.segments[7].share=0.4",
            "market.segments: has no entry 7; FILE:LINE gives 2, counted from 0 to 1",
        ),
        ("levers[0].follow_up.coverage=1", "levers: has no entry 0; FILE:LINE gives 0"),
        (
            "market.customers_file=none.csv",
            "none.csv is no file; give a path relative to the current folder",
        ),
        (
            "clock.weeks=[",
            "is not YAML: a bracket is not closed, or has no partner; mend it",
        ),
    ],
)
def test_mistake_in_an_override(override, message, folder):
    with pytest.raises(ScenarioError) as error:
        load("baseline", [override])
    told = re.sub(r"\S+/baseline\.yaml:\d+", "FILE:LINE", clean(str(error.value)))
    told = told.replace(": market.customers_file: ", ": ")
    assert told == f"--set {override}: {message}"


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["baseline", "x.yaml", "follow_up", "none", "file", "segment:a"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner)
    ),
    max_leaves=6,
)
BASELINE = (SHIPPED / "baseline.yaml").read_text(encoding="utf-8")
EVERY_PATH = [*keys_of(Scenario().plain()), "extends", "levers.0", "levers.0.follow_up"]


def loads_or_says_why(path, overrides=()):
    try:
        scenario = load(path, overrides)
    except ScenarioError as error:
        clean(str(error))
    else:
        assert scenario.to_kernel(scenario.market.customers)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(EVERY_PATH), junk=JUNK, is_renamed=st.booleans())
def test_any_junk_in_any_place_loads_or_is_one_line(folder, path, junk, is_renamed):
    tree = {**yaml.safe_load(BASELINE), "levers": [{"follow_up": {}}]}
    *above, last = steps(path)
    place = tree
    for step in above:
        place = place[step]
    if is_renamed and isinstance(place, dict):
        place[str(junk)[:20]] = place.pop(last, None)
    else:
        place[last] = junk
    text = yaml.dump(tree, allow_unicode=True)
    Path("x.yaml").write_bytes(text.encode("utf-8", "replace"))
    loads_or_says_why("x.yaml")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.integers(0, len(BASELINE)),
    length=st.integers(0, 30),
    junk=st.text(max_size=6)
    | st.sampled_from(["\n", ":", " - ", "&a ", "*a", "{", "\t"]),
)
def test_any_cut_and_paste_loads_or_is_one_line(folder, at, length, junk):
    text = BASELINE[:at] + junk + BASELINE[at + length :]
    Path("x.yaml").write_bytes(text.encode("utf-8", "replace"))
    loads_or_says_why("x.yaml")


@given(
    path=st.sampled_from(EVERY_PATH) | st.text(max_size=12),
    value=st.text(max_size=10) | JUNK.map(str),
)
def test_any_override_loads_or_is_one_line(path, value):
    loads_or_says_why("baseline", [f"{path}={value}"])


# Numbers for the kernel


def test_kernel_numbers_of_a_week():
    numbers = load("baseline").to_kernel(2000)
    months = 7 / 30.4375
    np.testing.assert_allclose(numbers.journey.chance, [0, 0, 0.13, 0.06, 0.04])
    assert numbers.journey.phase.tolist() == [0, 1, 2, 2, 2]
    assert numbers.journey.department.tolist() == [0, 1, 2, 3, 4]
    assert numbers.perception.promise_weight == pytest.approx(0.25 * months)
    assert numbers.trust.loss == pytest.approx(0.2)
    assert numbers.recovery.grievance_keep == pytest.approx(2 ** (-1 / 6))
    assert numbers.recovery.complaint_delay == 1
    assert numbers.recovery.repeat_within == 52
    assert numbers.word_of_mouth.meetings == 2
    assert numbers.word_of_mouth.contact_weight == 0
    assert numbers.leaving.months_per_tick == months
    assert numbers.leaving.pull_effect == pytest.approx(math.log(2.2))
    life = numbers.leaving.walk_out / (1 - numbers.recovery.grievance_keep)
    assert 1 - math.exp(-life) == pytest.approx(0.32 * 0.19)
    assert numbers.survey.sample_share == pytest.approx(1 - 0.9**months)
    assert numbers.upsell_chance.shape == (MAX_LEVERS + 1,)
    assert not numbers.upsell_chance.any()


@pytest.mark.parametrize("days", [1, 7, 14])
def test_ticks_of_any_length_say_the_same_of_a_month(days):
    scenario = load("baseline", [f"clock.tick_days={days}"])
    numbers = scenario.to_kernel(100)
    ticks = 30.4375 / days
    compounded = 1 - (1 - numbers.joining.consider_chance) ** ticks
    assert compounded == pytest.approx(0.10)
    assert numbers.journey.chance[2] * 7 / days == pytest.approx(0.13)
    assert numbers.word_of_mouth.meetings == 2
    assert numbers.perception.promise_weight * ticks == pytest.approx(0.25)
    assert numbers.leaving.pull_keep ** (4.35 * 7 / days) == pytest.approx(0.5)
    assert numbers.recovery.repeat_within == {1: 364, 7: 52, 14: 26}[days]
    assert numbers.recovery.complaint_delay == {1: 7, 7: 1, 14: 1}[days]


def test_norm_drift_is_linear_in_time():
    scenario = load("baseline", ["perception.norm_drift_per_year=0.04"])
    drift = scenario.to_kernel(10).perception.norm_drift
    assert drift * 365.25 / 7 == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("half_life", "keep"), [(0, 0), (1, 0.5), (2, 2**-0.5), (math.inf, 1)]
)
def test_half_life(half_life, keep):
    assert Clock().keep(half_life) == pytest.approx(keep)


@pytest.mark.parametrize(("chance", "per_tick"), [(0, 0), (1, 1)])
def test_certain_chances_stay_certain(chance, per_tick):
    assert Clock().chance(chance) == per_tick


@pytest.mark.parametrize(
    ("weeks", "ticks"), [(0, 0), (0.49, 0), (0.5, 1), (1.5, 2), (52, 52)]
)
def test_delays_round_half_up(weeks, ticks):
    assert Clock().ticks(weeks) == ticks


def test_weekly_chance_never_passes_one():
    overrides = ["clock.tick_days=14", "journey.touchpoints.use.chance_per_week=0.8"]
    assert load("baseline", overrides).to_kernel(10).journey.chance[2] == 1


@pytest.mark.parametrize(
    ("kind", "people", "weight"),
    [
        ("complete", 2000, 10 / 1999),
        ("complete", 5, 1),
        ("complete", 1, 0),
        ("random", 2000, 0),
    ],
)
def test_contact_weight_is_of_a_complete_network(kind, people, weight):
    numbers = load("baseline", [f"network.kind={kind}"]).to_kernel(people)
    assert numbers.word_of_mouth.contact_weight == pytest.approx(weight)


def test_upsell_belongs_to_its_lever():
    numbers = load("baseline", ["levers=[{consistency: }, {follow_up: }]"]).to_kernel(9)
    assert numbers.upsell_chance.tolist() == [0, 0.05] + [0] * (MAX_LEVERS - 1)


def test_promise_is_one_number_or_one_a_touchpoint():
    names = load("baseline").journey.names
    assert load("baseline").firm.promises(names) == [0.88] * 5
    each = {name: index / 10 for index, name in enumerate(names)}
    override = f"firm.promise={json.dumps(each)}"
    assert load("baseline", [override]).firm.promises(names) == list(each.values())


# Small parts

SECTIONS = {
    "clock": Clock,
    "market": Market,
    "network": Network,
    "journey": Journey,
    "firm": Firm,
    "perception": Perception,
    "trust": Trust,
    "recovery": Recovery,
    "word_of_mouth": WordOfMouth,
    "reviews": Reviews,
    "leaving": Leaving,
    "joining": Joining,
    "adoption": Adoption,
    "survey": Survey,
    "money": Money,
}


def test_every_section_is_there_in_the_order_of_the_file():
    own = ("name", "question", "promise", "levers", "shocks")
    sections = [n for n in Scenario().plain() if n not in own]
    assert sections == list(SECTIONS)
    for name, section in SECTIONS.items():
        assert getattr(Scenario(), name) == section()


@pytest.mark.parametrize("name", [n for n in SECTIONS if n in Numbers._fields])
def test_section_and_kernel_share_names_and_order(name):
    kernel = type(getattr(Scenario().to_kernel(10), name))._fields
    section = [f for f in SECTIONS[name].model_fields if f in kernel]
    assert section == [f for f in kernel if f in section]
    assert kernel == Numbers.__annotations__[name]._fields


def test_keys_that_name_files_exist():
    for section, key in FILE_KEYS:
        assert getattr(getattr(Scenario(), section), key) is None


def test_paths_read_and_write():
    assert steps("levers[0].follow_up.coverage") == (
        "levers",
        0,
        "follow_up",
        "coverage",
    )
    assert written(steps("levers.0.follow_up")) == "levers[0].follow_up"


def test_numbers_of_yaml_are_those_of_its_core_schema():
    tree = read("[1e3, 010, 1_000, yes, 2020-01-01, .5, -.inf, ~, 'null']", "x").value
    assert [node.value for node in tree] == [
        1000.0,
        10,
        "1_000",
        "yes",
        "2020-01-01",
        0.5,
        -math.inf,
        None,
        "null",
    ]


def test_known_keys_follow_the_path():
    assert "extends" in known_keys(())
    assert "quality_mean" in known_keys(("journey", "touchpoints", 0))
    assert "below" in known_keys(("levers", 0, "follow_up", "when"))
    assert known_keys(("name", "x")) == []


def test_quantity_declares_a_number_once():
    class Dose(Section):
        size: float = quantity(1, "ml", "How much.", "Assumption: one", (0, 2), le=9)
        weight: float = quantity(1, "g", "How heavy.", "Assumption: one", (0, 2))

    assert Dose(size=9).size == 9
    with pytest.raises(ValueError, match="10 is above 9; use a number"):
        Dose(size=10)
    assert Dose(weight=1e300).weight == 1e300
    for endless in (math.inf, 10**400):
        with pytest.raises(ValueError, match="infinity is too much; use a number"):
            Dose(weight=endless)
