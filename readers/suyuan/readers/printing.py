"""Label printers on the network: ZPL over TCP port 9100, and what the printer says of each label.

A printer takes a label as soon as it is sent; that it was printed is another thing. A label with a UHF tag
counts when the printer has told what it read from the tag afterwards and it is what was to be written; one
without counts when the printer says that nothing waits any more. It tells no more: of a label that it threw
away because a graphic of it had come damaged nobody hears.

Source: ZPL II Programming Guide, "~HS Host Status Return", "^HV Host Verification", "~JA Cancel All".
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from suyuan.readers.errors import (
    PrinterNotReady,
    ProtocolError,
    TagWriteError,
    TransientConnectionError,
)

PORT = 9100
MOST_LABEL_BYTES = 4 * 1024 * 1024
"""Of one label: 100 × 150 mm at 600 dpi are a megabyte before compression."""
PATIENCE_S = 30.0
"""How long a printer may be silent about a label: it feeds, writes, and tries another tag after a bad one."""

CANCEL_ALL = b"~JA\n"
"""Forgets every label that the printer has and has not printed."""

_LONGEST_LINE = 4096
_POLL_S = 0.05
_LABEL = re.compile(rb"\^XA.*?\^XZ", re.DOTALL)
_WRITES = re.compile(rb"\^RFW,H,,,A\^FD((?:[0-9A-Fa-f]{2})+)\^FS")
_TOLD = re.compile(rb"(EPC|TID):([0-9A-Fa-f]*)\r\n")
_FIRST = re.compile(rb"\x02(\d{3}),(\d),(\d),(\d{4}),(\d{3}),(\d),(\d),(\d),(\d{3}),(\d),(\d),(\d)\x03")
_SECOND = re.compile(rb"\x02(\d{3}),(\d),(\d),(\d),(\d),(\w),(\w),(\d),(\d{8}),(\d),(\d{3})\x03")


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What a printer says of itself; ``waiting`` are labels that it has and has not printed."""

    paper_out: bool
    paused: bool
    head_open: bool
    ribbon_out: bool
    waiting: int

    @property
    def faults(self) -> tuple[str, ...]:
        """What a person has to mend first, in both languages."""
        told = {
            "no labels left (标签用完)": self.paper_out,
            "paused (已暂停)": self.paused,
            "print head open (打印头未合上)": self.head_open,
            "no ribbon left (碳带用完)": self.ribbon_out,
        }
        return tuple(words for words, is_so in told.items() if is_so)


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """A label that the printer has confirmed: its place from 1, and of its tag the EPC and TID, if any."""

    number: int
    epc: bytes = b""
    tid: bytes = b""


def labels_in(zpl: bytes) -> tuple[bytes, ...]:
    """The labels of a file, in order."""
    return tuple(_LABEL.findall(zpl))


def epc_written(label: bytes) -> bytes:
    """The EPC that a label writes on its tag; empty where it writes none."""
    found = _WRITES.search(label)
    return bytes.fromhex(found[1].decode()) if found else b""


class LabelPrinter:
    """A connection to a printer; made by :func:`connected`."""

    def __init__(
        self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience_s: float
    ) -> None:
        self.name = name
        self._reader = reader
        self._writer = writer
        self._patience_s = patience_s

    async def status(self) -> PrinterStatus:
        """How the printer fares.

        Raises:
            TransientConnectionError: it does not answer, or went away.
            ProtocolError: the answer is no host status.
        """
        await self._send(b"~HS\n")
        lines = [await self._line(b"\x03\r\n") for _ in range(3)]
        first, second = _FIRST.search(lines[0]), _SECOND.search(lines[1])
        if first is None or second is None:
            raise self._nonsense(lines[0] + lines[1])
        return PrinterStatus(
            paper_out=first[2] == b"1",
            paused=first[3] == b"1",
            head_open=second[3] == b"1",
            ribbon_out=second[4] == b"1",
            waiting=int(first[5]) + int(second[9]),
        )

    async def printed(self, labels: Iterable[bytes], first: int = 1) -> AsyncIterator[PrintedLabel]:
        """Print these one after the other; each is yielded once the printer has confirmed it.

        Args:
            labels: in ZPL, one format each.
            first: the number of the first of them in its file.

        Raises:
            PrinterNotReady: it needs a person; labels that were yielded are printed, others are not sent, and
                one that was sent and waited in the printer is called off.
            TagWriteError: a tag says something else than was to be written. Take that label off the roll.
            TransientConnectionError: it fell silent; whether the label after the last yielded one was
                printed is not known.
            ProtocolError: it says what no printer says.
        """
        for number, label in enumerate(labels, first):
            await self._see_ready()
            await self._send(label)
            wanted = epc_written(label)
            if wanted:
                yield await self._confirmed(number, wanted)
            else:
                await self._idle()
                yield PrintedLabel(number)

    async def _see_ready(self) -> None:
        status = await self.status()
        if status.faults:
            raise self._unready(status)

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                while True:
                    status = await self.status()
                    if not status.waiting:
                        return
                    if status.faults:  # it would print the label once it is well, and so would we
                        await self._send(CANCEL_ALL)
                        await self.status()  # its answer comes after it has called off
                        raise self._unready(status)
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            raise self._silent() from error

    async def _confirmed(self, number: int, wanted: bytes) -> PrintedLabel:
        told: dict[bytes, bytes] = {}
        while len(told) < 2:  # noqa: PLR2004 - the EPC and the TID
            line = await self._line(b"\n")
            found = _TOLD.search(line)
            if found is None or len(found[2]) % 2:
                raise self._nonsense(line)
            told[found[1]] = bytes.fromhex(found[2].decode())
        if told[b"EPC"] != wanted:
            raise TagWriteError(
                "The tag of label {number} says {found}, not {wanted}.",
                where=self.name,
                remedy="Take this label off the roll and print on from it.",
                number=number,
                found=told[b"EPC"].hex() or "nothing",
                wanted=wanted.hex(),
            )
        return PrintedLabel(number, wanted, told[b"TID"])

    async def _send(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                self._writer.write(data)
                await self._writer.drain()
        except TimeoutError as error:
            raise self._silent() from error
        except OSError as error:
            raise self._gone(error.strerror or str(error)) from error

    async def _line(self, end: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._reader.readuntil(end)
        except TimeoutError as error:
            raise self._silent() from error
        except asyncio.IncompleteReadError as error:
            raise self._gone("it ended the connection") from error
        except asyncio.LimitOverrunError as error:
            raise self._nonsense(b"a line without end") from error
        except OSError as error:
            raise self._gone(error.strerror or str(error)) from error

    def _unready(self, status: PrinterStatus) -> PrinterNotReady:
        return PrinterNotReady(
            "The printer {printer} needs attention: {faults}.",
            where=self.name,
            remedy="See to it, then print on from the first label that is not confirmed.",
            printer=self.name,
            faults=", ".join(status.faults),
        )

    def _gone(self, reason: str) -> TransientConnectionError:
        return TransientConnectionError(
            "The connection to the printer {printer} failed: {reason}.",
            where=self.name,
            remedy="Check its power, its cable and its address.",
            printer=self.name,
            reason=reason,
        )

    def _silent(self) -> TransientConnectionError:
        return TransientConnectionError(
            "Nothing was heard from the printer {printer} for {seconds} s.",
            where=self.name,
            remedy="Look at its display; it may lack labels, or tags that can be written.",
            printer=self.name,
            seconds=self._patience_s,
        )

    def _nonsense(self, said: bytes) -> ProtocolError:
        return ProtocolError(
            "The printer {printer} says what is no answer of a ZPL printer: {said}",
            where=self.name,
            remedy="Set it to ZPL II (not EPL or line print), and let nothing else print on it meanwhile.",
            printer=self.name,
            said=ascii(said[:60]),
        )


@asynccontextmanager
async def connected(
    host: str, port: int = PORT, *, patience_s: float = PATIENCE_S
) -> AsyncGenerator[LabelPrinter, None]:
    """The printer at that address.

    Raises:
        TransientConnectionError: nobody answers there.
    """
    name = f"{host}:{port}"
    try:
        async with asyncio.timeout(patience_s):
            reader, writer = await asyncio.open_connection(host, port, limit=_LONGEST_LINE)
    except OSError as error:  # a TimeoutError too
        raise TransientConnectionError(
            "There is no connection to the printer {printer}: {reason}.",
            where=name,
            remedy="Check the address, the cable and that the printer is switched on.",
            printer=name,
            reason=error.strerror or "no answer",
        ) from error
    try:
        yield LabelPrinter(name, reader, writer, patience_s)
    finally:
        writer.close()
        with suppress(OSError):  # it had gone by itself
            await writer.wait_closed()
