"""Who asks and who tells take turns: tables are changed in place, and an answer is of one state of them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """Any number may ask at once; who tells is alone.

    Who tells waits for those who ask already and for those who came while something was told, and for no
    others: so neither waits for ever. Who tells much does so in short turns, and who asks waits for one.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._asking = 0  # how many ask
        self._to_ask = 0  # how many wait to ask
        self._passes = 0  # how many of these go before anything more is told
        self._to_tell = 0
        self._telling = False

    @contextmanager
    def asking(self) -> Generator[None]:
        """Nothing is told meanwhile."""
        with self._changed:
            self._to_ask += 1
            try:
                self._changed.wait_for(self._may_ask)
                self._passes = max(0, self._passes - 1)
                self._asking += 1
            finally:  # who gives up waiting keeps nobody else waiting
                self._to_ask -= 1
                self._passes = min(self._passes, self._to_ask)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._asking -= 1
                self._changed.notify_all()

    @contextmanager
    def telling(self) -> Generator[None]:
        """Nobody asks or tells meanwhile."""
        with self._changed:
            self._to_tell += 1
            try:
                self._changed.wait_for(self._may_tell)
                self._telling = True
            finally:
                self._to_tell -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._telling = False
                self._passes = self._to_ask
                self._changed.notify_all()

    def _may_ask(self) -> bool:
        return not self._telling and (not self._to_tell or self._passes > 0)

    def _may_tell(self) -> bool:
        return not self._telling and not self._asking and not self._passes
