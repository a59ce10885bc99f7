"""The obvious twin's other way to join: a prospect who decides on signals."""

from tests.naive_rules import (
    ACTIVE,
    REJECTER,
    TALLY,
    adoption,
    floor,
    fold,
    uniform,
)
from tests.naive_talk import Talker

TIE, MEETING, ADVERTISEMENT = 0, 1, 2


class Adopter(Talker):
    """A person as one who adopts or rejects, in turn."""

    def decide(self) -> None:
        """Take in signals; adopt, reject for good, or wait."""
        model, numbers = self.model, self.model.signals
        luck = uniform(model.keys.signal[ADVERTISEMENT], self.id)
        heard = [luck < numbers.advertising_chance, *self.from_ties(), *self.met()]
        positive, negative = heard.count(1), heard.count(-1)
        if positive + negative == 0:
            return
        luck = uniform(model.keys.adopt[0], self.id)
        if luck < adoption.adopting_chance(positive, negative):
            model.told[TALLY.JOINED] += 1
            self.begin_spell()
        else:
            self.stage, self.since = REJECTER, model.tick

    def from_ties(self) -> list[int]:
        """Return the signals of my ties."""
        model = self.model
        key = fold(model.keys.signal[TIE], self.id)
        found = []
        for row, tie in model.graph.adj[self.row].items():
            other = model.customers[row]
            chance = model.signals.strong_chance * tie["weight"]
            found.append(other.signal(chance, uniform(key, other.id)))
        return found

    def met(self) -> list[int]:
        """Return the signals of the people I meet this week."""
        model, keys, sociable = self.model, self.model.keys, self.model.sociable
        if not self.is_sociable or len(sociable) < 2:
            return []
        luck = uniform(keys.meeting_count[0], self.id)
        place, key = fold(keys.meet[0], self.id), fold(keys.signal[MEETING], self.id)
        found = []
        for meeting in range(floor(model.numbers.word_of_mouth.meetings + luck)):
            other = sociable[int(uniform(place, meeting) * len(sociable))]
            luck = uniform(key, meeting)
            found.append(other.signal(model.signals.weak_chance, luck))
        return found

    def signal(self, chance: float, luck: float) -> int:
        """Return what I signal and another takes in: 1 praise, -1 blame, 0 nothing."""
        numbers = self.model.signals
        is_blaming = self.stage == REJECTER
        if self.stage == ACTIVE:
            kindness = uniform(self.model.kindness_key, self.id)
            is_blaming = kindness < numbers.disappointed_share
        elif not is_blaming:
            return 0
        if is_blaming:
            chance = adoption.bad_signal_chance(chance, numbers.negative_ratio)
        return (-1 if is_blaming else 1) * (luck < chance)
