"""The best mix of levers for the money: which, for how many, how strongly.

Optuna proposes mixes in rounds; each is lived on the same seeds as the base, so that
what a mix changes is not luck's. The best of many tries owes some of its success to
luck all the same: it is compared with the base once more, in worlds the search has
not seen, and what it is said to bring comes from there alone.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Unpack

import numpy as np
import optuna
import pandas as pd
from optuna.study import StudyDirection
from pydantic import ValidationError

from simulation.levers import LEVERS, Lever
from simulation.scenario import Scenario, load, shipped

from .comparison import Comparison, compare
from .design import Array, Design, Run, crossed, seeds
from .differences import Difference
from .errors import InputError
from .outcomes import OUTCOME_BY_NAME, Outcome, outcome_named
from .request import How, Request, first_seed, read_scenarios
from .store import PARTS
from .study import Study, make

ROUNDS = 10
"""Of proposals; each learns from the rounds before."""
TENTH = 0.1
"""Step, and least, of a coverage and a strength: finer ones nobody could set."""
IN_GENERAL = "all_in"
"""The shipped scenario whose levers are mixed if none is named."""
BEST = "Best mix"
KIND = "optimise"
"""As what its study is listed, whether a mix won or not."""

Ask = Callable[[int, Array], Study]
Mix = tuple[float, ...]
"""The coverage and the strength of each lever; 0 where it is not used."""


class Wish(NamedTuple):
    """What is to be found."""

    budget: float
    """Most that all added levers together may cost over the whole span."""
    outcome: str = "npv"
    """That is to be as good as possible."""
    tries: int = 150
    """Mixes proposed."""
    seeds: int = 6
    """Worlds each of them is lived in."""
    pairs: int = 40
    """Fresh worlds in which the best is compared with the base."""


@dataclass(frozen=True)
class Optimisation:
    """What was found about mixes of levers.

    Attributes
    ----------
    wish : Wish
    levers : tuple of str
        That could be mixed.
    mixes : DataFrame
        A row for each mix that was lived: `LEVER.coverage` and `LEVER.strength` of
        each lever, the mean differences to the base `cost`, `active`, `npv` and `gain`
        (of the outcome; positive is better), and whether it is in the budget
        (`is_affordable`), and on the front of the outcome, `is_best_active` and
        `is_best_npv`: no other brings as much for less.
    winner : int or None
        The row of the best mix in the budget; None if no mix is better than none.
    check : Comparison or None
        The winner against the base on fresh seeds.
    study : Study
        Of the check, or if no mix won of the base alone; the rounds of the search are
        among its parts.
    """

    wish: Wish
    levers: tuple[str, ...]
    mixes: pd.DataFrame = field(repr=False)
    winner: int | None
    check: Comparison | None = field(repr=False)
    study: Study = field(repr=False)
    currency: str

    @property
    def outcome(self) -> Outcome:
        """What was to be as good as possible."""
        return OUTCOME_BY_NAME[self.wish.outcome]

    def parts(self, row: int) -> dict[str, tuple[float, float]]:
        """Return the coverage and the strength of each lever that a mix uses."""
        return parts_of(self.mixes, row, self.levers)

    @property
    def promised(self) -> float:
        """How much better than the base the search saw the winner; NaN without one."""
        return (
            math.nan if self.winner is None else float(self.mixes["gain"][self.winner])
        )

    def checked(self, outcome: str) -> Difference:
        """Return what the winner changes on fresh seeds."""
        if self.check is None:
            raise ValueError("no mix won, so none was checked")
        return self.check.of(self.check.others[0], outcome)

    @property
    def is_lucky(self) -> bool:
        """Whether fresh seeds leave open that the winner is no better than the base."""
        found = self.checked(self.wish.outcome)
        ends = (self.outcome.direction * end for end in (found.low, found.high))
        return not min(ends) > 0


def optimise(
    base: str | Path | Scenario,
    levers: Sequence[str],
    wish: Wish,
    **how: Unpack[How],
) -> Optimisation:
    """Search the best mix of levers within a budget, and check it on fresh seeds.

    Parameters
    ----------
    base : str, Path or Scenario
        What the levers are added to; what it has already, it keeps.
    levers : sequence of str
        Scenarios, whose levers are taken as they are there, or names of levers, taken
        with their defaults. The levers of `all_in` if empty.
    wish : Wish
    **how
        seed, overrides, jobs, out and watcher: see `How`. The seeds of the check
        follow those of the search. The folder is that of the check, and has the
        rounds of the search among its parts.

    Returns
    -------
    Optimisation

    Raises
    ------
    ScenarioError, PopulationError, NetworkError, InputError
        Bad input, in one line.
    StudyError
        The folder cannot be written, or every run failed.

    References
    ----------
    Ozaki et al. 2022, doi:10.1613/jair.1.13188 (tree-structured Parzen estimators for
    several aims).
    """
    _check(wish)
    ((label, world),) = read_scenarios([base], how.get("overrides", ())).items()
    chosen = _levers(levers, world)
    seed = first_seed(how)
    over = seeds(wish.seeds, seed)
    plan = crossed((label,), over)
    stopping = {**wish._asdict(), "levers": [{k: v} for k, v in chosen.items()]}
    alone = Request(
        KIND, {label: world}, plan, how, stopping=stopping, keeps_weeks=False
    )
    scenarios = {label: world, "mix": _with(world, chosen)}
    paths = tuple(
        f"levers.{k}.{key}" for k in chosen for key in ("coverage", "strength")
    )

    def ask(number: int, mixes: Array) -> Study:
        place = alone.folder / PARTS / f"search-{number:02d}"
        request = Request(
            "search",
            scenarios,
            _plan(label, over, len(mixes)),
            {**how, "out": place},
            design=Design(paths, np.vstack([np.full(len(paths), np.nan), mixes])),
            keeps_weeks=False,
        )
        return make(request)

    mixes = _judged(_searched(ask, tuple(chosen), wish, seed), chosen, wish)
    winner = _winner(mixes)
    check = None
    if winner is None:
        study = make(alone)
    else:
        won = _with(world, _used(mixes, winner, chosen), BEST)
        there: How = {"seed": seed + wish.seeds, "out": alone.folder, "overrides": ()}
        fresh: How = {**how, **there}
        check = compare(world, won, pairs=wish.pairs, kind=KIND, **fresh)
        study = check.study
    currency = world.money.currency
    return Optimisation(wish, tuple(chosen), mixes, winner, check, study, currency)


def _check(wish: Wish) -> None:
    outcome_named(wish.outcome)
    if not 0 <= wish.budget < math.inf:
        raise InputError(f"--budget {wish.budget:g}: is no money; say 0 or more")


def _levers(names: Sequence[str], world: Scenario) -> dict[str, dict[str, Any]]:
    """Return the fields of each lever that can be mixed, by its name."""
    there = {lever.name for lever in world.levers}
    found: dict[str, dict[str, Any]] = {}
    for name in names or (IN_GENERAL,):
        if name in LEVERS and name not in shipped():
            here: Sequence[Lever] = (LEVERS[name](),)
        else:
            here = load(name).levers
        if not here:
            raise InputError(
                f"{name}: has no levers to mix; name a scenario with some, or one of "
                f"{', '.join(LEVERS)}"
            )
        for lever in here:
            if lever.name in found and names:
                raise InputError(
                    f"{name}: the lever {lever.name} is named twice; drop one"
                )
            if lever.name not in there:
                found[lever.name] = lever.model_dump(mode="python", exclude_unset=True)
            elif names:
                raise InputError(
                    f"{name}: the base has the lever {lever.name} already; take it "
                    "out there, or name another"
                )
    return found


def _with(
    world: Scenario, levers: Mapping[str, Mapping[str, Any]], name: str = ""
) -> Scenario:
    """Return a scenario with levers added to its own."""
    tree = world.plain()
    tree["levers"] = [*tree["levers"], *({k: dict(v)} for k, v in levers.items())]
    tree["name"] = name or tree["name"]
    try:
        return Scenario.model_validate(tree)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise InputError(f"{where}: does not fit the base: {fault['msg']}") from None


def _plan(base: str, over: Sequence[int], n_mixes: int) -> tuple[Run, ...]:
    """Return the runs of a round: the base once a seed, at the point of no lever."""
    worlds = [(base, seed, 0) for seed in over]
    worlds += [("mix", seed, 1 + mix) for mix in range(n_mixes) for seed in over]
    return tuple(Run(run, *world) for run, world in enumerate(worlds))


# The search


def _searched(
    ask: Ask, levers: Sequence[str], wish: Wish, seed: int
) -> dict[Mix, dict[str, float]]:
    """Return what each mix that was proposed changes, by the mix."""
    aims = tuple(dict.fromkeys((wish.outcome, "active", "npv")))
    signs = [OUTCOME_BY_NAME[name].direction for name in aims]
    search = _new_search(signs, seed)
    for first in _first(levers):
        search.enqueue_trial(first)
    found: dict[Mix, dict[str, float]] = {(0.0,) * 2 * len(levers): {}}
    sizes = [len(part) for part in np.array_split(range(wish.tries), ROUNDS)]
    for number, size in enumerate(sizes, start=1):
        trials = [search.ask() for _ in range(size)]
        mixes = [_proposed(trial, levers) for trial in trials]
        new = [mix for mix in dict.fromkeys(mixes) if mix not in found]
        if new:
            study = ask(number, np.array(new))
            found.update(zip(new, _changes(study, len(new)), strict=True))
        for trial, mix in zip(trials, mixes, strict=True):
            changes = found[mix] or dict.fromkeys((*aims, "lever_cost"), 0.0)
            values = [changes["lever_cost"], *(changes[name] for name in aims)]
            if np.isnan(values).any():
                search.tell(trial, state=optuna.trial.TrialState.FAIL)
                continue
            trial.set_constraint("over budget", changes["lever_cost"] - wish.budget)
            search.tell(trial, values)
    return {mix: changes for mix, changes in found.items() if changes}


def _new_search(signs: Sequence[int], seed: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(
        seed=seed % 2**32,
        constant_liar=True,
    )
    less, more = StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE
    ways = [less, *(more if sign > 0 else less for sign in signs)]
    return optuna.create_study(sampler=sampler, directions=ways)


def _first(levers: Sequence[str]) -> list[dict[str, Any]]:
    """Return what is tried before anything is known: each lever alone, and all."""
    parts: list[set[str]] = [*({k} for k in levers), set(levers)]
    full = {f"{k}.{key}": 1.0 for k in levers for key in ("coverage", "strength")}
    return [{**{k: k in part for k in levers}, **full} for part in parts]


def _proposed(trial: optuna.Trial, levers: Sequence[str]) -> Mix:
    mix: list[float] = []
    for lever in levers:
        is_used = trial.suggest_categorical(lever, [False, True])
        for key in ("coverage", "strength"):
            value = trial.suggest_float(f"{lever}.{key}", TENTH, 1.0, step=TENTH)
            mix.append(round(value, 1) if is_used else 0.0)
    return tuple(mix)


def _changes(study: Study, n_mixes: int) -> list[dict[str, float]]:
    """Return the mean difference of every outcome to the base, mix by mix."""
    names = list(OUTCOME_BY_NAME)
    runs = study.runs
    is_base = runs["scenario"] == study.labels[0]
    base = runs[is_base].set_index("seed")[names]
    tables = runs[~is_base].groupby("point")
    found = []
    for mix in range(n_mixes):
        apart = tables.get_group(1 + mix).set_index("seed")[names] - base
        found.append({name: float(apart[name].mean(skipna=False)) for name in names})
    return found


# What is best


def _winner(mixes: pd.DataFrame) -> int | None:
    """Return the row of the best mix in the budget; None if none beats the base."""
    gains = mixes["gain"].where(mixes["is_affordable"], -np.inf).to_numpy(float)
    return int(gains.argmax()) if len(gains) and gains.max() > 0 else None


def _used(
    mixes: pd.DataFrame, row: int, levers: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return the levers that a mix uses, as strongly as it does."""
    parts = parts_of(mixes, row, levers).items()
    return {
        k: {**levers[k], "coverage": coverage, "strength": strength}
        for k, (coverage, strength) in parts
    }


def parts_of(
    mixes: pd.DataFrame, row: int, levers: Iterable[str]
) -> dict[str, tuple[float, float]]:
    """Return the coverage and the strength of each lever that a mix uses."""
    found = {}
    for lever in levers:
        keys = [f"{lever}.{key}" for key in ("coverage", "strength")]
        coverage, strength = mixes[keys].to_numpy(float)[row]
        if strength > 0:
            found[lever] = (float(coverage), float(strength))
    return found


def _judged(
    found: Mapping[Mix, Mapping[str, float]], levers: Iterable[str], wish: Wish
) -> pd.DataFrame:
    """Return the table of mixes, without those of which a run failed."""
    names = [f"{k}.{key}" for k in levers for key in ("coverage", "strength")]
    sign = OUTCOME_BY_NAME[wish.outcome].direction
    rows = [
        (
            *mix,
            *(changes[name] for name in ("lever_cost", "active", "npv")),
            sign * changes[wish.outcome],
        )
        for mix, changes in found.items()
    ]
    columns = [*names, "cost", "active", "npv", "gain"]
    table = pd.DataFrame(rows, columns=columns).dropna(ignore_index=True)
    table["is_affordable"] = table["cost"] <= wish.budget
    for name in ("active", "npv"):
        cost, value = (table[key].to_numpy(float) for key in ("cost", name))
        table[f"is_best_{name}"] = front(cost, value)
    return table


def front(cost: Array, value: Array) -> Array:
    """Return which points are best for their cost: none is dearer than a better one.

    Parameters
    ----------
    cost, value : float64, shape (n,)
        Less of the one is better, more of the other.

    >>> front(np.array([3.0, 1.0, 2.0, 2.0]), np.array([5.0, 1.0, 0.5, 4.0])).tolist()
    [True, True, False, True]
    """
    is_best = np.zeros(len(cost), bool)
    highest = -np.inf
    for place in np.lexsort((-value, cost)):
        if value[place] > highest:
            is_best[place], highest = True, value[place]
    return is_best
