"""The obvious twin's word of mouth: phases 5 and 6 of a customer's week."""

from types import SimpleNamespace

import mesa

from simulation.core.columns import FIXED_POINT, MOST_HOPS, MOST_MESSAGES, Piece
from tests.naive_rules import (
    ACTIVE,
    BLAME,
    LOST,
    NOWHERE,
    PRAISE,
    TALLY,
    belief,
    draws,
    experience,
    fixed,
    floor,
    fold,
    single,
    surveying,
    telling,
    total,
    uniform,
)


class Talker(mesa.Agent):
    """A person as one who tells, hears and takes in."""

    # 5. Talk

    def tell(self) -> None:
        """Choose the story to tell: my own, or the one I believed last week."""
        voice = self.voice
        voice.touchpoint = voice.waiting_touchpoint
        if voice.touchpoint != NOWHERE:
            voice.value, voice.hops = voice.waiting_value, 0
            voice.waiting_touchpoint = NOWHERE
        if self.episodes:
            self.tell_own()
        if voice.heard_touchpoint != NOWHERE:
            if voice.touchpoint == NOWHERE:
                self.retell()
            voice.heard_touchpoint = NOWHERE
        if voice.touchpoint == NOWHERE:
            return
        told = self.model.told
        told[TALLY.STORIES] += 1
        self.model.tellers.append(self)
        if self.is_sociable:
            sign = PRAISE if self.is_praising() else BLAME
            told[sign.tellers + voice.touchpoint] += 1
            told[sign.told + voice.touchpoint] += fixed(voice.value)

    def tell_own(self) -> None:
        """Talk about, and review, this week's episodes."""
        model, numbers = self.model, self.model.numbers.word_of_mouth
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
            if x >= 0:
                chance *= self.praise_factor()
            if uniform(model.keys.talk[k], self.id) < chance:
                self.line_up(k, s)
            if self.is_reviewer:
                star = telling.stars(s) - 1
                luck = uniform(model.keys.post[k], self.id)
                if luck < model.numbers.reviews.posting[star]:
                    model.told[TALLY.STARS + star] += 1
                    if telling.is_bad_review(star + 1):
                        self.be_answered(k, star)

    def praise_factor(self) -> float:
        """How much more I praise as an active promoter who is asked to."""
        points = surveying.score(self.perception, self.leniency, 0, 0)
        if self.stage != ACTIVE or not surveying.is_promoter(points):
            return 1.0
        factor = 1.0
        for lever in self.model.levers:
            if lever.praise_factor > 1 and self.covered_by(lever):
                factor *= lever.praise_factor
        return factor

    def be_answered(self, k: int, star: int) -> None:
        """See the firm answer my bad review, and learn of my case."""
        model, case = self.model, self.case
        luck = uniform(model.keys.answer[k], self.id)
        for lever in model.levers:
            if luck < lever.answer_chance and self.covered_by(lever):
                model.told[TALLY.PIECES + lever.row] += lever.piece == Piece.ANSWER
                model.told[TALLY.ANSWERED + star] += 1
                is_open = case.touchpoint == k and case.opened == model.tick
                if is_open and not case.has_complained:
                    case.has_complained = 1
                    case.due = model.tick + 1 + self.reply_delay()
                return

    def line_up(self, k: int, s: float) -> None:
        """Tell the most extreme of my stories now, and the next one next week."""
        voice = self.voice
        if voice.touchpoint == NOWHERE:
            voice.touchpoint, voice.value, voice.hops = k, s, 0
        elif self.strength(s) > self.strength(voice.value):
            voice.waiting_touchpoint, voice.waiting_value = (
                voice.touchpoint,
                voice.value,
            )
            voice.touchpoint, voice.value = k, s
        elif voice.waiting_touchpoint == NOWHERE or (
            self.strength(s) > self.strength(voice.waiting_value)
        ):
            voice.waiting_touchpoint, voice.waiting_value = k, s

    def strength(self, s: float) -> float:
        """How far a story is from neutral."""
        neutral = self.model.numbers.word_of_mouth.neutral
        return abs(telling.extremity(s, neutral))

    def retell(self) -> None:
        """Pass on the story I believed last week."""
        voice, model = self.voice, self.model
        chance = model.numbers.word_of_mouth.retell
        if uniform(model.keys.retell[0], self.id) < chance:
            voice.touchpoint = voice.heard_touchpoint
            voice.value = voice.heard_value
            voice.hops = min(voice.heard_hops + 1, MOST_HOPS)
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
            if other is not self and uniform(hear, meeting) < reach:
                other.hear(self, uniform(believe, meeting))

    def hear(self, teller: "Talker", luck: float) -> None:
        """Hear a story, and believe it or not."""
        told, story = self.model.told, teller.voice
        sign = PRAISE if teller.is_praising() else BLAME
        told[sign.heard] += 1
        told[TALLY.MESSAGES_FROM_LOST] += teller.stage == LOST
        if luck < self.believing(sign):
            pick = fold(fold(self.model.keys.pick[0], teller.id), self.id)
            self.remember(pick, story.touchpoint, story.value, story.hops, teller)
            self.believe(story.touchpoint, fixed(story.value), 1, sign)

    def hear_news(self, row: int) -> None:
        """Hear bad news of the firm, and believe it or not."""
        told, keys, shocks = self.model.told, self.model.keys, self.model.shocks
        told[BLAME.heard] += 1
        told[TALLY.NEWS_HEARD] += 1
        if uniform(keys.news_believe[row], self.id) < self.believing(BLAME):
            told[TALLY.NEWS_BELIEVED] += 1
            subjects = shocks.news_about[row][: shocks.n_about[row]]
            about = int(uniform(keys.news_about[row], self.id) * len(subjects))
            k, value = subjects[about], shocks.news_value[row]
            self.remember(fold(keys.news_pick[row], self.id), k, value, 0)
            self.believe(k, fixed(value), 1, BLAME)

    def believing(self, sign: SimpleNamespace) -> float:
        """The chance that I believe a message of this sign."""
        numbers = self.model.numbers.word_of_mouth
        if sign is PRAISE:
            distrusted = numbers.believe_positive_distrusted
            trusted = numbers.believe_positive_trusted
        else:
            distrusted = numbers.believe_negative_distrusted
            trusted = numbers.believe_negative_trusted
        return telling.belief_chance(self.trust, distrusted, trusted, numbers.hearings)

    def remember(
        self, pick: int, k: int, value: float, hops: int, teller: "Talker | None" = None
    ) -> None:
        """Keep, of all stories believed this week, the one with the smallest key."""
        if not self.inbox or pick < self.pick:
            self.pick, self.told_by, voice = pick, teller, self.voice
            voice.heard_touchpoint, voice.heard_hops = k, hops
            voice.heard_value = single(value)

    def believe(self, k: int, value: int, count: int, sign: SimpleNamespace) -> None:
        """Take `count` messages of one value, in 65,536ths, into the inbox."""
        count = min(count, MOST_MESSAGES - len(self.inbox))
        self.inbox += [(k, value)] * count
        self.model.told[sign.believed] += count
        if sign is PRAISE:
            self.positive += count
        else:
            self.negative += count

    def mingle(self) -> None:
        """Hear a well-mixed crowd: by touchpoint and sign, one keyed count each."""
        if self.is_sociable:
            for k in range(len(self.expectation)):
                self.hear_crowd(k, PRAISE, 2 * k + 1)
                self.hear_crowd(k, BLAME, 2 * k)

    def hear_crowd(self, k: int, sign: SimpleNamespace, slot: int) -> None:
        """Hear what the crowd tells of one touchpoint, of one sign."""
        model, told, voice = self.model, self.model.told, self.voice
        numbers, tellers = model.numbers.word_of_mouth, told[sign.tellers + k]
        if tellers == 0:
            return
        is_mine = voice.touchpoint == k and self.is_praising() == (sign is PRAISE)
        reach = numbers.reach if sign is PRAISE else numbers.reach_negative
        chance = reach * numbers.contact_weight
        luck = uniform(model.keys.hear[slot], self.id)
        heard = draws.count_quantile(tellers - is_mine, chance, luck)
        if heard == 0:
            return
        told[sign.heard] += heard
        luck = uniform(model.keys.believe[slot], self.id)
        believed = draws.count_quantile(heard, self.believing(sign), luck)
        if believed > 0:
            value = told[sign.told + k] // tellers
            pick = fold(model.keys.pick[slot], self.id)
            self.remember(pick, k, value / FIXED_POINT, 0)
            self.believe(k, value, believed, sign)

    def absorb(self) -> None:
        """Take in what I believed, then the public rating if I read it."""
        if self.inbox:
            self.take_in()
        reviews, (rating, site_weight) = self.model.numbers.reviews, self.model.rating
        self.is_reading = False
        if self.stage >= LOST or site_weight <= 0:
            return
        is_customer = self.stage == ACTIVE
        chance = reviews.read_active if is_customer else reviews.read_prospect
        if uniform(self.model.keys.read[0], self.id) < chance:
            self.is_reading = True
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
