"""All checks in one pass over a history.

::

    Told, in order ── check(told, facts, now=…) ──> Checked(findings, tallies, records, balances)

One pass, linear in what the events name (and in what is in containers that are sold, used or emptied);
memory of what there is now and of what does not add up, not of the events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from suyuan.trace.checks.custody import Custody
from suyuan.trace.checks.facts import Facts, Rules, Scan
from suyuan.trace.checks.finding import Finding, Report, Tally, ordered
from suyuan.trace.checks.goods import Goods
from suyuan.trace.checks.identity import Identities, check_scans
from suyuan.trace.checks.ledger import Balance
from suyuan.trace.checks.records import Completeness, Records
from suyuan.trace.checks.shipments import Shipments
from suyuan.trace.checks.stays import Stays
from suyuan.trace.checks.stock import Stock
from suyuan.trace.checks.told import Told
from suyuan.trace.checks.yields import Yields
from suyuan.trace.lineage.statement import instant

_DEFAULT_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks found, in order; what they could not tell; and sums for each party."""

    findings: tuple[Finding, ...]
    tallies: tuple[Tally, ...]
    records: tuple[Completeness, ...]
    balances: tuple[Balance, ...]


def check(
    history: Iterable[Told],
    facts: Facts,
    *,
    now: datetime,
    rules: Rules = _DEFAULT_RULES,
    scans: Iterable[Scan] = (),
) -> Checked:
    """Check a history told in the order of positions (:func:`.told.in_order`), as of ``now``."""
    report, custody = Report(), Custody()
    stock, shipments = Stock(facts, rules, report), Shipments(facts, rules, report)
    yields, identities = Yields(facts, rules, report), Identities(facts, rules, report)
    goods, stays, records = Goods(facts, report), Stays(facts, rules, report), Records(facts, report)
    checks = (stock, shipments, yields, identities, goods, stays, records)
    take = [one.take for one in checks]
    for told in history:
        for one in take:
            one(told, custody)
        custody.take(told)
    shipments.judge(instant(now))
    stock.judge(custody, shipments.coming)
    yields.judge()
    identities.judge()
    goods.judge()
    stays.judge()
    records.judge()
    check_scans(scans, rules, report)
    return Checked(
        ordered(report.findings),
        report.tallies(),
        records.completeness(shipments.matched),
        stock.balances(custody),
    )


def narrowed(found: Checked, *, since: datetime | None = None, party: str | None = None) -> Checked:
    """Only what came about at or after ``since``, and what concerns ``party``; tallies stay as they are."""
    return replace(
        found,
        findings=tuple(
            one
            for one in found.findings
            if (since is None or one.to_time >= since)
            and (party is None or party in (one.party, one.other_party))
        ),
        records=tuple(one for one in found.records if party is None or one.party == party),
        balances=tuple(one for one in found.balances if party is None or one.party == party),
    )
