"""Networks of an incident from files: JSON or FoodChain-Lab's All-in-One workbook, found by a look at it."""

from __future__ import annotations

from suyuan.trace.incident import Reading, read_json
from suyuan.trace.incident.all_in_one import SHEETS, read_all_in_one
from suyuan.trace.register.workbook import read_sheets

_ZIP = b"PK\x03\x04"


def read_network(content: bytes) -> Reading:
    """The network that a file tells, with its suppositions and all that is doubtful.

    Raises:
        NetworkInvalid: with every fault, at its cell or JSON pointer.
        FileUnreadable: a workbook that cannot be read.
        TooLarge: over a limit.
    """
    return read_all_in_one(read_sheets(content, SHEETS)) if content.startswith(_ZIP) else read_json(content)
