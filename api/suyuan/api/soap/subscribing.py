"""``subscribe``: a standing query that its caller names, told in XML of the edition he asked in.

Source: EPCIS 1.2 §8.2.5 (subscribe, SubscriptionControls, QuerySchedule), EPCIS 2.0 likewise. What happens
with it then is decision 0015, whichever binding it came by.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from suyuan.api.device_auth import check_account
from suyuan.api.epcis.subscription_routes import check_standing, moment
from suyuan.api.notify.addresses import check_dest
from suyuan.api.notify.standing import owner_of
from suyuan.api.problems import OWN_XML
from suyuan.api.soap.envelope import SoapWrong, child_text, children
from suyuan.api.soap.faults import InvalidUri, SubscribeNotPermitted, in_space
from suyuan.api.soap.operations import SPELLED, Asked, pair, stored_query
from suyuan.api.soap.values import params, prefixes, required
from suyuan.trace.epcis.query import wrong
from suyuan.trace.epcis.schedule import QuerySchedule, SubscriptionControlsWrong, parse_schedule
from suyuan.trace.epcis.xml_layouts import Version
from suyuan.trace.epcis.xml_values import Element, boolean, local_name, text_of
from suyuan.trace.store.columns import storable
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.named_queries import EVENT_QUERY, MASTER_DATA_QUERY, named_query, narrowed_by
from suyuan.trace.store.subscriptions import MessageForm, Subscription, create_subscription, due_from

CAPTURED = OWN_XML + "trigger/captured"
"""The one trigger that there is: new events are sent as they come, as those of a stream by REST."""
_LONGEST_NAME = 200
_FORMS: Mapping[Version, MessageForm] = {"1.2": "XML 1.2", "2.0": "XML 2.0"}
_COUNTS = ("eventCountLimit", "maxEventCount")


def subscribe(asked: Asked) -> Element:
    """Make a subscription, and begin with it."""
    check_account(asked.viewer)
    name = required(asked.message, "queryName")
    if name == MASTER_DATA_QUERY:  # EPCIS 1.2 §8.2.7.2: it is polled, and not subscribed to
        raise SubscribeNotPermitted("{name} is only polled", where="queryName", name=name)
    beside = _params(asked, stored_query(asked, name) or {})
    schedule, initial, report_if_empty = _controls(asked.message)
    own_name, dest = _own_name(asked.message), _dest(asked)
    party, now = owner_of(asked.viewer), asked.house.now()
    with Writing(asked.house.engine) as writing:
        if name != EVENT_QUERY:
            check_standing(named_query(writing, party, name))
        due = due_from(writing, initial, now)
        made = Subscription(
            id=secrets.token_urlsafe(15),
            party=party,
            query_name=None if name == EVENT_QUERY else name,
            account=asked.viewer.name,
            dest=dest,
            signature_token=None,
            schedule=schedule,
            report_if_empty=report_if_empty,
            epc_format=SPELLED[asked.edition],
            initial_record_time=due.since,
            created=now,
            newest_then=due.newest_then,
            delivered=due.delivered,
            min_record_time=due.since,
            name=own_name,
            params=beside or None,
            form=_FORMS[asked.edition],
        )
        create_subscription(writing, made)
    asked.changed()
    return in_space(asked.edition, "SubscribeResult")


def _params(asked: Asked, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as a JSON object with the prefixes that were declared; checked as they will be run."""
    pairs = [pair(name, value) for name, value in params(asked.message)]
    declared = prefixes(asked.message)
    counted = next((name for name, _ in pairs if name in _COUNTS), None)
    if counted is not None:
        raise wrong(
            counted, None, "{name} means nothing to a subscription: it gets every event", "Leave it out."
        )
    narrowed_by(stored, pairs, prefixes=declared)
    beside: dict[str, Any] = {"@context": declared} if declared and pairs else {}
    return {**beside, **dict(pairs)}


def _controls(message: Element) -> tuple[QuerySchedule | None, datetime | None, bool]:
    """The schedule, None for the trigger; the initialRecordTime; and whether nothing is reported too."""
    found = children(message, "controls")
    if len(found) != 1:
        raise SubscriptionControlsWrong(
            "{name} is missing",
            where="controls",
            remedy="Add it; /soap?wsdl describes the message.",
            name="controls",
        )
    [controls] = found
    report = boolean(child_text(controls, "reportIfEmpty") or "")
    if not isinstance(report, bool):
        raise SubscriptionControlsWrong("reportIfEmpty is true or false", where="reportIfEmpty")
    initial = moment(child_text(controls, "initialRecordTime") or None)
    return _schedule(controls), initial, report


def _schedule(controls: Element) -> QuerySchedule | None:
    schedules, trigger = children(controls, "schedule"), child_text(controls, "trigger")
    if bool(trigger) == bool(schedules) or len(schedules) > 1:
        raise SubscriptionControlsWrong(
            "A subscription has either a schedule or the trigger {trigger}",
            where="controls",
            remedy="Give one of them.",
            trigger=CAPTURED,
        )
    if trigger and trigger != CAPTURED:
        raise SubscriptionControlsWrong(
            "There is no trigger {given}, only {trigger}",
            where="trigger",
            remedy="Give that one for events as they come, or a schedule.",
            given=trigger[:200],
            trigger=CAPTURED,
        )
    if trigger:
        return None
    fields = [(local_name(one), text_of(one).strip()) for one in schedules[0]]
    given = {name: text for name, text in fields if text}
    if len(given) < sum(bool(text) for _, text in fields):
        raise SubscriptionControlsWrong("A field of the schedule is given twice", where="schedule")
    return parse_schedule(given)


def _own_name(message: Element) -> str:
    name = required(message, "subscriptionID")
    if len(name) > _LONGEST_NAME or not storable(name):
        raise SoapWrong(
            "A subscriptionID has {most} characters at most",
            where="subscriptionID",
            remedy="Choose a shorter one.",
            most=_LONGEST_NAME,
        )
    return name


def _dest(asked: Asked) -> str:
    dest = required(asked.message, "dest")
    try:
        check_dest(dest, asked.receivers)
    except SubscriptionControlsWrong as error:
        raise InvalidUri(error.template, where=error.where, remedy=error.remedy, **error.fields) from error
    return dest
