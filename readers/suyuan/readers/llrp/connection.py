"""One TCP connection that carries whole LLRP messages, for the client and for the emulator."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from suyuan.readers.errors import ProtocolError, TransientConnectionError, TruncatedMessage
from suyuan.readers.llrp.codec import HEADER, Frame, Message, encode_message, read_header

CHUNK = 0x10000
"""Bytes taken from the network at once: some 1,300 tags, which fit into the queue of any reader."""


class Connection:
    """The two streams of a socket; errors of the network come out as ours.

    What has come is cut into messages all at once: a wait for each would cost more than reading it.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._whole: deque[tuple[Frame, bytes]] = deque()
        self._rest = b""  # of a message that has not come whole
        self._lacks = 0  # bytes of it that have not come; 0 where its length has not come either
        self._broken: ProtocolError | None = None

    async def read(self) -> tuple[Frame, bytes]:
        """The next message: its header and all its bytes.

        Raises:
            TruncatedMessage: the peer went away inside a message.
            TransientConnectionError: the peer went away between two.
            ProtocolError: the header cannot be; what came before it has been given out.
        """
        while not self._whole:
            self._cut(await self._more())
        return self._whole.popleft()

    async def read_all(self) -> list[tuple[Frame, bytes]]:
        """All messages that have come, at least one and some 64 kB at most, or one that is longer.

        Raises:
            TruncatedMessage, TransientConnectionError, ProtocolError: as :meth:`read`.
        """
        come = [await self.read(), *self._whole]
        self._whole.clear()
        return come

    async def _more(self) -> bytes:
        """What has come after the messages that were cut, waiting for something new."""
        if self._broken is not None:
            raise self._broken
        try:
            if self._lacks:
                return self._rest + await self.reader.readexactly(self._lacks)
            fresh = await self.reader.read(CHUNK)
        except asyncio.IncompleteReadError as error:
            raise _ended(len(self._rest) + len(error.partial)) from error
        except OSError as error:
            raise TransientConnectionError("The connection broke: {reason}.", reason=str(error)) from error
        if not fresh:
            raise _ended(len(self._rest))
        return self._rest + fresh

    def _cut(self, data: bytes) -> None:
        """Cut the messages off that are whole, and keep the rest."""
        offset, self._lacks = 0, 0
        while len(data) - offset >= HEADER.size:
            try:
                frame = read_header(data[offset : offset + HEADER.size])
            except ProtocolError as error:
                self._broken = error
                break
            stop = offset + frame.length
            if stop > len(data):
                self._lacks = stop - len(data)
                break
            self._whole.append((frame, data[offset:stop]))
            offset = stop
        self._rest = data[offset:]

    async def send(self, message: Message) -> None:
        """Send a message; waits while the peer does not read.

        Raises:
            TransientConnectionError: the connection is gone.
        """
        await self.send_raw(encode_message(message))

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they are.

        Raises:
            TransientConnectionError: the connection is gone.
        """
        try:
            self.writer.write(data)
            await self.writer.drain()
        except OSError as error:
            raise TransientConnectionError("The connection broke: {reason}.", reason=str(error)) from error

    def abort(self) -> None:
        """Drop the connection at once."""
        self.writer.transport.abort()

    async def aclose(self) -> None:
        """Drop the connection and wait until the socket is closed."""
        self.abort()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def hang_up(self) -> None:
        """Send what is still to be sent, then close."""
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


def _ended(got: int) -> TransientConnectionError:
    """The error for the end of a connection that many bytes into a message."""
    if got:
        return TruncatedMessage("The connection ended {got} bytes into a message.", got=got)
    return TransientConnectionError("The reader closed the connection.")
