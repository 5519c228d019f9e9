"""A link of an identified thing: where it leads, what is there, and for whom.

Source: GS1-Conformant Resolver Standard 1.0 (links and their attributes); RFC 8288, 9264 (target
attributes). The members are those of GS1's schema of linksets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, quote, urlsplit

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1.errors import shown
from suyuan.trace.resolver.link_types import DEPRECATED, HANDLED_BY, ROLES, link_type, short_name

LONGEST_ADDRESS = 2_000
LONGEST_TITLE = 200
MOST_LANGUAGES = 20
MOST_CONTEXTS = 20

_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:-([A-Za-z]{2}))?")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,99}")
_CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_OF_A_HOUSE = ("lan", "local", "internal", "localhost", "home.arpa")  # never names of the internet
_SAFE = "-._~:/?#[]@!$&'()*+,;=%"
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL"})


class Role(StrEnum):
    """Which link answers whoever asks for no type: the one ``default``, or one of the ``choices`` of it."""

    NONE = ""
    DEFAULT = "default"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Link:
    """One link. ``type`` is the media type of what is there, empty where nobody said.

    ``fwqs``: the query string of the request is passed on (the standard's default).
    """

    link_type: str
    href: str
    title: str
    hreflang: tuple[str, ...] = ()
    type: str = ""
    context: tuple[str, ...] = ()
    fwqs: bool = True
    role: Role = Role.NONE


def checked_link(link: Link) -> Link:
    """``link`` in canonical form.

    Raises ``InvalidInput`` whose ``where`` is the member at fault.
    """
    name = link_type(link.link_type)
    if name in ROLES:
        raise InvalidInput(
            "{type} says which link answers, not what it leads to",
            where="linkType",
            remedy="Give the link the type of what it leads to, and mark it as the default.",
            type=short_name(name),
        )
    if name == HANDLED_BY:  # of codes that are not known here, and of those it is the whole answer
        raise InvalidInput(
            "{type} is not given to single codes",
            where="linkType",
            remedy="Give the link the type of what it leads to; whole number ranges are handed over in "
            "SUYUAN_HANDLED_BY.",
            type=short_name(name),
        )
    if name in DEPRECATED:
        raise InvalidInput(
            "{type} is not used any more, {instead} has taken its place",
            where="linkType",
            remedy="Write that one.",
            type=short_name(name),
            instead=short_name(DEPRECATED[name]),
        )
    return Link(
        name,
        checked_address(link.href),
        _title(link.title),
        tuple(dict.fromkeys(map(_language, _few(link.hreflang, MOST_LANGUAGES, "hreflang")))),
        _media_type(link.type),
        tuple(dict.fromkeys(map(_context, _few(link.context, MOST_CONTEXTS, "context")))),
        link.fwqs,
        link.role,
    )


def checked_address(address: str) -> str:
    """``address`` if a browser may be sent there, its host in the letters of DNS.

    No user information, no bare numbers or names of one label (they lead into the network of whoever
    follows), no host of mixed scripts, also in Punycode (it looks like another one).
    Raises ``InvalidInput``.
    """
    if len(address) > LONGEST_ADDRESS:
        raise _refused("The address is longer than {limit} characters", limit=LONGEST_ADDRESS)
    parts = _taken_apart(address)
    if parts.scheme not in ("http", "https"):
        raise _refused("The address must begin with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise _refused("The address contains a user name")
    host = _host(parts.hostname or "")
    port = "" if parts.port is None else f":{parts.port}"
    rest = address.split("://", 1)[1]
    tail = quote(rest[len(parts.netloc) :] or "/", safe=_SAFE)  # as a browser sends it
    return f"{parts.scheme}://{host}{port}{tail}"


def _taken_apart(address: str) -> SplitResult:
    """The parts of ``address``; browsers leave out controls and turn backslashes around, we refuse them."""
    if any(ord(sign) <= ord(" ") or sign in "\\\x7f" for sign in address):
        raise _refused("The address has spaces, control characters or backslashes")
    try:
        parts = urlsplit(address)
        _ = parts.port  # is read only when it is asked for
    except ValueError as error:
        raise _refused("This is no web address") from error
    return parts


def _host(name: str) -> str:
    """The name of a host in the letters of DNS.

    Python's codec is IDNA 2003, browsers have IDNA 2008: where the two differ (``straße.de``), Punycode says
    which host is meant.
    """
    try:
        host = name.encode("idna").decode("ascii").lower()
        spelt = ".".join(map(_spelt, host.split(".")))
    except UnicodeError as error:
        raise _refused("{host} is no name of a host", host=shown(name)) from error
    for label in spelt.split("."):
        scripts = {script for letter in label if (script := _script(letter))}
        if len(scripts) > 1 and not scripts - {"LATIN"} <= _EAST_ASIAN:
            raise _refused("The host {host} mixes letters of several scripts", host=shown(name))
    if not name.isascii() and spelt != unicodedata.normalize("NFC", name.lower()):
        raise InvalidInput(
            "Programs read the host {host} in different ways",
            where="href",
            remedy="Write it in Punycode, such as xn--b9wnc.xn--fiqs8s.",
            host=shown(name),
        )
    if not _HOST.fullmatch(host) or f".{host}".endswith(tuple(f".{suffix}" for suffix in _OF_A_HOUSE)):
        raise _refused("{host} is no name of a host on the internet", host=shown(name))
    return host


def _spelt(label: str) -> str:
    """A label of DNS in the letters that a browser may show for it."""
    if not label.startswith("xn--"):
        return label
    spelt = label[4:].encode("ascii").decode("punycode")
    unseen = any(unicodedata.category(letter).startswith("C") for letter in spelt)
    if unseen or spelt.isascii() or spelt.encode("punycode") != label[4:].encode("ascii"):
        raise UnicodeError(label)
    return spelt


def _script(letter: str) -> str:
    """The script of a letter, as the first word of its Unicode name; empty for what every script shares."""
    return unicodedata.name(letter, "UNNAMED").split(" ")[0].split("-")[0] if letter.isalpha() else ""


def _refused(template: str, **fields: object) -> InvalidInput:
    return InvalidInput(
        template, where="href", remedy="Copy the address from a browser's address bar.", **fields
    )


def _title(title: str) -> str:
    words = " ".join(title.split())
    if not words or len(words) > LONGEST_TITLE:
        raise InvalidInput(
            "A link needs a title of at most {limit} characters",
            where="title",
            remedy="Say in a few words what people find there.",
            limit=LONGEST_TITLE,
        )
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn") for sign in words):
        raise InvalidInput(
            "The title has characters that cannot be seen",
            where="title",
            remedy="Type it anew instead of copying it.",
        )
    return words


def _few(told: Sequence[str], most: int, where: str) -> Sequence[str]:
    if len(told) > most:
        raise InvalidInput(
            "A link has at most {limit} of these", where=where, remedy="Make several links.", limit=most
        )
    return told


def _language(tag: str) -> str:
    found = _LANGUAGE.fullmatch(tag)
    if found is None:
        raise InvalidInput(
            "{tag} is no language of a linkset",
            where="hreflang",
            remedy="Write two letters, with a region where it matters: zh, zh-CN, en.",
            tag=shown(tag),
        )
    language, region = found.groups()
    return language.lower() if region is None else f"{language.lower()}-{region.upper()}"


def _media_type(name: str) -> str:
    folded = name.strip().lower()
    if folded and not _MEDIA_TYPE.fullmatch(folded):
        raise InvalidInput(
            "{type} is no media type",
            where="type",
            remedy="Write one such as text/html or application/pdf, without parameters.",
            type=shown(name),
        )
    return folded


def _context(word: str) -> str:
    if not _CONTEXT.fullmatch(word):
        raise InvalidInput(
            "{context} is no context",
            where="context",
            remedy="Write a word of letters and digits, such as a country's two letters.",
            context=shown(word),
        )
    return word
