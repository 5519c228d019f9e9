"""What comes out of a process against what went in: within the band of its recipe, never more than there was.

Amounts are only compared in one unit of mass or volume, or both in pieces; containers count by what is known
to be in them. Where any amount is not told, nothing is said of the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from suyuan.trace.checks.custody import Custody, Lot
from suyuan.trace.checks.facts import Facts, Recipe, Rules, product_of
from suyuan.trace.checks.finding import Number, Report
from suyuan.trace.checks.ledger import allowed
from suyuan.trace.checks.told import Mark, Told
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.occurrence import Holding


@dataclass(slots=True, eq=False)
class Batch:
    """The events of one transformation (law of tracing §4.2), summed by unit."""

    first: Mark
    last: Mark
    inputs: dict[str | None, float] = field(default_factory=dict[str | None, float])
    outputs: dict[str | None, float] = field(default_factory=dict[str | None, float])
    used: dict[str, None] = field(default_factory=dict[str, None])
    made: dict[str, None] = field(default_factory=dict[str, None])
    unknown: bool = False


class Yields:
    """Transformations told in parts, while a history is told; one event alone is judged at once."""

    def __init__(self, facts: Facts, rules: Rules, report: Report) -> None:
        self._facts, self._rules, self._report = facts, rules, report
        self._batches: dict[tuple[str, str], Batch] = {}

    def take(self, told: Told, custody: Custody) -> None:
        """The next event, before custody takes it."""
        said = told.said
        if said.type != "TransformationEvent":
            return
        batch = Batch(told.mark, told.mark)
        if said.transformation_id is not None:
            batch = self._batches.setdefault((said.party, said.transformation_id), batch)
        batch.last = told.mark
        self._put_in(batch, said.inputs, custody)
        for one in said.outputs:
            batch.made[one.key] = None
        pieces = sum(not one.is_class for one in said.outputs)
        loads = custody.amounts(said.outputs)
        if pieces and not any(uom is None for _, uom in loads):  # else they are told as an amount, too
            batch.outputs[None] = batch.outputs.get(None, 0.0) + pieces
        _add(batch, batch.outputs, loads)
        if said.transformation_id is None:
            self._judge(batch)  # nothing more is told of it

    def _put_in(self, batch: Batch, inputs: Sequence[Holding], custody: Custody) -> None:
        """What is named and in a named container too is used once, as named (law of tracing §4.1)."""
        load, pieces = custody.loads_of(inputs), dict[str, None]()
        for one in inputs:
            batch.used[one.key] = None
            if one.is_class:
                continue
            # a piece; or a container of pieces, each of which counts; crates beside amounts are empty
            is_laden = any(custody.laden(one.key))
            inside = [key for key in custody.contents(one.key) if key not in custody.inside]
            if is_laden:
                pieces.update(dict.fromkeys(key for key in inside if kind_by_name(key) != "unit"))
            else:
                pieces.update(dict.fromkeys(inside or (one.key,)))
        if pieces:
            batch.inputs[None] = batch.inputs.get(None, 0.0) + len(pieces)
        amounts = custody.amounts(inputs)
        named = {lot for lot, _ in amounts}
        for lot, _ in load:
            batch.used[lot] = None
        _add(batch, batch.inputs, amounts)
        _add(batch, batch.inputs, {lot: quantity for lot, quantity in load.items() if lot[0] not in named})

    def judge(self) -> None:
        """Tell the transformations that do not add up."""
        for batch in self._batches.values():
            self._judge(batch)

    def _judge(self, batch: Batch) -> None:
        if not batch.made:
            return
        self._report.examined["yield"] += 1
        if not batch.used:
            self._find_from_nothing(batch)
        else:
            self._compare(batch)

    def _compare(self, batch: Batch) -> None:
        if batch.unknown:
            self._report.untold("yield", "no-quantity")
            return
        if len(batch.inputs) != 1 or batch.inputs.keys() != batch.outputs.keys():
            self._report.untold("yield", "units-differ")
            return
        ((uom, put_in),) = batch.inputs.items()
        came_out = batch.outputs[uom]
        least, most = self._band(batch)
        slack = allowed(put_in, uom, self._rules)
        if most is not None and came_out > put_in * most + slack:
            self._find(batch, "yield-high", (put_in, came_out, most), uom)
        elif least is not None and came_out < put_in * least - slack:
            self._find(batch, "yield-low", (put_in, came_out, least), uom)
        elif most is None and came_out > put_in + slack:
            self._find(batch, "more-out-than-in", (put_in, came_out, 1.0), uom)
        elif least is None and most is None:
            self._report.untold("yield", "no-recipe")

    def _band(self, batch: Batch) -> tuple[float | None, float | None]:
        """The shares of the recipes that can have been meant; of several products, their sums."""
        products = {product_of(key) for key in batch.made}
        used = frozenset(product_of(key) for key in batch.used)
        fitting = [_fitting(self._facts.recipes.get(product, ()), used) for product in sorted(products)]
        if not all(fitting):
            return None, None
        lowest = [_known([one.least for one in some]) for some in fitting]
        highest = [_known([one.most for one in some]) for some in fitting]
        least = None if None in lowest else sum(min(some) for some in lowest if some is not None)
        most = None if None in highest else sum(max(some) for some in highest if some is not None)
        return least, most

    def _find(
        self,
        batch: Batch,
        code: Literal["yield-low", "yield-high", "more-out-than-in"],
        measured: tuple[float, float, float],
        uom: str | None,
    ) -> None:
        put_in, came_out, bound = measured
        here = batch.last.here
        self._report.find(
            code,
            batch.made,
            at=(batch.first.at, batch.last.at),
            certainty="possible" if code == "more-out-than-in" else "certain",  # water need not be on record
            place=here,
            party=self._facts.holder(here, batch.last.party),
            numbers=(
                Number("in", put_in, uom),
                Number("out", came_out, uom),
                Number("yield", 100 * came_out / put_in, "P1") if put_in > 0 else Number("yield", 0.0, "P1"),
                Number("bound", 100 * bound, "P1"),
            ),
            evidence=(batch.first.evidence, batch.last.evidence),
        )

    def _find_from_nothing(self, batch: Batch) -> None:
        here = batch.last.here
        self._report.find(
            "made-from-nothing",
            batch.made,
            at=(batch.first.at, batch.last.at),
            place=here,
            party=self._facts.holder(here, batch.last.party),
            evidence=(batch.first.evidence, batch.last.evidence),
        )


def _fitting(recipes: tuple[Recipe, ...], used: frozenset[str]) -> list[Recipe]:
    """The recipes whose inputs are what was used; all of a product where none names exactly these."""
    exact = [one for one in recipes if one.inputs == used]
    return exact or list(recipes)


def _add(batch: Batch, sums: dict[str | None, float], load: Mapping[Lot, float | None]) -> None:
    for (_, uom), quantity in load.items():
        if quantity is None:
            batch.unknown = True
        else:
            sums[uom] = sums.get(uom, 0.0) + quantity


def _known(bounds: list[float | None]) -> list[float] | None:
    """The bounds, if every recipe tells one."""
    known = [one for one in bounds if one is not None]
    return known if len(known) == len(bounds) else None
