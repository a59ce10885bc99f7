# %% [markdown]
"""A trainer's first lesson: what a gap is, and what it does to trust.

Run it from top to bottom (`python scenarios/tutorials/first_lesson.py`), or cell by
cell before the class. It takes under a minute and writes nothing.

A customer expects something, gets something, and feels the difference. Let people
guess before each cell: what they say is what the lesson is about.
"""

from simulation.model import PerceptionModel
from simulation.scenario import load
from simulation.story import fate, life

SEEDS = range(1, 11)
SMALL = ["market.customers=2000", "clock.weeks=52"]

# %% [markdown]
# ## One life
# A customer of the market, week by week. *Ask after each line: will she stay?*

# %%
few = load("baseline", ["market.customers=1000", "clock.weeks=52"])
lived = life(few, "91", seed=1)
for chapter in lived.chapters:
    for event in chapter.events:
        print(f"week {chapter.week:g}: {event.text}")
print(f"Customer {lived.customer} {fate(lived)}")

# %% [markdown]
# ## Only the promise grows
# The same people, the same service, the same luck; the firm merely promises more, .95
# of what is possible in place of .75. *Ask: does trust rise, fall, or stay? And do more
# people join, or fewer?*


# %%
def year(promise: float, seed: int) -> dict[str, float]:
    """Return what a year under a promise ends with."""
    settings = load("baseline", [*SMALL, f"firm.promise={promise}"])
    weekly = PerceptionModel(settings, seed=seed).run().weekly()
    return {
        "expectation": float(weekly["expectation"][-1]),
        "trust": float(weekly["trust"][-1]),
        "joined": float(weekly["joined"].sum()),
    }


modest = [year(0.75, seed) for seed in SEEDS]
boastful = [year(0.95, seed) for seed in SEEDS]
changes = {
    name: [more[name] - less[name] for more, less in zip(boastful, modest, strict=True)]
    for name in modest[0]
}
for name, each in changes.items():
    n_up = sum(change > 0 for change in each)
    mean = sum(each) / len(each)
    print(f"{name}: {mean:+.3f} in the mean, up in {n_up} of {len(each)} worlds")

# %% [markdown]
# People expect more, so more of the same service disappoints; trust is lost faster than
# it is won. And yet more people join: a promise is a loan on trust.
#
# ## What did we hold still?
# *Ask: what would make the answer different?* Let the class change a number: nobody who
# talks (`word_of_mouth.talk_base=0`, `word_of_mouth.talk_slope=0`), a wider zone of
# tolerance (`perception.tolerance=0.2`), losses that weigh no more than gains
# (`perception.loss_aversion=1`). `groundswell studio` shows the same on a page, with a
# lesson of five steps.

# %%
settings = load("baseline", [*SMALL, "perception.tolerance=0.2"])
patient = PerceptionModel(settings, seed=1).run().weekly()["trust"][-1]
usual = PerceptionModel(load("baseline", SMALL), seed=1).run().weekly()["trust"][-1]
print(f"Trust of people who notice less: {patient:.3f}, of the usual ones {usual:.3f}.")
