"""A house full of made-up food for the pages' tests: all verdicts, a trace of 2,000 items, hostile names.

Run as ``granian --interface asgi tests.unit.portal.fake_house:app`` it serves the pages to a browser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.unit.portal.fake_desk import AGRICULTURE, AUTHORITY, OFFICERS, FakeDesk
from tests.unit.portal.fake_shopping import FakeShopping

from suyuan.portal.consumer import passport_page, request_link
from suyuan.portal.pages import error_page, routes
from suyuan.portal.policy import policy
from suyuan.portal.services import EventRow, Label, Notice, Principal
from suyuan.portal.shopper import pages as shopper_pages
from suyuan.portal.tiled.source import TileSource
from suyuan.trace.checks.facts import Point
from suyuan.trace.errors import NotFound, SuyuanError
from suyuan.trace.gs1 import Identifier, identify, own_of_link
from suyuan.trace.lineage import contract
from suyuan.trace.lineage.contract import (
    Amount,
    Contaminated,
    Edge,
    EdgeKind,
    Kind,
    Options,
    ScopeLine,
    State,
    Status,
    Suspect,
    Trace,
    WhereNow,
)
from suyuan.trace.recall.nameplate import Nameplate
from suyuan.trace.recall.passport import (
    Check,
    Entered,
    Excursion,
    JourneyStep,
    Level,
    Origin,
    Paper,
    Party,
    Passport,
    Product,
    Reason,
    RecallNotice,
    Seen,
    Temperature,
    Text,
    Verdict,
    VerdictState,
    Warmth,
)
from suyuan.trace.recall.recall import Case, CaseDraft, CaseState, Initiative
from suyuan.trace.scan.judging import judged
from suyuan.trace.scan.look import Look
from suyuan.trace.store.sight import Viewer

NOW = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>\"&{{7*7}} مرحبا \u202edlrow"
ID = "https://id.gs1.org"
GTIN = "09506000134352"
_SHOP_NAME = Text("望江路店", "Wangjiang Road shop")
PARTY = Text("青禾食品有限公司", "Qinghe Foods Co., Ltd.")

REASONS: Mapping[VerdictState, tuple[str, ...]] = {
    VerdictState.RECALLED: ("recalled", "expired"),
    VerdictState.DESTROYED: ("destroyed", "sold-after-destruction"),
    VerdictState.SUSPICIOUS: ("copied",),
    VerdictState.HELD: ("held",),
    VerdictState.WITHDRAWN: ("withdrawn",),
    VerdictState.EXPIRED: ("expired",),
    VerdictState.RESOLD: ("resold",),
    VerdictState.ATTENTION: ("temperature-open", "near-expiry", "record-incomplete"),
    VerdictState.VERIFIED: ("chip-verified",),
    VerdictState.SOLD: ("sold", "registered"),
    VerdictState.REGISTERED: ("registered",),
    VerdictState.UNKNOWN: ("no-record",),
}
FIELDS: Mapping[str, Mapping[str, object]] = {
    "recalled": {"number": "R2026-0007", "title": Text("召回", "Recall")},
    "expired": {"date": date(2026, 11, 19), "days": 2},
    "temperature-open": {"time": datetime(2026, 11, 14, 9, tzinfo=UTC), "worst": 9.1},
    "near-expiry": {"date": date(2026, 11, 22), "days": 1},
    "resold": {"first": datetime(2026, 11, 16, 3, tzinfo=UTC), "second": NOW, "count": 2},
    "sold": {"time": datetime(2026, 11, 16, 3, tzinfo=UTC), "place": _SHOP_NAME},
    "registered": {"count": 7},
}
_OF_REASON = {
    "expired": VerdictState.EXPIRED,
    "copyable": VerdictState.REGISTERED,
    "registered": VerdictState.REGISTERED,
}


def passport_link(state: VerdictState) -> str:
    """Every state has its serial: the state's name."""
    return f"/01/{GTIN}/10/L2611-07/21/{state.value}"


_NEAR = {"杭州": "330100", "苏州": Point(31.3, 120.6), "上海": "310000"}


def _step(when: tuple[int, int], step: str, stop: tuple[Text, Text, Text], by: str = "read") -> JourneyStep:
    time = datetime(2026, 11, *when, 12, tzinfo=UTC)
    disposition = {"shipping": "in_transit", "inspecting": "conformant"}.get(step)
    evidence = f"ev-{when[0]}-{when[1]}-{step}"
    return JourneyStep(time, "+08:00", step, disposition, *stop, by, evidence, _NEAR[stop[1].zh])


FARM = Text("临安生菜合作社", "Lin'an Lettuce Cooperative")
_FIELD = (Text("一号大棚", "Greenhouse 1"), Text("杭州", "Hangzhou"), FARM)
_PLANT = (Text("三号车间", "Workshop 3"), Text("苏州", "Suzhou"), PARTY)
_CENTRE = (
    Text("嘉定配送中心", "Jiading distribution centre"),
    Text("上海", "Shanghai"),
    Text("东方冷链", "East Cold Chain"),
)
_SHOP = (
    Text("望江路店", "Wangjiang Road shop"),
    Text("上海", "Shanghai"),
    Text("惠民超市", "Huimin Markets"),
)
JOURNEY = (
    _step((12, 1), "commissioning", _FIELD),
    _step((12, 3), "shipping", _FIELD, "inferred"),
    _step((13, 0), "receiving", _PLANT),
    _step((13, 2), "inspecting", _PLANT, "typed"),
    _step((13, 4), "transforming", _PLANT),
    _step((13, 6), "packing", _PLANT),
    _step((13, 9), "shipping", _PLANT, "inferred"),
    _step((14, 0), "receiving", _CENTRE, "inferred"),
    _step((14, 7), "shipping", _CENTRE, "told"),
    _step((15, 1), "receiving", _SHOP, "inferred"),
    _step((15, 2), "stocking", _SHOP),
)
RICH = Passport(
    key="",
    digital_link="",
    kind="item",
    verdict=Verdict(VerdictState.REGISTERED, (), NOW),
    gtin=GTIN,
    lot="L2611-07",
    product=Product(
        GTIN,
        Text("凯撒沙拉（生菜鸡胸肉）", "Caesar salad with chicken"),
        "320 g",
        Text("0–4 ℃ 冷藏", "Keep at 0–4 °C"),
        Text("生菜、鸡胸肉、面包丁、奶酪、沙拉酱", "Lettuce, chicken breast, croutons, cheese, dressing"),
        Text("含蛋、乳、小麦", "Contains egg, milk, wheat"),
        ("gluten", "eggs", "milk"),
        Text("每 100 g：能量 690 kJ，蛋白质 9.1 g", "Per 100 g: energy 690 kJ, protein 9.1 g"),
        "SB/T 10379",
    ),
    producer=Party(
        "p1",
        PARTY,
        Text("江苏 苏州", "Suzhou, Jiangsu"),
        "SC10732050612343",
        "0512-5550 0188",
        licence_fits=True,
        licence_says=Text("方便食品 · 苏州市", "Convenience foods · 苏州市"),
        licence_until=date(2028, 3, 31),
        uscc="91350100M000100Y43",
        uscc_fits=True,
        entered=Entered(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)),
    ),
    production_date=date(2026, 11, 13),
    best_before_date=date(2026, 11, 27),
    days_left=6,
    journey=JOURNEY,
    origins=(
        Origin(
            "o1",
            Text("生菜", "Lettuce"),
            FARM,
            Text("杭州 临安", "Lin'an, Hangzhou"),
            date(2026, 11, 12),
            Point(30.2, 119.7),
        ),
        Origin(
            "o2",
            Text("鸡胸肉", "Chicken breast"),
            Text("江淮牧业", "Jianghuai Livestock"),
            Text("合肥", "Hefei"),
            date(2026, 11, 11),
            "340100",
        ),
        Origin(
            "o3",
            Text("小麦粉", "Wheat flour"),
            Text("中原面粉", "Zhongyuan Mills"),
            Text("郑州", "Zhengzhou"),
            None,
        ),
    ),
    checks=(
        Check(
            Text("沙门氏菌 未检出", "Salmonella not found"),
            Text("苏州市食品检验院", "Suzhou Food Inspection"),
            date(2026, 11, 13),
            "conformant",
            "SZ-2611-0441",
        ),
        Check(Text("出厂检验", "Ex-factory inspection"), PARTY, date(2026, 11, 13), "conformant"),
        Check(
            Text("标签净含量", "Net content on label"),
            Text("市场监管所", "Market supervision office"),
            date(2026, 11, 14),
            "non_conformant",
        ),
    ),
    evidence=tuple(
        f"ni:///sha-256;7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd2{i:02}?ver=CBV2.0"
        for i in range(14)
    ),
    product_entered=True,
)
_MEASURED = datetime(2026, 11, 13, 9, tzinfo=UTC)
TEMPERATURE = Temperature(
    _MEASURED,
    _MEASURED + timedelta(hours=40),
    0.8,
    3.9,
    mean_kinetic_c=2.6,
    low_c=0,
    high_c=4,
    outside_s=0,
    unknown_s=0,
    curve=tuple(
        Warmth(_MEASURED + timedelta(minutes=25 * i), 2.2 + (i * 7 % 11) / 10 - 0.03 * (i % 40))
        for i in range(96)
    ),
)
TOO_WARM = replace(
    TEMPERATURE,
    most_c=9.1,
    outside_s=4_500,
    unknown_s=1_800,
    curve=tuple(
        replace(one, value_c=one.value_c + max(0, 6.6 - abs(i - 60)))
        for i, one in enumerate(TEMPERATURE.curve)
    ),
    excursions=(
        Excursion(_MEASURED + timedelta(hours=24), _MEASURED + timedelta(hours=25, minutes=15), 9.1),
    ),
)
NOTICE = RecallNotice(
    "R2026-0007",
    "recall",
    Text("召回 L2611-07 批次凯撒沙拉", "Recall of Caesar salad, batch L2611-07"),
    Text("抽检发现沙门氏菌。", "Salmonella was found in a sample."),
    Text(
        "不要食用；退回任何门店，凭包装全额退款。",
        "Do not eat it. Return it to any shop for a full refund; no receipt is needed.",
    ),
    "0512-5550 0188",
    NOW - timedelta(hours=3),
)


def passport_of(state: VerdictState) -> Passport:
    """A rich passport with the verdict ``state``."""
    reasons = tuple(
        Reason(_OF_REASON.get(code, state) if i else state, code, FIELDS.get(code, {}))
        for i, code in enumerate(REASONS[state])
    )
    link = passport_link(state)
    rich = replace(
        RICH,
        key=link,
        digital_link=f"https://trace.example.cn{link}",
        serial=state.value,
        verdict=Verdict(state, reasons, NOW),
    )
    if state is VerdictState.UNKNOWN:
        return Passport(key=link, digital_link="", kind="item", verdict=rich.verdict)
    return replace(rich, **_OF_STATE.get(state, {}))


PAPERS = (
    Paper("inspection_certificate", "JY-2026-118", "省食品检验研究院", "2026-11-13", "", attached=False),
    Paper(
        *("animal_quarantine", "DJ-0098231", "杭州市动物卫生监督所", "2026-11-10", "2026-11-17"),
        attached=True,
        standing="over",
    ),
    Paper(
        *("release", "HG-2611-07", "青禾食品有限公司", "2026-11-13", "2027-11-12"),
        attached=True,
        standing="valid",
    ),
)
LEVELS: Mapping[VerdictState, Level] = {
    VerdictState.VERIFIED: Level.TAP,
    VerdictState.SUSPICIOUS: Level.MARKED,
    VerdictState.SOLD: Level.SIGNED,
    VerdictState.RESOLD: Level.CHIP,
    VerdictState.EXPIRED: Level.RENEWED,
    VerdictState.HELD: Level.LOT,
}
"""What kind of code the goods of a verdict bear; elsewhere it is a serial number without more."""

_OF_STATE: Mapping[VerdictState, dict[str, Any]] = {
    VerdictState.RECALLED: {
        "notices": (
            replace(NOTICE, kind="warning", operator="某省市场监督管理局"),
            replace(NOTICE, initiative="ordered", operator="青禾食品有限公司", ended_at=NOW),
        ),
        "days_left": -2,
    },
    VerdictState.HELD: {"notices": (replace(NOTICE, kind="hold", number="R2026-0008"),)},
    VerdictState.EXPIRED: {"days_left": -2},
    VerdictState.SOLD: {"notices": (replace(NOTICE, kind="past-hold", number="R2026-0003", ended_at=NOW),)},
    VerdictState.ATTENTION: {"days_left": 1, "checks": (), "origins": (), "temperature": TOO_WARM},
    VerdictState.REGISTERED: {"temperature": TEMPERATURE, "papers": PAPERS},
}
"""What of the rich passport is otherwise with each verdict."""


T0 = datetime(2026, 11, 12, 1, 0, tzinfo=UTC)
SHOPS = ("Wangjiang Road shop", "Nanjing Road shop", "Xuhui shop", "Pudong shop")
FARM_LOT = f"{ID}/01/06912345000017/10/LET-1112"
DRESSING = f"{ID}/01/06912345000031/10/DRS-88"
SALAD = f"{ID}/01/{GTIN}/10/L2611-07"
WRAP = f"{ID}/01/09506000134369/10/W2611-03"


def _sscc(n: int) -> str:
    return f"{ID}/00/0095060000000{n:05}"


def big_trace(cases: int = 40, per_case: int = 48) -> Trace:
    """Lettuce → salad and, possibly, wraps → about 2,000 items in cases on pallets to four shops."""
    states: list[State] = []
    edges: list[Edge] = []

    def state(
        key: str,
        kind: Kind,
        hours: int,
        place: str,
        status: Status = "in_stock",
        *,
        carrier: bool = False,
        certain: bool = True,
        amount: tuple[float, str | None] | None = None,
    ) -> None:
        begin = T0 + timedelta(hours=hours)
        hold = Amount(*amount) if amount else None
        some = Contaminated(0, amount[0] / 4, amount[0], amount[1]) if amount else None
        states.append(
            State(
                key,
                kind,
                begin,
                None,
                "certain" if certain else "possible",
                carrier,
                hold,
                some,
                WhereNow(place, None, "party", status),
            )
        )

    def edge(
        source: str, target: str, kind: EdgeKind, hours: int, basis: str = "read", *, certain: bool = True
    ) -> None:
        begin = T0 + timedelta(hours=hours)
        edges.append(
            Edge(
                source,
                target,
                kind,
                begin,
                None,
                "certain" if certain else "possible",
                basis,
                (f"ev-{kind}-{len(edges)}",),
            )
        )

    state(FARM_LOT, "lot", 0, "plant", "consumed", amount=(420.0, "KGM"))
    state(SALAD, "lot", 27, "plant", amount=(cases * per_case, None))
    state(WRAP, "lot", 30, "plant", certain=False, amount=(260, None))
    edge(FARM_LOT, SALAD, "transform", 26)
    edge(FARM_LOT, WRAP, "transform", 29, "typed", certain=False)
    number = 0
    for pallet in range(4):
        shop = f"shop-{pallet}"
        state(_sscc(pallet), "unit", 33, shop, carrier=True)
        for case in range(cases // 4):
            unit = _sscc(100 + pallet * 100 + case)
            state(unit, "unit", 32, shop, carrier=True)
            edge(unit, _sscc(pallet), "carry", 33)
            for _ in range(per_case):
                item = f"{ID}/01/{GTIN}/21/S{number:05}"
                state(item, "item", 27, shop, "sold" if number % 3 == 0 else "in_stock", amount=(1, None))
                edge(SALAD, item, "member", 27, "inferred")
                edge(item, unit, "carry", 31)
                number += 1
    return Trace((Suspect(FARM_LOT),), Options(), tuple(states), tuple(edges), ("p1", "p2"), SHOPS)


def back_trace() -> Trace:
    """A sold item back to its farms."""
    item = f"{ID}/01/{GTIN}/21/S00001"
    chain: list[tuple[str, Kind, int, bool]] = [
        (item, "item", 31, True),
        (SALAD, "lot", 27, True),
        (FARM_LOT, "lot", 0, True),
        (DRESSING, "lot", 2, False),
        (f"{ID}/01/06912345000048/10/CHK-3", "lot", 4, True),
    ]
    states = tuple(
        State(key, kind, None, T0 + timedelta(hours=hours), "certain" if sure else "possible")
        for key, kind, hours, sure in chain
    )
    edges = (
        Edge(SALAD, item, "member", T0, None, "certain", "inferred", ("ev-m",)),
        Edge(FARM_LOT, SALAD, "transform", T0, None, "certain", "read", ("ev-a", "ev-b")),
        Edge(DRESSING, SALAD, "transform", T0, None, "possible", "typed", ("ev-c",)),
        Edge(f"{ID}/01/06912345000048/10/CHK-3", SALAD, "transform", T0, None, "certain", "read", ("ev-d",)),
    )
    return Trace((Suspect(item),), Options("backward"), states, edges, ("p1",), ())


def scope_lines(*, hostile: bool = False) -> tuple[ScopeLine, ...]:
    lines = [
        ScopeLine("plant", "p1", "consumed", "KGM", 1, 96.5, 96.5, 96.5, 96.5, (FARM_LOT,)),
        *(ScopeLine(f"shop-{i}", "p2", "in_stock", None, 320, 320, 0, 80, 320, ()) for i in range(4)),
        ScopeLine("shop-0", "p2", "sold", None, 640, 640, 0, 160, 640, ()),
        ScopeLine(None, None, "unaccounted", None, 3, 3, 0, None, 3, ()),
    ]
    if hostile:
        lines.append(ScopeLine(HOSTILE, HOSTILE, "in_transit", HOSTILE, 1, None, 0, None, None, ()))
    return tuple(lines)


DRAFT = CaseDraft(
    Text("召回 L2611-07 批次凯撒沙拉", "Recall of Caesar salad, batch L2611-07"),
    Text("抽检发现沙门氏菌。", "Salmonella was found in a sample."),
    "microbial",
    1,
    Text("不要食用；退回任何门店全额退款。", "Do not eat it. Return it to any shop for a full refund."),
    "0512-5550 0188",
    (Suspect(FARM_LOT, T0, T0 + timedelta(days=2)),),
    Initiative.ORDERED,
    NOW - timedelta(hours=8),
    "《食品安全法》第六十三条 / Food Safety Law, Art. 63",
    "青禾食品有限公司 / Qinghe Foods",
)


_NAMES: Mapping[str, tuple[Kind, str, Text, Text]] = {
    f"{ID}/01/{GTIN}": ("product", GTIN, Text("凯撒沙拉", "Caesar salad"), PARTY),
    FARM_LOT: ("lot", "LET-1112", Text("生菜", "Lettuce"), FARM),
    DRESSING: ("lot", "DRS-88", Text("沙拉酱", "Salad dressing"), Text("味源调味", "Weiyuan Sauces")),
    f"{ID}/01/06912345000048/10/CHK-3": (
        "lot",
        "CHK-3",
        Text("鸡胸肉", "Chicken breast"),
        Text("江淮牧业", "Jianghuai Livestock"),
    ),
    SALAD: ("lot", "L2611-07", Text("凯撒沙拉（生菜鸡胸肉）", "Caesar salad with chicken"), PARTY),
    WRAP: ("lot", "W2611-03", Text("鸡肉卷", "Chicken wrap"), PARTY),
    AUTHORITY: ("other", "market", Text("某市市场监督管理局", "Market Supervision Bureau"), Text()),
    AGRICULTURE: ("other", "farming", Text("某市农业农村局", "Agriculture Bureau"), Text()),
    "farm": ("place", "6901234500099", Text("一号大棚", "Greenhouse 1"), FARM),
    "plant": ("place", "6901234500017", Text("苏州三号车间", "Suzhou workshop 3"), PARTY),
    "p1": ("other", "p1", PARTY, Text()),
    "p2": ("other", "p2", Text("惠民超市", "Huimin Markets"), Text()),
    **{
        f"shop-{i}": (
            "place",
            f"69012345001{i:02}",
            Text(["望江路店", "南京路店", "徐汇店", "浦东店"][i], SHOPS[i]),
            Text("惠民超市", "Huimin Markets"),
        )
        for i in range(4)
    },
    "hostile": ("lot", HOSTILE, Text(HOSTILE, HOSTILE), Text(HOSTILE, HOSTILE)),
}


SHOP_PLATE = Nameplate(
    f"{ID}/414/6901234500100",
    "414",
    Text("望江路店", "Wangjiang Road shop"),
    Text("杭州", "Hangzhou"),
    Party(
        f"{ID}/417/6901234500001", Text("惠民超市有限责任公司", "Huimin Markets"), licence="JY13301020000011"
    ),
    Entered(NOW - timedelta(days=90)),
)
NAMEPLATES = {
    "/414/6901234500100": SHOP_PLATE,
    "/414/6901234500100/254/X1": replace(SHOP_PLATE, point="X1"),
    "/8004/6901234A1": Nameplate(f"{ID}/8004/6901234A1", "8004"),
}


class FakeHouse:
    """Implements ``suyuan.portal.services.House`` in memory."""

    def __init__(self, tiles: TileSource | None = None) -> None:
        self.tiles = tiles
        self.desk = FakeDesk(NOW, scope_lines(), (SALAD,), RICH)
        other = replace(DRAFT, recall_class=2)
        wrap = Text("鸡肉卷标签漏标致敏物质", "Chicken wrap: allergen missing on label")
        croutons, milk = (
            Text("面包丁异物", "Foreign matter in croutons"),
            Text("豆浆净含量不足", "Soy milk underfilled"),
        )
        old = replace(DRAFT, recall_class=3, title=milk, hazard="labelling", initiative=None, known_at=None)
        self.desk.begin("R2026-0003", old, CaseState.RELEASED, 400)
        self.desk.begin("R2026-0007", DRAFT, CaseState.PUBLISHED, 6)
        self.desk.begin("R2026-0008", replace(other, title=wrap, hazard="allergen"), CaseState.HELD, 30)
        self.desk.begin("R2026-0009", replace(other, title=croutons, hazard="physical"), CaseState.DRAFT, 2)
        self.passports = {passport_link(state): passport_of(state) for state in VerdictState}

    def now(self) -> datetime:
        return NOW

    def identified(self, link: str) -> Identifier:
        own = own_of_link(f"https://trace.example.cn{link}")
        return identify(link) if own is None else own

    def passport(self, link: str) -> Passport:
        if link in self.passports:
            return self.passports[link]
        identify(link)
        raise NotFound("No record found", where="10")

    def nameplate(self, link: str) -> Nameplate | None:
        """Here is nothing but goods, except for one shop and its shelf."""
        return NAMEPLATES.get(link)

    def looked_at(self, passport: Passport, look: Look) -> Seen:
        """What kind of code it is, and that a few looked before; half of the goods nobody looked at."""
        del look
        state = passport.verdict.state
        level = LEVELS.get(state, Level.SERIAL if passport.serial else Level.LOT)
        count = [0, 1, 3, 41][list(VerdictState).index(state) % 4]
        return passport.seen or Seen(level, (), count, NOW - timedelta(days=3) if count else None)

    def scanned(self, link: str, look: Look) -> Passport:
        passport = self.passport(link)
        return judged(passport, self.looked_at(passport, look))

    def seen_by(self, viewer: Viewer) -> Self:
        """Everybody sees everything here."""
        del viewer
        return self

    def strange(self, key: str) -> frozenset[str]:
        """The sale that ends every journey here."""
        return frozenset([self.events_of(key, 1)[0].evidence])

    def notices(self) -> Sequence[Notice]:
        return ()

    def label(self, key: str) -> Label:
        found = self.labels([key])
        if key not in found:
            raise NotFound("No record found", where="suspect")
        return found[key]

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        found: dict[str, Label] = {}
        for key in keys:
            if key in _NAMES:
                kind, code, name, party = _NAMES[key]
                found[key] = Label(key, kind, code, name, party)
            elif key.startswith(f"{ID}/01/{GTIN}/21/"):
                found[key] = Label(
                    key, "item", key.rsplit("/", 1)[1], RICH.product.name if RICH.product else Text(), PARTY
                )
            elif key.startswith(f"{ID}/00/"):
                found[key] = Label(
                    key, "unit", key.rsplit("/", 1)[1], Text(), Text("东方冷链", "East Cold Chain")
                )
        return found

    def search(self, text: str, limit: int = 30) -> Sequence[Label]:
        every = self.labels([*_NAMES, f"{ID}/01/{GTIN}/21/S00001"])
        text = text.casefold()
        return [x for x in every.values() if text in f"{x.name.zh}{x.name.en}{x.code}".casefold()][:limit]

    def papers(self, lot: str) -> Sequence[Paper]:
        del lot
        return [Paper("inspection_certificate", "JY-2026-118", "省食品检验研究院", "2026-11-02", "", False)]

    def events_of(self, key: str, limit: int = 200) -> Sequence[EventRow]:
        if key == "p1":
            return []
        places = self.labels(["plant", "shop-0", "hostile"])
        return [
            EventRow(
                step.evidence,
                step.time,
                step.time_zone_offset,
                "ObjectEvent",
                step.step,
                step.disposition,
                places["hostile" if key == "hostile" else "plant"],
                step.party.en,
                48,
            )
            for step in JOURNEY
        ][:limit]

    def event(self, evidence: str) -> Mapping[str, Any]:
        if evidence == "nothing":
            raise NotFound("No record found", where="evidence")
        return {
            "type": "ObjectEvent",
            "eventID": evidence,
            "eventTime": "2026-11-13T12:12:00.000+08:00",
            "action": "OBSERVE",
            "bizStep": "shipping",
            "disposition": "in_transit",
            "epcList": [f"{ID}/01/{GTIN}/21/S{i:05}" for i in range(3)] + [HOSTILE],
            "bizLocation": {"id": "https://id.gs1.org/414/6901234500017"},
            "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 3.2, "uom": "CEL"}]}],
        }

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        key = suspects[0].key
        if key in ("hostile", "p1"):
            state = State(
                key, "lot", None, None, "certain", where_now=WhereNow("hostile", None, None, "in_stock")
            )
            return Trace(tuple(suspects), options, (state,), (), (), ())
        self.label(key)
        found = back_trace() if options.direction == "backward" else big_trace()
        return replace(found, suspects=tuple(suspects), options=options)

    def scope(self, suspects: Sequence[Suspect], options: Options) -> contract.Scope:
        key = suspects[0].key
        self.label(key)
        return contract.Scope(
            self.trace(suspects, options), () if key == "p1" else scope_lines(hostile=key == "hostile")
        )

    def cases(self) -> Sequence[Case]:
        return self.desk.cases()

    def case(self, number: str) -> Case:
        return self.desk.case(number)


class _Security:
    """Stands for the API's security layer: who is asking, the form token and the strict policy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            state = scope.setdefault("state", {})
            officer = OFFICERS[dict(scope["headers"]).get(b"x-officer", b"Li Wen").decode()]
            inside = scope["path"].startswith("/console")
            state["viewer"] = officer if inside else None
            state["principal"] = Principal(officer.name, officer.role, officer.party) if inside else None

        async def strict(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", policy())
            await send(message)

        await self.app(scope, receive, strict)


def _bare(request: Request) -> Response:
    """A verdict and nothing else: what no page of this server could be sooner than."""
    del request
    return HTMLResponse('<!doctype html><html lang="en"><title>Bare</title><h1 id="verdict">Bare</h1>')


def application(house: FakeHouse) -> ASGIApp:
    """The pages in an application such as the API makes."""

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, SuyuanError)
        return error_page(request, error)

    def lead(request: Request) -> Response:  # as the resolver does where nobody linked anything else
        return passport_page(request, house, request_link(request))

    links = [Route(f"/{key}/{{rest:path}}", lead) for key in ("00", "01", "own")]
    pages = [
        *routes(house, house.desk),
        *links,
        *shopper_pages.routes(house, FakeShopping()),
        Route("/bare", _bare),
    ]
    return _Security(Starlette(routes=pages, exception_handlers={SuyuanError: failed}))


app = application(FakeHouse())
