"""The smallest set to hold: a minimum cut between suspects and sinks, of what can still be held.

Decision 0022 says how ways keep to time and why the cut is proved by a flow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from suyuan.trace.lineage.contract import Scope
from suyuan.trace.scope.answer import By, Holding, Of


def what_to_hold(
    scope: Scope,
    sinks: Sequence[str] = (),
    *,
    of: Of = "lots",
    by: By = "count",
    values: Mapping[str, float] | None = None,
) -> Holding:
    """The smallest set of lots, places or objects on every way from the suspects of ``scope`` to ``sinks``.

    ``sinks`` are places (by their site) or objects; without any, the places where something of it was sold.
    ``by``: how many, or the ``values`` of what is held per key (required then), or the amounts that a hold
    would stop (all of one unit then). Only what is in stock or in transit can be held; neither can a sink.

    Raises:
        InvalidInput: no sink at all, one that no way reaches or that is a suspect itself, a value that is
            negative or missing, amounts in several units.
        TooLarge: more ways than are followed.
    """
    raise NotImplementedError
