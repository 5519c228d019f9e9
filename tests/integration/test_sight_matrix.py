"""Who sees what: party x record x action, over the real application (decision 0005).

The table is the documentation. ``owner`` is the plant; ``upstream`` its supplier, ``downstream`` its
customer, ``rival`` another customer of that supplier; ``competent`` the authority of the plant's stage and
region, ``other`` one of another region, ``conducting`` one of another region and stage that conducts the
case; ``device`` a station of the owner.

======  ==========================================================================================
yes     whole and as it is
part    the origin of what was received: who, when, where; not of what, how much, for whom
no      as absent as what never was
tells   refused in words that name the competent authority
shut    refused by role, whatever it is
sign    asked to sign in
======  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import update
from tests.integration.market import (
    AUTHORITIES,
    EVENTS,
    FARM_A,
    FARM_B,
    ITEM_KEYS,
    LOT,
    PLANT,
    SECOND,
    SECOND_LOT,
    SHOP,
    TWICE,
    TWICE_LOT,
    Market,
    open_market,
)

from suyuan.trace.gs1 import identify
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import EVERYTHING, Viewer

WHO = (
    "owner", "upstream", "downstream", "rival", "competent", "other", "conducting", "admin", "anonymous",
    "device",
)  # fmt: skip

READING = """
                          owner up    down  rival comp  other cond  admin anon  device
own event         list    yes   no    no    no    yes   no    no    yes   sign  yes
own event         read    yes   no    part  no    yes   tells yes   yes   sign  yes
own event         export  yes   no    part  no    yes   tells yes   yes   sign  yes
own event         page    yes   no    part  no    yes   tells yes   yes   sign  shut
hand-over         list    yes   no    yes   no    yes   no    no    yes   sign  yes
hand-over         read    yes   no    yes   no    yes   tells yes   yes   sign  yes
hand-over         export  yes   no    yes   no    yes   tells yes   yes   sign  yes
hand-over         page    yes   no    yes   no    yes   tells yes   yes   sign  shut
supplier's other  list    no    yes   no    yes   yes   no    no    yes   sign  no
supplier's other  read    no    yes   no    yes   yes   tells tells yes   sign  no
supplier's other  export  no    yes   no    yes   yes   tells tells yes   sign  no
supplier's other  page    no    yes   no    yes   yes   tells tells yes   sign  shut
origin of supply  read    part  yes   no    part  tells tells yes   yes   sign  part
sale by customer  read    no    no    yes   no    tells tells yes   yes   sign  no
the lot           page    yes   no    yes   no    yes   tells yes   yes   sign  shut
the lot           trace   yes   no    yes   no    yes   tells yes   yes   sign  yes
lot document      read    yes   no    yes   no    yes   no    no    yes   sign  shut
product entry     list    yes   no    yes   no    yes   no    no    yes   sign  shut
product entry     read    yes   no    yes   no    yes   no    no    yes   sign  shut
product entry     export  yes   no    yes   no    yes   no    no    yes   sign  shut
place entry       list    yes   yes   no    no    yes   no    no    yes   sign  shut
place entry       read    yes   yes   no    no    yes   no    no    yes   sign  shut
place entry       export  yes   yes   no    no    yes   no    no    yes   sign  shut
two-name product  list    yes   no    yes   no    yes   no    no    yes   sign  shut
two-name product  read    yes   no    yes   no    yes   no    no    yes   sign  shut
two-name product  export  yes   no    yes   no    yes   no    no    yes   sign  shut
two-name product  find    yes   no    yes   no    yes   no    no    yes   sign  shut
two-name lot      list    yes   no    yes   no    yes   no    no    yes   sign  shut
two-name lot      read    yes   no    yes   no    yes   no    no    yes   sign  shut
two-name lot      export  yes   no    yes   no    yes   no    no    yes   sign  shut
two-name place    list    yes   yes   no    no    yes   no    no    yes   sign  shut
two-name place    read    yes   yes   no    no    yes   no    no    yes   sign  shut
two-name point    list    yes   yes   no    no    yes   no    no    yes   sign  shut
device            list    yes   no    no    no    shut  shut  shut  yes   sign  shut
label job         list    yes   no    no    no    shut  shut  shut  yes   sign  shut
label job         read    yes   no    no    no    shut  shut  shut  yes   sign  shut
label job         export  yes   no    no    no    shut  shut  shut  yes   sign  shut
complaint         list    shut  shut  shut  shut  yes   no    no    yes   sign  shut
complaint         read    shut  shut  shut  shut  yes   no    no    yes   sign  shut
receipt           read    shut  shut  shut  shut  tells tells yes   yes   sign  shut
case              list    no    no    no    no    no    no    yes   yes   sign  shut
case              read    no    no    no    no    no    no    yes   yes   sign  shut
"""

ACTING = """
                          owner up    down  rival comp  other cond  admin anon  device
own event         amend   shut  shut  shut  shut  shut  shut  shut  yes   sign  yes
product entry     amend   yes   no    shut  no    shut  no    no    yes   sign  shut
place entry       amend   yes   shut  no    no    shut  no    no    yes   sign  shut
product entry     decide  shut  shut  shut  shut  shut  shut  shut  yes   sign  shut
device            decide  yes   no    no    no    shut  shut  shut  yes   sign  shut
complaint         decide  shut  shut  shut  shut  yes   no    no    yes   sign  shut
case              decide  no    no    no    no    no    no    yes   shut  sign  shut
"""

NAMES = {
    "own event": "plant makes",
    "hand-over": "plant ships",
    "supplier's other": "A ships to rival",
    "origin of supply": "born A",
    "sale by customer": "shop sells",
}


def cells(table: str) -> Iterator[tuple[str, str, str, str]]:
    """(record, action, who, expected) of every cell."""
    _, _, *rows = table.splitlines()
    for row in rows:
        record, (action, *answers) = row[:18].strip(), row[18:].split()
        for who, answer in zip(WHO, answers, strict=True):
            yield record, action, who, answer


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with open_market(tmp_path_factory.mktemp("market")) as opened:
        yield opened


@pytest.fixture
def fresh_market(tmp_path: Path) -> Iterator[Market]:
    with open_market(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(("record", "action", "who", "expected"), list(cells(READING)))
def test_who_reads_what(market: Market, record: str, action: str, who: str, expected: str) -> None:
    assert READ[record, action](market, who) == expected


@pytest.mark.parametrize(("record", "action"), sorted({cell[:2] for cell in cells(ACTING)}))
def test_who_does_what(fresh_market: Market, record: str, action: str) -> None:
    """Refusals first, each of which must leave everything as it was: else the next one's would differ."""
    expected = {who: answer for r, a, who, answer in cells(ACTING) if (r, a) == (record, action)}
    told = {}
    for who in sorted(expected, key=lambda who: expected[who] == "yes"):
        told[who] = ACT[record, action](fresh_market, who)
    assert told == expected


HIDDEN = (
    ({"MATCH_anyEPCClass": FARM_A.lot("FA-1187")}, {"MATCH_anyEPCClass": FARM_A.lot("FR-6650")}),
    ({"MATCH_inputEPCClass": FARM_A.lot("FA-1187")}, {"MATCH_inputEPCClass": FARM_A.lot("FR-6650")}),
    ({"MATCH_outputEPC": ITEM_KEYS[1]}, {"MATCH_outputEPC": ITEM_KEYS[1] + "0"}),
    ({"GE_quantity": "1"}, {"GE_quantity": "100000"}),
    ({"EXISTS_ILMD_cbvmda:lotNumber": "true"}, {"EXISTS_sensorElementList": "true"}),
    ({"orderBy": "cbvmda:lotNumber"}, {"orderBy": "cbvmda:itemExpirationDate"}),
)


@pytest.mark.parametrize(("true", "false"), HIDDEN)
def test_what_is_withheld_of_an_origin_is_not_found_out_by_asking(
    market: Market, true: dict[str, str], false: dict[str, str]
) -> None:
    def found(more: dict[str, str]) -> set[str]:
        answer = market.ask("downstream", "GET", "/events", params={"MATCH_anyEPC": ITEM_KEYS[0], **more})
        assert answer.status_code == 200, answer.text
        return {name for name, event_id in EVENTS.items() if event_id in answer.text}

    assert "plant makes" in found({})
    assert "plant makes" in found({"EQ_bizStep": "commissioning"})
    assert "plant makes" not in found({"EQ_bizStep": "shipping"})
    assert "plant makes" not in found(true) | found(false)


# How each cell is asked


def _event_answer(answer: Any, secret: str) -> str:
    """What an answer that should hold an event amounts to."""
    if (refused := _refused(answer)) is not None:
        return refused
    if "suyuan:withheld" not in answer.text:
        return "yes"
    assert secret not in answer.text
    assert identify(secret).gtin not in answer.text or FARM_A.product in secret
    return "part"


def _refused(answer: Any) -> str | None:
    match answer.status_code:
        case 401:
            return "sign"
        case 303 if answer.headers["location"].startswith("/sign-in"):
            return "sign"
        case 403 if "lies-elsewhere" in answer.text:
            return "tells"
        case 403:
            return "shut"
        case 404:
            return "no"
        case status:
            assert status == 200, answer.text
            return None


def _secret(name: str, who: str) -> str:
    """What the origin of what one received must not tell: other suppliers, and other customers' lots."""
    if name == "plant makes":
        return FARM_B.lot("FB-2291")
    return FARM_A.lot("FA-1187" if who == "rival" else "FR-6650")


def _list_event(name: str) -> Callable[[Market, str], str]:
    def ask(market: Market, who: str) -> str:
        answer = market.ask(who, "GET", "/events", params={"perPage": "100"})
        if (refused := _refused(answer)) is not None:
            return refused
        return "yes" if EVENTS[name] in answer.text else "no"

    return ask


def _read_event(name: str, accept: str = "application/json") -> Callable[[Market, str], str]:
    def ask(market: Market, who: str) -> str:
        answer = market.ask(who, "GET", f"/events/{EVENTS[name]}", headers={"Accept": accept})
        return _event_answer(answer, _secret(name, who))

    return ask


def _event_page(name: str) -> Callable[[Market, str], str]:
    def ask(market: Market, who: str) -> str:
        answer = market.ask(who, "GET", f"/console/event/{market.evidence[name]}")
        return _event_answer(answer, _secret(name, who))

    return ask


def _page(path: Callable[[Market], str], wanted: Callable[[Market], str]) -> Callable[[Market, str], str]:
    """A page that shows something, or not."""

    def ask(market: Market, who: str) -> str:
        answer = market.ask(who, "GET", path(market), params={"lang": "en"})
        if (refused := _refused(answer)) is not None:
            return refused
        return "yes" if wanted(market) in answer.text else "no"

    return ask


def _under_both(first: str, second: str, wanted: str) -> Callable[[Market, str], str]:
    """The page of an entry, which must be the same under each of its names."""

    def ask(market: Market, who: str) -> str:
        told = {
            _page(lambda _, key=key: f"/console/register/entry/{key}", lambda _: wanted)(market, who)
            for key in (first, second)
        }
        assert len(told) == 1, told
        return told.pop()

    return ask


def _trace(market: Market, who: str) -> str:
    answer = market.ask(who, "GET", "/trace", params={"suspect": LOT})
    return _refused(answer) or ("yes" if LOT in {one["key"] for one in answer.json()["states"]} else "no")


def _receipt(market: Market, who: str) -> str:
    """The lots of a purchase at the shop in Beijing, which is no place of these authorities."""
    asked = {"shop": SHOP.place, "product": PLANT.product, "day": "2026-11-08", "lang": "en"}
    answer = market.ask(who, "GET", "/console/receipt", params=asked)
    if answer.status_code == 403 and "beyond the competence of your authority" in answer.text:
        assert "PL-7301" not in answer.text
        assert "灯市口" not in answer.text
        return "tells"
    return _refused(answer) or ("yes" if "PL-7301" in answer.text else "no")


READ: dict[tuple[str, str], Callable[[Market, str], str]] = {
    ("the lot", "page"): _page(lambda _: f"/console/object/{LOT}", lambda _: "PL-7301"),
    ("the lot", "trace"): _trace,
    ("lot document", "read"): _page(lambda _: f"/console/register/entry/{LOT}", lambda _: "DOC-PLANT-1"),
    ("product entry", "list"): _page(lambda _: "/console/register/product", lambda _: "江南食品产品"),
    ("product entry", "read"): _page(
        lambda _: f"/console/register/entry/{PLANT.product}", lambda _: "江南食品产品"
    ),
    ("product entry", "export"): _page(
        lambda _: "/console/register/product/export.csv", lambda _: "江南食品产品"
    ),
    ("place entry", "list"): _page(lambda _: "/console/register/place", lambda _: "江南食品场所"),
    ("place entry", "read"): _page(
        lambda _: f"/console/register/entry/{PLANT.place}", lambda _: "江南食品场所"
    ),
    ("place entry", "export"): _page(
        lambda _: "/console/register/place/export.csv", lambda _: "江南食品场所"
    ),
    ("two-name product", "list"): _page(lambda _: "/console/register/product", lambda _: "双码产品"),
    ("two-name product", "read"): _under_both(TWICE.product, SECOND.product, "双码产品"),
    ("two-name product", "export"): _page(
        lambda _: "/console/register/product/export.csv", lambda _: "双码产品"
    ),
    ("two-name product", "find"): _page(
        lambda _: f"/console/register/product?text={SECOND.product[-14:]}", lambda _: "双码产品"
    ),
    ("two-name lot", "list"): _page(lambda _: "/console/register/lot", lambda _: "TW-4471"),
    ("two-name lot", "read"): _under_both(TWICE_LOT, SECOND_LOT, "双码产品"),
    ("two-name lot", "export"): _page(lambda _: "/console/register/lot/export.csv", lambda _: "TW-4471"),
    ("two-name place", "list"): _page(lambda _: "/console/register/place", lambda _: "双码场所"),
    ("two-name place", "read"): _under_both(TWICE.place, SECOND.place, "双码场所"),
    ("two-name point", "list"): _page(lambda _: "/console/register/read_point", lambda _: "双码大门"),
    ("device", "list"): _page(lambda _: "/console/devices", lambda _: "device-江南食品"),
    ("label job", "list"): _page(lambda _: "/console/labels", lambda _: f"job-{PLANT.number}"),
    ("label job", "read"): _page(
        lambda _: f"/console/labels/job-{PLANT.number}", lambda _: f"job-{PLANT.number}"
    ),
    ("label job", "export"): _page(
        lambda _: f"/console/labels/job-{PLANT.number}/tags.csv", lambda _: f"LABEL{PLANT.number}"
    ),
    ("complaint", "list"): _page(lambda _: "/console/complaints", lambda market: market.complaint),
    ("complaint", "read"): _page(
        lambda market: f"/console/complaints/{market.complaint}", lambda market: market.complaint
    ),
    ("receipt", "read"): _receipt,
    ("case", "list"): _page(lambda _: "/console", lambda market: market.case),
    ("case", "read"): _page(lambda market: f"/console/case/{market.case}", lambda market: market.case),
}
for _record, _name in NAMES.items():
    READ[_record, "list"] = _list_event(_name)
    READ[_record, "read"] = _read_event(_name)
    READ[_record, "export"] = _read_event(_name, "application/xml")
    READ[_record, "page"] = _event_page(_name)


def _post(path: Callable[[Market], str], **form: str) -> Callable[[Market, str], str]:
    """A form that is sent; 303 elsewhere than to sign in is its success."""

    def ask(market: Market, who: str) -> str:
        answer = market.ask(who, "POST", path(market), data=form)
        if answer.status_code in (201, 202, 303) and not answer.headers["location"].startswith("/sign-in"):
            return "yes"
        return _refused(answer) or f"200 {answer.text[:2000]}"

    return ask


def _declare_wrong(market: Market, who: str) -> str:
    """An error declaration of the plant's own event."""
    stored = orjson.loads(market.ask("admin", "GET", f"/events/{EVENTS['plant packs']}").content)[
        "epcisBody"
    ]["queryResults"]["resultsBody"]["eventList"][0]
    stored.pop("recordTime")
    stored["errorDeclaration"] = {"declarationTime": "2026-11-19T00:00:00Z"}
    stored["@context"] = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
    answer = market.ask(
        who, "POST", "/events", content=orjson.dumps(stored), headers={"Content-Type": "application/json"}
    )
    return "yes" if answer.status_code == 201 else _refused(answer) or answer.text


def _standing(act: str, key: str, state: str) -> Callable[[Market], str]:
    """The address of an act upon an entry, which is in the state in which the act is possible."""

    def path(market: Market) -> str:
        with Writing(market.house.engine) as writing:
            writing.connection.execute(update(EntryRow).where(EntryRow.key == key).values(state=state))
        return f"/console/register/{act}/{key}"

    return path


ACT: dict[tuple[str, str], Callable[[Market, str], str]] = {
    ("own event", "amend"): _declare_wrong,
    ("product entry", "amend"): _post(_standing("withdraw", PLANT.product, "approved"), note="given up"),
    ("place entry", "amend"): _post(_standing("withdraw", PLANT.place, "approved"), note="given up"),
    ("product entry", "decide"): _post(
        _standing("decide", PLANT.product, "pending"), decision="refuse", note="no"
    ),
    ("device", "decide"): _post(lambda _: f"/console/devices/id-{PLANT.number}/revoke", sure="1"),
    ("complaint", "decide"): _post(
        lambda market: f"/console/complaints/{market.complaint}/note", text="looked at", state=""
    ),
    ("case", "decide"): _post(
        lambda market: f"/console/case/{market.case}/propose/release", reason="a mistake", sure="1"
    ),
}


def test_a_company_is_told_of_holds_on_its_goods_and_of_nothing_else(fresh_market: Market) -> None:
    """Decision 0005: a notice with its own lines, not the case."""
    authority = Viewer("conducting", "regulator", AUTHORITIES["conducting"][0], EVERYTHING)
    assert "退货" not in fresh_market.ask("owner", "GET", "/console").text
    fresh_market.house.desk.hold_at_once(fresh_market.case, authority, "Residues found")
    told = {who: fresh_market.ask(who, "GET", "/console", params={"lang": "zh-CN"}).text for who in WHO[:4]}
    assert "退货" in told["owner"]
    assert "江南食品场所" in told["owner"]
    assert "案件甲" not in told["owner"]  # its title waits for the recall
    assert "灯市口" not in told["owner"]
    assert "退货" in told["downstream"]
    assert "灯市口超市场所" in told["downstream"]
    for who in ("upstream", "rival"):
        assert "退货" not in told[who]
        assert fresh_market.case not in told[who]
