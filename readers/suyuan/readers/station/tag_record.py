"""What was written on tags, recorded as produced: labels become items of their lot."""

from __future__ import annotations

from datetime import date

from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.tag_jobs import TagJob
from suyuan.trace.gs1 import IdentifierError, identify


def can_record(job: TagJob) -> bool:
    """Whether the labels of a job are goods that can be produced: items; not logistic units."""
    try:
        return bool(job.subject) and identify(job.subject).kind in {"lot", "product"}
    except IdentifierError:
        return False


def commissioning(job: TagJob, order_id: str, links: tuple[str, ...], today: date) -> Order:
    """The order that commissions these labels: their lot and its dates as printed, else produced today."""
    about, subject = job.about, identify(job.subject)
    return Order(
        Step.COMMISSION,
        order_id=order_id,
        product=subject.gtin or subject.product_key,
        lot=subject.lot,
        produced=_day(about.get("production_date")) or today,
        best_before=_day(about.get("best_before")),
        expires=_day(about.get("use_by")),
        typed=True,
        epcs=links,
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
