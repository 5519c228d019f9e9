"""What the shopper's pages ask of the house, beside passports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from suyuan.portal.services import House
from suyuan.trace.recall.bulletin import Bulletin

__all__ = ["House", "Shopping"]


class Shopping(Protocol):
    """Recalls as the public knows them, and eyes for photos."""

    @property
    def public_url(self) -> str:
        """The address under which the world reaches this platform."""
        ...

    def bulletins(self) -> Sequence[Bulletin]:
        """Every public recall and warning, the newest first."""
        ...

    def symbols(self, photo: bytes) -> Sequence[str]:
        """What a scanner would give for the symbols in a photo.

        Raises:
            SuyuanError: it is no picture, shows no symbol, is too large, or too many are being looked at.
        """
        ...
