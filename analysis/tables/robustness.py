"""What a person reads of a verdict under other assumptions, on screen and page."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from analysis.bands import asked_text
from analysis.differences import brief, called, shown, step_of
from analysis.money import BreakEvenPrice
from analysis.outcomes import OUTCOME_BY_NAME
from analysis.robustness import FEWEST_PLAUSIBLE, Robustness, Sign, Tip
from analysis.section import Cell, Section, Table
from analysis.terminal import records
from analysis.wording import plainly

from .payoff import EXACTLY

MOST_KNOWN = 8
"""Parameters named that files set."""
ROUND = 50
"""Draws, in steps of which more are asked for."""
MOST_TIPS = 3
"""Assumptions shown for each difference."""


def robustness_section(
    robust: Robustness, names: Mapping[str, str], exact: Sequence[BreakEvenPrice] = ()
) -> Section:
    """Return in how many draws each sign holds, and which assumptions turn it first.

    Parameters
    ----------
    robust : Robustness
    names : mapping
        What each scenario is called, by label.
    exact : sequence of BreakEvenPrice
        Told of the whole comparison, so not once more of a few small worlds.
    """
    tables = [sign_table(robust, names)]
    for label in dict.fromkeys(robust.signs["scenario"]):
        paths = {each.path for each in exact if each.scenario == label}
        tables.append(tip_table(robust, label, names[label], paths))
    return Section("Under other assumptions", tables=tables)


def sign_table(robust: Robustness, names: Mapping[str, str]) -> Table:
    """Return in how many draws each sign holds."""
    rows = []
    for label, outcome in _asked(robust):
        sign = robust.sign(label, outcome)
        way = {1: "more", -1: "less"}.get(sign.sign, "equal")
        between = _range(sign) if robust.observed else ""
        rows.append(
            (
                f"{names[label]}: {called(outcome)} {way}",
                Cell(
                    f"{sign.holds} of {sign.n_draws}",
                    f"{100 * sign.low:.0f} to {100 * sign.high:.0f} %",
                ),
                Cell(f"{sign.sure}", f"{sign.against} against"),
                Cell(
                    f"{sign.plausible_holds} of {sign.n_plausible}",
                    "too few" if sign.is_of_few else between,
                ),
            )
        )
    about, word, below, luck = robust.about, "plausible", "", ""
    if robust.observed:
        word, below = "like yours", ", and what nine in ten of those lie between"
        luck = f" {robust.fit.luck_text}"
    market = asked_text(robust.bands, word, about["weeks"])
    note = (
        "Each draw moves every assumption at once over its range, in "
        f"{about['pairs']} pairs of worlds of {about['customers']:,} people; beyond "
        "luck are those that their pairs tell from it. Small: the 95 % interval, draws "
        f"beyond luck of the other sign{below}. {market}{luck}{_itself(robust, word)}"
        f"{_few(robust)}{_known(about['known'])}"
    )
    columns = ("Choice", "sign holds", "beyond luck", word)
    caption = f"In {len(robust.draws)} draws of the assumptions"
    return Table(caption, columns, rows, note)


def _range(sign: Sign) -> str:
    """Return between which values nine in ten draws of a market like yours lie."""
    if not math.isfinite(sign.plausible_low):
        return ""
    outcome = OUTCOME_BY_NAME[sign.outcome]
    step = step_of(outcome, (sign.plausible_high - sign.plausible_low) / 2)
    ends = sign.plausible_low, sign.plausible_high
    return " to ".join(shown(end, outcome, step) for end in ends)


def _itself(robust: Robustness, word: str) -> str:
    """Return what the base does not show though it must; nothing if it shows all."""
    figures = robust.about["figures"]
    found = [
        f"{band.text} {band.shown(figures[band.name])}"
        for band in robust.bands
        if not band.holds(figures[band.name])
    ]
    return f" The base itself is not {word}: {', '.join(found)}." if found else ""


def _few(robust: Robustness) -> str:
    """Return what would give enough plausible markets, if they are few."""
    count, plausible = len(robust.draws), int(robust.draws["is_plausible"].sum())
    if plausible >= FEWEST_PLAUSIBLE:
        return ""
    if plausible == 0:
        none = " No draw is one."
        return f"{none} {robust.fit.alone_text}." if robust.observed else ""
    enough = math.ceil(2 * FEWEST_PLAUSIBLE * count / plausible / ROUND) * ROUND
    few = "That one says" if plausible == 1 else f"These {plausible} say"
    return f" {few} little: --draws {enough} would find about {2 * FEWEST_PLAUSIBLE}."


def _known(paths: Sequence[str]) -> str:
    """Return what was not drawn, in a sentence; nothing if all was."""
    if not paths:
        return ""
    more = f" and {len(paths) - MOST_KNOWN} more" if len(paths) > MOST_KNOWN else ""
    names = ", ".join(plainly(path) for path in paths[:MOST_KNOWN])
    return f" Known, and so not moved: {names}{more}."


def tip_table(
    robust: Robustness, label: str, name: str, exact: Collection[str] = ()
) -> Table:
    """Return the assumptions nearest to turning each difference of one scenario.

    Paths in `exact` are left out.
    """
    rows: list[tuple[str | Cell, ...]] = []
    for outcome in robust.signs.loc[robust.signs["scenario"] == label, "outcome"]:
        tips = [
            tip
            for tip in robust.turning(label, outcome)
            if math.isfinite(tip.turns_at) and tip.path not in exact
        ]
        if not tips:
            rows.append(("none within its range", called(outcome), "", ""))
        elif tips[0].move == 0:
            rows.append(("none needed: open as it is", called(outcome), "", ""))
        else:
            rows += [_cells(tip) for tip in tips[:MOST_TIPS]]
    note = (
        "One assumption at a time: where the difference is 0 on a straight line to the "
        "end of its range. In bold: beyond luck."
    )
    if exact:
        note += (
            f" Prices in “{EXACTLY}” are left out: there they are exact but for luck."
        )
    if robust.about.get("share", 1) < 1:
        note += (
            " What is paid for the firm as a whole went down with the market, and is "
            "told here undivided."
        )
    columns = ("Assumption", "turns", "assumed", "at")
    return Table(f"What turns {name} first", columns, rows, note)


def _asked(robust: Robustness) -> list[tuple[str, str]]:
    signs = robust.signs
    return list(zip(signs["scenario"], signs["outcome"], strict=True))


def _cells(tip: Tip) -> tuple[str | Cell, ...]:
    assumed = Cell(brief(tip.value), f"({brief(tip.low)} to {brief(tip.high)})")
    at = Cell(brief(tip.turns_at), is_sure=bool(tip.is_sure))
    return Cell(plainly(tip.path), tip.path), called(tip.outcome), assumed, at


def robustness_json(robust: Robustness) -> dict[str, Any]:
    """Return the same for a program; the draws themselves are in a file."""
    return {
        **robust.about,
        "signs": records(robust.signs),
        "tipping": records(robust.tipping),
    }
