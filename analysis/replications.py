"""Published experiments, set up again by scenario files, and what comes out.

Each is a scenario (or a few that share their seeds) in `scenarios/replications/`, with
what was published and the band in which it counts as found again. `groundswell
replicate` prints them all.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from simulation.observation import Observation, Observed
from simulation.scenario import load

from . import measures as m
from .design import FIRST_SEED, seeds
from .execution import in_order
from .facts import EDELMAN, FADER, Fact, Finding, World
from .sequential import interval

BAD_NEWS = (
    "Goldenberg, Libai, Moldovan & Muller 2007, doi:10.1016/j.ijresmar.2007.02.003"
)
ELSEWHERE = f"{BAD_NEWS}; number: the same rules written independently"
RECOVERED = "Maxham & Netemeyer 2002, doi:10.1509/jmkg.66.4.57.18512"
SPREAD = "Nitzan & Libai 2011, doi:10.1509/jm.10.0209: 1.8"


class Replication(NamedTuple):
    """One published experiment."""

    name: str
    claim: str
    """What was published, in a sentence."""
    runs: int
    """Seeds enough for its bands."""
    worlds: tuple[World, ...]
    """Each lived with every seed; all with the same."""
    facts: tuple[Fact, ...]
    """What must come out; they name the worlds they are measured in."""


def at_end(name: str) -> m.Measure:
    """Return the measure of a weekly metric in the last week."""
    return lambda seen: float(seen.weekly[name][-1])


def adopted(week: int) -> m.Measure:
    """Return the measure of the share of the market that joined in so many weeks."""

    def measure(seen: Observation) -> float:
        joined: float = seen.weekly["joined"][:week].sum()
        return joined / seen.n_customers

    return measure


def left_of_a_thousand(years: int) -> m.Measure:
    """Return the measure of how many of 1,000 customers are left after years."""
    return lambda seen: 1000 * float(m.survival(seen)[years])


def ends_above(name: str) -> m.Measure:
    """Return the measure of what a metric ends higher by in the first of two worlds."""
    return lambda one, other: at_end(name)(one) - at_end(name)(other)


def pull_alone(seen: Observation) -> float:
    """Return the hazard ratio of a lost contact that likeness is mistaken for."""
    at_risk, left = m.leaves(seen)
    pull = seen.weeks.pull[at_risk].astype(float)
    return math.exp(m.hazard_slopes(left[at_risk], (pull,))[0])


def pull_among_equals(seen: Observation) -> float:
    """Return the hazard ratio of a lost contact, the frailty of each person held."""
    at_risk, left = m.leaves(seen)
    pull = seen.weeks.pull[at_risk].astype(float)
    frailty = np.broadcast_to(np.log(seen.frailty), at_risk.shape)[at_risk]
    return math.exp(m.hazard_slopes(left[at_risk], (pull, frailty.astype(float)))[0])


def _bass(week: int, theory: float, off: float) -> Fact:
    return Fact(
        f"bass_{week}",
        f"{theory:.4f} have adopted after {week} weeks",
        theory - off,
        theory + off,
        "ratio",
        "Bass 1969, doi:10.1287/mnsc.15.5.215, in weekly steps",
        "joined so far / market; band: four standard errors",
        adopted(week),
        ("bass",),
    )


def _cohort(years: int, customers: int) -> Fact:
    return Fact(
        f"cohort_{years}",
        f"{customers} of 1,000 are left after year {years}",
        customers - 10,
        customers + 10,
        "customers",
        FADER,
        "of 1,000 who began together, never left",
        left_of_a_thousand(years),
        ("cohort",),
    )


def _edelman(sign: str, trust: str, share: float) -> Fact:
    news = "good" if sign == "positive" else "bad"
    return Fact(
        f"{sign}_{trust}",
        f"{100 * share:g} % believe {news} news if {trust}",
        share - 0.05,
        share + 0.05,
        "share",
        EDELMAN,
        "1 − (1 − believed / heard)^1.5",
        m.believing(sign),
        (trust,),
    )


def _bad_news(percent: int, adopters: int) -> Fact:
    off = round(adopters / 20)
    return Fact(
        f"bad_news_{percent}",
        f"{adopters:,} of 3,000 if {percent} % are disappointed",
        adopters - off,
        adopters + off,
        "people",
        ELSEWHERE,
        "customers in the last step; band: 5 %",
        at_end("active"),
        (f"{percent} % disappointed",),
    )


def _on(kind: str) -> Fact:
    return Fact(
        f"bad_news_{kind}",
        f"15 %, but on a {kind.replace('_', ' ')} network",
        -math.inf,
        math.inf,
        "people",
        BAD_NEWS,
        "customers in the last step, eight ties each; nothing is published",
        at_end("active"),
        (kind,),
    )


OTHER_NETWORKS = ("small_world", "random", "scale_free")
DISAPPOINTED = {2: 2308, 5: 1785, 10: 1306, 15: 1023, 20: 831}
"""Final adopters by percent disappointed, as the same rules give them elsewhere."""
ARMS = {
    arm: World(arm, "", scenario=f"recovery_{arm}")
    for arm in ("good_good", "bad_good", "good_bad", "bad_bad")
}

REPLICATIONS = (
    Replication(
        "bass",
        "Where everybody meets everybody, adoption follows Bass.",
        50,
        (World("bass", "", scenario="bass"),),
        (_bass(5, 0.2643, 0.005), _bass(8, 0.5532, 0.006), _bass(10, 0.7338, 0.005)),
    ),
    Replication(
        "cohort",
        "The fragile leave first, so that churn falls with tenure.",
        10,
        (World("cohort", "", scenario="cohort"),),
        (_cohort(1, 631), _cohort(2, 468), _cohort(3, 382), _cohort(4, 326)),
    ),
    Replication(
        "social_churn",
        "One lost contact raises the hazard of leaving by 80 %.",
        30,
        (World("alike", "", (), "social_churn", has_witness=True),),
        (
            Fact("pull_naive", "likeness not known: more than 1.8", 2.0,
                 math.inf, "ratio", SPREAD, "weekly hazard regression on lost contacts",
                 pull_alone, ("alike",)),
            Fact("pull_controlled", "likeness held: 1.8", 1.6, 2.0, "ratio",
                 SPREAD, "the same, with the frailty of each person",
                 pull_among_equals, ("alike",)),
        ),
    ),
    Replication(
        "recovery",
        "Of two failures, the second recovery counts more (perception, in %).",
        10,
        tuple(ARMS.values()),
        (
            Fact("good_good", "good, good at least bad, good", 0.0, math.inf, "share",
                 RECOVERED, "mean perception, difference", ends_above("perception"),
                 ("good_good", "bad_good")),
            Fact("bad_good", "bad, good above good, bad", 0.0005, math.inf, "share",
                 RECOVERED, "mean perception, difference", ends_above("perception"),
                 ("bad_good", "good_bad")),
            Fact("good_bad", "good, bad above bad, bad", 0.0005, math.inf, "share",
                 RECOVERED, "mean perception, difference", ends_above("perception"),
                 ("good_bad", "bad_bad")),
            Fact("no_paradox", "good, good no better than before", -0.3, 0.0,
                 "share", RECOVERED, "mean perception, last week less week 7",
                 lambda seen: at_end("perception")(seen) - seen.weekly["perception"][7],
                 ("good_good",)),
        ),
    ),
    Replication(
        "edelman",
        "Trust decides which news is believed.",
        10,
        (World("trusted", "", scenario="edelman_trusted"),
         World("distrusted", "", scenario="edelman_distrusted")),
        (_edelman("positive", "trusted", 0.51), _edelman("negative", "trusted", 0.25),
         _edelman("positive", "distrusted", 0.15),
         _edelman("negative", "distrusted", 0.57)),
    ),
    Replication(
        "bad_news",
        "A few disappointed customers cost a new product most of its market.",
        100,
        tuple(
            World(f"{percent} % disappointed", "",
                  (f"adoption.disappointed_share={percent / 100}",), "bad_news")
            for percent in DISAPPOINTED
        ) + tuple(
            World(kind, "", (f"network.kind={kind}", "network.degree=8"), "bad_news")
            for kind in OTHER_NETWORKS
        ),
        (*(_bad_news(percent, n) for percent, n in DISAPPOINTED.items()),
         *(_on(kind) for kind in OTHER_NETWORKS)),
    ),
)  # fmt: skip
BY_NAME = {each.name: each for each in REPLICATIONS}


def named(names: Sequence[str]) -> list[Replication]:
    """Return the replications of these names, or all if none is given."""
    return [each for each in REPLICATIONS if each.name in (names or BY_NAME)]


def n_worlds(names: Sequence[str] = (), runs: int | None = None) -> int:
    """Return how many results `replicate` yields."""
    return sum(runs or each.runs for each in named(names))


class Found(NamedTuple):
    """One experiment, as it came out."""

    replication: Replication
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether all that was published came out."""
        return all(each.holds for each in self.findings)


def lived(name: str, seed: int) -> dict[str, float]:
    """Return what one seed gives of each fact of a replication, by key."""
    replication = BY_NAME[name]
    seen = {
        world.name: Observed(
            load(world.scenario, world.settings),
            seed=seed,
            has_witness=world.has_witness,
        )
        .run()
        .observation()
        for world in replication.worlds
    }
    return {
        fact.key: fact.measure(*(seen[world] for world in fact.worlds))
        for fact in replication.facts
    }


def replicate(
    names: Sequence[str] = (),
    runs: int | None = None,
    *,
    seed: int = FIRST_SEED,
    jobs: int = 1,
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield name and measured values of each replication and seed, in order.

    Parameters
    ----------
    names : sequence of str
        Of `REPLICATIONS`; all if empty.
    runs : int, optional
        Seeds of each; as many as its bands were made for if absent.
    seed : int
        The first one.
    jobs : int
        Worker processes.
    """
    tasks = [
        (each.name, one)
        for each in named(names)
        for one in seeds(runs or each.runs, seed)
    ]
    if jobs > 1:
        for each in named(names):
            lived(each.name, seed)  # compiled here, workers inherit it
    for (name, _), found in zip(tasks, in_order(lived, tasks, jobs), strict=True):
        yield name, found


def summed_up(values: Sequence[tuple[str, dict[str, float]]]) -> list[Found]:
    """Return what several seeds say of each replication."""
    found = []
    for replication in REPLICATIONS:
        mine = [each for name, each in values if name == replication.name]
        if mine:
            findings = (
                Finding(fact, interval(np.array([each[fact.key] for each in mine])))
                for fact in replication.facts
            )
            found.append(Found(replication, tuple(findings)))
    return found
