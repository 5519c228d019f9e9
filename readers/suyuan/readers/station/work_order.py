"""A work order for UHF tags: a product, its lot and dates, how many, and the serials leased for it.

The lease is the order's own: whoever makes orders gives each its range. Here no serial is taken into two
orders, whatever they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from suyuan.readers.station import memory, tag_jobs
from suyuan.readers.station.memory import Connection
from suyuan.readers.station.tag_jobs import Label, TagJob
from suyuan.trace.errors import Conflict, InvalidInput
from suyuan.trace.gs1 import IdentifierError, identify

UHF = "uhf"
MOST_TAGS = 100_000
_CANONICAL = "https://id.gs1.org"


class SerialsTaken(Conflict):
    """A serial of the order is in another one already."""

    code = "serials-taken"
    title = "The serials are in use"


class OrderDiffers(Conflict):
    """Another order of this number is kept here."""

    code = "work-order-differs"
    title = "The order is another one"


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """``count`` tags for the lot ``lot`` of the GTIN ``product``, with serials ``first`` to ``last``.

    The range may be larger than the count: a serial that may be on a spoilt tag is never used again.
    ``company_prefix_length`` gives tags that readers of before understand too (SGTIN-96).
    """

    id: str
    product: str
    lot: str
    count: int
    first: int
    last: int
    expires: date | None = None
    best_before: date | None = None
    produced: date | None = None
    company_prefix_length: int | None = None


def job_of(order: WorkOrder) -> tuple[TagJob, Sequence[Label]]:
    """The job with a label for each serial.

    Raises:
        InvalidInput: the product is no GTIN, or the range holds less than the count or more than 100,000.
    """
    if not 0 < order.count <= order.last - order.first + 1 <= MOST_TAGS or order.first < 0:
        raise InvalidInput(
            "{count} tags cannot have the serials {first} to {last}.",
            where="work_order.first",
            remedy="Give at least as many serials as tags, and at most 100,000.",
            count=order.count,
            first=order.first,
            last=order.last,
        )
    try:
        subject = identify(f"{_CANONICAL}/01/{order.product.zfill(14)}/10/{quote(order.lot, safe='')}")
    except IdentifierError as error:
        raise InvalidInput(
            "The order {order} names no product and lot.",
            where="work_order.product",
            remedy="Give a GTIN with its check digit, and a lot of 1 to 20 letters, digits and signs.",
            order=order.id,
        ) from error
    about = {
        name: day.isoformat()
        for name, day in (
            ("use_by", order.expires),
            ("best_before", order.best_before),
            ("production_date", order.produced),
        )
        if day is not None
    }
    if order.company_prefix_length is not None:
        about["company_prefix_length"] = str(order.company_prefix_length)
    stem = f"{_CANONICAL}/01/{subject.gtin}/21"
    labels = [
        Label(order.id, position, f"{stem}/{serial}", f"{stem}/{serial}", "free")
        for position, serial in enumerate(range(order.first, order.last + 1))
    ]
    return TagJob(
        order.id, subject.lot_key or subject.key, UHF, len(labels), about, wanted=order.count
    ), labels


def _told(job: TagJob) -> tuple[object, ...]:
    return job.subject, job.carrier, job.count, job.wanted, dict(job.about)


def take(db: Connection, order: WorkOrder, now: datetime) -> TagJob:
    """Keep a work order; one that is kept already stays as it is, with what was written of it.

    Raises:
        InvalidInput: see :func:`job_of`.
        OrderDiffers: the one that is kept says something else.
        SerialsTaken: a serial of it is in another order or label job, or on goods that were here already;
            nothing is kept.
    """
    job, labels = job_of(order)
    before = tag_jobs.job(db, order.id)
    if before is not None:
        mine = tag_jobs.by_key(db, labels[0].key)
        if mine is None or (mine.job, mine.position) != (order.id, 0) or _told(before) != _told(job):
            raise OrderDiffers(
                "The order {order} is kept here already, with other goods, days, serials or another count.",
                where="work_order.id",
                remedy="Go on with the one that is kept, or give this one a number of its own.",
                order=order.id,
            )
        return before
    for one in labels:
        other = tag_jobs.by_key(db, one.key)
        if other is not None:
            raise SerialsTaken(
                "The serial {serial} belongs to the order {other} already.",
                where="work_order.first",
                remedy="Lease another range: a serial is never used twice.",
                serial=one.key.rpartition("/")[2],
                other=other.job,
            )
    if known := memory.known(db, [one.key for one in labels]):
        raise SerialsTaken(
            "The serial {serial} is on goods that were here already.",
            where="work_order.first",
            remedy="Lease another range: a serial is never used twice.",
            serial=next(iter(known)).rpartition("/")[2],
        )
    tag_jobs.store(db, job, labels, now)
    return job
