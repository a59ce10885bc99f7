"""The report: one page, complete, honest, and sufficient unto itself.

What it says is in `analysis/report/contents.py`, of what differs in
`analysis/report/differing.py` and `analysis/report/changes.py`, of how it was found in
`analysis/report/computed.py`; what it is made of in `analysis/section.py`, its
figures in `analysis/report/drawing.py`; typing meets `analysis/commands/report.py`.
"""

import base64
import json
import re
import shlex
import shutil
import zlib
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.attribution import attributed
from analysis.cli import app
from analysis.comparison import compare
from analysis.differences import outcome_title
from analysis.errors import InputError, StudyError
from analysis.figures.customers import draw_attribution
from analysis.figures.decision import draw_comparison, draw_study, names_of
from analysis.replay import MOST_PEOPLE, WATCHED, lived, replay
from analysis.report import page as report
from analysis.report.contents import certainty, comparison_sections
from analysis.report.differing import differing
from analysis.robustness import Robustness, Sign
from analysis.section import Cell, Picture, Section, Table, keep, kept
from analysis.study import run
from analysis.terminal import HEADLINES, comparison_tables
from analysis.wording import LUCK_ALONE
from simulation.scenario import changed, load
from simulation.scene import SHOWN, Scene

SMALL = ["market.customers=300", "clock.weeks=12", "clock.warmup_weeks=4"]
LARGEST = 1_000_000
OTHERS = ("follow_up", "expectation_alignment")


class Outline(HTMLParser):
    """Headings, pictures and tables of a page, in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def of(self, tag):
        return [found for name, found in self.attributes if name == tag]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Three scenarios, every customer followed, drawn and written."""
    out = tmp_path_factory.mktemp("studies") / "small"
    found = compare("baseline", *OTHERS, pairs=3, overrides=SMALL, out=out, jobs=1)
    seeds = found.study.manifest["seeds"]
    followed = attributed(found.study.scenarios, seeds, 1, out=out)
    draw_comparison(found)
    draw_attribution(followed, found.study, names_of(found.study))
    report.write(found.study, found)
    return found


def test_terminal_and_report_call_an_outcome_the_same(found):
    """Also one that only the wish for precision brings into the tables."""
    asked = replace(found, rule=found.rule._replace(precision={"revenue": 1.0}))
    names = names_of(found.study)
    (decision, *_) = comparison_sections(asked, names)
    written = [row[0] for table in decision.tables for row in table.rows]
    (table, *_) = comparison_tables(asked)
    typed = [cell.replace("\n", " ") for cell in table.columns[0].cells]
    same = [*HEADLINES, "revenue"]
    for title in (outcome_title(name, found.currency) for name in same):
        assert title in written
        assert title in typed


@pytest.fixture(scope="module")
def page(found):
    return (found.study.folder / report.NAME).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outline(page):
    return Outline(page)


def drawings(outline):
    return [each for each in outline.of("svg") if each.get("role") == "img"]


def test_it_asks_nothing_of_the_outside(page, outline):
    assert not re.search(r"https?:|@import|url\((?!#)|<(link|iframe|img)|fetch\(", page)
    assert not [script for script in outline.of("script") if "src" in script]
    links = [each["href"] for tag in ("a", "use") for each in outline.of(tag)]
    assert links
    assert all(link.startswith("#") for link in links)


def test_figures_share_their_letters_and_miss_none(page, outline):
    identities = [each["id"] for _, each in outline.attributes if "id" in each]
    assert len(identities) == len(set(identities))
    used = re.findall(r'(?:href="|url\()#([^")]+)', page)
    assert len(set(used)) > 20
    assert set(used) <= set(identities)


def test_three_scenarios_are_under_a_megabyte(page):
    assert len(page.encode()) < LARGEST


def test_the_verdict_comes_first(page, found):
    before, _, after = page.partition(found.verdict[:60])
    assert after
    assert before.count("<h2") == 1
    top = after.partition("<nav")[0]
    assert "How sure" in top
    assert LUCK_ALONE in top, "beside a chance of 99 % that assumptions may turn"


def test_prices_that_nobody_gave_stand_below_the_verdict(page, found):
    before, _, after = page.partition(found.study.default_prices)
    assert (
        "expectation_alignment.cost_per_week (0 EUR per week"
        in found.study.default_prices
    )
    assert found.verdict[-40:] in before
    assert "How sure" in after
    again = report.rebuild(found.study.folder).read_text(encoding="utf-8")
    assert found.study.default_prices in again, (
        "the folder remembers which files were silent"
    )


def test_a_price_given_later_is_no_default_any_more(tmp_path):
    lever = "levers=[{follow_up: {after: bad%s}}]"
    folder = tmp_path / "study"
    for price, n_told in (("", 1), (", cost_per_contact: 4", 0)):
        with_calls = load("baseline", [*SMALL, lever % price])
        base = load("baseline", SMALL)
        found = compare(base, with_calls, pairs=2, out=folder, jobs=1)
        assert len(found.study.manifest["default_prices"]) == n_told
        assert bool(found.study.default_prices) == bool(n_told)


def test_it_says_which_numbers_are_the_firm_s_own_and_what_levers_are_said_to_do():
    own = load("baseline", ["money.acquisition_cost=45"])
    calls = load(
        "baseline",
        ["money.acquisition_cost=45", "levers=[{proactive_outreach: {}}]"],
    )
    section = differing({"own": own, "calls": calls}, {"own": "A", "calls": "B"})
    by_caption = {each.caption: each for each in section.tables}
    effects = by_caption["How much a lever does"].rows
    detection = next(row for row in effects if "detection" in row[0].text)
    assert detection[1:] == ("30 %", "0 to 60 %", "Assumption: three in ten")
    assert not [row for row in effects if re.search("cost|coverage", row[0].text)]
    assert "nor than the numbers of the world" in by_caption["What they rest on"].note
    (row,) = by_caption["A, against the shipped baseline: numbers of its own"].rows
    assert "45 EUR" in row[1].text
    shipped = load("baseline")
    again = differing({"own": shipped, "calls": calls}, {"own": "A", "calls": "B"})
    assert not [each for each in again.tables if "of its own" in each.caption]


def test_a_number_that_cannot_act_is_not_said_to_be_what_a_lever_does():
    for after, is_told in (("bad", False), ("good", True)):
        calls = load("baseline", [f"levers=[{{follow_up: {{after: {after}}}}}]"])
        section = differing(
            {"own": load("baseline"), "calls": calls}, {"own": "A", "calls": "B"}
        )
        captions = [each.caption for each in section.tables]
        assert ("How much a lever does" in captions) is is_told


def test_a_small_world_to_be_watched_says_that_it_is_small(tmp_path):
    page = report.Page("what if", "T", "V", "W", None, [], {"people": 2000}, 3000)
    large = report.publish(page, tmp_path / "large", "1").read_text(encoding="utf-8")
    assert "each of 3,000 people and not of 2,000" not in large, "no section, no worlds"
    whole = page._replace(sections=[Section("The decision")])
    large = report.publish(whole, tmp_path / "large", "1").read_text(encoding="utf-8")
    assert "each of 3,000 people and not of 2,000" in large
    same = whole._replace(people=2000)
    small = report.publish(same, tmp_path / "small", "1").read_text(encoding="utf-8")
    assert "and not of 2,000" not in small


def test_a_firm_of_any_size_reads_it_and_both_lifetimes_are_explained(page):
    assert "Per 1,000 customers of week 0" in page
    assert "… regular" in page
    assert "as if the last half year went on" in page
    assert "At which price it breaks even" in page


def test_what_is_not_paid_back_in_time_may_be_later(found, page):
    assert found.gain("follow_up", "payback_week").value == np.inf
    assert "not in 12 weeks" in page
    (table, *_) = comparison_tables(found)
    (row,) = (i for i, c in enumerate(table.columns[0].cells) if "Payback" in c)
    assert str(list(table.columns[2].cells)[row]).startswith("not in 12 weeks")


def test_other_assumptions_stand_beside_luck_where_somebody_asked(found, page):
    assert "keeps its sign" not in page.partition("<nav")[0]
    told = {"outcome": "npv", "n_draws": 200, "plausible_holds": 31, "n_plausible": 40}
    rows = [
        dict.fromkeys(Sign._fields, 0) | told | {"scenario": label, "holds": holds}
        for label, holds in zip(OTHERS, (143, 12), strict=True)
    ]
    for observed, alike in (({}, "plausible"), ({"churn": [0.1, 0.2]}, "like yours")):
        about = {"observed": observed}
        robust = Robustness(pd.DataFrame(), pd.DataFrame(), pd.DataFrame(rows), about)
        table = certainty(replace(found, robustness=robust), names_of(found.study))
        assert "sign under other assumptions" in table.columns[-1]
        assert [row[-1] for row in table.rows] == [
            Cell("143 of 200", f"31 of 40 {alike}"),
            Cell("12 of 200", f"31 of 40 {alike}"),
        ]
        few = robust.signs.assign(plausible_holds=3, n_plausible=4)
        again = replace(found, robustness=replace(robust, signs=few))
        table = certainty(again, names_of(found.study))
        words = {row[-1].more for row in table.rows}
        assert words == {f"3 of 4 {alike}, too few"}


def test_everybody_can_find_their_way(outline):
    headings = [tag for tag in outline.tags if re.fullmatch(r"h\d", tag)]
    assert headings[0] == "h1"
    assert set(headings[1:]) == {"h2"}
    assert all(len(each["aria-label"]) > 30 for each in drawings(outline))
    assert outline.tags.count("caption") == outline.tags.count("table") >= 9
    assert all("scope" in cell for cell in outline.of("th"))
    targets = {f"#{heading.get('id')}" for heading in outline.of("h2")}
    assert {link["href"] for link in outline.of("a")} <= targets


@pytest.mark.parametrize(
    "title",
    [
        "The decision",
        "What differs between the scenarios",
        "Week by week",
        "Why customers leave",
        "Where customers were saved, and why",
        "Costs and return",
        "What the firm would have measured instead",
        "Touchpoint by touchpoint: expectation, experience, gap",
        "Under other assumptions",
        "How this was computed",
    ],
)
def test_no_subject_is_missing(title, outline):
    assert title in outline.texts


def test_its_numbers_are_those_of_the_comparison(outline, found):
    words = " ".join(outline.texts)
    for label in OTHERS:
        change = found.of(label, "npv")
        assert change.verdict in words
        assert found.study.scenarios[label].name in words
        assert found.study.scenarios[label].digest()[:16] in words
    assert "is added with audience unhappy, coverage 80 %" in words
    assert "32 % say that they would leave; the model lets 6 % do so" in words


def test_it_is_made_again_to_the_letter_from_its_folder_alone(found, page, tmp_path):
    moved = tmp_path / "elsewhere"
    shutil.copytree(found.study.folder, moved)
    (moved / report.NAME).unlink()
    shutil.rmtree(moved / "figures")
    path = report.rebuild(moved)
    assert path.read_text(encoding="utf-8") == page
    typed = CliRunner().invoke(app, ["report", str(moved), "--json"])
    assert json.loads(typed.stdout) == {"report": str(path)}


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no study"):
        report.rebuild(tmp_path)
    typed = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert typed.exit_code == 2
    assert len(typed.stderr.splitlines()) == 1


def test_names_are_text_whatever_they_hold(tmp_path):
    """No name is markup, and none is a formula."""
    name = "<script>alert(1)</script> & $\\frac{1$"
    scenario = run("baseline", runs=1, overrides=SMALL, out=tmp_path / "a", jobs=1)
    (named,) = (
        s.model_copy(update={"name": name}) for s in scenario.scenarios.values()
    )
    study = run(named, runs=2, out=tmp_path / "b", jobs=1)
    draw_study(study)
    page = report.write(study).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_one_scenario_has_a_report_too(tmp_path):
    words = [word for each in SMALL for word in ("--set", each)]
    out = tmp_path / "one"
    typed = CliRunner().invoke(
        app,
        ["run", "baseline", "--runs", "3", "--jobs", "1", "--out", str(out), *words],
    )
    assert typed.exit_code == 0, typed.output
    assert f"{out}/report.html" in typed.stdout
    outline = Outline((out / report.NAME).read_text(encoding="utf-8"))
    for title in ("In numbers", "Why customers leave", "How this was computed"):
        assert title in outline.texts
    (answer,) = (text for text in outline.texts if text.startswith("After "))
    assert "customers and has earned" in answer
    assert "over 3 runs" in answer
    assert outline.texts.index(answer) < outline.texts.index("In numbers")
    page = (out / report.NAME).read_bytes()
    assert report.rebuild(out).read_bytes() == page


def test_what_is_asked_besides_is_in_the_report_too(tmp_path):
    """Following customers adds a life; asking for delays what waiting costs."""
    out = tmp_path / "asked"
    sizes = ["market.customers=300", "clock.weeks=52", "clock.warmup_weeks=4"]
    words = [word for each in sizes for word in ("--set", each)]
    words += ["--pairs", "3", "--jobs", "1", "--customers", "--delay", "13"]
    mine = tmp_path / "my better.yaml"
    mine.write_text("extends: service_improvement\n")
    asked = ["compare", "baseline", str(mine), "--out", str(out), *words]
    typed = CliRunner().invoke(app, asked)
    assert typed.exit_code == 0, typed.output
    assert typed.stdout.rstrip().endswith(f"{out}/report.html")
    outline = Outline((out / report.NAME).read_text(encoding="utf-8"))
    for title in ("What waiting costs", "One customer, twice"):
        assert title in outline.texts
    told = " ".join(outline.texts)
    assert "13 weeks later" in told
    for words in ("whom it helps most", "fewest ties", "left all the same, but later"):
        assert words in told
    assert f"groundswell story '{mine}' --customer" in told
    (line,) = (text for text in outline.texts if "groundswell story" in text)
    again = shlex.split(line.partition("groundswell ")[2])
    found = CliRunner().invoke(app, [*again, "--out", str(tmp_path / "story")])
    assert found.exit_code == 0, found.output
    assert any("both worlds" in each["aria-label"] for each in drawings(outline))


def test_a_new_question_in_the_same_folder_forgets_what_was_left(found, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(found.study.folder, folder)
    keep(MINE, folder, "real")
    run("baseline", runs=1, overrides=SMALL, out=folder, jobs=1)
    assert not kept(folder)
    left = {path.name for path in folder.iterdir() if path.name[0] != "."}
    assert left == {"manifest.json", "runs.parquet", "weekly.parquet"}


# The replay


def test_the_replay_shows_what_was_lived(found):
    told = replay(found.study)
    data = zlib.decompress(base64.b64decode(told["packed"]))
    people, frames = told["people"], len(told["weeks"])
    assert told["weeks"] == list(range(13))
    films = np.frombuffer(data, np.uint8, offset=4 * (people + told["ties"]))
    films = films.reshape(3, 2, people, frames)
    for place, (label, settings) in enumerate(found.study.scenarios.items()):
        scene = Scene(settings, seed=1)
        lived = [scene.frame(), *(scene.live() for _ in range(frames - 1))]
        mine = films[place] ^ films[0] if place else films[0]
        assert told["worlds"][place]["label"] == label
        for week, frame in enumerate(lived):
            assert (mine[0, :, week] == frame.perception).all()
            assert (mine[1, :, week] == frame.seen & WATCHED).all()
        active = [int(frame.numbers[SHOWN.index("active")]) for frame in lived]
        assert told["worlds"][place]["active"] == active


def test_a_replay_is_small_and_of_markets_without_files(found):
    base = found.study.scenarios["baseline"]
    large = changed(base, [("market.customers", 2500)])
    assert lived({"large": large}, 1)["people"] == MOST_PEOPLE
    assert lived({"base": base, "large": large}, 1) is None
    people = base.market.model_copy(update={"customers_file": "people.csv"})
    assert lived({"own": base.model_copy(update={"market": people})}, 1) is None


def test_a_replay_that_cannot_be_read_is_named(found, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(found.study.folder, folder)
    (folder / "replay.json").write_text("{")
    with pytest.raises(StudyError, match=r"replay\.json: cannot be kept or read"):
        report.rebuild(folder)


# Sections of others

MINE = Section(
    "Real customers",
    ("Beside <them>.",),
    (Table("Rates", ("Who", "Share"), (("all", Cell("5 %", "4 to 6", True)),), "So."),),
    (Picture("figures/decision.svg", "What was decided, once more."),),
)


def test_a_section_left_in_the_folder_is_in_the_report(found, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(found.study.folder, folder)
    keep(MINE, folder, "real")
    page = report.write(report.read_study(folder)).read_text(encoding="utf-8")
    assert "Beside &lt;them&gt;." in page
    assert "<strong>5 %</strong>" in page
    before, after = page.split(">Real customers</h2>")
    assert "Costs and return</h2>" not in after
    assert "How this was computed</h2>" in after
    assert "The decision</h2>" in before


def test_a_section_is_read_as_it_was_left(tmp_path):
    keep(MINE, tmp_path, "real")
    (read,) = kept(tmp_path).values()
    assert read.title == MINE.title
    assert tuple(read.tables[0].rows[0]) == MINE.tables[0].rows[0]
    assert read.pictures == list(MINE.pictures)


def test_a_broken_section_is_named(tmp_path):
    path = keep(MINE, tmp_path, "real")
    path.write_text('{"title": 1}')
    with pytest.raises(StudyError, match=r"real\.json: is no section"):
        kept(tmp_path)
