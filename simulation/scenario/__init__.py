"""What a scenario file may say: checked, merged, and turned into kernel numbers."""

from .difference import Change, differences
from .files import changed, load, replications, resolved, shipped
from .schema import Parameter, Setting, parameters, schema, settings
from .tree import ScenarioError
from .whole import Scenario, default_price_words

__all__ = [
    "Change",
    "Parameter",
    "Scenario",
    "ScenarioError",
    "Setting",
    "changed",
    "default_price_words",
    "differences",
    "load",
    "parameters",
    "replications",
    "resolved",
    "schema",
    "settings",
    "shipped",
]
