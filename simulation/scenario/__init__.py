"""What a scenario file may say: checked, merged, and turned into kernel numbers."""

from .files import changed, load, resolved, shipped
from .schema import Parameter, parameters, schema
from .tree import ScenarioError
from .whole import Scenario

__all__ = [
    "Parameter",
    "Scenario",
    "ScenarioError",
    "changed",
    "load",
    "parameters",
    "resolved",
    "schema",
    "shipped",
]
