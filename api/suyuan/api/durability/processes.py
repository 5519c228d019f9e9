"""The shipped programs as processes that are killed and started again, thousands of times.

A start is a fork of one process that has read the modules, so that a campaign spends its time on work; all
else is as from the command line: files, sockets, threads, a session and an environment of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from suyuan.trace.errors import Unavailable

AHEAD = "suyuan.api.durability.ahead"
_PATIENCE_S = 30.0


@dataclass(slots=True)
class Program:
    """``suyuan`` with ``words``; what it says is added to ``output``."""

    words: tuple[str, ...]
    environ: Mapping[str, str]
    output: Path
    starts: int = 0
    _running: ForkServerProcess | None = field(default=None)

    def start(self) -> None:
        """Begin; it leads a group of processes, so that it can be killed with all that it started."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([AHEAD])
        forkserver.ensure_running()
        self._running = context.Process(target=_run, args=(self.words, dict(self.environ), str(self.output)))
        self._running.start()
        self.starts += 1

    @property
    def runs(self) -> bool:
        """Whether it is at work."""
        return self._running is not None and self._running.is_alive()

    def end(self, signum: int = signal.SIGKILL) -> int:
        """Signal it with everything it started and wait; its exit status.

        Raises:
            Unavailable: it had ended by itself, or does not end.
        """
        process = self._running
        if process is None or process.pid is None or not process.is_alive():
            raise Unavailable(
                "The program {words} ended by itself",
                words=" ".join(self.words),
                remedy=f"See {self.output}.",
            )
        os.killpg(process.pid, signum)
        process.join(_PATIENCE_S)
        if process.exitcode is None:
            raise Unavailable("The process {pid} does not end", pid=process.pid, remedy=f"See {self.output}.")
        return process.exitcode

    def make_sure_of_its_end(self) -> None:
        """Whatever became of the campaign."""
        if self.runs:
            self.end()


def _run(words: tuple[str, ...], environ: dict[str, str], output: str) -> None:
    os.setsid()
    sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(sink, stream)
    os.close(sink)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    os.environ.clear()
    os.environ.update(environ)
    multiprocessing.set_start_method("fork", force=True)  # the default; the server forks its worker
    sys.argv[:] = ["suyuan", *words]
    from suyuan.api.cli import main  # noqa: PLC0415 (read before the fork)

    main()
