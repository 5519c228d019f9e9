"""A small market with secrets: two farms, a plant, a shop, a rival, three authorities; everything of theirs.

::

    Farm A ──lot FA──> Plant ──items in a case──> Shop ──> sold
       │                 ^
       └─lot FR──> Rival │          The plant's other supplier is Farm B; the farm's other customer the Rival.
    Farm B ──lot FB──────┘
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.authority import ensure_authority
from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.settings import read_settings
from suyuan.trace.lineage import Suspect
from suyuan.trace.recall import complaints
from suyuan.trace.recall.complaints import Channel, Report
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import CaseDraft, Initiative
from suyuan.trace.register.aliases import link
from suyuan.trace.register.book import enter_all
from suyuan.trace.register.documents import Draft as Paper
from suyuan.trace.register.documents import add_document
from suyuan.trace.register.labels import Job, store_job
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.accounts import AccountRole, create_account, create_token, own_party
from suyuan.trace.store.devices import Device, insert_device
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import events_of
from suyuan.trace.store.sight import HOUSE, Competence, Viewer

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PASSWORD = "a long sentence of a company"


def _checked(digits: str) -> str:
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def gln(number: int) -> str:
    """The digits of the ``number``-th GLN of these tests."""
    return _checked(f"9521234{number:05}")


@dataclass(frozen=True, slots=True)
class Company:
    """A company with one place and one product; ``names`` are what nobody else may read by accident."""

    name: str
    number: int
    stage: str
    district: str

    @property
    def party(self) -> str:
        return f"https://id.gs1.org/417/{gln(self.number)}"

    @property
    def place(self) -> str:
        return f"https://id.gs1.org/414/{gln(self.number + 1)}"

    @property
    def dock(self) -> str:
        return f"{self.place}/254/dock"

    @property
    def product(self) -> str:
        return f"https://id.gs1.org/01/0{_checked(f'9521234{self.number:05}')}"

    def lot(self, code: str) -> str:
        return f"{self.product}/10/{code}"

    @property
    def names(self) -> tuple[str, ...]:
        told = tuple(f"{self.name}{what}" for what in ("公司", "场所", "产品"))
        return (*told, gln(self.number), gln(self.number + 1))


FARM_A = Company("青石农场", 100, "farm", "330106")
FARM_B = Company("白云农场", 200, "farm", "510104")
PLANT = Company("江南食品", 300, "processing", "330106")
SHOP = Company("灯市口超市", 400, "retail", "110101")
RIVAL = Company("黑山加工", 500, "processing", "330106")
FAR = Company("岭南商行", 600, "retail", "440103")
COMPANIES = (FARM_A, FARM_B, PLANT, SHOP, RIVAL, FAR)

_PRINTED = {"base": "http://testserver", "form": "a4-24", "symbology": "qr", "level": "M", "prefix": ""}

ITEMS = tuple(f"https://id.gs1.org/01/{PLANT.product[-14:]}/10/PL-7301/21/S{n}" for n in range(1, 4))
ITEM_KEYS = tuple(f"{PLANT.product}/21/S{n}" for n in range(1, 4))
LOT = PLANT.lot("PL-7301")
CASE_UNIT = "https://id.gs1.org/00/" + _checked("09521234000000001")
RIVAL_LOT = RIVAL.lot("RV-9902")

TWICE = Company("江南食品双码", 320, "processing", "330106")
"""What the plant has under two names each: place, product and lot. It is told of under the second ones."""
SECOND = Company("", 340, "", "")
TWICE_LOT, SECOND_LOT = TWICE.lot("TW-4471"), SECOND.lot("TW-4471")

EVENTS = {
    "born A": "urn:uuid:00000000-0000-7000-8000-000000000001",
    "born B": "urn:uuid:00000000-0000-7000-8000-000000000002",
    "A ships to plant": "urn:uuid:00000000-0000-7000-8000-000000000003",
    "A ships to rival": "urn:uuid:00000000-0000-7000-8000-000000000004",
    "B ships to plant": "urn:uuid:00000000-0000-7000-8000-000000000005",
    "plant receives": "urn:uuid:00000000-0000-7000-8000-000000000006",
    "plant makes": "urn:uuid:00000000-0000-7000-8000-000000000007",
    "plant packs": "urn:uuid:00000000-0000-7000-8000-000000000008",
    "plant ships": "urn:uuid:00000000-0000-7000-8000-000000000009",
    "shop receives": "urn:uuid:00000000-0000-7000-8000-00000000000a",
    "shop sells": "urn:uuid:00000000-0000-7000-8000-00000000000b",
    "rival makes": "urn:uuid:00000000-0000-7000-8000-00000000000c",
    "rival ships": "urn:uuid:00000000-0000-7000-8000-00000000000d",
}

AUTHORITIES = {
    "competent": (own_party("zhejiang-market"), "浙江市场监管局", ("processing",), ("330000",)),
    "other": (own_party("guangdong-market"), "广东市场监管局", ("retail", "processing"), ("440000",)),
    "conducting": (own_party("sichuan-farms"), "四川农业农村厅", ("farm",), ("510000",)),
}
PEOPLE: Mapping[str, tuple[AccountRole, str]] = {
    "owner": (AccountRole.COMPANY, PLANT.party),
    "upstream": (AccountRole.COMPANY, FARM_A.party),
    "downstream": (AccountRole.COMPANY, SHOP.party),
    "rival": (AccountRole.COMPANY, RIVAL.party),
    "competent": (AccountRole.REGULATOR, AUTHORITIES["competent"][0]),
    "other": (AccountRole.REGULATOR, AUTHORITIES["other"][0]),
    "conducting": (AccountRole.REGULATOR, AUTHORITIES["conducting"][0]),
    "unregistered": (AccountRole.REGULATOR, own_party("nobody-knows")),
    "admin": (AccountRole.ADMINISTRATOR, ""),
    "device": (AccountRole.STATION, PLANT.party),
    "rival device": (AccountRole.STATION, RIVAL.party),
}


@dataclass
class Market:
    """The running application and what is in it. ``ask`` as one of ``PEOPLE``, or as ``anonymous``."""

    client: TestClient
    house: House
    tokens: Mapping[str, str]
    complaint: str = ""
    case: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict[str, str])

    def ask(self, who: str, method: str, path: str, **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if who != "anonymous":
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        self.client.cookies.clear()
        return self.client.request(method, path, headers=headers, follow_redirects=False, **options)


@contextmanager
def open_market(folder: Path, **more: str) -> Generator[Market]:
    """The market over a fresh store; ``more`` are further settings."""
    settings = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PUBLIC_URL": "http://testserver", **more})
    house = open_house(settings, lambda: NOW)
    tokens = _people(house)
    with Writing(house.engine) as writing:
        for kind in ("party", "place", "product", "lot"):  # what refers to something comes after it
            some = [entry for entry in entries() if entry.kind == kind]
            enter_all(writing, some, by=HOUSE, now=NOW, confirmed=True)
    for party, told in story():
        capture(house, party, told)
    with TestClient(application(settings, house, lambda: NOW)) as client:
        made = Market(client, house, tokens)
        _records(made)
        _second_names(made)
        yield made


def capture(house: House, party: str, *events: dict[str, Any]) -> None:
    """Store events of a party."""
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T08:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    job = house.capture(
        orjson.dumps(document), "application/json", by=CapturedBy(party), behaviour="rollback"
    )
    assert job.success, job.errors


def entries() -> Iterator[Entry]:
    """Every company, its place and its product, told by the operator for them; two lots."""
    for one in COMPANIES:
        roles = "shop" if one.stage == "retail" else "producer"
        yield Entry(
            "party", one.party, {"roles": roles, "name_zh": f"{one.name}公司", "district": one.district}
        )
    for one in COMPANIES:
        told = {
            "party": one.party,
            "stage": one.stage,
            "name_zh": f"{one.name}场所",
            "district": one.district,
        }
        yield Entry("place", one.place, told)
        yield Entry("product", one.product, {"name_zh": f"{one.name}产品", "producer": one.party})
    yield Entry("lot", LOT, {"product": PLANT.product, "lot": "PL-7301"})
    yield Entry("lot", RIVAL_LOT, {"product": RIVAL.product, "lot": "RV-9902"})


def story() -> Iterator[tuple[str, dict[str, Any]]]:
    """Who captures what, in order."""
    a, b, r = FARM_A.lot("FA-1187"), FARM_B.lot("FB-2291"), FARM_A.lot("FR-6650")
    yield FARM_A.party, _lot_event("born A", 1, FARM_A, "ADD", "commissioning", a, r)
    yield FARM_B.party, _lot_event("born B", 1, FARM_B, "ADD", "commissioning", b)
    yield FARM_A.party, _ships("A ships to plant", 2, FARM_A, PLANT, quantityList=_amounts(a))
    yield FARM_A.party, _ships("A ships to rival", 2, FARM_A, RIVAL, quantityList=_amounts(r))
    yield FARM_B.party, _ships("B ships to plant", 2, FARM_B, PLANT, quantityList=_amounts(b))
    yield PLANT.party, _lot_event("plant receives", 3, PLANT, "OBSERVE", "receiving", a, b)
    yield (
        PLANT.party,
        _event(
            "plant makes", 4, "TransformationEvent", PLANT,
            inputQuantityList=_amounts(a, b), outputEPCList=list(ITEMS), outputQuantityList=_amounts(LOT),
            bizStep="commissioning", ilmd={"cbvmda:lotNumber": "PL-7301"},
        ),
    )  # fmt: skip
    yield (
        PLANT.party,
        _event(
            "plant packs", 5, "AggregationEvent", PLANT,
            action="ADD", bizStep="packing", parentID=CASE_UNIT, childEPCs=list(ITEM_KEYS[:2]),
        ),
    )  # fmt: skip
    yield PLANT.party, _ships("plant ships", 6, PLANT, SHOP, epcList=[CASE_UNIT, ITEMS[0]])
    yield (
        SHOP.party,
        _event(
            "shop receives",
            7,
            "ObjectEvent",
            SHOP,
            action="OBSERVE",
            bizStep="receiving",
            epcList=[CASE_UNIT],
        ),
    )
    yield SHOP.party, _event(
        "shop sells", 8, "ObjectEvent", SHOP,
        action="OBSERVE", bizStep="retail_selling", disposition="retail_sold", epcList=[ITEM_KEYS[0]],
    )  # fmt: skip
    yield (
        RIVAL.party,
        _event(
            "rival makes", 4, "TransformationEvent", RIVAL,
            inputQuantityList=_amounts(r), outputQuantityList=_amounts(RIVAL_LOT), bizStep="commissioning",
        ),
    )  # fmt: skip
    yield RIVAL.party, _ships("rival ships", 6, RIVAL, FAR, quantityList=_amounts(RIVAL_LOT))


def _event(name: str, day: int, kind: str, where: Company, **other: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "eventID": EVENTS[name],
        "eventTime": f"2026-11-{day:02}T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "readPoint": {"id": where.dock},
        **({} if other.get("bizStep") == "shipping" else {"bizLocation": {"id": where.place}}),
        **other,
    }


def _lot_event(name: str, day: int, where: Company, action: str, step: str, *lots: str) -> dict[str, Any]:
    return _event(name, day, "ObjectEvent", where, action=action, bizStep=step, quantityList=_amounts(*lots))


def _ships(name: str, day: int, source: Company, target: Company, **what: Any) -> dict[str, Any]:
    return _event(
        name, day, "ObjectEvent", source,
        action="OBSERVE", bizStep="shipping", disposition="in_transit",
        sourceList=[{"type": "possessing_party", "source": source.party}],
        destinationList=[
            {"type": "possessing_party", "destination": target.party},
            {"type": "location", "destination": target.place},
        ],
        **what,
    )  # fmt: skip


def _amounts(*lots: str) -> list[dict[str, Any]]:
    return [{"epcClass": lot, "quantity": 10.0, "uom": "KGM"} for lot in lots]


def _people(house: House) -> dict[str, str]:
    tokens: dict[str, str] = {}
    seeds = iter(range(1, 100))
    with Writing(house.engine) as writing:
        for party, name, stages, regions in AUTHORITIES.values():
            ensure_authority(writing, party, name=name, now=NOW, stages=stages, regions=regions)
        for name, (role, party) in PEOPLE.items():
            create_account(writing, name, role=role, party=party, now=NOW)
            tokens[name], _ = create_token(
                writing, name, now=NOW, randbytes=lambda count: bytes([next(seeds)]) * count
            )
    return tokens


def _records(market: Market) -> None:
    """A document of the lot, devices, label jobs, a complaint, a case; the rival has some of each as well."""
    engine = market.house.engine
    officer = Viewer(
        "conducting",
        "regulator",
        AUTHORITIES["conducting"][0],
        Competence(frozenset(("farm",)), frozenset(("51",))),
    )
    with Writing(engine) as writing:
        for company, lot, number in ((PLANT, LOT, "DOC-PLANT-1"), (RIVAL, RIVAL_LOT, "DOC-RIVAL-1")):
            paper = Paper(kind="inspection", number=number, issuer="检测所", issued="2026-11-04", expires="")
            maker = Viewer("x", "company", company.party)
            add_document(writing, lot, paper, by=maker, now=NOW, randbytes=Random(number).randbytes)
            key = f"device-{company.name}"
            insert_device(writing, _device(company, key))
            job = Job(
                f"job-{company.number}",
                company.party,
                lot,
                "sheet",
                1,
                _PRINTED,
                NOW,
                "x",
            )
            store_job(writing, job, [f"{company.product}/21/LABEL{company.number}"])
        told = Report("0" * 32, Channel.SHOPPER, ITEM_KEYS[0], {"what": "发霉"}, "13800000000")
        market.complaint = complaints.report(writing, told, now=NOW)
    draft = CaseDraft(
        title=Text("案件甲", "Case one"), reason=Text("农残", "Residues"), hazard="chemical", recall_class=2,
        what_to_do=Text("退货", "Return it"), contact="+86 28 12345", suspects=(Suspect(LOT),),
        initiative=Initiative.ORDERED, known_at=NOW, party=officer.party,
    )  # fmt: skip
    market.case = market.house.desk.draft(draft, officer).number
    with Reading(engine) as reading:
        market.evidence = {
            name: events_of(reading, event_id, viewer=HOUSE)[0].key for name, event_id in EVENTS.items()
        }


def _second_names(market: Market) -> None:
    """A place, product and lot of the plant that got other codes later, which are those that events name."""
    with Writing(market.house.engine) as writing:
        place = {
            "party": PLANT.party,
            "stage": TWICE.stage,
            "name_zh": "江南食品双码场所",
            "district": "330106",
        }
        enter_all(writing, [
            Entry("place", TWICE.place, place),
            Entry("product", TWICE.product, {"name_zh": "江南食品双码产品", "producer": PLANT.party}),
        ], by=HOUSE, now=NOW, confirmed=True)  # fmt: skip
        told = [
            Entry("lot", TWICE_LOT, {"product": TWICE.product, "lot": "TW-4471"}),
            Entry("read_point", f"{TWICE.place}/254/gate", {"place": TWICE.place, "name_zh": "双码大门"}),
        ]
        enter_all(writing, told, by=HOUSE, now=NOW, confirmed=True)
        for alias, key in ((SECOND.place, TWICE.place), (SECOND.product, TWICE.product)):
            link(writing, alias, key, by=HOUSE, now=NOW)
    base = {"type": "ObjectEvent", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE"}
    goods = FARM_A.lot("FA-1187")
    shipping = {**base, "bizStep": "shipping", "disposition": "in_transit"}
    capture(market.house, FARM_A.party, {
        **shipping, "eventTime": "2026-11-12T08:00:00+08:00", "quantityList": _amounts(goods),
        "readPoint": {"id": FARM_A.dock},
        "destinationList": [{"type": "location", "destination": f"{SECOND.place}/254/gate"}],
    })  # fmt: skip
    capture(market.house, PLANT.party, {
        **shipping, "eventTime": "2026-11-12T09:00:00+08:00", "quantityList": _amounts(SECOND_LOT),
        "readPoint": {"id": PLANT.dock},
        "destinationList": [{"type": "possessing_party", "destination": SHOP.party}],
    })  # fmt: skip


def _device(company: Company, name: str) -> Device:
    return Device(
        id=f"id-{company.number}", kind="station", name=name, party=company.party, place=company.place,
        public_key={"kty": "EC", "n": company.number}, thumbprint=f"thumb-{company.number}", enrolled=NOW,
        enrolled_by="x",
    )  # fmt: skip
