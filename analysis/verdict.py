"""What a comparison found, said in at most three sentences."""

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from simulation.scenario import Scenario

from .differences import Difference, difference, number, rounded_to
from .money import Gain
from .sequential import ONCE, Rule

NOT_WORTH = "no worthwhile difference"
CERTAIN = 0.995


class Verdict:
    """Says in at most three sentences what a comparison found, and how surely."""

    def __init__(
        self,
        scenarios: Mapping[str, Scenario],
        found: Sequence[Difference],
        npv: pd.DataFrame,
        rule: Rule = ONCE,
        earned: pd.DataFrame | None = None,
        ranking: pd.DataFrame | None = None,
    ) -> None:
        self.base, *self.others = scenarios
        names = [scenario.name for scenario in scenarios.values()]
        self.names = {
            label: label if names.count(scenario.name) > 1 else f"“{scenario.name}”"
            for label, scenario in scenarios.items()
        }
        self.currency = scenarios[self.base].money.currency
        self.found = {(each.scenario, each.outcome): each for each in found}
        self.npv, self.rule = npv, rule
        self.earned = {
            (gain.scenario, gain.measure): gain
            for gain in (
                [] if earned is None else [Gain(*row) for row in earned.to_numpy()]
            )
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
        if all(each.is_equal for each in self.found.values()):
            return self._nothing_differs()
        counts = [each.n_pairs for each in self.found.values()]
        if max(counts) < 2:
            return (
                f"{counts[0]} pair cannot tell a difference from luck; ask for more "
                "with --runs."
            )
        if len(self.others) == 1:
            return " ".join(self._alone(self.others[0]))
        return " ".join(self._several())

    def _nothing_differs(self) -> str:
        several = ", ".join(self.names[label] for label in self.others)
        pairs = self.found[self.others[0], "npv"].n_pairs
        return (
            f"No difference: {several} and {self.names[self.base]} came out exactly "
            f"the same in all {pairs} pairs."
        )

    def _alone(self, label: str) -> Iterable[str]:
        """Yield what a single scenario changes, what it returns, what is open."""
        yield self._one(label)
        if words := self._return(label):
            yield words
        open_ = [
            name
            for name in self.rule.precision
            if not self.found[label, name].is_settled
        ]
        if open_ and self._n_pairs >= self.rule.looks[-1]:
            yield (
                f"The {self._n_pairs} pairs leave {' and '.join(open_)} less precise "
                "than asked; allow more with --runs."
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
        step = rounded_to((high - low) / 2)
        step = min(max(step, 0.001), 0.1)
        if low < 0 < high:
            way, size = "may or may not come back", ""
            ends = f"net {number(low, step)} to {number(high, step)}"
        else:
            way = "comes back with" if low >= 0 else "loses"
            ends = " to ".join(number(x, step) for x in sorted((abs(low), abs(high))))
            size = f" {number(abs(back.value), step)}" + (" more" if low >= 0 else "")
        words = f"Each {self.currency} spent on levers {way}{size} ({ends})"
        weeks = self.earned.get((label, "payback_week"))
        if weeks is not None and math.isfinite(weeks.value) and low >= 0:
            words += f", paid back by week {weeks.value:.0f}"
        return f"{words}."

    def _one(self, label: str) -> str:
        """Return the verdict on a single scenario."""
        customers, money = self.found[label, "active"], self.found[label, "npv"]
        name, base = self.names[label], self.names[self.base]
        if not customers.is_decided and not money.is_decided:
            return (
                f"No difference in customers or money can be told apart from luck "
                f"with {money.n_pairs} pairs: against {base}, {name} comes to "
                f"{self._amount(customers)} and {self._amount(money, again=True)}."
            )
        first, second = (
            (customers, money) if customers.is_decided else (money, customers)
        )
        return f"Against {base}, {name} {self._both(first, second)}."

    def _several(self) -> Iterable[str]:
        """Yield a sentence on money, one on customers, one on the two best."""
        ranked = self._ranked("npv")
        sure = [k for k in ranked if self._is_gain(self.found[k, "npv"])]
        best = (sure or ranked)[0]
        second = next(label for label in ranked if label != best)
        most = self._ranked("active")[0]
        money, customers = self.found[best, "npv"], self.found[best, "active"]
        name, base = self.names[best], self.names[self.base]
        if not money.is_decided:
            yield (
                f"With {money.n_pairs} pairs, no choice can be told apart from luck as "
                f"earning more than {base}: {name} comes closest, with "
                f"{self._amount(money)}."
            )
        elif self._is_gain(money):
            both, chance = self._both(money, customers), self._chance(best)
            yield f"Against {base}, {name} pays best{chance}: it {both}."
        else:
            more = "worthwhile more" if money.verdict == NOT_WORTH else "more"
            yield (
                f"No choice earns {more} than {base}: {name} comes closest, and "
                f"{self._both(money, customers)}."
            )
        gain = self.found[most, "active"]
        if self._is_gain(gain) and (most != best or not money.is_conclusive):
            yield (
                f"{self.names[most]} keeps the most customers: {self._size(gain)} more "
                f"({self._range(gain)}){self._price(most)}."
            )
        yield self._of_the_two_best(best, second)

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
            return f", and earns {self._amount(money, again=True)}"
        return f", but whether it pays cannot be told ({self._range(money)})"

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
            f"Which of {one} and {two} earns more cannot be told apart from luck with "
            f"{gap.n_pairs} pairs."
        )

    def _both(self, one: Difference, two: Difference) -> str:
        """Return "earns 12,300 EUR more (…) and ends with 92 more customers (…)"."""
        is_sure = one.is_conclusive and two.is_conclusive
        is_same = is_sure and one.difference * two.difference > 0
        joint = " and " if is_same or one.verdict == two.verdict else ", but "
        return self._part(one) + joint + self._part(two, again=True)

    def _part(self, found: Difference, *, again: bool = False) -> str:
        amount = self._amount(found, again=again)
        is_money = found.unit == "money"
        if found.verdict == NOT_WORTH:
            what = "money" if is_money else "customers"
            return (
                f"makes no worthwhile difference in {what}: "
                f"{self._amount(found, again=again)}"
            )
        if found.is_equal or found.is_conclusive:
            return f"earns {amount}" if is_money else f"ends with {amount}"
        what = "money" if is_money else "customers"
        return f"no difference in {what} can be told apart from luck ({amount})"

    def _amount(self, found: Difference, *, again: bool = False) -> str:
        """Return "92 more customers (95 % interval 71 to 113)", shorter if again."""
        is_money = found.unit == "money"
        if found.is_equal:
            return "exactly the same" if is_money else "exactly as many customers"
        size, way = self._size(found), self._way(found.difference, found)
        what = f"{size} {way}" if is_money else f"{size} {way} customers"
        return f"{what} ({'' if again else '95 % interval '}{self._range(found)})"

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
