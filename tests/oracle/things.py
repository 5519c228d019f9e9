"""All that a kept lineage tells of single things, in values that can be compared, whoever keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.compiled.loose import LooseGoods
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.weave import weave
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.kept import Things, product_of
from suyuan.trace.lineage.kept.things import Output
from suyuan.trace.lineage.kept.words import ReadBack, Words
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.portions import Portion
from suyuan.trace.lineage.statement import EVER, NEVER, Statement

Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class WovenAnnals:
    """The tables woven from a history, and the history, which knows what names what."""

    history: History
    record: Record
    goods: LooseGoods

    @property
    def statements(self) -> int:
        return len(self.history.statements)

    def naming(self, node: int) -> list[int]:
        told = self.history.naming.get(self.record.names.key(node), ())
        return [
            number
            for one in told
            if (number := self.record.names.statement(one.occurrence.evidence)) is not None
        ]

    def lots_named(self, product: str) -> list[int]:
        goods: Any = self.record.told.goods
        nodes: list[int] = goods["node"].tolist()
        return [node for node in nodes if product_of(self.record.names.key(node)) == product]

    def counting(self, numbers: Made) -> Made:
        return numbers

    def site(self, name: str) -> int | None:
        return self.record.names.site(name)

    def party(self, name: str) -> int | None:
        numbers = np.unique(np.asarray(self.record.tables.statements)["party"]).tolist()
        return next((number for number in numbers if self.record.names.party(number) == name), None)


def woven(history: History) -> WovenAnnals:
    return WovenAnnals(history, weave(history), LooseGoods())


def words_of(occurrences: Iterable[Occurrence]) -> Words:
    """What they say; of ten keys nine are forgotten again."""
    return Words(words_back(occurrences), 2)


def words_back(occurrences: Iterable[Occurrence]) -> ReadBack:
    """They, by their evidence."""
    evidence = {one.evidence: one for one in occurrences}
    return lambda keys: [evidence[key] for key in keys]


def told_of(things: Things, key: str) -> Told:
    """Everything about one thing."""
    return {
        "born": (things.is_born(key), things.birth(key), things.is_class(key), things.is_visited(key)),
        "lot": (things.lot_of(key), sorted(things.pieces(key)), things.produced(key), things.first_made(key)),
        "naming": said(things.naming(key)),
        "journey": [(one.occurrence, through) for one, through in things.checkpoints([key])[key]],
        "contents": sorted(((child, rounded(amount)) for child, amount in things.contents(key)), key=repr),
        "uses": [
            (
                use.by.occurrence,
                sorted(map(rounded, use.amounts), key=repr),
                sorted(map(output, use.outputs), key=repr),
            )
            for use in things.uses([key])[key]
        ],
        "packings": [
            (one.begun.occurrence, rounded(one.peak), sorted((told.position, box) for told, box in one.along))
            for one in things.packings(key)
        ],
        "now": (things.where_now(key), said(filter(None, [things.last_word(key)]))),
        "lying": [
            (head, portion(one))
            for head, one in things.lying(key)
        ],
        "heard": sorted(((head, one.occurrence.evidence) for head, one in things.heard(key)), key=repr),
    }  # fmt: skip


def told_of_places(
    things: Things, places: Iterable[str], lots: Sequence[str], window: tuple[int, int]
) -> Told:
    """Everything about places in a window, and whose word it is."""
    ask: Callable[..., Sequence[Statement]] = things.told_at
    found: dict[str, object] = {"all": said(ask((), *window, party="acme"))}
    for place in places:
        found[place] = (
            dict(things.lots_at(place, lots, *window)),
            said(ask({site(place)}, *window)),
            said(ask({site(place)}, EVER, NEVER, party="other", type_="TransformationEvent")),
        )
    return found


def output(one: Output) -> tuple[object, ...]:
    return one.key, one.by.occurrence.evidence, rounded(one.amount)


def portion(one: Portion) -> tuple[object, ...]:
    where = (one.place, one.container, one.status, one.gone, one.through)
    return round(one.quantity, 6), one.by.occurrence, *where


def said(statements: Iterable[Statement]) -> list[Occurrence]:
    return [one.occurrence for one in statements]


def rounded(amount: Amount | None) -> tuple[float, str | None] | None:
    return None if amount is None else (round(amount.quantity, 6), amount.uom)
