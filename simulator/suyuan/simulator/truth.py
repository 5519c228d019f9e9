"""Ground truth: what really happened, for judging what a trace or a recall says.

Everything is read off the story's own account (see :mod:`suyuan.simulator.story`), never off lineage: the
file would be worth nothing if the code under judgement had written it.

::

    {"seed", "end",
     "incident": {"suspects": [key], "time", "place", "hazard": {"zh", "en"}},
     "affected": {key: {"kind": "lot" | "item", "certainty",
                        "where": {"place", "container", "status"} | null}},
     "carriers": [key],                     crates, cases and pallets that held affected goods
     "clean": [key],                        lots of meals that are not affected
     "cases": [{"number", "item", "lot", "place", "sold"}],
     "cold_chain": {"from", "to", "left", "arrived", "since", "until", "worst_c", "inspected",
                    "units": [key], "items": [key]},     the lorry that stood warm, and what was in it
     "faults": {"missed", "repeats", "strays", "garbage"}}      null before the world was played

``where`` is null for a lot whose items are known one by one. ``status`` are the words of the trace contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from suyuan.simulator.world import World

HAZARD = {"zh": "沙门氏菌", "en": "Salmonella"}


def truth(world: World, faults: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The ground truth of ``world`` as JSON values; ``faults`` as counted while it was played."""
    source = world.lots[world.contaminated]
    items = [item for item in world.items.values() if item.lot in world.affected_lots]
    affected: dict[str, dict[str, Any]] = {
        source.key: {
            "kind": "lot",
            "certainty": "certain",
            "where": {"place": world.consumed_at[source.key], "container": None, "status": "consumed"},
        }
    }
    for key in sorted(world.affected_lots):
        affected[key] = {"kind": "lot", "certainty": "certain", "where": None}
    for item in items:
        affected[item.key] = {"kind": "item", "certainty": "certain", "where": _where(world, item.key)}
    meals = {item.lot for item in world.items.values()}
    return {
        "seed": world.seed,
        "end": world.end.isoformat(),
        "incident": {
            "suspects": [source.key],
            "time": source.made.isoformat(),
            "place": next(s.key for s in world.stations if s.party == source.product.producer),
            "hazard": HAZARD,
        },
        "affected": affected,
        "carriers": sorted(_carriers(world, set(affected))),
        "clean": sorted(meals - world.affected_lots),
        "cases": [
            {
                "number": c.number,
                "item": c.item,
                "lot": world.items[c.item].lot,
                "place": c.place,
                "sold": c.sold.isoformat(),
            }
            for c in world.complaints
        ],
        "cold_chain": _cold_chain(world),
        "faults": None if faults is None else dict(faults),
    }


def _cold_chain(world: World) -> dict[str, Any]:
    ride = world.warm_ride
    cases = {case for unit in ride.units for case in world.contents[unit]}
    return {
        "from": ride.source,
        "to": ride.target,
        **{
            name: getattr(ride, name).isoformat()
            for name in ("left", "arrived", "since", "until", "inspected")
        },
        "worst_c": ride.worst_c,
        "units": list(ride.units),
        "items": sorted(item.key for item in world.items.values() if item.case in cases),
    }


def _where(world: World, key: str) -> dict[str, Any]:
    where = world.whereabouts[key]
    return {"place": where.place, "container": where.container, "status": where.status}


def _carriers(world: World, affected: set[str]) -> Iterable[str]:
    """Units that held affected goods, those in other units too: pallets hold cases, cases hold items."""
    holding = {unit for unit, inside in world.contents.items() if affected.intersection(inside)}
    yield from holding
    yield from (unit for unit, inside in world.contents.items() if holding.intersection(inside))
