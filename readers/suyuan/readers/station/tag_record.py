"""What was written on tags, recorded as produced: labels become items of their lot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from suyuan.readers.station import tag_jobs
from suyuan.readers.station.chips import is_shared
from suyuan.readers.station.exceptions import EXCEPTIONS, told_of_tags
from suyuan.readers.station.journal import LABELS
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.tag_jobs import TagJob
from suyuan.trace.gs1 import IdentifierError, identify


def can_record(job: TagJob) -> bool:
    """Whether the labels of a job are goods that can be produced: items; not logistic units."""
    try:
        return bool(job.subject) and identify(job.subject).kind in {"lot", "product"}
    except IdentifierError:
        return False


Perform = Callable[[Order, str], Awaitable[Outcome]]
Performed = Callable[[str], Awaitable[Outcome | None]]


@dataclass(frozen=True, slots=True)
class Books:
    """Where what was written is recorded; ``today`` is the station's own day."""

    outbox: Outbox
    perform: Perform
    performed: Performed
    today: Callable[[], date]


async def record(job: TagJob, point: str, books: Books) -> Outcome | None:
    """Record at ``point`` what was written for ``job``; None where all of it is recorded already.

    Each batch is one commissioning event, whose order id makes that it is recorded once. An outcome without
    sequences says why nothing could be stored; asked again, it goes on from there.
    """
    outcome: Outcome | None = None
    for batch in await books.outbox.within(lambda db: tag_jobs.batch_up(db, job.id)):
        order_id = f"{LABELS}{job.id} {batch}"
        if await books.performed(order_id) is not None:
            continue
        written = await books.outbox.within(partial(tag_jobs.written_in, number=job.id, batch=batch))
        faults = await books.outbox.within(lambda db: tag_jobs.rejects(db, job.id))
        originals = await books.outbox.within(partial(tag_jobs.originals_in, number=job.id, batch=batch))
        order = replace(commissioning(job, order_id, written, books.today()), originals=originals)
        if exceptions := told_of_tags((reason, tid) for _, tid, reason in faults):
            order = replace(order, extra={EXCEPTIONS: exceptions})  # of the whole job, as far as it has come
        outcome = await books.perform(order, point)
        if not outcome.sequences:
            return outcome
    return outcome


def commissioning(job: TagJob, order_id: str, written: Sequence[tuple[str, str]], today: date) -> Order:
    """The order that commissions these: links with the TIDs of their tags, lot and dates as printed.

    What has no day of production is produced today.
    """
    about, subject = job.about, identify(job.subject)
    # What seals a link stands behind the question mark, and names nothing.
    named = [(link.partition("?")[0], tid) for link, tid in written]
    return Order(
        Step.COMMISSION,
        order_id=order_id,
        product=subject.gtin or subject.product_key,
        lot=subject.lot,
        produced=_day(about.get("production_date")) or today,
        best_before=_day(about.get("best_before")),
        expires=_day(about.get("use_by")),
        typed=True,
        epcs=tuple(epc for epc, _ in named),
        tids={epc: tid for epc, tid in named if tid and not is_shared(bytes.fromhex(tid))},
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
