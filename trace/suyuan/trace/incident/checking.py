"""What is doubtful about a network that is complete: times, cycles, amounts. Nothing of it is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from suyuan.trace.incident.amounts import Amount
from suyuan.trace.incident.components import components, cycle_through, is_cyclic
from suyuan.trace.incident.dates import before, written
from suyuan.trace.incident.network import Delivery, Lot, Network
from suyuan.trace.incident.problems import Problems

FACTOR = 2.0
"""How many times more may go into a lot than comes out of it, or the other way."""


def check_network(
    network: Network,
    deliveries: Mapping[str, str],
    links: Mapping[tuple[str, str], str],
    problems: Problems,
) -> None:
    """Add doubts to ``problems``; the places of deliveries and links are given by their ids."""
    if not network.deliveries:
        problems.warn(
            "The network has no deliveries.", where="", remedy="Compare the file with one that is read."
        )
    by_id = {delivery.id: delivery for delivery in network.deliveries}
    for delivery in network.deliveries:
        _check_dates(delivery, deliveries[delivery.id], problems)
    for (source, into), where in links.items():
        _check_link(by_id[source], by_id[into], where, problems)
    _check_cycles(network, links, problems)
    _check_amounts(network, deliveries, problems)


def _check_dates(delivery: Delivery, where: str, problems: Problems) -> None:
    if not before(delivery.departure, delivery.arrival):
        problems.warn(
            "Delivery {id} arrived on {arrival}, before it left on {departure}.",
            where=where,
            remedy="Compare both dates with the papers.",
            id=delivery.id,
            arrival=written(delivery.arrival),
            departure=written(delivery.departure),
        )


def _check_link(source: Delivery, into: Delivery, where: str, problems: Problems) -> None:
    if not before(source.came, into.left):
        problems.warn(
            "Delivery {source} came on {came}, after {into} had left on {left}, yet they are linked.",
            where=where,
            remedy="The link counts. Compare both dates with the papers, or delete the link.",
            source=source.id,
            came=written(source.came),
            into=into.id,
            left=written(into.left),
        )
    if source.recipient != into.supplier:
        problems.warn(
            "Delivery {source} went to {recipient}, and {into} left from {supplier}, yet they are linked.",
            where=where,
            remedy="The link counts. Add the delivery between the two, or delete the link.",
            source=source.id,
            recipient=source.recipient,
            into=into.id,
            supplier=into.supplier,
        )


def _check_cycles(network: Network, links: Mapping[tuple[str, str], str], problems: Problems) -> None:
    number = {delivery.id: place for place, delivery in enumerate(network.deliveries)}
    after: list[list[int]] = [[] for _ in number]
    for source, into in links:
        after[number[source]].append(number[into])
    for component in components(after):
        if is_cyclic(component, after):
            cycle = cycle_through(min(component), component, after)
            named = [network.deliveries[node].id for node in (*cycle, cycle[0])]
            problems.warn(
                "{count} deliveries are ingredients of each other, such as {cycle}.",
                where=links[named[0], named[1]],
                remedy="Delete the link that is wrong: nothing can be made of itself.",
                count=len(component),
                cycle=named,
            )


def _check_amounts(network: Network, deliveries: Mapping[str, str], problems: Problems) -> None:
    by_id = {delivery.id: delivery for delivery in network.deliveries}
    members: dict[str, list[Delivery]] = {}
    for delivery in network.deliveries:
        members.setdefault(delivery.lot, []).append(delivery)
    ingredients: dict[str, dict[str, Delivery]] = {}
    for source, into in network.links:
        ingredients.setdefault(by_id[into].lot, {})[source] = by_id[source]
    for lot in network.lots:
        if not (of_lot := members.get(lot.id)):
            continue
        where = deliveries[of_lot[0].id]
        out, taken = _total(of_lot), _total(ingredients.get(lot.id, {}).values())
        _compare(lot, out, taken, where, problems)
    silent = [delivery for delivery in network.deliveries if delivery.amount is None]
    if 0 < len(silent) < len(network.deliveries):
        problems.warn(
            "{count} deliveries tell no amount, the first of them {id}; their lots are not balanced.",
            where=deliveries[silent[0].id],
            remedy="Ask for the amounts.",
            count=len(silent),
            id=silent[0].id,
        )


def _compare(lot: Lot, out: Amount | None, taken: Amount | None, where: str, problems: Problems) -> None:
    name = lot.number or lot.id
    if lot.size is not None and out is not None and out.unit == lot.size.unit and out.value > lot.size.value:
        problems.warn(
            "Of lot {lot}, {out} {unit} were delivered, more than the {size} {unit} that it is said to be.",
            where=where,
            remedy="Compare both amounts with the papers.",
            lot=name,
            out=_short(out.value),
            size=_short(lot.size.value),
            unit=out.unit,
        )
    out = lot.size or out
    if out is None or taken is None or out.unit != taken.unit:
        return
    if taken.value > FACTOR * out.value or out.value > FACTOR * taken.value:
        problems.warn(
            "Into lot {lot} went {taken} {unit}, and {out} {unit} came out: more than {factor} times apart.",
            where=where,
            remedy="Look for ingredients or deliveries that are missing, or for a wrong unit.",
            lot=name,
            taken=_short(taken.value),
            out=_short(out.value),
            unit=out.unit,
            factor=_short(FACTOR),
        )


def _total(deliveries: Iterable[Delivery]) -> Amount | None:
    """The sum, if every delivery tells an amount and all in one unit."""
    told = [delivery.amount for delivery in deliveries]
    if not told or any(amount is None or amount.unit != (told[0] or amount).unit for amount in told):
        return None
    known = [amount for amount in told if amount is not None]
    return Amount(sum(amount.value for amount in known), known[0].unit)


def _short(value: float) -> str:
    return f"{value:g}"
