"""Which assumptions matter: sensitivity of an outcome, or of what a choice changes.

Every point of the design meets the same seeds, and so do both worlds of a difference:
the luck they share drops out. Some runs of the budget go into a pilot, which says how
many seeds a point needs; the rest go into points.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from simulation.scenario import Scenario

from .design import FIRST_SEED, Array, Design, crossed, seeds
from .factors import Factor, designed, factors_of, ranges_in
from .indices import METHODS, Findings, Method, Space, findings, noise_of, replications
from .indices import sampled as sampled_points
from .study import (
    OUTCOME_BY_NAME,
    InputError,
    Outcome,
    Request,
    Study,
    Watcher,
    Workers,
    cores,
    folder_of,
    make,
    read_scenarios,
)

PILOT_POINTS, PILOT_SEEDS = 12, 4
OF_BUDGET = 0.25
"""More of the budget than this no pilot may take."""
FIFTH = 0.2
"""The ends of a range that a swing compares."""
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
    findings : Findings
        Indices with intervals, interactions, convergence, and the share of luck.
    swings : DataFrame
        A row a factor: the mean outcome in the lowest and the highest fifth of its
        range, and the difference with its interval: name, lowest, highest, swing,
        low, high; the largest first.
    """

    study: Study = field(repr=False)
    question: Question
    factors: tuple[Factor, ...] = field(repr=False)
    findings: Findings = field(repr=False)
    swings: pd.DataFrame = field(repr=False)

    @property
    def outcome(self) -> Outcome:
        """What was looked at."""
        return OUTCOME_BY_NAME[self.question.outcome]

    @property
    def is_difference(self) -> bool:
        """Whether it is what a choice changes that was looked at."""
        return self.question.against is not None

    @property
    def text(self) -> str:
        """The answer in two or three sentences."""
        what = self.outcome.name.replace("_", " ")
        if self.is_difference:
            what = f"what {self.study.labels[-1]} changes in {what}"
        ranked = self.findings.ranked
        sure = ranked[ranked["low"] > 0]
        if sure.empty:
            first = f"No assumption can be shown to move {what} with these runs."
        else:
            names = ", then ".join(sure["name"].head(3))
            first = f"What moves {what} most: {names}."
        rest = len(ranked) - len(sure)
        words = [first]
        if rest:
            words.append(f"{rest} of {len(ranked)} cannot be told from no effect.")
        words.append(luck_text(self.findings))
        return " ".join(words)


def luck_text(found: Findings) -> str:
    """Return how much of what was analysed is luck, in words."""
    if math.isnan(found.noise_share):
        return "How much is luck is unknown: every point met one seed only."
    share = 100 * found.noise_share
    words = "below 0.1" if 0 <= share < 0.1 else f"{share:.1f}"
    first = f"Luck is {words} % of the variance between points ({found.n_seeds} seeds"
    if found.method.is_freed:
        return f"{first} each), and is taken out of the shares."
    return f"{first} each); it is not taken out, and widens the intervals."


def sensitivity(
    source: str | Path | Scenario,
    question: Question = Question(),  # noqa: B008 (a frozen wish)
    *,
    seed: int = FIRST_SEED,
    overrides: Iterable[str] = (),
    jobs: int | Workers | None = None,
    out: str | Path | None = None,
    watcher: Watcher | None = None,
) -> Sensitivity:
    """Find out which parameters an outcome, or a difference, depends on.

    Parameters
    ----------
    source : str, Path or Scenario
        The scenario whose outcome it is; whose difference, if the question names a
        base.
    question : Question
    seed : int
        The first that every point meets; of the design, too.
    overrides, jobs, out, watcher
        As `run` takes them.

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
    scenarios = read_scenarios(sources, overrides)
    ranges = ranges_in(question.ranges) if question.ranges else {}
    factors = factors_of(list(scenarios.values())[-1], question.vary, ranges)
    space = Space(
        tuple(factor.path for factor in factors),
        tuple(factor.section for factor in factors) if question.is_grouped else None,
    )
    if len(space.labels) < 2:
        raise InputError("--vary: names one parameter; it takes two to compare")

    def ask(name: str, points: Array, n_seeds: int) -> Study:
        design = designed(factors, points)
        plan = crossed(tuple(scenarios), seeds(n_seeds, seed), len(points))
        folder = Path(out) if out else folder_of(name, scenarios, plan, {}, design)
        if name == "pilot" and out:
            folder = folder.with_name(f"{folder.name}-pilot")
        request = Request(
            name,
            scenarios,
            plan,
            folder,
            jobs or cores(),
            stopping={"method": method.name, "outcome": question.outcome},
            design=design,
            keeps_weeks=False,
        )
        return make(request, watcher or Watcher())

    n_seeds, budget = question.seeds, question.budget
    if n_seeds is None:
        n_seeds, spent = _pilot(ask, space, question, len(scenarios), seed)
        budget -= spent
    cost = len(scenarios) * method.rows(space)
    if question.seeds is None:
        n_seeds = max(2, min(n_seeds, budget // (cost * method.fewest)))
    blocks = budget // (n_seeds * cost)
    if blocks < method.fewest:
        need = question.budget + (method.fewest * n_seeds * cost - budget)
        raise InputError(
            f"--budget {question.budget}: {method.name} of {len(space.labels)} "
            f"parameters with {n_seeds} seeds takes at least {need} runs; raise it, "
            "vary fewer with --vary, or use --method morris"
        )
    if method.name == "sobol":
        blocks = 2 ** int(math.log2(blocks))
    points = sampled_points(method, space, blocks, seed)
    study = ask("sensitivity", points, n_seeds)
    return analysed(study, question, factors, points)


def _method(question: Question) -> Method:
    if question.method not in METHODS:
        raise InputError(
            f"--method {question.method}: no such method; one of {', '.join(METHODS)}"
        )
    if question.outcome not in OUTCOME_BY_NAME:
        raise InputError(
            f"--outcome {question.outcome}: no such outcome; one of "
            f"{', '.join(OUTCOME_BY_NAME)}"
        )
    return METHODS[question.method]


def _pilot(
    ask: Callable[[str, Array, int], Study],
    space: Space,
    question: Question,
    n_scenarios: int,
    seed: int,
) -> tuple[int, int]:
    """Return how many seeds a point should have, and how many runs it took to say."""
    cost = PILOT_POINTS * PILOT_SEEDS * n_scenarios
    if cost > OF_BUDGET * question.budget:
        return 2, 0
    points = METHODS["rbd_fast"].sample(Space(space.names), PILOT_POINTS, seed)
    study = ask("pilot", points, PILOT_SEEDS)
    y = outcomes_of(study, question.outcome)
    noise, share = noise_of(y)
    if math.isnan(noise):
        return 2, cost
    means = float(np.nanmean(y, axis=1).var(ddof=1))
    return replications(noise, (1 - share) * means), cost


def outcomes_of(study: Study, outcome: str) -> Array:
    """Return an outcome, or its difference to the base, by point and seed.

    Returns
    -------
    float64, shape (n_points, n_seeds)
        NaN where a run failed.
    """
    table = study.runs.pivot(
        index="point", columns=["scenario", "seed"], values=outcome
    )
    last = table[study.labels[-1]].sort_index(axis=1).sort_index()
    if len(study.labels) > 1:
        last = last - table[study.labels[0]].sort_index(axis=1).sort_index()
    return last.to_numpy(float)


def analysed(
    study: Study, question: Question, factors: tuple[Factor, ...], points: Array
) -> Sensitivity:
    """Return what a finished study says.

    Parameters
    ----------
    points : float64, shape (n_points, n_factors)
        The design in the unit cube, as it was sampled.
    """
    space = Space(
        tuple(factor.path for factor in factors),
        tuple(factor.section for factor in factors) if question.is_grouped else None,
    )
    y = outcomes_of(study, question.outcome)
    found = findings(METHODS[question.method], space, points, y)
    design = Design(space.names, points)
    return Sensitivity(study, question, factors, found, swings(design, y.mean(axis=1)))


def swings(design: Design, outcome: Array) -> pd.DataFrame:
    """Return what each factor changes from one end of its range to the other.

    Parameters
    ----------
    design : Design
        In the unit cube.
    outcome : float64, shape (n_points,)
        NaN where a run failed.
    """
    rows = []
    for path, column in zip(design.paths, design.values.T, strict=True):
        is_known = ~np.isnan(outcome)
        ends = [
            outcome[is_known & (column <= FIFTH)],
            outcome[is_known & (column >= 1 - FIFTH)],
        ]
        if min(map(len, ends)) < 2:
            continue
        lowest, highest = (float(end.mean()) for end in ends)
        half = 1.96 * math.sqrt(sum(end.var(ddof=1) / len(end) for end in ends))
        swing = highest - lowest
        rows.append((path, lowest, highest, swing, swing - half, swing + half))
    columns = ["name", "lowest", "highest", "swing", "low", "high"]
    table = pd.DataFrame(rows, columns=columns)
    order = table["swing"].abs().sort_values(ascending=False).index
    return table.loc[order].reset_index(drop=True)
