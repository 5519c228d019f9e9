"""NTAG 424 DNA made to sign each tap: keys of its own, a link with places for UID, counter and MAC.

Signing a tag is a series of commands, and a tag may be torn away behind any of them. The key that changes
the others goes last, so at every moment it is the maker's or one of ours, and whoever lays the tag down again
goes on: each step first looks what is there. A tag whose keys are neither is another's, and is left alone.

Sources: NXP NT4H2421Gx §8.2 (files, rights), §9.3 (secure dynamic messaging), §10 (commands); AN12196 §6.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from suyuan.readers.errors import (
    NdefError,
    ProtocolError,
    ReaderConfigError,
    TagTaken,
    TagTooSmall,
    TagUnsupported,
    TagWriteError,
)
from suyuan.readers.tags import ndef, type4
from suyuan.readers.tags.access import LinkTag, TagAccess, Transceive, check_free, web_link
from suyuan.readers.tags.ev2 import (
    ADDITIONAL,
    INTEGRITY_ERROR,
    MORE,
    OK,
    Channel,
    Random,
    Refused,
    authenticate,
    wrapped,
)
from suyuan.readers.tags.originality import is_original
from suyuan.trace.sun import Role, SignedBefore, SunError, SunKeys, sun_of, verify
from suyuan.trace.sun.ciphers import BLOCK
from suyuan.trace.sun.keys import UID_SIZE
from suyuan.trace.sun.messages import COUNTER, ENCRYPTED, FILE, MAC, PLAIN_UID

MODEL = "NTAG 424 DNA"
GET_VERSION, GET_UID, GET_KEY_VERSION, CHANGE_KEY = 0x60, 0x51, 0x64, 0xC4
GET_SETTINGS, CHANGE_SETTINGS, READ_SIGNATURE = 0xF5, 0x5F, 0x3C
FILE_NUMBER = 2
"""The file of the NDEF message."""
FACTORY_KEY, FACTORY_VERSION = bytes(BLOCK), 0
OPEN = bytes.fromhex("00e0ee")
"""Settings of the file as it is sold: plain, all may read and write it, key 0 changes the settings."""

# Signing, plain; key 0 may write and change it, all may read. UID and counter are mirrored in hexadecimal;
# key 0 asks for the counter, META_READ encrypts, FILE_READ signs.
_SIGNING = bytes.fromhex("4000e0c1f0") + bytes((Role.META_READ << 4 | Role.FILE_READ,))
_VENDOR, _NTAG, _MAJOR = 0x04, 0x04, 0x30
_VERSION_SIZES = (7, 7, 14)
_SETTINGS_HEAD = 7
_SIGNATURE_SIZE, _SIGNED = 56, b"\x91\x90"
_OFFSET = 3
_ENCRYPTED_DIGITS, _MAC_DIGITS = 32, 16


@dataclass(frozen=True, slots=True)
class Template:
    """What is written for a link: the message, with zeros where the tag puts what it signs.

    ``settings`` are those of the file, as ChangeFileSettings takes them (§10.7.1); they say where that is.
    """

    url: str
    message: bytes
    settings: bytes


def template_of(link: str) -> Template:
    """The template for ``link``, which may carry a query of its own.

    >>> template_of("https://id.example/01/06901234567892/21/7").url[-55:]
    '7?e=00000000000000000000000000000000&c=0000000000000000'

    Raises:
        ReaderConfigError: no web link, or one with a fragment or with parameters that are the signature's.
    """
    parts = urlsplit(web_link(link))
    names = {part.partition("=")[0].lower() for part in parts.query.split("&")}
    taken = names.intersection((*ENCRYPTED, *PLAIN_UID, *COUNTER, *FILE, *MAC))
    if parts.fragment or link.endswith("#") or taken:
        raise ReaderConfigError(
            "{link} cannot be signed: {fault}.",
            where="link",
            remedy="Give the link without what stands behind '#', and without e and c in its query.",
            link=link[:200],
            fault="it has a fragment" if parts.fragment or link.endswith("#") else "it is signed already",
        )
    joint = "&" if parts.query else "" if link.endswith("?") else "?"
    url = f"{link}{joint}{ENCRYPTED[0]}={'0' * _ENCRYPTED_DIGITS}&{MAC[0]}={'0' * _MAC_DIGITS}"
    message = ndef.encode([ndef.uri_record(url)])
    mac_at = type4.LENGTH_SIZE + len(message) - _MAC_DIGITS
    picc_at = mac_at - len(f"&{MAC[0]}=") - _ENCRYPTED_DIGITS
    offsets = b"".join(at.to_bytes(_OFFSET, "little") for at in (picc_at, mac_at, mac_at))
    return Template(url, message, _SIGNING + offsets)


def sign(
    transceive: Transceive,
    link: str,
    keys: SunKeys,
    *,
    random: Random,
    overwrite: bool = False,
    signed_before: SignedBefore | None = None,
) -> LinkTag:
    """Make the tag in the field sign each tap of ``link``, under the newest keys; then tap it and verify.

    A tag that does so already is only tapped. To give it another link starts its counter anew, so that takes
    newer keys than it has. What has the maker's keys and was ``signed_before`` gets none of ours. The
    result's ``text`` is the link of the tap.

    Raises:
        ReaderConfigError: see :func:`template_of`.
        TagUnsupported: no NTAG 424 DNA, one without a UID of its own, or set to LRP.
        TagTooSmall: the link does not fit.
        TagTaken: the tag names another object and ``overwrite`` is not given; or its keys are not ours, not
            those of the tag that was signed under its UID, or the newest already with another link.
        TagLost: the tag left first. Lay it down again and call once more.
        TagWriteError: it refused, or did not tap as it should; the same.
        ProtocolError: an answer is not that of the tag.
    """
    template = template_of(link)
    uid = identify(transceive)
    layout = type4.inspect(transceive)
    if len(template.message) > layout.capacity:
        raise TagTooSmall(
            "The signed link needs {needed} bytes, and the tag has {there}.",
            remedy="Take a shorter link: the signature takes 53 characters of it.",
            needed=len(template.message),
            there=layout.capacity,
        )
    held = _held(transceive, layout)
    if not overwrite:
        check_free(held, link)
    bound = signed_before is not None and signed_before(uid)
    signer = _Signer(transceive, keys, random, uid, bound=bound)
    channel = signer.with_template(layout, template, held)
    for role in (Role.META_READ, Role.FILE_READ, Role.SPARE_3, Role.SPARE_4):
        signer.change_key(channel, role)
    if _settings(channel) != template.settings:
        channel.command(CHANGE_SETTINGS, bytes((FILE_NUMBER,)), template.settings, full=True)
    signer.change_key(channel, Role.APPLICATION)
    signer.check_keys()
    url = _held(transceive, layout)
    if _blanked(url) != template.url or not _is_tap(url, keys, uid):
        raise TagWriteError(
            "The tag {tid} does not sign as it was told to.",
            remedy="Lay it on the reader once more; if that fails too, take another tag.",
            tid=uid.hex(),
        )
    return LinkTag(MODEL, uid, layout.capacity, url, writable=False)


def access(transceive: Transceive, tid: bytes, *, random: Random) -> TagAccess:
    """What can be done with the Type 4 tag in the field, signing included if it is an NTAG 424 DNA.

    Raises:
        TagUnsupported: a card without NDEF application, or one that must not be read.
        TagLost: the tag left first.
    """

    def signed(link: str, keys: SunKeys, overwrite: bool, signed_before: SignedBefore | None) -> LinkTag:
        return sign(transceive, link, keys, random=random, overwrite=overwrite, signed_before=signed_before)

    def original() -> bool | None:
        made = signature(transceive)
        return is_original(tid, made) if made else None

    return replace(type4.access(transceive, tid), sign=signed, original=original)


def signature(transceive: Transceive) -> bytes:
    """The maker's signature over the UID (see :mod:`.originality`); empty where the chip has none.

    Asked without a session, in which the answer comes plain (NXP NT4H2421Gx §10.11, Read_Sig).
    """
    answer = transceive(wrapped(READ_SIGNATURE, b"\0"))
    done = answer[-2:] in (OK, _SIGNED) and len(answer) == _SIGNATURE_SIZE + 2
    return answer[:_SIGNATURE_SIZE] if done else b""


def identify(transceive: Transceive) -> bytes:
    """The UID of the NTAG 424 DNA in the field, as it says it without proof.

    Raises:
        TagUnsupported: it is another chip, or it was set to make up a UID for each session.
        TagLost: the tag left first.
    """
    type4.select_application(transceive)
    frames: list[bytes] = []
    for number, size in enumerate(_VERSION_SIZES):
        answer = transceive(wrapped(MORE if number else GET_VERSION))
        last = number == len(_VERSION_SIZES) - 1
        if answer[-2:] != (OK if last else ADDITIONAL) or len(answer) < size + 2:
            raise _no_424()
        frames.append(answer[:-2])
    hardware, uid = frames[0], frames[-1][:UID_SIZE]
    if (hardware[0], hardware[1], hardware[3]) != (_VENDOR, _NTAG, _MAJOR) or not any(uid):
        raise _no_424()
    return uid


@dataclass(frozen=True, slots=True)
class _Signer:
    """A tag that is being signed, and what is needed for it; ``bound``: its UID was signed before."""

    transceive: Transceive
    keys: SunKeys
    random: Random
    uid: bytes
    bound: bool

    @property
    def version(self) -> int:
        return self.keys.versions[0]

    def key(self, role: Role, version: int) -> bytes:
        return FACTORY_KEY if version == FACTORY_VERSION else self.keys.tag_key(role, self.uid, version)

    def enter(self, *, ours_first: bool) -> Channel:
        """A session under key 0, be it the maker's or ours; a wrong try is counted by the tag.

        The maker's is public and proves nothing of the UID: where that is ``bound``, ours alone are tried.

        Raises:
            TagTaken: it is neither.
            ProtocolError: the tag proves to have another UID than it said.
        """
        type4.select_application(self.transceive)
        ours = self.keys.versions
        makers = () if self.bound else (FACTORY_VERSION,)
        for version in (*ours, *makers) if ours_first else (*makers, *ours):
            key = self.key(Role.APPLICATION, version)
            channel = authenticate(self.transceive, Role.APPLICATION, key, self.random)
            if channel is not None:
                if channel.command(GET_UID, full=True) != self.uid:
                    raise ProtocolError("The tag has another UID than it said.", remedy="Take another tag.")
                return channel
        if self.bound:
            raise self._taken(
                "The tag {tid} was signed before, and this one does not have its keys.",
                "Take a new tag, and keep this one for whoever looks into it: it may be an imitation.",
            )
        raise self._anothers()

    def with_template(self, layout: type4.Layout, template: Template, held: str) -> Channel:
        """A session with the tag once it holds the template; ``held`` is the link that was on it.

        Raises:
            TagTaken: it has signed another one with our newest keys.
        """
        channel = self.enter(ours_first=bool(held))
        settings = _settings(channel)
        if settings == template.settings and _blanked(held) == template.url:
            return channel
        # A tag can sign from its settings on, and has been able to where its last key is ours.
        told_by = Role.APPLICATION if settings == OPEN else Role.FILE_READ
        if channel.command(GET_KEY_VERSION, bytes((told_by,))) == bytes((self.version,)):
            raise self._taken(
                "The tag {tid} has signed another link with these keys: with a new one it would count anew,"
                " and taps kept from before would count as new.",
                "Take a new tag, or add a newer version of keys to the key file.",
            )
        if settings != OPEN:
            channel.command(CHANGE_SETTINGS, bytes((FILE_NUMBER,)), OPEN, full=True)
        type4.write_message(self.transceive, layout, template.message)
        return self.enter(ours_first=bool(held))

    def change_key(self, channel: Channel, role: Role) -> None:
        """Give the tag our newest key in ``role``, unless it has it already.

        Raises:
            TagTaken: the one that it has is neither the maker's nor ours.
        """
        had = int.from_bytes(channel.command(GET_KEY_VERSION, bytes((role,))), "big")
        if had == self.version:
            return
        if had not in (FACTORY_VERSION, *self.keys.versions):
            raise self._anothers()
        new, old = self.key(role, self.version), self.key(role, had)
        if role is Role.APPLICATION:
            data = new + bytes((self.version,))
        else:
            changed = bytes(a ^ b for a, b in zip(new, old, strict=True))
            data = changed + bytes((self.version,)) + checksum(new)
        try:
            own = role is Role.APPLICATION
            channel.command(CHANGE_KEY, bytes((role,)), data, full=True, ends=own)
        except Refused as error:
            if error.status_word == INTEGRITY_ERROR:  # the old key is not the one whose version it bears
                raise self._anothers() from error
            raise

    def check_keys(self) -> None:
        """See that the tag has all our keys.

        Raises:
            TagWriteError: it has not.
        """
        type4.select_application(self.transceive)
        for role in Role:
            key = self.key(role, self.version)
            if authenticate(self.transceive, role, key, self.random) is None:
                raise TagWriteError(
                    "The tag {tid} has another key {number} than it was given.",
                    remedy="Take another tag, and keep this one for whoever looks into it.",
                    tid=self.uid.hex(),
                    number=int(role),
                )

    def _anothers(self) -> TagTaken:
        return self._taken(
            "The tag {tid} was signed with keys that are not in this key file.",
            "Take a new tag; or use the key file with which this one was signed.",
        )

    def _taken(self, template: str, remedy: str) -> TagTaken:
        return TagTaken(
            template,
            remedy=remedy,
            tid=self.uid.hex(),
            carries=self.uid.hex(),
            link="",
        )


def checksum(key: bytes) -> bytes:
    """CRC-32 of a new key as ChangeKey takes it: not inverted at the end, little endian.

    >>> checksum(bytes.fromhex("F3847D627727ED3BC9C4CC050489B966")).hex().upper()
    '789DFADC'
    """
    return (zlib.crc32(key) ^ 0xFFFFFFFF).to_bytes(4, "little")


def _settings(channel: Channel) -> bytes:
    """The settings of the file in the form of ChangeFileSettings."""
    answer = channel.command(GET_SETTINGS, bytes((FILE_NUMBER,)))
    return answer[1:4] + answer[_SETTINGS_HEAD:]


def _held(transceive: Transceive, layout: type4.Layout) -> str:
    """The link on the tag, which on a signing tag is a new one each time; empty where it has none."""
    try:
        return ndef.link(type4.read_message(transceive, layout))
    except NdefError:
        return ""


def _blanked(url: str) -> str:
    """``url`` with zeros for what the tag signs with: its template, if it is the link of a tap."""
    tail = len(f"{ENCRYPTED[0]}=&{MAC[0]}=") + _ENCRYPTED_DIGITS + _MAC_DIGITS
    return f"{url[:-tail]}{ENCRYPTED[0]}={'0' * _ENCRYPTED_DIGITS}&{MAC[0]}={'0' * _MAC_DIGITS}"


def _is_tap(url: str, keys: SunKeys, uid: bytes) -> bool:
    try:
        tap = verify(sun_of(url), keys)
    except SunError:
        return False
    return (tap.uid, tap.version) == (uid, keys.versions[0])


def _no_424() -> TagUnsupported:
    return TagUnsupported(
        "The tag cannot sign: it is no NTAG 424 DNA, or it makes up a UID for each session.",
        remedy="Take an NTAG 424 DNA as it comes from the maker.",
    )
