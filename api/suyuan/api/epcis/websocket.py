"""``/queries/{queryName}/events`` as a WebSocket: the events of a query as they come, while it is open.

Source: EPCIS 2.0 §12 (REST bindings). A socket is opened by whoever may ask for events; browsers only from
our own pages (:mod:`suyuan.api.security`), and closed within seconds of the end of the token or session that
opened it: no message is made after. Each message is an EPCISQueryDocument; the next is made only after the
one before is on its way, so that a slow reader costs one message and no more.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from anyio import create_task_group, fail_after, move_on_after
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from suyuan.api.device_auth import check_account
from suyuan.api.epcis.negotiation import VERSIONS, check_headers, wanted
from suyuan.api.epcis.subscription_routes import check_standing, moment
from suyuan.api.house import House
from suyuan.api.notify.deliverer import Deliverer
from suyuan.api.notify.standing import Message, Standing, Watch, owner_of
from suyuan.api.notify.threads import in_thread
from suyuan.api.problems import problem
from suyuan.api.security import check_may, refuse
from suyuan.portal.services import Principal
from suyuan.trace.epcis.representation import EpcFormat
from suyuan.trace.epcis.schedule import FIELDS, QuerySchedule, SubscriptionControlsWrong, parse_schedule
from suyuan.trace.errors import SuyuanError, Unavailable
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.named_queries import named_query
from suyuan.trace.store.subscriptions import LARGEST_BATCH, due_from

MOST_SOCKETS = 20  # of one party
SEND_WITHIN_S = 30.0
LOOK_EVERY_S = 3.0
_MEANT = frozenset(("stream", "reportIfEmpty", "initialRecordTime", *FIELDS))
_POLICY, _UNEXPECTED, _AGAIN = 1008, 1003, 1013  # RFC 6455 §7.4.1
_LONGEST_REASON = 123  # bytes; RFC 6455 §5.5


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a socket asks for."""

    schedule: QuerySchedule | None
    initial: datetime | None
    report_if_empty: bool


class Sockets:
    """The sockets that are open, counted by party; used from one event loop."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}

    def enter(self, party: str) -> None:
        """Count one more, or raise ``SubscriptionControlsWrong`` where there are twenty."""
        if self._open.get(party, 0) >= MOST_SOCKETS:
            raise SubscriptionControlsWrong(
                "A party can have {most} WebSockets open",
                remedy="Close one that is not used any more.",
                most=MOST_SOCKETS,
            )
        self._open[party] = self._open.get(party, 0) + 1

    def leave(self, party: str) -> None:
        """Count one less."""
        self._open[party] -= 1
        if not self._open[party]:
            del self._open[party]


async def subscribe(socket: WebSocket) -> None:
    """Serve one socket. What cannot be is answered as a problem, before the handshake."""
    house: House = socket.app.state.house
    sockets: Sockets = socket.app.state.sockets
    try:
        check_headers(socket)
        by = check_may(socket, "regulator", "company", "station")
        check_account(by)
        asked = read_address(socket.query_params.multi_items())
        watch = await in_thread(
            _watch, house, by, socket.path_params["query_name"], asked, wanted(socket).epc_format
        )
        sockets.enter(watch.party)
    except SuyuanError as error:
        await refuse(socket, error)
        return
    try:
        since = watch.due.since.isoformat()
        headers = {**VERSIONS, "GS1-Query-Min-Record-Time": since}
        await socket.accept(headers=[(k.lower().encode(), v.encode()) for k, v in headers.items()])
        await _serve(socket, watch, asked)
    finally:
        sockets.leave(watch.party)


routes = [WebSocketRoute("/queries/{query_name}/events", subscribe)]


def read_address(params: list[tuple[str, str]]) -> Asked:
    """What the parameters of a socket's address ask for: a stream, or a schedule, never both.

    Raises:
        SubscriptionControlsWrong: naming the parameter.
    """
    told = dict(params)
    strange = next((name for name in told if name not in _MEANT), None)
    if strange is not None or len(told) < len(params):
        raise SubscriptionControlsWrong(
            "{name} means nothing to a subscription, or is given twice",
            where=(strange or "")[:100],
            remedy="Narrow the query itself, and give each parameter once.",
            name=(strange or "A parameter")[:100],
        )
    schedule: Mapping[str, Any] = {name: told[name] for name in FIELDS if name in told}
    if bool(schedule) == ("stream" in told) or told.get("stream", "true") != "true":
        raise SubscriptionControlsWrong(
            "A subscription has either a schedule or a stream that is true",
            where="stream",
            remedy="Give stream as true, or a schedule with one field at least.",
        )
    report = told.get("reportIfEmpty", "false")
    if report not in ("true", "false"):
        raise SubscriptionControlsWrong("reportIfEmpty is true or false", where="reportIfEmpty")
    # A plus sign that was not escaped arrives as a blank.
    initial = told["initialRecordTime"].replace(" ", "+") if "initialRecordTime" in told else None
    return Asked(parse_schedule(schedule) if schedule else None, moment(initial), report == "true")


def _watch(house: House, by: Principal, query_name: str, asked: Asked, epc_format: EpcFormat) -> Watch:
    with Reading(house.engine) as reading:
        check_standing(named_query(reading, owner_of(by), query_name))
        due = due_from(reading, asked.initial, house.now())
    identity = secrets.token_urlsafe(15)
    return Watch(identity, owner_of(by), query_name, by.name, epc_format, due, LARGEST_BATCH)


async def _serve(socket: WebSocket, watch: Watch, asked: Asked) -> None:
    """Send until either side ends; whatever the other side says is not for us."""
    said: list[str] = []

    async def hear() -> None:
        said.append((await socket.receive())["type"])
        both.cancel_scope.cancel()

    async with create_task_group() as both:
        both.start_soon(hear)
        try:
            await _send(socket, watch, asked)
        except WebSocketDisconnect:
            said.append("websocket.disconnect")
        both.cancel_scope.cancel()
    if said[:1] == ["websocket.receive"]:
        await socket.close(_UNEXPECTED, "Nothing is expected from a subscriber")


async def _send(socket: WebSocket, watch: Watch, asked: Asked) -> None:
    deliverer: Deliverer = socket.app.state.deliverer
    standing, now = deliverer.standing, deliverer.standing.house.now
    check: Callable[[], object] = socket.state.still_asking
    schedule = asked.schedule
    last = max(now(), watch.due.since)
    due = None if schedule is None else schedule.next_after(last)
    try:
        while True:
            changes = deliverer.changes()  # before looking
            if schedule is not None and last > (least := max(now(), watch.due.since)):
                last, due = least, schedule.next_after(least)  # a clock that is set back stops no schedule
            if due is None or due <= now():
                reports = asked.report_if_empty and schedule is not None
                watch = await _run(
                    socket, lambda given: _message(standing, given, check), watch, reports=reports
                )
                last = now()
                due = None if schedule is None else schedule.next_after(last)
            else:
                await in_thread(_check, standing, watch, check)
            await _next(deliverer, changes, watch, None if due is None else (due - now()).total_seconds())
    except Unavailable:
        await socket.close(_AGAIN, "Try again in a moment")
    except SuyuanError as error:  # the token was revoked, the account closed, the query deleted
        told = problem(error, socket.url.path)
        await _within(socket.send_text(bytes(told.body).decode()))
        await socket.close(_POLICY, error.detail.encode()[:_LONGEST_REASON].decode(errors="ignore"))


def _message(standing: Standing, watch: Watch, check: Callable[[], object]) -> Message:
    check()
    return standing.message(watch)


def _check(standing: Standing, watch: Watch, check: Callable[[], object]) -> None:
    check()
    standing.check(watch)


async def _run(
    socket: WebSocket, message_of: Callable[[Watch], Message], watch: Watch, *, reports: bool
) -> Watch:
    """Everything that is due, message by message; ``reports`` also that there is nothing."""
    while True:
        message = await in_thread(message_of, watch)
        if message.count or reports:
            await _within(socket.send_text(message.content.decode()))
            reports = False
        watch = replace(watch, due=replace(watch.due, delivered=message.through))
        if message.is_last:
            return watch


async def _next(deliverer: Deliverer, changes: asyncio.Event, watch: Watch, left_s: float | None) -> None:
    """Wait for the next time, or new evidence where there is none; at most until something is to look at.

    That is when queries or subscriptions changed, since ours may be gone, and every few seconds, since who
    asked may have lost the right to.
    """

    async def until(happens: Callable[[], Awaitable[object]]) -> None:
        await happens()
        first.cancel_scope.cancel()

    with move_on_after(LOOK_EVERY_S if left_s is None else max(0.0, min(left_s, LOOK_EVERY_S))):
        async with create_task_group() as first:
            first.start_soon(until, changes.wait)
            if left_s is None:
                first.start_soon(until, partial(deliverer.tide.beyond, watch.due.delivered))


async def _within(sending: Awaitable[None]) -> None:
    """A subscriber that does not read for half a minute is let go."""
    try:
        with fail_after(SEND_WITHIN_S):
            await sending
    except TimeoutError as error:
        raise WebSocketDisconnect(_AGAIN) from error
