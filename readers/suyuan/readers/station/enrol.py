"""Enrolling a station: a one-time code becomes a key of its own, and the lines of its configuration.

The key is made here and stored before the code is shown to anybody, so that a full disk uses up no code. A
lost answer is asked for again with the same key: the server gives it again to the same key only.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import orjson
from joserfc.jwk import ECKey

from suyuan.readers.station.device_key import DeviceKey, write_device_key
from suyuan.trace.errors import Conflict, Unavailable, WrongUse

PROOF_TYPE = "suyuan-enrolment+jws"
KEY_FILE = "device-key.json"
_TRIES = 3
_TABLE = re.compile(r"\s*\[")
_OURS = re.compile(r"\s*(?:url|token|token_file|device_key_file|key)\s*=")


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
    """Make a key, show the code, store what came of it in ``key_file``. Blocks; a few seconds at most.

    Args:
        code_or_link: the link of the QR symbol, or the code alone.
        server_url: where to go with a code alone; a link names its server itself.
        key_file: of this station; an older key is replaced once the server has let the new one in.
        client: its transport is the network; it must not follow redirects.

    Raises:
        WrongUse: no code, or a code without a server.
        DeviceKeyNotStored: the key cannot be stored; the code is still good.
        EnrolmentRefused: the server did not take the code.
        ServerNotReached: nobody answers there, or nobody of ours.
    """
    server, code = _split(code_or_link, server_url)
    pending = key_file.with_name(f"{key_file.name}.pending")
    fresh = DeviceKey("pending", server, ECKey.generate_key("P-256"))
    write_device_key(pending, fresh)
    try:
        told = _ask(client, server, code, fresh)
        enrolled = _enrolled(told, server, key_file)
        write_device_key(key_file, DeviceKey(enrolled.device, enrolled.audience, fresh.key))
    finally:
        pending.unlink(missing_ok=True)
    return enrolled


def configure(text: str, enrolled: Enrolled, folder: Path) -> str:
    """The configuration ``text`` with this station's way to the server; all else stays as it is written.

    A text without a station becomes the beginning of one, to which readers and read points are to be added.
    """
    file = enrolled.key_file
    named = file.relative_to(folder) if file.is_relative_to(folder) else file
    server = [
        "[server]",
        f"url = {_quoted(enrolled.server_url)}",
        f"device_key_file = {_quoted(named.as_posix())}",
        f"key = {_quoted(base64.b64encode(enrolled.block_list_key).decode())}",
    ]
    lines = text.removesuffix("\n").split("\n") if text else []  # splitlines() would split inside texts too
    if not any(line.split("#")[0].strip() == "[station]" for line in lines):
        station = ["[station]", f"id = {_quoted(_id(enrolled))}", f"party = {_quoted(enrolled.party)}"]
        lines = [*station, 'data = "data"', "", *lines]
    start = next((at for at, line in enumerate(lines) if line.split("#")[0].strip() == "[server]"), None)
    if start is None:
        return "\n".join([*lines, "", *server, ""])
    end = next((at for at in range(start + 1, len(lines)) if _TABLE.match(lines[at])), len(lines))
    kept = [line for line in lines[start + 1 : end] if not _OURS.match(line)]
    return "\n".join([*lines[:start], *server, *kept, *lines[end:], ""])


def _split(code_or_link: str, server_url: str) -> tuple[str, str]:
    text = code_or_link.strip()
    link, hash_, code = text.rpartition("#")
    if hash_:
        server = link.removesuffix("/").removesuffix("/enrol")
    else:
        server, code = server_url.rstrip("/"), text
    if not code:
        raise WrongUse(
            "There is no code in what was given", where="code", remedy="Give the link of the QR symbol."
        )
    try:
        parts = urlsplit(server)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise WrongUse(
            "It is not known which server the code is for",
            where="server",
            remedy="Give the whole link of the QR symbol, or the server's address with --server.",
        )
    return server, code


def _ask(client: httpx.Client, server: str, code: str, fresh: DeviceKey) -> dict[str, Any]:
    asked = {
        "code": code,
        "kind": "station",
        "public_key": fresh.key.as_dict(private=False),
        "proof": fresh.sign(PROOF_TYPE, code.encode()),
    }
    reason = ""
    for _ in range(_TRIES):
        try:
            response = client.post(f"{server}/enrol", json=asked, headers={"Accept": "application/json"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            continue
        told = _object(response.content)
        if response.status_code == HTTPStatus.CREATED:
            return told
        ours = isinstance(told.get("code"), str) and isinstance(told.get("detail"), str)
        if ours and told["code"] != "not-found":  # else it is some other address of ours
            raise EnrolmentRefused(
                "{detail}",
                refusal=str(told["code"])[:100],
                detail=str(told["detail"])[:500],
                remedy=str(told.get("remedy", ""))[:500],
            )
        raise _not_reached(server, f"status {response.status_code}")
    raise _not_reached(server, reason)


def _enrolled(told: dict[str, Any], server: str, key_file: Path) -> Enrolled:
    try:
        key = bytes.fromhex(told["block_list_key"])
        texts = [told[name] for name in ("device", "name", "party", "place", "audience", "server_time")]
    except (KeyError, TypeError, ValueError) as error:
        raise _not_reached(server, "its answer is not understood") from error
    if not all(isinstance(text, str) for text in texts):
        raise _not_reached(server, "its answer is not understood")
    device, name, party, place, audience, server_time = cast("list[str]", texts)
    return Enrolled(device, name, party, place, server, audience, key, server_time, key_file)


def _object(content: bytes) -> dict[str, Any]:
    try:
        told: object = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _not_reached(server: str, reason: str) -> ServerNotReached:
    return ServerNotReached(
        "{server} does not answer: {reason}",
        where="server",
        remedy="Check the address, the network and the server's certificate, then try again.",
        server=server,
        reason=reason,
    )


def _id(enrolled: Enrolled) -> str:
    """A station id from the device's name where it is plain, else from its id."""
    plain = re.sub(r"[^A-Za-z0-9._:-]+", "-", enrolled.name).strip("-")[:64]
    return plain or f"station-{enrolled.device}"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are all TOML's (TOML 1.0, String)."""
    return orjson.dumps(text).decode()
