"""What the orders of an inspection and of a release say beside the goods."""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.readers.station.inspection import Result
from suyuan.readers.station.order import Particulars


@dataclass(frozen=True, slots=True)
class Inspection(Particulars):
    """The results of the tests, as typed or from a laboratory's file."""

    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Release(Particulars):
    """The number of the release certificate (出厂检验合格证号), which no other lot has."""

    certificate: str

    def asks(self) -> tuple[str, ...]:
        """Whose the number is."""
        return (certificate_key(self.certificate),)


def certificate_key(number: str) -> str:
    """Under which key the station remembers a certificate: no object has such a key."""
    return f"certificate {number}"
