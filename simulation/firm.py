"""The firm as a Mesa agent: levers into a table a tick, measurement, books.

The firm knows only what it measures: answers to its survey, its public rating,
complaints. Levers steer by these, never by the truth.
"""

import math
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from .core.columns import (
    FIXED_POINT,
    MAX_LEVERS,
    MAX_SEGMENTS,
    NOWHERE,
    Array,
    Piece,
    Tally,
)
from .core.parameters import Levers, Outreach
from .core.randomness import Stream, fold
from .host import mesa
from .levers import NEUTRAL, Lever
from .scenario import Scenario
from .scenario.clock import DAYS_PER_MONTH, DAYS_PER_WEEK, WEEKS_PER_YEAR

if TYPE_CHECKING:
    from .model import PerceptionModel

HUB_SHARE = 0.1
"""The best connected tenth are hubs."""
STARS = (0.0, 0.25, 0.5, 0.75, 1.0)
PERCENT = 100.0
A_WEEK = ("planned_chance", "attempt_chance")
"""Effects that are chances a week."""
ROUNDING = 1e-6
"""Of a week that is a sum of days."""


class Survey:
    """What the firm has measured of late: a moving window over its answers."""

    def __init__(self, n_ticks: int, n_touchpoints: int) -> None:
        """Begin with nothing measured; the window is `n_ticks` long."""
        each = np.arange(n_touchpoints)
        self.tallies = np.concatenate(
            (
                [Tally.RESPONSES, Tally.MEASURED_PROMOTERS, Tally.MEASURED_DETRACTORS],
                Tally.MEASURED_EPISODES + each,
                Tally.MEASURED_SATISFACTION + each,
                Tally.PRAISED_EPISODES + each,
                Tally.PRAISED_SATISFACTION + each,
            )
        )
        self.window = deque([[0] * self.tallies.size] * n_ticks)
        self.sums = [0] * self.tallies.size
        self.nps = math.nan
        self.satisfaction = [math.nan] * n_touchpoints
        self.praised = [math.nan] * n_touchpoints
        self.overall = math.nan

    def add(self, told: Array) -> None:
        """Take in the answers of one tick; without any, the last values stay."""
        answers, first = told[self.tallies].tolist(), self.window.popleft()
        self.window.append(answers)
        self.sums = [
            total + new - old
            for total, new, old in zip(self.sums, answers, first, strict=True)
        ]
        responses, promoters, detractors = self.sums[:3]
        if responses:
            self.nps = PERCENT * (promoters - detractors) / responses
        n = len(self.satisfaction)
        parts = (self.sums[start : start + n] for start in range(3, 3 + 4 * n, n))
        episodes, total, praised, praise = parts
        for k in range(n):
            if episodes[k]:
                self.satisfaction[k] = total[k] / (episodes[k] * FIXED_POINT)
            if praised[k]:
                self.praised[k] = praise[k] / (praised[k] * FIXED_POINT)
        if any(episodes):
            self.overall = sum(total) / (sum(episodes) * FIXED_POINT)


class Firm(mesa.Agent):
    """The one firm of the market.

    Attributes
    ----------
    promise : float64, shape (n_touchpoints,)
        What marketing promises without any lever, in [0, 1].
    survey : Survey
        What the firm has measured; NaN where never.
    rating : float64, shape (2,)
        The review site's shrunk mean as a share, and its weight n / (n + prior).
    first_tick : int64, shape (MAX_LEVERS,)
        When each lever first came in force; 0: not yet.
    """

    def __init__(self, model: "PerceptionModel", settings: Scenario) -> None:
        """Set the firm up before the first tick."""
        super().__init__(model)
        self.settings = settings
        clock, names = settings.clock, settings.journey.names
        self.promise = np.array(settings.firm.promises(names), np.float64)
        self.survey = Survey(
            max(1, clock.ticks(settings.survey.window_weeks)), len(names)
        )
        self.rating = np.array([settings.perception.category_norm, 0.0])
        self.review_count = 0.0
        self.review_total = 0.0
        self.review_keep = clock.keep(settings.reviews.half_life_weeks)
        self.watched = dict.fromkeys(("complaints", "reviews", "rating"), math.nan)
        self.strength = np.zeros(MAX_LEVERS)
        self.is_paid = np.zeros(MAX_LEVERS, bool)
        self.cases = np.zeros(MAX_LEVERS)
        self.first_tick = np.zeros(MAX_LEVERS, np.int64)
        self.levers = _neutral_levers(len(names))
        self.levers.promise[:] = self.promise
        self.adopt(settings)

    def adopt(self, settings: Scenario) -> None:
        """Take on the levers of a scenario; what they learnt and promised stays."""
        self.settings = settings
        self.levers.n[0] = len(settings.levers)
        for row, lever in enumerate(settings.levers):
            self._enter(row, lever)
            self.strength[row] = math.nan

    def _enter(self, row: int, lever: Lever) -> None:
        """Write what does not depend on the week of a lever into its row."""
        levers, contact = self.levers, lever.contact()
        same = self.settings.levers[:row]
        occurrence = sum(other.name == lever.name for other in same)
        key = self.model.traits_keys[Stream.COVERAGE, 0]
        for part in (lever.code, occurrence):
            key = np.uint64(fold(key, np.uint64(part)))
        segments = [segment.name for segment in self.settings.market.segments]
        levers.coverage_key[row] = key
        levers.coverage[row] = lever.coverage
        levers.audience[row] = lever.audience_kind
        if lever.segment is not None:
            levers.segment[row] = segments.index(lever.segment)
        levers.contact_occasion[row] = contact.occasion
        levers.contact_delay[row] = self.settings.clock.ticks(contact.delay_weeks)
        if contact.stirring is not None:
            levers.outreach.stirring[row] = contact.stirring
        levers.outreach.win_chance[row] = contact.win_chance
        levers.outreach.piece[row] = lever.piece
        levers.hub_degree[row] = self.model.hub_degree(HUB_SHARE)

    def plan(self, week: float) -> float:
        """Put the levers of a week in force; return the sales pressure (an sd)."""
        for row, lever in enumerate(self.settings.levers):
            is_wanted = self._is_wanted(lever, week)
            strength = lever.strength_at(week) if is_wanted else 0.0
            if strength != self.strength[row] or self.cases[row] > 0:
                self._set(row, lever, strength)
            self.is_paid[row] = is_wanted and lever.is_paid(week)
            self.levers.is_on[row] = strength > 0 or self.is_paid[row]
            if self.is_paid[row] and self.first_tick[row] == 0:
                self.first_tick[row] = self.model.tick
            if strength > 0:
                self._steer(row, lever)
        return self._pressure()

    def _is_wanted(self, lever: Lever, week: float) -> bool:
        """Return whether a lever is to act, by its coverage and its condition."""
        if week < 0 or lever.coverage == 0:
            return False
        if lever.when is None:
            return True
        measured = {**self.measured(), **self.watched}[lever.when.metric]
        return lever.when.holds(measured)

    def measured(self) -> dict[str, float]:
        """Return what the firm has measured; NaN where it never did.

        The rating is what the site shows, which is the norm before any review.
        """
        return {
            "measured_nps": self.survey.nps,
            "measured_satisfaction": self.survey.overall,
            "rating": 1.0 + 4.0 * float(self.rating[0]),
        }

    def _set(self, row: int, lever: Lever, strength: float) -> None:
        """Write what a lever does at a strength into its row."""
        levers, effect = self.levers, lever.effect(strength)
        self.strength[row] = strength
        levers.outreach.reply_delay[row] = self._reply_delay(lever, strength)
        chosen = [
            (not effect.touchpoints or point.name in effect.touchpoints)
            and (not effect.phase or point.phase == effect.phase)
            for point in self.settings.journey.touchpoints
        ]
        columns = {**levers._asdict(), **levers.outreach._asdict()}
        weeks = self.settings.clock.weeks_per_tick
        for name in effect._fields:
            if name in ("phase", "touchpoints"):
                continue
            value, none = getattr(effect, name), getattr(NEUTRAL, name)
            if name in A_WEEK:
                value = 1 - math.pow(1 - value, weeks)
            is_wide = columns[name].ndim > 1
            columns[name][row] = np.where(chosen, value, none) if is_wide else value
        if strength > 0 and self.cases[row] > 0:
            a_head = self.cases[row] / self.model.n_customers
            levers.failure_factor[row] *= lever.learned_factor(a_head, strength)

    def _reply_delay(self, lever: Lever, strength: float) -> int:
        """Return after how many ticks a lever lets complaints be answered."""
        own = lever.contact().reply_weeks
        if own is None:
            return NOWHERE
        usual = self.settings.recovery.complaint_delay_weeks
        return self.settings.clock.ticks(own + (1 - strength) * (usual - own))

    def _steer(self, row: int, lever: Lever) -> None:
        """Let a lever move its promise toward what the firm measured."""
        weeks = self.settings.clock.weeks_per_tick
        survey, promises = self.survey, self.levers.promise[row]
        is_praise = lever.is_hearing_promoters
        measured = survey.praised if is_praise else survey.satisfaction
        for k in range(len(promises)):
            promises[k] = lever.promised(float(promises[k]), measured[k], weeks)

    def _pressure(self) -> float:
        """Return the sd that sales pressure adds: in the last week of each month."""
        pressure = self.settings.firm.sales_pressure_sd
        if pressure == 0:
            return 0.0
        days = self.settings.clock.tick_days
        day = (self.model.tick - 0.5) * days % DAYS_PER_MONTH
        return pressure if day >= DAYS_PER_MONTH - DAYS_PER_WEEK else 0.0

    def publish(self, told: Array) -> None:
        """Let the review site take in the reviews of this tick."""
        first, answered = Tally.STARS, Tally.ANSWERED
        posted = told[first : first + len(STARS)].tolist()
        discount = self._discount(told)
        for stars, n in enumerate(told[answered : answered + 2].tolist()):
            posted[stars] -= discount * n
        count = total = 0.0
        for n, share in zip(posted, STARS, strict=True):
            count += n
            total += n * share
        self.review_count = self.review_count * self.review_keep + count
        self.review_total = self.review_total * self.review_keep + total
        prior = self.settings.reviews.prior_reviews
        norm, weight = self.settings.perception.category_norm, self.review_count + prior
        self.rating[0] = (prior * norm + self.review_total) / weight
        self.rating[1] = self.review_count / weight

    def _discount(self, told: Array) -> float:
        """Return how much less an answered review weighs, in the mean of them."""
        levers = self.settings.levers
        answers = [
            int(told[Tally.PIECES + row]) if lever.piece == Piece.ANSWER else 0
            for row, lever in enumerate(levers)
        ]
        total = max(1, sum(answers))
        return math.fsum(
            lever.answered_discount * (n / total)
            for lever, n in zip(levers, answers, strict=True)
        )

    def measure(self, told: Array) -> None:
        """Take in what this tick's survey, complaints and reviews show."""
        self.survey.add(told)
        weeks = self.settings.clock.weeks_per_tick
        self.watched["complaints"] = int(told[Tally.COMPLAINTS]) / weeks
        posted = told[Tally.STARS : Tally.STARS + len(STARS)]
        self.watched["reviews"] = sum(posted.tolist()) / weeks
        has_rating = self.rating[1] > 0
        self.watched["rating"] = self.measured()["rating"] if has_rating else math.nan
        for row, lever in enumerate(self.settings.levers):
            if lever.piece == Piece.CASE and self.strength[row] > 0:
                self.cases[row] += told[Tally.PIECES + row]

    def books(self, told: Array, week: float) -> dict[str, float]:
        """Return the ledger of one tick, and what the firm measured by its end.

        Money is in the scenario's currency; `present_value` is the profit
        discounted from the start of its week to week 0.
        """
        settings, money = self.settings, self.settings.money
        weeks = settings.clock.weeks_per_tick
        first = Tally.ACTIVE_BY_SEGMENT
        by_segment = told[first : first + MAX_SEGMENTS].tolist()
        margins = (segment.margin_per_week for segment in settings.market.segments)
        revenue = self._upsells(told) + math.fsum(
            margin * n * weeks for margin, n in zip(margins, by_segment, strict=False)
        )
        joined = int(told[Tally.JOINED] + told[Tally.RETURNED])
        service = money.cost_to_serve * int(told[Tally.EPISODES_ALL])
        saved = math.fsum(
            lever.acquisition_saving * self.strength[row] * told[Tally.PIECES + row]
            for row, lever in enumerate(settings.levers)
        )
        acquisition = money.acquisition_cost * max(0.0, joined - saved)
        complaints = money.complaint_cost * int(told[Tally.COMPLAINTS])
        levers = math.fsum(self.lever_costs(told))
        cost = math.fsum((service, acquisition, complaints, levers))
        begun = math.floor(max(week, 0.0) + ROUNDING)
        discount = (1 + money.discount_rate) ** (-begun / WEEKS_PER_YEAR)
        return {
            "revenue": revenue,
            "cost_service": service,
            "cost_acquisition": acquisition,
            "cost_complaints": complaints,
            "cost_levers": levers,
            "cost": cost,
            "profit": revenue - cost,
            "present_value": (revenue - cost) * discount,
            **self.measured(),
        }

    def _upsells(self, told: Array) -> float:
        """Return what calls after good episodes earned in one tick."""
        return math.fsum(
            lever.contact().upsell_value * int(told[Tally.SOLD + row])
            for row, lever in enumerate(self.settings.levers)
        )

    def lever_costs(self, told: Array) -> list[float]:
        """Return what each lever cost in one tick."""
        weeks = self.settings.clock.weeks_per_tick
        costs = []
        for row, lever in enumerate(self.settings.levers):
            cost = lever.cost_per_contact * int(told[Tally.CONTACTS + row])
            cost += lever.price * int(told[Tally.PIECES + row])
            if self.is_paid[row]:
                covered = int(told[Tally.COVERED + row])
                cost += lever.cost_per_week * weeks
                cost += lever.cost_per_customer_week * covered * weeks
                if self.model.tick == self.first_tick[row]:
                    cost += lever.cost_once
            costs.append(cost)
        return costs


def _neutral_levers(n_touchpoints: int) -> Levers:
    """Return a table of levers in which no row changes anything."""
    n, wide = MAX_LEVERS, (MAX_LEVERS, n_touchpoints)
    return Levers(
        n=np.zeros(1, np.int64),
        audience=np.zeros(n, np.int8),
        segment=np.full(n, NOWHERE, np.int8),
        coverage=np.zeros(n),
        coverage_key=np.zeros(n, np.uint64),
        hub_degree=np.zeros(n, np.int32),
        is_on=np.zeros(n, np.uint8),
        quality_shift=np.zeros(wide),
        sd_factor=np.ones(wide),
        failure_factor=np.ones(wide),
        handoff_factor=np.ones(n),
        pressure_factor=np.ones(n),
        fit_factor=np.ones(n),
        promise=np.zeros(wide),
        promise_share=np.zeros(n),
        contact_chance=np.zeros(n),
        contact_occasion=np.zeros(n, np.int8),
        contact_delay=np.zeros(n, np.int32),
        misfit_factor=np.ones(n),
        trust_gain_factor=np.ones(n),
        detection_chance=np.zeros(n),
        trust_lift=np.zeros(wide),
        information_weight=np.zeros(wide),
        outreach=Outreach(
            repair_chance_shift=np.zeros(n),
            repair_strength_shift=np.zeros(n),
            reply_delay=np.full(n, NOWHERE, np.int32),
            planned_chance=np.zeros(n),
            stirring=np.full(n, float(NOWHERE)),
            attempt_chance=np.zeros(n),
            win_chance=np.zeros(n),
            praise_factor=np.ones(n),
            answer_chance=np.zeros(n),
            sample_factor=np.ones(n),
            response_factor=np.ones(n),
            tilt_factor=np.ones(n),
            politeness_factor=np.ones(n),
            piece=np.zeros(n, np.int8),
        ),
    )
