"""The server's worker process: the application, for as long as the process that started it lives.

A main process that is killed outright cannot end its worker, which would go on holding the port beside its
successor and take half of its connections. The worker looks for itself: what it has acknowledged is on disk,
so it may end at any moment. It is told whose worker it is, because it may be orphaned before it can look.

What the first request would have to wait for is done ahead: the pages here, before anybody is answered, the
lineage by :mod:`suyuan.api.upkeep`, while those are answered who do not ask for it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from contextlib import suppress
from threading import Thread

from fastapi import FastAPI

from suyuan.api import app
from suyuan.api.following import FollowedLineage
from suyuan.portal.rendering import prepare
from suyuan.trace.errors import SuyuanError

MAIN_PROCESS = "SUYUAN_MAIN_PROCESS"
"""Environment variable with the id of the server's main process; ``suyuan serve`` sets it for its worker."""
LOOK_EVERY_S = 0.2
TURN_S = 0.0001
"""How long a thread computes while others wait. Whoever asks the database gives up their turn with each
statement, a look some five times; beside a long computation they would wait as often for the usual 5 ms."""

GARBAGE = (700, 10, 50)
"""When garbage is looked for, by generation. All of memory is walked after five times as many new things as
usual, a third of a million, for nobody is answered for a tenth of a second then: one hostile document leaves
more than that behind by itself."""


def create() -> FastAPI:
    """The application of this environment; ends this process when its main process is gone."""
    main = int(os.environ[MAIN_PROCESS])
    sys.setswitchinterval(TURN_S)
    gc.set_threshold(*GARBAGE)
    Thread(target=_end_with, args=(main,), name="end-with-main", daemon=True).start()
    made = app.create()
    prepare()
    _keep_out_of_garbage()
    lineage = made.state.house.records.lineage
    Thread(target=_settle, args=(lineage,), name="settle", daemon=True).start()
    return made


def _settle(lineage: FollowedLineage) -> None:
    """Once more when lineage is there, with its machine code: some ten thousand things that stay."""
    with suppress(SuyuanError):  # whoever asks it is told; then there is nothing to wait for
        lineage.follow()
    _keep_out_of_garbage()


def _keep_out_of_garbage() -> None:
    """Modules and the application stay: the collector need not walk them again and again, while all wait."""
    gc.collect()
    gc.freeze()


def _end_with(main: int) -> None:
    while os.getppid() == main:
        time.sleep(LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGKILL)
