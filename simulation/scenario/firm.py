"""The section `firm`: what it promises and what it does without any lever."""

from simulation.quantity import Section, quantity


class Firm(Section):
    """The firm's habits."""

    promise: float | dict[str, float] = quantity(
        0.88,
        "share",
        "Quality that marketing and sales promise: one number, or one for each "
        "touchpoint by name.",
        "Assumption: firms overrate themselves; 80 % against 8 % in Bain 2005",
        (0.6, 0.95),
        le=1,
    )
    sales_pressure_sd: float = quantity(
        0.04,
        "share",
        "Added to the spread of every touchpoint in the last week of a month.",
        "Assumption: quotas press at the end of each month, mildly",
        (0.0, 0.1),
        le=0.5,
    )
    follow_up_share: float = quantity(
        0.03,
        "share",
        "Share of customers with a bad experience whom the firm calls by habit.",
        "SuperOffice audits 2017-2018: 97 % of firms never follow up",
        (0.0, 0.2),
        le=1,
    )
    follow_up_delay_weeks: float = quantity(
        1.0,
        "weeks",
        "Time until that call.",
        "Assumption: one week",
        (0, 4),
        le=520,
    )

    def promises(self, names: list[str]) -> list[float]:
        """Return the promise for each of the named touchpoints."""
        if isinstance(self.promise, dict):
            return [self.promise[name] for name in names]
        return [self.promise for _ in names]
