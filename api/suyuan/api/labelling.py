"""Labels made in earnest: identities drawn, symbols read back, and only then given out and stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from suyuan.api.settings import Settings
from suyuan.portal.bitmap import burn
from suyuan.portal.code_pages import Codes
from suyuan.portal.labels import LEVELS, SYMBOLOGIES, UNITS, Order, Subject, faces, form_of, look_of, roll_of
from suyuan.portal.sheet import FORMS, Arrangement, arrange, check_marks
from suyuan.portal.typeface import Typeface, find_typeface, typeface_at
from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound
from suyuan.trace.gs1 import Identifier, identify
from suyuan.trace.recall.names import by_local_name, name
from suyuan.trace.recall.passport import Passport, Text
from suyuan.trace.register.aliases import link, names_of, unlink
from suyuan.trace.register.codes import key_of
from suyuan.trace.register.finding import EntryRefused, placed
from suyuan.trace.register.identifiers import checked_prefix, fix_namespace
from suyuan.trace.register.labels import (
    CARRIERS,
    MOST_LABELS,
    Job,
    Sealed,
    SealKind,
    Tag,
    draw_items,
    draw_units,
    job_of,
    jobs_of,
    sscc_units,
    store_job,
    tag,
    tags_of,
)
from suyuan.trace.register.listing import Registered, entries, look_up
from suyuan.trace.scan.label_keys import LabelKeyError, LabelKeys
from suyuan.trace.scan.proof import seal
from suyuan.trace.store import vocabulary
from suyuan.trace.store.accounts import own_party
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.settings import setting_or
from suyuan.trace.store.sight import Viewer

_MOST_SUBJECTS = 200
DATES = ("production_date", "best_before", "use_by")
"""The dates of a lot that are printed, by the names they have in a job."""


class OrderWrong(InvalidInput):
    """An order for labels that cannot be carried out."""

    code = "label-order"
    title = "These labels cannot be made"


class PrefixClaimed(Conflict):
    """The company prefix is that of another party here."""

    code = "company-prefix-claimed"
    title = "The GS1 company prefix belongs to another party"


@dataclass(frozen=True, slots=True)
class _About:
    """What labels are for: whose they are, the product or lot, and what is printed of it."""

    owner: str
    subject: Identifier | None
    told: Mapping[str, Any]


class LabelDesk:
    """Labels of one store; see :class:`suyuan.portal.labels.LabelDesk`."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        now: Callable[[], datetime],
        randbytes: Callable[[int], bytes],
        passport: Callable[[str], Passport],
        keys: LabelKeys | None = None,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._now = now
        self._randbytes = randbytes
        self._passport = passport
        self._keys = keys
        self._typeface = typeface_at(settings.label_font) if settings.label_font else find_typeface()

    def address(self) -> str:
        """The address that is printed; ``PublicUrlMissing`` where nobody gave one."""
        return self._settings.printed_url()

    def typeface(self) -> Typeface:
        """What Chinese on labels is set in."""
        return self._typeface

    def seals(self) -> Sequence[SealKind]:
        """What links of new labels can bear; nothing where no keys were given."""
        return () if self._keys is None else tuple(SealKind)

    def subjects(self, viewer: Viewer, search: str = "") -> Sequence[Subject]:
        """Approved lots and products of the viewer, newest lots first."""
        with Reading(self._engine) as reading:
            found = [
                entry
                for kind in ("lot", "product")
                for entry in sorted(
                    entries(
                        reading,
                        viewer=viewer,
                        kind=kind,
                        owner=None if viewer.role == "administrator" else _party(viewer),
                        state="approved",
                        search=search,
                        limit=_MOST_SUBJECTS,
                    ).entries,
                    key=lambda entry: entry.created,
                    reverse=True,
                )
                if _is_theirs(entry, viewer)
            ]
            products = {entry.entry.value("product") for entry in found if entry.kind == "lot"}
            told = vocabulary.attributes(reading, {entry.key for entry in found} | products)
        return [_subject(entry, told) for entry in found]

    def prefix(self, viewer: Viewer) -> str:
        """The company prefix that the viewer's party used last."""
        with Reading(self._engine) as reading:
            found = (
                job.content.get("prefix") for job in jobs_of(reading, viewer) if job.owner == _party(viewer)
            )
            return next((str(prefix) for prefix in found if prefix), "")

    def jobs(self, viewer: Viewer) -> Sequence[Job]:
        """The newest jobs that the viewer may see."""
        with Reading(self._engine) as reading:
            return jobs_of(reading, viewer)

    def job(self, viewer: Viewer, number: str) -> tuple[Job, Sequence[Tag]]:
        """One job with its labels, or ``NotFound``."""
        with Reading(self._engine) as reading:
            found = job_of(reading, number, viewer)
            return found, list(tags_of(reading, found, self._seal))

    def make(self, viewer: Viewer, order: Order) -> str:
        """Draw identities, read every symbol back, then give them out; the number of the job.

        Those of a roll are read from the dots of the coarsest label printer, without the text beside them:
        which typeface and which printer there are counts when it is printed, and is proved again then.

        Raises:
            PublicUrlMissing: nobody said under which address the links are found.
            OrderWrong, CarrierUnfit, PrefixInvalid, LabelTooSmall: what was asked cannot be.
            NotAllowed, NotFound: the product or lot is not the viewer's.
            SymbolUnreadable: a symbol did not read back; nothing is given out then.
        """
        base = self.address()
        _check(order)
        about = self._units(viewer) if order.subject == UNITS else self._goods(viewer, order.subject)
        if about.subject is not None and about.subject.own and order.symbology != "qr":
            raise OrderWrong(
                "A symbol of GS1 needs a GTIN",
                where="symbology",
                remedy="Choose QR: it holds the link to this platform.",
            )
        prefix = self._prefix(order, about)
        identities = self._identities(order, about, prefix, base)
        content = {
            **about.told,
            "base": base,
            "form": order.form,
            "symbology": order.symbology,
            "level": order.level,
            "prefix": prefix,
            "prefix_length": len(prefix),
            **self._sealing(order),
        }
        job = self._job(viewer, order, about, content)
        tags = [tag(position, identifier, job, self._seal) for position, identifier in enumerate(identities)]
        _read_back(job, tags, self._typeface)
        with Writing(self._engine) as writing:
            store_job(writing, job, [identifier.key for identifier in identities])
        return job.id

    def _sealing(self, order: Order) -> Mapping[str, Any]:
        """How the links of a job will be sealed: not without keys, nor where nothing bears a link."""
        if self._keys is None or (order.symbology != "qr" and order.carrier != "nfc"):
            return {}
        return {"seal": {"kind": SealKind(order.seal).value, "keys": self._keys.names[0]}}

    def _seal(self, sealed: Sealed, identifier: Identifier) -> str:
        if self._keys is None:
            raise LabelKeyError(
                "These labels were made with the keys {name}, and no file of keys is given.",
                where="SUYUAN_LABEL_KEYS",
                remedy="Set SUYUAN_LABEL_KEYS to the file with which the labels were made.",
                name=sealed.keys,
            )
        return seal(self._keys, sealed, identifier)

    def _job(self, viewer: Viewer, order: Order, about: _About, content: Mapping[str, Any]) -> Job:
        return Job(
            id=self._randbytes(8).hex(),
            owner=about.owner,
            subject="" if about.subject is None else about.subject.key,
            carrier=order.carrier,
            count=order.count,
            content=content,
            created=self._now(),
            created_by=viewer.name,
        )

    def codes(self, viewer: Viewer, key: str) -> Codes:
        """The codes of an entry, or ``NotFound``."""
        with Reading(self._engine) as reading:
            entry = look_up(reading, key, viewer=viewer)
            told = by_local_name(vocabulary.attributes(reading, [entry.key]).get(entry.key, {}))
            others = names_of(reading, entry.key)
        return Codes(entry.key, entry.kind, name(told), bool(identify(entry.key).own), others)

    def link_code(self, viewer: Viewer, key: str, code: str) -> None:
        """Make a code mean the entry: bare digits as the key that its kind of entry has, or any spelling."""
        kind = self.codes(viewer, key).kind
        alias, findings = key_of(kind, code)
        if findings:
            raise EntryRefused(placed(findings, "code"))
        with Writing(self._engine) as writing:
            link(writing, alias, key, by=viewer, now=self._now())

    def unlink_code(self, viewer: Viewer, code: str) -> None:
        """Take a code back that was linked by mistake."""
        with Writing(self._engine) as writing:
            unlink(writing, code, by=viewer)

    def _identities(self, order: Order, about: _About, prefix: str, base: str) -> Sequence[Identifier]:
        if about.subject is None and prefix:
            with Writing(self._engine) as writing:  # numbers of GS1 are taken at once: none is given twice
                return sscc_units(writing, prefix, order.count)
        if about.subject is None:
            with Writing(self._engine) as writing:
                home = fix_namespace(writing, base)
                return draw_units(writing, home, order.count, order.carrier, self._randbytes)
        with Reading(self._engine) as reading:
            lot = about.subject.lot or ""
            return draw_items(reading, about.subject, lot, order.count, order.carrier, self._randbytes)

    def _prefix(self, order: Order, about: _About) -> str:
        """The company prefix where it is needed: for SSCC, and to write a GTIN into a UHF tag."""
        gtin = None if about.subject is None else about.subject.gtin
        if about.subject is not None and (order.carrier != "uhf" or gtin is None):
            return ""
        if not order.prefix.strip():
            if order.carrier == "uhf":
                raise OrderWrong(
                    "UHF tags need the GS1 company prefix",
                    where="prefix",
                    remedy="It stands on the certificate of GS1; or choose QR or NFC.",
                )
            return ""
        prefix = checked_prefix(order.prefix)
        if gtin is not None and not gtin[1:].startswith(prefix):
            raise OrderWrong(
                "The GTIN {gtin} does not begin with the company prefix {prefix}",
                where="prefix",
                gtin=gtin,
                prefix=prefix,
                remedy="Compare both with the certificate of GS1.",
            )
        with Writing(self._engine) as writing:
            holder = setting_or(writing, f"gs1-prefix:{prefix}", about.owner.encode()).decode()
        if holder != about.owner:
            raise PrefixClaimed(
                "The company prefix {prefix} is used by another party here",
                where="prefix",
                prefix=prefix,
                remedy="Compare it with the certificate of GS1; if it is yours, tell the operator.",
            )
        return prefix

    def _units(self, viewer: Viewer) -> _About:
        party = _party(viewer)
        with Reading(self._engine) as reading:
            told = by_local_name(vocabulary.attributes(reading, [party]).get(party, {}))
        return _About(party, None, {"name_zh": name(told).zh, "name_en": name(told).en})

    def _goods(self, viewer: Viewer, key: str) -> _About:
        subject = identify(key)
        if subject.kind not in ("lot", "product") or subject.product_key is None:
            raise OrderWrong(
                "Labels for goods are made for a lot or a product", where="subject", remedy="Choose one."
            )
        with Reading(self._engine) as reading:
            try:
                entry = look_up(reading, subject.key, viewer=viewer)
            except NotFound:
                if viewer.role != "administrator":
                    raise
                entry = None
            told = vocabulary.attributes(reading, [subject.key, subject.product_key])
        lot_told = by_local_name(told.get(subject.key, {}))
        product = name(by_local_name(told.get(subject.product_key, {})))
        dates = self._dates(subject, entry)
        owner = _party(viewer)
        if entry is not None:
            _check_entry(entry, viewer)
            owner = entry.owner
        named = {"name_zh": product.zh, "name_en": product.en if product.en != product.zh else ""}
        lot = {"lot": subject.lot or "", "lot_name": lot_told.get("lotName", "")}
        return _About(owner, subject, {**named, **lot, **dates})

    def _dates(self, subject: Identifier, entry: Registered | None) -> dict[str, str]:
        """The dates of a lot: as its owner entered them, else as events told them."""
        if subject.kind != "lot":
            return {}
        if entry is not None and any(entry.entry.value(date) for date in DATES):
            return {date: entry.entry.value(date) for date in DATES}
        try:
            known = self._passport(subject.key)
        except NotFound:
            return {}
        days = (known.production_date, known.best_before_date, known.expiration_date)
        return {date: day.isoformat() for date, day in zip(DATES, days, strict=True) if day is not None}


def _check(order: Order) -> None:
    """See that an order is one of those that can be given at all."""
    form = FORMS.get(order.form)
    faults = {
        "count": not 1 <= order.count <= MOST_LABELS,
        "carrier": order.carrier not in CARRIERS,
        "form": form is None or (order.carrier == "sheet" and form.units != (order.subject == UNITS)),
        "symbology": order.symbology not in SYMBOLOGIES,
        "level": order.level not in LEVELS,
        "seal": order.seal not in tuple(SealKind),
    }
    wrong = next((field for field, fault in faults.items() if fault), None)
    if wrong == "count":
        raise OrderWrong(
            "From 1 to {most} labels can be made at once",
            where="count",
            most=MOST_LABELS,
            remedy="Give a number in this range; make the rest afterwards.",
        )
    if wrong == "form":
        raise OrderWrong(
            "These sheets are not for this kind of label",
            where="form",
            remedy="Goods go on small labels, logistic units on those of 105 × 148 or 100 × 150 mm.",
        )
    if wrong is not None:
        raise OrderWrong("There is no such choice", where=wrong, remedy="Choose one of those on the page.")


def _read_back(job: Job, tags: Sequence[Tag], chinese: Typeface) -> None:
    """See that every symbol of a job reads back: from sheets, and from the roll if it may be printed on one.

    Raises:
        LabelTooSmall, SymbolUnreadable: one does not fit, or does not read.
    """
    look, paper, rolled = look_of(job, chinese), form_of(job), roll_of(job)
    for face in faces(job, tags):
        if job.carrier == "sheet":
            check_marks(arrange(face, paper, look))
        if paper.thermal or job.carrier == "uhf":
            burn(Arrangement(arrange(face, rolled, look).marks, ()), rolled, look.dpi, chinese)


def _check_entry(entry: Registered, viewer: Viewer) -> None:
    if not _is_theirs(entry, viewer):
        raise NotAllowed(
            "Labels are made by whoever answers for the goods", remedy="Ask the producer for labels."
        )
    if entry.state != "approved":
        raise OrderWrong(
            "This entry of the register does not count yet, or no more",
            where="subject",
            remedy="Labels can be made once the operator has approved it.",
        )


def _is_theirs(entry: Registered, viewer: Viewer) -> bool:
    return viewer.role == "administrator" or viewer.party in (entry.owner, entry.party)


def _party(viewer: Viewer) -> str:
    return viewer.party or own_party(viewer.name)


def _subject(entry: Registered, told: Mapping[str, Mapping[str, str]]) -> Subject:
    product = entry.entry.value("product") if entry.kind == "lot" else entry.key
    own = name(by_local_name(told.get(product, {})))
    return Subject(entry.key, own if own != Text() else Text(product, product), entry.entry.value("lot"))
