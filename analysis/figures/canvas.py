"""The look that every figure shares: font, colours, panels, titles, and its files.

One look for all: a font that ships with matplotlib, one colour a scenario whatever
the figure, names beside lines instead of legends, and uncertainty always drawn.
"""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from analysis.differences import number
from analysis.errors import StudyError
from analysis.files import replacing

INK, QUIET, FAINT = "#1a1a1a", "#5c5c5c", "#d9d9d9"
COLOURS = ("#4d4d4d", "#0072b2", "#d55e00", "#008a64", "#b0528c", "#8a6d00", "#3a9bd1")
"""The base, then the others; after Okabe and Ito, darkened for text."""
STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 2.2,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "white",
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "svg.hashsalt": "groundswell",
    "text.parse_math": False,
}
WIDE = (10.0, 5.6)
PER_ROW = 4
TITLE_WIDTH, SUBTITLE_WIDTH = 64, 108
"""Letters in a line across the whole figure."""
LEAST_GAP = 0.062
"""Between two labels at the end of lines, as a share of the height."""


@contextmanager
def style() -> Iterator[None]:
    """Draw in the house style, and leave matplotlib as it was."""
    look: Any = {**mpl.rcParamsDefault, **STYLE, "backend": "Agg"}
    with mpl.rc_context(look):
        yield


def colours(labels: Sequence[str]) -> dict[str, str]:
    """Return the colour of each scenario, the same in every figure of a study."""
    return {label: COLOURS[i % len(COLOURS)] for i, label in enumerate(labels)}


def canvas(
    count: int,
    height: float = WIDE[1],
    *,
    share_y: bool = False,
    ratios: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with that many panels, at most four beside each other."""
    rows = math.ceil(count / PER_ROW)
    columns = math.ceil(count / rows)
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1, wspace=0.05)
    figure = Figure(figsize=(WIDE[0], height * (1 + 0.7 * (rows - 1))), layout=layout)
    panels = list(
        figure.subplots(
            rows, columns, squeeze=False, sharey=share_y, width_ratios=ratios
        ).flat
    )
    for extra in panels[count:]:
        extra.remove()
    return figure, panels[:count]


def entitle(figure: Figure, title: str, subtitle: str) -> None:
    """Write the title and, smaller, how to read the figure."""
    look: dict[str, Any] = {"x": 0.012, "ha": "left"}
    figure.suptitle(folded(title, TITLE_WIDTH), size=17, weight="bold", **look)
    figure.supxlabel(folded(subtitle, SUBTITLE_WIDTH), size=11, color=QUIET, **look)


def signed(value: float, _: object) -> str:
    """Return a tick with its sign and no more decimals than it has."""
    decimals = len(f"{value:.4g}".partition(".")[2]) if abs(value) < 1000 else 0
    return ("+" if value > 0 else "") + number(value, 10.0**-decimals)


def folded(text: str, width: int) -> str:
    """Return a text in lines of that many letters; a longer word stays whole."""
    lines = (
        textwrap.wrap(line, width, break_long_words=False) for line in text.split("\n")
    )
    return "\n".join(chain.from_iterable(lines))


def weeks_below(axes: Axes) -> None:
    """Put weeks on the axis below, and quiet lines behind."""
    axes.set_xlabel("weeks")
    axes.grid(axis="y", color=FAINT, lw=0.8)
    axes.set_axisbelow(True)
    axes.margins(x=0)


def label_ends(axes: Axes, ends: Mapping[str, tuple[float, str]]) -> None:
    """Write names where lines end, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    order = sorted(ends, key=lambda name: ends[name][0])
    wrapped = {name: folded(name, 24) for name in order}
    places: list[float] = []
    above = -1.0
    for name in order:
        half = LEAST_GAP / 2 * (1 + wrapped[name].count("\n"))
        place = min(max((ends[name][0] - low) / (high - low), 0.0), 1.0)
        place = max(place, above + half)
        places.append(place)
        above = place + half
    down = max(0.0, above - 1.03)
    for name, place in zip(order, places, strict=True):
        axes.annotate(
            wrapped[name],
            (1, place - down),
            xycoords="axes fraction",
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=ends[name][1],
            weight="bold",
            linespacing=1.15,
        )


def save_all(study: Path, figures: Mapping[str, Figure]) -> list[str]:
    """Save each figure as PNG and SVG, whole or not at all; return the PNGs.

    Raises
    ------
    StudyError
        The study's folder cannot be written.
    """
    folder, paths = study / "figures", []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            figure.draw_without_rendering()
            figure.set_layout_engine("none")  # laid out once, not at every drawing
            for ending, metadata in (("svg", {"Date": None}), ("png", {})):
                path = folder / f"{name}.{ending}"
                _save(figure, path, metadata)
            paths.append(str(path))
    except OSError as error:
        raise StudyError(
            f"{folder}: cannot be written ({error.strerror or error}); the runs are "
            f"finished and can be read in {study}"
        ) from None
    return paths


def _save(figure: Figure, path: Path, metadata: Mapping[str, Any]) -> None:
    with replacing(path) as hidden:
        figure.savefig(hidden, format=path.suffix[1:], metadata=dict(metadata))
