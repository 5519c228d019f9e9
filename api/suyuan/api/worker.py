"""The server's worker process: the application, for as long as the process that started it lives.

A main process that is killed outright cannot end its worker, which would go on holding the port beside its
successor. The worker looks for itself: what it has acknowledged is on disk, so it may end at any moment.
"""

from __future__ import annotations

import os
import signal
import time
from threading import Thread

from fastapi import FastAPI

from suyuan.api import app

LOOK_EVERY_S = 0.2


def create() -> FastAPI:
    """The application of this environment; ends this process when its parent is gone."""
    parent = os.getppid()
    Thread(target=_end_with, args=(parent,), name="end-with-parent", daemon=True).start()
    return app.create()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGKILL)
