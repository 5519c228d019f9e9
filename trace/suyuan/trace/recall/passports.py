"""Building passports: what is on record of an object, and the verdict that follows from it.

The verdict is decided from facts alone, by the precedence of :class:`VerdictState`; every fact that applies
is told, the most serious first. Nothing here says "genuine": a code that can be copied is "on record".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, cast

from suyuan.trace.checks.facts import Point
from suyuan.trace.gs1 import Identifier, identify, link_of, site
from suyuan.trace.lineage import Visit
from suyuan.trace.recall.custody import SELLS
from suyuan.trace.recall.dates import last_day, local_day, registered_dates, told_dates
from suyuan.trace.recall.facts import Facts, Records, identified, look_up, require_known
from suyuan.trace.recall.fitness import Unfit, condition
from suyuan.trace.recall.hearing import begins
from suyuan.trace.recall.hearsay import is_sale, strange, uncertain
from suyuan.trace.recall.names import city, name, near, party, product
from suyuan.trace.recall.origins import product_of
from suyuan.trace.recall.passport import (
    Check,
    JourneyStep,
    Origin,
    Paper,
    Party,
    Passport,
    Reason,
    RecallNotice,
    Text,
    Verdict,
    VerdictState,
)
from suyuan.trace.recall.recall import Case
from suyuan.trace.recall.temperature import temperature, undecided

NEAR_EXPIRY = timedelta(days=2)
NOT_PRAISED = (VerdictState.RECALLED, VerdictState.DESTROYED, VerdictState.SUSPICIOUS)
# What speaks against a journey without gaps: beside it the page does not call the journey consistent.
_AGAINST_THE_RECORD = frozenset({"record-incomplete", "wrong-lot", "resold", "made-by-others"})
_UNFIT: Mapping[Unfit, VerdictState] = {  # those without a verdict of their own are off sale
    "recalled": VerdictState.RECALLED,
    "destroyed": VerdictState.DESTROYED,
    "disposed": VerdictState.DESTROYED,
    "expired": VerdictState.EXPIRED,
    "unknown": VerdictState.ATTENTION,
}
_PRECEDENCE = {state: rank for rank, state in enumerate(VerdictState)}
_NO_TEXT = Text()
_OF_THE_DAY = Reason(VerdictState.UNKNOWN, "of-the-day")
"""Stands for the reasons that depend on the day, between those found before and after them."""


def build_passport(
    identifier: Identifier,
    records: Records,
    cases: Iterable[Case],
    *,
    now: datetime,
    zone: tzinfo,
    public_url: str,
    first_name: Callable[[str], str] = str,
) -> Passport:
    """The passport of one object at an instant: what is on record of it, as it reads on that day."""
    found = on_record(
        identifier, records, cases, now=now, zone=zone, public_url=public_url, first_name=first_name
    )
    return as_of_day(found, now, zone)


def on_record(
    identifier: Identifier,
    records: Records,
    cases: Iterable[Case],
    *,
    now: datetime,
    zone: tzinfo,
    public_url: str,
    first_name: Callable[[str], str] = str,
) -> Passport:
    """What no day changes of a passport, for :func:`as_of_day`; a handful of look-ups and one trace back.

    Its reasons are in the order in which they were found, with a mark where those of the day belong.
    An item that nobody told of, but whose lot in the same code is held or recalled, gets its lot's passport.
    ``first_name`` gives the key under which records and cases know what an event names (decision 0007).

    Raises:
        NotFound: nothing is on record; ``where`` is the AI of the part that is not known.
    """
    told = _told(cases)
    identifier = answering(identifier, records, told)
    require_known(identifier, records)
    facts = look_up(identifier, records, zone, first_name)
    recorded = told_dates(_tellings(facts), zone)
    dates = (registered_dates(records.registered(facts.lot_key), zone) if facts.lot_key else {}) | recorded
    concerned = [case for case in told if _covers(case, facts)]
    measured = temperature(facts.own.certain, facts.events)
    reasons = (*_reasons(facts, concerned), *undecided(measured))
    product_key = identifier.product_key or _product_of_lot(facts)
    maker = facts.attributes.get(product_key or "", {}).get("producer")
    return Passport(
        key=identifier.key,
        digital_link=link_of(identifier, public_url),
        kind=identifier.kind,
        verdict=Verdict(reasons[0].state, reasons, now),
        gtin=identifier.gtin,
        lot=_lot_code(facts),
        serial=identifier.serial,
        sscc=identifier.sscc,
        own_code=identifier.own[0][1] if identifier.own else None,
        namespace=identifier.namespace,
        product=None if product_key is None else product(product_key, facts.attributes.get(product_key, {})),
        producer=_producer(maker, facts, records),
        production_date=dates.get("production"),
        best_before_date=dates.get("best_before"),
        expiration_date=dates.get("expiration"),
        journey=tuple(_step(visit, facts) for visit in _checkpoints(facts.visits)),
        origins=tuple(_origins(facts)),
        checks=tuple(_checks(facts)),
        notices=tuple(_notices(told, facts)),
        evidence=tuple(visit.evidence for visit in facts.visits),
        registered=frozenset(dates.keys() - recorded.keys()),
        papers=tuple(records.papers(facts.lot_key, maker or "")) if facts.lot_key else (),
        product_by=_told_by(product_key, maker, records),
        product_entered=product_key is not None and records.entered(product_key) is not None,
        lot_by=_told_by(facts.lot_key, maker, records),
        temperature=measured,
    )


def as_of_day(found: Passport, now: datetime, zone: tzinfo) -> Passport:
    """What is :func:`on_record`, as it reads at an instant: days left, what has run out, the verdict."""
    today = now.astimezone(zone).date()
    dates = {"expiration": found.expiration_date, "best_before": found.best_before_date}
    told = {kind: day for kind, day in dates.items() if day is not None}
    reasons: list[Reason] = []
    for reason in found.verdict.reasons:
        reasons.extend(_date_reasons(told, today) if reason == _OF_THE_DAY else (reason,))
    reasons = in_order(reasons)
    expiry = last_day(told)
    return replace(
        found,
        verdict=Verdict(reasons[0].state, tuple(reasons), now),
        days_left=None if expiry is None else (expiry - today).days,
        papers=tuple(_standing(paper, today) for paper in found.papers),
        producer=None if found.producer is None else _licensed(found.producer, today),
    )


def answering(identifier: Identifier, records: Records, cases: Iterable[Case]) -> Identifier:
    """What tells for a thing: of an item that nobody told of its lot, where that is held or recalled."""
    lot_key = identifier.lot_key if identifier.kind == "item" else None
    if lot_key is None or not any(lot_key in case.keys for case in _told(cases) if case.stops is not None):
        return identifier
    return identifier if records.is_known(identifier.key) else identify(lot_key)


def _told(cases: Iterable[Case]) -> list[Case]:
    return [case for case in cases if case.published_at is not None or case.held_at is not None]


def in_order(found: Iterable[Reason]) -> list[Reason]:
    """The most serious first, and none that another one contradicts."""
    reasons = sorted(found, key=_rank)
    if reasons[0].state in NOT_PRAISED:  # beside "do not eat it", a consistent journey would reassure
        return [reason for reason in reasons if reason.state is not VerdictState.REGISTERED]
    if any(reason.code in _AGAINST_THE_RECORD for reason in reasons):
        return [
            replace(reason, code="copyable") if reason.code == "registered" else reason for reason in reasons
        ]
    return reasons


def _covers(case: Case, facts: Facts) -> bool:
    own = {facts.identifier.key, facts.lot_key, *facts.contents}
    return not case.keys.isdisjoint(key for key in own if key is not None)


def _notices(cases: Iterable[Case], facts: Facts) -> Iterable[RecallNotice]:
    """What is in force first, then what is past: a hold that was lifted is part of what happened to it."""
    concerning = [case for case in cases if _covers(case, facts) or _names_a_lot(case, facts)]
    for case in sorted(concerning, key=lambda case: case.stops is None):
        yield from notices_of(case)


def notices_of(case: Case) -> Iterable[RecallNotice]:
    """What a case says to shoppers: the warning before the rest, where the public was warned."""
    if case.warning is not None and case.warned_at is not None:
        kind = "warning" if case.stops else "past-warning"
        warned = replace(_notice(case), kind=kind, reason=case.warning.text)
        yield replace(warned, published_at=case.warned_at, operator=case.warning.authorised_by)
    yield _notice(case)


def _names_a_lot(case: Case, facts: Facts) -> bool:
    """Whether a case in force is about some of this product, whose page knows no lot: the reader compares."""
    if facts.identifier.kind != "product" or case.stops is None:
        return False
    return any(key.startswith(f"{facts.identifier.key}/") for key in case.keys)


def _reasons(facts: Facts, cases: Iterable[Case]) -> list[Reason]:
    reasons = [reason for case in cases if (reason := _case_reason(case)) is not None]
    sales = [visit for visit in (*facts.own.certain, *facts.own.uncertain) if visit.biz_step == SELLS]
    if facts.where.status == "destroyed":
        reasons.append(Reason(VerdictState.DESTROYED, "destroyed"))
    reasons.extend(_unfit(facts))
    reasons.append(_OF_THE_DAY)
    if facts.identifier.kind == "item":
        sold_at = [visit for visit in facts.own.certain if is_sale(visit)]
        if len(sold_at) > 1:
            fields = {"first": sold_at[0].time, "second": sold_at[-1].time, "count": len(sold_at)}
            reasons.append(Reason(VerdictState.RESOLD, "resold", fields))
        if sales and facts.where.status == "sold":
            place = facts.attributes.get(sales[0].place or "", {})
            reasons.append(Reason(VerdictState.SOLD, "sold", {"time": sales[0].time, "place": name(place)}))
    if facts.identifier.kind != "unit" and not any(
        begins(visit, facts.events, facts.identifier.key, facts.first_name) for visit in facts.visits
    ):
        reasons.append(Reason(VerdictState.ATTENTION, "record-incomplete"))
    if facts.identifier.lot_key and facts.lot_key and facts.identifier.lot_key != facts.lot_key:
        reasons.append(Reason(VerdictState.ATTENTION, "wrong-lot"))
    if not facts.is_made_by_owner:
        reasons.append(Reason(VerdictState.ATTENTION, "made-by-others"))
    reasons.extend(uncertain(facts.own, facts.of_lot, facts.events, facts.identifier.kind))
    reads = sum(visit.basis == "read" for visit in facts.visits)
    reasons.append(Reason(VerdictState.REGISTERED, "registered", {"count": reads} if reads else {}))
    reasons.extend(strange(facts.own, facts.of_lot, facts.identifier.kind))
    return reasons


def _unfit(facts: Facts) -> Iterable[Reason]:
    """What was told of its condition and stands against selling it: the till is told the same."""
    kind, own, lot = facts.identifier.kind, facts.own.certain, facts.of_lot.certain
    found = condition((), own) if kind == "lot" else condition(own, lot, is_unit=kind == "unit")
    if found is None:
        return
    unfit, visit = found
    if unfit == "destroyed" and facts.where.status == "destroyed":
        return  # said already
    place = facts.attributes.get(visit.place or "", {})
    fields = {"time": visit.time, "place": name(place), "disposition": unfit}
    code = "check-failed" if unfit == "non_conformant" else "unfit"
    yield Reason(_UNFIT.get(unfit, VerdictState.WITHDRAWN), code, fields)


def _case_reason(case: Case) -> Reason | None:
    """What a case means for what it covers: a hold that was lifted nothing, a recall is not forgotten."""
    fields: dict[str, object] = {"number": case.number, "title": case.draft.title}
    if case.stops is not None:
        return Reason(VerdictState(case.stops), case.stops, fields)
    if case.published_at is None:
        return None
    return Reason(
        VerdictState.REGISTERED,
        "recall-lifted",
        fields | {"published": case.published_at, "lifted": case.released_at},
    )


def _date_reasons(dates: Mapping[str, date], today: date) -> Iterable[Reason]:
    for kind in ("expiration", "best_before"):
        day = dates.get(kind)
        if day is None:
            continue
        if day < today:
            yield Reason(VerdictState.EXPIRED, "expired", {"date": day, "days": (today - day).days})
        elif day - today <= NEAR_EXPIRY:
            yield Reason(VerdictState.ATTENTION, "near-expiry", {"date": day, "days": (day - today).days})
        return


def _rank(reason: Reason) -> int:
    return _PRECEDENCE[reason.state]


def _tellings(facts: Facts) -> Iterable[Mapping[str, object]]:
    """What the events that made the item, then its lot, told of them."""
    for visit in (*facts.own.certain, *facts.of_lot.certain):
        event = facts.events.get(visit.evidence)
        if event is not None and visit.basis != "inferred":
            yield event.ilmd


def _lot_code(facts: Facts) -> str | None:
    recorded = identified(facts.lot_key)
    return facts.identifier.lot if recorded is None else recorded.lot


def _product_of_lot(facts: Facts) -> str | None:
    return None if facts.lot_key is None else product_of(facts.lot_key)


def _producer(maker: str | None, facts: Facts, records: Records) -> Party | None:
    made_by = maker or next(
        (visit.party for visit in facts.visits if visit.biz_step == "commissioning"), None
    )
    found = None if made_by is None else party(made_by, facts.attributes.get(made_by, {}))
    return None if found is None else replace(found, entered=records.entered(found.key))


def _standing(paper: Paper, today: date) -> Paper:
    """A document with how its last day stands to today."""
    standing = "open" if not paper.expires else "over" if paper.expires < today.isoformat() else "valid"
    return replace(paper, standing=standing)


def _licensed(producer: Party, today: date) -> Party:
    """A producer with whether its licence has run out."""
    until = producer.licence_until
    return replace(producer, licence_over=until is not None and until < today)


def _told_by(key: str | None, maker: str | None, records: Records) -> Party | None:
    """Whose word an entry is, where it is not the producer's own: nobody speaks for another unnoticed."""
    owner = records.told_by(key, maker or "") if key else None
    return None if owner is None else party(owner, records.attributes([owner]).get(owner, {}))


def _checkpoints(visits: Sequence[Visit]) -> Iterable[Visit]:
    """The visits without inspections, which stand apart, and without sightings where a step was done anyway.

    A station that renews the number on a tag tells that in an event of its own, beside that of the step.
    """
    told = {site(visit.place) for visit in visits if visit.biz_step and visit.place is not None}
    for visit in visits:
        is_sighting = not visit.biz_step and visit.place is not None and site(visit.place) in told
        if visit.biz_step != "inspecting" and not is_sighting:
            yield visit


def _step(visit: Visit, facts: Facts) -> JourneyStep:
    event = facts.events.get(visit.evidence)
    place = facts.attributes.get(visit.place or "", {})
    owner = facts.attributes.get(place.get("party", visit.party), {})
    return JourneyStep(
        time=visit.time,
        time_zone_offset="+00:00" if event is None else event.event_time_zone_offset,
        step=visit.biz_step or "",
        disposition=visit.disposition,
        place=name(place),
        city=city(place),
        party=name(owner),
        basis=visit.basis.value,
        evidence=visit.evidence,
        near=_near(visit, facts),
    )


def _near(visit: Visit, facts: Facts) -> Point | str:
    """Where a visit was, by its read point or else by the place as a whole."""
    if visit.place is None:
        return ""
    return near(*(facts.attributes.get(key, {}) for key in (visit.place, site(visit.place))))


def _origins(facts: Facts) -> Iterable[Origin]:
    """The lots at the far end of the trace back, as their first checkpoint tells of them."""
    for key, first in facts.origins.items():
        owner = facts.attributes.get(first.party, {})
        place = facts.attributes.get(first.place or "", {})
        yield Origin(
            key=key,
            product=name(facts.attributes.get(product_of(key) or "", {})),
            party=name(owner),
            place=city(place) if place else city(owner),
            date=local_day(first.time, facts.zone),
            near=_near(first, facts),
        )


def _checks(facts: Facts) -> Iterable[Check]:
    for visit in (*facts.visits, *facts.lot_visits):
        event = facts.events.get(visit.evidence)
        if event is None or visit.biz_step != "inspecting":
            continue
        said: object = event.body.get("suyuan:check")
        told = cast("dict[str, Any]", said) if isinstance(said, dict) else {}  # whatever a sender wrote there
        teller = name(facts.attributes.get(visit.party, {}))
        by = _text(told.get("by")) if told.get("by") else teller
        yield Check(
            what=_text(told.get("what")),
            by=by,
            on=local_day(visit.time, facts.zone),
            result=visit.disposition or "",
            document=str(told.get("document", "")),
            told_by=_NO_TEXT if {teller.zh, teller.en} & {by.zh, by.en} - {""} else teller,
        )


def _text(told: Any) -> Text:
    if isinstance(told, dict):
        told = cast("dict[str, Any]", told)
        return Text(str(told.get("zh", "")), str(told.get("en", "")))
    return Text(str(told), str(told)) if told else _NO_TEXT


def _notice(case: Case) -> RecallNotice:
    published = case.published_at
    kind = "hold" if published is None else "recall"
    return RecallNotice(
        number=case.number,
        kind=kind if case.stops else f"past-{kind}",
        title=case.draft.title,
        reason=case.draft.reason,
        what_to_do=case.draft.what_to_do,
        contact=case.draft.contact,
        published_at=published or case.held_at or case.log[-1].time,
        initiative=case.draft.initiative or "",
        operator=case.draft.operator,
        ended_at=case.released_at or case.completed_at,
    )
