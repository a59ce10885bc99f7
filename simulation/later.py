"""Imports that wait: what a library brings along and nobody here needs at the start.

`importlib.util.LazyLoader` was weighed and does not serve: it loads a module as soon
as anybody looks at all modules there are (`inspect.getmodule` does), and to find a
module inside a library it imports that library first, which is what should wait.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module, which is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever is asked for)
        """Return what the module has of this name."""
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)  # asked by who looks at all modules there are
        _make_way(self)
        return getattr(import_module(self.__name__), name)


def _make_way(module: ModuleType) -> None:
    """Forget what stands for a module, so that an import finds the module itself."""
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]


@contextmanager
def later(*names: str) -> Iterator[None]:
    """Put off what is imported of these modules meanwhile, until it is used.

    Only what is imported in the block waits: anybody else's import finds the module
    itself, and a module that is loaded already stays. Name every module that is
    imported in the block: one inside a library that waits would not be found.

    >>> with later("colorsys"):
    ...     import colorsys
    >>> colorsys.rgb_to_hsv(1.0, 0.0, 0.0)
    (0.0, 1.0, 1.0)
    """
    stands = {name: _Later(name) for name in names if name not in sys.modules}
    for name, module in stands.items():
        parent, _, child = name.rpartition(".")
        if parent in stands:
            setattr(stands[parent], child, module)
    sys.modules.update(stands)
    try:
        yield
    finally:
        for module in stands.values():
            _make_way(module)
