"""One study in a process of its own: a request on stdin, news on stdout.

It is a command with other ears: the same functions, the same folder, the same report.
Each line of news is a JSON object.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from analysis.errors import StudyError
from analysis.execution import Life
from analysis.interrupts import heed
from analysis.provenance import as_json
from analysis.request import Request, Watcher
from analysis.study import BAD_INPUT

Say = Callable[..., None]


def say(**news: Any) -> None:  # noqa: ANN401 (any document)
    """Write one line of news."""
    text = json.dumps(as_json(news), ensure_ascii=False, allow_nan=False)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Teller(Watcher):
    """Says how a study goes; of a study in two parts, how both go together."""

    def __init__(self) -> None:
        """Begin before the first run."""
        self.done, self.planned = 0, 0

    def compiling(self) -> None:
        """Say why nothing happens yet."""
        say(words="Compiling the model, once; this takes about half a minute.")

    def began(self, request: Request) -> None:
        """Say how many runs may come."""
        self.planned += len(request.plan)
        say(planned=self.planned, words="Living the first worlds.")

    def finished(self, life: Life) -> None:
        """Count a run."""
        self.done += 1
        say(done=self.done)

    def looked(self, words: str) -> None:
        """Say how precise the answer is so far."""
        say(words=words)


def main() -> None:
    """Make the study that stdin asks for."""
    heed()
    request = json.load(sys.stdin)
    try:
        say(state="done", words="Done.", result=answer_of(request.pop("kind"))(request))
    except (*BAD_INPUT, StudyError) as error:
        say(state="failed", words=" ".join(str(error).split()))
    except KeyboardInterrupt as stop:
        say(state="stopped", words=str(stop) or "Stopped.")


def answer_of(kind: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what answers a kind of request: it alone is loaded."""
    if kind == "sensitivity":
        from .sensitivity import answer as doubted

        return lambda request: doubted(request, Teller(), say)
    from .comparison import answer as compared

    return lambda request: compared(request, Teller(), say)


if __name__ == "__main__":
    main()
