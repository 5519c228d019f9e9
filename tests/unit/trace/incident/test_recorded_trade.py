"""The network of lots of a simulated trade: what flows along it is what the trade's own account says."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC

import numpy as np
import pytest
from tests.unit.simulator.trade.worlds import played

from suyuan.simulator.trade.spoken import occurrences
from suyuan.simulator.trade.telling import plainly
from suyuan.simulator.trade.truth import close, truth
from suyuan.trace.incident.lots import lay_out
from suyuan.trace.incident.recorded import Around, recorded_lots
from suyuan.trace.lineage import Lineage
from suyuan.trace.lineage.kept import ExactThings


def test_shares_of_the_contaminated_farm_are_those_of_the_account() -> None:
    course, deeds, names = played(outbreak="farm")
    close(course)
    told = tuple(occurrences(plainly(deeds), names))
    account = truth(course, names, events=len(told), faults={})
    history = Lineage(told).history()
    around = Around(lambda _: None, UTC, lambda _: True)
    lots = [key for key in history.births if "/10/" in key]
    recorded = recorded_lots(ExactThings(history), lots, around)
    laid = lay_out(recorded.lots, recorded.flows)
    assert laid.warnings == ()  # nothing is drawn from a lot that it did not have

    network = laid.network
    came, share = np.zeros(len(network.ids)), np.zeros(len(network.ids))
    suspects = frozenset(account["incident"]["suspects"])
    for row, name in enumerate(network.ids):
        share[row] = 1.0 if name in suspects else share[row] / came[row] if came[row] else 0.0
        flows = slice(network.first[row], network.first[row + 1])
        np.add.at(came, network.into[flows], network.quantity[flows])
        np.add.at(share, network.into[flows], network.quantity[flows] * share[row])
    found: defaultdict[str, float] = defaultdict(float)
    for name, part in zip(network.ids, share.tolist(), strict=True):
        found[recorded.stays[name].lot] = max(found[recorded.stays[name].lot], part)
    wanted = {key: one["share"] for key, one in account["affected"].items() if one["kind"] == "lot"}
    assert len(wanted) > 10
    assert {key: part for key, part in found.items() if part} == pytest.approx(wanted, rel=1e-6)
