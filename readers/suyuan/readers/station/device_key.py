"""The station's own key: a file that never leaves the machine, and what it signs with it.

Every request carries a JWT (ES256) that says which device, for which server, at what time, and in which run
of its program. The server compares the time with its own; where this machine's clock is wrong, the server's
``Date`` tells by how much, and signing goes by that.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from suyuan.readers.station.duration import duration
from suyuan.readers.station.words import Message
from suyuan.trace.errors import Unavailable, WrongUse

TOKEN_TYPE = "suyuan-device+jwt"  # noqa: S105 (a media type)
LIFE_S = 240
TOLERANCE = timedelta(seconds=30)  # a clock that is less wrong than this is let be
_OTHERS = 0o077
_MOST_BYTES = 10_000


class DeviceKeyUnfit(WrongUse):
    """The key file is missing, open to others, or no key file."""

    code = "device-key-unfit"
    title = "The device key cannot be used"


class DeviceKeyNotStored(Unavailable):
    """The key file cannot be written; nothing was enrolled."""

    code = "device-key-not-stored"
    title = "The device key cannot be stored"


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A private key, the device that was enrolled with it, and the server that it signs for.

    ``party`` is in whose name it signs; empty in files that were written before it was kept.
    """

    device: str
    audience: str
    key: ECKey = field(repr=False)
    party: str = ""

    def token(self, time: datetime, boot: str, skew_s: int = 0) -> str:
        """A token that begins at ``time``; ``skew_s`` is how far this machine's clock is ahead of that."""
        issued = int(time.timestamp())
        claims = {
            "iss": self.device,
            "aud": self.audience,
            "iat": issued,
            "exp": issued + LIFE_S,
            "boot": boot,
            "skew": skew_s,
        }
        return self.sign(TOKEN_TYPE, orjson.dumps(claims))

    def sign(self, kind: str, payload: bytes) -> str:
        """A compact JWS of this ``typ``."""
        return jws.serialize_compact({"alg": "ES256", "typ": kind}, payload, self.key)


@cache
def boot_of_process() -> str:
    """The name of this run of the program: two runs at once with one key are two machines to the server."""
    return secrets.token_hex(12)


def read_device_key(path: Path) -> DeviceKey:
    """The key in the file ``path``.

    Raises:
        DeviceKeyUnfit: it cannot be read, others may read it, or it is no key file of an enrolled station.
    """
    try:
        if os.name == "posix" and path.stat().st_mode & _OTHERS:
            raise DeviceKeyUnfit(
                "Others on this machine can read the device key {path}",
                where="server.device_key_file",
                remedy="chmod 600 the file; if it may have been copied, revoke the device and enrol anew.",
                path=str(path),
            )
        with path.open("rb") as file:
            told: object = orjson.loads(file.read(_MOST_BYTES))
    except OSError as error:
        raise DeviceKeyUnfit(
            "The device key {path} cannot be read: {reason}",
            where="server.device_key_file",
            remedy="Enrol the station by a code: suyuan station enrol.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error
    except orjson.JSONDecodeError as error:
        raise _no_key(path) from error
    return _parsed(told, path)


def write_device_key(path: Path, key: DeviceKey) -> None:
    """Store ``key`` in ``path``, readable by this user alone, durably; an older file is replaced as a whole.

    Raises:
        DeviceKeyNotStored: the folder cannot be written or the disk is full.
    """
    content = {
        "device": key.device,
        "party": key.party,
        "audience": key.audience,
        "key": key.key.as_dict(private=True),
    }
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(orjson.dumps(content))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise DeviceKeyNotStored(
            "The device key {path} cannot be written: {reason}",
            where=str(path),
            remedy="See that the folder can be written and that the disk has room.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error


def sync_folder(folder: Path) -> None:
    """See that the names in ``folder`` are on the disk; OSError where it cannot be."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class DeviceAuth(httpx.Auth):
    """Signs the requests of a client, each anew, by the server's time.

    Args:
        key: of this station.
        now: this machine's clock.
        boot: of this run of the program.
        alarm: told how wrong the clock is, or None when it is right again.
    """

    def __init__(
        self,
        key: DeviceKey,
        *,
        now: Callable[[], datetime],
        alarm: Callable[[Message | None], None],
        boot: str | None = None,
    ) -> None:
        self._key = key
        self._now = now
        self._alarm = alarm
        self._boot = boot or boot_of_process()
        self.offset = timedelta()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign; where the answer shows that our clock is wrong and was refused for it, sign once more."""
        self._sign(request)
        response = yield request
        before = self.offset
        self._learn(response)
        if response.status_code == HTTPStatus.UNAUTHORIZED and self.offset != before:
            self._sign(request)
            yield request

    def _sign(self, request: httpx.Request) -> None:
        skew = round(self.offset.total_seconds())
        token = self._key.token(self._now() - self.offset, self._boot, skew)
        request.headers["Authorization"] = f"Bearer {token}"

    def _learn(self, response: httpx.Response) -> None:
        ahead = ahead_of(response, self._now())
        if ahead is None:
            return
        if abs(ahead) <= TOLERANCE:
            ahead = timedelta()
        elif abs(ahead - self.offset) <= TOLERANCE:
            return  # as wrong as before
        self.offset = ahead
        seconds = round(ahead.total_seconds())
        self._alarm(Message("STATION_CLOCK", {"span": duration(seconds)}) if seconds else None)


def ahead_of(response: httpx.Response, now: datetime) -> timedelta | None:
    """How far ``now`` is ahead of the clock of who answered; None where the answer does not tell."""
    try:
        theirs = parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return None if theirs.tzinfo is None else now - theirs


def _parsed(told: object, path: Path) -> DeviceKey:
    content = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    device, audience, party = content.get("device"), content.get("audience"), content.get("party", "")
    if not (isinstance(device, str) and isinstance(audience, str) and isinstance(party, str) and device):
        raise _no_key(path)
    try:
        key = ECKey.import_key(content["key"])
        if not key.is_private or key.curve_name != "P-256":
            raise _no_key(path)
    except (KeyError, TypeError, ValueError, AttributeError, JoseError) as error:
        raise _no_key(path) from error
    return DeviceKey(device, audience, key, party)


def _no_key(path: Path) -> DeviceKeyUnfit:
    return DeviceKeyUnfit(
        "{path} is no device key of an enrolled station",
        where="server.device_key_file",
        remedy="Enrol the station by a code: suyuan station enrol.",
        path=str(path),
    )
