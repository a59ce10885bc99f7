"""The obvious twin: the same world as idiomatic Mesa agents over a networkx graph.

One Python object a customer, one method a phase, no arrays and no compiler. It
calls the same rules as plain Python: the core is loaded a second time, under the
name `plain_core`, with the compiler off. Whatever the kernels compute must equal
what these agents compute, to the last bit.

Run `python -m tests.naive` to see how fast it is.
"""

import importlib
import math
import sys
import time
from array import array
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace

import mesa
import numba
import numpy as np

import simulation.core
from simulation.core import randomness as compiled
from simulation.core.columns import (
    FIXED_POINT,
    MAX_LEVERS,
    N_TALLY,
    Audience,
    Cause,
    Customers,
    Occasion,
    Phase,
    Stage,
    Tally,
    allocate_customers,
)
from simulation.firm import Firm
from simulation.metrics import Record, gathered, weekly
from simulation.model import BOOKS, MEASURED, NEW_WEEKS, PHASES
from simulation.network import build_ties, to_networkx
from simulation.population import draw_customers, quality_table
from simulation.scenario import Scenario

PLAIN = "plain_core"


def plain(name: str) -> ModuleType:
    """Return a module of the core whose rules are plain Python functions."""
    was_off = numba.config.DISABLE_JIT
    numba.config.DISABLE_JIT = True
    try:
        if PLAIN not in sys.modules:
            start = Path(simulation.core.__file__)
            spec = spec_from_file_location(
                PLAIN, start, submodule_search_locations=[str(start.parent)]
            )
            sys.modules[PLAIN] = module_from_spec(spec)
            spec.loader.exec_module(sys.modules[PLAIN])
        return importlib.import_module(f"{PLAIN}.{name}")
    finally:
        numba.config.DISABLE_JIT = was_off


experience = plain("experience")
belief = plain("perception")
recovery = plain("recovery")
telling = plain("telling")
choice = plain("choice")
surveying = plain("surveying")
draws = plain("randomness")
fixed = plain("columns").fixed
floor = plain("elementary").floor
fold, uniform = draws.fold, draws.uniform

PROSPECT, ACTIVE, LOST = (int(stage) for stage in Stage)
PRE_SALES, SALES, POST_SALES = (int(phase) for phase in Phase)
NOWHERE = -1
TALLY = SimpleNamespace(**{tally.name: int(tally) for tally in Tally})
"""As plain numbers, which Python finds sooner than members of an enumeration."""

CELL = array("f", [0.0])


def single(value: float) -> float:
    """Return a float as a column of 32 bits gives it back."""
    CELL[0] = value
    return CELL[0]


def total(values: array) -> float:
    """Return a sum from first to last; from Python 3.12 on `sum` is more exact."""
    added = 0.0
    for value in values:
        added += value
    return added


class NaiveCustomer(mesa.Agent):
    """A person: what they are, believe, have lived, tell and hear.

    Attributes are called as the columns are. What a column stores in 32 bits is
    rounded whenever it is stored.
    """

    def __init__(self, model: "NaiveModel", row: int, people: Customers) -> None:
        super().__init__(model)
        self.row = row
        for record in (people.traits, people.mind, people.relation):
            vars(self).update(row_of(record, row))
        self.expectation = array("f", self.expectation)
        self.evidence = array("f", self.evidence)
        self.case = SimpleNamespace(**row_of(people.case, row))
        self.voice = SimpleNamespace(**row_of(people.voice, row))
        self.satisfaction = array("f", people.lived.satisfaction[:, row])
        self.episodes: dict[int, float] = {}
        self.inbox: list[tuple[int, int]] = []
        self.positive = self.negative = self.pick = self.lost_contacts = 0
        self.lever_luck: list[float] = []

    def covered_by(self, lever: SimpleNamespace) -> bool:
        """Whether a lever in force covers me: a stable subset of its audience."""
        if self.lever_luck[lever.row] >= lever.coverage:
            return False
        if lever.audience == Audience.NEW:
            return self.stage == ACTIVE and self.since >= self.model.new_since
        if lever.audience == Audience.UNHAPPY:
            neutral = self.model.numbers.word_of_mouth.neutral
            return recovery.is_unhappy(self.perception, self.grievance, neutral)
        if lever.audience == Audience.SILENT:
            return self.case.touchpoint != NOWHERE and not self.case.has_complained
        if lever.audience == Audience.HUBS:
            return self.degree >= lever.hub_degree
        if lever.audience == Audience.SEGMENT:
            return self.segment == lever.segment
        return True

    # 2. Promises

    def advertise(self) -> None:
        """Hear the promises, in proportion to trust."""
        numbers = self.model.numbers.perception
        weight, limit = numbers.promise_weight * self.trust, numbers.memory_limit
        expectation, evidence = self.expectation, self.evidence
        for k, promise in enumerate(self.promises()):
            expected = belief.drifted(expectation[k], numbers.norm_drift)
            step = belief.evidence_step(evidence[k], weight)
            expectation[k] = belief.moved(expected, promise, step)
            evidence[k] = belief.weighed(evidence[k], weight, limit)

    def promises(self) -> list[float]:
        """What I am promised: by the firm, or by the last lever that promises me."""
        firm = self.model.promise
        for lever in reversed(self.model.levers):
            if lever.promise_share > 0 and self.covered_by(lever):
                pairs = zip(firm, lever.promise, strict=True)
                share = lever.promise_share
                return [belief.moved(ours, theirs, share) for ours, theirs in pairs]
        return firm

    # 3. Episodes

    def serve(self) -> None:
        """Live this week's episodes, in the order of the journey."""
        self.episodes = {}
        if self.stage == ACTIVE:
            keys = self.model.keys.occur
            is_new = self.since == self.model.tick - 1
            for k, phase, chance in self.model.stations:
                if phase == SALES and is_new:
                    self.live(k)
                elif phase == POST_SALES and uniform(keys[k], self.id) < chance:
                    self.live(k)
        elif self.stage == PROSPECT:
            chance = self.model.numbers.joining.consider_chance
            if uniform(self.model.keys.consider[0], self.id) < chance:
                for k, phase, _ in self.model.stations:
                    if phase == PRE_SALES:
                        self.live(k)

    def live(self, k: int) -> None:
        """Live one episode: what it was, how it felt, what it changes."""
        told, numbers = self.model.told, self.model.numbers
        mind = numbers.perception
        quality = self.quality(k)
        gap = experience.gap(quality, self.expectation[k])
        felt = experience.disconfirmation(gap, mind.tolerance, mind.loss_aversion)
        s = experience.satisfaction(
            quality, gap, felt, mind.assimilation, mind.disconfirmation
        )
        perception_before, trust_before = self.perception, self.trust
        rate = mind.learning_rate * numbers.journey.weight[k]
        self.perception = single(belief.learned(perception_before, s, rate))
        trust = numbers.trust
        self.trust = single(
            belief.trusting(trust_before, gap, mind.tolerance, trust.gain, trust.loss)
        )
        step = belief.evidence_step(self.evidence[k], 1.0)
        self.expectation[k] = belief.moved(self.expectation[k], quality, step)
        self.evidence[k] = belief.weighed(self.evidence[k], 1.0, mind.memory_limit)
        self.department = numbers.journey.department[k]
        self.satisfaction[k] = s
        self.episodes[k] = self.satisfaction[k]
        told[TALLY.EPISODES_ALL] += 1
        told[TALLY.EPISODES + k] += 1
        told[TALLY.SATISFACTION + k] += fixed(s)
        told[TALLY.KEPT] += gap >= -mind.tolerance
        if self.stage == ACTIVE and s < numbers.recovery.severe_below:
            told[TALLY.SEVERE] += 1
            self.suffer(k, s, perception_before, trust_before)

    def quality(self, k: int) -> float:
        """The quality I live at a touchpoint, under the levers that cover me."""
        model, journey = self.model, self.model.numbers.journey
        mean, sd_factor = journey.quality_mean[k], 1.0
        failure, handoff = journey.failure_chance[k], journey.handoff_failure_chance
        pressure, fit = model.pressure, self.fit
        for lever in model.levers:
            if self.covered_by(lever):
                mean += lever.quality_shift[k]
                sd_factor *= lever.sd_factor[k]
                failure *= lever.failure_factor[k]
                handoff *= lever.handoff_factor
                pressure *= lever.pressure_factor
                fit *= lever.fit_factor
        is_handed_off = self.department not in (NOWHERE, journey.department[k])
        chance = experience.failing_chance(failure, handoff, is_handed_off)
        luck = uniform(model.keys.quality[k], self.id)
        if uniform(model.keys.fail[k], self.id) < chance:
            model.told[TALLY.FAILURES] += 1
            return self.beta(journey.failure_mean, journey.failure_sd, luck)
        sd = experience.served_sd(journey.quality_sd[k], sd_factor, pressure)
        return experience.delivered(self.beta(mean, sd, luck), fit)

    def beta(self, mean: float, sd: float, luck: float) -> float:
        """The quantile of a Beta law."""
        mean = draws.held_mean(mean)
        table, spread = quality_table(), draws.spread(mean, sd)
        return float(draws.beta_quantile(table, mean, spread, luck))

    def suffer(self, k: int, s: float, perception: float, trust: float) -> None:
        """Bear a grudge; a worse failure than the open one becomes the case."""
        numbers, case, tick = self.model.numbers.recovery, self.case, self.model.tick
        grievance = recovery.grievance_of(s, numbers.severe_below)
        self.grievance = single(max(self.grievance, grievance))
        if case.touchpoint != NOWHERE and s >= case.satisfaction:
            return
        case.is_repeat = int(tick - case.opened <= numbers.repeat_within)
        case.touchpoint = k
        case.satisfaction = single(s)
        case.perception_before = perception
        case.trust_lost = single(max(trust - self.trust, 0.0))
        case.opened = tick
        case.due = NOWHERE
        case.has_complained = 0

    # 4. Complaints and repairs

    def recover(self) -> None:
        """Complain, be called, be made whole."""
        if self.stage != ACTIVE:
            return
        if self.episodes:
            self.complain()
            self.plan_contact()
        if self.case.due == self.model.tick:
            self.be_repaired()
        if self.case.contact_due == self.model.tick:
            self.be_called()

    def complain(self) -> None:
        """Complain about the week's episodes, or not."""
        numbers, case, tick = self.model.numbers.recovery, self.case, self.model.tick
        for k, s in self.episodes.items():
            chance = recovery.complaint_chance(
                s, numbers.complaint_intercept, numbers.complaint_slope
            )
            if uniform(self.model.keys.complain[k], self.id) < chance:
                self.model.told[TALLY.COMPLAINTS] += 1
                self.model.told[TALLY.SEVERE_COMPLAINTS] += s < numbers.severe_below
                if case.touchpoint == k and case.opened == tick:
                    case.has_complained = 1
                    case.due = tick + numbers.complaint_delay

    def plan_contact(self) -> None:
        """Be put on the list of those to call, by the first lever that would."""
        model, case = self.model, self.case
        if case.contact_due >= model.tick:
            return
        is_bad = case.touchpoint != NOWHERE and case.opened == model.tick
        best = max(self.episodes.values())
        is_good = not is_bad and best >= model.numbers.word_of_mouth.neutral
        for lever in model.levers:
            if lever.contact_occasion == Occasion.BAD and not is_bad:
                continue
            if lever.contact_occasion == Occasion.GOOD and not is_good:
                continue
            luck = uniform(model.keys.contact[lever.row], self.id)
            if luck < lever.contact_chance and self.covered_by(lever):
                case.contact_due = model.tick + lever.contact_delay
                case.contact_lever = lever.row
                case.contact_is_good = int(is_good)
                return
        if is_bad:
            numbers = model.numbers.recovery
            luck = uniform(model.keys.contact[MAX_LEVERS], self.id)
            if luck < numbers.habit_share:
                case.contact_due = model.tick + numbers.habit_delay
                case.contact_lever = MAX_LEVERS
                case.contact_is_good = 0

    def be_called(self) -> None:
        """Be called: a silent sufferer may speak, a content one may buy."""
        model, case, told = self.model, self.case, self.model.told
        numbers = model.numbers.recovery
        case.contact_due = NOWHERE
        self.asked = single(recovery.asked_again(self.asked, numbers.contact_fatigue))
        told[TALLY.CONTACTS_MADE] += 1
        told[TALLY.CONTACTS + case.contact_lever] += 1
        if case.contact_is_good:
            chance = model.numbers.upsell_chance[case.contact_lever]
            if uniform(model.keys.upsell[0], self.id) < chance:
                told[TALLY.UPSELLS] += 1
                told[TALLY.SOLD + case.contact_lever] += 1
        if case.touchpoint != NOWHERE and not case.has_complained:
            if uniform(model.keys.voice[0], self.id) < numbers.voice_when_asked:
                self.be_repaired()

    def be_repaired(self) -> None:
        """See the firm try to make good; the case is closed either way."""
        model, case, told = self.model, self.case, self.model.told
        numbers = model.numbers.recovery
        weight = model.numbers.journey.weight[case.touchpoint]
        rate = model.numbers.perception.learning_rate * weight
        s = case.satisfaction
        told[TALLY.REPAIRS_TRIED] += 1
        if uniform(model.keys.repair[0], self.id) < numbers.repair_chance:
            told[TALLY.REPAIRED] += 1
            share = recovery.repair_share(numbers.repair_strength, case.is_repeat)
            self.perception = single(
                recovery.consoled(
                    self.perception, case.perception_before, s, share, rate
                )
            )
            self.trust = single(
                recovery.reconciled(self.trust, case.trust_lost, share)
            )
            self.grievance = single(self.grievance * (1 - share))
        else:
            self.perception = single(
                recovery.disappointed_twice(self.perception, s, rate)
            )
        case.touchpoint = case.due = NOWHERE

    # 5. Talk

    def tell(self) -> None:
        """Choose the story to tell: my own, or the one I believed last week."""
        told, voice = self.model.told, self.voice
        voice.touchpoint = NOWHERE
        if self.episodes:
            self.tell_own()
        if voice.heard_touchpoint != NOWHERE:
            if voice.touchpoint == NOWHERE:
                self.retell()
            voice.heard_touchpoint = NOWHERE
        if voice.touchpoint == NOWHERE:
            return
        told[TALLY.STORIES] += 1
        self.model.tellers.append(self)
        if self.is_sociable:
            sign = "POSITIVE" if self.is_praising() else "NEGATIVE"
            told[getattr(TALLY, f"TELLERS_{sign}") + voice.touchpoint] += 1
            told[getattr(TALLY, f"TOLD_{sign}") + voice.touchpoint] += fixed(
                voice.value
            )

    def tell_own(self) -> None:
        """Talk about, and review, this week's episodes; the most extreme is told."""
        model, numbers = self.model, self.model.numbers.word_of_mouth
        furthest = -1.0
        for k, s in self.episodes.items():
            x = telling.extremity(s, numbers.neutral)
            chance = telling.talking_chance(
                x,
                numbers.talk_base,
                numbers.talk_slope,
                numbers.talk_curvature,
                numbers.negative_ratio,
            )
            chance *= telling.trust_in_talk(self.trust, x, numbers.trust_in_talk)
            if uniform(model.keys.talk[k], self.id) < chance and abs(x) > furthest:
                furthest = abs(x)
                self.voice.touchpoint, self.voice.value, self.voice.hops = k, s, 0
            if self.is_reviewer:
                star = telling.stars(s) - 1
                luck = uniform(model.keys.post[k], self.id)
                model.told[TALLY.STARS + star] += (
                    luck < model.numbers.reviews.posting[star]
                )

    def retell(self) -> None:
        """Pass on the story I believed last week."""
        voice, model = self.voice, self.model
        chance = model.numbers.word_of_mouth.retell
        if uniform(model.keys.retell[0], self.id) < chance:
            voice.touchpoint = voice.heard_touchpoint
            voice.value = voice.heard_value
            voice.hops = voice.heard_hops + 1
            model.told[TALLY.RETOLD] += 1

    def is_praising(self) -> bool:
        """Whether my story is a good one."""
        return self.voice.value >= self.model.numbers.word_of_mouth.neutral

    # 6. What is heard

    def be_heard(self) -> None:
        """Tell my story to my ties, then to those I happen to meet."""
        model, numbers = self.model, self.model.numbers.word_of_mouth
        reach = numbers.reach if self.is_praising() else numbers.reach_negative
        hear = fold(model.keys.hear[0], self.id)
        believe = fold(model.keys.believe[0], self.id)
        for row, tie in model.graph.adj[self.row].items():
            other = model.customers[row]
            if uniform(hear, other.id) < reach * tie["weight"]:
                other.hear(self, uniform(believe, other.id))
        if self.is_sociable and len(model.sociable) > 1:
            self.meet(reach)

    def meet(self, reach: float) -> None:
        """Tell my story to the people I meet by chance."""
        keys, sociable = self.model.keys, self.model.sociable
        meetings = self.model.numbers.word_of_mouth.meetings
        whom = fold(keys.meet[0], self.id)
        hear = fold(keys.meeting_hear[0], self.id)
        believe = fold(keys.meeting_believe[0], self.id)
        n_met = floor(meetings + uniform(keys.meeting_count[0], self.id))
        for meeting in range(n_met):
            other = sociable[int(uniform(whom, meeting) * len(sociable))]
            if other is not self and uniform(hear, other.id) < reach:
                other.hear(self, uniform(believe, other.id))

    def hear(self, teller: "NaiveCustomer", luck: float) -> None:
        """Hear a story, and believe it or not."""
        told, story = self.model.told, teller.voice
        is_positive = teller.is_praising()
        told[TALLY.MESSAGES_POSITIVE if is_positive else TALLY.MESSAGES_NEGATIVE] += 1
        told[TALLY.MESSAGES_FROM_LOST] += teller.stage == LOST
        if luck < self.believing(is_positive):
            pick = fold(fold(self.model.keys.pick[0], teller.id), self.id)
            self.remember(pick, story.touchpoint, story.value, story.hops)
            self.believe(story.touchpoint, fixed(story.value), 1, is_positive)

    def believing(self, is_positive: bool) -> float:
        """The chance that I believe a message of this sign."""
        numbers = self.model.numbers.word_of_mouth
        sign = "positive" if is_positive else "negative"
        distrusted = getattr(numbers, f"believe_{sign}_distrusted")
        trusted = getattr(numbers, f"believe_{sign}_trusted")
        return telling.belief_chance(self.trust, distrusted, trusted, numbers.hearings)

    def remember(self, pick: int, k: int, value: float, hops: int) -> None:
        """Keep, of all stories believed this week, the one with the smallest key."""
        if not self.inbox or pick < self.pick:
            self.pick, voice = pick, self.voice
            voice.heard_touchpoint, voice.heard_hops = k, hops
            voice.heard_value = single(value)

    def believe(self, k: int, value: int, count: int, is_positive: bool) -> None:
        """Take `count` messages of one value, in 65,536ths, into the inbox."""
        self.inbox += [(k, value)] * count
        if is_positive:
            self.positive += count
            self.model.told[TALLY.BELIEVED_POSITIVE] += count
        else:
            self.negative += count
            self.model.told[TALLY.BELIEVED_NEGATIVE] += count

    def mingle(self) -> None:
        """Hear a well-mixed crowd: by touchpoint and sign, one keyed count each."""
        if self.is_sociable:
            for k in range(len(self.expectation)):
                for is_positive in (True, False):
                    self.hear_crowd(k, is_positive)

    def hear_crowd(self, k: int, is_positive: bool) -> None:
        """Hear what the crowd tells of one touchpoint, of one sign."""
        model, told, voice = self.model, self.model.told, self.voice
        numbers, sign = model.numbers.word_of_mouth, "NEGATIVE"
        reach = numbers.reach_negative
        if is_positive:
            sign, reach = "POSITIVE", numbers.reach
        tellers = told[getattr(TALLY, f"TELLERS_{sign}") + k]
        if tellers == 0:
            return
        is_mine = voice.touchpoint == k and self.is_praising() == is_positive
        slot, chance = 2 * k + is_positive, reach * numbers.contact_weight
        luck = uniform(model.keys.hear[slot], self.id)
        heard = draws.count_quantile(tellers - is_mine, chance, luck)
        told[getattr(TALLY, f"MESSAGES_{sign}")] += heard
        luck = uniform(model.keys.believe[slot], self.id)
        believed = draws.count_quantile(heard, self.believing(is_positive), luck)
        if believed > 0:
            value = told[getattr(TALLY, f"TOLD_{sign}") + k] // tellers
            pick = fold(model.keys.pick[slot], self.id)
            self.remember(pick, k, value / FIXED_POINT, 0)
            self.believe(k, value, believed, is_positive)

    def absorb(self) -> None:
        """Take in what I believed, then the public rating if I read it."""
        if self.inbox:
            self.take_in()
        reviews, (rating, site_weight) = self.model.numbers.reviews, self.model.rating
        if self.stage == LOST or site_weight <= 0:
            return
        is_customer = self.stage == ACTIVE
        chance = reviews.read_active if is_customer else reviews.read_prospect
        if uniform(self.model.keys.read[0], self.id) < chance:
            self.read(rating, site_weight)

    def take_in(self) -> None:
        """Move my beliefs by all messages of the week at once."""
        numbers, trust = self.model.numbers.perception, self.model.numbers.trust
        for k in sorted({k for k, _ in self.inbox}):
            values = [value for about, value in self.inbox if about == k]
            mean = sum(values) / (len(values) * FIXED_POINT)
            weight = len(values) * numbers.message_weight
            step = belief.evidence_step(self.evidence[k], weight)
            self.expectation[k] = belief.moved(self.expectation[k], mean, step)
            self.evidence[k] = belief.weighed(
                self.evidence[k], weight, numbers.memory_limit
            )
        count = len(self.inbox)
        mean = sum(value for _, value in self.inbox) / (count * FIXED_POINT)
        step = belief.evidence_step(numbers.memory_limit, numbers.message_weight)
        self.perception = single(belief.persuaded(self.perception, mean, step, count))
        self.trust = single(
            belief.trusting_others(
                self.trust,
                trust.message_gain,
                trust.message_loss,
                self.positive,
                self.negative,
            )
        )
        self.inbox.clear()

    def read(self, rating: float, site_weight: float) -> None:
        """Read the public rating: all expectations move by one step."""
        self.model.told[TALLY.REVIEWS_READ] += 1
        numbers, n = self.model.numbers.perception, len(self.expectation)
        level, evidence = total(self.expectation) / n, total(self.evidence) / n
        weight = telling.rating_evidence(numbers.rating_weight, site_weight)
        step = belief.evidence_step(evidence, weight)
        shift = belief.moved(level, rating, step) - level
        for k in range(n):
            self.expectation[k] = experience.share(self.expectation[k] + shift)
            self.evidence[k] = belief.weighed(
                self.evidence[k], weight, numbers.memory_limit
            )

    # 7. Choice

    def choose(self) -> None:
        """Leave or stay, join or wait, return or not; then feelings fade."""
        numbers = self.model.numbers
        if self.stage == ACTIVE:
            self.stay_or_leave()
        elif self.stage == PROSPECT:
            self.join_or_wait()
        else:
            self.return_or_not()
        if self.grievance:
            self.grievance = single(self.grievance * numbers.recovery.grievance_keep)
        if self.asked:
            self.asked = single(self.asked * numbers.recovery.asked_keep)
        if self.pull:
            self.pull = single(self.pull * numbers.leaving.pull_keep)
        self.positive = self.negative = 0

    def stay_or_leave(self) -> None:
        """Add the week's hazard; beyond my threshold, leave."""
        numbers = self.model.numbers.leaving
        chance = choice.leaving_chance(
            self.perception,
            numbers.hazard_min,
            numbers.hazard_max,
            numbers.steepness,
            numbers.midpoint,
        )
        own = choice.hazard_of(chance) * (numbers.months_per_tick * self.frailty)
        trust = choice.trust_effect(self.trust, numbers.trust_effect)
        pull = numbers.pull_effect * self.pull
        asked = numbers.asked_effect * self.asked
        walk_out = choice.walking_out(self.grievance, numbers.walk_out)
        hazard = choice.proportional_hazard(own, trust, pull, asked) + walk_out
        self.hazard = single(self.hazard + hazard)
        if self.hazard >= self.threshold:
            self.leave(self.why(own, trust, asked, walk_out, hazard))

    def why(
        self, own: float, trust: float, asked: float, walk_out: float, hazard: float
    ) -> int:
        """Return the cause of leaving, drawn in proportion to what each added."""
        if own == 0:
            return int(Cause.WALK_OUT)
        numbers = self.model.numbers.leaving
        least = choice.proportional_hazard(own, min(trust, 0.0), 0.0, asked)
        no_pull = choice.proportional_hazard(own, trust, 0.0, asked)
        scale = numbers.months_per_tick * self.frailty
        background = choice.hazard_of(numbers.hazard_min) * scale / own * least
        luck = uniform(self.model.keys.cause[0], self.id)
        return choice.cause_of_leaving(
            luck * hazard,
            background,
            least - background,
            no_pull - least,
            hazard - walk_out - no_pull,
        )

    def leave(self, cause: int) -> None:
        """Be a customer no more."""
        model, told = self.model, self.model.told
        self.stage, self.since, self.cause = LOST, model.tick, cause
        self.case.touchpoint = self.case.due = self.case.contact_due = NOWHERE
        told[TALLY.LEFT] += 1
        told[TALLY.SOCIABLE_LEFT] += self.is_sociable
        told[TALLY.LEFT_BY_CAUSE + cause] += 1
        model.leavers.append(self)

    def join_or_wait(self) -> None:
        """Weigh the offer, what was heard, and the public rating."""
        model, numbers = self.model, self.model.numbers.joining
        level = total(self.expectation) / len(self.expectation)
        offer = choice.attraction(
            level, self.perception, numbers.steepness, numbers.outside_option
        )
        chance = choice.joining_chance(
            numbers.advertising_chance * offer,
            numbers.message_effect,
            self.positive,
            choice.discouragement(numbers.negative_message_effect, self.negative),
            model.rating_lift,
        )
        if uniform(model.keys.join[0], self.id) < chance:
            model.told[TALLY.JOINED] += 1
            self.begin_spell()

    def return_or_not(self) -> None:
        """Come back, with the trust I left with."""
        model = self.model
        b = model.numbers.joining.return_chance
        chance = choice.returning_chance(self.perception, b)
        if uniform(getattr(model.keys, "return")[0], self.id) < chance:
            model.told[TALLY.RETURNED] += 1
            self.begin_spell()

    def begin_spell(self) -> None:
        """Be a customer, with a new lot for when to leave."""
        self.stage, self.since, self.spell = ACTIVE, self.model.tick, self.spell + 1
        luck = draws.uniform_pair(self.model.spell_key, self.id, self.spell)
        self.hazard = 0.0
        self.threshold = single(choice.hazard_of(1.0 - luck))
        self.department, self.cause = NOWHERE, int(Cause.NONE)

    # 8. The survey

    def measure(self) -> None:
        """Be counted; a customer is scored, and may be asked."""
        told, people = self.model.told, fixed(self.perception)
        if self.lost_contacts:
            self.pull = single(self.pull + self.lost_contacts / FIXED_POINT)
            self.lost_contacts = 0
        if self.spell > 0:
            told[TALLY.EVER] += 1
            told[TALLY.PERCEPTION_EVER] += people
        if self.stage != ACTIVE:
            told[TALLY.PROSPECTS if self.stage == PROSPECT else TALLY.LOST] += 1
            return
        told[TALLY.ACTIVE] += 1
        told[TALLY.STAYED] += self.since <= self.model.n_warm_up
        told[TALLY.PERCEPTION] += people
        told[TALLY.TRUST] += fixed(self.trust)
        told[TALLY.EXPECTATION] += sum(map(fixed, self.expectation))
        told[TALLY.ACTIVE_BY_SEGMENT + self.segment] += 1
        for lever in self.model.levers:
            told[TALLY.COVERED + lever.row] += self.covered_by(lever)
        self.be_scored()

    def be_scored(self) -> None:
        """Be scored as the truth would; if sampled, perhaps answer the survey."""
        model, told, numbers = self.model, self.model.told, self.model.numbers.survey
        luck = uniform(model.keys.score[0], self.id)
        noise = numbers.noise_sd * draws.normal_quantile(luck)
        truth = surveying.score(self.perception, self.leniency, noise, 0.0)
        told[TALLY.PROMOTERS] += surveying.is_promoter(truth)
        told[TALLY.DETRACTORS] += surveying.is_detractor(truth)
        if not self.is_surveyed:
            return
        if uniform(model.keys.sample[0], self.id) >= numbers.sample_share:
            return
        told[TALLY.SAMPLED] += 1
        fatigue = model.numbers.recovery.contact_fatigue
        self.asked = single(recovery.asked_again(self.asked, fatigue))
        x = telling.extremity(self.perception, model.numbers.word_of_mouth.neutral)
        chance = surveying.response_chance(
            x, numbers.response_base, numbers.extremity, numbers.positivity
        )
        if uniform(model.keys.respond[0], self.id) < chance:
            self.answer(noise)

    def answer(self, noise: float) -> None:
        """Give a polite score, and one for each touchpoint lived since last time."""
        told, politeness = self.model.told, self.model.numbers.survey.politeness
        polite = surveying.score(self.perception, self.leniency, noise, politeness)
        told[TALLY.RESPONSES] += 1
        told[TALLY.MEASURED_PROMOTERS] += surveying.is_promoter(polite)
        told[TALLY.MEASURED_DETRACTORS] += surveying.is_detractor(polite)
        for k, s in enumerate(self.satisfaction):
            if s >= 0:
                told[TALLY.MEASURED_EPISODES + k] += 1
                told[TALLY.MEASURED_SATISFACTION + k] += fixed(s)
                self.satisfaction[k] = NOWHERE


class NaiveModel(mesa.Model):
    """A market of customer objects; the week is the same list of phases."""

    def __init__(self, settings: Scenario, *, seed: int = 0) -> None:
        super().__init__(rng=seed)
        self.settings, self.seed, self.tick = settings, seed, 0
        clock = settings.clock
        self.n_warm_up = clock.ticks(clock.warmup_weeks)
        self.n_ticks = clock.ticks(clock.weeks)
        shape = compiled.N_STREAMS, compiled.N_SLOTS
        self.trait_keys = np.zeros(shape, np.uint64)
        compiled.stream_keys(np.uint64(seed), np.uint64(0), self.trait_keys)
        self.spell_key = int(self.trait_keys[compiled.Stream.SPELL, 0])
        people, labels = draw_customers(settings, self.trait_keys)
        traits = people.traits
        ties = build_ties(
            settings.network, traits.id, traits.is_sociable, seed, labels
        )
        self.graph = to_networkx(ties)
        self.customers = [
            NaiveCustomer(self, row, people) for row in range(traits.id.size)
        ]
        for customer in self.customers:
            customer.degree = self.graph.degree[customer.row]
        self.sociable = [self.customers[row] for row in ties.sociable.tolist()]
        self.numbers = in_lists(settings.to_kernel(len(self.sociable)))
        journey = self.numbers.journey
        self.stations = list(
            zip(range(len(journey.phase)), journey.phase, journey.chance, strict=True)
        )
        self.firm = Firm(self, settings)
        self.promise = self.firm.promise.tolist()
        coverage_keys = self.firm.levers.coverage_key[: len(settings.levers)].tolist()
        for customer in self.customers:
            customer.lever_luck = [uniform(key, customer.id) for key in coverage_keys]
        self.counts: list[list[int]] = []
        self.ledger: list[list[float]] = []
        self.n_started = 0

    def hub_degree(self, share: float) -> int:
        """Return the fewest ties of a hub: the best connected share of people."""
        degrees = sorted(customer.degree for customer in self.sociable)
        place = min(len(degrees) - 1, math.ceil((1 - share) * len(degrees)))
        return max(1, degrees[place]) if degrees else 1

    def step(self) -> None:
        """Live one tick."""
        self.tick += 1
        self.keys = tick_keys(self.seed, self.tick)
        self.told = [0] * N_TALLY
        self.tellers: list[NaiveCustomer] = []
        self.leavers: list[NaiveCustomer] = []
        for phase in PHASES:
            getattr(self, phase)()
        if self.tick == self.n_warm_up:
            self.n_started = self.told[TALLY.ACTIVE]
        if self.tick > self.n_warm_up:
            week = self.tick - 1 - self.n_warm_up
            week *= self.settings.clock.weeks_per_tick
            books = self.firm.books(np.array(self.told), week)
            self.counts.append(self.told)
            self.ledger.append([books[name] for name in (*BOOKS, *MEASURED)])

    def run(self) -> "NaiveModel":
        """Live every tick."""
        while self.tick < self.n_warm_up + self.n_ticks:
            self.step()
        return self

    def everybody(self, method: str) -> None:
        """Let every customer do something; nobody's turn comes before another's."""
        self.agents_by_type[NaiveCustomer].do(method)

    def plan(self) -> None:
        """Put the levers of the week in force."""
        clock = self.settings.clock
        self.new_since = self.tick - clock.ticks(NEW_WEEKS)
        week = (self.tick - 1 - self.n_warm_up) * clock.weeks_per_tick
        self.pressure = self.firm.plan(week)
        table = self.firm.levers
        self.levers = [
            SimpleNamespace(row=row, **row_of(table, row, is_by_row=True))
            for row in range(len(self.settings.levers))
            if table.is_on[row]
        ]

    def advertise(self) -> None:
        """Promises reach people."""
        self.everybody("advertise")

    def serve(self) -> None:
        """People live episodes."""
        self.everybody("serve")

    def recover(self) -> None:
        """Failures are complained of, and repaired."""
        self.everybody("recover")

    def tell(self) -> None:
        """People choose what they tell; the review site is brought up to date."""
        self.everybody("tell")
        self.firm.publish(np.array(self.told))
        self.rating = self.firm.rating.tolist()

    def hear(self) -> None:
        """What was told is heard, and then taken in."""
        if self.settings.network.kind == "complete":
            self.everybody("mingle")
        else:
            for teller in self.tellers:
                teller.be_heard()
        self.everybody("absorb")

    def choose(self) -> None:
        """People leave, join and return; those tied to the leavers notice."""
        effect = self.numbers.joining.rating_effect
        self.rating_lift = choice.rating_lift(self.rating[0], effect)
        self.everybody("choose")
        for leaver in self.leavers:
            for row, tie in self.graph.adj[leaver.row].items():
                self.customers[row].lost_contacts += fixed(tie["weight"])
        if self.settings.network.kind == "complete":
            self.notice_crowd()

    def notice_crowd(self) -> None:
        """Tell everybody of a well-mixed crowd how many others left."""
        share = self.numbers.word_of_mouth.contact_weight
        n_left = sum(leaver.is_sociable for leaver in self.leavers)
        for customer in self.sociable:
            others = n_left - (customer in self.leavers)
            customer.lost_contacts += fixed(others * share)

    def measure(self) -> None:
        """Everybody is counted; the firm learns what its survey shows."""
        self.everybody("measure")
        self.firm.measure(np.array(self.told))

    def weekly(self) -> dict[str, np.ndarray]:
        """Return the weekly table, by the same formulas as the model's."""
        clock = self.settings.clock
        per_row = max(1, round(1 / clock.weeks_per_tick))
        counts = gathered(np.array(self.counts), per_row)
        n_rows, length = len(counts), per_row * clock.weeks_per_tick
        ledger = np.array(self.ledger)[: n_rows * per_row]
        ledger = ledger.reshape(n_rows, per_row, -1)
        books = {}
        for column, name in enumerate((*BOOKS, *MEASURED)):
            entries = ledger[:, :, column]
            books[name] = entries.sum(axis=1) if name in BOOKS else entries[:, -1]
        return weekly(
            Record(
                week=np.floor((np.arange(n_rows) + 1) * length - 1).astype(np.int64),
                counts=counts,
                books=books,
                years=np.full(n_rows, per_row * clock.tick_days / 365.25),
                n_touchpoints=len(self.stations),
                n_started=self.n_started,
            )
        )

    def people(self) -> Customers:
        """Return all customers as the columns that the compiled model has."""
        columns = allocate_customers(len(self.customers), len(self.stations))
        for i, customer in enumerate(self.customers):
            for record, source in (
                (columns.traits, customer),
                (columns.mind, customer),
                (columns.relation, customer),
                (columns.case, customer.case),
                (columns.voice, customer.voice),
            ):
                for name, column in record._asdict().items():
                    column[..., i] = getattr(source, name)
            columns.lived.touchpoints[i] = sum(1 << k for k in customer.episodes)
            columns.lived.satisfaction[:, i] = customer.satisfaction
            columns.inbox.pick[i] = customer.pick
        return columns


def row_of(record: tuple, row: int, *, is_by_row: bool = False) -> dict[str, object]:
    """Return one row of a record of columns, as plain Python numbers and lists."""
    columns = record._asdict().items()
    if is_by_row:
        columns = [(name, column) for name, column in columns if len(column) > row]
        return {name: column[row].tolist() for name, column in columns}
    return {name: column[..., row].tolist() for name, column in columns}


def in_lists(record: tuple) -> tuple:
    """Return a record of numbers with its arrays as lists."""
    parts = (
        part.tolist()
        if isinstance(part, np.ndarray)
        else (in_lists(part) if hasattr(part, "_fields") else part)
        for part in record
    )
    return type(record)(*parts)


def tick_keys(seed: int, tick: int) -> SimpleNamespace:
    """Return the keys of one tick's draws: by stream, a list by slot."""
    root = fold(fold(0, seed), tick)
    streams = {s.name.lower(): fold(root, int(s)) for s in compiled.Stream}
    slots = range(compiled.N_SLOTS)
    return SimpleNamespace(
        **{name: [fold(key, slot) for slot in slots] for name, key in streams.items()}
    )


def microseconds(n_customers: int = 10_000, n_ticks: int = 4) -> float:
    """Return how long the twin needs for one week of one customer."""
    model = NaiveModel(Scenario(market={"customers": n_customers}))
    model.step()
    start = time.perf_counter()
    for _ in range(n_ticks):
        model.step()
    return (time.perf_counter() - start) / (n_ticks * n_customers) * 1e6


if __name__ == "__main__":
    each = microseconds()
    print(f"{each:.1f} µs a customer-week: {1 / each:.4f} million a second")
