"""Stored events as rows of a list."""

from __future__ import annotations

from collections.abc import Mapping

from suyuan.portal.services import EventRow, Label
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.store.history import Recorded


def place_of(stored: Recorded) -> str | None:
    """The key of where it happened."""
    found = stored.event.biz_location or stored.event.read_point
    return None if found is None else canonical_key(found)


def event_row(stored: Recorded, places: Mapping[str, Label]) -> EventRow:
    """One row; ``places`` has the label of its place."""
    told = stored.event
    listed = (
        told.epc_list,
        told.quantity_list,
        told.child_epcs,
        told.child_quantity_list,
        told.input_epc_list,
        told.input_quantity_list,
        told.output_epc_list,
        told.output_quantity_list,
    )
    place = place_of(stored)
    return EventRow(
        evidence=stored.key,
        time=told.event_time,
        time_zone_offset=told.event_time_zone_offset,
        type=told.type,
        step=told.biz_step,
        disposition=told.disposition,
        place=None if place is None else places[place],
        party=stored.party,
        objects=sum(map(len, listed)) + (told.parent_id is not None),
    )
