"""What a comparison found, said in a few sentences."""

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from simulation.scenario import Scenario

from .bands import over_those_alike
from .differences import (
    Difference,
    brief,
    difference,
    number,
    precision_text,
    rounded_to,
    sized,
)
from .money import Gain, Worth
from .robustness import FEWEST_PLAUSIBLE, Robustness, Sign
from .sequential import ONCE, Rule
from .wording import spoken

MORE = "more with --runs"
"""How the command line gets more pairs; what is no command line says its own."""
NOT_WORTH = "no worthwhile difference"
CERTAIN = 0.995
SMALLEST = 0.01
"""Percent; less is not worth a figure."""


class Verdict:
    """Says in a few sentences what a comparison found, and how surely."""

    def __init__(  # noqa: PLR0913 (a table of the comparison each)
        self,
        scenarios: Mapping[str, Scenario],
        found: Sequence[Difference],
        npv: pd.DataFrame,
        rule: Rule = ONCE,
        earned: pd.DataFrame | None = None,
        ranking: pd.DataFrame | None = None,
        robustness: Robustness | None = None,
        worth: pd.DataFrame | None = None,
    ) -> None:
        self.base, *self.others = self.scenarios = scenarios
        names = [scenario.name for scenario in scenarios.values()]
        self.names = {
            label: label if names.count(scenario.name) > 1 else f"“{scenario.name}”"
            for label, scenario in scenarios.items()
        }
        self.never_acting = [
            f"{self.names[label]}: {line}"
            for label, scenario in scenarios.items()
            for line in scenario.never_acting()
        ]
        self.currency = scenarios[self.base].money.currency
        self.over = f"over {scenarios[self.base].clock.weeks:g} weeks"
        self.found = {(each.scenario, each.outcome): each for each in found}
        self.npv, self.rule, self.robustness = npv, rule, robustness
        self.earned = {
            (gain.scenario, gain.measure): gain
            for gain in (
                [] if earned is None else [Gain(*row) for row in earned.to_numpy()]
            )
        }
        self.worth_for_ever = {
            each.scenario: each
            for each in (
                [] if worth is None else [Worth(*row) for row in worth.to_numpy()]
            )
            if each.measure == "worth_for_ever"
        }
        self.chances = {
            (label, outcome): float(chance)
            for label, outcome, chance in (
                [] if ranking is None else ranking.to_numpy()
            )
        }

    def text(self) -> str:
        """Return the verdict."""
        if not self.others:
            return ""
        told = [each for each in self.found.values() if each.n_pairs]
        if told and all(each.is_equal for each in told):
            return self._nothing_differs()
        if self._n_pairs < 2:
            pairs = "1 pair" if self._n_pairs else "0 pairs"
            return f"{pairs} cannot tell a difference from luck; ask for {MORE}."
        if len(self.others) == 1:
            return " ".join(self._alone(self.others[0]))
        return " ".join(self._several())

    def _nothing_differs(self) -> str:
        several = ", ".join(self.names[label] for label in self.others)
        pairs = self.found[self.others[0], "npv"].n_pairs
        return (
            f"No difference: {several} and {self.names[self.base]} came out exactly "
            f"the same in all {pairs} pairs."
            + "".join(f" {line}." for line in self.never_acting)
        )

    def _alone(self, label: str) -> Iterable[str]:
        """Yield what a single scenario changes, what it returns, what is open."""
        yield self._one(label)
        if words := self._beyond(label) or self._return(label):
            yield words
        if self.robustness is not None:
            yield self._robust(label, "it")
            return
        open_ = [
            precision_text(self.found[label, name], self.currency)
            for name in self.rule.precision
            if not self.found[label, name].is_settled
        ]
        if open_ and self._n_pairs >= self.rule.looks[-1]:
            yield (
                f"Not yet precise after {self._n_pairs} pairs: {' and '.join(open_)}; "
                f"allow {MORE}."
            )

    @property
    def _n_pairs(self) -> int:
        return max(each.n_pairs for each in self.found.values())

    def _return(self, label: str) -> str:
        """Return what each coin spent brings back, and when."""
        back = self.earned.get((label, "return"))
        if back is None or not math.isfinite(back.low):
            return ""
        low, high = back.low, back.high
        step = min(max(rounded_to((high - low) / 2), 0.01), 0.1)
        least, size, most = (number(abs(x), step) for x in (low, back.value, high))
        words = f"Each {self.currency} spent on levers"
        if low < 0 < high:
            return f"{words} may lose up to {least} or gain up to {most}."
        if high <= 0:
            return f"{words} loses {size} ({most} to {least})."
        words = f"{words} comes back with {size} on top ({least} to {most})"
        weeks = self.earned.get((label, "payback_week"))
        if weeks is not None and math.isfinite(weeks.value):
            words += f", paid back by week {weeks.value:.0f}"
            levers = self.scenarios[label].levers
            begins = min((lever.from_week for lever in levers), default=0.0)
            if 0 < begins < weeks.value:
                words += f", {weeks.value - begins:.0f} weeks after it began"
        return f"{words}."

    def _beyond(self, label: str) -> str:
        """Return that a longer run may answer otherwise, if it may; else ""."""
        worth, money = self.worth_for_ever.get(label), self.found[label, "npv"]
        if worth is None or not worth.difference_low * worth.difference_high > 0:
            return ""
        if money.is_conclusive and money.difference * worth.difference > 0:
            return ""
        unit = f"{self.currency} {'more' if worth.difference > 0 else 'less'}"
        found = worth.difference, worth.difference_low, worth.difference_high
        return (
            "In the long run it may be otherwise: if the last half year went on for "
            f"ever, a customer of week 0 would be worth {sized(*found, unit)}; ask "
            "again with more weeks (clock.weeks)."
        )

    def _robust(self, label: str, name: str) -> str:
        """Return in how many draws of the assumptions the signs hold, and what turns.

        What is not decided has no sign to lose; if nothing is, both are told. Draws
        that show what was observed of a firm's own market decide both anew.
        """
        assert self.robustness is not None
        both = [self.found[label, name] for name in ("active", "npv")]
        n = self.robustness.sign(label, "npv").n_plausible
        is_like_yours = bool(self.robustness.observed) and n >= FEWEST_PLAUSIBLE
        sure = [found for found in both if found.is_conclusive and not is_like_yours]
        told = sure or both
        signs = [self.robustness.sign(label, found.outcome) for found in told]
        if is_like_yours:
            words = self._over_those_like_yours(name, told, signs)
            weakest = min(signs, key=lambda sign: sign.plausible_holds)
            alone = "; all else as in the file, "
        else:
            words = self._over_all(name, told, signs)
            weakest = min(signs, key=lambda sign: sign.share)
            alone = "; "
        return f"{words}{alone}{self._turning(label, weakest.outcome)}."

    def _over_all(
        self, name: str, told: Sequence[Difference], signs: Sequence[Sign]
    ) -> str:
        """Return in how many draws signs hold, and how many are like real markets."""
        assert self.robustness is not None
        parts = [
            f"{self._does(found, sign.sign)} in {sign.holds} ({_percent(sign.low)} to "
            f"{_percent(sign.high)} %; beyond luck {sign.sure} against {sign.against})"
            for found, sign in zip(told, signs, strict=True)
        ]
        n = signs[0].n_plausible
        are = "is a plausible market" if n == 1 else "are plausible markets"
        if self.robustness.observed:
            are = f"{'shows' if n == 1 else 'show'} what was observed of yours"
        few = "" if n >= FEWEST_PLAUSIBLE else ", too few to rely on"
        if n == 0 and self.robustness.observed:
            few = ", so that this says nothing of your market"
        return (
            f"Over {signs[0].n_draws} draws of the assumptions, {name} "
            f"{' and '.join(parts)}; {n} of them {are}{few}"
        )

    def _over_those_like_yours(
        self, name: str, told: Sequence[Difference], signs: Sequence[Sign]
    ) -> str:
        """Return what the draws say that show what was observed, and how far apart."""
        parts = [
            f"{self._does(found, sign.sign)} in {sign.plausible_holds}"
            for found, sign in zip(told, signs, strict=True)
        ]
        found, sign = told[-1], signs[-1]
        those = over_those_alike(sign.n_plausible, sign.n_draws)
        words = f"{those}, {name} {' and '.join(parts)}"
        wide = found._replace(low=sign.plausible_low, high=sign.plausible_high)
        if not math.isfinite(wide.low):
            return words
        low, high = (
            f"{self._size(wide._replace(difference=end))} {self._way(end, found)}"
            for end in (wide.low, wide.high)
        )
        return f"{words}, nine in ten of them between {low} and {high}, luck included"

    def _does(self, found: Difference, sign: int) -> str:
        """Return "earns more", or "ends with fewer customers"."""
        way = self._way(sign, found) if sign else "as much"
        if not sign and found.unit != "money":
            return "ends with as many customers"
        return f"earns {way}" if found.unit == "money" else f"ends with {way} customers"

    def _turning(self, label: str, outcome: str) -> str:
        """Return which assumption turns a difference first, and where.

        What a file gives is no assumption; it is named only where nothing else is left.
        """
        assert self.robustness is not None
        tips = self.robustness.turning(label, outcome)
        known = self.robustness.about.get("known", ())
        open_ = [tip for tip in tips if tip.path not in known]
        tip = next(iter(open_ or tips), None)
        what = "the money" if outcome == "npv" else "customers"
        if tip is None or not math.isfinite(tip.move):
            return f"no single assumption moves {what} towards turning"
        if tip.move == 0:
            return f"which way {what} would go is open even as assumed"
        name = f"the {spoken(tip.path)}"
        if not math.isfinite(tip.turns_at):
            is_price = any(math.isfinite(t.turns_at) for t in tips if t.path in known)
            apart = "what is given apart, " if is_price else ""
            return (
                f"{apart}no single assumption turns {what} within its range; {name} "
                "comes closest"
            )
        here, there = brief(tip.value), brief(tip.turns_at)
        surely = "first is" if tip.is_sure else "first, if any single one does, is"
        return f"what turns {what} {surely} {name}, at {there} instead of {here}"

    def _one(self, label: str) -> str:
        """Return the verdict on a single scenario."""
        customers, money = self.found[label, "active"], self.found[label, "npv"]
        name, base = self.names[label], self.names[self.base]
        if not customers.is_decided and not money.is_decided:
            return (
                f"Whether {name} does better than {base} {self.over} cannot be told "
                f"from luck with {money.n_pairs} pairs: it ends with "
                f"{self._amount(customers)} and earns "
                f"{self._amount(money, again=True)}."
            )
        first, second = (
            (customers, money) if customers.is_decided else (money, customers)
        )
        return f"Against {base}, {self.over} {name} {self._both(first, second)}."

    def _several(self) -> Iterable[str]:
        """Yield a sentence on money, one on customers, one on the two best.

        And one on the time after the last week, where it may turn the best.
        """
        ranked = self._ranked("npv")
        sure = [k for k in ranked if self._is_gain(self.found[k, "npv"])]
        best = (sure or ranked)[0]
        second = next(label for label in ranked if label != best)
        most = self._ranked("active")[0]
        money, customers = self.found[best, "npv"], self.found[best, "active"]
        name, base = self.names[best], self.names[self.base]
        if not money.is_decided:
            yield (
                f"With {money.n_pairs} pairs, that any choice earns more than {base} "
                f"{self.over} cannot be told from luck: {name} comes closest, with "
                f"{self._amount(money)}."
            )
        elif self._is_gain(money):
            both, chance = self._both(money, customers), self._chance(best)
            yield f"Against {base}, {self.over} {name} pays best{chance}: it {both}."
        else:
            much = "noticeably more" if money.verdict == NOT_WORTH else "more"
            yield (
                f"No choice earns {much} than {base} {self.over}: {name} comes "
                f"closest, and {self._both(money, customers)}."
            )
        if words := self._beyond(best):
            yield words
        gain = self.found[most, "active"]
        if self._is_gain(gain) and (most != best or not money.is_conclusive):
            yield (
                f"{self.names[most]} ends with the most customers: "
                f"{self._size(gain)} more{self._share(gain)} ({self._range(gain)})"
                f"{self._price(most)}."
            )
        elif self.robustness is not None:
            yield self._of_the_two_best(best, second)
        yield (
            self._of_the_two_best(best, second)
            if self.robustness is None
            else self._robust(best, self.names[best])
        )

    def _is_gain(self, found: Difference) -> bool:
        return found.verdict == "better"

    def _chance(self, label: str) -> str:
        """Return how likely a scenario earns the most, in words."""
        chance = self.chances.get((label, "npv"), math.nan)
        if not math.isfinite(chance):
            return ""
        percent = min(max(round(100 * chance), 1), 99)
        if chance > CERTAIN:
            return " (chance of being the best above 99 %)"
        return f" (chance of being the best {percent} %)"

    def _ranked(self, outcome: str) -> list[str]:
        """Return the scenarios beside the base, the largest outcome first."""

        def gain(label: str) -> float:
            found = self.found[label, outcome].difference
            return -math.inf if math.isnan(found) else found

        return sorted(self.others, key=gain, reverse=True)

    def _price(self, label: str) -> str:
        money = self.found[label, "npv"]
        if money.is_conclusive or money.is_equal:
            way = "and" if money.difference > 0 else "but"
            return f", {way} earns {self._amount(money, again=True)}"
        return f", but whether it pays cannot be told from luck ({self._range(money)})"

    def _of_the_two_best(self, best: str, second: str) -> str:
        pair = self.npv[second].to_numpy(float), self.npv[best].to_numpy(float)
        gap = difference(
            best, "npv", *pair, rule=self.rule, error=self.rule.error_between
        )
        one, two = self.names[best], self.names[second]
        if gap.is_equal:
            return f"{one} and {two} earn exactly the same."
        if gap.is_conclusive:
            size = f"{self._size(gap)} {self._way(gap.difference, gap)}"
            return f"{one} earns {size} than {two} ({self._range(gap)})."
        return (
            f"Which of {one} and {two} earns more cannot be told from luck with "
            f"{gap.n_pairs} pairs."
        )

    def _both(self, one: Difference, two: Difference) -> str:
        """Return "earns 12,300 EUR more (…) and ends with 92 more customers (…)"."""
        is_sure = one.is_conclusive and two.is_conclusive
        is_same = is_sure and one.difference * two.difference > 0
        joint = " and " if is_same or one.verdict == two.verdict else ", but "
        return self._part(one) + joint + self._part(two, again=True)

    def _part(self, found: Difference, *, again: bool = False) -> str:
        is_money = found.unit == "money"
        if not found.is_decided:
            what = (
                "earns more or less"
                if is_money
                else "ends with more or fewer customers"
            )
            return f"whether it {what} cannot be told from luck ({self._range(found)})"
        amount = self._amount(found, again=again)
        if found.verdict == NOT_WORTH:
            what = "what is earned" if is_money else "the number of customers"
            return f"hardly changes {what}: {amount}"
        return f"earns {amount}" if is_money else f"ends with {amount}"

    def _amount(self, found: Difference, *, again: bool = False) -> str:
        """Return "92 more customers, 5 % (95 % interval 71 to 113)"."""
        is_money = found.unit == "money"
        if found.is_equal:
            return "exactly the same" if is_money else "exactly as many customers"
        size, way = self._size(found), self._way(found.difference, found)
        is_noun_said = is_money or found.verdict == NOT_WORTH
        what = f"{size} {way}" if is_noun_said else f"{size} {way} customers"
        head = "" if again else "95 % interval "
        return f"{what}{self._share(found)} ({head}{self._range(found)})"

    def _share(self, found: Difference) -> str:
        """Return ", 5 %" of the base; "" where that has no meaning."""
        if not found.base_mean > 0:
            return ""
        percent = abs(100 * found.difference / found.base_mean)
        if percent < SMALLEST:
            return f", below {SMALLEST} %"
        return f", {number(percent, min(rounded_to(percent), 1.0))} %"

    def _size(self, found: Difference) -> str:
        """Return "92", or "12,300 EUR"."""
        size = number(abs(found.difference), self._step(found))
        return f"{size} {self.currency}" if found.unit == "money" else size

    def _range(self, found: Difference) -> str:
        """Return "71 to 113" either way, or "580 less to 350 more" across zero."""
        step = self._step(found)
        low, high = (number(abs(end), step) for end in (found.low, found.high))
        if found.is_conclusive:
            return f"{low} to {high}" if found.difference > 0 else f"{high} to {low}"
        below, above = self._way(found.low, found), self._way(found.high, found)
        return f"{low} {below} to {high} {above}"

    def _way(self, value: float, found: Difference) -> str:
        return "more" if value > 0 else "less" if found.unit == "money" else "fewer"

    def _step(self, found: Difference) -> float:
        step = rounded_to(found.interval.half)
        return max(step, 1.0) if found.unit == "money" else min(max(step, 0.1), 1.0)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
