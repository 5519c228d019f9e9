"""Reading a large document without the cyclic garbage collector running over it again and again.

A parsed document is a tree of up to millions of containers without cycles. While it grows, Python's collector
walks all of it each time the heap has grown by a quarter: measured, that halves the speed of reading 10,000
events. The pause is bounded by the limit on the document's bytes.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

_lock = threading.Lock()
_pauses = 0
_was_enabled = False


@contextmanager
def paused_collector() -> Generator[None]:
    """Within, no cyclic collection; the last of several readers to leave restores what was."""
    global _pauses, _was_enabled  # noqa: PLW0603 - the collector is one per process, and so is its state
    with _lock:
        if _pauses == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_enabled:
                gc.enable()
