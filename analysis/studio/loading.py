"""The page comes at once; the simulation, which takes seconds to load, behind it."""

import threading
from typing import TYPE_CHECKING

from .opening import Openings

if TYPE_CHECKING:
    from .api import Api

FEW = {"customers": 60}
"""A market just large enough to have every rule of the model loaded."""


class Loading:
    """An `Api` that is loaded in a thread of its own; a call waits for it."""

    def __init__(self, openings: Openings) -> None:
        """Begin to load; the `Api` keeps there what is seen first."""
        self.openings = openings
        self._api: Api | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._warm_up, daemon=True)
        self._thread.start()

    def __call__(self) -> "Api":
        """Return the `Api`, as soon as it is there."""
        with self._lock:
            if self._api is None:
                from .api import Api

                self._api = Api(openings=self.openings)
            return self._api

    def _warm_up(self) -> None:
        """Live two weeks of a small market, so that the first large one need not."""
        api = self()
        session = api.session(api.open(FEW)["id"])
        session.layout()
        session.step(2)
        api.leave(session.id)

    def join(self, seconds: float) -> None:
        """Wait until everything is warm, for so long."""
        self._thread.join(seconds)

    def close(self) -> None:
        """End what there is; what is still loading is not waited for."""
        if self._api is not None:
            self._api.close()
