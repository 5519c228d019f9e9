"""How many codes one visitor may ask for: guessing gets slow, and no limit tells a guesser what exists.

Who asks for codes that nobody gave out spends an allowance; once it is spent, all that comes from there waits
for its turn, one code a second, and where ten wait already the next is refused. Both happen before anything
is looked up: known and unknown codes fare alike. Who shares an address with somebody who guesses waits in the
same queue, and is mostly refused for as long as the guesser keeps it full; some minutes after the guessing
ends all is as before. Beside that there is a generous limit on everything.

Kept in memory: a restart forgives, and several processes count each for itself. An address of this machine is
that of a proxy which is not told of in SUYUAN_TRUSTED_PROXY, so nobody's: it has no limits. In a container
such a proxy has the address of the gateway, and all who come by it are one: there the setting is needed.
"""

from __future__ import annotations

import re
from asyncio import sleep
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, ip_address
from math import ceil
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suyuan.trace.errors import SuyuanError
from suyuan.trace.gs1.application_identifiers import KEYS
from suyuan.trace.scan.visitor import ipv4_in, network_of

FREE_MISSES = 60
FORGIVEN_EVERY_S = 5.0
PACE_S = 1.0
LONGEST_WAIT_S = 10.0
REMEMBERED = 20_000
MOST_WAITING = 1_000
"""Requests of all visitors that wait for their turn at once; each costs some kilobytes."""

_MOST_MISSES = 2 * FREE_MISSES  # what is remembered: five minutes of good conduct forgive the rest
_MINUTE_S = 60.0
_IDLE_S = 3_600.0  # long after all is forgiven
_NOT_FOUND = 404
_LET_THROUGH = "let_through"
_OF_CODES = frozenset({*KEYS, "own", "other", "p", "qr", "map", "shop"})
_VERDICTS = ("/api/verdict", "/api/verdicts")
_SHORT = re.compile("/[A-Za-z0-9_-]{10,500}")


class TooManyScans(SuyuanError):
    """More codes are asked for from one address than are answered; ``seconds`` tells how long to wait."""

    code = "too-many-scans"
    status = 429
    title = "Too many codes were asked for"


@dataclass(slots=True)
class _Account:
    """What one visitor has spent: levels that run down, as of ``time``, and the last ``turn`` given."""

    time: float
    asked: float = 0.0
    missed: float = 0.0
    turn: float = 0.0


class ScanLimits:
    """The accounts of one process. Safe to use from several threads; memory is bounded."""

    def __init__(self, per_minute: int, now: Callable[[], datetime]) -> None:
        self._per_minute = per_minute
        self._now = now
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._lock = Lock()

    def wait(self, address: str) -> float:
        """For how many seconds an answer has to wait; mostly none.

        Raises:
            TooManyScans: for longer than anybody waits.
        """
        payer = _payer(address)
        if payer is None:
            return 0.0
        with self._lock:
            account = self._account(payer)
            over = self._over(account)
            if over > 0:
                raise _too_many(over * _MINUTE_S / self._per_minute)
            account.asked += 1
            if account.missed + 1 <= FREE_MISSES:
                return 0.0
            turn = max(account.time, account.turn) + PACE_S
            if turn - account.time > LONGEST_WAIT_S:
                raise _too_many(turn - account.time - LONGEST_WAIT_S)
            account.turn = turn
            return turn - account.time

    def lets_through(self, address: str) -> bool:
        """Whether an answer need not wait; what has to is not counted here, but by :meth:`wait`."""
        payer = _payer(address)
        if payer is None:
            return True
        with self._lock:
            account = self._account(payer)
            if self._over(account) > 0 or account.missed + 1 > FREE_MISSES:
                return False
            account.asked += 1
            return True

    def _over(self, account: _Account) -> float:
        """By how much one request more is beyond the limit on everything."""
        return account.asked + 1 - self._per_minute if self._per_minute else 0.0

    def missed(self, address: str, number: int = 1) -> None:
        """That so many codes were asked for which nobody gave out."""
        payer = _payer(address)
        if payer is not None and number:
            with self._lock:
                account = self._account(payer)
                account.missed = min(account.missed + number, _MOST_MISSES)

    def _account(self, payer: str) -> _Account:
        now = self._now().timestamp()
        account = self._accounts.setdefault(payer, _Account(now))
        self._accounts.move_to_end(payer)
        passed, account.time = max(0.0, now - account.time), now
        account.asked = max(0.0, account.asked - passed * self._per_minute / _MINUTE_S)
        account.missed = max(0.0, account.missed - passed / FORGIVEN_EVERY_S)
        self._forget_idle(now)
        return account

    def _forget_idle(self, now: float) -> None:
        """Nobody's address is kept for longer than the allowances need it."""
        while len(self._accounts) > REMEMBERED or next(iter(self._accounts.values())).time < now - _IDLE_S:
            self._accounts.popitem(last=False)


def _payer(address: str) -> str | None:
    """Who pays: one IPv4 address, one network of IPv6; None for this machine and what is no address.

    An address of IPv4 is a household or a shop already; behind the /24 of other counts are strangers.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if not isinstance(parsed, IPv4Address):
        parsed = ipv4_in(parsed) or parsed
    if parsed.is_loopback:
        return None
    return str(parsed) if isinstance(parsed, IPv4Address) else network_of(str(parsed))


def _too_many(seconds: float) -> TooManyScans:
    return TooManyScans(
        "Too many codes were asked for from here; the next is answered in {seconds} seconds",
        seconds=max(1, ceil(seconds)),
        remedy="Wait a moment and open the page again. Nothing is wrong with the code because of this.",
    )


class LimitScans:
    """Lets the requests for codes through at the pace of the limits, and counts what was not found.

    A route that answers for several codes, or answers 200 where it knows none, says how many it did not know
    in ``request.state.missed``. ``on_miss`` is given the path of each page that was not found.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: ScanLimits,
        on_miss: Callable[[str], None],
        render: Callable[[Request, SuyuanError], Response],
    ) -> None:
        self._app = app
        self._limits = limits
        self._on_miss = on_miss
        self._render = render
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not is_of_codes(scope["path"]) or _is_known(scope):
            await self._app(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]
        try:
            if not scope.get("state", {}).get(_LET_THROUGH):
                await self._wait(self._limits.wait(address))
        except TooManyScans as error:
            await self._render(Request(scope), error)(scope, receive, send)
            return
        answered: list[int] = []

        async def watching(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.append(message["status"])
            await send(message)

        await self._app(scope, receive, watching)
        told: int | None = scope.get("state", {}).get("missed")
        missed = answered.count(_NOT_FOUND) if told is None else told
        if missed:
            self._limits.missed(address, missed)
            self._on_miss(scope["path"])

    async def _wait(self, seconds: float) -> None:
        if not seconds:
            return
        if self._waiting >= MOST_WAITING:
            raise _too_many(LONGEST_WAIT_S)
        self._waiting += 1
        try:
            await sleep(seconds)
        finally:
            self._waiting -= 1


def was_let_through(scope: Scope) -> None:
    """Note that the limits let a request through already: it is not to be counted again."""
    scope.setdefault("state", {})[_LET_THROUGH] = True


def is_of_codes(path: str) -> bool:
    """Whether a path asks for a code."""
    first = path[1:].partition("/")[0]
    return first in _OF_CODES or path in _VERDICTS or _SHORT.fullmatch(path) is not None


def _is_known(scope: Scope) -> bool:
    """Whether whoever asks has signed in: what they may see is limited otherwise."""
    return scope.get("state", {}).get("principal") is not None
