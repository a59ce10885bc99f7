# %% [markdown]
"""A strategist's first question: whether it pays to call unhappy customers back.

Run it from top to bottom (`python scenarios/tutorials/first_question.py`), or cell by
cell in an editor that knows `# %%`, such as VS Code, Spyder or Jupyter with jupytext.
It takes under a minute and writes into a folder `first_question` where you are.

The simulator lives a market of customers twice: once as it is, once with your change.
Both worlds have the same people, who meet the same luck, so that what differs was
caused by the change. One such pair could still be a fluke; so there are many.
"""

import analysis
from simulation.scenario import load

# %% [markdown]
# ## The question is a file
# `follow_up` is one that is shipped: whoever had a bad experience is called within a
# week. A scenario says only what it changes; everything else is as in `baseline`.

# %%
change = load("follow_up").levers[0]
print(f"Called are {change.coverage:.0%} of the {change.audience}.")
print(f"A call costs {change.cost_per_contact:g}.")

# %% [markdown]
# ## The answer begins with the verdict
# Thirty pairs of small worlds, for a quick look: 1,000 people, one year. For a decision
# leave `pairs` and the sizes out: worlds are then added until the answer is precise.

# %%
small = ["market.customers=1000", "clock.weeks=52"]
found = analysis.compare(
    "baseline", "follow_up", pairs=30, overrides=small, out="first_question"
)
print(found.verdict)

# %% [markdown]
# ## The numbers behind it
# Every difference comes with an interval that would hold the truth in 95 of 100 such
# studies. Where it contains zero, nothing is shown yet.

# %%
numbers = found.differences.set_index("outcome")[["difference", "low", "high"]]
print(numbers.loc[["active", "left", "trust", "lever_cost", "npv"]].round(3))

# %% [markdown]
# ## What if a call were cheaper?
# Prices change nobody's behaviour, so the same worlds can be priced anew at once.

# %%
paid = {}
for price in (4, 2, 1):
    cost = {"levers.follow_up.cost_per_contact": float(price)}
    money = found.at_prices(cost).differences.set_index("outcome").loc["npv"]
    paid[price] = money["difference"]
    print(f"At {price} a call: {money['low']:.0f} to {money['high']:.0f} earned.")

# %% [markdown]
# ## Your own market
# Write a file with your numbers (README.md has one of ten lines to begin with), and
# name it in place of `follow_up`: `groundswell compare baseline mine.yaml --out mine`.
# Its folder holds `report.html`, the page to show.
#
# Before you believe it: `groundswell compare … --robust` asks whether the sign survives
# other assumptions, which is the subject of `first_sensitivity.py`; with
# `--observed churn=15%:20%`, under those that fit what your own market shows.
