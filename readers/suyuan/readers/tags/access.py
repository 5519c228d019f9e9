"""A tag's message, whatever kind of tag it is on; and a link in it, written so that it can be relied upon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from suyuan.readers.errors import (
    NdefError,
    ReaderConfigError,
    TagLocked,
    TagTaken,
    TagTooSmall,
    TagUnsupported,
    TagWriteError,
    UnsupportedOperation,
)
from suyuan.readers.tags import ndef
from suyuan.trace.gs1 import Identifier, IdentifierError, scanned
from suyuan.trace.sun import SignedBefore, SunKeys

Transceive = Callable[[bytes], bytes]
"""Sends a command to the tag in the field and returns its answer, empty or short where the tag refuses.

Raises:
    TagLost: no answer came.
"""

_PASSWORDS = "Take an NTAG215 and a reader with a PN532, such as ACR122U. An NTAG 424 DNA signs instead."
MOST_CHARACTERS = 2000
"""Longest link that is written: no tag of ours holds more, and no reader of links understands more."""


@dataclass(frozen=True, slots=True)
class TagAccess:
    """What can be done with the tag in the field.

    ``capacity`` is the longest message in bytes; ``write`` leaves an empty tag if it is torn; ``lock`` makes
    the tag read-only for ever and is None where this kind of tag cannot; ``sign`` makes it sign each tap of
    a link (whether to overwrite another object's; which were signed before), and is None likewise.
    ``guarded``: it can only be written once ``unlock`` has shown it its password; ``guard`` gives it one.
    ``patch`` writes a message of the length of the one that is there, and of it only what differs, from the
    left. ``original`` is whether the signature of the chip's maker is right, None where it has none.
    """

    model: str
    tid: bytes
    capacity: int
    writable: bool
    read: Callable[[], bytes]
    write: Callable[[bytes], None]
    lock: Callable[[], None] | None = None
    sign: Callable[[str, SunKeys, bool, SignedBefore | None], LinkTag] | None = None
    guarded: bool = False
    unlock: Callable[[SunKeys], None] | None = None
    guard: Callable[[SunKeys], None] | None = None
    patch: Callable[[bytes], None] | None = None
    original: Callable[[], bool | None] | None = None


@dataclass(frozen=True, slots=True)
class LinkTag:
    """A tag as it was found or left: ``text`` is its link as it stands, empty where it has none.

    ``original``: whether its maker signed the number of the chip; None where nobody looked, or it has no
    signature. Who emulates a chip can emulate that as well.
    """

    model: str
    tid: bytes
    capacity: int
    text: str
    writable: bool
    original: bool | None = None


def read_link(tag: TagAccess) -> LinkTag:
    """The link on ``tag``; a message that cannot be read counts as none.

    Raises:
        TagLost: the tag left first.
    """
    try:
        text = ndef.link(tag.read())
    except NdefError:
        text = ""
    original = None if tag.original is None else tag.original()
    return LinkTag(tag.model, tag.tid, tag.capacity, text, tag.writable, original)


def renew_link(
    tag: TagAccess, chip: bytes, before: str, after: str, *, keys: SunKeys | None = None
) -> LinkTag:
    """Write ``after`` in place of ``before`` on the tag of number ``chip``, and read it back.

    Where both are of one length and the tag allows it, only what differs is written, from the left: a tag
    that is torn away says something between the two, and never loses its link. ``keys`` show it its password.

    Raises:
        TagTaken: another tag lies there, or it says something else than ``before``; nothing was written.
        ReaderConfigError, TagLocked, TagTooSmall, TagUnsupported: likewise nothing was written.
        TagLost: the tag left first, whatever was written by then.
        TagWriteError: the tag refused, or something else was read back.
    """
    message = ndef.encode([ndef.uri_record(web_link(after))])
    held = tag.read()
    if tag.tid != chip or held != (ndef.encode([ndef.uri_record(web_link(before))]) if before else b""):
        raise TagTaken(
            "Another tag lies there, or it says something else by now: {tid}.",
            remedy="Lay one tag down and hold it still.",
            tid=tag.tid.hex(),
            carries=tag.tid.hex(),
            link=after,
        )
    _check_writable(tag, keys)
    _check_fits(tag, message)
    if keys is not None and tag.guarded and tag.unlock is not None:
        tag.unlock(keys)
    if tag.patch is not None and len(held) == len(message):
        tag.patch(message)
    else:
        tag.write(message)
    try:
        said = tag.read()
    except (NdefError, TagUnsupported):  # it was written: what it says now is in doubt
        said = None
    if said != message:
        raise _said_otherwise(tag)
    return LinkTag(tag.model, tag.tid, tag.capacity, after, tag.writable)


def write_link(
    tag: TagAccess,
    link: str,
    *,
    lock: bool = False,
    overwrite: bool = False,
    keys: SunKeys | None = None,
) -> LinkTag:
    """Write ``link`` on ``tag``, read it back, compare, and only then lock it if told to.

    With ``keys`` it gets a password made of them: all may read it, and only who has them may write it again.

    Raises:
        ReaderConfigError: ``link`` is no web link.
        TagLocked: the tag is read-only, or has a password and ``keys`` are not given.
        TagTooSmall: it does not fit.
        TagTaken: the tag names another object and ``overwrite`` is not given, or its password is not ours.
        UnsupportedOperation: this kind of tag cannot be locked, or has no password; nothing was written.
        TagLost: the tag left first; it is as before, empty, or complete, never half a link.
        TagWriteError: the tag refused, or something else was read back.
    """
    message = ndef.encode([ndef.uri_record(web_link(link))])
    _check_writable(tag, keys)
    if keys is not None and tag.guard is None:
        raise UnsupportedOperation(
            "This tag ({model}) gets no password from this reader.",
            remedy=_PASSWORDS,
            model=tag.model,
        )
    if lock and tag.lock is None:
        raise UnsupportedOperation(
            "A {model} tag cannot be locked by this driver.", remedy="Write it without lock.", model=tag.model
        )
    _check_fits(tag, message)
    found = read_link(tag)
    before = found.text
    if not overwrite:
        check_free(before, link)
    if keys is not None and tag.guarded and tag.unlock is not None:
        tag.unlock(keys)
    tag.write(message)
    if tag.read() != message:
        raise _said_otherwise(tag)
    if keys is not None and tag.guard is not None:
        tag.guard(keys)
    if lock and tag.lock is not None:
        tag.lock()
    return LinkTag(tag.model, tag.tid, tag.capacity, link, tag.writable and not lock, found.original)


def sign_link(
    tag: TagAccess,
    link: str,
    keys: SunKeys,
    *,
    overwrite: bool = False,
    signed_before: SignedBefore | None = None,
) -> LinkTag:
    """Make ``tag`` sign each tap of ``link``, and see that it does; see :func:`..ntag424.sign`.

    Raises:
        UnsupportedOperation: this kind of tag cannot sign; nothing was written.
        ReaderConfigError, TagLost, TagTaken, TagTooSmall, TagUnsupported, TagWriteError: see there.
    """
    if tag.sign is None:
        raise UnsupportedOperation(
            "This tag ({model}) cannot sign.",
            remedy="Take an NTAG 424 DNA, or write it unsigned.",
            model=tag.model,
        )
    return tag.sign(link, keys, overwrite, signed_before)


def uid_of(tag: LinkTag) -> str:
    """The number of the tag in hexadecimal capitals.

    Raises:
        TagUnsupported: it does not tell it, so that it could not be told from another tag.
    """
    if not tag.tid:
        raise TagUnsupported("The tag does not tell its number.", remedy="Take an NTAG215.")
    return tag.tid.hex().upper()


def clear_link(tag: TagAccess) -> LinkTag:
    """Take the message off ``tag`` and see that it is gone.

    Raises:
        TagLocked: the tag is read-only, or has a password.
        TagLost: the tag left first; it is as before, or empty.
        TagWriteError: the tag refused, or still says something.
    """
    _check_writable(tag, None)
    tag.write(b"")
    if tag.read():
        raise _said_otherwise(tag)
    return LinkTag(tag.model, tag.tid, tag.capacity, "", tag.writable)


def _said_otherwise(tag: TagAccess) -> TagWriteError:
    return TagWriteError(
        "The tag {tid} does not say what was written on it.",
        remedy="Write it once more; if that fails too, take another tag.",
        tid=tag.tid.hex(),
    )


def _check_fits(tag: TagAccess, message: bytes) -> None:
    if len(message) > tag.capacity:
        raise TagTooSmall(
            "The link needs {needed} bytes, and the {model} tag has {there}.",
            remedy="Take a tag with more memory, such as NTAG215, or a shorter link.",
            needed=len(message),
            there=tag.capacity,
            model=tag.model,
        )


def _check_writable(tag: TagAccess, keys: SunKeys | None) -> None:
    if not tag.writable:
        raise TagLocked("The tag {tid} is locked.", remedy="Take another tag.", tid=tag.tid.hex())
    if tag.guarded and keys is None:
        raise TagLocked(
            "The tag {tid} has a password.",
            remedy="Write it with the key file that gave it the password, or take another tag.",
            tid=tag.tid.hex(),
        )


def web_link(link: str) -> str:
    """``link``, once it is a web link that a phone opens.

    Raises:
        ReaderConfigError: it is none.
    """
    try:
        parts = urlsplit(link)
        fit = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fit = False
    if not (
        fit and link.isascii() and link.isprintable() and " " not in link and len(link) <= MOST_CHARACTERS
    ):
        raise ReaderConfigError(
            "{link!a} is no web link that can be written on a tag.",
            where="link",
            remedy="Write https://host/01/… in ASCII, everything else percent-encoded.",
            link=link[:200],
        )
    return link


def check_free(before: str, link: str) -> None:
    """Raise :class:`TagTaken` if a tag that says ``before`` belongs to another object than ``link`` names."""
    old, new = _object(before), _object(link)
    if old is not None and (new is None or old.key != new.key):
        raise TagTaken(
            "The tag belongs to {carries}.",
            remedy="Take a new tag, or tell to overwrite it if that object no longer exists.",
            carries=old.key,
            link=link,
        )


def _object(text: str) -> Identifier | None:
    try:
        found = scanned(text)
    except IdentifierError:
        return None
    return found if (found.ais or found.own) and found.kind != "product" else None
