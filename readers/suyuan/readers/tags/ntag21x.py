"""What NTAG213, 215 and 216 can beside holding a link: a password against writing, a counter, a signature.

The password is four bytes that go plain through the air at each writing. It keeps a tag from being rewritten
with any phone, and nothing from who listens to a writer. So each tag has its own, made of its UID: none tells
the next.

Source: NXP NTAG213/215/216 data sheet rev. 3.2 §8.5.7 (configuration), §8.8 (password), §10.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from suyuan.readers.errors import TagTaken, TagUnsupported, TagWriteError
from suyuan.readers.tags import type2
from suyuan.readers.tags.access import TagAccess, Transceive
from suyuan.readers.tags.originality import is_original
from suyuan.trace.sun import Role, SunKeys
from suyuan.trace.sun.ciphers import cmac

PASSWORD_AUTH, READ_COUNTER, READ_SIGNATURE = 0x1B, 0x39, 0x3C
PASSWORD_SIZE, PACK_SIZE = 4, 2
NEVER = 0xFF
"""First page that needs the password, where none does."""

_GUARDED = 2  # the lock bytes too, lest somebody locks the tag as it is
_LABEL = b"NTAG21x password"
_COUNTER_SIZE, _SIGNATURE_SIZE = 3, 32
_NFC_COUNTER = 0x02
_GUARDS_READING, _COUNTS = 0x80, 0x10


@dataclass(frozen=True, slots=True)
class Password:
    """The password of a tag, and what the tag answers to it (PACK)."""

    password: bytes
    pack: bytes


def password_of(keys: SunKeys, uid: bytes, version: int) -> Password:
    """The password of the tag ``uid`` under keys of ``version``."""
    made = cmac(keys.tag_key(Role.SPARE_4, uid, version), _LABEL)
    return Password(made[:PASSWORD_SIZE], made[PASSWORD_SIZE : PASSWORD_SIZE + PACK_SIZE])


def access(transceive: Transceive, *, native: bool = True) -> TagAccess:
    """What can be done with the Type 2 tag in the field, the password of NTAG21x included.

    Args:
        transceive: sends native commands.
        native: whether all of them reach the chip; many PC/SC readers pass on READ and WRITE alone.

    Raises:
        TagUnsupported: not an NDEF tag, or memory reserved in the midst of the data area.
        TagLost: the tag left first.
    """
    model = type2.version(transceive) if native else None
    layout = type2.inspect(transceive, model)
    found, chip = type2.access_of(transceive, layout), layout.chip
    if chip is None or not chip.lock_page or not native:
        return found

    def unlocked(keys: SunKeys) -> None:
        unlock(transceive, keys, layout.uid)

    def guarded(keys: SunKeys) -> None:
        guard(transceive, chip, keys, layout.uid)

    def original() -> bool | None:
        signed = signature(transceive)
        return is_original(layout.uid, signed) if signed else None

    # A chip that does not say which it is may fall silent at a command that it lacks.
    return replace(found, unlock=unlocked, guard=guarded, original=original if model else None)


def settings_page(chip: type2.Chip) -> int:
    """The page that says from which page on the password is needed; then access, password and PACK.

    Raises:
        TagUnsupported: the chip has no password.
    """
    if not chip.lock_page:
        raise TagUnsupported(
            "This tag ({model}) has no password.",
            remedy="Take an NTAG213, NTAG215 or NTAG216.",
            model=chip.model,
        )
    return chip.lock_page + 1


def unlock(transceive: Transceive, keys: SunKeys, uid: bytes) -> int:
    """Show the tag its password, so that it can be written until it leaves the field; the keys' version.

    A tag that was torn away while its password was renewed answers with the PACK of before.

    Raises:
        TagTaken: its password is not one of ours.
        TagLost: the tag left first.
    """
    known = {version: password_of(keys, uid, version) for version in keys.versions}
    packs = {bytes(PACK_SIZE), *(each.pack for each in known.values())}
    for version, each in known.items():
        if transceive(bytes((PASSWORD_AUTH,)) + each.password) in packs:
            return version
    raise TagTaken(
        "The tag {tid} has a password that is not in this key file.",
        remedy="Take a new tag; or use the key file with which this one was written.",
        tid=uid.hex(),
        carries=uid.hex(),
        link="",
    )


def guard(transceive: Transceive, chip: type2.Chip, keys: SunKeys, uid: bytes) -> None:
    """Let nobody write the tag's message, lock bytes or settings without its password; all may read it.

    Password and PACK are written first, and last what makes them needed: a tag that is torn away is as open
    as before, or guarded by the password that we know. The tag counts its readings from then on.

    Raises:
        TagUnsupported: the chip has no password.
        TagTaken: it has one that is not ours.
        TagWriteError: the tag refused, or does not know its password afterwards.
        TagLost: the tag left first.
    """
    page = settings_page(chip)
    known = password_of(keys, uid, keys.versions[0])
    settings = type2.read_pages(transceive, page)
    if settings[3] <= page + 3:
        unlock(transceive, keys, uid)
    access = settings[4] & ~_GUARDS_READING & 0xF8 | _COUNTS  # tries are not limited: who errs bricks nothing
    for at, data in (
        (page + 2, known.password),
        (page + 3, known.pack + b"\0\0"),
        (page + 1, bytes((access,)) + settings[5:8]),
        (page, settings[:3] + bytes((_GUARDED,))),
    ):
        type2.write_page(transceive, at, data)
    if transceive(bytes((PASSWORD_AUTH,)) + known.password) != known.pack:
        raise TagWriteError(
            "The tag {tid} does not take its new password.",
            remedy="Lay it on the reader once more; if that fails too, take another tag.",
            tid=uid.hex(),
        )


def open_again(transceive: Transceive, chip: type2.Chip, keys: SunKeys, uid: bytes) -> None:
    """Take the password off: all may write again.

    Raises:
        TagTaken, TagUnsupported, TagWriteError, TagLost: as for :func:`guard`.
    """
    page = settings_page(chip)
    unlock(transceive, keys, uid)
    settings = type2.read_pages(transceive, page)
    type2.write_page(transceive, page, settings[:3] + bytes((NEVER,)))


def counter(transceive: Transceive) -> int | None:
    """How often the tag was read since it counts; None where it does not, or has no counter."""
    answer = transceive(bytes((READ_COUNTER, _NFC_COUNTER)))
    return int.from_bytes(answer, "little") if len(answer) == _COUNTER_SIZE else None


def signature(transceive: Transceive) -> bytes:
    """The maker's signature over the UID (see :mod:`.originality`); empty where the chip has none."""
    answer = transceive(bytes((READ_SIGNATURE, 0)))
    return answer if len(answer) == _SIGNATURE_SIZE else b""
