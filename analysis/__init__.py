"""Experiments on the simulation: `run` a scenario, `compare` what if.

Doubt has `sensitivity`, `discover` and `optimise`. All are what the commands of the
same name do, and return typed results with pandas frames. Nothing is loaded before it
is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .attribution import Attribution, attribute, cost_of_delay
    from .comparison import Comparison, compare
    from .discovery import Discovery, Doubt, discover
    from .errors import InputError, StudyError
    from .importance import Question, Sensitivity, sensitivity
    from .optimisation import Optimisation, Wish, optimise
    from .payoff import BreakEven, break_even, lever_by_lever
    from .robustness import Robustness
    from .sequential import Until
    from .study import Study, run

__all__ = [
    "Attribution",
    "BreakEven",
    "Comparison",
    "Discovery",
    "Doubt",
    "InputError",
    "Optimisation",
    "Question",
    "Robustness",
    "Sensitivity",
    "Study",
    "StudyError",
    "Until",
    "Wish",
    "attribute",
    "break_even",
    "compare",
    "cost_of_delay",
    "discover",
    "lever_by_lever",
    "optimise",
    "run",
    "sensitivity",
]

_HOMES = {
    "Attribution": "attribution",
    "attribute": "attribution",
    "cost_of_delay": "attribution",
    "Comparison": "comparison",
    "Until": "sequential",
    "InputError": "errors",
    "StudyError": "errors",
    "compare": "comparison",
    "BreakEven": "payoff",
    "break_even": "payoff",
    "lever_by_lever": "payoff",
    "Robustness": "robustness",
    "Discovery": "discovery",
    "Doubt": "discovery",
    "discover": "discovery",
    "Question": "importance",
    "Sensitivity": "importance",
    "sensitivity": "importance",
    "Optimisation": "optimisation",
    "Wish": "optimisation",
    "optimise": "optimisation",
}


def __dir__() -> list[str]:
    """Name what can be asked for, as completion in a notebook wants to know."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever is asked for)
    """Import what is asked for, when it is."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES.get(name, 'study')}", __name__), name)
