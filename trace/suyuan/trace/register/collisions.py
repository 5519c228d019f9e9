"""What clashes: rows of a batch with one another, and with what is in the register already."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from suyuan.trace.register.drafts import ADMINISTRATOR, Draft
from suyuan.trace.register.finding import Finding, error, placed
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import AliasRow, EntryRow
from suyuan.trace.store.sight import Viewer


def repeated(prepared: Sequence[Draft]) -> list[Finding]:
    """Rows of a batch that name what an earlier row names."""
    first: dict[tuple[str, ...], int] = {}
    found: list[Finding] = []
    for row, draft in enumerate(prepared):
        names = [("identifier", draft.entry.key)] if draft.entry.key else []
        names += [("code", draft.code)] if draft.code else []
        for where, name in names:
            before = first.setdefault(
                (where, draft.owner or draft.entry.kind if where == "code" else "", name), row
            )
            if before != row:
                finding = error(
                    "twice",
                    "{value} is entered twice.",
                    where=_where(draft, where),
                    remedy="Leave one of the two out, or correct its code.",
                    value=name,
                )
                found += placed([finding], "", row)
    return found


def taken(reading: Reading, prepared: Sequence[Draft], by: Viewer) -> list[Finding]:
    """Rows whose key is an entry or an alias already, or whose own code is."""
    rows = {draft.entry.key: row for row, draft in enumerate(prepared) if draft.entry.key}
    present: dict[str, tuple[str, str]] = {}
    for chunk in chunks(rows):
        connection = reading.connection
        keyed = select(EntryRow.key, EntryRow.key, EntryRow.owner).where(EntryRow.key.in_(chunk))
        aliased = (
            select(AliasRow.alias, EntryRow.key, EntryRow.owner)
            .join(EntryRow, EntryRow.key == AliasRow.key)
            .where(AliasRow.alias.in_(chunk))
        )
        for statement in (keyed, aliased):
            present.update((name, (key, owner)) for name, key, owner in connection.execute(statement))
    found = [
        finding
        for name, (key, owner) in present.items()
        for finding in placed(
            [_taken_by(name, key, owner, by, _where(prepared[rows[name]], "identifier"))], "", rows[name]
        )
    ]
    return sorted([*found, *codes_taken(reading, prepared, by)], key=lambda finding: finding.row or 0)


def codes_taken(reading: Reading, prepared: Sequence[Draft], by: Viewer) -> list[Finding]:
    """Rows whose own code the owner uses for something else already."""
    codes: dict[tuple[str, str, str], int] = {
        (draft.owner, draft.entry.kind, draft.code): row for row, draft in enumerate(prepared) if draft.code
    }
    found: list[Finding] = []
    for chunk in chunks(dict.fromkeys(code for _, _, code in codes)):
        statement = select(EntryRow.owner, EntryRow.kind, EntryRow.code, EntryRow.key)
        for owner, kind, code, key in reading.connection.execute(statement.where(EntryRow.code.in_(chunk))):
            row = codes.get((owner, kind, code))
            if row is not None and prepared[row].entry.key != key:
                found += placed([_taken_by(code, key, owner, by, "code")], "", row)
    return found


def _taken_by(name: str, key: str, owner: str, by: Viewer, where: str) -> Finding:
    """Whose it is, is told to those who may see it."""
    if by.role == ADMINISTRATOR or by.party == owner:
        return error(
            "taken",
            "{value} is already in the register, as {key} of {owner}.",
            where=where,
            remedy="Amend that entry, or give this one another code.",
            value=name,
            key=key,
            owner=owner,
        )
    return error(
        "taken-by-another",
        "{value} is already in the register of another company.",
        where=where,
        remedy="Compare it with the label; if it is yours, ask the operator of the platform.",
        value=name,
    )


def _where(draft: Draft, name: str) -> str:
    """The field that a key comes from: a lot has its key from its batch number."""
    return "lot" if draft.entry.kind == "lot" and name == "identifier" else name
