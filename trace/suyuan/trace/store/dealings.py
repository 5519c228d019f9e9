"""What a viewer has to do with: their places, their partners, what was passed to and from them.

Each is a select of keys or ids that stands by itself: a common table expression, which a statement names once
however often it asks for it. Written into each other they would soon be deeper than SQLite parses (100
levels), and longer than anybody reads. The same viewer gets the same expression, so that it is one.

Events tell of goods and places under whichever name the sender used; what is selected here are those names
and the first ones, under which the register has its entries (decision 0007).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from suyuan.trace.store.record_tables import AliasRow, ConcernedRow, EntryRow, PassedRow
from suyuan.trace.store.viewer import NO_COMPETENCE, Reach, Viewer, party_names, reach_of

AS_PLACE, AS_PARTY = "https://id.gs1.org/414/", "https://id.gs1.org/417/"
"""A GLN as that of a place and as that of a party."""
PLACES = ("place", "read_point")
APPROVED = "approved"
_STOOD = (APPROVED, "withdrawn")  # what happened at a place that was given up goes on having happened there
KEPT = 256
"""Viewers whose expressions are kept: they hold no rows, and are made anew where they were dropped."""


def in_sight(viewer: Viewer) -> Select[int]:
    """Ids of ``concerned``: the viewer's names and places, or the places of an authority's competence.

    For viewers whose reach is a party or a competence; of use to whoever walks ``concern`` by its index.
    """
    return _all_of(_sight(viewer))


def partners(viewer: Viewer) -> Select[str]:
    """Parties and places with whom something was exchanged, and whose those places are."""
    return _all_of(_partners(viewer))


def handled(viewer: Viewer) -> Select[str]:
    """Products and lots told of in events that concern the viewer, the viewer's own among them."""
    return _all_of(_handled(viewer))


def given(viewer: Viewer) -> Select[str]:
    """Products and lots that, as another party's event says, came to the viewer or went from them."""
    return _all_of(_given(viewer))


def ours(column: InstrumentedAttribute[str], viewer: Viewer) -> ColumnElement[bool]:
    """The column names the viewer's party, by whichever name; second names are the register's."""
    names = party_names(viewer.party)
    if not names:
        return false()
    return or_(
        column.in_(names),
        column.in_(apart(AliasRow.alias).where(AliasRow.key.in_(names))),
        column.in_(apart(AliasRow.key).where(AliasRow.alias.in_(names))),
    )


def competent(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``entry``: places and read points within an authority's competence.

    A clause per length of a district code, whatever the number of regions.
    """
    competence = viewer.competence or NO_COMPETENCE
    by_length: dict[int, list[str]] = {}
    for region in sorted(competence.regions):
        by_length.setdefault(len(region), []).append(region)
    within = (func.substr(EntryRow.district, 1, length).in_(some) for length, some in by_length.items())
    return and_(
        EntryRow.state != "refused",  # what waits for the operator is no secret from the authority
        EntryRow.stage.in_(sorted(competence.stages)),
        EntryRow.district != "",
        or_(false(), *within),
    )


def competent_places(viewer: Viewer) -> Select[str]:
    """Keys and second names of the places within an authority's competence; none for anybody else."""
    return _all_of(_competent_places(viewer))


def competent_parties(viewer: Viewer) -> Select[str]:
    """Who runs a place within the competence."""
    place = aliased(EntryRow)
    return apart(place.party).where(place.key.in_(competent_places(viewer)))


def apart(column: InstrumentedAttribute[Any]) -> Select[Any]:
    """A select that stands alone wherever it is put: the same table around it is another one."""
    return select(column).correlate(None)


@lru_cache(KEPT)
def _competent_places(viewer: Viewer) -> CTE:
    places = apart(EntryRow.key).where(EntryRow.kind.in_(PLACES), competent(viewer)).cte()
    return union(_all_of(places), apart(AliasRow.alias).where(AliasRow.key.in_(_all_of(places)))).cte()


@lru_cache(KEPT)
def _sight(viewer: Viewer) -> CTE:
    found: list[ColumnElement[bool]] = [false()]
    if viewer.party:
        found = [ours(ConcernedRow.key, viewer), ConcernedRow.key.in_(_own_places(viewer))]
    if reach_of(viewer) is Reach.COMPETENCE:
        found.append(ConcernedRow.key.in_(competent_places(viewer)))
        found.append(ConcernedRow.key.in_(_as_parties(competent(viewer))))
    # Found once and kept: PostgreSQL would else look for it again beside each event that it is asked of.
    return apart(ConcernedRow.id).where(or_(*found)).cte().prefix_with("MATERIALIZED", dialect="postgresql")


@lru_cache(KEPT)
def _partners(viewer: Viewer) -> CTE:
    ids = union(
        apart(PassedRow.by_id).where(PassedRow.concerned_id.in_(in_sight(viewer))),
        apart(PassedRow.concerned_id).where(PassedRow.by_id.in_(in_sight(viewer))),
    )
    told = apart(ConcernedRow.key).where(ConcernedRow.id.in_(ids)).cte()
    second = _second_names(told)
    keys = union(_all_of(told), select(second.c.first), _below(second, told.c.key)).cte()
    place = aliased(EntryRow)
    runs = apart(place.party).where(
        place.key.in_(_all_of(keys)), place.kind.in_(PLACES), place.state == APPROVED
    )
    return union(_all_of(keys), runs).cte()


@lru_cache(KEPT)
def _handled(viewer: Viewer) -> CTE:
    told = union(
        apart(PassedRow.key).where(PassedRow.concerned_id.in_(in_sight(viewer))),
        apart(PassedRow.key).where(PassedRow.by_id.in_(in_sight(viewer))),
    ).cte()
    second = _second_names(told)
    return union(_all_of(told), select(second.c.first)).cte()  # of products: lots are seen that were given


@lru_cache(KEPT)
def _given(viewer: Viewer) -> CTE:
    sight = _sight(viewer)
    told = (
        apart(PassedRow.key)
        .where(PassedRow.concerned_id.in_(_all_of(sight)), PassedRow.by_id.not_in(_all_of(sight)))
        .cte()
    )
    second = _second_names(told)
    # Asked this way around, a lot below a second name is found in the index of keys: those names are few.
    theirs = (
        exists().where(sight.c.id == PassedRow.concerned_id),
        ~exists().where(sight.c.id == PassedRow.by_id),
    )
    return union(
        _all_of(told), select(second.c.first), _below(second, PassedRow.key).where(*theirs).correlate(None)
    ).cte()


def _all_of(one: CTE) -> Select[Any]:
    return select(*one.c).correlate(None)


def _second_names(told: CTE) -> CTE:
    """Those keys that are second names: the first one, and what stands before a lot or point of either."""
    return (
        select(
            AliasRow.key.label("first"),
            (AliasRow.key + _joint(AliasRow.key)).label("first_before"),
            (AliasRow.alias + _joint(AliasRow.alias)).label("before"),
        )
        .where(AliasRow.alias.in_(_all_of(told)))
        .correlate(None)
        .cte()
    )


def _below(second: CTE, key: Any) -> Select[str]:
    """Lots and points whose whole was told of under a second name, under the first one of it.

    Whatever tells of a lot or a point tells of its product or place as well (``store.concerns``).
    """
    before = second.c.before
    end = func.rtrim(before, "/") + literal("0")  # the character after the slash
    rest = func.substr(key, func.length(before) + 1)
    return select(second.c.first_before + rest).where(key > before, key < end)


def _joint(key: Any) -> Any:
    """What stands between a product and its lots, or a place and its points, in keys of GS1 and own ones."""
    return case(
        (key.contains("/own/product/"), "/lot/"),
        (key.contains("/own/place/"), "/point/"),
        (key.startswith("https://id.gs1.org/01/"), "/10/"),
        else_="/254/",
    )


def _own_places(viewer: Viewer) -> CompoundSelect[str]:
    own = and_(EntryRow.state.in_(_STOOD), ours(EntryRow.party, viewer))
    places = apart(EntryRow.key).where(EntryRow.kind.in_(PLACES), own)
    return union(places, apart(AliasRow.alias).where(AliasRow.key.in_(places)), _as_parties(own))


def _as_parties(*where: ColumnElement[bool]) -> Select[str]:
    """GLNs of places as a hand-over names them where somebody gave a shop's GLN for that of its company.

    A GLN that a party has is that party's, whoever else may have entered a place with it.
    """
    party = aliased(EntryRow)
    key = func.replace(EntryRow.key, AS_PLACE, AS_PARTY)
    taken = exists().where(party.key == key, party.kind == "party").correlate(EntryRow)
    second = exists().where(AliasRow.alias == key).correlate(EntryRow)
    return (
        select(key)
        .where(*where, EntryRow.kind == "place", EntryRow.key.startswith(AS_PLACE), ~taken, ~second)
        .correlate(None)
    )
