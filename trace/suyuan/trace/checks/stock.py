"""Mass balance: of each lot at each site, of each lot as a whole, and of each party's products.

What is packed stays at its site; a container takes what it holds along. :mod:`.ledger` has the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from suyuan.trace.checks.custody import Custody, Fate, Lot, fate_of, loosely
from suyuan.trace.checks.facts import Facts, Rules, product_of
from suyuan.trace.checks.finding import Number, Report
from suyuan.trace.checks.ledger import Balance, Ledger, allowed, balance
from suyuan.trace.checks.told import COUNTS, Told
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import packs

Coming = Callable[[str, Lot], float]
"""How much of a lot was sent to a site and never received there."""
_ARRIVALS = ("receiving", "arriving")


class Stock:
    """All ledgers, kept while a history is told."""

    def __init__(self, facts: Facts, rules: Rules, report: Report) -> None:
        self._facts, self._rules, self._report = facts, rules, report
        self._ledgers: dict[tuple[str, Lot], Ledger] = {}
        self._units: dict[tuple[str, str], str | None] = {}
        self._mixed: set[tuple[str, str]] = set()
        self._stands: dict[str, str | None] = {}  # containers with amounts -> the site where these count
        self._came_laden: dict[str, str] = {}  # containers that came to a site as they are
        self._unmeasured: set[str] = set()  # lots made without an amount
        self._touched: dict[int, Ledger] = {}
        self._now = 0

    def take(self, told: Told, custody: Custody) -> None:
        """The next event, before custody takes it."""
        if told.statement.at != self._now:
            self._judge_instant()
            self._now = told.statement.at
        said = told.said
        if packs(said):
            self._repack(told, custody)
        elif said.type == "TransformationEvent":
            self._turn(told, custody)
        else:
            self._move(told, custody)

    # What events do

    def _repack(self, told: Told, custody: Custody) -> None:
        """Packing moves nothing from a site; it only tells where the container is."""
        parent = told.said.parent
        if parent is None:
            return
        self._bring(told, custody, parent)
        for one in told.said.children:
            if not one.is_class:
                self._bring(told, custody, one.key)
        if told.said.action == "DELETE":
            self._unpack(told, custody, parent)
            return
        if any(one.is_class for one in told.said.children):
            self._came_laden.pop(parent, None)
        if any(one.is_class for one in told.said.children) and parent not in custody.loads:
            last = custody.last(parent)
            self._stands[parent] = told.here or (last.site if last is not None else None)

    def _unpack(self, told: Told, custody: Custody, parent: str) -> None:
        """More comes out than was told to be in it: nobody told that it was packed, wherever that was."""
        known = custody.loads.get(parent, {})
        for lot, quantity in custody.amounts(told.said.children).items():
            inside = known.get(lot, 0.0)
            if quantity is not None and inside is not None and quantity - inside > ENOUGH:
                self._in(told, lot, quantity - inside, "seen")

    def _turn(self, told: Told, custody: Custody) -> None:
        said = told.said
        containers = [one.key for one in said.inputs if not one.is_class]
        for key in containers:  # one may be in another: each comes once, and ends once
            self._bring(told, custody, key)
        for key in containers:
            self._end_load(told, custody, key, "used")
        for lot, quantity in loosely(said.inputs, custody).items():
            self._out(told, lot, quantity, "used")
        for lot, quantity in custody.amounts(said.outputs).items():
            self._in(told, lot, quantity, "made")

    def _move(self, told: Told, custody: Custody) -> None:
        said = told.said
        loose = loosely(said.what, custody)
        fate = fate_of(said) if said.type == "ObjectEvent" else None
        containers = [one.key for one in said.what if not one.is_class]
        for key in containers:
            self._bring(told, custody, key)
        for key in containers:
            if fate is not None:
                self._end_load(told, custody, key, fate)
            elif told.statement.leaves:
                self._bring(told, custody, key, leaves=True)
        for lot, quantity in loose.items():
            self._move_loose(told, lot, quantity, fate)

    def _move_loose(self, told: Told, lot: Lot, quantity: float | None, fate: Fate | None) -> None:
        said = told.said
        if said.type == "ObjectEvent" and said.action == "ADD":
            self._in(told, lot, quantity, "made")
        elif fate is not None:
            self._out(told, lot, quantity, fate)
        elif told.statement.leaves:
            self._out(told, lot, quantity, "shipped" if said.biz_step == "shipping" else "departed")
        elif said.biz_step == "void_shipping":
            self._out(told, lot, None if quantity is None else -quantity, "shipped")
        elif told.here is not None:
            self._come(told, lot, quantity)

    def _come(self, told: Told, lot: Lot, quantity: float | None) -> None:
        step = told.said.biz_step
        if step in _ARRIVALS:
            self._in(told, lot, quantity, "received" if step == "receiving" else "arrived")
        elif step in COUNTS:
            self._count(told, lot, quantity)
        elif quantity is not None:
            ledger = self._ledger(told, lot)
            if ledger is not None and quantity > ledger.balance:
                self._in(told, lot, quantity - ledger.balance, "seen")

    def _count(self, told: Told, lot: Lot, quantity: float | None) -> None:
        """Everything of the lot at the site was counted: from now on that is what there is."""
        ledger = self._ledger(told, lot)
        if ledger is None:
            return
        if quantity is None:
            ledger.in_unknown = True
            return
        self._report.examined["stock"] += 1
        expected, known = ledger.balance, not (ledger.in_unknown or ledger.out_unknown)
        if not known:
            self._report.untold("stock", "no-quantity")
        elif abs(expected - quantity) > self._allowed(ledger.most_in, lot) and ledger.most_in > 0:
            self._report.find(
                "count-differs",
                [lot[0]],
                at=(ledger.first_at, told.statement.at),
                place=told.here,
                party=told.said.party,
                numbers=(Number("expected", expected, lot[1]), Number("counted", quantity, lot[1])),
                evidence=(ledger.came_by, ledger.went_by, told.said.evidence),
            )
        ledger.counted += quantity - expected
        ledger.in_unknown = ledger.out_unknown = False
        ledger.was_unknown |= not known
        ledger.last_at, ledger.came_by = told.statement.at, told.said.evidence

    # Containers

    def _bring(self, told: Told, custody: Custody, key: str, *, leaves: bool = False) -> None:
        """What a container holds counts where the container is seen, and nowhere while it travels."""
        there = None if leaves else told.here
        if there is None and not leaves:
            return
        for one in custody.laden(key):
            stands = self._stands.get(one)
            if stands == there:
                continue
            returns = stands is not None and self._came_laden.get(one) == stands
            for lot, quantity in custody.loads[one].items():
                if stands is not None:
                    self._carry_out(told, stands, lot, quantity, returns=returns)
                if there is not None:
                    self._carry_in(told, there, lot, quantity)
            self._stands[one] = there
            if there is not None:
                self._came_laden[one] = there

    def _carry_in(self, told: Told, where: str, lot: Lot, quantity: float | None) -> None:
        ledger = self._ledger_at(told, where, lot)
        if quantity is None:
            ledger.in_unknown = True
        else:
            ledger.carried_in += quantity
            self._note(told, ledger, came=True)

    def _carry_out(self, told: Told, where: str, lot: Lot, quantity: float | None, *, returns: bool) -> None:
        ledger = self._ledger_at(told, where, lot)
        if quantity is None:
            ledger.out_unknown = True
        else:
            ledger.carried_out += quantity
            ledger.returned += quantity if returns else 0.0
            self._note(told, ledger, came=False)

    def _end_load(self, told: Told, custody: Custody, key: str, fate: str) -> None:
        for one in custody.laden(key):
            stands = self._stands.pop(one, None)
            if stands is None:
                continue
            for lot, quantity in custody.loads[one].items():
                self._out(told, lot, quantity, fate, where=stands)

    # Ledgers

    def _ledger(self, told: Told, lot: Lot) -> Ledger | None:
        return None if told.here is None else self._ledger_at(told, told.here, lot)

    def _ledger_at(self, told: Told, where: str, lot: Lot) -> Ledger:
        ledger = self._ledgers.get((where, lot))
        if ledger is None:
            ledger = self._ledgers[where, lot] = Ledger(told.statement.at, party=told.said.party)
            key, uom = lot
            if self._units.setdefault((where, key), uom) != uom:
                self._mixed.add((where, key))
        return ledger

    def _in(self, told: Told, lot: Lot, quantity: float | None, how: str) -> None:
        ledger = self._ledger(told, lot)
        if ledger is None:
            self._report.untold("stock", "no-place")
        elif quantity is None:
            ledger.in_unknown = True
            if how == "made":
                self._unmeasured.add(lot[0])
        else:
            setattr(ledger, how, getattr(ledger, how) + quantity)
            self._note(told, ledger, came=True)

    def _out(self, told: Told, lot: Lot, quantity: float | None, how: str, where: str | None = None) -> None:
        where = where or told.here
        if where is None:
            self._report.untold("stock", "no-place")
            return
        ledger = self._ledger_at(told, where, lot)
        if quantity is None:
            ledger.out_unknown = True
        else:
            setattr(ledger, how, getattr(ledger, how) + quantity)
            self._note(told, ledger, came=False)

    def _note(self, told: Told, ledger: Ledger, *, came: bool) -> None:
        ledger.last_at = told.statement.at
        if came:
            ledger.came_by = told.said.evidence
        else:
            ledger.went_by = told.said.evidence
            self._touched[id(ledger)] = ledger

    def _judge_instant(self) -> None:
        """What happens at one instant has no order within it: ledgers are judged when it is over."""
        for ledger in self._touched.values():
            balance = ledger.balance
            if balance < 0 and not ledger.in_unknown:
                if not ledger.below_by:
                    ledger.below_from, ledger.below_by = self._now, ledger.went_by
                if balance < ledger.lowest:
                    ledger.lowest, ledger.lowest_in, ledger.below_to = balance, ledger.most_in, self._now
                    ledger.lowest_returned = ledger.returned
        self._touched.clear()

    # What it comes to

    def judge(self, custody: Custody, coming: Coming) -> None:
        """Tell what does not add up, when the history is told to its end."""
        self._judge_instant()
        short: set[str] = set()
        for (where, lot), ledger in self._ledgers.items():
            self._report.examined["stock"] += 1
            reason = self._doubt(where, lot, ledger, custody)
            if reason is not None:
                self._report.untold("stock", reason)
                continue
            missing, allowed = -ledger.lowest, self._allowed(ledger.lowest_in, lot)
            if missing > allowed and coming(where, lot) + allowed < missing:
                short.add(lot[0])
                self._find_short(where, lot, ledger, allowed)
        self._judge_lots(custody, short)

    def balances(self, custody: Custody) -> tuple[Balance, ...]:
        """The sums of every party and product, sorted."""
        sums: dict[tuple[str, str, str | None], list[Ledger]] = {}
        for (where, (lot, uom)), ledger in self._ledgers.items():
            party = self._facts.owner(where) or ledger.party
            if uom is not None or lot not in custody.pieces:
                sums.setdefault((party, product_of(lot), uom), []).append(ledger)
        found = [balance(*which, ledgers) for which, ledgers in sums.items()]
        return tuple(sorted(found, key=lambda one: (one.party, one.product, one.uom or "")))

    def _doubt(
        self, where: str, lot: Lot, ledger: Ledger, custody: Custody
    ) -> Literal["units-differ", "pieces-known", "no-quantity"] | None:
        if (where, lot[0]) in self._mixed:
            return "units-differ"
        if lot[1] is None and lot[0] in custody.pieces:
            return "pieces-known"  # its serialised pieces move beside the amounts
        return "no-quantity" if ledger.in_unknown or ledger.was_unknown else None

    def _find_short(self, where: str, lot: Lot, ledger: Ledger, allowed: float) -> None:
        nothing, mended = ledger.lowest_in <= 0, ledger.balance >= -allowed
        emptied = (
            -ledger.lowest <= ledger.lowest_returned + allowed
        )  # a container perhaps, and nobody told it
        self._report.find(
            "stock-below-zero",
            [lot[0]],
            at=(ledger.below_from, ledger.below_to),
            certainty="possible" if nothing or mended or emptied else "certain",
            severity="notice" if mended else None,
            place=where,
            party=self._facts.holder(where, ledger.party),
            numbers=(
                Number("in", ledger.lowest_in, lot[1]),
                Number("out", ledger.lowest_in - ledger.lowest, lot[1]),
                Number("short", -ledger.lowest, lot[1]),
            ),
            evidence=(ledger.came_by, ledger.below_by, ledger.went_by)
            if ledger.came_by
            else (
                ledger.below_by,
                ledger.went_by,
            ),
        )

    def _judge_lots(self, custody: Custody, short: set[str]) -> None:
        """What was used, sold and destroyed of a lot anywhere, against what was made of it."""
        lots: dict[Lot, list[tuple[str, Ledger]]] = {}
        for (where, lot), ledger in self._ledgers.items():
            lots.setdefault(lot, []).append((where, ledger))
        for lot, found in lots.items():
            made = sum(ledger.made for _, ledger in found)
            if made <= 0 or lot[0] in self._unmeasured:
                continue
            maker, first = next((where, ledger) for where, ledger in found if ledger.made > 0)
            self._report.examined["stock"] += 1
            pieces = custody.pieces.get(lot[0], 0)
            ended = sum(ledger.ended for _, ledger in found)
            if lot[1] is None and pieces:
                if pieces > made:
                    self._find_lot("more-pieces-than-made", lot, found, maker, first, made, float(pieces))
            elif ended - made > self._allowed(made, lot) and lot[0] not in short:
                self._find_lot("lot-overdrawn", lot, found, maker, first, made, ended)

    def _find_lot(
        self,
        code: Literal["more-pieces-than-made", "lot-overdrawn"],
        lot: Lot,
        found: Sequence[tuple[str, Ledger]],
        maker: str,
        first: Ledger,
        made: float,
        gone: float,
    ) -> None:
        last = max((ledger for _, ledger in found), key=lambda ledger: ledger.last_at)
        self._report.find(
            code,
            [lot[0]],
            at=(first.first_at, last.last_at),
            place=maker,
            party=self._facts.holder(maker, first.party),
            numbers=(
                Number("made", made, lot[1]),
                Number("gone", gone, lot[1]),
                Number("over", gone - made, lot[1]),
            ),
            evidence=[one for one in (first.came_by, last.went_by) if one],
        )

    def _allowed(self, whole: float, lot: Lot) -> float:
        """The difference that weighing explains; pieces are counted, not weighed."""
        return allowed(whole, lot[1], self._rules)
