"""One TCP connection that carries whole LLRP messages, for the client and for the emulator."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from suyuan.readers.errors import TransientConnectionError, TruncatedMessage
from suyuan.readers.llrp.codec import HEADER, Frame, Message, encode_message, read_header


@dataclass(frozen=True, slots=True)
class Connection:
    """The two streams of a socket; errors of the network come out as ours."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self) -> tuple[Frame, bytes]:
        """The next message: its header and all its bytes.

        Raises:
            TruncatedMessage: the peer went away inside a message.
            TransientConnectionError: the peer went away between two.
            ProtocolError: the header cannot be.
        """
        head = b""
        try:
            head = await self.reader.readexactly(HEADER.size)
            frame = read_header(head)
            return frame, head + await self.reader.readexactly(frame.length - HEADER.size)
        except asyncio.IncompleteReadError as error:
            if head or error.partial:
                got = len(head) + len(error.partial)
                raise TruncatedMessage("The connection ended {got} bytes into a message.", got=got) from error
            raise TransientConnectionError("The reader closed the connection.") from error
        except OSError as error:
            raise TransientConnectionError("The connection broke: {reason}.", reason=str(error)) from error

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
