"""The figure of mixes of levers: what money can buy, and what was chosen."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.differences import number
from analysis.optimisation import Optimisation

from .canvas import (
    COLOURS,
    FAINT,
    INK,
    QUIET,
    canvas,
    entitle,
    save_all,
    signed,
    style,
)

PALE = "#b9c9d4"
AIMS = {"active": "customers kept", "npv": "NPV, {}"}


def pareto(found: Optimisation) -> Figure:
    """Return what each mix costs and brings: customers at the left, NPV at the right.

    The winner is drawn where fresh seeds put it, with its 95 % intervals.
    """
    figure, panels = canvas(len(AIMS))
    for axes, (name, title) in zip(panels, AIMS.items(), strict=True):
        _panel(axes, found, name)
        axes.set_ylabel(title.format(found.currency))
    entitle(
        figure,
        "What money can buy",
        "A dot: a mix of levers. Line: none brings as much for less. Grey: beyond the "
        "budget." + (" Star: the winner, on fresh seeds." if found.check else ""),
    )
    return figure


def _panel(axes: Axes, found: Optimisation, name: str) -> None:
    mixes = found.mixes
    best = mixes[mixes[f"is_best_{name}"]].sort_values("cost")
    axes.scatter(mixes["cost"], mixes[name], s=16, color=PALE, lw=0, zorder=2)
    axes.plot(best["cost"], best[name], "o-", color=COLOURS[1], ms=5, lw=1.6, zorder=3)
    axes.axhline(0, color=INK, lw=1.2, zorder=1)
    axes.margins(0.06, 0.1)
    left, right = axes.get_xlim()
    if found.wish.budget < right:
        axes.axvspan(found.wish.budget, right, color=FAINT, alpha=0.5, lw=0, zorder=0)
        axes.axvline(found.wish.budget, color=QUIET, lw=1.2, zorder=1)
        axes.set_xlim(left, right)
    if found.check is not None:
        cost, gain = found.checked("lever_cost"), found.checked(name)
        axes.errorbar(
            cost.difference,
            gain.difference,
            xerr=cost.interval.half,
            yerr=gain.interval.half,
            fmt="*",
            ms=17,
            color=COLOURS[2],
            mec="white",
            ecolor=COLOURS[2],
            zorder=5,
        )
    axes.set_xlabel(f"cost of the levers, {found.currency}")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: number(x, 1.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(signed))
    axes.grid(axis="y", color=FAINT, lw=0.8)
    axes.set_axisbelow(True)


def draw_optimisation(found: Optimisation) -> list[str]:
    """Draw the figure into the folder of the study; return its path."""
    with style():
        return save_all(found.study.folder, {"pareto": pareto(found)})
