"""Scanners: ``wedge://page`` is fed by a page or phone, ``serial:///dev/ttyACM0`` by a serial port.

A serial scanner ends every code with CR, LF or ETX; other control characters at its ends are framing, GS in
its midst separates element strings and stays, and so do symbology identifiers. A code without end is never
guessed at: half a serial number is another serial number.
"""

from __future__ import annotations

import errno
import importlib
import os
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol, Self, cast

from suyuan.readers.address import COMMON_OPTIONS, Option, ReaderAddress, integer, read_options
from suyuan.readers.blocking import TURN_S, BlockingReader
from suyuan.readers.errors import (
    MissingDependency,
    ProtocolError,
    ReaderBusy,
    ReaderConfigError,
    TransientConnectionError,
    TruncatedMessage,
)
from suyuan.readers.observation import Observation
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, ReaderInfo

LONGEST = 4096
"""Bytes of one code; a QR code holds at most 2953."""
INSTALL = "pip install 'suyuan[serial]'"
CHECK_SERIAL = "Check the cable, and that the scanner is set to serial port (USB CDC) and not to keyboard."
GRANT_SERIAL = "Allow this user the port: sudo usermod -aG dialout USER, then sign in anew."
SET_SUFFIX = "Set the scanner to send CR or LF after every code (see its manual), and compare the baud rate."

_END = re.compile(rb"[\r\n\x03\x04]")
_FRAMING = bytes({*range(0x20)} - {0x1D})  # GS may begin a code: it is FNC1
_RATES = (300, 1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 115200, 230400, 460800, 921600)
_DEVICE = re.compile(r"/dev/[A-Za-z0-9._/\-]{1,200}")


class SerialPort(Protocol):
    """What of a pyserial port is used."""

    @property
    def in_waiting(self) -> int:
        """Bytes that wait."""
        ...

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, as many as come within the port's timeout."""
        ...

    def close(self) -> None:
        """Give the port back."""
        ...


def open_serial(device: str, baud: int) -> SerialPort:
    """The port, for us alone; reading waits one turn.

    Raises:
        MissingDependency: pyserial is not installed.
        OSError: it cannot be opened.
    """
    try:
        serial: Any = importlib.import_module("serial")
    except ImportError as error:
        raise MissingDependency(
            "Serial scanners need pyserial, which is not installed.", remedy=f"Run: {INSTALL}"
        ) from error
    return cast("SerialPort", serial.Serial(device, baud, timeout=TURN_S, exclusive=True))


def rate(text: str) -> int:
    """A baud rate that serial ports know."""
    value = integer(_RATES[0], _RATES[-1])(text)
    if value not in _RATES:
        message = f"one of {', '.join(map(str, _RATES))} is needed"
        raise ValueError(message)
    return value


class WedgeReader(BlockingReader):
    """Codes from a page (no ``device``) or from a serial port; :meth:`push` works in both cases.

    Args:
        device: such as ``/dev/ttyACM0``, empty for none.
        baud: bits per second of a true serial line; USB scanners pay no heed.
        quiet_s: a code that is not ended after so long is given up and counted as truncated.
    """

    OPTIONS: ClassVar[tuple[Option, ...]] = (
        *COMMON_OPTIONS,
        Option("baud", rate, 9600, "bits per second of the serial line"),
    )

    def __init__(
        self,
        name: str,
        device: str = "",
        baud: int = 9600,
        *,
        now: Callable[[], datetime],
        queue: int = DEFAULT_QUEUE,
        quiet_s: float = 1.0,
        open_port: Callable[[str, int], SerialPort] = open_serial,
    ) -> None:
        super().__init__(name, now=now, queue=queue)
        self._device = device
        self._baud = baud
        self._quiet_s = quiet_s
        self._open_port = open_port
        self._port: SerialPort | None = None
        self._buffer = b""
        self._came = 0.0

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """The scanner that the address means.

        Raises:
            ReaderConfigError: neither a name nor a device, or a bad option.
        """
        options = read_options(address, cls.OPTIONS)
        device = address.path if not address.host else ""
        if address.scheme == "serial":
            fits = _DEVICE.fullmatch(device) is not None and ".." not in device
        else:
            fits = bool(address.host) and address.path in {"", "/"} and "baud" not in address.options
        if not fits or address.port is not None:
            raise ReaderConfigError(
                "{url} is not the address of a scanner.",
                where="url",
                remedy="Write wedge://page for a page or a phone, or serial:///dev/ttyACM0?baud=9600.",
                url=address.url,
            )
        name = options["name"] or device or address.host
        return cls(name, device, options["baud"], now=now, queue=options["queue"])

    @property
    def capabilities(self) -> Capabilities:
        """Symbols, from outside too. A scanner is silent until it is used, so silence means nothing."""
        return Capabilities(antennas=False, link=True, push=True)

    def push(self, text: str, antenna: int = 1) -> None:
        """Let the reader see ``text``; see :meth:`Reader.push`.

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
        self._deliver([self._observation(text, antenna)])

    async def _connect(self) -> ReaderInfo:
        return await super()._connect() if self._device else ReaderInfo("Page", antennas=(1,))

    # In the thread

    def _open(self) -> ReaderInfo:
        try:
            self._port = self._open_port(self._device, self._baud)
        except OSError as error:
            raise _unopened(self._device, error) from error
        return ReaderInfo(f"Serial scanner on {self._device}", antennas=(1,))

    def _release(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    def _turn(self) -> Sequence[Observation]:
        if self._port is None:
            return ()
        try:
            data = self._port.read(max(1, self._port.in_waiting))
        except OSError as error:
            raise self._gone() from error
        if data:
            self._buffer += data
            self._came = time.monotonic()
        elif self._buffer.strip(_FRAMING) and time.monotonic() - self._came > self._quiet_s:
            self._truncated += 1
            self._buffer = b""
        *codes, self._buffer = _END.split(self._buffer)
        if len(self._buffer) > LONGEST:
            raise ProtocolError(
                "The scanner {reader} sends more than {most} bytes without an end.",
                remedy=SET_SUFFIX,
                reader=self.name,
                most=LONGEST,
            )
        texts = [code.strip(_FRAMING).decode("utf-8", "replace") for code in codes]
        return [self._observation(text, 1) for text in texts if text.strip()]

    def _gone(self) -> TransientConnectionError:
        kind = TruncatedMessage if self._buffer.strip(_FRAMING) else TransientConnectionError
        return kind("The scanner on {device} is gone.", remedy=CHECK_SERIAL, device=self._device)

    def _observation(self, text: str, antenna: int) -> Observation:
        at = self._now()
        return Observation(self.name, antenna, b"", at, at, text=text)


def _unopened(device: str, error: OSError) -> TransientConnectionError | ReaderBusy:
    number = error.errno
    if number in {errno.EBUSY, errno.EAGAIN}:
        return ReaderBusy(
            "Another program holds {device}.", remedy="Close it, ModemManager for example.", device=device
        )
    return TransientConnectionError(
        "The serial port {device} cannot be opened: {reason}.",
        remedy=GRANT_SERIAL if number in {errno.EACCES, errno.EPERM} else CHECK_SERIAL,
        device=device,
        reason=os.strerror(number) if number else str(error),
    )
