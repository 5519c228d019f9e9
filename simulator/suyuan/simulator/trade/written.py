"""A trade as EPCIS 2.0 in JSON: events for lines and documents, and master data of everybody in it.

Shapes as in EPCIS 2.0 §7.4, words as in CBV 2.0 §7, ILMD and attributes as in CBV 2.0 §9 and §10; what the
CBV has no name for stands in our own namespace, as with our stations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import chain, islice
from typing import Any, TypeVar

from suyuan.readers.station.bodies import CONTEXT, NAMESPACE
from suyuan.simulator.cast import Text
from suyuan.simulator.trade.course import LOCAL, product_number
from suyuan.simulator.trade.deeds import NOWHERE, Deed, Mention, Role
from suyuan.simulator.trade.goods import GOODS, Process
from suyuan.simulator.trade.numbering import product_key
from suyuan.simulator.trade.plan import Plan, Site
from suyuan.simulator.trade.spoken import basis
from suyuan.simulator.trade.telling import Told
from suyuan.simulator.trade.towns import towns
from suyuan.simulator.trade.words import WORDS, Names, quantity, things_brought

T = TypeVar("T")

VTYPE = "urn:epcglobal:epcis:vtype:"
_RECIPE = f"{NAMESPACE}vtype/Recipe"
PER_DOCUMENT = 500
_ELEMENTS = 2000
"""Master data of so many in one document: capture takes 25,000 identifiers at most."""
_OFFSET = "+08:00"
_EPOCH = date(1970, 1, 1)
_EPC_LIST = {
    Role.WHAT: "epcList",
    Role.CHILD: "childEPCs",
    Role.INPUT: "inputEPCList",
    Role.OUTPUT: "outputEPCList",
}
_QUANTITIES = {
    Role.WHAT: "quantityList",
    Role.CHILD: "childQuantityList",
    Role.INPUT: "inputQuantityList",
    Role.OUTPUT: "outputQuantityList",
}
_STAGES = {"farm": "farm", "processor": "processing", "packer": "processing", "distributor": "storage"}
_ALWAYS = {"ObjectEvent": "epcList", "AggregationEvent": "childEPCs"}


def event(told: Told, names: Names) -> dict[str, Any]:
    """One event as JSON values, without context."""
    deed, words = told.deed, WORDS[told.deed.act]
    body: dict[str, Any] = {
        "type": words.type,
        "eventID": names.event_id(told.event, deed.at),
        "eventTime": local_time(deed.at),
        "eventTimeZoneOffset": _OFFSET,
    }
    if words.action is not None:
        body["action"] = words.action
        body[_ALWAYS[words.type]] = []
    for mention in deed.mentions:
        _put(body, mention, names)
    if deed.transformation:
        body["transformationID"] = names.transformation_id(deed)
    body["bizStep"] = words.biz_step
    body["disposition"] = words.disposition
    body["readPoint"] = {"id": names.door(deed)}
    if words.biz_step != "shipping":
        body["bizLocation"] = {"id": names.places[deed.site]}
    for name, member, site in (
        ("sourceList", "source", deed.source),
        ("destinationList", "destination", deed.target),
    ):
        if site != NOWHERE:
            party, place = names.ends(site)
            body[name] = [
                {"type": "possessing_party", member: party},
                {"type": "location", member: place},
            ]
    if deed.brought is not None:
        body["ilmd"] = _ilmd(deed, things_brought(deed, names), names)
    if deed.celsius is not None:
        body["sensorElementList"] = [_sensor(deed)]
    body["suyuan:sequence"] = deed.number
    body["suyuan:basis"] = basis(deed, names)
    if told.declared is not None:
        body["errorDeclaration"] = _declaration(told, told.declared, names)
    return body


def lines(told: Iterable[Told], names: Names) -> Iterator[dict[str, Any]]:
    """Events that stand alone, each with its context: lines for ``suyuan load``."""
    context = list(CONTEXT)
    return ({"@context": context, **event(one, names)} for one in told)


def documents(told: Iterable[Told], names: Names) -> Iterator[dict[str, Any]]:
    """EPCIS documents of some hundred events each."""
    for part in _batches(told, PER_DOCUMENT):
        yield _document(part[-1].known, {}, [event(one, names) for one in part])


def master_data(plan: Plan, products: Iterable[tuple[int, str, int]]) -> Iterator[dict[str, Any]]:
    """Documents without events: places and parties, ``products`` (company, goods, number), recipes."""
    first: dict[int, Site] = {}
    for site in plan.sites:
        first.setdefault(site.company, site)
    rows = chain(
        ((VTYPE + "BusinessLocation", _element(site.key, _place(plan, site))) for site in plan.sites),
        ((VTYPE + "Party", _element(site.party, _both("name", plan.name(site)))) for site in first.values()),
        (
            (VTYPE + "EPCClass", _element(product_key(company, number), _product(goods, first[company])))
            for company, goods, number in products
        ),
        (_recipe(site, process, made) for site, process, made in _batches_of(plan)),
    )
    for part in _batches(rows, _ELEMENTS):
        listed: dict[str, list[dict[str, Any]]] = {}
        for name, element in part:
            listed.setdefault(name, []).append(element)
        vocabularies = [
            {"type": name, "vocabularyElementList": elements} for name, elements in listed.items()
        ]
        header = {"epcisHeader": {"epcisMasterData": {"vocabularyList": vocabularies}}}
        begins = datetime.combine(plan.extent.begins, datetime.min.time(), LOCAL)
        yield _document(int(begins.timestamp() * 1000), header, [])


def local_time(milliseconds: int) -> str:
    """As EPCIS writes it, with the offset of China."""
    return datetime.fromtimestamp(milliseconds / 1000, LOCAL).isoformat(timespec="milliseconds")


def _document(at: int, header: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "@context": list(CONTEXT),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": local_time(at),
        **header,
        "epcisBody": {"eventList": list(events)},
    }


def _put(body: dict[str, Any], mention: Mention, names: Names) -> None:
    if mention.role is Role.PARENT:
        body["parentID"] = names.keys(mention)[0]
    elif not names.is_class(mention):
        body.setdefault(_EPC_LIST[mention.role], []).extend(names.keys(mention))
    else:
        element: dict[str, Any] = {"epcClass": names.series[mention.series].key(mention.first)}
        amount = quantity(mention)
        if amount is not None:
            element["quantity"] = amount
            if mention.uom is not None:
                element["uom"] = mention.uom
        body.setdefault(_QUANTITIES[mention.role], []).append(element)


def _ilmd(deed: Deed, things: Sequence[Mention], names: Names) -> dict[str, str]:
    """Days of the lot; its number where its items do not bear it."""
    brought = deed.brought
    if brought is None:
        return {}
    number = names.series[brought.series].key(brought.number).rpartition("/")[2]
    return {
        **({"cbvmda:lotNumber": number} if things else {}),
        "gs1:productionDate": (_EPOCH + timedelta(brought.produced)).isoformat(),
        "cbvmda:bestBeforeDate": (_EPOCH + timedelta(brought.best_before)).isoformat(),
        "cbvmda:countryOfOrigin": "CN",
    }


def _sensor(deed: Deed) -> dict[str, Any]:
    low, high = deed.celsius or (0.0, 0.0)
    return {
        "sensorMetadata": {"time": local_time(deed.at)},
        "sensorReport": [{"type": "Temperature", "minValue": low, "maxValue": high, "uom": "CEL"}],
    }


def _declaration(told: Told, declared: int, names: Names) -> dict[str, Any]:
    found: dict[str, Any] = {"declarationTime": local_time(declared)}
    if told.corrected_by:
        found["reason"] = "incorrect_data"
        found["correctiveEventIDs"] = [names.event_id(told.corrected_by, told.deed.at)]
    else:
        found["reason"] = "did_not_occur"
    return found


def _place(plan: Plan, site: Site) -> Iterator[tuple[str, str]]:
    town, firm = towns()[site.town], plan.name(site)
    name = firm
    if site.stage == "shop":
        name = Text(
            f"{firm.zh}{town.name.zh}{site.reference} 店", f"{firm.en}, {town.name.en} {site.reference}"
        )
    yield "cbvmda:name", name.en
    yield from _both("name", name)
    yield from _both("city", town.name)
    yield "suyuan:district", town.code
    yield "cbvmda:latitude", f"{town.latitude}"
    yield "cbvmda:longitude", f"{town.longitude}"
    yield "suyuan:stage", "slaughter" if site.does == "slaughter" else _STAGES.get(site.stage, "retail")
    yield "suyuan:party", site.party


def _product(goods: str, producer: Site) -> Iterator[tuple[str, str]]:
    kind = GOODS[goods]
    yield "cbvmda:descriptionShort", kind.name.en
    yield from _both("name", kind.name)
    yield "suyuan:producer", producer.party


def _recipe(site: Site, process: Process, made: tuple[str, float, float]) -> tuple[str, dict[str, Any]]:
    """What a plant means to get out of a process: shares of what goes in, in percent."""
    goods, low, high = made
    return _RECIPE, _element(
        f"{NAMESPACE}recipe/{site.company}-{product_number(goods)}",
        [
            ("suyuan:product", product_key(site.company, product_number(goods))),
            *(
                ("suyuan:inputs", f"{product_key(site.company, product_number(taken))} = {share * 100:g} P1")
                for taken, share in process.takes
            ),
            ("suyuan:yieldLeast", f"{low * 100:g}"),
            ("suyuan:yieldMost", f"{high * 100:g}"),
        ],
    )


def _batches_of(plan: Plan) -> Iterator[tuple[Site, Process, tuple[str, float, float]]]:
    for site in plan.sites:
        if site.stage in ("processor", "packer"):
            for process in plan.lines[site.does].processes:
                for made in process.gives:
                    yield site, process, made


def _both(stem: str, text: Text) -> Iterator[tuple[str, str]]:
    yield f"suyuan:{stem}Zh", text.zh
    yield f"suyuan:{stem}En", text.en


def _element(key: str, attributes: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {"id": key, "attributes": [{"id": name, "attribute": value} for name, value in attributes]}


def _batches(rows: Iterable[T], count: int) -> Iterator[Sequence[T]]:
    source = iter(rows)
    while part := tuple(islice(source, count)):
        yield part
