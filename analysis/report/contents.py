"""What a report says: the sections of a comparison, or of a single scenario."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.attribution import PARTS, PATHS, Attribution
from analysis.comparison import Comparison
from analysis.differences import (
    Difference,
    as_read,
    change_parts,
    change_text,
    level_text,
    number,
    outcome_title,
    rounded_to,
)
from analysis.figures.customers import delayed, reason_words
from analysis.money import WORTH, ledger
from analysis.outcomes import LAST_WEEKS, OUTCOME_BY_NAME
from analysis.robustness import Robustness
from analysis.section import Cell, Picture, Section, Table
from analysis.sequential import ERROR, Interval, interval
from analysis.study import Study
from analysis.tables.payoff import price_section
from analysis.tables.segments import thousand_tables
from analysis.touchpoints import touchpoint_gaps
from analysis.wording import FOR_EVER, LUCK_ALONE, gained, likely, percent
from simulation.metrics import METRICS

from .differing import differing

HEADLINES = (
    "active",
    "retention",
    "churn",
    "perception",
    "trust",
    "true_nps",
    "measured_nps",
    "blind_spot",
    "rating",
    "lever_cost",
    "npv",
)
GAIN_TITLES = {
    "npv": "Difference in NPV",
    "lever_cost": "Spent on levers",
    "return": "Net return per {currency} spent",
    "cost_per_customer_kept": "Spent per customer kept",
    "pays_chance": "Chance of any gain, in the mean",
    "paying_worlds": "Worlds that gain",
    "payback_week": "Paid back by week (median), counted from week 0",
    "pays_back": "Worlds in which it is paid back",
}
LEFT_BY = tuple(m.name for m in METRICS if m.name.startswith("left_by_"))
LINES = {
    "revenue": "Revenue",
    "cost_service": "Cost of service",
    "cost_acquisition": "Cost of winning customers",
    "cost_complaints": "Cost of complaints",
    "cost_levers": "Cost of levers",
    "npv": "Net present value",
}
SAME_END = (
    "Every world ends in the same week: what a later beginning brings after it is not "
    "counted."
)
PER_TABLE = 4
"""Choices beside each other in one table."""
Names = Mapping[str, str]


def comparison_sections(
    found: Comparison, names: Names, followed: Attribution | None = None
) -> list[Section]:
    """Return what a comparison says, the answer first.

    Parameters
    ----------
    found : Comparison
    names : mapping
        What the report calls each scenario, by label; the first is the base.
    followed : Attribution, optional
        Of the same pairs, where every customer was followed.
    """
    sections = [
        _decision(found, names),
        differing(found.study.scenarios, names),
        _weeks(found, names),
        _leaving(found, names),
    ]
    if followed is not None:
        sections.append(followed_section(followed, names))
    return [
        *sections,
        _money(found, names),
        _blind_spot(found.study, names, found.rule.error_alone),
        _touchpoints(found.study, names),
    ]


def ending(study: Study, names: Names) -> str:
    """Return how the runs of a single scenario end, in two sentences."""
    ((label, name),) = names.items()
    scenario = study.scenarios[label]
    customers, churn, nps, npv = (
        level_text(interval(study.runs[each].to_numpy(float)), OUTCOME_BY_NAME[each])
        for each in ("active", "churn", "true_nps", "npv")
    )
    text = (
        f"After {scenario.clock.weeks:g} weeks “{name}” has {customers} customers and "
        f"has earned {npv} {scenario.money.currency}, discounted. {churn} % of the "
        f"customers leave in a year, and the true NPS is {nps}"
    )
    n_runs = len(study.runs)
    if n_runs == 1:
        return f"{text}. One run says nothing about luck."
    return f"{text} (± 95 % interval over {n_runs} runs)."


def study_sections(study: Study, names: Names) -> list[Section]:
    """Return what the runs of a single scenario say."""
    (label,) = names
    currency = study.scenarios[label].money.currency
    rows = []
    for name in HEADLINES:
        values = study.runs[name].to_numpy(float)
        outcome = OUTCOME_BY_NAME[name]
        known = values[~np.isnan(values)]
        low, high = np.quantile(known, [0.05, 0.95]) if known.size else (math.nan,) * 2
        level = interval(values)
        step = rounded_to((high - low) / 2) if high > low else 1.0
        scale, _ = as_read(outcome.unit)
        spread = f"{number(scale * low, step * scale)} to "
        spread += number(scale * high, step * scale)
        rows.append([outcome_title(name, currency), level_text(level, outcome), spread])
    n_runs = len(study.runs)
    numbers = Table(
        f"The end of the story, over {n_runs} runs",
        ("Outcome", "mean ± 95 % interval", "nine runs in ten"),
        rows,
    )
    weeks = Section(
        "Week by week",
        pictures=(
            _picture("customers", "Customers over the weeks, with bands of runs."),
            _picture("churn", "Churn over the weeks, with bands of runs."),
        ),
    )
    reasons = {m: _sums(study.weekly, m).mean().to_dict() for m in LEFT_BY}
    left = Table(
        "Customers who left, by reason, a world",
        ("Reason", names[label]),
        [
            [_reason(m), number(means[label], 0.1)]
            for m, means in reasons.items()
            if means[label] > 0
        ],
    )
    return [
        Section("In numbers", tables=(numbers,)),
        weeks,
        Section("Why customers leave", tables=(left,)),
        _blind_spot(study, names),
        _touchpoints(study, names),
    ]


def certainty(found: Comparison, names: Names) -> Table:
    """Return how sure the verdict on each choice is, in a line each."""
    robust = found.robustness
    rows: list[list[str | Cell]] = []
    for label in found.others:
        customers, money = (found.of(label, name) for name in ("active", "npv"))
        paid = found.gain(label, "pays_chance")
        rows.append(
            [
                names[label],
                Cell(customers.verdict, _change(customers)),
                Cell(money.verdict, f"{_change(money)} {found.currency}"),
                likely(paid.value) if paid else "-",
                likely(found.best_chance(label, "npv")),
                *([] if robust is None else [_held(robust, label)]),
            ]
        )
    columns = [
        "Choice",
        "Customers",
        "Money",
        "Chance of any gain",
        "Chance to earn the most",
    ]
    note = LUCK_ALONE
    if robust is not None:
        columns.append("Money keeps its sign under other assumptions")
        note += (
            " Money keeps its sign in those draws of the assumptions whose difference "
            "has the same sign as here."
        )
    return Table(f"How sure, against {names[found.base]}", columns, rows, note)


def _held(robust: Robustness, label: str) -> Cell:
    """Return in how many draws the sign of the money holds, and in how many alike."""
    sign = robust.sign(label, "npv")
    alike = "like yours" if robust.observed else "plausible"
    few = ", too few" if sign.is_of_few else ""
    return Cell(
        f"{sign.holds} of {sign.n_draws}",
        f"{sign.plausible_holds} of {sign.n_plausible} {alike}{few}",
    )


def _change(found: Difference) -> str:
    return change_text(found, OUTCOME_BY_NAME[found.outcome])


# Sections


def _decision(found: Comparison, names: Names) -> Section:
    groups = [
        found.others[i : i + PER_TABLE] for i in range(0, len(found.others), PER_TABLE)
    ]
    tables = [_decision_table(found, names, group) for group in groups]
    tables += thousand_tables(found, names, PER_TABLE)
    changed = ", ".join(names[label] for label in found.others)
    picture = _picture(
        "decision",
        f"Difference in customers and NPV against {names[found.base]} for {changed}, "
        "a dot a pair, with intervals; the table below has the numbers.",
    )
    return Section("The decision", tables=tables, pictures=(picture,))


def _decision_table(found: Comparison, names: Names, others: Sequence[str]) -> Table:
    rows: list[list[str | Cell]] = []
    extra = [name for name in found.rule.precision if name not in HEADLINES]
    for name in (*HEADLINES, *extra):
        outcome = OUTCOME_BY_NAME[name]
        cells: list[str | Cell] = [outcome_title(name, found.currency)]
        cells.append(level_text(found.level(found.base, name), outcome))
        for label in others:
            each = found.of(label, name)
            if each.is_equal:
                cells.append(Cell("the same"))
                continue
            text, ends = change_parts(each, outcome)
            now = f"now {level_text(found.level(label, name), outcome)}"
            if outcome.unit in ("customers", "money") and each.base_mean > 0:
                share = 100 * each.difference / each.base_mean
                step = rounded_to(100 * each.interval.half / each.base_mean)
                now += f", {_plus(share)}{number(share, step)} %"
            said = "" if each.is_conclusive else "can be luck"
            if name in found.rule.precision:
                said = each.verdict
            how_sure = ", ".join(filter(None, (ends, said)))
            more = "\n".join(filter(None, (how_sure, now)))
            cells.append(Cell(text, more, each.is_conclusive))
        rows.append(cells)
    n_pairs = int(found.differences["n_pairs"].max())
    return Table(
        "What each choice changes",
        ("Outcome", names[found.base], *(names[label] for label in others)),
        rows,
        f"Mean difference in {n_pairs} paired worlds, below it the 95 % interval. "
        "Bold: beyond luck. Scores and shares are means of the last "
        f"{LAST_WEEKS} weeks; customers and retention stand at the end. "
        "What levers cost is not discounted here; in the ledger it is.",
    )


def _weeks(found: Comparison, names: Names) -> Section:
    base = names[found.base]
    return Section(
        "Week by week",
        pictures=(
            _picture(
                "customers_difference",
                f"Difference in customers to {base} over the weeks, with 95 % bands.",
            ),
            _picture(
                "true_nps_difference",
                f"Difference in true NPS to {base} over the weeks, with 95 % bands.",
            ),
            _picture("customers", "Customers of each scenario over the weeks."),
        ),
    )


def _leaving(found: Comparison, names: Names) -> Section:
    """Return why customers leave, told from what is counted in every run."""
    rows: list[list[str | Cell]] = []
    error = found.rule.error
    for metric in ("left", *LEFT_BY, "returned", "joined"):
        sums = _sums(found.study.weekly, metric)
        if not sums.to_numpy().any():
            continue
        title = "All who left" if metric == "left" else _reason(metric)
        cells: list[str | Cell] = [title, level(sums[found.base], error)]
        for label in found.others:
            gap = (sums[label] - sums[found.base]).to_numpy(float)
            cells.append(changed(interval(gap, error), 0.1))
        rows.append(cells)
    table = Table(
        "Who left, came back and joined over all weeks, people a world",
        ("Reason", names[found.base], *(names[label] for label in found.others)),
        rows,
        "Differences with 95 % intervals. One may leave, return and leave again.",
    )
    stated = {
        (s.leaving.stated_walk_out, s.leaving.intention_to_action)
        for s in found.study.scenarios.values()
    }
    text = [
        f"Of customers with a failure that nobody makes good, {percent(said)} say that "
        f"they would leave; the model lets {percent(said * done)} do so, the share of "
        "such "
        "intentions that turns into action."
        for said, done in sorted(stated)
    ]
    return Section("Why customers leave", text, (table,))


def followed_section(followed: Attribution, names: Names) -> Section:
    """Return whom each choice saved and lost, by which way, and whom it helps most."""
    tables = []
    for label in followed.labels:
        flows = followed.flows[followed.flows["scenario"] == label]
        late = f"Beside them, {delayed(flows)} left all the same, but later."
        flows = flows[flows["change"] != "delayed"]
        rows: list[list[str | Cell]] = []
        for (change, reason), each in flows.groupby(["change", "reason"], sort=False):
            cells = {
                str(row["path"]): _counted(_interval(row)) for _, row in each.iterrows()
            }
            title = f"{change}: {reason_words(str(reason))}"
            rows.append([title, *(cells.get(path, "0") for path in PATHS)])
        words = f"{names[label]}: customers a world whose end is another"
        ways = ("Change: why they leave otherwise", *PATHS)
        tables.append(Table(words, ways, rows, late))
        effects = followed.effects[followed.effects["scenario"] == label]
        rows = []
        for path, each in effects.groupby("path", sort=False):
            by_part = {row["part"]: _interval(row) for _, row in each.iterrows()}
            parts = [changed(by_part[part], 0.1) for part in PARTS]
            rows.append([str(path) or "everybody", *parts])
        columns = ("Customers gained", *(part.replace("_", " ") for part in PARTS))
        tables.append(Table(f"{names[label]}: by which way", columns, rows))
        groups = followed.groups[followed.groups["scenario"] == label]
        rows = [
            [row["group"], percent(row["share"]), changed(_interval(row), 0.01)]
            for _, row in groups[groups["part"] == "total"].iterrows()
        ]
        columns = ("Customers of week 0", "share of them", "kept of 100")
        tables.append(Table(f"{names[label]}: whom it helps most", columns, rows))
    pictures = [
        _picture(
            f"flow_{label}",
            f"Customers that {names[label]} saves and loses, by reason of leaving and "
            "by path; the tables below have the numbers.",
        )
        for label in followed.labels
    ]
    text = (
        "Every customer was followed through both worlds. Saved: a customer at the end "
        "only with the choice, and once a customer without it. Won: never a customer "
        "without it. Lost and missed are the opposites.",
        "The direct part comes from what is done to the customers themselves; the rest "
        "came to them by word of mouth, by ratings, or by others staying.",
    )
    return Section("Where customers were saved, and why", text, tables, pictures)


def _money(found: Comparison, names: Names) -> Section:
    error = found.rule.error
    lines = ledger(found.study.weekly, found.study.scenarios)
    rows: list[list[str | Cell]] = []
    for line, title in LINES.items():
        worlds = lines.pivot(index="seed", columns="scenario", values=line)
        kept = level(worlds[found.base], found.rule.error_alone)
        cells: list[str | Cell] = [title, kept]
        for label in found.others:
            gap = (worlds[label] - worlds[found.base]).to_numpy(float)
            cells.append(changed(interval(gap, error), 1.0))
        rows.append(cells)
    titles = tuple(names[label] for label in found.others)
    books = Table(
        f"The ledger, {found.currency}, discounted to week 0",
        ("Line", names[found.base], *titles),
        rows,
        "Revenue less the four costs is the net present value.",
    )
    weeks = found.study.scenarios[found.base].clock.weeks
    returns: list[list[str | Cell]] = []
    for measure, words in GAIN_TITLES.items():
        gains = [found.gain(label, measure) for label in found.others]
        if any(gains):
            title = words.format(currency=found.currency)
            returns.append([title, *(Cell(*gained(gain, weeks)) for gain in gains)])
    back = Table(
        "What comes back",
        ("Measure", *titles),
        returns,
        "A net return of 0 is break-even. Returns and costs per customer have "
        "Fieller's interval, weeks the exact one of their order, shares of worlds "
        "Clopper and Pearson's.",
    )
    picture = _picture(
        "return_against_cost",
        "Difference in NPV against what is spent on levers, a dot a pair and the mean "
        "of each choice; the tables below have the numbers.",
    )
    prices = price_section(found.break_even_prices(), names, found.currency)
    return Section(
        "Costs and return",
        prices.text,
        (back, *prices.tables, _worth(found, names), books),
        (picture,),
    )


def _worth(found: Comparison, names: Names) -> Table:
    """Return what a customer is worth in each world, and beyond the base's."""
    weeks = found.study.scenarios[found.base].clock.weeks
    rows: list[list[str | Cell]] = []
    for measure, span in zip(WORTH, (f"{weeks:g} weeks", "for ever"), strict=True):
        base = found.worth_of(found.base, measure)
        half = (base.high - base.low) / 2
        step = max(rounded_to(half), 0.1)
        first = "-"
        if math.isfinite(base.mean):
            error = f" ± {number(half, step)}" if half > 0 else ""
            first = f"{number(base.mean, step)}{error}"
        cells: list[str | Cell] = [f"Lifetime value, {found.currency}, {span}", first]
        for label in found.others:
            each = found.worth_of(label, measure)
            ends = each.difference, each.difference_low, each.difference_high
            cells.append(changed(Interval(*ends, 0), 0.1))
        rows.append(cells)
    titles = (names[label] for label in (found.base, *found.others))
    return Table("What a customer is worth", ("Measure", *titles), rows, FOR_EVER)


def _blind_spot(study: Study, names: Names, error: float = ERROR) -> Section:
    rows, gaps = [], {}
    for label in names:
        runs = study.runs[study.runs["scenario"] == label]
        levels = {
            name: interval(runs[name].to_numpy(float), error)
            for name in ("true_nps", "measured_nps", "blind_spot")
        }
        gaps[label] = levels["blind_spot"].mean
        texts = (level_text(levels[k], OUTCOME_BY_NAME[k]) for k in levels)
        rows.append([names[label], *texts])
    table = Table(
        f"Net Promoter Score, mean of the last {LAST_WEEKS} weeks",
        ("Scenario", "True", "Measured", "Blind spot"),
        rows,
    )
    known = {label: gap for label, gap in gaps.items() if math.isfinite(gap)}
    text = []
    if known:
        worst = max(known, key=lambda label: abs(known[label]))
        way = "above" if known[worst] > 0 else "below"
        text.append(
            f"The firm decides by its survey. At the end it shows up to "
            f"{number(abs(known[worst]), 1.0)} points {way} what all customers would "
            f"answer, without politeness ({names[worst]})."
        )
    picture = _picture(
        "true_and_measured_nps",
        "True and measured Net Promoter Score over the weeks; the table below has "
        "their levels at the end.",
    )
    title = "What the firm would have measured instead"
    return Section(title, text, (table,), (picture,))


def _touchpoints(study: Study, names: Names) -> Section:
    gaps = touchpoint_gaps(study.weekly, study.scenarios)
    by_place = {(g["scenario"], g["touchpoint"]): g for _, g in gaps.iterrows()}
    rows = [
        [place, *(_gap_cell(by_place.get((label, place))) for label in names)]
        for place in gaps["touchpoint"].unique()
    ]
    columns = ("Touchpoint", *names.values())
    note = (
        "Gap: experience less expectation, means over all episodes of all weeks, with "
        "its 95 % interval."
    )
    table = Table("The gap, in points of 100", columns, rows, note)
    base = next(iter(names))
    known = gaps[np.isfinite(gaps["gap"]) & (gaps["scenario"] == base)]
    text = []
    if len(known):
        worst = known.loc[known["gap"].idxmin()]
        way = "short of" if worst["gap"] < 0 else "above"
        size = number(abs(100 * float(worst["gap"])), 0.1)
        text.append(
            f"In {names[base]}, “{worst['touchpoint']}” does worst against what people "
            f"expect when they come to it: {size} points of 100 {way} it."
        )
    picture = _picture(
        "touchpoint_gaps",
        "Mean expectation and experience at each touchpoint of each scenario; the "
        "table below has the numbers.",
    )
    title = "Touchpoint by touchpoint: expectation, experience, gap"
    return Section(title, text, (table,), (picture,))


def _gap_cell(row: "pd.Series[Any] | None") -> Cell:
    """Return the gap at one touchpoint, and below it what it is made of."""
    if row is None or not np.isfinite(row["gap"]):
        return Cell("-", "nobody was there")
    mean, low, high = (100 * float(row[k]) for k in ("gap", "gap_low", "gap_high"))
    found = changed(Interval(mean, low, high, 0), 0.1)
    expected, lived = (
        number(100 * float(row[k]), 0.1) for k in ("expectation", "experience")
    )
    ends = f"{found.more}; " if found.more else ""
    return found._replace(more=f"{ends}expected {expected}, lived {lived}")


def delay_section(
    found: Mapping[str, pd.DataFrame], names: Mapping[str, str], currency: str
) -> Section:
    """Return what beginning later costs.

    Parameters
    ----------
    found : mapping
        By label: a row for each delay and outcome, with delay_weeks, outcome,
        difference, low and high.
    names : mapping
        What each scenario is called, by label.
    currency : str
    """
    tables = []
    for label, delays in found.items():
        rows: list[list[str | Cell]] = []
        for weeks, each in delays.groupby("delay_weeks", sort=False):
            cells = [
                changed(_interval(row.rename({"difference": "mean"})), 0.1)
                for _, row in each.iterrows()
            ]
            rows.append([f"{weeks:g} weeks later", *cells])
        outcomes = delays["outcome"].unique()
        columns = ("Begun", *(outcome_title(o, currency) for o in outcomes))
        caption = f"{names[label]}, against beginning in time"
        tables.append(Table(caption, columns, rows, SAME_END))
    return Section("What waiting costs", tables=tables)


def untested() -> Section:
    """Return what is said where nobody asked what other assumptions would do."""
    return Section(
        "Under other assumptions",
        (
            "Not asked here: the intervals above are about luck, under the assumptions "
            "as they stand. groundswell compare … --robust lives the comparison again "
            "under others, drawn over their ranges, and says how often the verdict "
            "holds and which assumption turns it first; with --observed "
            "churn=15%:20%, for instance, under those that fit a market one knows.",
        ),
    )


# Words


def level(values: "pd.Series[float]", error: float) -> str:
    """Return a mean and half of its interval, in whole units: "1,060,000 ± 12,000"."""
    found = interval(values.to_numpy(float), error)
    step = max(rounded_to(found.half), 1.0)
    text = number(found.mean, step)
    return f"{text} ± {number(found.half, step)}" if found.half > 0 else text


def changed(found: Interval, least: float) -> Cell:
    """Return a difference, and below it its interval, in steps of at least so much."""
    if not math.isfinite(found.mean):
        return Cell("-")
    if found.mean == 0 and not found.half > 0:
        return Cell("0")
    step = max(rounded_to(found.half), least)
    text = _plus(found.mean) + number(found.mean, step)
    if not math.isfinite(found.half):
        return Cell(text)
    ends = f"{number(found.low, step)} to {number(found.high, step)}"
    return Cell(text, ends, found.is_conclusive)


def _counted(found: Interval) -> Cell:
    """Return how many there are, which is no change and has no sign."""
    cell = changed(found, 0.1)
    return cell._replace(text=cell.text.removeprefix("+"))


def _interval(row: "pd.Series[Any]") -> Interval:
    return Interval(float(row["mean"]), float(row["low"]), float(row["high"]), 0)


def _sums(weekly: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric summed over the weeks: seeds down, scenarios across."""
    totals = weekly.groupby(["seed", "scenario"])[metric].sum()
    return totals.unstack()


def _reason(metric: str) -> str:
    words = {"returned": "Came back", "joined": "Joined"}
    plain = metric.removeprefix("left_by_").replace("_", " ")
    join = "for" if plain == "background" else "over"
    return words.get(metric, f"… {join} {reason_words(plain)}")


def _picture(name: str, alt: str) -> Picture:
    return Picture(f"figures/{name}.svg", alt)


def _plus(value: float) -> str:
    return "+" if value > 0 else ""
