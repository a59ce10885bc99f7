"""Which assumptions matter: sensitivity of an outcome, or of what a choice changes.

Every point of the design meets the same seeds, and so do both worlds of a difference:
the luck they share drops out. Some runs of the budget go into a pilot, which says how
many seeds a point needs; the rest go into points.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Unpack

import numpy as np
import pandas as pd

from simulation.scenario import Scenario

from .design import Array, Design, crossed, seeds
from .differences import called
from .errors import InputError
from .factors import Factor, designed, factor_values, factors_of
from .files import adding
from .indices import WIDEST, Findings, findings, noise_of, replications
from .methods import METHODS, Method, Space
from .outcomes import OUTCOME_BY_NAME, Outcome, outcome_named
from .request import How, Request, first_seed, read_scenarios
from .sequential import quantile
from .store import INDICES, PARTS
from .study import Study, make
from .wording import spoken

KIND = "sensitivity"
PILOT_POINTS, PILOT_SEEDS = 12, 4
OF_BUDGET = 0.25
"""More of the budget than this no pilot may take."""
FEWEST_SEEDS = 2
"""A point: with one, luck cannot be told from effect."""
FIFTH = 0.2
"""The ends of a range that a swing compares."""
COLUMNS = ["name", "other", "index", "value", "low", "high"]
SWING = ["name", "lowest", "highest", "swing", "low", "high"]
INDEX_TEXT = {
    "mu_star": "mean size of the change",
    "mu": "mean change",
    "sigma": "how much the change varies",
    "S1": "share alone",
    "ST": "share with all it interacts with",
    "dgsm": "most the share can be",
    "delta": "distance of the densities",
    "pawn": "distance of the distributions",
}


class Question(NamedTuple):
    """What is to be found out."""

    outcome: str = "active"
    against: str | Path | Scenario | None = None
    """The base of a difference; the outcome itself if absent."""
    method: str = "morris"
    vary: Sequence[str] = ()
    """Paths or patterns; how customers are, if empty."""
    ranges: str | Path | None = None
    """A file of ranges; those the scenario declares, if absent."""
    is_grouped: bool = False
    """Whether the parameters of a section move together, and have one index."""
    budget: int = 2000
    """Runs, of all scenarios together."""
    seeds: int | None = None
    """Seeds a point; found by a pilot if absent."""


@dataclass(frozen=True)
class Sensitivity:
    """What a sensitivity study found.

    Attributes
    ----------
    study : Study
    question : Question
    factors : tuple of Factor
    points : DataFrame
        A row a point: the value of every factor, by its path.
    findings : Findings
        Indices with intervals, interactions, convergence, and the share of luck.
    swings : DataFrame
        A row a factor: the mean outcome in the lowest and the highest fifth of its
        range, and the difference with its interval: name, lowest, highest, swing,
        low, high; the largest first. Of Morris, the mean change over the range; of
        its groups of several, none.
    n_pilot : int
        Runs spent to find out how many seeds a point needs; 0 if that was said.
    """

    study: Study = field(repr=False)
    question: Question
    factors: tuple[Factor, ...] = field(repr=False)
    points: pd.DataFrame = field(repr=False)
    findings: Findings = field(repr=False)
    swings: pd.DataFrame = field(repr=False)
    n_pilot: int = 0

    @property
    def outcome(self) -> Outcome:
        """What was looked at."""
        return OUTCOME_BY_NAME[self.question.outcome]

    @property
    def is_difference(self) -> bool:
        """Whether it is what a choice changes that was looked at."""
        return self.question.against is not None

    @property
    def subject(self) -> str:
        """What was looked at, as sentences and figures call it.

        The base of a difference is named where it is said how it was found.
        """
        name = called(self.outcome.name)
        if not self.is_difference:
            return name
        return f"the change in {name} by {_title(self.study.labels[-1])}"

    @property
    def table(self) -> pd.DataFrame:
        """All numbers in one table: name, other, index, value, low, high.

        `other` is the second of a pair (index S2), empty else; index `swing` is the
        change from the low to the high end of a range, in the outcome's unit.
        """
        own = self.findings.indices.assign(other="")
        pairs = self.findings.interactions.assign(index="S2")
        moved = self.swings.rename(columns={"swing": "value"})
        moved = moved.assign(index="swing", other="")
        parts = [each[COLUMNS] for each in (own, pairs, moved) if len(each)]
        return pd.concat(parts, ignore_index=True)

    def write(self) -> Path:
        """Write the table into the study's folder; return its path.

        Raises
        ------
        StudyError
            The folder cannot be written.
        """
        path = self.study.folder / INDICES
        with adding(path) as hidden:
            self.table.to_parquet(hidden, index=False)
        return path

    @property
    def swing_names(self) -> tuple[str, ...]:
        """The factors whose change from end to end is told from 0."""
        is_sure = (self.swings["low"] > 0) | (self.swings["high"] < 0)
        return tuple(self.swings.loc[is_sure, "name"])

    @property
    def is_settled(self) -> bool:
        """Whether the runs tell which matter: no wide, no contradicting intervals."""
        return self.findings.times_more == 1

    @property
    def enough(self) -> int:
        """The budget that would settle which matter; this one if it does."""
        if self.is_settled:
            return self.question.budget
        found, n_scenarios = self.findings, len(self.study.labels)
        blocks = math.ceil(found.n_blocks * found.times_more)
        if found.method.name == "sobol":
            blocks = 2 ** math.ceil(math.log2(blocks))
        rows = found.method.rows(space_of(self.factors, self.question))
        pilot = PILOT_POINTS * PILOT_SEEDS if self.question.seeds is None else 0
        return n_scenarios * (blocks * rows * found.n_seeds + pilot)

    @property
    def spent(self) -> str:
        """How the budget was spent, and why so, in a sentence or two."""
        found, n_scenarios = self.findings, len(self.study.labels)
        rows = found.method.rows(space_of(self.factors, self.question))
        n_blocks = found.n_blocks + found.n_lost
        n_runs = n_blocks * rows * found.n_seeds * n_scenarios
        first = f"{found.n_seeds} seeds a point, as was asked"
        if self.question.seeds is None:
            first = f"{found.n_seeds} seeds a point, the fewest, for want of a pilot"
        if self.n_pilot:
            first = (
                f"A pilot of {self.n_pilot} runs found that {found.n_seeds} seeds a "
                "point tell most for the budget"
            )
        worlds = f" in {n_scenarios} scenarios" if n_scenarios > 1 else ""
        return (
            f"{first}; {n_blocks:,} parts of the design with {rows:,} points each"
            f"{worlds} then took {n_runs:,} of {self.question.budget:,} runs."
        )

    @property
    def text(self) -> str:
        """The answer in two or three sentences."""
        ranked = self.findings.ranked
        sure = ranked.loc[ranked["low"] > 0, "name"]
        names = ", then ".join(spoken(name) for name in sure.head(3))
        words = [self._first(names)]
        others = [name for name in ranked["name"] if name not in set(sure)]
        at_ends = [name for name in self.swing_names if name in others]
        if at_ends:
            words.append(
                f"{len(at_ends)} more differ{'s' * (len(at_ends) == 1)} between the "
                f"ends of the range alone: {', '.join(map(spoken, at_ends[:3]))}"
                f"{', …' * (len(at_ends) > 3)}."
            )
        rest = len(others) - len(at_ends)
        if rest:
            words.append(f"{rest} of {len(ranked)} cannot be told from no effect.")
        words.append(luck_text(self.findings))
        return " ".join(words)

    def _first(self, names: str) -> str:
        """Return what matters most, or what it takes to tell."""
        if not self.is_settled:
            found = self.findings
            why = "there is one that is larger alone than with all it interacts with"
            if found.widest > WIDEST:
                wide = f"as wide as {found.widest:.1f} on a scale from 0 to 1"
                why = f"there are intervals {wide}"
            if found.is_blind:
                advised = f"{found.method.advised} are advised"
                why = f"nothing stands out on {found.n_blocks} paths; {advised}"
            first = f" So far, first is {names}." if names else ""
            return (
                f"What matters most for {self.subject} is not settled: raise --budget "
                f"to {self.enough} ({why}).{first}"
            )
        if names:
            return f"Most decisive for {self.subject}: {names}."
        if self.swing_names:
            return f"Nothing that varied stands out for {self.subject} with these runs."
        return (
            f"Nothing that varied can be shown to move {self.subject} with these runs."
        )


def _title(label: str) -> str:
    words = label.replace("_", " ")
    return words[:1].upper() + words[1:]


def luck_text(found: Findings) -> str:
    """Return how much of what was analysed is luck, in words."""
    if math.isnan(found.noise_share):
        return "How much is luck is unknown: every point met one seed only."
    share = 100 * found.noise_share
    words = "below 0.1" if 0 <= share < 0.1 else f"{share:.1f}"
    first = f"Luck is {words} % of the variance between points ({found.n_seeds} seeds"
    if found.method.is_freed:
        return f"{first} each), and is taken out."
    return f"{first} each); it is not taken out, and widens the intervals."


def sensitivity(
    source: str | Path | Scenario,
    question: Question = Question(),  # noqa: B008 (a frozen wish)
    **how: Unpack[How],
) -> Sensitivity:
    """Find out which parameters an outcome, or a difference, depends on.

    Parameters
    ----------
    source : str, Path or Scenario
        The scenario whose outcome it is; whose difference, if the question names a
        base.
    question : Question
    **how
        seed, overrides, jobs, out and watcher: see `How`.

    Returns
    -------
    Sensitivity

    Raises
    ------
    ScenarioError, PopulationError, NetworkError, InputError
        Bad input, in one line.
    StudyError
        The folder cannot be written, or every run failed.
    """
    method = _method(question)
    sources = [source] if question.against is None else [question.against, source]
    scenarios = read_scenarios(sources, how.get("overrides", ()))
    factors = factors_of(scenarios.values(), question.vary, question.ranges)
    space = space_of(factors, question)
    if len(space.labels) < 2:
        raise InputError("--vary: names one parameter; it takes two to compare")

    least = least_budget(factors, question, len(scenarios))
    _check_budget(question, factors, len(scenarios), least)
    seed = first_seed(how)
    asked = {"outcome": question.outcome, "method": method.name, "seed": seed}
    wish = {"budget": question.budget, "seeds": question.seeds, "factors": factors}
    folder = Request(KIND, scenarios, (), how, stopping={**asked, **wish}).folder

    def ask(name: str, points: Array, n_seeds: int) -> Study:
        place = folder if name == KIND else folder / PARTS / name
        request = Request(
            name,
            scenarios,
            crossed(tuple(scenarios), seeds(n_seeds, seed), len(points)),
            {**how, "out": place},
            stopping=asked,
            design=designed(factors, points),
            keeps_weeks=False,
        )
        return make(request)

    cost = len(scenarios) * method.rows(space)
    n_seeds, n_pilot = question.seeds, 0
    if n_seeds is None:
        n_pilot = PILOT_POINTS * PILOT_SEEDS * len(scenarios)
        spare = min(question.budget - least, OF_BUDGET * question.budget)
        n_pilot = n_pilot if n_pilot <= spare else 0
        most = (question.budget - n_pilot) // (cost * method.fewest)
        n_seeds = FEWEST_SEEDS
        if n_pilot:
            points = METHODS["rbd_fast"].sample(Space(space.names), PILOT_POINTS, seed)
            pilot = ask("pilot", points, PILOT_SEEDS)
            n_seeds = min(_seeds_by(outcomes_of(pilot, question.outcome)), most)
    blocks = (question.budget - n_pilot) // (n_seeds * cost)
    if method.name == "sobol":
        blocks = 2 ** int(math.log2(blocks))
    points = method.sample(space, blocks, seed)
    study = ask(KIND, points, n_seeds)
    found = replace(analysed(study, question, factors, points), n_pilot=n_pilot)
    found.write()
    return found


def space_of(factors: Sequence[Factor], question: Question) -> Space:
    """Return the cube that the factors of a question span."""
    sections = tuple(factor.section for factor in factors)
    paths = tuple(factor.path for factor in factors)
    return Space(paths, sections if question.is_grouped else None)


def _method(question: Question) -> Method:
    if question.method not in METHODS:
        raise InputError(
            f"--method {question.method}: no such method; one of {', '.join(METHODS)}"
        )
    outcome_named(question.outcome)
    method = METHODS[question.method]
    if question.is_grouped and not method.takes_groups:
        names = [each.name for each in METHODS.values() if each.takes_groups]
        raise InputError(
            f"--groups: {method.name} takes none; use --method {' or '.join(names)}"
        )
    return method


def least_budget(
    factors: Sequence[Factor], question: Question, n_scenarios: int = 1
) -> int:
    """Return the fewest runs with which a question can be asked at all."""
    method = METHODS[question.method]
    n_points = method.fewest * method.rows(space_of(factors, question))
    return n_points * n_scenarios * (question.seeds or FEWEST_SEEDS)


def _check_budget(
    question: Question, factors: Sequence[Factor], n_scenarios: int, least: int
) -> None:
    if question.budget >= least:
        return
    cheaper = []
    for words, other in (
        ("--groups", question._replace(is_grouped=True)),
        ("--method morris", question._replace(method="morris")),
    ):
        if METHODS[other.method].takes_groups and other != question:
            runs = least_budget(factors, other, n_scenarios)
            more = f" --budget {runs}" if runs > question.budget else ""
            cheaper += [f"{words}{more}"] if runs < least else []
    n_labels = len(space_of(factors, question).labels)
    raise InputError(
        f"--budget {question.budget}: {question.method} of {n_labels} parameters with "
        f"{question.seeds or FEWEST_SEEDS} seeds takes at least {least} runs; type "
        f"{' or '.join([f'--budget {least}', *cheaper])}, or vary fewer with --vary"
    )


def _seeds_by(pilot: Array) -> int:
    """Return how many seeds a point should have, by the outcomes of a pilot."""
    noise, share = noise_of(pilot)
    if math.isnan(noise):
        return FEWEST_SEEDS
    whole = pilot[~np.isnan(pilot).any(axis=1)]
    means = float(whole.mean(axis=1).var(ddof=1))
    return replications(noise, (1 - share) * means)


def outcomes_of(study: Study, outcome: str) -> Array:
    """Return an outcome, or its difference to the base, by point and seed.

    Returns
    -------
    float64, shape (n_points, n_seeds)
        NaN where a run failed.
    """
    base, *others = study.labels
    first = outcomes_in(study, base, outcome)
    return outcomes_in(study, others[-1], outcome) - first if others else first


def outcomes_in(study: Study, label: str, outcome: str) -> Array:
    """Return an outcome of one scenario by point and seed, as `outcomes_of` does."""
    runs = study.runs[study.runs["scenario"] == label]
    table = runs.pivot(index="point", columns="seed", values=outcome)
    return table.sort_index(axis=1).sort_index().to_numpy(float)


def analysed(
    study: Study, question: Question, factors: tuple[Factor, ...], points: Array
) -> Sensitivity:
    """Return what a finished study says.

    Parameters
    ----------
    points : float64, shape (n_points, n_factors)
        The design in the unit cube, as it was sampled.
    """
    space = space_of(factors, question)
    y = outcomes_of(study, question.outcome)
    found = findings(METHODS[question.method], space, points, y)
    design = Design(space.names, points)
    values = pd.DataFrame(factor_values(factors, points), columns=list(space.names))
    rows = found.method.rows(space) if found.method.name != "fast" else 1
    moved = swings(design, y.mean(axis=1), rows)
    if found.method.name == "morris":
        moved = slopes(found)
    return Sensitivity(study, question, factors, values, found, moved)


def swings(design: Design, outcome: Array, rows: int = 1) -> pd.DataFrame:
    """Return what each factor changes from one end of its range to the other.

    Intervals are by the jackknife over blocks, since points of one block have much in
    common.

    Parameters
    ----------
    design : Design
        In the unit cube.
    outcome : float64, shape (n_points,)
        NaN where a run failed.
    rows : int
        Points of a block.
    """
    is_known = ~np.isnan(outcome)
    block = np.arange(len(outcome)) // rows
    n_blocks = int(block[-1]) + 1
    found = []
    for path, column in zip(design.paths, design.values.T, strict=True):
        means, without = [], []
        for is_end in (column <= FIFTH, column >= 1 - FIFTH):
            chosen = is_known & is_end
            counts = np.bincount(block[chosen], minlength=n_blocks)
            sums = np.bincount(block[chosen], outcome[chosen], minlength=n_blocks)
            left = counts.sum() - counts
            if not left.all():
                break
            means.append(float(sums.sum() / counts.sum()))
            without.append((sums.sum() - sums) / left)
        else:
            swing, others = means[1] - means[0], without[1] - without[0]
            half = quantile(n_blocks) * float(others.std() * math.sqrt(n_blocks - 1))
            found.append((path, *means, swing, swing - half, swing + half))
    return _by_size(pd.DataFrame(found, columns=SWING))


def slopes(found: Findings) -> pd.DataFrame:
    """Return the same of Morris trajectories: the mean change over the whole range.

    A trajectory has too few places for means at the ends.
    """
    rows = found.indices[found.indices["index"] == "mu"].dropna()
    table = rows.rename(columns={"value": "swing"}).assign(lowest=math.nan)
    return _by_size(table.assign(highest=math.nan)[SWING])


def _by_size(table: pd.DataFrame) -> pd.DataFrame:
    order = table["swing"].abs().sort_values(ascending=False).index
    return table.loc[order].reset_index(drop=True)
