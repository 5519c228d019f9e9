"""Documents of a lot: certificates with number, issuer and last day, and which of them a lot must have.

What is required follows from the product: pork needs the quarantine certificate and the meat quality
inspection certificate; other meat the quarantine certificate; other edible farm products the commitment
certificate (Agricultural Product Quality Safety Law Art 39); foods of a licence category the certificate of
their inspection (Food Safety Law Art 51, 52). Of what is in no category nothing is known to be required.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, insert, select, update

from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.gs1.errors import shown
from suyuan.trace.register.choices import LOT_DOCUMENTS
from suyuan.trace.register.fields import Field
from suyuan.trace.register.finding import Finding, error, errors, placed
from suyuan.trace.register.sheets import Entry
from suyuan.trace.register.telling import entry_of, told_by_owners
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import AttachmentRow, EntryRow, LotDocumentRow
from suyuan.trace.store.sight import (
    HOUSE,
    NO_PURPOSE,
    Purpose,
    Viewer,
    is_own,
    visible_documents,
    visible_entries,
    visible_objects,
)
from suyuan.trace.store.tables import ObjectRow
from suyuan.trace.store.vocabulary import note_decision

DOCUMENT_FIELDS = tuple(
    replace(field, kind="document")
    for field in (
        Field("kind", "choice", "证明种类", "Kind of document", required=True, choices=LOT_DOCUMENTS),
        Field("number", "text", "编号", "Number", required=True, longest=100),
        Field("issuer", "text", "出具单位", "Issued by", required=True),
        Field("issued", "date", "出具日期", "Issued on"),
        Field("expires", "date", "有效期至", "Valid until"),
    )
)
"""What is told of a document, as on a sheet of the register."""

_OF_FARM_PRODUCTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"pork": ("animal_quarantine", "meat_inspection"), "meat": ("animal_quarantine",)}
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as typed, in the form that is stored; see :func:`read_document`."""

    kind: str
    number: str
    issuer: str
    issued: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class LotDocument:
    """A document as kept. ``issued`` and ``expires`` are local dates, empty where none is given."""

    id: str
    lot: str
    owner: str
    kind: str
    number: str
    issuer: str
    issued: str
    expires: str
    attachment: str | None
    created: datetime
    created_by: str
    withdrawn: datetime | None

    def is_valid_on(self, day: date) -> bool:
        """Whether it stands and has not run out; its last day is valid."""
        return self.withdrawn is None and (not self.expires or self.expires >= day.isoformat())


@dataclass(frozen=True, slots=True)
class Standing:
    """How a lot stands with its documents on a day: kinds that it must have and has not, or only run out."""

    lot: str
    required: tuple[str, ...]
    missing: tuple[str, ...]
    expired: tuple[LotDocument, ...]
    valid: tuple[LotDocument, ...]


def read_document(values: Mapping[str, str]) -> tuple[Draft | None, tuple[Finding, ...]]:
    """The document that a row of texts says, and what was found; None where there is an error."""
    found: list[Finding] = []
    told: dict[str, str] = {}
    for field in DOCUMENT_FIELDS:
        value, findings = field.read(values.get(field.name, ""))
        found += placed(findings, field.name)
        told[field.name] = value
        if field.required and not value and not findings:
            found.append(
                error(
                    "missing",
                    "This must be filled in.",
                    where=field.name,
                    remedy="Fill it in and send it again.",
                )
            )
    if told["issued"] and told["expires"] and told["expires"] < told["issued"]:
        found.append(
            error(
                "date-order",
                "The last day lies before the day of issue.",
                where="expires",
                remedy="Compare both dates with the document.",
            )
        )
    return (None if errors(found) else Draft(**told)), tuple(found)


def add_document(
    writing: Writing,
    lot: str,
    document: Draft,
    *,
    by: Viewer,
    now: datetime,
    randbytes: Callable[[int], bytes],
    attachment: str | None = None,
    purpose: Purpose = NO_PURPOSE,
) -> LotDocument:
    """Add a document to a lot that is one's own, or that one has received; it belongs to whoever adds it.

    ``attachment`` is the id of a file that the same party keeps.

    Raises:
        InvalidInput: ``lot`` is no lot.
        NotAllowed: an authority or somebody without a party adds none.
        NotFound: there is no such lot, or it is not for these eyes; or no such file of theirs.
        Conflict: the lot has this document from them already.
    """
    key = _lot_key(lot)
    owner = _owner(writing, key, by, purpose)
    _check_new(writing, key, owner, document, attachment)
    made = LotDocument(
        id=randbytes(16).hex(),
        lot=key,
        owner=owner,
        kind=document.kind,
        number=document.number,
        issuer=document.issuer,
        issued=document.issued,
        expires=document.expires,
        attachment=attachment,
        created=now,
        created_by=by.name,
        withdrawn=None,
    )
    row = {name: getattr(made, name) for name in LotDocument.__slots__}
    writing.connection.execute(insert(LotDocumentRow), row)
    note_decision(writing)
    return made


def _check_new(reading: Reading, key: str, owner: str, document: Draft, attachment: str | None) -> None:
    """See that the lot does not have the document from its owner yet, and that the file is the owner's."""
    same = select(LotDocumentRow.id).where(
        LotDocumentRow.lot == key,
        LotDocumentRow.owner == owner,
        LotDocumentRow.kind == document.kind,
        LotDocumentRow.number == document.number,
        LotDocumentRow.withdrawn.is_(None),
    )
    if reading.connection.execute(same).first() is not None:
        raise Conflict(
            "The document {number} of this lot is there already",
            where="number",
            number=document.number,
            remedy="Withdraw that one first, if it was wrong.",
        )
    if attachment is not None:
        theirs = select(AttachmentRow.id).where(AttachmentRow.id == attachment, AttachmentRow.owner == owner)
        if reading.connection.execute(theirs).first() is None:
            raise NotFound("There is no such file", where="attachment")


def withdraw_document(writing: Writing, document_id: str, *, by: Viewer, now: datetime) -> LotDocument:
    """Take a document back; it stays on record. Withdrawing it again changes nothing.

    Raises:
        NotFound: there is none that the asker may see.
        NotAllowed: it is somebody else's.
    """
    found = document(writing, document_id, viewer=by)
    if by.role != "administrator" and not is_own(by, found.owner):
        raise NotAllowed("The document belongs to somebody else", where="document")
    if found.withdrawn is not None:
        return found
    writing.connection.execute(
        update(LotDocumentRow).where(LotDocumentRow.id == document_id).values(withdrawn=now)
    )
    note_decision(writing)
    return replace(found, withdrawn=now)


def document(
    reading: Reading, document_id: str, *, viewer: Viewer, purpose: Purpose = NO_PURPOSE
) -> LotDocument:
    """The document of an id, or ``NotFound`` where there is none that the viewer may see."""
    found = _select(reading, [LotDocumentRow.id == document_id], viewer, purpose)
    if not found:
        raise NotFound("There is no such document", where="document")
    return found[0]


def documents_of(
    reading: Reading, lot: str, *, viewer: Viewer, purpose: Purpose = NO_PURPOSE
) -> Sequence[LotDocument]:
    """The documents of a lot that the viewer may see, in the order in which they came."""
    return _select(reading, [LotDocumentRow.lot == _lot_key(lot)], viewer, purpose)


def standings(
    reading: Reading,
    lots: Iterable[str],
    day: date,
    *,
    viewer: Viewer = HOUSE,
    purpose: Purpose = NO_PURPOSE,
) -> dict[str, Standing]:
    """How each lot stands with its documents on ``day``, as far as the viewer may see them.

    A few queries per 500 lots. Lots are given and answered by their canonical keys.
    """
    keys = list(dict.fromkeys(lots))
    by_lot: dict[str, list[LotDocument]] = {key: [] for key in keys}
    for chunk in chunks(keys):
        for found in _select(reading, [LotDocumentRow.lot.in_(chunk)], viewer, purpose):
            by_lot[found.lot].append(found)
    products = _products(reading, keys)
    return {key: _standing(key, products.get(key), by_lot[key], day) for key in keys}


def required_of(product: Entry) -> tuple[str, ...]:
    """The kinds of documents that every lot of a product must have."""
    farm_product = product.value("farm_product")
    if farm_product:
        return _OF_FARM_PRODUCTS.get(farm_product, ("commitment",))
    return ("inspection_certificate",) if product.value("category") else ()


def _standing(lot: str, product: Entry | None, kept: Collection[LotDocument], day: date) -> Standing:
    required = () if product is None else required_of(product)
    valid = tuple(one for one in kept if one.is_valid_on(day))
    have = {one.kind for one in valid}
    over = tuple(one for one in kept if one.withdrawn is None and one.kind not in have)
    ran_out = {one.kind for one in over}
    missing = tuple(kind for kind in required if kind not in have | ran_out)
    return Standing(lot, required, missing, over, valid)


def _products(reading: Reading, lots: Sequence[str]) -> dict[str, Entry]:
    product_of = {lot: key for lot in lots if (key := identify(lot).product_key)}
    told = told_by_owners(reading, sorted(set(product_of.values())))
    return {lot: entry_of("product", key, told[key]) for lot, key in product_of.items() if key in told}


def _lot_key(lot: str) -> str:
    try:
        found = identify(lot)
    except IdentifierError:
        found = None
    if found is None or found.kind != "lot":
        raise InvalidInput(
            "{value} is not a lot",
            where="lot",
            value=shown(lot),
            remedy="Name a product with its lot, as on the page of the lot.",
        )
    return found.key


def _owner(reading: Reading, lot: str, by: Viewer, purpose: Purpose) -> str:
    """Whose the document will be: the party's that adds it; the operator adds for the lot's owner."""
    connection = reading.connection
    entry = connection.execute(
        select(EntryRow.owner).where(EntryRow.key == lot, visible_entries(by))
    ).scalar()
    if by.role == "administrator" and entry is not None:
        return entry
    if by.role not in {"company", "station"} or not by.party:
        raise NotAllowed(
            "Documents are added by companies that make or receive the lot",
            remedy="Sign in with an account of the company.",
        )
    handled = select(ObjectRow.id).where(ObjectRow.key == lot, visible_objects(by, purpose)).limit(1)
    if entry is None and connection.execute(handled).first() is None:
        raise NotFound(
            "There is no {value} in the register",
            where="lot",
            value=lot,
            remedy="Enter the lot first, or receive it.",
        )
    return by.party


def _select(
    reading: Reading, conditions: Sequence[ColumnElement[bool]], viewer: Viewer, purpose: Purpose
) -> list[LotDocument]:
    columns = [getattr(LotDocumentRow, name) for name in LotDocument.__slots__]
    rows = reading.connection.execute(
        select(*columns)
        .where(*conditions, visible_documents(viewer, purpose))
        .order_by(LotDocumentRow.created, LotDocumentRow.id)
    )
    return [LotDocument(*row) for row in rows]
