"""The driver of PC/SC readers: ``pcsc://`` takes all, ``pcsc://ACR122U`` those whose name has that part.

Every reader is an antenna, in the order of the names. A card is told once when it comes, with its link as
``text`` (empty where it has none) and its UID as ``tid``.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import unquote

from suyuan.readers.address import COMMON_OPTIONS, Option, ReaderAddress, read_options
from suyuan.readers.blocking import TURN_S
from suyuan.readers.errors import (
    ProtocolError,
    ReaderBusy,
    ReaderConfigError,
    SeveralTags,
    TagLost,
    TagUnsupported,
    TransientConnectionError,
)
from suyuan.readers.links import LinkReader
from suyuan.readers.observation import Observation
from suyuan.readers.pcsc import service
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, ReaderInfo
from suyuan.readers.tags import ntag21x, ntag424, type2, type4
from suyuan.readers.tags.access import (
    LinkTag,
    TagAccess,
    Transceive,
    read_link,
)
from suyuan.readers.tags.ev2 import Random

_STORAGE_CARD = bytes.fromhex("804f0ca000000306")
"""In the ATR of a memory card (PC/SC part 3 §3.1.3.2.3); the byte after it says which standard."""
_TYPE_A_MEMORY = 0x03
_GET_UID = bytes.fromhex("ffca000000")
_DIRECT, _TO_TAG = bytes.fromhex("ff000000"), bytes.fromhex("d442")
_PN532_DONE = bytes.fromhex("d54300")
_PN532_VERSION, _PN532_SAYS = bytes.fromhex("ff00000002d402"), bytes.fromhex("d503")
_TRIES = 10
"""How often a card that lies there and does not answer is asked, once a turn, before it is left alone."""


class PcscReader(LinkReader):
    """All PC/SC readers whose name contains ``part`` (any case), as one reader."""

    OPTIONS: ClassVar[tuple[Option, ...]] = COMMON_OPTIONS

    def __init__(
        self,
        name: str,
        part: str = "",
        *,
        now: Callable[[], datetime],
        queue: int = DEFAULT_QUEUE,
        library: Callable[[], service.Scard] = service.load,
        random: Random = secrets.token_bytes,
    ) -> None:
        super().__init__(name, now=now, queue=queue)
        self._scard = library()
        self._part = part
        self._random = random
        self._context: Any = None
        self._antennas: dict[str, int] = {}
        self._states: dict[str, int] = {}
        self._cards: dict[str, tuple[int, bytes]] = {}
        self._pn532: dict[str, bool] = {}  # whether native commands pass
        self._unread: dict[str, int] = {}  # how often each was tried
        self._waiting: list[Observation] = []

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """The readers that ``pcsc://[part of the name]`` means.

        Raises:
            ReaderConfigError: a port or path, or a bad option.
            ImportError: pyscard is not installed.
        """
        if address.port is not None or address.path not in {"", "/"}:
            raise ReaderConfigError(
                "{url} is not the address of a PC/SC reader.",
                where="url",
                remedy="Write pcsc:// or pcsc://ACR122U; a blank in the name is written %20.",
                url=address.url,
            )
        options = read_options(address, cls.OPTIONS)
        part = unquote(address.host)
        return cls(options["name"] or part or "pcsc", part, now=now, queue=options["queue"])

    @property
    def capabilities(self) -> Capabilities:
        """Links read and written; a turn of the thread is a sign of life."""
        return Capabilities(tid=True, link=True, write_link=True, sign_link=True, keepalive_s=2.0)

    # In the thread

    def _open(self) -> ReaderInfo:
        status, context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
        if status != service.SUCCESS:
            raise service.failure(status, self.name)
        self._context = context
        names = self._ours()
        extra = {f"antenna {self._antennas[name]}": name for name in names}
        return ReaderInfo(names[0], antennas=tuple(self._antennas[name] for name in names), extra=extra)

    def _turn(self) -> Sequence[Observation]:
        seen, self._waiting = self._waiting, []
        return [*seen, *self._look(0 if seen else TURN_S)]

    def _release(self) -> None:
        if self._context is not None:
            self._scard.SCardReleaseContext(self._context)
            self._context = None

    def _ours(self) -> Sequence[str]:
        """The readers meant, each with its antenna; at least one.

        Raises:
            TransientConnectionError: there is none.
        """
        found = service.readers(self._scard, self._context)
        names = [name for name in sorted(found) if self._part.lower() in name.lower()]
        if not names:
            raise TransientConnectionError(
                "There is no PC/SC reader whose name contains {part!r}; there is: {found}.",
                remedy=service.CHECK_DEVICE,
                part=self._part,
                found=", ".join(found) or "none",
            )
        for name in names:
            self._antennas.setdefault(name, len(self._antennas) + 1)
        return names

    def _look(self, wait_s: float) -> list[Observation]:
        """The cards that came, waiting for a change for at most ``wait_s``."""
        names = self._ours()
        self._forget(names)
        if wait_s and any(self._unread.values()):
            time.sleep(wait_s)  # holding a card is a change too, so the service would not wait
            wait_s = 0
        states = [(name, self._states.get(name, 0)) for name in names]
        timeout_ms = 0 if self._unread and not wait_s else int(wait_s * 1000)
        status, changes = self._scard.SCardGetStatusChange(self._context, timeout_ms, states)
        if service.code(status) == service.UNKNOWN_READER:
            return []  # unplugged just now: the next look tells whether another is there
        if service.code(status) not in {service.SUCCESS, service.TIMEOUT}:
            raise service.failure(status, self.name)
        for name, event, atr in changes:
            self._note(name, event, bytes(octet & 0xFF for octet in atr))
        return [each for name in sorted(self._unread) for each in self._read(name)]

    def _forget(self, names: Sequence[str]) -> None:
        """Keep only what concerns these readers: what was unplugged begins anew."""
        for known in (self._states, self._cards, self._unread, self._pn532):
            for name in known.keys() - set(names):
                del known[name]

    def _note(self, name: str, event: int, atr: bytes) -> None:
        """Remember what lies on a reader; the upper half of ``event`` counts cards coming and going."""
        self._states[name] = event & ~self._scard.SCARD_STATE_CHANGED
        there = event & self._scard.SCARD_STATE_PRESENT and not event & self._scard.SCARD_STATE_MUTE
        if not there:
            self._cards.pop(name, None)
            self._unread.pop(name, None)
        elif self._cards.get(name) != (event >> 16, atr):
            self._cards[name] = (event >> 16, atr)
            self._unread[name] = 0

    def _read(self, name: str) -> list[Observation]:
        """The observation of a card that came; none if it went again, or while another program holds it.

        A card that the service still tells of may be lost for a moment, at the edge of the field or while it
        is powered; nobody would lift it to have it read.
        """
        try:
            with service.held(self._scard, self._context, name) as card:
                found = self._link_of(card, name)
        except ReaderBusy:
            return []  # and once more in the next turn
        except TagLost:
            self._unread[name] += 1
            if self._unread[name] >= _TRIES:
                del self._unread[name]
            return []
        del self._unread[name]
        at = self._now()
        uid, text, original = found
        antenna = self._antennas[name]
        return [Observation(self.name, antenna, b"", at, at, 1, None, uid, text, original=original)]

    def _link_of(self, card: service.Card, name: str) -> tuple[bytes, str, bool | None]:
        """UID, link and originality of a card; the empty text for one that is no tag for links."""
        try:
            found = read_link(self._access(card, name))
        except (TagUnsupported, ProtocolError):
            return _uid(card), "", None
        return found.tid, found.text, found.original

    def _on_tag(self, deed: Callable[[TagAccess], LinkTag]) -> LinkTag:
        """Do something with the one card that lies on the readers.

        Raises:
            TagLost: there is none, or it left.
            SeveralTags: there is more than one.
        """
        self._waiting += self._look(0)
        if not self._cards:
            raise TagLost("No tag lies on {reader}.", remedy="Lay one tag on the reader.", reader=self.name)
        if len(self._cards) > 1:
            raise SeveralTags(
                "Tags lie on {count} readers at once.",
                remedy="Leave only the one that is meant.",
                count=len(self._cards),
            )
        name = next(iter(self._cards))
        with service.held(self._scard, self._context, name) as card:
            return deed(self._access(card, name))

    def _access(self, card: service.Card, name: str) -> TagAccess:
        _, atr = self._cards[name]
        at = atr.find(_STORAGE_CARD)
        if at < 0:
            return ntag424.access(card.transmit, _uid(card), random=self._random)
        if atr[at + len(_STORAGE_CARD)] != _TYPE_A_MEMORY:
            raise TagUnsupported("This kind of memory card cannot hold a link.", remedy="Take an NTAG215.")
        if name not in self._pn532:
            self._pn532[name] = _has_pn532(card)
        through = self._pn532[name]
        return ntag21x.access(_memory(card, through=through), native=through)


def _uid(card: service.Card) -> bytes:
    answer = card.transmit(_GET_UID)
    return answer[:-2] if answer[-2:] == type4.DONE else b""


def _has_pn532(card: service.Card) -> bool:
    """Whether the reader passes native commands on, as those with a PN532 do whatever their name is."""
    answer = card.transmit(_PN532_VERSION)
    return answer[:2] == _PN532_SAYS and answer[-2:] == type4.DONE


def _memory(card: service.Card, *, through: bool) -> Transceive:
    """Native commands of a Type 2 tag, as the pseudo-APDUs of PC/SC part 3; ``through``: there is a PN532."""

    def transceive(command: bytes) -> bytes:
        page = command[1:2]
        if command[0] == type2.READ:
            answer = card.transmit(b"\xff\xb0\x00" + page + b"\x10")
            return answer[:-2] if answer[-2:] == type4.DONE else refused()
        if command[0] == type2.WRITE:
            answer = card.transmit(b"\xff\xd6\x00" + page + b"\x04" + command[2:])
            return b"\x0a" if answer[-2:] == type4.DONE else refused()
        through_it = _DIRECT + bytes((len(_TO_TAG) + len(command),)) + _TO_TAG + command
        answer = card.transmit(through_it) if through else b""
        if answer[:3] == _PN532_DONE and answer[-2:] == type4.DONE:
            return answer[3:-2]
        card.reset()  # a chip that does not know the command is silent until it is selected again
        return b""

    def refused() -> bytes:
        """Not acknowledged; readers say the same of a tag that is gone, so ask for its UID."""
        if not _uid(card):
            raise TagLost("The tag left the reader.", remedy="Hold it still on the reader until it is done.")
        return b"\x00"

    return transceive
