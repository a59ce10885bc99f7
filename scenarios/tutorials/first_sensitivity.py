# %% [markdown]
"""A researcher's first sensitivity analysis: what an answer rests on.

Run it from top to bottom (`python scenarios/tutorials/first_sensitivity.py`), or cell
by cell. It takes under a minute and writes two folders, `churn` and `difference`.

The model has some hundred numbers, many of them assumptions. Which of them matter
depends on what is asked. So the same method is used twice: on an outcome, and on what
a choice changes in it.
"""

from analysis import Question, sensitivity
from simulation.scenario import parameters

# %% [markdown]
# ## What there is to vary
# Each number knows its unit, where it is from, and the range that a study samples.

# %%
known = {each.path: each for each in parameters()}
for path in ("leaving.midpoint", "trust.loss_ratio", "perception.loss_aversion"):
    low, high = known[path].range
    print(f"{path}: {low:g} to {high:g} ({known[path].source})")

# %% [markdown]
# ## An outcome: churn
# Morris's method walks through the ranges, one number at a time, and asks how far the
# outcome moves. Every point meets the same two seeds: what is luck, and what is not,
# can then be told apart.

# %%
small = ["market.customers=500", "clock.weeks=52", "clock.warmup_weeks=26"]
vary = (
    "leaving.hazard_*",
    "leaving.midpoint",
    "leaving.trust_effect",
    "trust.gain",
    "trust.loss_ratio",
    "perception.disconfirmation",
    "perception.loss_aversion",
    "perception.tolerance",
)
asked = Question("churn", vary=vary, budget=240, seeds=2)
churn = sensitivity("baseline", asked, overrides=small, out="churn")
print(churn.text)
print(churn.findings.ranked.head(5).round(4).to_string(index=False))

# %% [markdown]
# ## A difference: what better service changes in churn
# The question names a base. Both scenarios meet the same luck at every point, so that a
# difference can be seen which is small beside the outcome itself.

# %%
asked = asked._replace(against="baseline", budget=480)
difference = sensitivity(
    "service_improvement", asked, overrides=small, out="difference"
)
print(difference.text)
print(difference.findings.ranked.head(5).round(4).to_string(index=False))

# %% [markdown]
# ## Read it with care
# An index is an estimate: look at `low` and `high` before you rank two numbers. Morris
# finds what can be left alone; shares of the variance take `method="sobol"` and more
# runs: `groundswell sensitivity baseline --method sobol --budget 20000`. Where the
# choice itself flips is asked by `groundswell discover`; in markets like your own, with
# `--observed churn=15%:25%`.

# %%
ranked = difference.findings.ranked
sure = ranked[ranked["low"] > 0]["name"].tolist()
print(f"{len(sure)} of {len(ranked)} numbers surely move the difference.")
