"""From entries as read to rows of the register: references looked up, what follows filled in, all checked.

Everything that needs the store is asked in a few queries for the whole batch, so that ten thousand rows of a
spreadsheet cost little more than one form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select

from suyuan.trace.register.claims import doubtful, names_of_party
from suyuan.trace.register.codes import sc_category
from suyuan.trace.register.fields import Field, is_key, parts_of, plain
from suyuan.trace.register.finding import Finding, error, placed, warning
from suyuan.trace.register.sheets import SHEETS, Entry, EntryKind, lot_key
from suyuan.trace.register.telling import entry_of, told_by_owners
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import AliasRow, EntryRow
from suyuan.trace.store.sight import Viewer

ADMINISTRATOR, COMPANY = "administrator", "company"
_STANDING = ("approved", "pending")


class Known(NamedTuple):
    """What a row of the register says of an entry that another one refers to."""

    key: str
    kind: str
    owner: str
    state: str
    code: str
    party: str
    stage: str
    district: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry with everything that its row holds. ``findings`` are errors, and warnings to be confirmed."""

    entry: Entry
    owner: str
    party: str = ""
    place: str = ""
    stage: str = ""
    district: str = ""
    findings: tuple[Finding, ...] = ()
    waits: bool = False  # the operator has to approve it, whatever the setting

    @property
    def above(self) -> Mapping[str, str]:
        """What master data of a place or read point take over; see ``telling.element_of``."""
        return {"party": self.party, "district": self.district}

    @property
    def code(self) -> str:
        """The code under which the owner's other rows may refer to it."""
        return self.entry.value("code") or self.entry.value("uscc")


def drafts(reading: Reading, entries: Sequence[Entry], *, by: Viewer, amending: bool = False) -> list[Draft]:
    """The drafts of ``entries`` as ``by`` enters them, or amends what is theirs already; in their order."""
    known = _known(reading, entries, by)
    companies = _parties_with_code(reading, entries)
    products = _told_of(reading, known, entries, "product")
    producers = _told_of(reading, known, entries, "producer")
    claims = frozenset[str]() if amending else _claims(reading, entries, by)
    agreed = _agreed(reading, entries)
    own = names_of_party(reading, by.party) if by.role == COMPANY else frozenset[str]()
    context = _Context(by, known, companies, products, producers, claims, own, agreed)
    return [_draft(row, entry, context) for row, entry in enumerate(entries)]


@dataclass(frozen=True, slots=True)
class _Context:
    by: Viewer
    known: Mapping[tuple[str, str], Known]  # kind and reference as told
    companies: Mapping[str, str]  # unified social credit code -> the party that has it
    products: Mapping[str, Entry]
    producers: Mapping[str, Entry]
    claims: frozenset[str]  # keys that the asker's word alone does not make theirs
    own: frozenset[str]  # names of the company that asks
    agreed: frozenset[tuple[str, str]]  # products that count already, each with its producer


def _draft(row: int, entry: Entry, context: _Context) -> Draft:
    values = dict(entry.values)
    found: list[Finding] = list(entry.warnings)
    for field, reference in _references(entry):
        target = context.known.get((field.of, reference))
        finding = _judged(entry, field, reference, target, context.by)
        if finding is not None:
            found.append(finding)
        if target is not None and field.value == "reference":
            values[field.name] = target.key
    if "inputs" in values:
        values["inputs"] = _resolved_parts(values["inputs"], context.known)
    _FILL.get(entry.kind, _nothing)(values, found, context)
    key = entry.key
    double = context.companies.get(values.get("uscc", ""), key)
    if double != key:
        found.append(
            warning(
                "uscc-known",
                "{value} is the code of a company that is in the register already: {key}.",
                where="uscc",
                remedy="Look at that entry first; confirm only if both are to stand.",
                value=values["uscc"],
                key=double,
            )
        )
    if entry.kind == "lot" and not key:
        key, wrong = lot_key(values.get("product", ""), values.get("lot", ""))
        found += wrong
    resolved = replace(entry, key=key, values=values, warnings=())
    draft = _with_row(resolved, context)
    waiting = _waiting(resolved, context)
    return replace(draft, findings=placed([*found, *waiting], "", row), waits=bool(waiting))


def _waiting(entry: Entry, context: _Context) -> list[Finding]:
    """Why the operator has to look at an entry first, whatever the setting."""
    found: list[Finding] = []
    if entry.key in context.claims:
        found.append(
            warning(
                "claim-waits",
                "The operator of the platform has to see first that {value} is yours.",
                where="lot" if entry.kind == "lot" else "identifier",
                remedy="Confirm that it is yours: it is shown once the operator has approved it.",
                value=entry.key,
            )
        )
    producer = entry.values.get("producer", "")
    if _speaks_for_another(entry, producer, context):
        found.append(
            warning(
                "producer-waits",
                "{value} is another company: its name stands on your product only after the operator agreed.",
                where="producer",
                remedy="Confirm that it made this and knows of it: the operator asks it, then approves.",
                value=_name_of(producer, context),
            )
        )
    return found


def _speaks_for_another(entry: Entry, producer: str, context: _Context) -> bool:
    """Whether a company names another one as the producer, which nobody has looked at yet."""
    if context.by.role != COMPANY or entry.kind != "product" or ("party", producer) not in context.known:
        return False
    return producer not in context.own and (entry.key, producer) not in context.agreed


def _name_of(party: str, context: _Context) -> str:
    told = context.producers.get(party)
    return (told.value("name_zh") or told.value("name_en") if told else "") or party


def _with_row(entry: Entry, context: _Context) -> Draft:
    """Whose it is and where. An administrator enters in the name of whom it belongs to."""
    by, known = context.by, context.known
    district, stage, place = entry.value("district"), entry.value("stage"), ""
    if entry.kind == "party":
        party = owner = entry.key
    elif entry.kind == "place":
        party = owner = entry.value("party")
    elif entry.kind == "product":
        party = owner = entry.value("producer")
    elif entry.kind == "read_point":
        place = entry.value("place")
        above = known.get(("place", place))
        party = owner = above.party if above else ""
        district, stage = (above.district, above.stage) if above else ("", "")
    else:
        above = known.get(("product", entry.value("product")))
        party = owner = above.owner if above else ""
    if by.role == COMPANY and entry.kind != "party":
        owner = by.party
    return Draft(entry, owner, party, place, stage, district)


def _references(entry: Entry) -> Iterator[tuple[Field, str]]:
    for field in SHEETS[entry.kind].fields:
        value = entry.value(field.name)
        if value and field.value == "reference":
            yield field, value
        elif value and field.value == "parts":
            for part in parts_of(value):
                yield field, part.product


def _known(reading: Reading, entries: Sequence[Entry], by: Viewer) -> dict[tuple[str, str], Known]:
    """What the references name, by kind and reference as told (and by key)."""
    wanted = dict.fromkeys(
        (field.of, reference) for entry in entries for field, reference in _references(entry)
    )
    columns = select(
        EntryRow.key, EntryRow.kind, EntryRow.owner, EntryRow.state, EntryRow.code, EntryRow.party,
        EntryRow.stage, EntryRow.district,
    )  # fmt: skip
    found: dict[tuple[str, str], Known] = {}
    connection = reading.connection
    keys = [reference for _, reference in wanted if is_key(reference)]
    for chunk in chunks(dict.fromkeys(keys)):
        rows = connection.execute(columns.where(EntryRow.key.in_(chunk)))
        found.update(((row.kind, row.key), Known(*row)) for row in rows)
        aliases = columns.add_columns(AliasRow.alias).join(AliasRow, AliasRow.key == EntryRow.key)
        for *named, alias in connection.execute(aliases.where(AliasRow.alias.in_(chunk))):
            known = Known(*named)
            found[known.kind, alias] = found[known.kind, known.key] = known
    codes = [reference for _, reference in wanted if not is_key(reference)]
    by_code: dict[tuple[str, str], list[Known]] = {}
    for chunk in chunks(dict.fromkeys(codes)):
        for row in connection.execute(columns.where(EntryRow.code.in_(chunk), EntryRow.state.in_(_STANDING))):
            known = Known(*row)
            if by.role != COMPANY or known.owner == by.party or known.kind == "party":
                by_code.setdefault((known.kind, known.code), []).append(known)
    for (kind, code), candidates in by_code.items():
        if len(candidates) == 1:
            found[kind, code] = found[kind, candidates[0].key] = candidates[0]
    return found


def _judged(entry: Entry, field: Field, reference: str, target: Known | None, by: Viewer) -> Finding | None:
    """What is wrong with a reference."""
    where = field.name
    if target is None or (target.state not in _STANDING and not _is_own(target, by)):
        if field.value == "parts" and is_key(reference):
            return warning(
                "input-unknown",
                "The input {value} is not in the register.",
                where=where,
                remedy="Enter the product first, or confirm that it comes from somebody who is not here.",
                value=reference,
            )
        return error(
            "reference-unknown",
            "{value} is not in the register.",
            where=where,
            remedy="Enter it first, or give its identifier or its own code as the register shows them.",
            value=reference,
        )
    if target.state not in _STANDING:
        return error(
            "reference-ended",
            "{value} was withdrawn or refused.",
            where=where,
            remedy="Name another one, or have it approved again.",
            value=reference,
        )
    if by.role == COMPANY and not _may_build_on(entry, field, target, by):
        return error(
            "not-yours",
            "{value} belongs to somebody else.",
            where=where,
            remedy="Name something of your own; the operator of the platform can enter it for others.",
            value=reference,
        )
    return None


def _is_own(target: Known, by: Viewer) -> bool:
    return by.role == ADMINISTRATOR or by.party in (target.owner, target.party)


def _may_build_on(entry: Entry, field: Field, target: Known, by: Viewer) -> bool:
    """Whether a company may say this of the target: of its own, but who made it and what went in is free."""
    if field.name in {"producer", "inputs"}:
        return True
    if entry.kind == "lot":
        return by.party in (target.owner, target.party)  # a maker on commission has lots of another's product
    return by.party == (target.key if target.kind == "party" else target.owner)


def _resolved_parts(value: str, known: Mapping[tuple[str, str], Known]) -> str:
    lines: list[str] = []
    for part in parts_of(value):
        target = known.get(("product", part.product))
        lines.append(f"{target.key if target else part.product} = {plain(part.amount)} {part.unit}")
    return "\n".join(lines)


def _parties_with_code(reading: Reading, entries: Iterable[Entry]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(dict.fromkeys(uscc for entry in entries if (uscc := entry.value("uscc")))):
        statement = select(EntryRow.code, EntryRow.key).where(
            EntryRow.kind == "party", EntryRow.code.in_(chunk), EntryRow.state.in_(_STANDING)
        )
        found.update((code, key) for code, key in reading.connection.execute(statement))
    return found


def _claims(reading: Reading, entries: Iterable[Entry], by: Viewer) -> frozenset[str]:
    if by.role != COMPANY:
        return frozenset()
    by_kind: dict[str, list[str]] = {}
    for entry in entries:
        if entry.key and entry.kind != "party":  # of parties a company amends its own alone
            by_kind.setdefault(entry.kind, []).append(entry.key)
    return frozenset(
        key for kind, keys in by_kind.items() for key in doubtful(reading, kind, keys, party=by.party)
    )


def _agreed(reading: Reading, entries: Iterable[Entry]) -> frozenset[tuple[str, str]]:
    """Of products that are amended: those that count, with the producer that they name until now."""
    counting = select(EntryRow.key, EntryRow.party).where(EntryRow.state == "approved")
    keys = [entry.key for entry in entries if entry.kind == "product" and entry.key]
    return frozenset(
        (key, party)
        for chunk in chunks(keys)
        for key, party in reading.connection.execute(counting.where(EntryRow.key.in_(chunk)))
    )


def _told_of(
    reading: Reading, known: Mapping[tuple[str, str], Known], entries: Iterable[Entry], name: str
) -> dict[str, Entry]:
    """What was told of the products, or producers, that entries refer to under ``name``."""
    kind: EntryKind = "party" if name == "producer" else "product"
    referred = {known[kind, value].key for e in entries if (kind, value := e.value(name)) in known}
    told = told_by_owners(reading, sorted(referred))
    return {key: entry_of(kind, key, attributes) for key, attributes in told.items()}


def _nothing(_values: dict[str, str], _found: list[Finding], _context: _Context) -> None:
    return


def _fill_lot(values: dict[str, str], found: list[Finding], context: _Context) -> None:
    """保质期至 follows from the shelf life of the product where the label does not say otherwise."""
    product = context.products.get(values.get("product", ""))
    made, days = values.get("production_date"), "" if product is None else product.value("shelf_life_days")
    if not made or not days or values.get("best_before"):
        return
    try:
        values["best_before"] = (date.fromisoformat(made) + timedelta(days=int(days))).isoformat()
    except OverflowError:
        found.append(
            error("no-date", "{value} is not a date.", where="production_date", value=made,
                  remedy="Write year, month and day, such as 2026-05-01.")
        )  # fmt: skip


def _fill_product(values: dict[str, str], found: list[Finding], context: _Context) -> None:
    """A food of a licence category is made under a licence of that category (Food Safety Law Art 35)."""
    category, producer = values.get("category"), context.producers.get(values.get("producer", ""))
    if not category or producer is None:
        return
    licence = producer.value("licence")
    main = sc_category(licence)
    if main is None:
        found.append(
            warning(
                "licence-missing",
                "The producer has no food production licence (SC) in the register.",
                where="category",
                remedy="Enter the licence of the producer, or confirm that it need not have one.",
            )
        )
    elif main != category:
        found.append(licence_category(licence, main, category))


def licence_category(licence: str, main: str, category: str) -> Finding:
    """A product of another category than the one in the licence's number; the licence may list more."""
    return warning(
        "licence-category",
        "The licence {licence} is for category {main}, the product is of category {category}.",
        where="category",
        remedy="See whether the licence lists this category too, and confirm it.",
        licence=licence,
        main=main,
        category=category,
    )


def _fill_recipe(values: dict[str, str], found: list[Finding], _context: _Context) -> None:
    if any(part.product == values.get("product") for part in parts_of(values.get("inputs", ""))):
        found.append(
            error(
                "recipe-circular",
                "A product cannot be an input of its own recipe.",
                where="inputs",
                remedy="Take it out of the inputs; rework is told when it happens.",
            )
        )


_FILL = {"lot": _fill_lot, "product": _fill_product, "recipe": _fill_recipe}
