"""Goods in every state that a shopper can meet, recorded on a real platform through its own doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from tests.integration.live_server import PLACE, Live
from tests.integration.test_proofs import tapped

from suyuan.trace.lineage import Suspect
from suyuan.trace.recall.passport import Text, VerdictState
from suyuan.trace.recall.recall import Act, CaseDraft, Initiative
from suyuan.trace.register.book import enter_all, giving
from suyuan.trace.register.sheets import read_sheet
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import EVERYTHING, Viewer
from suyuan.trace.sun import SunKeys

GTIN = "06901234567892"
CHIPS = {
    VerdictState.VERIFIED: bytes.fromhex("04A1B2C3D4E5F6"),
    VerdictState.SUSPICIOUS: bytes.fromhex("04A1B2C3D4E5F7"),
}
_BUREAU = "https://ns.suyuan.example/party/bureau"
_ADMIN = Viewer("root", "administrator", "")
_ONE, _TWO = (Viewer(name, "regulator", _BUREAU, EVERYTHING) for name in ("one", "two"))
_NAMES = ("鲜肉粽", "Pork zongzi")
_BEGAN = timedelta(days=9)


def serial(state: VerdictState) -> str:
    """Every state has its serial: long, as no one guesses them."""
    return f"K7M3QP4{state.value.upper()}"


def path(state: VerdictState) -> str:
    """The Digital Link of the goods in this state, without its host."""
    return f"/01/{GTIN}/10/{_lot(state)}/21/{serial(state)}"


@dataclass
class Goods:
    """What lies on the shelf: its links, and the chips that sign some of them at each tap."""

    keys: SunKeys
    taps: int = 0

    def link(self, state: VerdictState) -> str:
        """What a phone opens that scans the goods in this state, or is held to their chip.

        The chip of what is verified stands on it; what is suspicious bears a link that was copied from there.
        """
        if state not in CHIPS:
            return path(state)
        self.taps += 1
        return f"{path(state)}?{tapped(self.keys, CHIPS[VerdictState.VERIFIED], self.taps)}"


def record(live: Live, keys: SunKeys, *, now: datetime) -> Goods:
    """Tell everything that brings these states about."""
    today = now.astimezone(ZoneInfo("Asia/Shanghai")).date()
    token = live.station_of(_register(live, now))
    known = [state for state in VerdictState if state is not VerdictState.UNKNOWN]
    began = now - _BEGAN
    events = [
        _event(
            began,
            "commissioning",
            "active",
            state,
            action="ADD",
            ilmd={"cbvmda:lotNumber": _lot(state), "cbvmda:sellByDate": _last_day(state, today).isoformat()}
            | {"cbvmda:bestBeforeDate": _last_day(state, today).isoformat()},
            **_chip(state),
        )
        for state in known
    ]
    events += [_event(began + timedelta(hours=1), "inspecting", "conformant", state) for state in known]
    events += [_event(began + timedelta(days=1), "stocking", "sellable_accessible", state) for state in known]
    for state, step, disposition, day in (
        (VerdictState.SOLD, "retail_selling", "retail_sold", 2),
        (VerdictState.RESOLD, "retail_selling", "retail_sold", 2),
        (VerdictState.RESOLD, "retail_selling", "retail_sold", 4),
        (VerdictState.WITHDRAWN, "holding", "damaged", 3),
        (VerdictState.DESTROYED, "destroying", "destroyed", 5),
    ):
        action = "DELETE" if disposition in ("retail_sold", "destroyed") else "OBSERVE"
        events.append(_event(began + timedelta(days=day), step, disposition, state, action=action))
    _capture(live, token, events, now)
    _stop(live, VerdictState.HELD, Act.HOLD, now)
    _stop(live, VerdictState.RECALLED, Act.PUBLISH, now)
    return Goods(keys)


def _chip(state: VerdictState) -> dict[str, Any]:
    """What a station tells of the chip that it put on the goods."""
    if state not in CHIPS:
        return {}
    return {"suyuan:tags": [{"suyuan:epc": _key(state), "suyuan:tid": CHIPS[state].hex().upper()}]}


def _key(state: VerdictState) -> str:
    return f"https://id.gs1.org/01/{GTIN}/21/{serial(state)}"


def _lot(state: VerdictState) -> str:
    return {"held": "L-H", "recalled": "L-R", "expired": "L-E", "attention": "L-A"}.get(state.value, "L-7")


def _last_day(state: VerdictState, today: date) -> date:
    days = {VerdictState.EXPIRED: -3, VerdictState.ATTENTION: 1}.get(state, 200)
    return today + timedelta(days=days)


def _register(live: Live, now: datetime) -> str:
    """The producer of the goods."""
    with Writing(live.house.engine) as writing:

        def entered(kind: Any, **values: str) -> str:
            entry, found = read_sheet(kind, values)
            assert entry is not None, found
            give = giving(live.url)
            return enter_all(writing, [entry], by=_ADMIN, now=now, give=give, confirmed=True)[0].key

        party = entered(
            "party", roles="producer", name_zh="山下合作社", name_en="Hillfoot Co-op", district="330106"
        )
        zh, en = _NAMES
        entered("product", identifier=GTIN, name_zh=zh, name_en=en, producer=party, net_content="100 g")
    return party


def _event(
    time: datetime, step: str, disposition: str, state: VerdictState, *, action: str = "OBSERVE", **more: Any
) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "action": action,
        "bizStep": step,
        "disposition": disposition,
        "eventTime": time.isoformat(),
        "eventTimeZoneOffset": "+08:00",
        "epcList": [_key(state)],
        "readPoint": {"id": PLACE},
        "bizLocation": {"id": PLACE},
        **more,
    }


def _capture(live: Live, token: str, events: list[dict[str, Any]], now: datetime) -> None:
    document = {
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"suyuan": "https://ns.suyuan.example/"},
        ],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": now.isoformat(),
        "epcisBody": {"eventList": events},
    }
    headers = {"Authorization": f"Bearer {token}"}
    told = httpx.post(f"{live.url}/capture", json=document, headers=headers)
    assert told.status_code == 202, told.text
    job = httpx.get(live.url + told.headers["Location"], headers=headers).json()
    assert job["success"], job


def _stop(live: Live, state: VerdictState, act: Act, now: datetime) -> None:
    """A case upon the lot of this state, proposed by one officer and confirmed by another."""
    draft = CaseDraft(
        title=Text("鲜肉粽 单核细胞增生李斯特菌", "Pork zongzi: Listeria"),
        reason=Text("抽检检出李斯特菌。", "Listeria was found in a sample."),
        hazard="microbial",
        recall_class=1,
        what_to_do=Text("请勿食用，凭包装到购买处退款。", "Do not eat it; bring it back for a refund."),
        contact="12315",
        suspects=(Suspect(f"https://id.gs1.org/01/{GTIN}/10/{_lot(state)}"),),
        initiative=Initiative.ORDERED,
        known_at=now,
    )
    number = live.house.desk.draft(draft, _ONE).number
    proposed = live.house.desk.propose(number, act, _ONE, "Listeria").proposal
    assert proposed is not None
    live.house.desk.confirm(number, proposed.number, _TWO)


def now() -> datetime:
    """The clock of the real world: the platform of these tests goes by it."""
    return datetime.now(UTC)
