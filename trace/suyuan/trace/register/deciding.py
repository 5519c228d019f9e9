"""What of the register counts: approving, refusing and withdrawing entries, and whether they have to wait.

Nothing here commits: a caller's ``Writing`` does, as a whole.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update

from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed
from suyuan.trace.register.drafts import ADMINISTRATOR, COMPANY
from suyuan.trace.register.listing import Registered, State, look_up
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.settings import set_setting, setting
from suyuan.trace.store.sight import Viewer
from suyuan.trace.store.vocabulary import note_decision

LONGEST_NOTE = 1000
_APPROVAL = "register.approval"


class NotInThisState(Conflict):
    """What was asked does not follow from the state of the entry."""

    code = "not-in-this-state"
    title = "This is not possible in the present state of the entry"


def owned(reading: Reading, key: str, by: Viewer) -> Registered:
    """The entry of a key, in any spelling or under a second name, if ``by`` may write it.

    Raises:
        NotFound: there is none that the asker may see.
        NotAllowed: it is somebody else's.
    """
    present = look_up(reading, key, viewer=by)
    if by.role != ADMINISTRATOR and (by.role != COMPANY or present.owner != by.party):
        raise NotAllowed(
            "{value} belongs to somebody else",
            where="key",
            value=key,
            remedy="Its owner or the operator of the platform can change it.",
        )
    return present


def withdraw(writing: Writing, key: str, *, by: Viewer, now: datetime, note: str = "") -> Registered:
    """Take an entry back: it is no longer shown, and nothing new can refer to it.

    A place takes its read points along; a party must first have withdrawn what it answers for.

    Raises:
        NotFound, NotAllowed: as in :func:`owned`.
        NotInThisState: it is withdrawn already, or others still stand on it.
    """
    present = owned(writing, key, by)
    key = present.key
    if present.state == "withdrawn":
        raise NotInThisState("{value} is withdrawn already", where="state", value=key)
    if present.kind == "party":
        standing = select(func.count()).where(
            EntryRow.owner == key, EntryRow.key != key, EntryRow.state.in_(("approved", "pending"))
        )
        count = writing.connection.execute(standing).scalar() or 0
        if count:
            raise NotInThisState(
                "{value} still answers for {count} entries",
                where="state",
                value=key,
                count=count,
                remedy="Withdraw its products, places and lots first.",
            )
    if present.kind == "place":
        for (point,) in writing.connection.execute(
            select(EntryRow.key).where(EntryRow.place == key, EntryRow.state != "withdrawn")
        ).all():
            _decide(writing, point, "withdrawn", by, now, note)
    return _decide(writing, key, "withdrawn", by, now, note)


def approve(writing: Writing, key: str, *, by: Viewer, now: datetime, note: str = "") -> Registered:
    """Let an entry count: one that waits, or one that was refused or withdrawn before.

    Raises:
        NotAllowed: only the operator's administrators decide.
        NotFound, NotInThisState: there is none, or it counts already.
    """
    return _judge(writing, key, "approved", by, now, note)


def refuse(writing: Writing, key: str, *, by: Viewer, now: datetime, note: str) -> Registered:
    """Refuse an entry that waits; ``note`` tells its owner why.

    Raises:
        NotAllowed, NotFound: as in :func:`approve`.
        NotInThisState: it does not wait.
        InvalidInput: no reason is given.
    """
    if not note.strip():
        raise InvalidInput(
            "A reason is missing", where="note", remedy="Say what is wrong, so that it can be mended."
        )
    return _judge(writing, key, "refused", by, now, note)


def approval_required(reading: Reading) -> bool:
    """Whether new entries of companies wait for the operator; off unless it was set."""
    return setting(reading, _APPROVAL) == b"1"


def require_approval(writing: Writing, required: bool) -> None:
    """Set whether new entries of companies wait. What waits already goes on waiting."""
    set_setting(writing, _APPROVAL, b"1" if required else b"0")


def _judge(writing: Writing, key: str, state: State, by: Viewer, now: datetime, note: str) -> Registered:
    if by.role != ADMINISTRATOR:
        raise NotAllowed("Only the operator of the platform approves entries", where="state")
    present = look_up(writing, key, viewer=by)
    key = present.key
    if state == "refused" and present.state != "pending":
        raise NotInThisState("{value} does not wait for approval", where="state", value=key)
    if present.state == state:
        raise NotInThisState("{value} is approved already", where="state", value=key)
    return _decide(writing, key, state, by, now, note)


def _decide(writing: Writing, key: str, state: State, by: Viewer, now: datetime, note: str) -> Registered:
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(
            "The text has {length} characters; at most {most} fit here.",
            where="note",
            length=len(note),
            most=LONGEST_NOTE,
            remedy="Shorten it.",
        )
    decided = {"state": state, "decided": now, "decided_by": by.name, "note": note.strip()}
    writing.connection.execute(update(EntryRow).where(EntryRow.key == key).values(**decided))
    note_decision(writing)
    return look_up(writing, key, viewer=by)
