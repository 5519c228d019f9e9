"""A world with as many events as asked for: farms, plants, depots, chains of shops; all through real capture.

A delivery goes from a farm's raw lot over a plant's lot of items in cases and a depot to a shop, which sells
most of it piece by piece: 53 events with some 150 mentions of 48 things. Parties send theirs by the thousand.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson
from sqlalchemy import Engine

from suyuan.api.authority import ensure_authority, own_party
from suyuan.api.house import House
from suyuan.trace.gs1 import check_digit
from suyuan.trace.lineage import Suspect
from suyuan.trace.recall import complaints
from suyuan.trace.recall.complaints import Channel, Report
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import CaseDraft, Initiative
from suyuan.trace.register.book import enter_all
from suyuan.trace.register.labels import Job, store_job
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.accounts import AccountRole, create_account
from suyuan.trace.store.capture import capture
from suyuan.trace.store.devices import Device, insert_device
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import HOUSE, Competence, Viewer

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
CITIES = ("330106", "330108", "110101", "310104", "440103", "510104", "320102", "420102", "370102", "610102")
"""The first two are one city, where the officer is competent."""

EVENTS_OF_A_DELIVERY = 53
AT_ONCE = 1000
CASES, PER_CASE, SOLD = 4, 10, 30
URL = "http://testserver"
_PRINTED = {"base": URL, "form": "a4-24", "symbology": "qr", "level": "M", "prefix": ""}


def _checked(digits: str) -> str:
    return f"{digits}{check_digit(digits)}"


@dataclass(frozen=True, slots=True)
class Company:
    """A company with its places, by numbers of GLNs; ``stage`` is theirs."""

    number: int
    stage: str
    sites: int = 1

    @property
    def party(self) -> str:
        return f"https://id.gs1.org/417/{_checked(f'9521{self.number * 20:08}')}"

    def place(self, site: int = 0) -> str:
        return f"https://id.gs1.org/414/{_checked(f'9521{self.number * 20 + 1 + site % self.sites:08}')}"

    def district(self, site: int = 0) -> str:
        return CITIES[(self.number + site % self.sites) % len(CITIES)]


@dataclass(slots=True)
class World:
    """Who there is."""

    events: int
    farms: Sequence[Company]
    plants: Sequence[Company]
    depots: Sequence[Company]
    chains: Sequence[Company]
    products: int

    @property
    def companies(self) -> Sequence[Company]:
        return (*self.farms, *self.plants, *self.depots, *self.chains)

    @property
    def deliveries(self) -> int:
        return -(-self.events // EVENTS_OF_A_DELIVERY)

    def maker(self, product: int) -> Company:
        """Who makes a product: plants most of them, farms the first."""
        makers = self.farms if product < len(self.farms) else self.plants
        return makers[product % len(makers)]


def world_of(events: int) -> World:
    """The world of a size: at a million events 400 parties, 1,000 places and 10,000 products."""
    one = max(2, events // 20_000)  # 50 at a million
    farms, plants, depots, chains = 2 * one, 2 * one, one, 3 * one
    numbers = iter(range(1, 10_000))
    return World(
        events,
        [Company(next(numbers), "farm") for _ in range(farms)],
        [Company(next(numbers), "processing") for _ in range(plants)],
        [Company(next(numbers), "storage") for _ in range(depots)],
        [Company(next(numbers), "retail", 5) for _ in range(chains)],
        max(farms + plants, events // 100),
    )


def product(number: int) -> str:
    """The key of a product."""
    return f"https://id.gs1.org/01/0{_checked(f'9522{number:08}')}"


def fill(house: House, world: World) -> None:
    """Accounts, register, events, and what people have done about them."""
    _people(house.engine, world)
    _register(house.engine, world)
    waiting: defaultdict[str, list[bytes]] = defaultdict(list)
    for number, (party, told) in enumerate(_events(world)):
        if number >= world.events:
            break
        some = waiting[party]
        some.append(orjson.dumps({"eventID": f"urn:uuid:{number:08x}-0000-7000-8000-000000000000", **told}))
        if len(some) >= AT_ONCE:
            _send(house.engine, party, waiting.pop(party))
    for party, some in waiting.items():
        _send(house.engine, party, some)
    _doings(house, world)


def _send(engine: Engine, party: str, events: Sequence[bytes]) -> None:
    job = capture(engine, _document(events), "application/json", party=party, now=NOW)
    assert job.captured == len(events), job.errors


def one_event(world: World, serial: str) -> tuple[str, bytes]:
    """A document of one event about a new thing of the second plant, and its party."""
    plant = world.plants[1]
    made = product(world.products - 1)
    told = _event(NOW, plant.place(), "commissioning", "ADD", epcList=[f"{made}/10/NEW/21/{serial}"])
    return plant.party, _document([orjson.dumps(told)])


def _document(events: Sequence[bytes]) -> bytes:
    return (
        b'{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],'
        b'"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-11-20T08:00:00Z",'
        b'"epcisBody":{"eventList":[' + b",".join(events) + b"]}}"
    )


# Events


@dataclass(frozen=True, slots=True)
class Delivery:
    """What goes from a farm over a plant and a depot to a shop, with the keys that are looked at."""

    number: int
    begin: datetime
    farm: Company
    plant: Company
    depot: Company
    chain: Company
    shop: int
    crop: int
    made: int
    items: Sequence[str]  # as on the label: with the lot

    @property
    def raw(self) -> str:
        return f"{product(self.crop)}/10/R{self.number}"

    @property
    def lot_code(self) -> str:
        return f"L{self.number:06}"

    @property
    def lot(self) -> str:
        return f"{product(self.made)}/10/{self.lot_code}"

    @property
    def serial(self) -> str:
        return self.items[0].rpartition("/")[2]

    @property
    def item(self) -> str:
        return f"{product(self.made)}/21/{self.serial}"

    @property
    def sold_from(self) -> datetime:
        return self.begin + timedelta(days=3)

    @property
    def cases(self) -> Sequence[str]:
        return [
            "https://id.gs1.org/00/" + _checked(f"09523{self.number * CASES + each:012}")
            for each in range(CASES)
        ]


def deliveries(world: World, seed: int = 7) -> Iterator[Delivery]:
    """Deliveries one after another. One plant and one chain have a quarter of everything."""
    dice = Random(seed)
    step = (NOW - START - timedelta(days=10)) / world.deliveries
    for number in range(world.deliveries + 1):
        farm = world.farms[number % len(world.farms)]
        plant = world.plants[0 if dice.random() < 0.25 else number % len(world.plants)]
        chain = world.chains[0 if dice.random() < 0.25 else dice.randrange(len(world.chains))]
        depot, shop = world.depots[number % len(world.depots)], dice.randrange(chain.sites)
        others = world.products - len(world.farms)
        made = len(world.farms) + (number * len(world.plants) + world.plants.index(plant)) % others
        lot = f"{product(made)}/10/L{number:06}"
        items = [f"{lot}/21/{dice.getrandbits(60):015x}" for _ in range(CASES * PER_CASE)]
        begin = START + step * number
        yield Delivery(number, begin, farm, plant, depot, chain, shop, world.farms.index(farm), made, items)


def looked_at(world: World, number: int) -> Sequence[Delivery]:
    """Deliveries of the busiest plant to the busiest chain in the officer's city, from within the year."""
    found = (
        one
        for one in deliveries(world)
        if one.plant is world.plants[0]
        and one.chain is world.chains[0]
        and one.chain.district(one.shop).startswith("3301")
        and one.number > world.deliveries // 3
    )
    return list(itertools.islice(found, number))


def _events(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every event with the party that tells it."""
    return itertools.chain.from_iterable(map(_told, deliveries(world)))


def _told(one: Delivery) -> Iterator[tuple[str, dict[str, Any]]]:
    begin, farm, plant, depot, chain, shop = one.begin, one.farm, one.plant, one.depot, one.chain, one.shop
    items, cases = one.items, one.cases
    raw = [{"epcClass": one.raw, "quantity": 20.0, "uom": "KGM"}]
    yield farm.party, _event(begin, farm.place(), "commissioning", "ADD", quantityList=raw)
    yield farm.party, _ships(begin, 2, farm, plant, 0, quantityList=raw)
    taken = begin + timedelta(hours=6)
    yield plant.party, _event(taken, plant.place(), "receiving", "OBSERVE", quantityList=raw)
    yield (
        plant.party,
        {
            **_event(begin + timedelta(hours=8), plant.place(), "commissioning", ""),
            "type": "TransformationEvent",
            "inputQuantityList": raw,
            "outputQuantityList": [{"epcClass": one.lot, "quantity": float(len(items))}],
            "ilmd": {"cbvmda:lotNumber": one.lot_code, "cbvmda:itemExpirationDate": "2027-01-31"},
        },
    )
    yield (
        plant.party,
        _event(begin + timedelta(hours=9), plant.place(), "commissioning", "ADD", epcList=items),
    )
    for each, case in enumerate(cases):
        inside = items[each * PER_CASE : (each + 1) * PER_CASE]
        packed = begin + timedelta(hours=10, minutes=each)
        yield plant.party, _packs(packed, plant.place(), "ADD", case, inside)
    yield plant.party, _ships(begin, 12, plant, depot, 0, epcList=cases)
    stored = begin + timedelta(hours=16)
    yield depot.party, _event(stored, depot.place(), "receiving", "OBSERVE", epcList=cases)
    for each, case in enumerate(cases):
        yield depot.party, _ships(begin, 30 + each, depot, chain, shop, epcList=[case])
        arrived = begin + timedelta(hours=36 + each)
        yield chain.party, _event(arrived, chain.place(shop), "receiving", "OBSERVE", epcList=[case])
        yield chain.party, _packs(arrived + timedelta(minutes=9), chain.place(shop), "DELETE", case, [])
    for each, item in enumerate(items[:SOLD]):
        sold = one.sold_from + timedelta(minutes=each)
        told = _event(sold, chain.place(shop), "retail_selling", "OBSERVE", epcList=[item])
        yield chain.party, {**told, "disposition": "retail_sold"}


def _event(time: datetime, place: str, step: str, action: str, **what: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": time.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": "+08:00",
        **({"action": action} if action else {}),
        "bizStep": step,
        "readPoint": {"id": f"{place}/254/1"},
        **({} if step == "shipping" else {"bizLocation": {"id": place}}),
        **what,
    }


def _ships(
    begin: datetime, hours: int, source: Company, target: Company, site: int, **what: Any
) -> dict[str, Any]:
    return {
        **_event(begin + timedelta(hours=hours), source.place(), "shipping", "OBSERVE", **what),
        "disposition": "in_transit",
        "sourceList": [{"type": "possessing_party", "source": source.party}],
        "destinationList": [
            {"type": "possessing_party", "destination": target.party},
            {"type": "location", "destination": target.place(site)},
        ],
    }


def _packs(time: datetime, place: str, action: str, case: str, inside: Sequence[str]) -> dict[str, Any]:
    step = "packing" if action == "ADD" else "unpacking"
    told = {"type": "AggregationEvent", "parentID": case, **({"childEPCs": inside} if inside else {})}
    return {**_event(time, place, step, action), **told}


# People and what they enter


AUTHORITY = own_party("hangzhou-market")
OFFICER = Viewer(
    "officer", "regulator", AUTHORITY, Competence(frozenset(("processing", "retail")), frozenset(("3301",)))
)
SECOND = Viewer("second", "regulator", AUTHORITY, OFFICER.competence)


def _people(engine: Engine, world: World) -> None:
    with Writing(engine) as writing:
        ensure_authority(
            writing,
            AUTHORITY,
            name="杭州市市场监督管理局",
            now=NOW,
            stages=("processing", "retail"),
            regions=("330100",),
        )
        create_account(writing, "admin", role=AccountRole.ADMINISTRATOR, party="", now=NOW)
        for officer in (OFFICER, SECOND):
            create_account(writing, officer.name, role=AccountRole.REGULATOR, party=AUTHORITY, now=NOW)
        create_account(writing, "company", role=AccountRole.COMPANY, party=world.plants[0].party, now=NOW)
        create_account(writing, "till", role=AccountRole.STATION, party=world.chains[0].party, now=NOW)


_ROLES = {"farm": "producer", "processing": "producer", "storage": "carrier", "retail": "shop"}


def _register(engine: Engine, world: World) -> None:
    parties = [
        Entry(
            "party",
            one.party,
            {
                "roles": _ROLES[one.stage],
                "name_zh": f"溯源第{one.number}公司",
                "district": one.district(),
                **({"licence": f"SC1{one.number:013}"} if one.stage == "processing" else {}),
            },
        )
        for one in world.companies
    ]
    places = [
        Entry(
            "place",
            one.place(site),
            {
                "party": one.party, "stage": one.stage, "name_zh": f"溯源第{one.number}公司{site}号场所",
                "district": one.district(site),
            },
        )
        for one in world.companies
        for site in range(one.sites)
    ]  # fmt: skip
    products = [
        Entry(
            "product",
            product(number),
            {"name_zh": f"豆腐干{number}号", "producer": world.maker(number).party, "code": f"P{number}"},
        )
        for number in range(world.products)
    ]
    for some in (parties, places, products):
        with Writing(engine) as writing:
            enter_all(writing, some, by=HOUSE, now=NOW, confirmed=True)


def _doings(house: House, world: World) -> None:
    """Devices, label jobs and reports in numbers; a case in force and four drafts."""
    some, dice = looked_at(world, 5), Random(1)
    with Writing(house.engine) as writing:
        create_account(writing, "shop", role=AccountRole.COMPANY, party=world.chains[0].party, now=NOW)
        for number, one in enumerate(world.companies):
            insert_device(writing, _device(one, number))
            key = product(len(world.farms) + number)
            job = Job(f"job-{number}", one.party, f"{key}/10/J", "sheet", 24, _PRINTED, NOW, "x")
            store_job(writing, job, [f"{key}/10/J/21/{dice.getrandbits(60):015x}" for _ in range(24)])
        for number in range(max(20, world.events // 1000)):
            thing = some[0].item if number % 2 else ""
            told = Report(f"{number:032x}", Channel.SHOPPER, thing, {"what": "发霉"}, "1380")
            complaints.report(writing, told, now=NOW - timedelta(minutes=number))
    cases = [_draft(house, one.lot) for one in some]
    house.desk.hold_at_once(cases[0], OFFICER, "检出")
    house.desk.confirm_hold(cases[0], SECOND)


def _draft(house: House, lot: str) -> str:
    draft = CaseDraft(
        title=Text("案件甲", "Case one"), reason=Text("农残", "Residues"), hazard="chemical", recall_class=2,
        what_to_do=Text("退货", "Return it"), contact="+86 571 12345", suspects=(Suspect(lot),),
        initiative=Initiative.ORDERED, known_at=NOW, party=AUTHORITY,
    )  # fmt: skip
    return house.desk.draft(draft, OFFICER).number


def _device(company: Company, number: int) -> Device:
    return Device(
        id=f"id-{number}", kind="station", name=f"工位{number}", party=company.party, place=company.place(),
        public_key={"kty": "EC", "n": number}, thumbprint=f"thumb-{number}", enrolled=NOW, enrolled_by="x",
    )  # fmt: skip
