"""The house, put together: one store with its lineage, cases and master data, for pages and routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Self, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from suyuan.api.casework import Casework
from suyuan.api.competence import StoredRegister
from suyuan.api.database import prepared_engine
from suyuan.api.desk import Desk
from suyuan.api.labels import describing_keys, label
from suyuan.api.openings import LiveOpenings, Openings
from suyuan.api.passports.kept import Passports
from suyuan.api.passports.prepared import under_its_lot
from suyuan.api.proofs import Proofs
from suyuan.api.records import LiveRecords
from suyuan.api.scan_histories import Histories
from suyuan.api.scan_judging import Judging
from suyuan.api.scan_log import ScanLog
from suyuan.api.scanning import Scanning
from suyuan.api.settings import Settings
from suyuan.api.view import View
from suyuan.portal.services import EventRow, Label, Principal
from suyuan.trace.epcis.document import read_event
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.json_document import write_json
from suyuan.trace.errors import Conflict, NotFound
from suyuan.trace.gs1 import Identifier, identify, link_of, namespace_of, own_of_link, site
from suyuan.trace.lineage import Options, Scope, Suspect, Trace
from suyuan.trace.recall.facts import not_known
from suyuan.trace.recall.nameplate import Nameplate, is_on_goods, may_be_packed, nameplate
from suyuan.trace.recall.passport import Passport, Seen
from suyuan.trace.recall.passports import as_of_day
from suyuan.trace.recall.recall import Case, Stop
from suyuan.trace.recall.receipt import Answer, lots_of_a_receipt
from suyuan.trace.register.identifiers import namespace
from suyuan.trace.register.labels import labels_given
from suyuan.trace.resolver import handler_of
from suyuan.trace.scan.judging import judged
from suyuan.trace.scan.label_keys import read_label_keys
from suyuan.trace.scan.look import Look
from suyuan.trace.scan.proof import NotGivenOut
from suyuan.trace.store.accounts import own_party
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, expect_much
from suyuan.trace.store.history import Recorded
from suyuan.trace.store.jobs import Behaviour, CaptureJob, JobPage, capture_job, capture_jobs
from suyuan.trace.store.sight import HOUSE, NO_PURPOSE, Purpose, Viewer
from suyuan.trace.sun import read_key_file


class EventExists(Conflict):
    """An event of this eventID is stored already."""

    code = "event-exists"
    title = "There is already an event of this id"


@dataclass(frozen=True, slots=True)
class CapturedBy:
    """The party in whose name something is captured."""

    party: str

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """The party of a principal; an account without one captures in its own name."""
        return cls(principal.party or own_party(principal.name))


class House:
    """Everything that pages and routes need of one store. Safe to use from several threads."""

    def __init__(self, engine: Engine, settings: Settings, now: Callable[[], datetime]) -> None:
        self.engine = engine
        self.now = now
        self.zone = ZoneInfo(settings.time_zone)
        self.tiles = settings.tiles
        self._public_url = settings.public_url
        self._handlers = settings.handled_by
        self._home = ""
        self._records = LiveRecords(engine, settings.lineage, settings.var / "lineage.snapshot")
        scans = ScanLog(engine, zone=self.zone, batches=self._records.lots, is_known=self._records.is_known)
        self.label_keys = None if settings.label_keys is None else read_label_keys(settings.label_keys)
        sun = None if settings.sun_keys is None else read_key_file(settings.sun_keys)
        self._proofs = Proofs(engine, labels=self.label_keys, sun=sun)
        self.scanning = Scanning(engine, scans, self._proofs)
        self.judging = Judging(engine, Histories(self._records, self._last_day), now)
        self.openings: Openings = LiveOpenings(self._records)
        self._casework = Casework(
            engine, self._records, now, alone=settings.one_person, register=StoredRegister(engine)
        )
        self.passports = Passports(
            engine,
            self._records,
            self._casework.cases,
            now=now,
            zone=self.zone,
            public_url=settings.public_url,
        )
        self.desk = Desk(engine, self._casework, self._records, self.passport, self.seen_by, now)

    def close(self) -> None:
        """Give the database back."""
        self.engine.dispose()

    @property
    def records(self) -> LiveRecords:
        """Lineage, evidence and master data, for services that ask many small questions."""
        return self._records

    # Evidence

    def capture(self, content: bytes, media_type: str, *, by: CapturedBy, behaviour: Behaviour) -> CaptureJob:
        """Store a document for a party; see ``suyuan.trace.store.capture``."""
        job = capture(
            self.engine,
            content,
            media_type,
            party=by.party,
            now=self.now(),
            behaviour=behaviour,
            clock=self.now,
        )
        self._records.lineage.hand_over(job)
        self.passports.hand_over(job)
        return job

    def capture_event(self, content: bytes, media_type: str, *, by: CapturedBy) -> str:
        """Store one event; returns its eventID. ``EventExists`` if the party has sent that id before."""
        single = read_event(content, media_type)
        document = write_json([single], form="EPCISDocument", creation_date=self.now())
        name = single.event_id or event_hash(single)
        if not self.capture(document, "application/json", by=by, behaviour="rollback").captured:
            raise EventExists("The event {id} is stored already", where="eventID", id=name)
        return name

    def capture_job(self, capture_id: str, *, by: CapturedBy) -> CaptureJob:
        """A job of the party; others' jobs are as absent as those that never were."""
        with Reading(self.engine) as reading:
            job = capture_job(reading, capture_id)
        if job.party != by.party:
            raise NotFound("There is no capture job {id}", where="captureID", id=capture_id)
        return job

    def capture_jobs(self, *, by: CapturedBy, per_page: int, token: str | None) -> JobPage:
        """A page of the jobs of the party, newest first."""
        with Reading(self.engine) as reading:
            return capture_jobs(reading, party=by.party, now=self.now(), per_page=per_page, token=token)

    def seen_by(self, viewer: Viewer) -> View:
        """What a viewer sees, for one request: pages and programs read through this."""
        return View(self, self._records, viewer)

    def papers_of(self, viewer: Viewer, lot: str) -> Purpose:
        """What opens the papers of a lot to a company that got it inside a container."""
        return self.seen_by(viewer).papers_of(lot) if viewer.role in ("company", "station") else NO_PURPOSE

    def events_with_id(self, event_id: str) -> Sequence[Recorded]:
        """The event of this eventID and the declarations that correct it, or ``NotFound``."""
        return self.seen_by(HOUSE).told.with_id(event_id)

    def events_of(self, key: str, limit: int = 200) -> Sequence[EventRow]:
        """The newest events that name a key."""
        return self.seen_by(HOUSE).events_of(key, limit)

    # Lineage

    def follow(self) -> int:
        """Take in new evidence; the sequence number of the newest."""
        return self._records.follow()

    def settled(self) -> AbstractContextManager[int]:
        """See :meth:`suyuan.api.records.LiveRecords.settled`."""
        return self._records.settled()

    def known(self, key: str) -> None:
        """Raise ``NotFound`` for a key that nothing names."""
        if not self._records.is_known(key):
            raise NotFound("Nothing is on record under {key}", where="key", key=key)

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """See ``Tracer.trace``."""
        return self._records.trace(suspects, options)

    def scope(self, suspects: Sequence[Suspect], options: Options) -> Scope:
        """See ``Tracer.scope``."""
        return self._records.scope(suspects, options)

    def passport(self, link: str) -> Passport:
        """What a shopper may see of the object of a Digital Link (or its path)."""
        scanned, names = self.identified(link), self._records.aliases()
        if not self._is_goods(names.identifier(scanned)):
            raise _no_goods()
        try:
            found = as_of_day(self.passports.of(names.identifier(scanned)), self.now(), self.zone)
        except NotFound as unknown:
            raise self._only_a_label(scanned, unknown) from None
        if names.identifier(scanned) == scanned:
            return found
        return replace(  # the shopper compares with the code that she scanned
            found,
            digital_link=link_of(scanned, self._public_url),
            gtin=scanned.gtin,
            own_code=scanned.own[0][1] if scanned.own else None,
            namespace=scanned.namespace,
        )

    def nameplate(self, link: str) -> Nameplate | None:
        """What everybody may read of a place, a party or an asset; None for goods, which have a passport.

        Raises ``NotFound`` where master data tell nothing of it.
        """
        thing = self._records.aliases().identifier(self.identified(link))
        if self._is_goods(thing):
            return None
        return nameplate(thing, self._records, today=self.now().astimezone(self.zone).date())

    def _is_goods(self, thing: Identifier) -> bool:
        """Whether there is a passport of such a thing, if anything is on record of it."""
        if is_on_goods(thing) or not may_be_packed(thing):
            return is_on_goods(thing)
        return self._records.asked(lambda things: things.is_born(thing.key))

    def _last_day(self, key: str) -> date | None:
        """Of a thing that was scanned, by its own key: asked as its label names it, its passport is kept."""
        thing = under_its_lot(identify(key), self._records.lot_of(key))
        try:
            passport = self.passports.of(self._records.aliases().identifier(thing))
        except NotFound:
            return None
        return passport.expiration_date or passport.best_before_date

    def looked_at(self, passport: Passport, look: Look) -> Seen:
        """See :meth:`suyuan.api.scanning.Scanning.seen`."""
        return self.scanning.seen(passport, look)

    def scanned(self, link: str, look: Look) -> Passport:
        """The passport of a code that somebody looked at, with what the look found out.

        A code with a wrong mark or signature is answered as a serial that nobody gave out: with its lot where
        that is stopped, else with ``NotFound``.
        """
        scanned = self.identified(link)
        try:
            passport = self.passport(link)
        except NotFound:
            if self._proofs.is_forged(scanned, look.query):
                raise not_known(scanned, self._records) from None
            raise
        try:
            return judged(passport, self.looked_at(passport, look))
        except NotGivenOut:
            return self._lot_of_a_forged_code(scanned)

    def _lot_of_a_forged_code(self, scanned: Identifier) -> Passport:
        if scanned.lot_key is not None and self._records.is_known(scanned.lot_key):
            lot = self.passport(scanned.lot_key)
            if any(reason.code in get_args(Stop) for reason in lot.verdict.reasons):
                return lot
        raise not_known(scanned, self._records)

    def is_forged(self, link: str, query: str) -> bool:
        """Whether the mark or signature in ``query`` is not that of the label of ``link``."""
        return self._proofs.is_forged(self.identified(link), query)

    def handled_by(self, code: Identifier) -> str | None:
        """The root of the resolver that answers for a code if nothing is known of it here; None: no other."""
        return handler_of(code, self._handlers)

    def _only_a_label(self, scanned: Identifier, unknown: NotFound) -> NotFound:
        """What to say of a code of which nothing is on record: that we printed it, if we did."""
        with Reading(self.engine) as reading:
            if not labels_given(reading, [scanned.key]):
                return unknown
        return NotFound(
            "This label is ours, but what it is on is not on record yet.",
            where=unknown.where,
            remedy="The producer records it when the label is put on the goods. Ask the seller.",
        )

    def identified(self, link: str) -> Identifier:
        """What a link or the path of a scanned link names: ours, or after ``/other/`` another platform's."""
        if link.startswith("/other/"):
            own = own_of_link(f"https://{link.removeprefix('/other/')}", strictly=True)
        elif link.startswith("/own/"):
            own = own_of_link(self._namespace() + link, strictly=True)
        else:
            return identify(link)
        if own is None or own.own[0][0] not in _WITH_PAGES:
            raise _no_goods()
        return own

    def _namespace(self) -> str:
        """Where own codes of this platform live; before the first of them, where they would."""
        if not self._home:
            with Reading(self.engine) as reading:
                self._home = namespace(reading)
        return self._home or namespace_of(self._public_url)

    def lots_of_receipt(self, shop: str, product: str, day: date) -> Answer:
        """The lots that a purchase can have been of."""
        key = self._records.aliases().key
        return lots_of_a_receipt(self._records, key(site(shop)), key(product), day, self.zone)

    # Names

    def label(self, key: str) -> Label:
        """How to show one key."""
        return self.labels([key])[key]

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show these keys; two look-ups for all of them."""
        attributes = dict(self._records.attributes(describing_keys(keys)))
        owners = {
            value
            for told in attributes.values()
            for name, value in told.items()
            if name in ("party", "producer")
        }
        attributes.update(self._records.attributes(owners - attributes.keys()))
        return {key: label(key, attributes) for key in keys}

    # Cases

    def cases(self) -> Sequence[Case]:
        """All cases, newest decision first."""
        return self._casework.cases()

    def case(self, number: str) -> Case:
        """One case."""
        return self._casework.case(number)

    def block_list(self) -> bytes:
        """The signed block list of now."""
        return self._casework.block_list()

    def block_list_public_key(self) -> bytes:
        """What verifies it."""
        return self._casework.public_key()


_WITH_PAGES = ("product", "unit", "place", "party")


def _no_goods() -> NotFound:
    return NotFound("This code names no goods", where="code", remedy="Scan the code on the goods themselves.")


def utc_now() -> datetime:
    """The clock of the real world."""
    return datetime.now(UTC)


def open_house(settings: Settings, now: Callable[[], datetime] = utc_now) -> House:
    """The house of these settings, its store ready."""
    engine = prepared_engine(settings.database)
    expect_much(engine)
    return House(engine, settings, now)
