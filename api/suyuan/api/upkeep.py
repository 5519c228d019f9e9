"""Lineage made ready while a server starts, kept on disk for its next start, and left in the store for it."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from suyuan.api.following import FollowedLineage
from suyuan.trace.errors import SuyuanError

_EVERY = 60.0  # seconds
_NEWS = 200_000
"""Events that are told again after a crash at most; a second reads and tells some 5,000 (decision 0027)."""
_PATIENCE = 2.0  # seconds, of the eight that a server is given to stop
_HURRIED = 3.0  # seconds of the eight that are gone: what is left belongs to the closing of the store
_CHEAP = 100_000
"""Things and events that are written to the store in some two seconds (decision 0026)."""
_log = logging.getLogger(__name__)


@contextmanager
def upkeep(lineage: FollowedLineage) -> Generator[None]:
    """Replay before anybody asks, check what was opened, save now and then, and at the end.

    At the end the store is told as well, if that is cheap: it answers for traces while the next server
    replays, where that finds no file.
    A thread of its own: a large store takes minutes to replay. Who stops meanwhile waits some seconds for it
    and saves nothing; the next start replays.
    """
    ending = Event()
    keeping = Thread(target=_keep, args=(lineage, ending), name="lineage", daemon=True)
    keeping.start()
    try:
        yield
    finally:
        began = monotonic()
        ending.set()
        keeping.join(_PATIENCE)
        if not keeping.is_alive():
            _step(lineage, news=1)
            if monotonic() - began < _HURRIED:
                _leave(lineage)


def _keep(lineage: FollowedLineage, ending: Event) -> None:
    while not ending.is_set():
        _step(lineage, news=_NEWS)
        ending.wait(_EVERY)


def _leave(lineage: FollowedLineage) -> None:
    """What another wrote that was told more is left as it is."""
    try:
        lineage.leave(_CHEAP)
    except SuyuanError as error:
        _log.warning("lineage is not left in the store: %s", error, extra={"code": error.code})


def _step(lineage: FollowedLineage, news: int) -> None:
    """What cannot be done now is told in the log: questions say the same to those who ask them."""
    try:
        lineage.follow()
        lineage.check()
        lineage.save(news)
    except SuyuanError as error:
        _log.warning("lineage is not kept ready: %s", error, extra={"code": error.code})
