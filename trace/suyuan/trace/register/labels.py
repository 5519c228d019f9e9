"""Labels: identities that are given out to be printed or written on tags, and the jobs that they came in.

Serials are unguessable from the first label on: who has seen one knows no other, so that enumerating the
public pages finds nothing. An identity on a label is nobody's item until a station commissions it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, get_args

from sqlalchemy import bindparam, insert, select

from suyuan.trace.errors import Conflict, InvalidInput, NotFound
from suyuan.trace.gs1 import Identifier, encode_epc, identify, link_of, own_identifier, piece_of
from suyuan.trace.gs1.errors import shown
from suyuan.trace.gs1.own import ALPHABET, check_character
from suyuan.trace.register.identifiers import LETTERS, drawn, new_gs1, taken
from suyuan.trace.store.columns import storable
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import LabelJobRow, LabelRow
from suyuan.trace.store.sight import Viewer, visible_label_jobs

Carrier = Literal["sheet", "nfc", "uhf"]
CARRIERS: tuple[Carrier, ...] = get_args(Carrier)
MOST_LABELS = 2_400
SERIAL_LENGTH = 12
"""Characters of a serial for symbols and NFC tags: 60 bits, which nobody tries through."""

_UHF_BITS = 38  # the serial of an SGTIN-96
_UNIT_BODY = 10  # characters of an own unit's code between its letter and its check character
_POINT_OF_SALE, _UNIT_LOAD = 1, 6  # filter values (EPC Tag Data Standard 2.3 §10.2, §10.3)

Randbytes = Callable[[int], bytes]


class CarrierUnfit(InvalidInput):
    """This kind of tag cannot hold such an identifier."""

    code = "carrier-unfit"
    title = "This tag cannot hold the code"


class LabelTaken(Conflict):
    """Somebody took an identity between its drawing and its storing; drawing again helps."""

    code = "label-taken"
    title = "A code was given out meanwhile"


@dataclass(frozen=True, slots=True)
class Job:
    """Labels made together. ``subject`` is the key of their product or lot, empty for logistic units.

    ``content`` says how they look, so that a reprint is the same: ``base`` (the address in their links),
    ``prefix_length`` of the company prefix for UHF tags, ``seal`` (its ``kind`` and the name of its ``keys``)
    where the links bear one, and what the pages put there.
    """

    id: str
    owner: str
    subject: str
    carrier: Carrier
    count: int
    content: Mapping[str, Any]
    created: datetime
    created_by: str


class SealKind(StrEnum):
    """What the links of labels bear against guessing and forging; see :mod:`suyuan.trace.scan.seals`."""

    MARK = "mark"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Sealed:
    """How the labels of a job are sealed: whose they are, with what, and the name of the keys."""

    owner: str
    kind: SealKind
    keys: str


Seal = Callable[[Sealed, Identifier], str]
"""What stands behind the question mark of a sealed link. Fails where the keys are lost."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One label of a job: its key, the link in its symbol or NFC tag, the EPC memory of a UHF tag (hex)."""

    position: int
    key: str
    link: str
    epc: str = ""


def draw_serial(randbytes: Randbytes) -> str:
    """A random serial of :data:`SERIAL_LENGTH` characters of the unambiguous alphabet."""
    number = int.from_bytes(randbytes(8))
    return "".join(ALPHABET[number >> (5 * place) & 31] for place in range(SERIAL_LENGTH))


def draw_uhf_serial(randbytes: Randbytes) -> str:
    """A random serial that fits a UHF tag of 96 bits: a number below 2^38 without leading zero, not 0."""
    while True:
        number = int.from_bytes(randbytes(5)) % (1 << _UHF_BITS)  # 2^40 is a multiple: no number is likelier
        if number:
            return str(number)


def draw_items(
    reading: Reading, product: Identifier, lot: str, count: int, carrier: Carrier, randbytes: Randbytes
) -> Sequence[Identifier]:
    """New items of a lot, each told with its lot.

    Raises:
        CarrierUnfit: UHF tags of 96 bits hold numbers of GS1 only.
        IdentifierError: the lot cannot be a lot of this product.
    """
    if carrier == "uhf" and product.own:
        raise _no_epc(product)
    serial = draw_uhf_serial if carrier == "uhf" else draw_serial
    return drawn(reading, count, lambda: piece_of(product, lot=lot, serial=serial(randbytes)))


def draw_units(
    reading: Reading, namespace: str, count: int, carrier: Carrier, randbytes: Randbytes
) -> Sequence[Identifier]:
    """New own logistic units, their codes as hard to guess as serials."""

    def draw() -> Identifier:
        while True:
            number = int.from_bytes(randbytes(8))
            body = LETTERS["unit"] + "".join(ALPHABET[number >> (5 * n) & 31] for n in range(_UNIT_BODY))
            code = body + check_character(body)
            if any(map(str.isdigit, code)):
                return own_identifier(namespace, "unit", code)

    if carrier == "uhf":
        raise _no_epc(draw())
    return drawn(reading, count, draw)


def sscc_units(writing: Writing, prefix: str, count: int) -> Sequence[Identifier]:
    """New logistic units numbered under a company prefix. See ``new_gs1`` for what is raised."""
    return new_gs1(writing, "00", prefix, count)


def store_job(writing: Writing, job: Job, keys: Sequence[str]) -> None:
    """Give the identities out, in this order; from now on they are never given again.

    Raises:
        LabelTaken: one of them was given out or used since it was drawn.
    """
    if taken(writing, keys):
        raise LabelTaken(
            "A code of these labels was given out meanwhile",
            remedy="Make the labels again; nothing was stored.",
        )
    connection = writing.connection
    connection.execute(
        insert(LabelJobRow),
        {
            "id": job.id,
            "owner": job.owner,
            "subject": job.subject,
            "carrier": job.carrier,
            "count": job.count,
            "content": dict(job.content),
            "created": job.created,
            "created_by": job.created_by,
        },
    )
    rows = [{"key": key, "job": job.id, "position": position} for position, key in enumerate(keys)]
    connection.execute(insert(LabelRow), rows)


def job_of(reading: Reading, number: str, viewer: Viewer) -> Job:
    """One job; ``NotFound`` where there is none that the viewer may see."""
    wanted = select(*_COLUMNS).where(LabelJobRow.id == number, visible_label_jobs(viewer))
    row = reading.connection.execute(wanted).one_or_none() if storable(number) else None
    if row is None:
        raise NotFound(
            "There is no label job {id}",
            where="job",
            id=shown(number),
            remedy="Look it up in the list of label jobs.",
        )
    return _job(row)


def jobs_of(reading: Reading, viewer: Viewer, limit: int = 50) -> Sequence[Job]:
    """The newest jobs that the viewer may see."""
    wanted = (
        select(*_COLUMNS)
        .where(visible_label_jobs(viewer))
        .order_by(LabelJobRow.created.desc(), LabelJobRow.id)
        .limit(limit)
    )
    return [_job(row) for row in reading.connection.execute(wanted)]


_COLUMNS = (
    LabelJobRow.id,
    LabelJobRow.owner,
    LabelJobRow.subject,
    LabelJobRow.carrier,
    LabelJobRow.count,
    LabelJobRow.content,
    LabelJobRow.created,
    LabelJobRow.created_by,
)


def _job(row: Any) -> Job:
    return Job(*row)


def tags_of(reading: Reading, job: Job, seal: Seal) -> Iterator[Tag]:
    """The labels of a job, in the order in which they stand on their sheets."""
    rows = reading.connection.execute(
        select(LabelRow.position, LabelRow.key).where(LabelRow.job == job.id).order_by(LabelRow.position)
    )
    lot = identify(job.subject).lot if job.subject else None
    for position, key in rows:
        yield tag(position, labelled(key, lot), job, seal)


def labelled(key: str, lot: str | None) -> Identifier:
    """What a label of ``key`` says: the item with its lot."""
    found = identify(key)
    return piece_of(found, lot=lot, serial=found.serial or "") if lot else found


def tag(position: int, identifier: Identifier, job: Job, seal: Seal) -> Tag:
    """The label of an identifier that tells all that its link says."""
    link, sealed = link_of(identifier, str(job.content["base"])), sealed_of(job.owner, job.content)
    if sealed is not None:
        link = f"{link}{'&' if '?' in link else '?'}{seal(sealed, identifier)}"
    return Tag(position, identifier.key, link, epc_of(identifier, job) if job.carrier == "uhf" else "")


def sealed_of(owner: str, content: Mapping[str, Any]) -> Sealed | None:
    """How the labels of a job are sealed; None where they are not."""
    told = content.get("seal")
    return None if told is None else Sealed(owner, SealKind(told["kind"]), str(told["keys"]))


def seal_of_label(reading: Reading, key: str) -> Sealed | None:
    """How the label of ``key`` is sealed; None where it is not, or where there is no such label."""
    row = reading.connection.execute(_JOB_OF_LABEL, {"key": key}).one_or_none()
    return None if row is None else sealed_of(row.owner, row.content)


_JOB_OF_LABEL = (
    select(LabelJobRow.owner, LabelJobRow.content)
    .join(LabelRow, LabelRow.job == LabelJobRow.id)
    .where(LabelRow.key == bindparam("key"))
)


def epc_of(identifier: Identifier, job: Job) -> str:
    """The EPC memory of a UHF tag, as hexadecimal digits.

    Raises:
        EncodingError: it does not fit.
    """
    is_item = identifier.kind == "item"
    keyed = identify(identifier.key)  # without the lot: an SGTIN has no room for it
    length = int(job.content["prefix_length"])
    filter_value = _POINT_OF_SALE if is_item else _UNIT_LOAD
    return encode_epc(keyed, company_prefix_length=length, filter=filter_value).hex().upper()


def labels_given(reading: Reading, keys: Sequence[str]) -> Mapping[str, str]:
    """Key -> job of those keys that were given out on labels."""
    found: dict[str, str] = {}
    for chunk in chunks(keys):
        rows = reading.connection.execute(select(LabelRow.key, LabelRow.job).where(LabelRow.key.in_(chunk)))
        found.update((key, job) for key, job in rows)
    return found


def _no_epc(identifier: Identifier) -> CarrierUnfit:
    return CarrierUnfit(
        "UHF tags hold numbers of GS1 only, and {code} is a code of this platform",
        where="carrier",
        code=identifier.own[0][1],
        remedy="Choose QR or NFC, which hold any link; or enter the GTIN and the company prefix of GS1.",
    )
