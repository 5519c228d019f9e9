"""Lineage made ready while a server starts, and kept on disk for its next start."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Thread

from suyuan.api.following import FollowedLineage
from suyuan.trace.errors import SuyuanError

_EVERY = 60.0  # seconds
_NEWS = 200_000
"""Events that are told again after a crash at most; a second reads and tells some 5,000 (decision 0027)."""
_PATIENCE = 2.0  # seconds, of the eight that a server is given to stop
_log = logging.getLogger(__name__)


@contextmanager
def upkeep(lineage: FollowedLineage) -> Generator[None]:
    """Replay before anybody asks, check what was opened, save now and then, and at the end.

    While much is captured, lineage keeps up with it, so that nobody who asks then has to wait for all of it.
    A thread of its own: a large store takes minutes to replay. Who stops meanwhile waits some seconds for it
    and saves nothing; the next start replays.
    """
    ending = Event()
    keeping = Thread(target=_keep, args=(lineage, ending), name="lineage", daemon=True)
    keeping.start()
    try:
        yield
    finally:
        ending.set()
        lineage.stir()
        keeping.join(_PATIENCE)
        if not keeping.is_alive():
            _step(lineage, news=1)


def _keep(lineage: FollowedLineage, ending: Event) -> None:
    while not ending.is_set():
        _step(lineage, news=_NEWS)
        lineage.await_news(_EVERY)


def _step(lineage: FollowedLineage, news: int) -> None:
    """What cannot be done now is told in the log: questions say the same to those who ask them."""
    try:
        lineage.follow()
        lineage.check()
        lineage.save(news)
    except SuyuanError as error:
        _log.warning("lineage is not kept ready: %s", error, extra={"code": error.code})
