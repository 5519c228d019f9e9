"""What orders of returns and destructions say beside the common fields. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from suyuan.readers.station.order import Particulars


class Decision(StrEnum):
    """What becomes of what came back; nothing decided: it waits in quarantine."""

    QUARANTINE = "quarantine"
    RESALE = "resale"
    REWORK = "rework"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Returning(Particulars):
    """``receipt`` is the number of the till's receipt, if it came with one. The order's reason says why."""

    decision: Decision = Decision.QUARANTINE
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What was reported to the authority in advance (Food Safety Law Art. 63): its number, when and where."""

    number: str
    at: datetime
    place: str


@dataclass(frozen=True, slots=True)
class Destroying(Particulars):
    """``notice`` None needs ``waived_by``, an officer, and the order's reason.

    ``witnesses`` are two persons beside the operator, by pseudonyms. ``proof_sha256`` is the checksum
    of photo or video. The order's ``expected`` is what lay in quarantine. ``means`` says how, such as 焚烧 or
    填埋.
    """

    notice: Notice | None = None
    waived_by: str = ""
    witnesses: tuple[str, ...] = ()
    proof_sha256: str = ""
    means: str = ""
