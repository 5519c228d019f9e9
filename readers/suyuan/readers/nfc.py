"""The driver of NFC readers that nfcpy operates: ``nfc+usb://``, ``nfc+tty://``, ``nfc+udp://``.

``nfc+usb://054c:06c3`` (vendor and product in hex; ``nfc+usb://`` takes the first), ``nfc+tty:///dev/ttyUSB0``
with ``driver=pn532`` or ``arygon``, and ``nfc+udp://127.0.0.1:54321``, nfcpy's air in a cable: virtual tags.
A tag is told once when it comes, with its link as ``text`` (empty where it has none) and its UID as ``tid``.
nfcpy selects one tag of those in the field; it does not tell that there are more.
"""

from __future__ import annotations

import errno
import importlib
import os
import re
import secrets
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from suyuan.readers.address import COMMON_OPTIONS, Option, ReaderAddress, read_options
from suyuan.readers.blocking import TURN_S
from suyuan.readers.errors import (
    ProtocolError,
    ReaderBusy,
    ReaderConfigError,
    TagLost,
    TagUnsupported,
    TransientConnectionError,
)
from suyuan.readers.links import LinkReader
from suyuan.readers.observation import Observation
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, ReaderInfo
from suyuan.readers.tags import ntag21x, ntag424, type2
from suyuan.readers.tags.access import LinkTag, TagAccess, read_link
from suyuan.readers.tags.ev2 import Random

CHECK_USB = "Check the cable and that lsusb lists the reader."
GRANT_USB = (
    "Allow this user the device: a udev rule with MODE=0666 for its vendor and product, then plug it in anew."
)
FREE_USB = (
    "Another program holds the reader: stop pcscd or use pcsc:// instead, and blacklist the kernel modules"
    " pn533_usb and nfc."
)

CHECK_ALL = (
    "Check the cable (lsusb lists the reader), that this user may use the device (udev), and that neither"
    " pcscd nor the kernel modules pn533_usb and nfc hold it."
)

_USB_ID = re.compile(r"[0-9a-f]{4}(:[0-9a-f]{4})?", re.IGNORECASE)
_TTY = re.compile(r"/dev/tty((?:S|ACM|AMA|USB)[0-9]+)")
_NXP_NTAG = "NTAG21"


@dataclass(frozen=True, slots=True)
class Library:
    """nfcpy, as far as it is used; it has no types. ``errors`` are its errors of the air and of tags."""

    open: Callable[[str], Any]
    target: Callable[[str], Any]
    activate: Callable[[Any, Any], Any]
    errors: tuple[type[Exception], ...]


def load() -> Library:
    """The installed nfcpy.

    Raises:
        ImportError: it is not installed.
    """
    clf: Any = importlib.import_module("nfc.clf")
    tag: Any = importlib.import_module("nfc.tag")

    def opened(path: str) -> Any:
        frontend = clf.ContactlessFrontend()
        return frontend if frontend.open(path) else None

    return Library(opened, clf.RemoteTarget, tag.activate, (clf.CommunicationError, tag.TagCommandError))


def driver_name(text: str) -> str:
    """A name of nfcpy's serial drivers."""
    if text not in {"pn532", "arygon"}:
        message = "pn532 or arygon is needed"
        raise ValueError(message)
    return text


_TECHNOLOGIES = {"a": "106A", "b": "106B", "f": "212F"}


def technologies(text: str) -> tuple[str, ...]:
    """Radio technologies by their letters, as nfcpy names them."""
    letters = [letter.strip().lower() for letter in text.split(",")]
    if len(set(letters)) != len(letters) or not _TECHNOLOGIES.keys() >= set(letters):
        message = "letters out of a, b, f are needed, each once"
        raise ValueError(message)
    return tuple(_TECHNOLOGIES[letter] for letter in letters)


class NfcReader(LinkReader):
    """A reader that nfcpy opens at ``path`` (in its notation) and that looks for ``types`` in turn."""

    OPTIONS: ClassVar[tuple[Option, ...]] = (
        *COMMON_OPTIONS,
        Option("types", technologies, ("106A", "212F"), "tags looked for: a (NTAG, Type 4), b, f (FeliCa)"),
    )
    TTY_OPTIONS: ClassVar[tuple[Option, ...]] = (
        *OPTIONS,
        Option("driver", driver_name, "pn532", "chip of the reader: pn532 or arygon"),
    )

    def __init__(
        self,
        name: str,
        path: str,
        types: tuple[str, ...] = ("106A", "212F"),
        *,
        now: Callable[[], datetime],
        queue: int = DEFAULT_QUEUE,
        library: Callable[[], Library] = load,
        random: Random = secrets.token_bytes,
    ) -> None:
        super().__init__(name, now=now, queue=queue)
        self._library = library()
        self._path = path
        self._random = random
        self._frontend: Any = None
        self._tag: Any = None
        self._seen: list[Observation] = []
        # One technology in a turn: each takes up to a second where nothing answers.
        self._types = types
        self._technologies = cycle(types)

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """The reader that the address means.

        Raises:
            ReaderConfigError: no such form, or a bad option.
            ImportError: nfcpy is not installed.
        """
        kind = address.scheme.removeprefix("nfc+")
        options = read_options(address, cls.TTY_OPTIONS if kind == "tty" else cls.OPTIONS)
        where = {"usb": _usb_path, "tty": _tty_path, "udp": _udp_path}[kind](address)
        path = f"{where}:{options['driver']}" if kind == "tty" else where
        return cls(options["name"] or where, path, options["types"], now=now, queue=options["queue"])

    @property
    def capabilities(self) -> Capabilities:
        """Links read and written; one field is one antenna."""
        return Capabilities(
            antennas=False, tid=True, link=True, write_link=True, sign_link=True, keepalive_s=5.0
        )

    # In the thread

    def _open(self) -> ReaderInfo:
        try:
            self._frontend = self._library.open(self._path)
        except OSError as error:
            raise _unopened(self.name, error) from error
        except ValueError as error:  # nfcpy looks a port up in /etc/services and reads the name as a number
            raise _no_reader(self._path) from error
        if self._frontend is None:
            raise _no_reader(self._path)
        return ReaderInfo(str(self._frontend.device), antennas=(1,))

    def _release(self) -> None:
        if self._frontend is not None:
            with self._translated():
                self._frontend.close()
            self._frontend = None

    def _turn(self) -> Sequence[Observation]:
        if self._tag is not None:
            time.sleep(TURN_S / 2)
        self._look(next(self._technologies))
        seen, self._seen = self._seen, []
        return seen

    def _look(self, technology: str) -> None:
        """See whether the tag is still there, or else whether another one came."""
        with self._translated():
            if self._tag is not None:
                if self._is_there(self._tag):
                    return
                self._tag = None
            target = self._frontend.sense(self._library.target(technology))
            tag = None if target is None else self._library.activate(self._frontend, target)
        if tag is None:
            return
        self._tag = tag
        try:
            found = read_link(self._access(tag))
            text, original = found.text, found.original
        except (TagUnsupported, ProtocolError):
            text, original = "", None
        except TagLost:
            self._tag = None
            return
        at = self._now()
        uid = bytes(tag.identifier)
        self._seen.append(Observation(self.name, 1, b"", at, at, 1, None, uid, text, original=original))

    def _is_there(self, tag: Any) -> bool:
        """Whether the very tag is still in the field; another one may have been laid in its place."""
        if tag.type != "Type2Tag":
            return bool(tag.is_present)
        try:
            head = bytes(tag.transceive(bytes((type2.READ, 0))))
        except self._library.errors:
            return False
        return head[:3] + head[4:8] == bytes(tag.identifier)

    def _on_tag(self, deed: Callable[[TagAccess], LinkTag]) -> LinkTag:
        """Do something with the tag in the field.

        Raises:
            TagLost: there is none, or it left.
        """
        for technology in self._types:
            self._look(technology)
            if self._tag is not None:
                break
        else:
            raise TagLost("No tag lies on {reader}.", remedy="Lay one tag on the reader.", reader=self.name)
        return deed(self._access(self._tag))

    def _access(self, tag: Any) -> TagAccess:
        """What can be done with a tag of nfcpy: types 2 and 4 by commands, the others as nfcpy does it."""
        uid = bytes(tag.identifier)
        model = str(getattr(tag, "product", "") or tag.type)

        def transceive(command: bytes) -> bytes:
            with self._translated():
                return bytes(tag.transceive(command) or b"")

        if tag.type == "Type2Tag":
            return ntag21x.access(transceive, native=_NXP_NTAG in model)
        if tag.type == "Type4Tag":
            return ntag424.access(transceive, uid, random=self._random)
        with self._translated():
            message = tag.ndef
        if message is None:
            raise TagUnsupported(
                "The tag {tid} is not formatted for links.", remedy="Take an NTAG215.", tid=uid.hex()
            )

        def read() -> bytes:
            with self._translated():
                _ = message.has_changed  # reads it anew
                return bytes(message.octets)

        def write(octets: bytes) -> None:
            with self._translated():
                message.octets = octets

        return TagAccess(model, uid, message.capacity, message.is_writeable, read, write)

    @contextmanager
    def _translated(self) -> Generator[None]:
        """Errors of nfcpy as ours: of a tag, of a device that is gone, of bytes that cannot be."""
        try:
            yield
        except self._library.errors as error:
            raise TagLost(
                "The tag left the reader {reader}.",
                remedy="Hold it still on the reader until it is done.",
                reader=self.name,
            ) from error
        except OSError as error:
            raise TransientConnectionError(
                "The reader {reader} is gone: {reason}.",
                remedy=CHECK_USB,
                reader=self.name,
                reason=os.strerror(error.errno) if error.errno else str(error),
            ) from error
        except (ValueError, IndexError, TypeError) as error:  # what nfcpy does with bytes it did not expect
            raise ProtocolError("The reader {reader} sent what cannot be.", reader=self.name) from error


def _no_reader(path: str) -> TransientConnectionError:
    return TransientConnectionError(
        "There is no NFC reader at {path} that can be opened.", remedy=CHECK_ALL, path=path
    )


def _unopened(name: str, error: OSError) -> TransientConnectionError | ReaderBusy:
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno == errno.EBUSY:
        return ReaderBusy("The reader {reader} is in use.", remedy=FREE_USB, reader=name)
    remedy = GRANT_USB if error.errno in {errno.EACCES, errno.EPERM} else CHECK_USB
    return TransientConnectionError(
        "The reader {reader} cannot be opened: {reason}.", remedy=remedy, reader=name, reason=reason
    )


def _usb_path(address: ReaderAddress) -> str:
    device = urlsplit(address.url).netloc
    if address.path not in {"", "/"} or not (device == "" or _USB_ID.fullmatch(device)):
        raise _no_address(address, "Write nfc+usb:// or nfc+usb://072f:2200 (vendor:product as in lsusb).")
    return f"usb:{device.lower()}" if device else "usb"


def _tty_path(address: ReaderAddress) -> str:
    port = _TTY.fullmatch(address.path)
    if address.host or address.port is not None or port is None:
        raise _no_address(address, "Write nfc+tty:///dev/ttyUSB0?driver=pn532.")
    return f"tty:{port[1]}"


def _udp_path(address: ReaderAddress) -> str:
    if not address.host or address.port is None or address.path not in {"", "/"}:
        raise _no_address(address, "Write nfc+udp://127.0.0.1:54321.")
    return f"udp:{address.host}:{address.port}"


def _no_address(address: ReaderAddress, remedy: str) -> ReaderConfigError:
    return ReaderConfigError(
        "{url} is not the address of an NFC reader.", where="url", remedy=remedy, url=address.url
    )
