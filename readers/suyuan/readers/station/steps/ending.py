"""Returns and destruction: what comes back waits in quarantine, and what is destroyed is proved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suyuan.readers.station.ending import Decision, Destroying, Returning
from suyuan.readers.station.identity import Identities
from suyuan.readers.station.knowledge import DRAINED, NOTHING_KNOWN, Lesson
from suyuan.readers.station.order import Order, person_key, two_persons
from suyuan.readers.station.recall_task import is_checksum
from suyuan.readers.station.steps import goods, shapes, trade
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, finding
from suyuan.readers.station.words import Message

WITNESSES = 2
_STATES = {
    Decision.QUARANTINE: "returned",
    Decision.RESALE: "sellable_not_accessible",
    Decision.REWORK: "non_sellable_other",
    Decision.DESTROY: "non_sellable_other",
}


def why_returned(case: Case) -> Iterable[Finding]:
    """That a return has a reason, is sold again only if nothing is against it, and not used by one person."""
    order, told = case.order, case.order.particulars
    if not isinstance(told, Returning):
        return
    if not order.reason:
        yield Finding(Message("REASON_NEEDED"), effect=Effect.WAITS)
    if told.decision in {Decision.RESALE, Decision.REWORK} and not two_persons(order):
        yield Finding(Message("FOUR_EYES"), effect=Effect.WAITS)
    if told.decision is not Decision.RESALE:
        return
    stopped = {
        i.key for check in (goods.not_stopped, trade.not_destroyed) for f in check(case) for i in f.who
    }
    unfit = [
        i
        for i in case.found
        if i.key in stopped or case.around.known(i.key) == NOTHING_KNOWN or trade.state_of(case, i) in _BARRED
    ]
    if unfit:
        yield finding("NOT_RESOLD", unfit, Effect.REFUSED)


_BARRED = trade.OUT_OF_TRADE - {"retail_sold", "returned"}


def returned(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Goods came back."""
    body, told = shapes.observed(order, judged), order.particulars
    if body is None or not isinstance(told, Returning):
        return body
    more = {"suyuan:decision": told.decision.value, "suyuan:receiptNumber": told.receipt}
    said = {name: value for name, value in more.items() if value}
    return {**body, **said, "disposition": _STATES[told.decision]}


def back(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """How what came back stands; what was set aside or recalled stays so. What is in it is here again.

    What comes back without the unit that it was sold in is in no unit any more.
    """
    del identities
    told, case = order.particulars, judged.case
    state = _STATES[told.decision] if isinstance(told, Returning) else _STATES[Decision.QUARANTINE]
    keys = dict.fromkeys(i.key for i in judged.taken)
    for key in keys:
        known = NOTHING_KNOWN if case is None else case.around.known(key)
        alone = case is not None and known.unit_key not in keys and _was_sold(case, known.unit_key)
        before = known.disposition
        stands = trade.still(case, key, state) if case is not None and before in _BARRED else state
        yield Lesson(key, disposition=stands, left_unit=alone)
    for key in trade.contents(judged):
        if case is not None and key not in keys:
            sold = _was_sold(case, key)
            yield Lesson(key, disposition="in_progress" if sold else trade.still(case, key, "in_progress"))


def _was_sold(case: Case, key: str | None) -> bool:
    return key is not None and case.around.known(key).disposition == trade.SOLD


def announced(case: Case) -> Iterable[Finding]:
    """That the authority was told of time and place before, or an officer waived it with a reason."""
    told = _destroying(case.order)
    if told.notice is None:
        if not (told.waived_by and case.order.reason):
            yield Finding(Message("NO_NOTICE"), effect=Effect.WAITS)
    elif not (told.notice.number and told.notice.place):
        yield Finding(Message("NO_NOTICE"), effect=Effect.WAITS)
    elif case.around.now < told.notice.at:
        yield Finding(Message("EARLY", {"time": f"{told.notice.at:%Y-%m-%d %H:%M}"}), effect=Effect.WAITS)


def witnessed(case: Case) -> Iterable[Finding]:
    """That two persons do it, two others than who does it saw it, and that there is a photo or video.

    Witnesses are only named: it is the second person who proves to be another.
    """
    told = _destroying(case.order)
    saw = {person_key(who) for who in told.witnesses} - {"", person_key(case.order.operator)}
    if len(saw) < WITNESSES or not two_persons(case.order):
        yield Finding(Message("FOUR_EYES"), effect=Effect.WAITS)
    if not is_checksum(told.proof_sha256):
        yield Finding(Message("PROOF_NEEDED"), effect=Effect.WAITS)


def _destroying(order: Order) -> Destroying:
    """What the order says; nothing said is nothing reported, and nothing can be destroyed."""
    return order.particulars if isinstance(order.particulars, Destroying) else Destroying()


def as_quarantined(case: Case) -> Iterable[Finding]:
    """That what lay in quarantine is destroyed; what lay elsewhere is left out until it is explained."""
    for each in goods.as_expected(case):
        refused = each.code == "EXTRA" and not case.order.reason
        yield Finding(each.message, each.who, Effect.REFUSED if refused else each.effect)


def destroyed(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Goods ceased to be (CBV 2.0 §7.1.3: destroying), with what proves it."""
    body, told = shapes.deleted(order, judged), _destroying(order)
    if body is None:
        return None
    proof: dict[str, Any] = {
        "suyuan:witnesses": list(told.witnesses),
        "suyuan:proofSha256": told.proof_sha256,
        "suyuan:means": told.means,
        "suyuan:waivedBy": told.waived_by,
    }
    if (notice := told.notice) is not None:
        proof["suyuan:notice"] = notice.number
        proof["suyuan:announcedFor"] = notice.at.isoformat(timespec="seconds")
        proof["suyuan:announcedPlace"] = notice.place
    said = {name: value for name, value in proof.items() if value not in ("", [])}
    counts = {"suyuan:quarantined": judged.expected, "suyuan:destroyed": len(judged.taken)}
    return {**body, "suyuan:destruction": {**said, **{k: v for k, v in counts.items() if v is not None}}}


def ended(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """That these are destroyed, with all that is in them: whoever sees one again, saw a copy, or was misled.

    Lots do not end (decision 0002, §2.4).
    """
    del order
    keys = [*(i.key for i in judged.taken if i.kind != "lot"), *trade.contents(judged)]
    for key in dict.fromkeys(keys):
        if identities.from_text(key).kind == "unit":
            yield Lesson(key, moved=(DRAINED,))
        yield Lesson(key, disposition=trade.DESTROYED, left_unit=True)


RETURN = (
    *goods.AIR,
    goods.right_product,
    goods.as_expected,
    goods.one_lot,
    trade.not_destroyed,
    why_returned,
    *goods.END,
)
DESTROY = (
    *goods.AIR,
    goods.right_product,
    as_quarantined,
    goods.one_lot,
    trade.not_destroyed,
    announced,
    witnessed,
    *goods.END,
)
