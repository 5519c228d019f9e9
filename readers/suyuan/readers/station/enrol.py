"""Enrolling a station: a one-time code becomes a key of its own.

The key is made here and stored, for this code, before the code is shown to anybody. While it is not certain
what became of the code (a lost answer, a power cut) the key stays: the same code is shown with the same key
again, and the server gives its answer again to the same key only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import orjson
from joserfc.jwk import ECKey

from suyuan.readers.station.config_rules import is_server
from suyuan.readers.station.device_key import DeviceKey, DeviceKeyUnfit, read_device_key, write_device_key
from suyuan.trace.errors import Conflict, Unavailable, WrongUse

PROOF_TYPE = "suyuan-enrolment+jws"
KEY_FILE = "device-key.json"
_TRIES = 3
_AROUND = re.compile(r"^\[[^\]]*\] | \(_ssl\.c:\d+\)$")  # "[Errno 111] ", "[SSL: …] … (_ssl.c:1006)"
_PENDING = ".pending"
_LONGEST_NAME = 100
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol)
_READ_AS = str.maketrans("OIL", "011")  # as the server reads a code: the same code has one key


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What the server said: who this station is now, and what belongs into its configuration."""

    device: str
    name: str
    party: str
    place: str
    server_url: str
    audience: str
    block_list_key: bytes
    server_time: str
    key_file: Path


class EnrolmentRefused(Conflict):
    """The server did not take the code; ``refusal`` is its stable code, see :data:`REFUSALS`."""

    code = "enrolment-refused"
    title = "The station was not enrolled"

    def __init__(self, template: str, /, *, refusal: str, remedy: str = "", **fields: object) -> None:
        super().__init__(template, where="code", remedy=remedy, **fields)
        self.refusal = refusal


class ServerNotReached(Unavailable):
    """The address of the link does not answer as a server of ours."""

    code = "enrolment-server-not-reached"
    title = "The server does not answer"
    unspent = False
    """Whether it is certain that the code was not used up."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is said of one refusal, and what to do, in both languages."""

    zh: str
    en: str
    do_zh: str
    do_en: str


REFUSALS: Mapping[str, Refusal] = MappingProxyType(
    {
        "enrolment-code-mistyped": Refusal(
            "登记码输入有误。",
            "The code is mistyped.",
            "对照屏幕逐组核对,或直接扫描二维码。",
            "Compare it group by group with the screen, or scan the symbol.",
        ),
        "enrolment-code-unknown": Refusal(
            "平台没有这个登记码。",
            "The platform does not know this code.",
            "确认平台地址无误,或在管理台重新生成登记码。",
            "Check the platform's address, or have a new code made in the console.",
        ),
        "enrolment-code-used": Refusal(
            "登记码已被使用。",
            "The code was used already.",
            "一个登记码只能登记一台设备,请重新生成。",
            "A code lets one device in: have a new one made.",
        ),
        "enrolment-code-expired": Refusal(
            "登记码已过期。",
            "The code has expired.",
            "登记码有效期为15分钟,请重新生成。",
            "A code is valid for 15 minutes: have a new one made.",
        ),
        "enrolment-code-kind": Refusal(
            "这是手机的登记码,不能用于工作站。",
            "This code is for a phone, not for a station.",
            "在管理台为工作站生成登记码。",
            "Have a code for a station made in the console.",
        ),
        "too-many-codes": Refusal(
            "错误的登记码次数过多。",
            "Too many wrong codes were tried.",
            "15分钟后再试。",
            "Try again in 15 minutes.",
        ),
    }
)


def enrol(code_or_link: str, *, server_url: str = "", key_file: Path, client: httpx.Client) -> Enrolled:
    """Show the code with a key made for it, store what came of it in ``key_file``. Blocks; a few seconds.

    The key made for the code stays beside ``key_file`` until :func:`settled`, so that whatever comes next may
    fail and be repeated.

    Args:
        code_or_link: the link of the QR symbol, or the code alone.
        server_url: where to go with a code alone; a link names its server itself.
        key_file: of this station; an older key is replaced once the server has let the new one in.
        client: its transport is the network; it must not follow redirects.

    Raises:
        WrongUse: no code, or a code without a server.
        DeviceKeyNotStored: the key cannot be stored; the code is still good.
        EnrolmentRefused: the server did not take the code.
        ServerNotReached: nobody answers there, or nobody of ours; the same code can be tried again.
    """
    server, code = server_and_code(code_or_link, server_url)
    pending = _pending(key_file, code)
    fresh = _key_for(pending, server)
    try:
        enrolled = _enrolled(_ask(client, server, code, fresh), server, key_file)
    except EnrolmentRefused as error:
        if error.refusal != "too-many-codes":  # which says nothing of this code
            pending.unlink(missing_ok=True)
        raise
    except ServerNotReached as error:
        if error.unspent:
            pending.unlink(missing_ok=True)
        raise
    write_device_key(key_file, DeviceKey(enrolled.device, enrolled.audience, fresh.key, enrolled.party))
    return enrolled


def settled(key_file: Path) -> None:
    """All of an enrolment is on the disk: keys that were made for codes are not needed any more."""
    for pending in key_file.parent.glob(f"{key_file.name}.*{_PENDING}"):
        pending.unlink(missing_ok=True)


def _pending(key_file: Path, code: str) -> Path:
    """Where the key for ``code`` is kept; the name tells nothing of the code."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum()).translate(_READ_AS)
    return key_file.with_name(f"{key_file.name}.{hashlib.sha256(plain.encode()).hexdigest()[:12]}{_PENDING}")


def _key_for(pending: Path, server: str) -> DeviceKey:
    """The key that was made for a code and is kept in ``pending``; made and stored now if there is none."""
    try:
        return read_device_key(pending)
    except DeviceKeyUnfit:
        fresh = DeviceKey("pending", server, ECKey.generate_key("P-256"))
        write_device_key(pending, fresh)
        return fresh


def server_and_code(code_or_link: str, server_url: str = "") -> tuple[str, str]:
    """The server's address and the code of a link, or of a code and an address.

    Raises:
        WrongUse: no code, or a code without a server.
    """
    text = code_or_link.strip()
    link, hash_, code = text.rpartition("#")
    address = (link if hash_ else server_url).strip()
    if not code:
        raise WrongUse(
            "There is no code in what was given", where="code", remedy="Give the link of the QR symbol."
        )
    if not address:
        raise WrongUse(
            "It is not known which server the code is for",
            where="server",
            remedy="Give the whole link of the QR symbol, or the address of the platform beside the code.",
        )
    server = _spelled_out(address).rstrip("/").removesuffix("/enrol").rstrip("/")
    if not is_server(server):
        raise WrongUse(
            "{server} is no address of a platform",
            where="server",
            remedy="Copy the whole link or the address from the page that shows the code.",
            server=address[:100],
        )
    return server, code


def _spelled_out(address: str) -> str:
    """The address with the beginning that people leave out: only what is near needs no certificate."""
    if "://" in address:
        return address
    try:
        host = urlsplit(f"//{address}").hostname or ""
        near = host == "localhost" or not ip_address(host).is_global
    except ValueError:
        near = False
    return f"{'http' if near else 'https'}://{address}"


def _ask(client: httpx.Client, server: str, code: str, fresh: DeviceKey) -> dict[str, Any]:
    asked = {
        "code": code,
        "kind": "station",
        "public_key": fresh.key.as_dict(private=False),
        "proof": fresh.sign(PROOF_TYPE, code.encode()),
    }
    reason, unspent = "", True
    for _ in range(_TRIES):
        try:
            response = client.post(f"{server}/enrol", json=asked, headers={"Accept": "application/json"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = _in_words(error)
            unspent = unspent and isinstance(error, _NOT_SENT)
            continue
        told = _object(response.content)
        if response.status_code == HTTPStatus.CREATED:
            return told
        ours = isinstance(told.get("code"), str) and isinstance(told.get("detail"), str)
        if ours and response.is_client_error and told["code"] != "not-found":  # else it is another address
            raise EnrolmentRefused(
                "{detail}",
                refusal=str(told["code"])[:100],
                detail=str(told["detail"])[:500],
                remedy=str(told.get("remedy", ""))[:500],
            )
        unspent = unspent and not response.is_server_error
        raise _not_ours(server, f"status {response.status_code}", unspent=unspent)
    raise _not_reached(server, reason, unspent=unspent)


def _enrolled(told: dict[str, Any], server: str, key_file: Path) -> Enrolled:
    try:
        key = bytes.fromhex(told["block_list_key"])
        texts = [told[name] for name in ("device", "name", "party", "place", "audience", "server_time")]
    except (KeyError, TypeError, ValueError) as error:
        raise _not_ours(server, "its answer is not understood") from error
    if not all(isinstance(text, str) for text in texts):
        raise _not_ours(server, "its answer is not understood")
    device, name, party, place, audience, server_time = cast("list[str]", texts)
    name = "".join(filter(str.isprintable, name))[:_LONGEST_NAME]
    return Enrolled(device, name, party, place, server, audience, key, server_time, key_file)


def _object(content: bytes) -> dict[str, Any]:
    try:
        told: object = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _in_words(error: Exception) -> str:
    """Why nothing answers, without the numbers and the source files that stand around it."""
    return _AROUND.sub("", str(error)) or type(error).__name__


def _not_reached(server: str, reason: str, *, unspent: bool = False) -> ServerNotReached:
    return _no_platform("{server} does not answer: {reason}", server, reason, unspent=unspent)


def _not_ours(server: str, reason: str, *, unspent: bool = False) -> ServerNotReached:
    return _no_platform(
        "{server} answers, but not as the platform: {reason}", server, reason, unspent=unspent
    )


def _no_platform(sentence: str, server: str, reason: str, *, unspent: bool) -> ServerNotReached:
    error = ServerNotReached(
        sentence,
        where="server",
        remedy="Check the address, the network and the server's certificate, then try again with the same"
        " code.",
        server=server,
        reason=reason,
    )
    error.unspent = unspent
    return error
