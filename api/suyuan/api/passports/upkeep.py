"""What a server does about passports while it runs: it stores those that were built."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Thread

import structlog

from suyuan.api.passports.kept import Passports
from suyuan.trace.errors import SuyuanError

_EVERY = 1.0  # seconds
_PATIENCE = 2.0  # seconds, of the eight that a server is given to stop
_log = structlog.get_logger(__name__)


@contextmanager
def passport_upkeep(passports: Passports) -> Generator[None]:
    """Do it in a thread of its own. What is lost when a process is killed is built anew by the next look."""
    ending = Event()
    keeping = Thread(target=_keep, args=(passports, ending), name="passports", daemon=True)
    keeping.start()
    try:
        yield
    finally:
        ending.set()
        keeping.join(_PATIENCE)


def _keep(passports: Passports, ending: Event) -> None:
    while not ending.wait(_EVERY):
        try:
            passports.keep()
        except SuyuanError as error:
            _log.warning("passports-not-kept", code=error.code, reason=str(error))
    try:
        passports.keep()
        passports.declare()
    except SuyuanError as error:
        _log.warning("passports-not-declared", code=error.code, reason=str(error))
