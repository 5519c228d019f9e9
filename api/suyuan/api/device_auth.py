"""Devices that sign for themselves: every request carries a short JWT made with the key that only they have.

The token is a JWS (RFC 7515) of type ``suyuan-device+jwt``, algorithm ES256 and nothing else, with the claims
``iss`` (id of the device), ``aud`` (our public address), ``iat``, ``exp`` (at most five minutes later) and
``boot`` (the run of its program); ``skew`` tells by how many seconds its clock is known to be ahead, which
``iat`` does without. It is held against the stored public key at every request, so that what is
revoked is out at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy import Engine

from suyuan.portal.services import Principal
from suyuan.trace.errors import InvalidInput, NotAllowed, NotAuthenticated, NotFound
from suyuan.trace.store.devices import (
    Device,
    DeviceUnknown,
    check_standing,
    device,
    is_news,
    note_clock,
    note_seen,
)
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import Viewer

TOKEN_TYPE = "suyuan-device+jwt"  # noqa: S105 (a media type)
LONGEST_LIFE = timedelta(minutes=5)
TOLERANCE = timedelta(seconds=60)  # by which a device's clock may be wrong unnoticed
LONGEST_TOKEN = 2000
LONGEST_BOOT = 64
PREFIX = "device:"
_MOST_SKEW = 2**31 - 1
_ALGORITHMS = ["ES256"]


class TokenWrong(NotAuthenticated):
    """A device's token that is not what it should be; ``where`` names the claim."""

    code = "device-token-wrong"
    title = "The device's signature is not valid"


class ClockWrong(NotAuthenticated):
    """The signature is right, its time is not; ``seconds`` is how far the device's clock is ahead."""

    code = "clock-wrong"
    title = "The device's clock is wrong"


class NotADevice(NotAllowed):
    """Only an enrolled device does this."""

    code = "not-a-device"
    title = "This is for enrolled devices"


class NotAnAccount(NotAllowed):
    """Queries and subscriptions last: they belong to accounts, which can be looked up again."""

    code = "not-an-account"
    title = "Queries and subscriptions are kept by accounts"


@dataclass(frozen=True, slots=True)
class _Claims:
    device: str
    audience: str
    issued: datetime
    expires: datetime
    boot: str
    skew: int


def is_device_token(secret: str) -> bool:
    """Whether a bearer looks like a signed token: ours for programs have no dots."""
    return secret.count(".") == 2  # noqa: PLR2004 (header, payload, signature)


def authenticate_device(engine: Engine, token: str, now: datetime, public_url: str) -> Viewer:
    """The device whose key signed ``token``, as ``device:<id>`` in the name of its party.

    Raises:
        TokenWrong: no such token, a wrong signature, type or claim, or one for another server.
        DeviceUnknown, DeviceRevoked, DeviceDoubled: see there.
        ClockWrong: the token is from the past or the future.
    """
    signed = _signed(token)
    claims = _claims(signed.payload)
    with Reading(engine) as reading:
        found = _known(reading, claims.device)
    check_signature(signed, ECKey.import_key(dict(found.public_key)))
    check_standing(found)
    _check_audience(claims, public_url)
    offset = round((claims.issued - now).total_seconds())
    # Of its clock, whose error it may have taken out of ``iat`` already; as much as the column holds.
    skew = max(-_MOST_SKEW, min(offset + claims.skew, _MOST_SKEW))
    if abs(offset) > TOLERANCE.total_seconds() and not claims.issued <= now < claims.expires:
        if abs(skew - (found.clock_offset or 0)) > TOLERANCE.total_seconds():
            with Writing(engine) as writing:
                note_clock(writing, found.id, skew)
        raise _clock_wrong(offset, now)
    if is_news(found, boot=claims.boot, clock_offset=skew, now=now):
        with Writing(engine) as writing:
            found = note_seen(
                writing, found.id, boot=claims.boot, signed=claims.issued, clock_offset=skew, now=now
            )
        check_standing(found)
    return Viewer(PREFIX + found.id, "station", found.party)


def device_of(by: Principal, reading: Reading) -> Device:
    """The device that asks; ``NotADevice`` for people and for programs with a plain token."""
    if not by.name.startswith(PREFIX):
        raise NotADevice(
            "{name} is no enrolled device",
            name=by.name,
            remedy="Enrol the device by a code from the page of devices.",
        )
    return device(reading, by.name.removeprefix(PREFIX))


def check_account(by: Principal | Viewer) -> None:
    """Raise ``NotAnAccount`` for an enrolled device."""
    if by.name.startswith(PREFIX):
        raise NotAnAccount(
            "{name} is an enrolled device", name=by.name, remedy="Use the token of an account."
        )


def public_key_of(given: object) -> ECKey:
    """The P-256 public key of a JWK from a stranger; ``InvalidInput`` for anything else."""
    told = _object(given)
    try:
        wanted = {name: told[name] for name in ("kty", "crv", "x", "y")}
        if wanted["kty"] != "EC" or wanted["crv"] != "P-256":
            raise _bad_key()
        key = ECKey.import_key(wanted)
        key.get_op_key("verify")  # the point must lie on the curve
    except (KeyError, ValueError, TypeError, JoseError) as error:
        raise _bad_key() from error
    return key


def check_signature(signed: jws.CompactSignature, key: ECKey) -> None:
    """Raise ``TokenWrong`` unless ``key`` made the signature, with ES256."""
    try:
        right = jws.validate_compact(signed, key, algorithms=_ALGORITHMS)
    except (JoseError, ValueError) as error:
        raise _wrong("signature") from error
    if not right:
        raise _wrong("signature")


def compact(text: object, media_type: str) -> jws.CompactSignature:
    """The parts of a compact JWS of this ``typ``, whose signature is not looked at yet."""
    if not isinstance(text, str) or len(text) > LONGEST_TOKEN or not text.isascii():
        raise _wrong("token")
    try:
        signed = jws.extract_compact(text.encode("ascii"))
    except (JoseError, ValueError) as error:
        raise _wrong("token") from error
    if signed.headers().get("typ") != media_type or signed.headers().get("alg") not in _ALGORITHMS:
        raise _wrong("typ")
    return signed


def _signed(token: str) -> jws.CompactSignature:
    return compact(token, TOKEN_TYPE)


def _claims(payload: bytes) -> _Claims:
    try:
        claims = _object(orjson.loads(payload))
    except orjson.JSONDecodeError as error:
        raise _wrong("payload") from error
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    if not timedelta() < expires - issued <= LONGEST_LIFE:
        raise _wrong("exp")
    boot = _text(claims, "boot")
    if not boot or len(boot) > LONGEST_BOOT:
        raise _wrong("boot")
    skew = claims.get("skew", 0)
    if not isinstance(skew, int) or abs(skew) > _MOST_SKEW:
        raise _wrong("skew")
    return _Claims(_text(claims, "iss"), _text(claims, "aud"), issued, expires, boot, skew)


def _object(given: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, dict) else {}


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise _wrong(name)
    return value


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _wrong(name)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise _wrong(name) from error


def _known(reading: Reading, device_id: str) -> Device:
    try:
        return device(reading, device_id)
    except NotFound as error:
        raise DeviceUnknown(
            "No device {id} is enrolled here",
            id=device_id[:40],
            remedy="Enrol it by a code from the page of devices.",
        ) from error


def _check_audience(claims: _Claims, public_url: str) -> None:
    if claims.audience != public_url:
        raise TokenWrong(
            "The device signs for {given}; this server is {ours}",
            where="aud",
            given=claims.audience[:200],
            ours=public_url,
            remedy="If the server's public address has changed, enrol the device anew.",
        )


def _clock_wrong(offset: int, now: datetime) -> ClockWrong:
    template = (
        "The device's clock is {seconds} seconds ahead; here it is {server_time}"
        if offset > 0
        else "The device's clock is {seconds} seconds behind; here it is {server_time}"
    )
    return ClockWrong(
        template,
        seconds=abs(offset),
        offset=offset,
        server_time=now.isoformat(timespec="seconds"),
        remedy="Set the device's clock; it goes on by the server's time meanwhile.",
    )


def _wrong(where: str) -> TokenWrong:
    return TokenWrong(
        "The token of the device is not valid", where=where, remedy="If this lasts, enrol the device anew."
    )


def _bad_key() -> InvalidInput:
    return InvalidInput(
        "The public key is not a P-256 key as a JWK",
        where="public_key",
        remedy="Send kty, crv, x and y (RFC 7518 §6.2).",
    )
