"""Networks of an incident from files: JSON or FoodChain-Lab's All-in-One workbook, found by a look at it."""

from __future__ import annotations

from suyuan.trace.incident import Reading, read_json
from suyuan.trace.incident.all_in_one import SHEETS, read_all_in_one
from suyuan.trace.register.workbook import read_sheets

_ZIP = b"PK\x03\x04"


def read_network(content: bytes, supposed: bytes = b"") -> Reading:
    """The network that a file tells, its suppositions or those ``supposed`` instead, and every doubt.

    Raises:
        NetworkInvalid: with every fault, at its cell or JSON pointer.
        FileUnreadable: a workbook that cannot be read.
        TooLarge: over a limit.
    """
    if content.startswith(_ZIP):
        return read_all_in_one(read_sheets(content, SHEETS), supposed)
    return read_json(content, supposed)
