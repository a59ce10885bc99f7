"""Mesa, the host, without the parts of it that no market uses.

`import mesa` brings along networkx for its grids, pandas for its data collector and
scipy for its experiments: five times as long as Mesa itself takes. Imported from here,
these parts wait until something of them is asked for. Whoever imported Mesa before has
them already, and nothing changes.
"""

from .later import later

__all__ = ["AgentSet", "mesa"]

UNUSED = (
    "networkx",
    "pandas",
    "mesa.discrete_space",
    "mesa.experimental.continuous_space",
)

with later(*UNUSED):
    import mesa
    from mesa.agent import AgentSet
