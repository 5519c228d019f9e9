"""Links of codes, kept: those in force for the resolver, and what was in force before.

The links of a code are told as a whole and replaced as a whole; those that stand in both stay the same rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from suyuan.trace.errors import Conflict, InvalidInput
from suyuan.trace.resolver.links import Link, Role
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.link_tables import LinkRow
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import EntryRow

MOST_LINKS = 100
"""Of one code."""

OPERATOR = ""
"""The owner of links that an administrator gave: they stand whatever the register says."""

MOST_OF_BEFORE = 200
"""How many of the links that were in force before are told of a code."""

_MEMBERS = ("link_type", "href", "title", "hreflang", "type", "context", "fwqs", "role")
_MEMBER_COLUMNS = [getattr(LinkRow, name) for name in _MEMBERS]


class LinksChanged(Conflict):
    """Links are not as they were when somebody said what should become of them (RFC 9110 §15.5.13)."""

    code = "links-changed"
    status = 412
    title = "The links are not as they were"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of the links of ``key``: those that end by number, new ranks of others, and new links.

    ``stay`` is how many do not end, moved or not; ``default_lost`` that one was the default and none will be.
    """

    key: str
    owner: str
    stay: int
    moved: Mapping[int, int]
    ended: Mapping[int, Link]
    new: Sequence[tuple[int, Link]]
    default_lost: bool


@dataclass(frozen=True, slots=True)
class KeptLink:
    """A link with who gave it; ``ended`` where it is not in force any more."""

    id: int
    link: Link
    owner: str
    created: datetime
    created_by: str
    ended: datetime | None = None
    ended_by: str | None = None


def links_of(reading: Reading, entries: Mapping[str, str]) -> dict[str, list[Link]]:
    """The links of each key of ``entries`` that count, in their order; two queries for 500 keys.

    ``entries`` says of each key which entry of the register it is of. Links count while that entry is
    approved and its owner is who gave them: a claim that nobody has looked at leads no shopper anywhere.
    """
    found: dict[str, list[Link]] = {}
    for chunk in chunks(entries):
        rows = reading.connection.execute(
            select(LinkRow.key, LinkRow.owner, *_MEMBER_COLUMNS)
            .where(LinkRow.key.in_(chunk), LinkRow.ended.is_(None))
            .order_by(LinkRow.key, LinkRow.rank)
        ).all()
        owners = _owners(reading, {entries[row.key] for row in rows})
        for key, owner, *members in rows:
            if owner in (OPERATOR, owners.get(entries[key])):
                found.setdefault(key, []).append(_link(*members))
    return found


def _owners(reading: Reading, entries: Collection[str]) -> dict[str, str]:
    """Who answers for those of ``entries`` that are approved."""
    if not entries:
        return {}
    approved = EntryRow.key.in_(entries), EntryRow.state == "approved"
    rows = reading.connection.execute(select(EntryRow.key, EntryRow.owner).where(*approved))
    return {key: owner for key, owner in rows}  # noqa: C416 (rows are not pairs to a type checker)


def kept_links(reading: Reading, key: str, *, with_ended: bool = False) -> list[KeptLink]:
    """The links of ``key`` in their order; ``with_ended`` the latest of before too, the last ended first."""
    columns = (
        LinkRow.id,
        LinkRow.owner,
        LinkRow.created,
        LinkRow.created_by,
        LinkRow.ended,
        LinkRow.ended_by,
    )
    of_key = select(*columns, *_MEMBER_COLUMNS).where(LinkRow.key == key)
    in_force = of_key.where(LinkRow.ended.is_(None)).order_by(LinkRow.rank)
    rows = list(reading.connection.execute(in_force))
    if with_ended:
        before = of_key.where(LinkRow.ended.is_not(None)).order_by(LinkRow.ended.desc(), LinkRow.rank)
        rows += reading.connection.execute(before.limit(MOST_OF_BEFORE))
    return [
        KeptLink(number, _link(*members), owner, created, created_by, ended, ended_by)
        for number, owner, created, created_by, ended, ended_by, *members in rows
    ]


def replace_links(
    writing: Writing, key: str, links: Sequence[Link], *, owner: str, by: str, now: datetime
) -> None:
    """Let ``links`` be all that ``key`` has, in this order; ``owner`` answers for them.

    Raises as :func:`check_links`.
    """
    check_links(links)
    carry_out(writing, changes(writing, {key: links}, {key: owner}), by=by, now=now)


def changes(
    reading: Reading, wanted: Mapping[str, Sequence[Link]], owners: Mapping[str, str]
) -> Iterator[Change]:
    """What is to be done so that each key has the links ``wanted`` and no others; a query for 500 keys.

    What another owner gave is ended and given anew: what stood by an owner of before would not count.
    """
    columns = LinkRow.id, LinkRow.key, LinkRow.owner, LinkRow.rank
    for chunk in chunks(wanted):
        rows = reading.connection.execute(
            select(*columns, *_MEMBER_COLUMNS).where(LinkRow.key.in_(chunk), LinkRow.ended.is_(None))
        )
        before: dict[str, dict[int, tuple[int, Link, bool]]] = {}
        for number, key, owner, rank, *members in rows:
            before.setdefault(key, {})[number] = rank, _link(*members), owner == owners[key]
        for key in chunk:
            ranks = {link: rank for rank, link in enumerate(wanted[key])}
            there = before.get(key, {})
            stay = {number: ranks[its] for number, (_, its, same) in there.items() if same and its in ranks}
            kept = {there[number][1] for number in stay}
            had_default = any(its.role is Role.DEFAULT for _, its, _ in there.values())
            yield Change(
                key,
                owners[key],
                stay=len(stay),
                moved={number: rank for number, rank in stay.items() if there[number][0] != rank},
                ended={number: its for number, (_, its, _) in there.items() if number not in stay},
                new=[(rank, link) for link, rank in ranks.items() if link not in kept],
                default_lost=had_default and not any(link.role is Role.DEFAULT for link in ranks),
            )


def carry_out(writing: Writing, told: Iterable[Change], *, by: str, now: datetime) -> None:
    """Do what :func:`changes` found out in the same unit of work; a statement for 500 links."""
    connection, found = writing.connection, list(told)
    for some in chunks([number for one in found for number in one.ended]):
        connection.execute(update(LinkRow).where(LinkRow.id.in_(some)).values(ended=now, ended_by=by))
    moved = [{"number": number, "to": rank} for one in found for number, rank in one.moved.items()]
    if moved:
        connection.execute(
            update(LinkRow).where(LinkRow.id == bindparam("number")).values(rank=bindparam("to")), moved
        )
    new = [
        {"key": one.key, "rank": rank, "owner": one.owner, "created": now, "created_by": by, **_members(link)}
        for one in found
        for rank, link in one.new
    ]
    if new:
        connection.execute(insert(LinkRow), new)


def links_given(reading: Reading, owner: str, limit: int) -> list[tuple[str, Link]]:
    """The first ``limit`` links in force that ``owner`` gave, with their keys, in order."""
    rows = reading.connection.execute(
        select(LinkRow.key, *_MEMBER_COLUMNS)
        .where(LinkRow.owner == owner, LinkRow.ended.is_(None))
        .order_by(LinkRow.key, LinkRow.rank)
        .limit(limit)
    )
    return [(key, _link(*members)) for key, *members in rows]


def check_links(links: Sequence[Link]) -> None:
    """Raise ``InvalidInput`` for more than :data:`MOST_LINKS`, two that are alike in all, or two defaults.

    ``where`` names the place among them.
    """
    if len(links) > MOST_LINKS:
        raise InvalidInput(
            "A code has at most {limit} links, these are {given}",
            where="links",
            remedy="Link a page that lists the others.",
            limit=MOST_LINKS,
            given=len(links),
        )
    for at, link in enumerate(links):
        if link in links[:at]:
            raise InvalidInput(
                "The link to {href} is there twice",
                where=f"links.{at}",
                remedy="Leave one out.",
                href=link.href,
            )
    defaults = [at for at, link in enumerate(links) if link.role is Role.DEFAULT]
    if len(defaults) > 1:
        raise InvalidInput(
            "Only one link can be the default",
            where=f"links.{defaults[1]}",
            remedy="Mark the others as choices: they answer who asks in their language or format.",
        )


def _members(link: Link) -> dict[str, object]:
    told: dict[str, object] = {name: getattr(link, name) for name in _MEMBERS}
    return told | {"hreflang": list(link.hreflang), "context": list(link.context), "role": link.role.value}


def _link(
    link_type: str,
    href: str,
    title: str,
    hreflang: list[str],
    media_type: str,
    context: list[str],
    fwqs: bool,
    role: str,
) -> Link:
    return Link(link_type, href, title, tuple(hreflang), media_type, tuple(context), fwqs, Role(role))
