"""One comparison in a process of its own: a request on stdin, news on stdout.

It is `groundswell compare` with other ears: the same function, the same folder, the
same report. Each line of news is a JSON object.
"""

import json
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.comparison import Comparison, Until, compare
from analysis.figures import decision
from analysis.report import page
from analysis.study import BAD_INPUT, Life, Request, StudyError, Watcher, as_json
from analysis.terminal import comparison_json
from analysis.verdict import MORE

WATCHED = ("active", "perception", "true_nps", "measured_nps")
SOON = 0.05
"""Seconds until a stop that was lost is tried again."""
EDGES = (0.05, 0.25, 0.5, 0.75, 0.95)


def say(**news: Any) -> None:  # noqa: ANN401 (any document)
    """Write one line of news."""
    text = json.dumps(as_json(news), ensure_ascii=False, allow_nan=False)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Teller(Watcher):
    """Says how a study goes."""

    def __init__(self) -> None:
        """Begin before the first run."""
        self.done = 0

    def compiling(self) -> None:
        """Say why nothing happens yet."""
        say(words="Compiling the model, once; this takes up to a minute.")

    def began(self, request: Request) -> None:
        """Say how many runs may come."""
        say(planned=len(request.plan), words="Living the first worlds.")

    def finished(self, life: Life) -> None:
        """Count a run."""
        self.done += 1
        say(done=self.done)

    def looked(self, words: str) -> None:
        """Say how precise the answer is so far."""
        say(words=words)


def main() -> None:
    """Run the comparison that stdin asks for."""
    heed()
    request = json.load(sys.stdin)
    try:
        found = compare(
            *request["sources"],
            pairs=Until(request["pairs"]),
            seed=request["seed"],
            overrides=request["overrides"],
            watcher=Teller(),
        )
        say(words="Drawing.")
        paths = decision.draw_comparison(found)
        report = page.write(found.study, found)
        say(state="done", words="Done.", result=document(found, paths, report, request))
    except (*BAD_INPUT, StudyError) as error:
        say(state="failed", words=" ".join(str(error).split()))
    except KeyboardInterrupt as stop:
        say(state="stopped", words=str(stop) or "Stopped.")


def heed() -> None:
    """Take SIGTERM as Ctrl-C, also where it falls into what swallows exceptions."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGALRM, _stop)
    sys.unraisablehook = _stop_again


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _stop_again(lost: "sys.UnraisableHookArgs") -> None:
    """Stop a moment later, if a stop was lost in a destructor."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, SOON)
    else:
        sys.__unraisablehook__(lost)


def document(
    found: Comparison, paths: list[str], page: Path, request: dict[str, Any]
) -> dict[str, Any]:
    """Return what `groundswell compare --json` prints, and what the page draws."""
    study = found.study
    runs = study.runs.sort_values("seed")
    by_label = {k: runs[runs["scenario"] == k] for k in study.labels}
    return {
        **comparison_json(found, paths),
        "verdict": found.verdict.replace(MORE, "more worlds above"),
        "study": study.folder.name,
        "command": _command(request),
        "report": f"/results/{study.folder.name}/{page.name}",
        "seeds": study.manifest["seeds"],
        "bands": {
            name: {k: _bands(study.weekly, k, name) for k in study.labels}
            for name in WATCHED
        },
        "pairs": {
            name: {
                k: (
                    by_label[k][name].to_numpy() - by_label[found.base][name].to_numpy()
                ).tolist()
                for k in found.others
            }
            for name in ("active", "retention", "true_nps", "npv")
        },
    }


def _command(request: dict[str, Any]) -> str:
    """Return what asks for the same on the command line."""
    words = ["groundswell", "compare"]
    words += [Path(source).name for source in request["sources"]]
    words += ["--runs", str(request["pairs"]), "--seed", str(request["seed"])]
    for override in request["overrides"]:
        words += ["--set", override]
    return shlex.join(words)


def _bands(weekly: pd.DataFrame, label: str, name: str) -> list[list[float]]:
    """Return quantiles over the runs, a list a quantile, week by week."""
    rows = weekly[weekly["scenario"] == label]
    table = rows.pivot_table(index="week", columns="seed", values=name, dropna=False)
    values: list[list[float]] = np.nanquantile(
        table.to_numpy(float), EDGES, axis=1
    ).tolist()
    return values


if __name__ == "__main__":
    main()
