"""Addresses of readers: ``scheme://host:port/path?option=value``, checked against a driver's option table."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from suyuan.readers.errors import ReaderConfigError

MAX_URL = 2048
"""Longest address accepted, in characters."""


_PASSWORD = re.compile(
    r"^([^:/?#]*:/+[^:/?#@]*:|[^:/?#]*:[^:/?#@]*:|[^:/?#@]*:(?!//))(?:[^/?#]*@|.*@)", re.DOTALL
)
"""From the scheme to the end of the password, even of one with '/', '?' or '#' in it, which is not valid, and
where the slashes or the whole scheme are missing."""
_IPV6 = 6
_WITH_USER = frozenset(("impinj+http", "impinj+https", "mqtt", "mqtts"))
"""Schemes whose readers ask who is there."""
_NO_PORT = frozenset(("nfc+usb",))
"""Schemes in which a colon after the host begins something else than a port."""


@dataclass(frozen=True, slots=True)
class ReaderAddress:
    """A reader's URL in its parts; ``options`` keeps the text of the query, still unchecked.

    ``url`` may be shown: its password is left out. ``password`` may not, and a ``repr`` does not.
    """

    url: str
    scheme: str
    host: str
    port: int | None
    path: str
    options: Mapping[str, str]
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a driver's URL: this table feeds parsing, error messages and help alike.

    ``hidden``: no error tells its value, which may be a password that was meant for elsewhere.
    """

    name: str
    parse: Callable[[str], Any]
    default: Any
    help: str
    hidden: bool = False


def spelled_out(text: str) -> tuple[str, ...]:
    """The addresses that ``text`` may mean, likeliest first; one with a scheme is meant as it stands.

    A bare host, with or without a port, is where a UHF reader is; a bare device file is a serial port.

    >>> spelled_out("192.168.1.50")
    ('llrp://192.168.1.50',)
    """
    bare = text.strip()
    if "://" in bare or not bare:
        return (bare,)
    if bare.startswith("/dev/"):
        return (f"serial://{bare}", f"nfc+tty://{bare}")
    try:
        host = f"[{bare}]" if ip_address(bare).version == _IPV6 else bare
    except ValueError:
        host = bare
    return (f"llrp://{host}",)


def redacted(url: str) -> str:
    """``url`` as it may be shown and logged: without the password that may be in it.

    >>> redacted("mqtts://dock:secret@broker.example/rfid")
    'mqtts://dock:***@broker.example/rfid'
    """
    return _PASSWORD.sub(r"\g<1>***@", url)


def parse_address(url: str) -> ReaderAddress:
    """The parts of a reader's URL.

    Raises:
        ReaderConfigError: no scheme, a bad port, a user name where its readers take none, an option given
            twice, or too long.
    """
    if len(url) > MAX_URL:
        raise ReaderConfigError(
            "A reader's address has at most {limit} characters.", where="url", limit=MAX_URL
        )
    if not url.isprintable():
        raise ReaderConfigError(
            "The reader's address {url!a} has characters that cannot be printed.",
            where="url",
            url=redacted(url),
        )
    shown = redacted(url)
    try:
        parts = urlsplit(url)
        port = None if parts.scheme.lower() in _NO_PORT else parts.port
        (parts.hostname or "").encode("idna")  # what no name server can be asked for
    except ValueError as error:
        raise ReaderConfigError(
            "{url} is not a valid address: {reason}.", where="url", url=shown, reason=_reason(error, url)
        ) from error
    if not parts.scheme or "://" not in url:
        raise ReaderConfigError(
            "{url} has no scheme.", where="url", remedy="Write an address such as llrp://10.0.0.5.", url=shown
        )
    if (parts.username, parts.password) != (None, None) and parts.scheme.lower() not in _WITH_USER:
        raise ReaderConfigError(
            "The address of a reader must not carry a user name or password.",
            where="url",
            remedy="Give credentials in the settings of the station: addresses are logged.",
        )
    if parts.fragment:
        raise ReaderConfigError(
            "{url} has a part after '#', which means nothing here.",
            where="url",
            remedy="Leave it out; in the topic of a broker write %23 for '#'.",
            url=shown,
        )
    return ReaderAddress(
        shown,
        parts.scheme.lower(),
        parts.hostname or "",
        port,
        unquote(parts.path),
        _query(shown, parts.query),
        None if parts.username is None else unquote(parts.username),
        None if parts.password is None else unquote(parts.password),
    )


def _reason(error: ValueError, url: str) -> str:
    """Why an address cannot be read; urllib quotes what it takes for a port, which may be a password."""
    return "the port or the password cannot be read" if redacted(url) != url else str(error)


def _query(url: str, query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=64)
    except ValueError as error:
        raise ReaderConfigError(
            "The options of {url} cannot be read: {reason}.",
            where="options",
            remedy="Write ?name=value&name=value.",
            url=url,
            reason=str(error),
        ) from error
    for name, value in pairs:
        if name in options:
            raise ReaderConfigError("The option {option} is given twice.", where=name, option=name)
        options[name] = value
    return options


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """``"; did you mean x?"`` for a near miss, else an empty string."""
    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def read_options(address: ReaderAddress, table: Sequence[Option]) -> dict[str, Any]:
    """The values of all options of ``table``, defaults filled in.

    Raises:
        ReaderConfigError: an option that the table does not have, or a value that its parser refuses;
            the message names the valid options or the reason.
    """
    names = {option.name: option for option in table}
    for given in address.options:
        if given not in names:
            raise ReaderConfigError(
                "{scheme} readers have no option {option}{hint}",
                where=given,
                remedy=f"Valid options: {', '.join(sorted(names))}.",
                scheme=address.scheme,
                option=given,
                hint=did_you_mean(given, names) or ".",
            )
    values: dict[str, Any] = {}
    for option in table:
        text = address.options.get(option.name)
        if text is None:
            values[option.name] = option.default
            continue
        try:
            values[option.name] = option.parse(text)
        except ValueError as error:
            raise ReaderConfigError(
                "The option {option} cannot be {value!a}: {reason}.",
                where=option.name,
                remedy=f"{option.name}: {option.help}.",
                option=option.name,
                value="***" if option.hidden else text,
                reason=str(error),
            ) from error
    return values


def integer(low: int, high: int) -> Callable[[str], int]:
    """A parser of whole numbers from ``low`` to ``high``."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < len(str(high)) + 2):
            message = f"a whole number from {low} to {high} is needed"
            raise ValueError(message)
        value = int(text)
        if not low <= value <= high:
            message = f"it must lie between {low} and {high}"
            raise ValueError(message)
        return value

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """A parser of decimal numbers from ``low`` to ``high``."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            message = f"a number from {low:g} to {high:g} is needed"
            raise ValueError(message)
        return value

    return parse


def integers(low: int, high: int, most: int = 32) -> Callable[[str], tuple[int, ...]]:
    """A parser of comma-separated whole numbers without repeats."""
    one = integer(low, high)

    def parse(text: str) -> tuple[int, ...]:
        values = tuple(one(part.strip()) for part in text.split(","))
        if len(set(values)) != len(values) or len(values) > most:
            message = f"at most {most} numbers, each once"
            raise ValueError(message)
        return values

    return parse


def flag(text: str) -> bool:
    """``yes``/``no`` and the like as a truth value."""
    words = {
        "yes": True,
        "true": True,
        "1": True,
        "on": True,
        "no": False,
        "false": False,
        "0": False,
        "off": False,
    }
    if text.lower() not in words:
        message = "yes or no is needed"
        raise ValueError(message)
    return words[text.lower()]


def label(text: str) -> str:
    """A printable name of 1 to 64 characters."""
    limit = 64
    if not text.strip() or len(text) > limit or not text.isprintable():
        message = f"a printable name of 1 to {limit} characters is needed"
        raise ValueError(message)
    return text.strip()


COMMON_OPTIONS: tuple[Option, ...] = (
    Option("name", label, None, "name under which observations are reported; the address by default"),
    Option(
        "queue",
        integer(1, 1_000_000),
        10_000,
        "observations kept for a slow consumer; then the oldest are dropped",
    ),
)
"""Options of every driver."""
