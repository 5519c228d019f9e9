"""Phones: ``http://phones`` is fed by the page that the station serves to phones; it dials nowhere.

Each phone is an antenna: its number stands in what it saw. Which phones there are, and that a sighting sent
twice is one, is the page's business (:mod:`suyuan.readers.station.page.phone_book`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Self

from suyuan.readers.address import ReaderAddress, read_options
from suyuan.readers.errors import ReaderConfigError, TransientConnectionError
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Capabilities, ReaderDriver, ReaderInfo
from suyuan.readers.wedge import LONGEST

HOST = "phones"


class PhoneReader(ReaderDriver):
    """What phones read, pushed by the station's page."""

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """The phones of this station.

        Raises:
            ReaderConfigError: it is another address than ``http://phones``, or a bad option.
        """
        if address.host != HOST or address.port is not None or address.path not in {"", "/"}:
            raise ReaderConfigError(
                "{url} is not the address of phones.",
                where="url",
                remedy="Write http://phones for phones that open the station's page; readers with an HTTP"
                " interface have addresses such as impinj+https://root@host/.",
                url=address.url,
            )
        options = read_options(address, cls.OPTIONS)
        return cls(options["name"] or address.host, now=now, queue=options["queue"])

    @property
    def capabilities(self) -> Capabilities:
        """Links and symbols, from outside. A phone in a pocket is silent, so silence means nothing."""
        return Capabilities(link=True, push=True)

    def push(self, text: str, antenna: int = 1) -> None:
        """Let the reader see ``text``, read by the phone whose number is ``antenna``.

        Raises:
            TransientConnectionError: the reader is not connected.
            ReaderConfigError: there is nothing in it, or it is longer than any code.
        """
        if not self._connected:
            raise TransientConnectionError("The reader {reader} is not connected.", reader=self.name)
        if not text.strip(" \t\r\n") or len(text) > LONGEST:
            raise ReaderConfigError(
                "A code has 1 to {most} characters.", where="text", remedy="Scan it again.", most=LONGEST
            )
        at = self._now()
        self._deliver([Observation(self.name, antenna, b"", at, at, text=text)])

    async def _connect(self) -> ReaderInfo:
        return ReaderInfo("Phones", antennas=(1,))  # others may come: one form of the setup is for all

    async def _disconnect(self) -> None:
        return None
