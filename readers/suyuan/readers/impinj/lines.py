"""The lines of a long answer, whatever pieces it comes in: one JSON object each, or SSE that carries them."""

from __future__ import annotations

from suyuan.readers.errors import ProtocolError

LONGEST = 256 * 1024
"""Bytes of one line; an event is a few hundred."""
_DATA = b"data:"
_OTHER_FIELDS = (b":", b"event:", b"id:", b"retry:")
"""Comments and fields of server-sent events that say nothing of tags (HTML standard §9.2.5)."""


class Lines:
    """Puts pieces together to lines; the end of one that has not come yet waits, within limits."""

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def partial(self) -> int:
        """Bytes of a line whose end has not come."""
        return len(self._rest.strip())

    def feed(self, piece: bytes) -> list[bytes]:
        """The objects that ``piece`` completes, without framing; empty lines are signs of life and left out.

        Linear in the bytes that come, however they are cut.

        Raises:
            ProtocolError: a line is longer than any event.
        """
        if b"\n" not in piece:
            self._rest += piece
            lines = []
        else:
            self._rest += piece
            *lines, rest = bytes(self._rest).split(b"\n")
            self._rest = bytearray(rest)
        if len(self._rest) > LONGEST or any(len(line) > LONGEST for line in lines):
            raise ProtocolError(
                "The reader sends more than {most} bytes without the end of a line.", most=LONGEST
            )
        return [bare for line in lines if (bare := _bare(line))]


def _bare(line: bytes) -> bytes:
    text = line.strip()
    if text.startswith(_DATA):
        return text[len(_DATA) :].strip()
    return b"" if text.startswith(_OTHER_FIELDS) else text
