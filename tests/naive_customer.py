"""The obvious twin's customer: one Python object, one method a phase."""

import math
from array import array
from types import SimpleNamespace
from typing import TYPE_CHECKING

from simulation.core.columns import (
    FIXED_POINT,
    MAX_LEVERS,
    Audience,
    Cause,
    Customers,
    Occasion,
    Piece,
)
from simulation.population import quality_table
from tests.naive_adoption import Adopter
from tests.naive_rules import (
    ACTIVE,
    LOST,
    NOWHERE,
    POST_SALES,
    PRE_SALES,
    PROSPECT,
    SALES,
    TALLY,
    belief,
    choice,
    draws,
    experience,
    fixed,
    recovery,
    row_of,
    single,
    surveying,
    telling,
    total,
    uniform,
)

if TYPE_CHECKING:
    from tests.naive import NaiveModel


class NaiveCustomer(Adopter):
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
        self.told_by: NaiveCustomer | None = None
        self.lever_luck: list[float] = []
        self.judged_at = self.judged = math.nan

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
            return self.has_open_case() and not self.case.has_complained
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
        expectation, evidence, drift = (
            self.expectation,
            self.evidence,
            numbers.norm_drift,
        )
        for k, promise in enumerate(self.promises()):
            expected, known = expectation[k], evidence[k]
            if drift:
                expected = belief.drifted(expected, drift)
            step = belief.evidence_step(known, weight)
            expectation[k] = belief.moved(expected, promise, step)
            evidence[k] = belief.weighed(known, weight, limit)

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
                if phase == POST_SALES:
                    if uniform(keys[k], self.id) < chance:
                        self.live(k)
                elif phase == SALES and is_new:
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
        expected = self.expectation[k]
        gap = experience.gap(quality, expected)
        felt = experience.disconfirmation(gap, mind.tolerance, mind.loss_aversion)
        s = experience.satisfaction(
            quality, gap, felt, mind.assimilation, mind.disconfirmation
        )
        perception_before, trust_before = self.perception, self.trust
        rate = mind.learning_rate * numbers.journey.weight[k]
        self.perception = single(belief.learned(perception_before, s, rate))
        trust = numbers.trust
        self.trust = single(
            belief.trusting(
                trust_before, gap, mind.tolerance, self.trust_gain(), trust.loss
            )
        )
        step = belief.evidence_step(self.evidence[k], 1.0)
        self.expectation[k] = belief.moved(self.expectation[k], quality, step)
        self.evidence[k] = belief.weighed(self.evidence[k], 1.0, mind.memory_limit)
        for lever in self.my_levers():
            self.be_told(lever, k)
        self.department = numbers.journey.department[k]
        self.satisfaction[k] = s
        self.episodes[k] = self.satisfaction[k]
        told[TALLY.EPISODES_ALL] += 1
        told[TALLY.EPISODES + k] += 1
        told[TALLY.SATISFACTION + k] += fixed(s)
        told[TALLY.EXPECTED + k] += fixed(expected)
        told[TALLY.EXPERIENCED + k] += fixed(quality)
        told[TALLY.KEPT] += gap >= -mind.tolerance
        if self.stage == ACTIVE and s < numbers.recovery.severe_below:
            told[TALLY.SEVERE] += 1
            self.suffer(k, s, perception_before, trust_before)

    def my_levers(self) -> list[SimpleNamespace]:
        """The levers that cover me now."""
        return [lever for lever in self.model.levers if self.covered_by(lever)]

    def trust_gain(self) -> float:
        """How much a kept promise gains with me."""
        gain = self.model.numbers.trust.gain
        for lever in self.my_levers():
            gain = belief.strengthened(gain, lever.trust_gain_factor)
        return gain

    def be_told(self, lever: SimpleNamespace, k: int) -> None:
        """Be reassured at a touchpoint, and told what is to come."""
        numbers, weight = self.model.numbers, lever.information_weight[k]
        if lever.trust_lift[k] > 0:
            self.trust = single(belief.moved(self.trust, 1.0, lever.trust_lift[k]))
        if weight == 0:
            return
        journey = numbers.journey
        for j, mean in enumerate(journey.quality_mean):
            failing = journey.failure_chance[j]
            usual = experience.usual_quality(mean, failing, journey.failure_mean)
            step = belief.evidence_step(self.evidence[j], weight)
            self.expectation[j] = belief.moved(self.expectation[j], usual, step)
            limit = numbers.perception.memory_limit
            self.evidence[j] = belief.weighed(self.evidence[j], weight, limit)

    def is_spared(self, k: int) -> bool:
        """Whether a lever removes a failure before I feel it."""
        luck = uniform(self.model.keys.detect[k], self.id)
        for lever in self.my_levers():
            if luck < lever.detection_chance:
                self.be_stirred(lever)
                return True
        return False

    def be_stirred(self, lever: SimpleNamespace) -> None:
        """Be contacted unasked, and reminded that there is a choice."""
        model = self.model
        model.told[TALLY.CONTACTS_MADE] += 1
        model.told[TALLY.CONTACTS + lever.row] += 1
        if self.stage == ACTIVE:
            months = model.numbers.leaving.months_per_tick
            more = choice.stirred(self.own_hazard(), lever.stirring, months)
            self.hazard = single(self.hazard + more)

    def quality(self, k: int) -> float:
        """The quality I live at a touchpoint, under the levers that cover me."""
        model, journey = self.model, self.model.numbers.journey
        mean, sd_factor = journey.quality_mean[k], 1.0
        failure, handoff = journey.failure_chance[k], journey.handoff_failure_chance
        pressure, fit, misfit = model.pressure, self.fit, 1.0
        for lever in self.my_levers():
            mean += lever.quality_shift[k]
            sd_factor *= lever.sd_factor[k]
            failure *= lever.failure_factor[k]
            handoff *= lever.handoff_factor
            pressure *= lever.pressure_factor
            fit *= lever.fit_factor
            misfit *= lever.misfit_factor
        is_handed_off = self.department not in (NOWHERE, journey.department[k])
        failure += model.shocks.failure[k]
        handoff += model.shocks.handoff[k]
        chance = experience.failing_chance(failure, handoff, is_handed_off)
        luck = uniform(model.keys.quality[k], self.id)
        if uniform(model.keys.fail[k], self.id) < chance and not self.is_spared(k):
            model.told[TALLY.FAILURES] += 1
            return self.beta(journey.failure_mean, journey.failure_sd, luck)
        sd = experience.served_sd(journey.quality_sd[k], sd_factor, pressure)
        fit = experience.adapted(fit, misfit)
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
        still_hurts = self.grievance
        self.grievance = single(max(still_hurts, grievance))
        if self.has_open_case() and grievance < still_hurts:
            return
        if case.opened < tick:
            case.is_repeat = int(tick - case.opened <= numbers.repeat_within)
        case.touchpoint = k
        case.satisfaction = single(s)
        case.perception_before = perception
        case.trust_lost = single(max(trust - self.trust, 0.0))
        case.opened = tick
        case.due = NOWHERE
        case.has_complained = 0

    def has_open_case(self) -> bool:
        """Whether I bear a failure nobody made good, and have not forgotten it."""
        age = self.model.tick - self.case.opened
        is_fresh = age <= self.model.numbers.recovery.case_life
        return self.case.touchpoint != NOWHERE and is_fresh

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
        for lever in self.model.levers:
            luck = uniform(self.model.keys.planned[lever.row], self.id)
            if luck < lever.planned_chance and self.covered_by(lever):
                self.be_reached(lever)

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
                    case.due = tick + self.reply_delay()

    def reply_delay(self) -> int:
        """After how long the firm answers my complaint."""
        delays = [lever.reply_delay for lever in self.my_levers()]
        usual = self.model.numbers.recovery.complaint_delay
        return min([usual, *(delay for delay in delays if delay != NOWHERE)])

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
        case.contact_due = NOWHERE
        told[TALLY.CONTACTS_MADE] += 1
        told[TALLY.CONTACTS + case.contact_lever] += 1
        if case.contact_is_good:
            chance = model.numbers.upsell_chance[case.contact_lever]
            if uniform(model.keys.upsell[0], self.id) < chance:
                told[TALLY.UPSELLS] += 1
                told[TALLY.SOLD + case.contact_lever] += 1
        self.be_asked()

    def be_reached(self, lever: SimpleNamespace) -> None:
        """Be contacted as planned, whatever I lived."""
        if lever.stirring >= 0:
            self.be_stirred(lever)
            return
        self.model.told[TALLY.CONTACTS_MADE] += 1
        self.model.told[TALLY.CONTACTS + lever.row] += 1
        self.be_asked()

    def be_asked(self) -> None:
        """Be asked how it went: if I suffered in silence, I may speak."""
        model, case = self.model, self.case
        numbers = model.numbers.recovery
        self.asked = single(recovery.asked_again(self.asked, numbers.contact_fatigue))
        is_silent = self.has_open_case() and not case.has_complained
        luck = uniform(model.keys.voice[0], self.id)
        if is_silent and luck < numbers.voice_when_asked:
            self.be_repaired()

    def be_repaired(self) -> None:
        """See the firm try to make good; the case is closed either way."""
        model, case, told = self.model, self.case, self.model.told
        numbers = model.numbers.recovery
        weight = model.numbers.journey.weight[case.touchpoint]
        rate = model.numbers.perception.learning_rate * weight
        s = case.satisfaction
        told[TALLY.REPAIRS_TRIED] += 1
        chance, strength = numbers.repair_chance, numbers.repair_strength
        for lever in self.my_levers():
            chance = recovery.raised(chance, lever.repair_chance_shift)
            strength = recovery.raised(strength, lever.repair_strength_shift)
            told[TALLY.PIECES + lever.row] += lever.piece == Piece.CASE
        if uniform(model.keys.repair[0], self.id) < chance:
            told[TALLY.REPAIRED] += 1
            share = recovery.repair_share(strength, case.is_repeat)
            self.perception = single(
                recovery.consoled(
                    self.perception, case.perception_before, s, share, rate
                )
            )
            self.trust = single(recovery.reconciled(self.trust, case.trust_lost, share))
            self.grievance = single(self.grievance * (1 - share))
        else:
            self.perception = single(
                recovery.disappointed_twice(self.perception, s, rate)
            )
        case.touchpoint = case.due = NOWHERE

    # 7. Choice

    def choose(self) -> None:
        """Leave or stay, join or wait, return or not; then feelings fade."""
        numbers = self.model.numbers
        if self.stage == ACTIVE:
            self.stay_or_leave()
        elif self.stage == PROSPECT:
            self.join_or_wait()
        elif self.stage == LOST:
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
        own = self.own_hazard()
        trust = choice.trust_effect(self.trust, numbers.trust_effect)
        pull = numbers.pull_effect * self.pull
        asked = numbers.asked_effect * self.asked
        walk_out = choice.walking_out(self.grievance, numbers.walk_out)
        hazard = choice.proportional_hazard(own, trust, pull, asked) + walk_out
        self.hazard = single(self.hazard + hazard)
        if self.hazard >= self.threshold:
            self.leave(self.why(own, trust, asked, walk_out, hazard))

    def own_hazard(self) -> float:
        """Return my hazard at my perception, anew only when that has changed."""
        if self.perception != self.judged_at:
            numbers = self.model.numbers.leaving
            chance = choice.leaving_chance(
                self.perception,
                numbers.hazard_min,
                numbers.hazard_max,
                numbers.steepness,
                numbers.midpoint,
            )
            scale = numbers.months_per_tick * self.frailty
            self.judged_at, self.judged = (
                self.perception,
                choice.hazard_of(chance) * scale,
            )
        return self.judged

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
        self.referrer = NOWHERE
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
        advertised = numbers.advertising_chance * offer
        blamed = choice.discouragement(numbers.negative_message_effect, self.negative)
        unpraised, chance = (
            choice.joining_chance(
                advertised, numbers.message_effect, praise, blamed, model.rating_lift
            )
            for praise in (0, self.positive)
        )
        luck = uniform(model.keys.join[0], self.id)
        if luck < chance:
            model.told[TALLY.JOINED] += 1
            self.begin_spell()
            if luck >= unpraised:
                model.convinced.append(self)
            for lever in self.my_levers() if self.positive else ():
                model.told[TALLY.PIECES + lever.row] += lever.piece == Piece.JOINER

    def bind(self) -> None:
        """Be bound to the contact whose praise I joined on, if that one stays."""
        model, teller = self.model, self.told_by
        if teller is None:
            return
        is_praise = self.voice.heard_value >= model.numbers.word_of_mouth.neutral
        is_contact = model.graph.has_edge(teller.row, self.row)
        is_staying = teller.stage == ACTIVE and teller.since < model.tick
        if is_praise and is_contact and is_staying:
            ratio = model.numbers.leaving.referral_hazard_ratio
            self.referrer = teller.row
            self.threshold = single(choice.bound(self.threshold, ratio))

    def unbind(self) -> None:
        """Be like others again, as the one who referred me has left."""
        ratio = self.model.numbers.leaving.referral_hazard_ratio
        self.referrer = NOWHERE
        self.threshold = single(choice.unbound(self.threshold, self.hazard, ratio))

    def return_or_not(self) -> None:
        """Come back, with the trust I left with."""
        model = self.model
        b = model.numbers.joining.return_chance
        chance = choice.returning_chance(self.perception, b)
        for lever in model.levers:
            luck = uniform(model.keys.win_back[lever.row], self.id)
            if luck < lever.attempt_chance and self.covered_by(lever):
                win = lever.win_chance
                chance = choice.won_back_chance(chance, self.perception, win)
                model.told[TALLY.CONTACTS_MADE] += 1
                model.told[TALLY.CONTACTS + lever.row] += 1
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
        self.referrer = NOWHERE

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
            told[TALLY.LOST if self.stage == LOST else TALLY.PROSPECTS] += 1
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
        mine = self.my_levers()
        factors = (lever.sample_factor for lever in mine)
        share = math.prod(factors, start=numbers.sample_share)
        if uniform(model.keys.sample[0], self.id) >= share:
            return
        told[TALLY.SAMPLED] += 1
        fatigue = model.numbers.recovery.contact_fatigue
        self.asked = single(recovery.asked_again(self.asked, fatigue))
        x = telling.extremity(self.perception, model.numbers.word_of_mouth.neutral)
        base, politeness = numbers.response_base, numbers.politeness
        extremes, praise = numbers.extremity, numbers.positivity
        for lever in mine:
            base *= lever.response_factor
            extremes *= lever.tilt_factor
            praise *= lever.tilt_factor
            politeness *= lever.politeness_factor
        chance = surveying.response_chance(x, base, extremes, praise)
        if uniform(model.keys.respond[0], self.id) < chance:
            for lever in mine:
                told[TALLY.PIECES + lever.row] += lever.piece == Piece.RESPONSE
            self.answer(noise, politeness)

    def answer(self, noise: float, politeness: float) -> None:
        """Give a polite score, and one for each touchpoint lived since last time."""
        told = self.model.told
        polite = surveying.score(self.perception, self.leniency, noise, politeness)
        told[TALLY.RESPONSES] += 1
        told[TALLY.MEASURED_PROMOTERS] += surveying.is_promoter(polite)
        told[TALLY.MEASURED_DETRACTORS] += surveying.is_detractor(polite)
        for k, s in enumerate(self.satisfaction):
            if s >= 0:
                told[TALLY.MEASURED_EPISODES + k] += 1
                told[TALLY.MEASURED_SATISFACTION + k] += fixed(s)
                if surveying.is_promoter(polite):
                    told[TALLY.PRAISED_EPISODES + k] += 1
                    told[TALLY.PRAISED_SATISFACTION + k] += fixed(s)
                self.satisfaction[k] = NOWHERE
