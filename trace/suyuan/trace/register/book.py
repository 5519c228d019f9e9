"""The register as a book: entering, amending, withdrawing, approving; all in one unit of writing.

::

    read_sheet ──> Entry ── check_all (dry run) ──> findings
                     └───── enter, enter_all, amend ──> Registered;  told as master data of the owner

``by`` is whoever asks (``suyuan.trace.store.sight.Viewer``): companies write what is theirs, administrators
write for everybody, others not at all. Nothing here commits: a caller's ``Writing`` does, as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from suyuan.trace.epcis.envelope import VocabularyElement
from suyuan.trace.errors import Conflict, NotAllowed
from suyuan.trace.gs1 import identify
from suyuan.trace.register.collisions import codes_taken, repeated, taken
from suyuan.trace.register.deciding import (
    NotInThisState,
    approval_required,
    approve,
    owned,
    refuse,
    require_approval,
    withdraw,
)
from suyuan.trace.register.drafts import ADMINISTRATOR, COMPANY, Draft, drafts
from suyuan.trace.register.finding import EntryRefused, Finding, error, errors, placed
from suyuan.trace.register.identifiers import new_owns, new_point
from suyuan.trace.register.listing import Page, Registered, State, counts, entries, look_up, search_text
from suyuan.trace.register.sheets import Entry
from suyuan.trace.register.telling import element_of, entry_of, tell, told_by_owners
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import Viewer
from suyuan.trace.store.vocabulary import note_decision

__all__ = [
    "EntryExists",
    "Give",
    "NotInThisState",
    "Page",
    "Registered",
    "State",
    "amend",
    "approval_required",
    "approve",
    "check_all",
    "counts",
    "enter",
    "enter_all",
    "entries",
    "giving",
    "look_up",
    "refuse",
    "require_approval",
    "withdraw",
]

Give = Callable[[Writing, str, int], Sequence[str]]
"""Gives out keys of the platform's own: for a kind (party, place, product, recipe), so many of them."""


class EntryExists(Conflict):
    """The identifier or own code is taken; ``findings`` name every row of the batch that is concerned."""

    code = "entry-exists"
    title = "This is already in the register"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        super().__init__(first.template, where=first.where, remedy=first.remedy, **first.fields)


def giving(public_url: str) -> Give:
    """Gives out own codes in the namespace of the platform that the world reaches under ``public_url``."""

    def give(writing: Writing, kind: str, count: int) -> Sequence[str]:
        return [one.key for one in new_owns(writing, kind, public_url, count)]

    return give


def check_all(reading: Reading, entries_: Sequence[Entry], *, by: Viewer) -> tuple[Finding, ...]:
    """The dry run: what :func:`enter_all` would refuse, and what it would have confirmed, by row; no writing.

    Raises:
        NotAllowed: whoever asks may not write at all.
    """
    prepared = drafts(reading, entries_, by=by)
    _check_may_write(prepared, by)
    found = [finding for draft in prepared for finding in draft.findings]
    found += repeated(prepared)
    found += taken(reading, prepared, by)
    return tuple(sorted(found, key=lambda finding: -1 if finding.row is None else finding.row))


def enter(
    writing: Writing,
    entry: Entry,
    *,
    by: Viewer,
    now: datetime,
    give: Give | None = None,
    confirmed: bool = False,
) -> Registered:
    """Enter one thing; see :func:`enter_all`."""
    return enter_all(writing, [entry], by=by, now=now, give=give, confirmed=confirmed)[0]


def enter_all(
    writing: Writing,
    entries_: Sequence[Entry],
    *,
    by: Viewer,
    now: datetime,
    give: Give | None = None,
    confirmed: bool = False,
) -> tuple[Registered, ...]:
    """Enter all of ``entries_`` or, where one cannot be, none; in their order. O(entries), few statements.

    Entries of a company wait for approval where the operator wants that, and where they claim a number that
    may be somebody else's (``suyuan.trace.register.claims``). ``confirmed`` says that the author compared
    what the warnings name; what was confirmed is told with the entry.

    Raises:
        NotAllowed: whoever asks may not write, or not this.
        EntryRefused: errors, or warnings that are not confirmed; the rows are named.
        EntryExists: identifiers or own codes that are taken.
    """
    prepared = drafts(writing, entries_, by=by)
    _check_may_write(prepared, by)
    _refuse(prepared, confirmed=True, more=repeated(prepared))
    clashes = taken(writing, prepared, by)
    if clashes:
        raise EntryExists(clashes)
    _refuse(prepared, confirmed=confirmed)
    prepared = _with_keys(writing, prepared, give)
    required = by.role == COMPANY and approval_required(writing)
    rows = [_row(draft, "pending" if required or draft.waits else "approved", by, now) for draft in prepared]
    if rows:
        writing.connection.execute(insert(EntryRow), rows)
        note_decision(writing)
    _tell(writing, prepared, now)
    return tuple(_registered(draft, row) for draft, row in zip(prepared, rows, strict=True))


def amend(
    writing: Writing, key: str, entry: Entry, *, by: Viewer, now: datetime, confirmed: bool = False
) -> Registered:
    """Replace what is told of an entry by what ``entry`` says; what was told before stays on record.

    Its identifier stays: a later GS1 code is an alias. What was refused waits for approval again, and so does
    a product that now names another company as its producer.

    Raises:
        NotFound: there is none that the asker may see.
        NotAllowed: it is somebody else's.
        NotInThisState: it was withdrawn.
        EntryRefused, EntryExists: as in :func:`enter_all`.
    """
    present = owned(writing, key, by)
    key = present.key
    if present.state == "withdrawn":
        raise NotInThisState(
            "{value} was withdrawn",
            where="state",
            value=key,
            remedy="Have the operator approve it again first.",
        )
    draft = drafts(writing, [replace(entry, key=entry.key or key)], by=by, amending=True)[0]
    draft = replace(draft, findings=placed(draft.findings, ""))
    if entry.kind != present.kind or draft.entry.key != key or draft.place != present.place:
        raise EntryRefused([_changed_identity(key)])
    if present.kind != "place":  # a place goes with whoever runs it; other things stay their owner's
        draft = replace(draft, owner=present.owner)
    _refuse([draft], confirmed=True)
    clashes = codes_taken(writing, [draft], by)
    if clashes:
        raise EntryExists(placed(clashes, ""))
    _refuse([draft], confirmed=confirmed)
    row = _row(draft, present.state, by, now)
    row |= {"created": present.created, "created_by": present.created_by}
    if present.state == "refused" or draft.waits:
        row |= {"state": "pending", "decided": None, "decided_by": None}
    elif by.role == ADMINISTRATOR and present.state == "approved":
        row |= {"decided": now, "decided_by": by.name, "note": present.note}  # the operator's own words
    else:
        row |= {"decided": present.decided, "decided_by": present.decided_by, "note": present.note}
    writing.connection.execute(update(EntryRow).where(EntryRow.key == key).values(**row))
    note_decision(writing)
    _tell(writing, [draft], now)
    if present.kind == "place":
        _follow_place(writing, draft, now)
    return _registered(draft, row)


def _check_may_write(prepared: Iterable[Draft], by: Viewer) -> None:
    if by.role == ADMINISTRATOR:
        return
    if by.role != COMPANY or not by.party:
        raise NotAllowed(
            "Only companies and the operator of the platform make entries",
            remedy="Sign in with an account of the company.",
        )
    if any(draft.entry.kind == "party" and draft.entry.key != by.party for draft in prepared):
        raise NotAllowed(
            "Only the operator of the platform enters companies and authorities",
            remedy="Ask the operator to enter it.",
        )


def _refuse(prepared: Iterable[Draft], *, confirmed: bool, more: Iterable[Finding] = ()) -> None:
    found = [*(finding for draft in prepared for finding in draft.findings), *more]
    wrong = errors(found) or (() if confirmed else found)
    if wrong:
        raise EntryRefused(wrong)


def _with_keys(writing: Writing, prepared: Sequence[Draft], give: Give | None) -> list[Draft]:
    """Every draft with a key: what has none gets one of the platform's own."""
    missing: dict[str, int] = {}
    for draft in prepared:
        if not draft.entry.key and draft.entry.kind != "read_point":
            missing[draft.entry.kind] = missing.get(draft.entry.kind, 0) + 1
    if missing and give is None:
        raise EntryRefused([_no_identifier()])
    given = {kind: iter(give(writing, kind, count)) for kind, count in missing.items()} if give else {}
    keyed: list[Draft] = []
    for draft in prepared:
        entry = draft.entry
        if entry.key:
            keyed.append(draft)
            continue
        if entry.kind == "read_point":  # numbered below its place, by GLN extension or point
            place = identify(draft.place)
            if not (place.own or place.gln):
                raise EntryRefused([_no_identifier()])
            key = new_point(writing, place).key
        else:
            key = next(given[entry.kind])
        draft = replace(draft, entry=replace(entry, key=key))  # noqa: PLW2901 (the same draft, named)
        keyed.append(replace(draft, owner=key, party=key) if entry.kind == "party" else draft)
    return keyed


def _no_identifier() -> Finding:
    return error(
        "identifier-missing",
        "The identifier is missing, and this platform cannot give one here.",
        where="identifier",
        remedy="Give a GTIN or GLN, or have the operator set the public address.",
    )


def _changed_identity(key: str) -> Finding:
    return error(
        "identity-changed",
        "The identifier of an entry stays: this one is {value}.",
        where="identifier",
        remedy="Link a later GS1 code as an alias; enter something else anew.",
        value=key,
    )


def _row(draft: Draft, state: State, by: Viewer, now: datetime) -> dict[str, Any]:
    approved = state == "approved"
    entry = draft.entry
    return {
        "key": entry.key,
        "kind": entry.kind,
        "owner": draft.owner,
        "state": state,
        "created": now,
        "created_by": by.name,
        "decided": now if approved else None,
        "decided_by": by.name if approved else None,
        "note": "",
        "code": draft.code,
        "search": search_text(entry),
        "party": draft.party,
        "place": draft.place,
        "stage": draft.stage,
        "district": draft.district,
    }


def _registered(draft: Draft, row: dict[str, Any]) -> Registered:
    parts = ("state", "created", "created_by", "decided", "decided_by", "note")
    own = {name: row[name] for name in ("owner", "party", "place", "stage", "district", *parts)}
    return Registered(entry=draft.entry, **own)


def _tell(writing: Writing, prepared: Iterable[Draft], now: datetime) -> None:
    by_owner: dict[str, list[VocabularyElement]] = {}
    for draft in prepared:
        confirmed = [f"{finding.where}:{finding.code}" for finding in draft.findings]
        element = element_of(draft.entry, above=draft.above, confirmed=confirmed)
        by_owner.setdefault(draft.owner, []).append(element)
    for owner, elements in by_owner.items():
        tell(writing, elements, owner=owner, now=now)


def _follow_place(writing: Writing, place: Draft, now: datetime) -> None:
    """Read points have owner, stage and district of their place, and tell them."""
    key = place.entry.key
    connection = writing.connection
    moved = {"owner": place.owner, "party": place.party, "stage": place.stage, "district": place.district}
    points = [point for (point,) in connection.execute(select(EntryRow.key).where(EntryRow.place == key))]
    told = {
        point: entry_of("read_point", point, said) for point, said in told_by_owners(writing, points).items()
    }
    connection.execute(update(EntryRow).where(EntryRow.place == key).values(**moved))
    _tell(writing, (replace(place, entry=entry, findings=()) for entry in told.values()), now)
