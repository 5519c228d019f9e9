"""The command line, started often: each start is a fork of one process that has read its modules.

Reading them takes seconds of a processor, and a test that kills would spend them at each kill. All else is
as with ``python -m suyuan.api.cli``: a process with sockets, files, threads, a session and an environment of
its own, which ends and is killed like any other. What the starts share, beside the modules of
:mod:`suyuan.api.durability.ahead`, is the seed of hashes. The process that is forked is the fork server of
``multiprocessing``; it ends with the one that runs the tests. Where the server starts once, or only stations
start, this saves nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from contextlib import chdir
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from suyuan.api.durability.processes import AHEAD

PATIENCE_S = 60.0


def forked(*words: str, environ: dict[str, str], output: Path) -> ForkServerProcess:
    """Start ``suyuan`` with ``words``; what it says is added to ``output``.

    It leads a group of processes, so that it can be killed with everything it started.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([AHEAD])
    with chdir(Path(__file__).parents[1]):  # where a fork server that starts finds the module
        forkserver.ensure_running()
    process = context.Process(target=_run, args=(words, environ, output))
    process.start()
    return process


def ready_to_fork(folder: Path) -> None:
    """Wait until a start costs only itself: whoever measures starts asks for it before the first one."""
    output = folder / "version"
    assert ended(forked("--version", environ=dict(os.environ), output=output)) == 0, output.read_text("utf-8")
    assert output.read_text("utf-8").startswith("suyuan ")


def ended(process: ForkServerProcess, within_s: float = PATIENCE_S) -> int:
    """The exit status of a process that ends or was killed; then it is the negative number of the signal."""
    process.join(within_s)
    assert process.exitcode is not None, f"the process {process.pid} does not end"
    return process.exitcode


def _run(words: tuple[str, ...], environ: dict[str, str], output: Path) -> None:
    os.setsid()
    sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(sink, stream)
    os.close(sink)
    sys.stdout = os.fdopen(1, "w", closefd=False)  # buffered as for a file, wherever the tests write
    import_module(AHEAD)  # a fork server that something else began has not read it: then this start is slower
    os.environ.clear()
    os.environ.update(environ)
    multiprocessing.set_start_method("fork", force=True)  # the default; the server forks its worker
    sys.argv[:] = ["suyuan", *words]
    sys.modules["suyuan.api.cli"].main()
