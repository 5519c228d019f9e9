"""``/queries/{queryName}/subscriptions``: where new events are sent as they come. Source: EPCIS 2.0 §12.

What happens then is decision 0015 and :mod:`suyuan.api.notify.deliverer`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from suyuan.api.epcis.answers import VERSIONS, discovered, json
from suyuan.api.epcis.list_pages import json_object, keeper, offers, page, told
from suyuan.api.epcis.named_query_routes import QueryName
from suyuan.api.epcis.negotiation import wanted
from suyuan.api.house import House
from suyuan.api.notify.addresses import check_dest
from suyuan.api.notify.standing import owner_of
from suyuan.api.security import house_of, reader_of_events
from suyuan.portal.services import Principal
from suyuan.trace.epcis.json_shapes import is_object
from suyuan.trace.epcis.representation import EPC_FORMATS
from suyuan.trace.epcis.schedule import QuerySchedule, SubscriptionControlsWrong, parse_schedule
from suyuan.trace.store.columns import storable
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.named_queries import EVENT_QUERY, NamedQuery, named_query
from suyuan.trace.store.subscriptions import (
    Subscription,
    create_subscription,
    delete_subscription,
    due_from,
    still_due_since,
    subscription,
    subscriptions,
)

router = APIRouter(tags=["EPCIS 2.0"])

_LIST = "/queries/{query_name}/subscriptions"
_ONE = _LIST + "/{subscription_id}"
_MEMBERS = frozenset(
    (
        "dest",
        "signatureToken",
        "initialRecordTime",
        "reportIfEmpty",
        "schedule",
        "stream",
        "epcFormat",
    )
)
_LONGEST_TOKEN = 1000
TOLD_AFTER = timedelta(minutes=1)
"""When a failure is told, counted from the beginning of the attempt: longer than any takes.

How soon a name or a port fails would tell of the network that this server stands in.
"""
SubscriptionId = Annotated[str, Path(max_length=100)]


offers(router, _LIST, "GET, HEAD, OPTIONS, POST")


@router.options(_ONE, status_code=204)
def subscription_options(
    query_name: QueryName,
    subscription_id: SubscriptionId,
    by: Annotated[Principal, Depends(reader_of_events)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """What may be done here, and from which record time on events are still due."""
    with Reading(house.engine) as reading:
        known = subscription(reading, owner_of(by), query_name, subscription_id)
        since = still_due_since(reading, known).isoformat()
    return discovered("DELETE, GET, HEAD, OPTIONS", {"GS1-Query-Min-Record-Time": since})


@router.post(_LIST, status_code=201)
def post_subscription(
    request: Request,
    query_name: QueryName,
    by: Annotated[Principal, Depends(keeper)],
    body: Annotated[Mapping[str, Any], Depends(json_object)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """Send the events of a query to ``dest`` from now on, as they come (``stream``) or by a ``schedule``."""
    now = house.now()
    dest, token = _text(body, "dest"), body.get("signatureToken")
    check_dest(dest, request.app.state.receivers)
    if token is not None and (
        not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN or not storable(token)
    ):
        raise SubscriptionControlsWrong(
            "signatureToken is a text of 1 to {most} characters", where="signatureToken", most=_LONGEST_TOKEN
        )
    schedule, initial = _schedule(body), moment(body.get("initialRecordTime"))
    report_if_empty = body.get("reportIfEmpty", False)
    if not isinstance(report_if_empty, bool):
        raise SubscriptionControlsWrong("reportIfEmpty is true or false", where="reportIfEmpty")
    epc_format = body.get("epcFormat", wanted(request).epc_format)
    if epc_format not in EPC_FORMATS:
        raise SubscriptionControlsWrong(
            "epcFormat is one of {known}", where="epcFormat", known=", ".join(EPC_FORMATS)
        )
    with Writing(house.engine) as writing:
        check_standing(named_query(writing, owner_of(by), query_name))
        due = due_from(writing, initial, now)
        made = Subscription(
            id=secrets.token_urlsafe(15),
            party=owner_of(by),
            query_name=query_name,
            account=by.name,
            dest=dest,
            signature_token=token,
            schedule=schedule,
            report_if_empty=report_if_empty,
            epc_format=epc_format,
            initial_record_time=due.since,
            created=now,
            newest_then=due.newest_then,
            delivered=due.delivered,
            min_record_time=due.since,
        )
        create_subscription(writing, made)
        body = _body(writing, made, now)
    request.app.state.deliverer.changed()
    location = f"/queries/{quote(query_name, safe='')}/subscriptions/{made.id}"
    return told(body, {**VERSIONS, "Location": location}, status=201)


@router.head(_LIST, include_in_schema=False)
@router.get(_LIST)
def get_subscriptions(
    request: Request,
    query_name: QueryName,
    by: Annotated[Principal, Depends(reader_of_events)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """The subscriptions to a query, also those that are suspended, page by page."""
    party, now = owner_of(by), house.now()
    with Reading(house.engine) as reading:
        if query_name != EVENT_QUERY:  # to which there are subscriptions by SOAP
            named_query(reading, party, query_name)
        return page(
            request,
            f"subscriptions to {query_name}",
            now,
            lambda after, most: subscriptions(reading, party, query_name, after=after, limit=most),
            lambda known: (known.id, _body(reading, known, now)),
        )


@router.head(_ONE, include_in_schema=False)
@router.get(_ONE)
def get_subscription(
    query_name: QueryName,
    subscription_id: SubscriptionId,
    by: Annotated[Principal, Depends(reader_of_events)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """One subscription and its state."""
    with Reading(house.engine) as reading:
        known = subscription(reading, owner_of(by), query_name, subscription_id)
        return json(_body(reading, known, house.now()))


@router.delete(_ONE, status_code=204)
def remove_subscription(
    request: Request,
    query_name: QueryName,
    subscription_id: SubscriptionId,
    by: Annotated[Principal, Depends(keeper)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """End a subscription."""
    with Writing(house.engine) as writing:
        delete_subscription(writing, owner_of(by), query_name, subscription_id)
    request.app.state.deliverer.changed()
    return Response(status_code=204, headers=VERSIONS)


def check_standing(query: NamedQuery) -> None:
    """Raise ``SubscriptionControlsWrong`` for a query that tells how many events it wants: all are sent."""
    limit = next((name for name in ("eventCountLimit", "maxEventCount") if name in query.query), None)
    if limit is not None:
        raise SubscriptionControlsWrong(
            "The query has {limit}, but a subscription gets every event",
            where="queryName",
            remedy="Subscribe to a query without it.",
            limit=limit,
        )


def moment(told: object) -> datetime | None:
    """The initialRecordTime that was told, in UTC; None where none was.

    Raises:
        SubscriptionControlsWrong: it is no time with its zone.
    """
    if told is None:
        return None
    try:
        time = datetime.fromisoformat(told) if isinstance(told, str) else None
        if time is not None and time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise SubscriptionControlsWrong(
        "initialRecordTime cannot be {value}",
        where="initialRecordTime",
        remedy="Write it as 2026-05-01T08:00:00+08:00.",
        value=str(told)[:100],
    )


def _schedule(body: Mapping[str, Any]) -> QuerySchedule | None:
    """The schedule of a subscription, None for a stream; exactly one of both must be told."""
    unknown = next((member for member in body if member not in _MEMBERS), None)
    if unknown is not None:
        raise SubscriptionControlsWrong(
            "A subscription has no member {member}",
            where=unknown[:100],
            remedy="Leave it out.",
            member=unknown[:100],
        )
    schedule, stream = body.get("schedule"), body.get("stream")
    if (schedule is None) == (stream is None) or stream not in (None, True):
        raise SubscriptionControlsWrong(
            "A subscription has either a schedule or a stream that is true",
            where="schedule" if stream is None else "stream",
            remedy="Give stream as true, or a schedule with one field at least.",
        )
    if schedule is None:
        return None
    if not is_object(schedule):
        raise SubscriptionControlsWrong("A schedule is an object", where="schedule")
    return parse_schedule(schedule)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise SubscriptionControlsWrong(
            "{member} is missing, or no text", where=name, remedy="Say where to send.", member=name
        )
    return value


def _body(reading: Reading, known: Subscription, now: datetime) -> Mapping[str, Any]:
    """The standard's members, and how it stands; the signatureToken is never shown again."""
    failing = known.failing_since
    is_told = known.suspended is not None or (failing is not None and now - failing >= TOLD_AFTER)
    when: Mapping[str, Any] = (
        {"stream": True} if known.schedule is None else {"schedule": dict(known.schedule.told)}
    )
    state = "suspended" if known.suspended else "failing" if is_told else "active"
    members = {
        "subscriptionID": known.id,
        "queryName": known.told_query,
        "dest": known.dest,
        "createdAt": known.created,
        "lastNotifiedAt": known.last_notified,
        "initialRecordTime": known.initial_record_time,
        "minRecordTime": still_due_since(reading, known),
        "epcFormat": known.epc_format,
        "reportIfEmpty": known.report_if_empty,
        **when,
        "suyuan:name": known.name,
        "suyuan:form": known.form if known.form != "JSON" else None,
        "suyuan:params": known.params,
        "suyuan:account": known.account,
        "suyuan:state": state,
        "suyuan:failingSince": failing if is_told else None,
        "suyuan:suspendedAt": known.suspended,
        "suyuan:reason": known.reason if is_told else None,
    }
    return {name: value for name, value in members.items() if value not in (None, "")}
