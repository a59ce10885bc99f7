"""Long work beside the page: each job is a process that says how it goes.

A process of its own can be stopped at any moment as with Ctrl-C, takes no breath from
the worlds that are being played, and forks its workers without any thread beside.
"""

import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

MOST_JOBS = 2
"""At once."""
MOST_KEPT = 16
PATIENCE = 30.0
"""Seconds a stopped job has to keep what it has finished."""


class Job:
    """One process, and what it said last.

    Attributes
    ----------
    request : mapping
        What was asked.
    state : str
        "running", "done", "stopped" or "failed".
    """

    def __init__(self, request: Mapping[str, Any], folder: Path) -> None:
        """Start the process in a folder, below which it keeps its results."""
        self.request = request
        self.id = token_urlsafe(12)
        self.state = "running"
        self.said: dict[str, Any] = {"done": 0, "planned": 0, "words": "Preparing."}
        self.result: dict[str, Any] | None = None
        self._is_cancelled = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "analysis.studio.job"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._listener = threading.Thread(
            target=self._listen, args=(json.dumps(request),), daemon=True
        )
        self._listener.start()

    def _listen(self, request: str) -> None:
        process = self._process
        stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
        if stdin is None or stdout is None or stderr is None:
            raise TypeError("a job without pipes")
        with stdin:
            stdin.write(request)
        for line in stdout:
            news = json.loads(line)
            self.result = news.pop("result", self.result)
            self.state = news.pop("state", self.state)
            self.said.update(news)
        last = stderr.read().strip().splitlines()
        stdout.close()
        stderr.close()
        process.wait()
        if self.state == "running":
            self.state = "stopped" if self._is_cancelled else "failed"
            self.said["words"] = last[-1] if last else "The job ended without a word."

    def news(self) -> dict[str, Any]:
        """Return id, state, runs done and planned, and words."""
        return {"id": self.id, "state": self.state, **self.said}

    def cancel(self) -> None:
        """Stop the process, and wait for it to keep what it has finished."""
        self._is_cancelled = True
        if self._process.poll() is None:
            self._process.terminate()
        self.wait(PATIENCE)
        if self._process.poll() is None:
            self._process.kill()
            self.wait(PATIENCE)

    def wait(self, seconds: float) -> None:
        """Wait for the end, for so long."""
        self._listener.join(seconds)


class Jobs:
    """The jobs there are."""

    def __init__(self, results: Path) -> None:
        """Begin with none; results are kept in a folder named so."""
        self.folder = results.absolute().parent
        self._all: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, request: Mapping[str, Any]) -> Job:
        """Start a job; the oldest that still runs makes room for it."""
        job = Job(request, self.folder)
        with self._lock:
            self._all[job.id] = job
            running = [j for j in self._all.values() if j.state == "running"]
            too_many = running[: max(0, len(running) - MOST_JOBS)]
            while len(self._all) > MOST_KEPT:
                self._all.popitem(last=False)
        for old in too_many:
            old.cancel()
        return job

    def get(self, id: str) -> Job:
        """Return a job; a KeyError if it is unknown."""
        with self._lock:
            return self._all[id]

    def close(self) -> None:
        """Stop all that run."""
        for job in list(self._all.values()):
            if job.state == "running":
                job.cancel()
