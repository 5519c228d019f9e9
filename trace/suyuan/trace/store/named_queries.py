"""Queries that a party gave a name. Source: EPCIS 2.0 §8.2.4 and the REST bindings (``/queries``).

A name belongs to a party: two may use the same one, and neither learns of the other's. A query is kept as it
was given and checked by whoever stores it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select

from suyuan.trace.epcis.query import wrong
from suyuan.trace.errors import Conflict, InvalidInput, NotFound
from suyuan.trace.store.columns import storable
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.parameters import EventQuery, parse_query
from suyuan.trace.store.record_tables import NamedQueryRow, SubscriptionRow

EVENT_QUERY = "SimpleEventQuery"
MASTER_DATA_QUERY = "SimpleMasterDataQuery"
"""The standard's own queries; no party may give these names to one of its own."""
MOST_QUERIES = 100  # of one party
LONGEST_NAME = 100


class QueryExists(Conflict):
    """The party has a query of that name (ResourceAlreadyExistsException)."""

    code = "query-exists"
    title = "There is already a query of this name"


class QueryUnfit(InvalidInput):
    """A named query that cannot be kept: its name, its form, or one too many (QueryValidationException)."""

    code = "query-unfit"
    title = "The query cannot be kept"


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query under its name. ``query`` is the JSON object that was given."""

    party: str
    name: str
    query: Mapping[str, Any]
    created: datetime
    created_by: str


def create_query(writing: Writing, query: NamedQuery) -> None:
    """Keep a query.

    Raises:
        QueryExists: its party has one of that name.
        QueryUnfit: a name that cannot stand in an address or is the standard's, or the party has a hundred.
    """
    _check_name(query.name)
    if query.name in (EVENT_QUERY, MASTER_DATA_QUERY):
        raise QueryUnfit(
            "{given} is a query of the standard",
            where="name",
            remedy="Choose another name.",
            given=query.name,
        )
    if named_query_or_none(writing, query.party, query.name) is not None:
        raise QueryExists("There is already a query named {name}", where="name", name=query.name)
    held = select(func.count()).where(NamedQueryRow.party == query.party)
    if (writing.connection.execute(held).scalar() or 0) >= MOST_QUERIES:
        raise QueryUnfit(
            "A party can have {most} named queries",
            remedy="Delete one that is not used any more.",
            most=MOST_QUERIES,
        )
    writing.connection.execute(
        insert(NamedQueryRow),
        {
            "party": query.party,
            "name": query.name,
            "query": dict(query.query),
            "created": query.created,
            "created_by": query.created_by,
        },
    )


def named_query(reading: Reading, party: str, name: str) -> NamedQuery:
    """The query of that name, or ``NotFound``: another party's is as absent."""
    found = named_query_or_none(reading, party, name)
    if found is None:
        raise NotFound("There is no query named {name}", where="queryName", name=name[:LONGEST_NAME])
    return found


def named_query_or_none(reading: Reading, party: str, name: str) -> NamedQuery | None:
    """The query of that name, or None. One look-up."""
    if not storable(name):
        return None
    row = reading.connection.execute(
        _QUERIES.where(NamedQueryRow.party == party, NamedQueryRow.name == name)
    ).first()
    return None if row is None else NamedQuery(*row)


def named_queries(reading: Reading, party: str, *, after: str = "", limit: int) -> Sequence[NamedQuery]:
    """Queries of a party by name; the next page begins ``after`` the last name of this."""
    chosen = _QUERIES.where(NamedQueryRow.party == party, NamedQueryRow.name > after)
    rows = reading.connection.execute(chosen.order_by(NamedQueryRow.name).limit(limit))
    return [NamedQuery(*row) for row in rows]


def delete_query(writing: Writing, party: str, name: str) -> None:
    """Forget a query and end every subscription to it; ``NotFound`` if there is none."""
    named_query(writing, party, name)
    writing.connection.execute(
        delete(SubscriptionRow).where(SubscriptionRow.party == party, SubscriptionRow.query_name == name)
    )
    writing.connection.execute(
        delete(NamedQueryRow).where(NamedQueryRow.party == party, NamedQueryRow.name == name)
    )


def narrowed_by(
    stored: Mapping[str, Any], params: Sequence[tuple[str, Any]], *, prefixes: Mapping[str, str] | None = None
) -> EventQuery:
    """A stored query with parameters beside it: both must be met; of order and number these rule, if told.

    Raises:
        QueryParameterWrong: naming the parameter; or that it excludes one of the query.
    """
    base, given = parse_query(stored), {name for name, _ in params}
    # The direction and number that are told may be of the order that the query itself has.
    ordered = [("orderBy", "eventTime")] if base.order_by is not None and "orderBy" not in given else []
    more = parse_query([*params, *ordered], prefixes=prefixes)
    conditions = sorted((*base.conditions, *more.conditions), key=lambda condition: condition.name)
    found = replace(base, conditions=tuple(conditions))
    if "perPage" in given:
        found = replace(found, per_page=more.per_page)
    if "orderBy" in given:
        found = replace(found, order_by=more.order_by, order_prefix=more.order_prefix)
    if given & {"orderBy", "orderDirection"}:
        found = replace(found, descending=more.descending)
    if "eventCountLimit" in given:
        found = replace(found, event_count_limit=more.event_count_limit)
    if "maxEventCount" in given:
        found = replace(found, max_event_count=more.max_event_count)
    if found.event_count_limit is not None and found.max_event_count is not None:
        raise wrong(
            "maxEventCount", None, "eventCountLimit and maxEventCount exclude each other", "Give one."
        )
    return found


_QUERIES: Select[str, str, Any, datetime, str] = select(
    NamedQueryRow.party,
    NamedQueryRow.name,
    NamedQueryRow.query,
    NamedQueryRow.created,
    NamedQueryRow.created_by,
)


def _check_name(name: str) -> None:
    """It stands in a path: dots alone would be taken out of it, a slash would end it."""
    fits = 0 < len(name) <= LONGEST_NAME and name.isprintable() and storable(name)
    if not fits or name != name.strip() or set(name) & set("/\\?#%") or not name.strip("."):
        raise QueryUnfit(
            "A query cannot be named {given}",
            where="name",
            remedy="Use 1 to 100 letters, digits, blanks, hyphens, underscores and dots.",
            given=name[:LONGEST_NAME],
        )
