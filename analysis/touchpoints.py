"""Where expectations are met and where not: the gap at each touchpoint.

The baseline of a journey map: what people expected of the episodes they lived, what
they experienced, and the difference, as the model feels it before satisfaction.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from simulation.scenario import Scenario

from .outcomes import Array
from .sequential import ERROR, interval

VALUES = ("expectation", "experience", "gap")


def touchpoint_gaps(
    weekly: pd.DataFrame, scenarios: Mapping[str, Scenario], error: float = ERROR
) -> pd.DataFrame:
    """Return expectation, experience and gap of every touchpoint, over all weeks.

    Parameters
    ----------
    weekly : DataFrame
        With columns scenario, seed and, for each touchpoint k counted from 1,
        episodes_at_k, expectation_at_k and experience_at_k.
    scenarios : mapping
        By label; their journeys name the touchpoints.
    error : float
        Chance that one interval misses.

    Returns
    -------
    DataFrame
        A row for each scenario and touchpoint, in the order of the journey: scenario,
        touchpoint, episodes (a world), expectation, experience, gap (experience −
        expectation, in shares; NaN where nobody was), and for each of the three the
        ends of its interval over worlds: low and high after its name.
    """
    rows = []
    for label, scenario in scenarios.items():
        mine = weekly[weekly["scenario"] == label]
        for k, name in enumerate(scenario.journey.names, start=1):
            episodes, *means = _by_world(mine, k)
            values = [*means, means[1] - means[0]]
            found = [interval(x, error)[:3] for x in values]
            rows.append(
                (label, name, float(episodes.mean()), *(x for f in found for x in f))
            )
    columns = [f"{v}{end}" for v in VALUES for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["scenario", "touchpoint", "episodes", *columns])


def _by_world(weekly: pd.DataFrame, k: int) -> tuple[Array, Array, Array]:
    """Return episodes, and mean expectation and experience over them, by seed."""
    count = weekly[f"episodes_at_{k}"]
    sums = pd.DataFrame(
        {
            "episodes": count,
            **{n: weekly[f"{n}_at_{k}"].fillna(0.0) * count for n in VALUES[:2]},
        }
    )
    worlds = sums.groupby(weekly["seed"]).sum()
    episodes = worlds["episodes"].to_numpy(float)
    whole = np.where(episodes > 0, episodes, np.nan)
    expectation, experience = (worlds[n].to_numpy(float) / whole for n in VALUES[:2])
    return episodes, expectation, experience
