"""The whole scenario: all sections, the rules that join them, the way to the kernel."""

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

import numpy as np
from pydantic import Discriminator, Field, Tag, model_validator

from simulation.core import parameters
from simulation.core.columns import MAX_LEVERS, MAX_SHOCKS, Array
from simulation.levers import LEVERS, DefaultPrice, Lever
from simulation.quantity import Entry, Section, broken, entry_named, nearest

from .adoption import Adoption
from .choice import Joining, Leaving
from .clock import DAYS_PER_MONTH, DAYS_PER_WEEK, Clock
from .firm import Firm
from .journey import Journey
from .market import Market
from .money import Money
from .network import Network
from .perception import Perception, Trust
from .recovery import Recovery
from .shocks import SHOCKS, Shock, befalling
from .survey import Survey
from .word_of_mouth import Reviews, WordOfMouth

if TYPE_CHECKING:
    AnyLever = Lever
    AnyShock = Shock
else:

    def _one_of(kinds: dict[str, type[Entry]]) -> object:
        tagged = tuple(Annotated[kind, Tag(name)] for name, kind in kinds.items())
        return Annotated[Union[tagged], Discriminator(entry_named)]  # noqa: UP007

    AnyLever, AnyShock = _one_of(LEVERS), _one_of(SHOCKS)

USUAL_HAZARD = 0.025
"""A month; from where churn runs away: at the defaults it is 19 % a year with 10 ties,
20 % with 20, 24 % with 30 and 34 % with 40."""
NEARLY_ALL = 0.9
"""Share of customers from which a market hardly has anybody to win."""
LARGEST_STEP = 1 / 1.5
"""Most that one episode may move a perception, so that it stays in [0, 1]."""


class Promise(Section):
    """The claim of a shipped question, which a test holds it to; changes no run."""

    outcome: Literal[
        "active",
        "retention",
        "churn",
        "perception",
        "trust",
        "true_nps",
        "measured_nps",
        "blind_spot",
        "rating",
        "npv",
        "joined",
    ] = Field(description="The outcome that differs from the other scenario's.")
    direction: Literal["up", "down", "none"] = Field(
        description="Which way it differs, in paired runs, in the mean."
    )
    against: str = Field(
        default="baseline", description="The other scenario: a shipped name."
    )


class Scenario(Section):
    """One world: what is true of the market and the firm, and what the firm does."""

    name: str = Field(default="Baseline", description="A few words.", min_length=1)
    question: str = Field(
        default="What happens if the firm goes on as it does?",
        description="What the scenario is meant to answer.",
    )
    promise: Promise | None = Field(
        default=None,
        description="The scenario's claim, what it found against another: {outcome: "
        "retention, direction: up, against: baseline}. What a firm promises its "
        "customers is firm.promise.",
    )
    clock: Clock = Clock()
    market: Market = Market()
    network: Network = Network()
    journey: Journey = Journey()
    firm: Firm = Firm()
    perception: Perception = Perception()
    trust: Trust = Trust()
    recovery: Recovery = Recovery()
    word_of_mouth: WordOfMouth = WordOfMouth()
    reviews: Reviews = Reviews()
    leaving: Leaving = Leaving()
    joining: Joining = Joining()
    adoption: Adoption = Adoption()
    survey: Survey = Survey()
    money: Money = Money()
    levers: tuple[AnyLever, ...] = Field(
        default=(),
        description="What the firm does: a list of mappings with one key, the lever.",
        max_length=MAX_LEVERS,
    )
    shocks: tuple[AnyShock, ...] = Field(
        default=(),
        description="What befalls the firm: a list of mappings with one key, the "
        "shock.",
        max_length=MAX_SHOCKS,
    )

    @model_validator(mode="after")
    def _perception_stays_in_bounds(self) -> "Scenario":
        weights = [point.weight for point in self.journey.touchpoints]
        heaviest = max(weights)
        at = f"journey.touchpoints[{weights.index(heaviest)}].weight"
        step = self.perception.learning_rate * heaviest
        if step > LARGEST_STEP:
            raise broken(
                f"perception.learning_rate {at}",
                f"1.5 × {self.perception.learning_rate:g} × the largest touchpoint "
                f"weight {heaviest:g} is above 1; use a learning_rate of at most "
                f"{LARGEST_STEP / heaviest:.3g}, or smaller weights",
            )
        return self

    @model_validator(mode="after")
    def _promise_names_touchpoints(self) -> "Scenario":
        promise = self.firm.promise
        if not isinstance(promise, dict):
            return self
        names = self.journey.names
        for name in promise:
            if name not in names:
                raise broken(
                    f"firm.promise.{name} journey.touchpoints",
                    f"no such touchpoint{nearest(name, names)}",
                )
        absent = [name for name in names if name not in promise]
        if absent:
            raise broken(
                "firm.promise journey.touchpoints",
                f"promises nothing for {', '.join(absent)}; give a share for each "
                "touchpoint, or one number for all",
            )
        return self

    @model_validator(mode="after")
    def _signals_need_ties(self) -> "Scenario":
        if self.adoption.is_by_signals and self.network.kind == "complete":
            raise broken(
                "adoption.rule network.kind",
                f"rule {self.adoption.rule} needs ties, and a complete network stores "
                "none; use another kind, or none for weak meetings alone",
            )
        return self

    @model_validator(mode="after")
    def _entries_name_what_exists(self) -> "Scenario":
        segments = [segment.name for segment in self.market.segments]
        for index, lever in enumerate(self.levers):
            at = f"levers[{index}].{lever.name}"
            if lever.segment is not None and lever.segment not in segments:
                raise broken(
                    f"{at}.audience market.segments",
                    f"no segment {lever.segment!r}{nearest(lever.segment, segments)}",
                )
            self._check_touchpoints(at, lever.named_touchpoints)
        for index, shock in enumerate(self.shocks):
            self._check_touchpoints(f"shocks[{index}].{shock.name}", shock.touchpoints)
        return self

    def _check_touchpoints(self, at: str, named: tuple[str, ...]) -> None:
        for name in named:
            if name not in self.journey.names:
                raise broken(
                    f"{at}.touchpoints journey.touchpoints",
                    f"no touchpoint {name!r}{nearest(name, self.journey.names)}",
                )

    def cautions(self) -> list[str]:
        """Return what may surprise whoever runs this, a line each; it is no mistake."""
        return [
            *self.never_acting(),
            *self._nobody_to_win(),
            *self._learned_unasked(),
            *self._runaway(),
        ]

    def default_prices(self) -> list[DefaultPrice]:
        """Return the prices of levers that count though nobody gave them."""
        names = [lever.name for lever in self.levers]
        return [
            price._replace(path=f"{at}.{lever.name}.{price.path}")
            for index, lever in enumerate[Lever](self.levers)
            for at in ["levers" if names.count(lever.name) == 1 else f"levers[{index}]"]
            for price in lever.default_prices()
        ]

    def never_acting(self) -> list[str]:
        """Return which levers and shocks begin after the last week, a line each."""
        begins = [
            (f"{key}[{index}].{entry.name}", entry.from_week)
            for key, entries in (("levers", self.levers), ("shocks", self.shocks))
            for index, entry in enumerate[Lever | Shock](entries)
        ]
        return [
            f"{at}.from_week: week {week:g} is past the last one "
            f"({self.clock.weeks - 1}), so that it never acts; begin earlier, or raise "
            "clock.weeks"
            for at, week in begins
            if week >= self.clock.weeks
        ]

    def _nobody_to_win(self) -> list[str]:
        """Return a line if hardly anybody in the market is not a customer yet."""
        share, people = self.market.share_active, self.market.customers
        is_meant = self.joining.advertising_chance == 0
        if is_meant or self.market.customers_file or share < NEARLY_ALL:
            return []
        return [
            f"market.share_active: {100 * share:g} % of the {people} people in the "
            "market are customers from the start, so that there is hardly anybody to "
            "win; market.customers counts prospects too"
        ]

    def _learned_unasked(self) -> list[str]:
        """Return which skills are learned although their condition is not met."""
        return [
            f"levers[{index}].{lever.name}.when: the skill is learned from "
            f"week {lever.from_week:g} on, met or not, and paid only while it is; "
            "leave when out, or set learning_weeks: 0"
            for index, lever in enumerate[Lever](self.levers)
            if lever.is_learned and lever.when is not None
        ]

    def _runaway(self) -> list[str]:
        """Return a line if leaving may feed itself.

        It does where one customer who leaves takes more than one along: ties × what
        a lost contact adds to the hazard × how long it is felt.
        """
        network, leaving = self.network, self.leaving
        if network.kind in ("none", "file", "cliques"):
            return []
        months = leaving.pull_half_life_weeks * DAYS_PER_WEEK / DAYS_PER_MONTH
        felt = (leaving.pull_hazard_ratio - 1) * months / math.log(2)
        if network.degree * felt * USUAL_HAZARD < 1:
            return []
        return [
            f"network.degree: with {network.degree:g} ties and a hazard that is "
            f"{leaving.pull_hazard_ratio:g} times as high for each contact that has "
            "left, leaving feeds itself until few customers stay; for so many ties "
            "lower leaving.pull_hazard_ratio"
        ]

    def to_kernel(self, n_customers: int) -> parameters.Numbers:
        """Return everything that kernels read, for a market of `n_customers`."""
        clock = self.clock
        return parameters.Numbers(
            journey=self.journey.to_kernel(clock),
            perception=self.perception.to_kernel(clock),
            trust=self.trust.to_kernel(),
            recovery=self.recovery.to_kernel(clock, self.firm),
            word_of_mouth=self.word_of_mouth.to_kernel(self.network, n_customers),
            reviews=self.reviews.to_kernel(clock),
            leaving=self.leaving.to_kernel(clock, self.recovery),
            joining=self.adoption.applied_to(self.joining.to_kernel(clock)),
            survey=self.survey.to_kernel(clock),
            upsell_chance=self._upsell_chance(),
        )

    def befalling(self, week: float) -> parameters.Shocks:
        """Return what befalls the firm in the tick that begins at a week."""
        return befalling(
            self.shocks,
            self.clock,
            self.journey.names,
            self.word_of_mouth.neutral,
            week,
        )

    def _upsell_chance(self) -> Array:
        """Return the chance to sell on a call, by lever; the last is habit, none."""
        chances = np.zeros(MAX_LEVERS + 1, np.float64)
        for index, lever in enumerate(self.levers):
            chances[index] = lever.contact().upsell_chance
        return chances

    def plain(self) -> dict[str, Any]:
        """Return the scenario as a file would say it: mappings, lists, numbers."""
        tree = _plain(self.model_dump(mode="python"))
        for key, entries in (("levers", self.levers), ("shocks", self.shocks)):
            tree[key] = [
                {entry.name: _plain(entry.model_dump(mode="python"))}
                for entry in entries
            ]
        return dict(tree)

    def digest(self) -> str:
        """Return the SHA-256 of the content, whatever the scenario is called.

        Files that it reads count by what is in them now, not by where they are.
        """
        tree = {key: part for key, part in self.plain().items() if key not in WORDS}
        for section, key in FILE_KEYS:
            if path := tree[section][key]:
                tree[section][key] = _digest_of(Path(path))
        text = json.dumps(tree, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def default_price_words(prices: Sequence[DefaultPrice], currency: str) -> list[str]:
    """Return one line that names prices nobody gave, and the remedy; [] without any."""
    if not prices:
        return []
    told = [
        f"{path.removeprefix('levers.')} "
        f"({value:,g}{unit.replace('money', f' {currency}', 1)}"
        f"{'' if value else ', so that it costs nothing'})"
        for path, value, unit in dict.fromkeys(prices)
    ]
    many = len(told) > 1
    return [
        f"{'these prices are defaults' if many else 'this price is a default'} that no "
        f"file gives, and what comes back rests on {'them' if many else 'it'}: "
        f"{', '.join(told)}; write your own into its file, below the lever, for "
        f"instance {prices[0].path.rpartition('.')[2]}: {prices[0].value:g}"
    ]


WORDS = ("name", "question", "promise")
"""Keys that change no run."""

FILE_KEYS = (("market", "customers_file"), ("network", "file"))
"""The keys that name a file."""


def _plain(value: Any) -> Any:  # noqa: ANN401 (any part of a scenario)
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _digest_of(path: Path) -> str:
    """Return the digest of a file's content, or of its name if there is none."""
    content = path.read_bytes() if path.is_file() else str(path).encode()
    return hashlib.sha256(content).hexdigest()
