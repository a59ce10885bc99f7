"""What a scenario file may say: checked, merged, and turned into kernel numbers."""

from .files import load, resolved, shipped
from .schema import Parameter, parameters, schema
from .tree import ScenarioError
from .whole import Scenario

__all__ = [
    "Parameter",
    "Scenario",
    "ScenarioError",
    "load",
    "parameters",
    "resolved",
    "schema",
    "shipped",
]
