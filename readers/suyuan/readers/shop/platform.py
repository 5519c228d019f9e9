"""The platform's verdict of a code, as a shopper would read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import orjson

from suyuan.trace.errors import SuyuanError, WrongUse

LARGEST = 64 * 1024  # bytes of an answer
WITHIN_S = 10.0
AGENT = "Mozilla/5.0 (compatible; suyuan reader shop)"
"""Somebody stands before the screen: what does not call itself Mozilla is a robot and is not counted."""
_LONGEST = 500
_OK, _BAD_REQUEST = 200, 400
_PLACE = re.compile("[0-9]{4}00")
_TONES = ("stop", "attention", "verified", "registered", "unknown")


class PlatformAway(SuyuanError):
    """The platform did not answer, or not as a platform does."""

    code = "platform-away"
    status = 503
    title = "The platform does not answer"


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to show: texts as they are, bounded. Pairs are Chinese and English."""

    state: str
    tone: str
    word: tuple[str, str]
    sentence: tuple[str, str] = ("", "")
    name: tuple[str, str] = ("", "")
    lot: str = ""
    made: str = ""
    last_day: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the page."""
        return asdict(self)


class Platform:
    """The platform at ``at``; one question at a time.

    Args:
        at: its address.
        client: what asks.
        place: where the screen stands, a city or province by its six digits of GB/T 2260; empty: not told.

    Raises:
        WrongUse: ``at`` is no web address, or ``place`` no such code.
    """

    def __init__(self, at: str, client: httpx.AsyncClient, *, place: str = "") -> None:
        parts = urlsplit(at)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WrongUse(
                "{given} is not the address of a platform",
                where="at",
                given=at,
                remedy="Write it with its scheme, such as https://trace.example.cn",
            )
        if place and _PLACE.fullmatch(place) is None:
            raise WrongUse(
                "{given} is not the code of a city or province",
                where="place",
                given=place,
                remedy="Give six digits of GB/T 2260 that end in 00, such as 330100 for Hangzhou",
            )
        self._place = {"place": place} if place else {}
        self._address = f"{at.rstrip('/')}/api/verdict"
        self._client = client

    async def verdict(self, code: str) -> Told:
        """What is on record of ``code``.

        Raises:
            PlatformAway: no answer within ten seconds, or one that no platform gives.
            WrongUse: the platform does not know the place.
        """
        try:
            async with self._client.stream(
                "GET",
                self._address,
                params={"code": code[:_LONGEST], **self._place},
                headers={"User-Agent": AGENT},
                timeout=WITHIN_S,
                follow_redirects=False,
            ) as answer:
                status, body = answer.status_code, await _bounded(answer)
        except httpx.HTTPError as error:
            raise PlatformAway("The platform does not answer: {reason}", reason=error) from error
        told = _parsed(body)
        if status == _BAD_REQUEST and told.get("where") == "place":
            raise WrongUse(
                "The platform knows no city or province {given}",
                where="place",
                remedy="Give six digits of GB/T 2260, such as 330100 for Hangzhou",
                given=self._place.get("place", ""),
            )
        if status == _BAD_REQUEST and told.get("code"):
            return Told("error", "unknown", ("无法识别", "Not readable"))
        if status != _OK or told.get("tone") not in _TONES:
            raise PlatformAway("The platform answers {status}, and no verdict", status=status)
        return Told(
            _text(told.get("state")),
            str(told["tone"]),
            _pair(told.get("word")),
            _pair(told.get("sentence")),
            _pair(told.get("name")),
            _text(told.get("lot")),
            _text(told.get("production_date")),
            _text(told.get("last_day")),
        )


async def _bounded(answer: httpx.Response) -> bytes:
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > LARGEST:
            raise PlatformAway("The answer of the platform has more than {limit} bytes", limit=LARGEST)
    return body


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        told: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _pair(told: Any) -> tuple[str, str]:
    parts = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    return _text(parts.get("zh")), _text(parts.get("en"))


def _text(told: Any) -> str:
    return told[:_LONGEST] if isinstance(told, str) else ""
