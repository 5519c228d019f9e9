"""Kinds of readers as the setup speaks of them: with antennas, NFC readers, scanners."""

from __future__ import annotations

from typing import Literal

from suyuan.trace.errors import InvalidInput

ReaderKind = Literal["uhf", "nfc", "scan"]


def kind_of(url: str) -> ReaderKind:
    """The kind of reader at the address ``url``; what is not known is spoken of as having antennas."""
    scheme = url.partition("://")[0].lower()
    if scheme in {"wedge", "serial", "http"}:
        return "scan"
    return "nfc" if scheme == "pcsc" or scheme.startswith("nfc+") else "uhf"


def untested(kind: ReaderKind) -> InvalidInput:
    """Nothing was read at a reader that is to be saved."""
    where = "untested"
    if kind == "scan":
        return InvalidInput(
            "No code has been scanned yet",
            where=where,
            remedy="Scan one, or tick that you save it untested.",
        )
    if kind == "nfc":
        return InvalidInput(
            "No tag has been read yet",
            where=where,
            remedy="Lay one on the reader, or tick that you save it untested.",
        )
    return InvalidInput(
        "No tag has been read yet",
        where=where,
        remedy="Hold a tag before each antenna, or tick that you save it untested.",
    )
