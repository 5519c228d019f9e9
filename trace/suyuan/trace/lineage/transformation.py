"""How transformations are replayed: what they consume and produce (law of tracing §4)."""

from __future__ import annotations

from bisect import insort

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.measures import stated
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.lineage.packing import empty
from suyuan.trace.lineage.records import Consumption, Containment, Draw, Group, Production
from suyuan.trace.lineage.statement import Position, Statement


def transform(history: History, told: Statement) -> None:
    """Inputs end with what is in them, then outputs begin."""
    occurrence = told.occurrence
    group = history.groups.setdefault(group_of(occurrence), Group())
    consumed: dict[str, Consumption] = {}
    for holding in occurrence.inputs:
        _consume(history, holding, told, group, consumed)
    _consume_contents(history, told, group, consumed)
    for consumption in list(consumed.values()):
        if consumption.is_class:
            last = history.last_class_consumption.get(consumption.key, told.at)
            history.last_class_consumption[consumption.key] = max(last, told.at)
            _consume_instances(history, consumption, group)
    for key in [key for key, consumption in consumed.items() if not consumption.is_class]:
        empty(history, key, told)
        history.end(key, told, consumed=True)
    for holding in occurrence.outputs:
        _produce(history, holding, told, group)


def _consume(
    history: History, holding: Holding, told: Statement, group: Group, consumed: dict[str, Consumption]
) -> None:
    """What is named as an input; a container counts by its contents."""
    again = holding.key in consumed
    consumption = _consumption(history, holding.key, told, group, consumed, is_class=holding.is_class)
    if holding.is_class:
        consumption.amounts.append(stated(holding))
        group.draws.append(Draw(holding.key, stated(holding), consumption))
    elif not again and not history.contents.get(holding.key):
        group.draws.append(Draw(holding.key, Amount(1.0), consumption))


def _consume_contents(
    history: History, told: Statement, group: Group, consumed: dict[str, Consumption]
) -> None:
    """What is in the named containers; what is also named itself is consumed once, as named."""
    named = set(consumed)
    contents: dict[Containment, None] = {}
    for key in [key for key, consumption in consumed.items() if not consumption.is_class]:
        contents.update(dict.fromkeys(history.within(key)))
    for containment in contents:
        if containment.child in named:
            continue
        inner = _consumption(
            history, containment.child, told, group, consumed, is_class=containment.is_class, inferred=True
        )
        if containment.inside is not None:
            amount = containment.inside.amount()
            inner.amounts.append(amount)
            group.draws.append(Draw(containment.child, amount, inner))
        elif not history.contents.get(containment.child):
            group.draws.append(Draw(containment.child, Amount(1.0), inner))


def _consumption(
    history: History,
    key: str,
    told: Statement,
    group: Group,
    consumed: dict[str, Consumption],
    *,
    is_class: bool,
    inferred: bool = False,
) -> Consumption:
    """The consumption of ``key`` by this event: one, however often and deep it is listed."""
    consumption = consumed.get(key)
    if consumption is None:
        consumption = Consumption(key, told, group, inferred=inferred, is_class=is_class)
        consumed[key] = consumption
        group.consumptions.append(consumption)
        insort(history.consumptions[key], consumption, key=_position_of)
        if not is_class:
            group.outright.add(key)
    return consumption


def _consume_instances(history: History, consumption: Consumption, group: Group) -> None:
    """Class-level consumption possibly takes every instance that may have been there (§4.3)."""
    told = consumption.by
    place = None if told.place is None else site(told.place)
    for instance in history.instances.get(consumption.key, ()):
        if history.births[instance] > told.at or instance in history.ends:
            continue
        there = None if place is None else history.effective_place(instance)
        if there is None or site(there) == place:
            possible = Consumption(instance, told, group, inferred=consumption.inferred, possible=True)
            group.consumptions.append(possible)
            history.consumptions[instance].append(possible)


def _produce(history: History, holding: Holding, told: Statement, group: Group) -> None:
    history.name(holding, told)  # made after all is consumed: what is reworked into itself lives on
    made = history.productions[holding.key]
    if not made or made[-1].by is not told:
        production = Production(holding.key, told, group)
        group.productions.append(production)
        made.append(production)
    production = made[-1]
    production.amounts.append(stated(holding) if holding.is_class else Amount(1.0))
    if holding.is_class:
        history.stated[holding.key].append(stated(holding))


def _position_of(consumption: Consumption) -> Position:
    return consumption.by.position


def group_of(occurrence: Occurrence) -> tuple[str, ...]:
    """Events with one transformationID of one party are one group, others each their own (§4.2)."""
    if occurrence.transformation_id is None:
        return (occurrence.party, "", occurrence.evidence)
    return (occurrence.party, occurrence.transformation_id)
