"""Tables that wait for whoever sent them to confirm: what was shown is exactly what is entered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Literal, TypeVar

from sqlalchemy import delete, insert, select

from suyuan.trace.errors import NotFound
from suyuan.trace.register.sheets import KINDS, EntryKind
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import UploadRow

LIFETIME = timedelta(hours=1)
MOST_WAITING = 3  # of one account: the oldest give way
LONGEST_NAME = 200
_KINDS: dict[str, EntryKind] = {kind: kind for kind in KINDS}
LINKS: Literal["links"] = "links"
"""The kind of a table of links, which are no entries."""

Kind = TypeVar("Kind", bound=str)


@dataclass(frozen=True, slots=True)
class Upload(Generic[Kind]):
    """A table as it was sent."""

    id: str
    kind: Kind
    name: str
    content: bytes
    expires: datetime


def keep_upload(
    writing: Writing, account: str, kind: Kind, *, name: str, content: bytes, now: datetime
) -> Upload[Kind]:
    """Keep a table for an hour; its id follows from the account and the content."""
    told = f"{account}\0{kind}\0".encode("utf-8", "surrogatepass")
    made = Upload(
        hashlib.sha256(told + content).hexdigest(),
        kind,
        "".join(sign for sign in name if sign.isprintable())[-LONGEST_NAME:],
        content,
        now + LIFETIME,
    )
    connection = writing.connection
    waiting = connection.execute(
        select(UploadRow.id)
        .where(UploadRow.account == account, UploadRow.id != made.id)
        .order_by(UploadRow.expires.desc(), UploadRow.id)
        .offset(MOST_WAITING - 1)
    )
    gone = [made.id, *waiting.scalars()]
    connection.execute(delete(UploadRow).where((UploadRow.expires <= now) | UploadRow.id.in_(gone)))
    connection.execute(
        insert(UploadRow),
        {
            "id": made.id,
            "account": account,
            "kind": kind,
            "name": made.name,
            "content": content,
            "expires": made.expires,
        },
    )
    return made


def waiting_upload(reading: Reading, account: str, upload: str, *, now: datetime) -> Upload[EntryKind]:
    """The table of entries of that id, if the account sent it within the hour; else ``NotFound``."""
    return _waiting(reading, account, upload, _KINDS, now)


def waiting_links(reading: Reading, account: str, upload: str, *, now: datetime) -> Upload[Literal["links"]]:
    """The table of links of that id, likewise."""
    return _waiting(reading, account, upload, {LINKS: LINKS}, now)


def _waiting(
    reading: Reading, account: str, upload: str, kinds: Mapping[str, Kind], now: datetime
) -> Upload[Kind]:
    row = reading.connection.execute(
        select(UploadRow.kind, UploadRow.name, UploadRow.content, UploadRow.expires).where(
            UploadRow.id == upload, UploadRow.account == account, UploadRow.expires > now
        )
    ).first()
    kind = None if row is None else kinds.get(row.kind)
    if row is None or kind is None:
        raise NotFound(
            "This table is no longer here: it waits one hour, or until it is imported",
            where="upload",
            remedy="Send the file again.",
        )
    return Upload(upload, kind, row.name, row.content, row.expires)


def forget_upload(writing: Writing, account: str, upload: str) -> None:
    """Let go of a table, because it is imported or given up."""
    writing.connection.execute(delete(UploadRow).where(UploadRow.id == upload, UploadRow.account == account))
