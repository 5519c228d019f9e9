"""What people do wrong in a trade is found by the checks over the graph, and on an honest one nothing is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from suyuan.simulator.trade.course import product_number
from suyuan.simulator.trade.deeds import Deed
from suyuan.simulator.trade.mischief import DONE
from suyuan.simulator.trade.numbering import product_key
from suyuan.simulator.trade.plan import Plan
from suyuan.simulator.trade.spoken import instant, occurrences
from suyuan.simulator.trade.telling import plainly
from suyuan.simulator.trade.towns import towns
from suyuan.simulator.trade.truth import fault
from suyuan.simulator.trade.words import Names
from suyuan.trace.checks import Facts, Finding, Point, Recipe, Told, check, in_order
from suyuan.trace.lineage.statement import statement

from .worlds import SMALL, played

pytestmark = pytest.mark.slow  # two trades of two weeks: coverage would take three times as long as they do
WORLD = replace(SMALL, farms=14, days=14)
LATE = (WORLD.begins + timedelta(WORLD.days - 4)).isoformat()
FINDS: Mapping[str, set[str]] = {
    "clone": {"sold-twice", "impossible-travel"},
    "diversion": {"diverted", "received-not-shipped", "not-received", "received-more"},
    "lost": {"not-received"},
    "expired": {"sold-expired"},
    "oversell": {"stock-below-zero", "lot-overdrawn"},
    "relabel": {"stock-below-zero", "lot-overdrawn"},
    "dilution": {"yield-high", "more-out-than-in"},
}


@cache
def checked(times: int) -> tuple[Sequence[Finding], Sequence[Mapping[str, Any]]]:
    """Findings graver than a notice, and the faults that were injected, so many of each."""
    course, deeds, names = played(WORLD, mischief=dict.fromkeys(DONE, times))
    found = check(in_order(_told(deeds, names)), _facts(course.plan, names), now=instant(course.ends))
    faults = [fault(one, names) for one in course.mischief.faults]
    return [one for one in found.findings if one.severity != "notice"], faults


def _told(deeds: Sequence[Deed], names: Names) -> Iterator[Told]:
    for deed, seen in zip(deeds, occurrences(plainly(deeds), names), strict=True):
        last = None if deed.brought is None else date(1970, 1, 1) + timedelta(deed.brought.best_before)
        yield Told(statement(seen), 8 * 3600, last, (), names.ends(deed.source))


def _facts(plan: Plan, names: Names) -> Facts:
    recipes: dict[str, tuple[Recipe, ...]] = {}
    for site in plan.sites:
        for process in plan.lines[site.does].processes if site.does in plan.lines else ():
            for goods, least, most in process.gives:
                product = product_key(site.company, product_number(goods))
                recipes[product] = (Recipe(product, least=least, most=most),)
    return Facts(
        points={
            site.key: Point(towns()[site.town].latitude, towns()[site.town].longitude) for site in plan.sites
        },
        owner=dict(zip(names.places, names.parties, strict=True)).get,
        recipes=recipes,
    )


def test_an_honest_trade_has_no_findings() -> None:
    assert checked(0) == ([], [])


@pytest.mark.parametrize("kind", DONE)
def test_what_is_done_wrong_is_found(kind: str) -> None:
    found, faults = checked(2)
    told = [one for one in found if one.code in FINDS[kind]]
    mine = [one for one in faults if one["kind"] == kind]
    assert mine
    for one in mine:
        if kind == "lost" and str(one["time"]) > LATE:
            continue  # it may still arrive
        assert any(set(one["keys"]) & set(finding.keys) for finding in told), one
