"""How chances and money are said, the same in the terminal and in the report."""

import math

from .differences import number, rounded_to
from .money import Gain

SURE = 0.995
FOR_EVER = (
    "Lifetime value is what a customer of week 0 brings, discounted, less what serving "
    "costs: within the weeks that were lived, and for ever, which adds all the time "
    "after as if the last half year went on."
)
"""How the two lifetime values differ, wherever they are shown."""

LUCK_ALONE = "Chances and intervals are about luck, with every assumption as it stands."
"""What keeps a chance of 99 % and a verdict that other assumptions turn apart."""


def plainly(path: str) -> str:
    """Return what the number of a path is called, below its section.

    >>> plainly("levers.follow_up.cost_per_contact"), plainly("money.cost_to_serve")
    ('follow up: cost per contact', 'cost to serve')
    """
    return path.partition(".")[2].replace("_", " ").replace(".", ": ")


def spoken(path: str) -> str:
    """Return what a sentence calls the number of a path, and in brackets of what.

    >>> spoken("leaving.hazard_max"), spoken("levers.follow_up.cost_per_contact")
    ('hazard max (leaving)', 'cost per contact (follow up)')
    >>> spoken("survey")
    'survey'
    """
    *_, section, key = ("", *path.replace("_", " ").split("."))
    return f"{key} ({section})" if section else key


def likely(chance: float) -> str:
    """Return a chance; what was drawn is never quite sure, nor quite impossible."""
    if chance > SURE:
        return "above 99 %"
    return "below 1 %" if chance < 1 - SURE else percent(chance)


def percent(share: float) -> str:
    """Return a share in percent, plain; "-" where there is none."""
    return f"{100 * share:.0f} %" if math.isfinite(share) else "-"


def gained(gain: Gain | None, weeks: float) -> tuple[str, str]:
    """Return a measure of money and its interval: "0.40", "0.10 to 0.70".

    Money is in whole units and in steps of a hundredth for each one spent; without a
    value "-", and without bounds the interval says so. What is not paid back in the
    weeks that were lived may be later: "not in 104 weeks".

    Parameters
    ----------
    gain : Gain or None
    weeks : float
        That were lived, from week 0 on.
    """
    if gain is None or math.isnan(gain.value):
        return "-", ""
    if gain.measure == "pays_chance":
        return likely(gain.value), ""
    is_bounded = math.isfinite(gain.low) and math.isfinite(gain.high)
    if gain.unit == "share":
        ends = f"{percent(gain.low)} to {percent(gain.high)}" if is_bounded else ""
        return percent(gain.value), ends
    step = rounded_to((gain.high - gain.low) / 2) if is_bounded else 0.01
    step = max(step, 0.01 if gain.unit == "money per money" else 1.0)
    value, low, high = (
        number(x, step) if math.isfinite(x) else f"not in {weeks:g} weeks"
        for x in (gain.value, gain.low, gain.high)
    )
    if math.isnan(gain.low):
        return value, "no bounds"
    return value, f"{low} to {high}" if low != high else ""
