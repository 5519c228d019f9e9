"""Reports of one store, for the shopper's pages and the officers' desk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from string import hexdigits
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_

from suyuan.api.attempts import Attempts, TooManyAttempts
from suyuan.api.house import House
from suyuan.portal.incident.illness import MOST, Listed
from suyuan.portal.lookup import typed_link
from suyuan.portal.report_desk import Shown, Wanted
from suyuan.portal.report_form import Filled
from suyuan.portal.reporting import Photo, Subject
from suyuan.portal.services import Label
from suyuan.trace.errors import InvalidInput, NotFound, SuyuanError
from suyuan.trace.gs1 import IdentifierError, identify, site
from suyuan.trace.recall import complaints
from suyuan.trace.recall.complaints import Channel, Complaint, ComplaintState, Note, Report
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.receipt import Answer
from suyuan.trace.register.attachments import attachment, cleaned, keep_attachment
from suyuan.trace.store import vocabulary
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import ComplaintRow
from suyuan.trace.store.sight import Viewer, conducts, visible_complaints

_SHOPPERS = "https://ns.suyuan.example/party/shoppers"  # who owns what nobody signed in for

_LIKE = 30
_AT_ONCE, _MOST_LOOKED_AT = 200, 2_000


class TooManyReports(SuyuanError):
    """Reports, or looks for numbers, came too often from one address; ``seconds`` tells how long to wait."""

    code = "too-many-reports"
    status = 429
    title = "Too many reports"


class Reports:
    """What can be done about reports. Safe to use from several threads."""

    def __init__(
        self,
        house: House,
        *,
        now: Callable[[], datetime],
        randbytes: Callable[[int], bytes],
        zone: ZoneInfo,
    ) -> None:
        self._house = house
        self._engine = house.engine
        self._now = now
        self._randbytes = randbytes
        self._zone = zone
        self._sent = Attempts(now)
        self._sought = Attempts(now)

    # Everybody

    def new_form(self) -> str:
        """A random name for a form."""
        return self._randbytes(16).hex()

    def today(self) -> date:
        """The local date."""
        return self._now().astimezone(self._zone).date()

    def subject(self, code: str) -> Subject:
        """What a code names; one that is no identifier stands as it was typed."""
        key = self._key(code)
        if not key:
            return Subject("", code, Text())
        label = self._house.label(key)
        return Subject(key, label.code, label.name)

    def take(self, told: Filled, photo: Photo | None, *, address: str) -> str:
        """Store a shopper's report with its photo, in one commit."""
        _count(self._sent, address)
        values = dict(told.values)
        contact = values.pop("contact", "")
        values["code"] = told.code
        picture = None if photo is None else cleaned(photo.content, photo.name, pictures_only=True)
        report = Report(_as_sent(told, photo), Channel.SHOPPER, self._key(told.code), values, contact)
        now = self._now()
        with Writing(self._engine) as writing:
            if picture is not None:
                kept = keep_attachment(
                    writing,
                    picture,
                    name=picture.name,
                    owner=_SHOPPERS,
                    now=now,
                    randbytes=self._randbytes,
                )
                report = replace(report, attachment=kept.id)
            return complaints.report(writing, report, now=now)

    def follow(self, number: str, *, address: str) -> tuple[Complaint, Sequence[Note]]:
        """A report and what was publicly said about it. Only wrong numbers count against the address."""
        _count(self._sought, address)
        with Reading(self._engine) as reading:
            found = complaints.complaint(reading, number)
            notes = complaints.notes(reading, number, public_only=True)
        self._sought.taken_back(address, address)  # anybody has a right number: their own
        return found, notes

    # The desk

    def listed(
        self, viewer: Viewer, wanted: Wanted, limit: int
    ) -> Sequence[tuple[Complaint, Subject | None]]:
        """Reports in sight, the newest first."""
        where = [visible_complaints(viewer, self._cases_of(viewer))]
        if wanted.state is not None:
            where.append(ComplaintRow.state == wanted.state.value)
        if wanted.channel is not None:
            where.append(ComplaintRow.channel == wanted.channel.value)
        return self._with_subjects(where, wanted.before, limit)

    def _with_subjects(
        self, where: Sequence[ColumnElement[bool]], before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[tuple[Complaint, Subject | None]]:
        with Reading(self._engine) as reading:
            found = complaints.complaints(reading, and_(*where), before=before, limit=limit)
        labels = self._house.labels(sorted({one.object for one in found if one.object}))
        return [
            (one, Subject(one.object, labels[one.object].code, labels[one.object].name))
            if one.object
            else (one, None)
            for one in found
        ]

    def of_illness(self, viewer: Viewer, limit: int, before: str = "") -> Listed:
        """See :class:`suyuan.portal.incident.illness.IllnessReports`. Looks at some thousands at most."""
        found: list[tuple[Complaint, Subject | None]] = []
        since: tuple[datetime, str] | None = None
        if before:
            with Reading(self._engine) as reading:
                since = self._in_sight(reading, viewer, before).received, before
        for _ in range(
            0, _MOST_LOOKED_AT, _AT_ONCE
        ):  # what was told is stored unparsed: it is looked through
            some = self._with_subjects(self._not_refused(viewer), since, _AT_ONCE)
            for one in filter(_is_of_illness, some):
                if len(found) == limit:
                    return Listed(found, found[-1][0].number)
                found.append(one)
            if len(some) < _AT_ONCE:
                return Listed(found, "")
            since = some[-1][0].received, some[-1][0].number
        return Listed(found, since[1] if since else "")

    def chosen(self, viewer: Viewer, numbers: Collection[str]) -> Sequence[tuple[Complaint, Subject | None]]:
        """See :class:`suyuan.portal.incident.illness.IllnessReports`."""
        where = [*self._not_refused(viewer), ComplaintRow.number.in_(sorted(numbers)[:MOST])]
        return [one for one in self._with_subjects(where, None, MOST) if _is_of_illness(one)]

    def _not_refused(self, viewer: Viewer) -> Sequence[ColumnElement[bool]]:
        seen = visible_complaints(viewer, self._cases_of(viewer))
        return seen, ComplaintRow.state != ComplaintState.REFUSED.value

    def shown(self, viewer: Viewer, number: str) -> Shown:
        """One report with its steps and who looked at who reported it."""
        with Reading(self._engine) as reading:
            found = self._in_sight(reading, viewer, number)
            notes = complaints.notes(reading, number, public_only=False)
            looks = complaints.looks_at(reading, number)
        code = found.object or found.told.get("code", "")
        return Shown(found, notes, looks, self.subject(code) if code else None)

    def enter(self, viewer: Viewer, channel: Channel, told: Filled) -> str:
        """Take in a call, a visit or a laboratory result."""
        values = dict(told.values)
        contact = values.pop("contact", "")
        key = self._key(values.get("code", ""))
        if channel is Channel.LABORATORY and not key:
            raise InvalidInput(
                "{code} is not a code that we know how to read",
                where="code",
                code=values.get("code", ""),
                remedy="Type it as printed: a link, (01)…(10)…, or the digits under the symbol.",
            )
        with Writing(self._engine) as writing:
            report = Report(told.form, channel, key, values, contact)
            return complaints.report(writing, report, now=self._now(), by=viewer.name)

    # Receipts

    def places_like(self, viewer: Viewer, text: str) -> Sequence[Label]:
        """Places that a text may mean."""
        return self._like(viewer, text, "place")

    def products_like(self, viewer: Viewer, text: str) -> Sequence[Label]:
        """Products that a text may mean."""
        return self._like(viewer, text, "product")

    def lots_of_receipt(self, viewer: Viewer, shop: str, product: str, day: date) -> Answer:
        """The lots of a purchase at a shop of the viewer's competence, or else those of their cases."""
        return self._house.seen_by(viewer).lots_of_receipt(shop, product, day)

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show these keys."""
        return self._house.labels(keys)

    def _like(self, viewer: Viewer, text: str, kind: str) -> Sequence[Label]:
        with Reading(self._engine) as reading:
            found = vocabulary.find(reading, text, _LIKE, viewer=viewer)
        keys = [one.key for one in found if one.kind == kind and site(one.key) == one.key]
        if text in keys:
            keys = [text]
        if not keys and (key := _key_of(kind, text)):
            return self._named(viewer, key)
        labels = self._house.labels(keys)
        return [labels[key] for key in keys]

    def _named(self, viewer: Viewer, key: str) -> Sequence[Label]:
        """What a key names; ``NotAllowed`` tells an officer beyond whose competence it lies who has it."""
        try:
            if identify(key).kind == "product":  # whose name every shopper finds under the code
                self._house.known(key)
                return [self._house.label(key)]
            return [self._house.seen_by(viewer).label(key)]
        except NotFound:
            return ()

    # Steps

    def note(
        self, viewer: Viewer, number: str, state: ComplaintState | None, text: str, *, public: bool
    ) -> None:
        """Say what was done."""
        with Writing(self._engine) as writing:
            self._in_sight(writing, viewer, number)
            complaints.note(
                writing, number, state=state, text=text, public=public, by=viewer.name, now=self._now()
            )

    def join(self, viewer: Viewer, number: str, case: str) -> None:
        """Make it part of a case that there is, or of none."""
        if case:
            self._house.case(case)
        with Writing(self._engine) as writing:
            self._in_sight(writing, viewer, number)
            complaints.join_case(writing, number, case)

    def contact(self, viewer: Viewer, number: str, purpose: str) -> str:
        """How to reach who reported; the look is committed before it is answered."""
        with Writing(self._engine) as writing:
            self._in_sight(writing, viewer, number)
            return complaints.contact_of(writing, number, by=viewer.name, purpose=purpose, now=self._now())

    def photo(self, viewer: Viewer, number: str) -> tuple[bytes, str]:
        """The photo as it was kept: encoded anew, without what the camera wrote into it."""
        with Reading(self._engine) as reading:
            found = self._in_sight(reading, viewer, number)
            if found.attachment is None:
                raise NotFound("No photo came with report {number}", number=number)
            kept = attachment(reading, found.attachment)
        return kept.content, kept.media_type

    def _in_sight(self, reading: Reading, viewer: Viewer, number: str) -> Complaint:
        where = and_(ComplaintRow.number == number, visible_complaints(viewer, self._cases_of(viewer)))
        found = complaints.complaints(reading, where, limit=1)
        if not found:
            raise NotFound("There is no report of the number {number}", where="number", number=number)
        return found[0]

    def _key(self, code: str) -> str:
        """The canonical key of a code in any spelling that people type or scan, or nothing."""
        try:
            return self._house.identified(typed_link(code)).key if code else ""
        except (InvalidInput, NotFound):
            return ""

    def _cases_of(self, viewer: Viewer) -> Sequence[str]:
        """The cases that a viewer's authority conducts, whoever of it wrote them."""
        return [case.number for case in self._house.cases() if conducts(viewer, [case.draft.party])]


def _as_sent(told: Filled, photo: Photo | None) -> str:
    """The name of a form with what it says: unchanged it is the same report again, mended it is another.

    The name stands in the address of the form, which people may pass on: no report is taken for another's.
    """
    if set(told.form) - set(hexdigits):
        return told.form  # none of ours, which is told where it is stored
    said = [told.form, told.code, *(f"{name}={value}" for name, value in sorted(told.values.items()))]
    digest = sha256("\0".join(said).encode() + b"\0" + (photo.content if photo else b""))
    return digest.hexdigest()[: len(told.form)]


def _key_of(kind: str, text: str) -> str:
    """The key that a text spells, if it is one of this kind."""
    try:
        found = identify(text)
    except IdentifierError:
        return ""
    return found.key if found.kind == kind else ""


def _is_of_illness(one: tuple[Complaint, Subject | None]) -> bool:
    return one[0].told.get("trouble") == "illness"


def _count(attempts: Attempts, address: str) -> None:
    try:
        attempts.begin(address, address)
    except TooManyAttempts as error:
        raise TooManyReports(
            "Too many reports from your network; the next one is possible in {seconds} seconds",
            seconds=error.fields["seconds"],
            remedy="Wait, or call 12315.",
        ) from error
