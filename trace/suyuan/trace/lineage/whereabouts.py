"""Where a thing was at an instant."""

from __future__ import annotations

from suyuan.trace.lineage.history import History


def place_at(history: History, key: str, at: int) -> str | None:
    """The effective place of an instance at an instant: that of the outermost container it was in then."""
    while True:
        around = history.containers_of.get(key, ())
        held = next((one for one in around if not one.is_class and one.start <= at < one.end), None)
        if held is None:
            break
        key = held.parent
    stays = history.episodes.get(key, ())
    return next((one.place for one in stays if one.start <= at < one.end), None)
