"""Own identifiers and labels on a real store: numbers, serials, label jobs, and a chain of own goods."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import Engine
from starlette.testclient import TestClient
from tests.integration.farm import ADMIN, HERE, HOME, NOW, PASSWORD, Farm, entered, farming

from suyuan.api.app import application
from suyuan.api.house import House
from suyuan.api.labelling import LabelDesk, OrderWrong, PrefixClaimed
from suyuan.api.settings import PublicUrlMissing, Settings, read_settings
from suyuan.portal.labels import UNITS, Order, faces
from suyuan.portal.sheet import SymbolUnreadable
from suyuan.portal.typeface import TypefaceUnfit, standard_typeface
from suyuan.readers.virtual.printer import VirtualPrinter
from suyuan.trace.errors import NotAllowed, NotFound
from suyuan.trace.gs1 import check_digit, decode_epc, identify
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import Act, CaseDraft, Initiative
from suyuan.trace.register.identifiers import (
    NumbersExhausted,
    PrefixInvalid,
    begin_series,
    fix_namespace,
    namespace,
    new_gs1,
    new_own,
    new_owns,
    new_point,
    taken,
)
from suyuan.trace.register.labels import Carrier, CarrierUnfit, draw_serial, draw_uhf_serial
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import EVERYTHING, Viewer

OFFICERS = tuple(
    Viewer(name, "regulator", "https://ns.suyuan.example/party/bureau", EVERYTHING) for name in ("one", "two")
)


@pytest.fixture
def settings() -> Settings:
    return read_settings({"SUYUAN_VAR": "unused", "SUYUAN_PUBLIC_URL": HERE})


@pytest.fixture
def farm(engine: Engine, settings: Settings) -> Iterator[Farm]:
    with farming(engine, settings) as made:
        yield made


def test_the_namespace_is_fixed_once(engine: Engine) -> None:
    with Reading(engine) as reading:
        assert namespace(reading) == ""
    with Writing(engine) as writing:
        assert fix_namespace(writing, "http://first.example/s/") == "https://first.example/s"
    with Writing(engine) as writing:
        assert fix_namespace(writing, "https://second.example") == "https://first.example/s"


def test_own_numbers_rise_and_never_come_again(engine: Engine) -> None:
    keys: list[str] = []
    for _ in range(3):
        with Writing(engine) as writing:
            keys += [one.key for one in new_owns(writing, "product", HERE, 40)]
            keys.append(new_own(writing, "party", HERE).key)
    assert len(set(keys)) == 123
    assert all(identify(key).own for key in keys)
    with Writing(engine) as writing:
        place = new_own(writing, "place", HERE)
        points = [new_point(writing, place).key for _ in range(2)]
        gln = new_point(writing, identify("https://id.gs1.org/414/9521234000006"))
    assert points == [f"{place.key}/point/1", f"{place.key}/point/2"]
    assert gln.key == "https://id.gs1.org/414/9521234000006/254/1"


def test_a_number_given_out_in_a_unit_that_fails_was_not_given(engine: Engine) -> None:
    def give(*, fails: bool) -> str:
        with Writing(engine) as writing:
            given.append(new_own(writing, "product", HERE).key)
            return given[1 if fails else 0]

    given: list[str] = []
    with pytest.raises(IndexError):
        give(fails=True)
    give(fails=False)
    assert given[0] == given[1]


def test_numbers_of_gs1_come_only_under_a_prefix_and_say_when_they_end(engine: Engine) -> None:
    with Writing(engine) as writing:
        units = new_gs1(writing, "00", "6901234", 3)
        begin_series(writing, "01", "6901234567", 97)
        gtin = new_gs1(writing, "01", "6901234567")[0]
    bodies = [f"06901234{number:09}" for number in range(3)]
    assert [unit.sscc for unit in units] == [f"{body}{check_digit(body)}" for body in bodies]
    assert gtin.gtin == f"0690123456797{check_digit('690123456797')}"
    with pytest.raises(NumbersExhausted) as end, Writing(engine) as writing:
        new_gs1(writing, "01", "6901234567", 3)
    assert (end.value.fields["left"], end.value.fields["count"]) == (2, 3)
    with Writing(engine) as writing:
        assert len(new_gs1(writing, "01", "6901234567", 2)) == 2
    for wrong in ("69", "2012345", "69012A4", "9771234", "690123456789"):
        with pytest.raises(PrefixInvalid), Writing(engine) as writing:
            new_gs1(writing, "01", wrong)


def test_the_last_sscc_has_the_last_extension_digit(engine: Engine) -> None:
    with Writing(engine) as writing:
        begin_series(writing, "00", "690123456789", 99_999)
        assert (
            new_gs1(writing, "00", "690123456789")[0].sscc
            == f"96901234567899999{check_digit('96901234567899999')}"
        )


def test_serials_cannot_be_guessed() -> None:
    serials = [draw_serial(secrets.token_bytes) for _ in range(4000)]
    assert len(set(serials)) == 4000
    assert {len(serial) for serial in serials} == {12}
    for place in range(12):  # every place takes every one of the 32 characters: nothing counts up
        assert len({serial[place] for serial in serials}) == 32
    rising = sum(first < second for first, second in pairwise(serials))
    assert 1700 < rising < 2300  # a counter would give 3999, six standard deviations are 190
    numbers = [draw_uhf_serial(secrets.token_bytes) for _ in range(4000)]
    assert len(set(numbers)) == 4000
    assert all(number[0] != "0" and 0 < int(number) < 2**38 for number in numbers)
    assert 1700 < sum(int(a) < int(b) for a, b in pairwise(numbers)) < 2300


def test_a_serial_that_was_given_out_is_drawn_again(farm: Farm) -> None:
    """A source of randomness that repeats itself: every identity is still given out once."""
    once = iter([*[b"\1" * 8] * 3, *(bytes([n] * 8) for n in range(2, 60))])
    desk = LabelDesk(
        farm.house.engine,
        read_settings({"SUYUAN_PUBLIC_URL": HERE}),
        lambda: NOW,
        lambda count: next(once)[:count],
        farm.house.passport,
    )
    first = desk.make(farm.viewer, Order(farm.lot, 2, "nfc"))
    second = desk.make(farm.viewer, Order(farm.lot, 2, "nfc"))
    keys = [tag.key for job in (first, second) for tag in desk.job(farm.viewer, job)[1]]
    assert len(set(keys)) == 4


def test_labels_of_an_own_lot_are_printed_read_back_and_the_same_again(farm: Farm) -> None:
    farm.sign_in()
    page = farm.client.get("/console/labels?lang=en")
    assert page.status_code == 200
    assert "Pork zongzi" in page.text
    sent = {"subject": farm.lot, "count": "30", "carrier": "sheet", "form": "a4-24", "symbology": "qr",
            "level": "Q", "prefix": ""}  # fmt: skip
    answer = farm.client.post("/console/labels", data=sent, headers={"Origin": HERE}, follow_redirects=False)
    assert answer.status_code == 303
    path = answer.headers["Location"]
    job = farm.client.get(
        f"/api/labels/{path.rpartition('/')[2]}", headers={"Authorization": f"Bearer {farm.token}"}
    )
    links = [label["link"] for label in job.json()["labels"]]
    assert len(set(links)) == 30
    assert all(link.startswith(f"{farm.lot.replace('https', 'http')}/serial/") for link in links)
    shown = farm.client.get(f"{path}?lang=en").text
    assert "Preview of the first label" in shown
    told = re.findall(r'<a class="code" href="([^"]+)"><bdi>([^<]+)', shown)
    assert told
    for href, read in told:
        assert href in links
        assert "/lot/端午-7/serial/" in read
        assert quote(read, safe="/:") == href
    paper = farm.client.get(f"{path}/labels.pdf").content
    assert farm.client.get(f"{path}/labels.pdf").content == paper
    assert decoded(paper, 203) == set(links)
    assert b"<svg" in farm.client.get(f"{path}/first.svg").content
    rows = farm.client.get(f"{path}/tags.csv").content.decode("utf-8-sig").splitlines()
    assert rows[0] == "number,epc,text,link"
    assert len(rows) == 31
    with Reading(farm.house.engine) as reading:
        assert taken(reading, [identify(links[0]).key])


def test_where_no_typeface_can_be_embedded_both_pages_say_what_to_install(
    farm: Farm, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.api.labelling.find_typeface", standard_typeface)
    job = farm.desk.make(farm.viewer, Order(farm.lot, 1))
    with TestClient(application(settings, farm.house, lambda: NOW)) as client:
        bare = replace(farm, client=client)
        bare.sign_in()
        for path in ("/console/labels", f"/console/labels/{job}"):
            assert "fonts-wqy-microhei" in client.get(f"{path}?lang=en").text
            assert "标签里的中文可能打印不出来" in client.get(f"{path}?lang=zh-CN").text


def test_a_typeface_that_cannot_be_embedded_stops_the_start(farm: Farm, tmp_path: Path) -> None:
    environ = {"SUYUAN_PUBLIC_URL": HERE, "SUYUAN_LABEL_FONT": str(tmp_path / "absent.ttf")}
    with pytest.raises(TypefaceUnfit, match=r"absent\.ttf"):
        application(read_settings(environ), farm.house, lambda: NOW)


def test_an_own_identifier_is_told_apart_from_the_link_that_opens_its_page(farm: Farm) -> None:
    """The key says https also where the platform is reached by http only."""
    farm.sign_in()
    assert farm.lot.startswith(HOME)
    for page in ("register/entry", "object"):
        for language, told in (("en", "the link on the label opens the page"), ("zh-CN", "不是网址")):
            shown = farm.client.get(f"/console/{page}/{farm.product}?lang={language}").text
            assert told in shown, (page, language)
    assert farm.client.get(farm.product.replace(HOME, HERE)).status_code == 200


def test_a_device_is_told_the_newest_jobs_of_its_company_and_what_stands_on_their_labels(farm: Farm) -> None:
    jobs = [farm.desk.make(farm.viewer, Order(farm.lot, 1, "nfc")) for _ in range(21)]
    headers = {"Authorization": f"Bearer {farm.token}"}
    listed = farm.client.get("/api/labels", headers=headers).json()["jobs"]
    assert len(listed) == 20
    assert {one["job"] for one in listed} < set(jobs)
    told = farm.client.get(f"/api/labels/{listed[0]['job']}", headers=headers).json()
    assert {name: told[name] for name in listed[0]} == listed[0]
    assert told["subject"] == farm.lot
    assert told["about"]["name_en"] == "Pork zongzi"
    assert told["about"]["lot"] == identify(farm.lot).lot
    assert farm.client.get("/api/labels").status_code == 401
    missing = farm.client.get("/api/labels/0000000000000000", headers=headers)
    assert missing.status_code == 404


def decoded(pdf: bytes, dpi: int, formats: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.All) -> set[str]:
    paper: Any = pypdfium2.PdfDocument(pdf)
    found: set[str] = set()
    for number in range(len(paper)):
        image = paper[number].render(scale=dpi / 72).to_pil().convert("L")
        found |= {one.text for one in zxingcpp.read_barcodes(image, zxingcpp.BarcodeFormats(formats))}
    paper.close()
    return found


def test_goods_without_gs1_codes_go_the_whole_way(farm: Farm) -> None:
    """Commissioned, packed, shipped, received, sold, scanned, traced back: nothing knows a difference."""
    items = [tag.link for tag in made(farm, Order(farm.lot, 3, "nfc"))]
    unit = made(farm, Order(UNITS, 1, "nfc"))[0].link
    farm.tell(
        event(1, "ADD", "commissioning", epcList=items, bizLocation={"id": farm.shed},
              ilmd={"cbvmda:bestBeforeDate": "2027-05-18"}),
        {**event(2, "ADD", "packing", parentID=unit, childEPCs=items[:2], bizLocation={"id": farm.shed}),
         "type": "AggregationEvent"},
        event(3, "OBSERVE", "shipping", epcList=[unit], readPoint={"id": f"{farm.shed}/point/1"}),
        event(4, "OBSERVE", "receiving", epcList=[unit], bizLocation={"id": farm.shop}),
        {**event(5, "DELETE", "unpacking", parentID=unit, childEPCs=[], bizLocation={"id": farm.shop}),
         "type": "AggregationEvent"},
        event(6, "OBSERVE", "retail_selling", epcList=items[:1], disposition="retail_sold",
              bizLocation={"id": farm.shop}),
    )  # fmt: skip
    path = items[0].removeprefix(HERE)
    page = farm.client.get(f"{path}?lang=en")
    assert page.status_code == 200
    assert "Pork zongzi" in page.text
    assert "given by a platform, not a GS1 code" in page.text
    assert "编码由平台分配，不是 GS1 编码" in farm.client.get(f"{path}?lang=zh-CN").text
    passport = farm.house.passport(path)
    assert passport.verdict.state == "sold"
    assert (passport.lot, passport.gtin, passport.digital_link) == ("端午-7", None, items[0])
    assert [step.step for step in passport.journey][:3] == ["commissioning", "packing", "shipping"]
    back = farm.house.trace([Suspect(identify(items[0]).key)], Options(direction="backward"))
    assert {state.kind for state in back.states} >= {"item", "lot", "unit", "place"}
    scope = farm.house.scope([Suspect(farm.lot)], Options())
    assert {(line.place, line.status, line.hold) for line in scope.lines} == {
        (farm.shed, "in_stock", 1.0),
        (farm.shop, "in_stock", 1.0),
        (farm.shop, "sold", 1.0),
    }
    assert [label.key for label in farm.house.seen_by(ADMIN).search(identify(items[0]).serial or "")] == [
        identify(items[0]).key
    ]
    assert farm.house.label(identify(unit).key).kind == "unit"
    case = farm.house.desk.draft(hold_of(farm.lot), OFFICERS[0])
    proposed = farm.house.desk.propose(case.number, Act.HOLD, OFFICERS[0], "Listeria").proposal
    assert proposed is not None
    farm.house.desk.confirm(case.number, proposed.number, OFFICERS[1])
    for link in items:
        assert farm.house.passport(link.removeprefix(HERE)).verdict.state == "held"
    stopped = orjson.loads(base64.b64decode(orjson.loads(farm.house.block_list())["payload"]))["keys"]
    assert {farm.lot, *(identify(link).key for link in items)} <= stopped.keys()


def hold_of(lot: str) -> CaseDraft:
    return CaseDraft(
        title=Text("暂停销售", "Hold"),
        reason=Text("", "Listeria"),
        hazard="microbial",
        recall_class=1,
        what_to_do=Text("", "Bring it back"),
        contact="+86 10 1234",
        suspects=(Suspect(lot),),
        initiative=Initiative.ORDERED,
        known_at=NOW,
    )


def event(number: int, action: str, step: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:0193429a-0000-7000-8000-{number:012}",
        "eventTime": f"2026-11-19T{8 + number:02}:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": action,
        "bizStep": step,
        **more,
    }


def made(farm: Farm, order: Order) -> Any:
    return farm.desk.job(farm.viewer, farm.desk.make(farm.viewer, order))[1]


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/own/product/P00002A", 400, "mistyped"),
        ("/own/product/blue-shirt", 400, "may stand there"),
        ("/own/recipe/R000019", 404, "names no goods"),
        ("/own/product/P000Z7N", 404, "on record"),
        ("/other/elsewhere.example/own/product/P00001A", 404, "on record"),
    ],
)
def test_a_scanned_code_that_leads_nowhere_says_what_is_wrong(
    farm: Farm, path: str, status: int, told: str
) -> None:
    answer = farm.client.get(f"{path}?lang=en", headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    assert told in answer.text


def test_logistic_units_get_an_sscc_under_the_partys_prefix_and_a_bar_code(farm: Farm) -> None:
    job = farm.desk.make(farm.viewer, Order(UNITS, 4, "sheet", form="a4-4", prefix="690 1234"))
    farm.sign_in()
    paper = farm.client.get(f"/console/labels/{job}/labels.pdf").content
    ssccs = [identify(tag.key).sscc for tag in farm.desk.job(farm.viewer, job)[1]]
    assert decoded(paper, 203) == {text for sscc in ssccs for text in (f"{HERE}/00/{sscc}", f"(00){sscc}")}
    assert farm.desk.prefix(farm.viewer) == "6901234"
    other = Viewer("rival", "company", "https://id.gs1.org/417/9521234000006")
    with pytest.raises(PrefixClaimed):
        farm.desk.make(other, Order(UNITS, 1, "sheet", form="a4-4", prefix="6901234"))


def test_uhf_tags_hold_numbers_of_gs1_only(farm: Farm) -> None:
    with pytest.raises(CarrierUnfit):
        farm.desk.make(farm.viewer, Order(farm.lot, 1, "uhf"))
    with Writing(farm.house.engine) as writing:
        product = entered(writing, "product", identifier="6901234567892", name_zh="腊肉", producer=farm.party)
        lot = entered(writing, "lot", product=product, lot="L7")
    with pytest.raises(OrderWrong, match="company prefix"):
        farm.desk.make(farm.viewer, Order(lot, 1, "uhf"))
    with pytest.raises(OrderWrong, match="does not begin"):
        farm.desk.make(farm.viewer, Order(lot, 1, "uhf", prefix="6909999"))
    tag = made(farm, Order(lot, 1, "uhf", prefix="6901234"))[0]
    found = decode_epc(bytes.fromhex(tag.epc))
    assert (found.identifier.key, found.scheme) == (tag.key, "SGTIN-96")
    assert identify(tag.link).lot == "L7"


@pytest.mark.parametrize(
    ("carrier", "form"), [("uhf", "a4-24"), ("sheet", "roll-60x40"), ("nfc", "roll-60x40")]
)
def test_labels_that_a_label_printer_would_spoil_are_not_given_out(
    farm: Farm, monkeypatch: pytest.MonkeyPatch, carrier: Carrier, form: str
) -> None:
    with Writing(farm.house.engine) as writing:
        product = entered(writing, "product", identifier="6901234567892", name_zh="腊肉", producer=farm.party)
        lot = entered(writing, "lot", product=product, lot="L7")

    def spoilt(_symbology: str, _seen: object) -> str:
        return ""

    monkeypatch.setattr("suyuan.portal.bitmap.decode", spoilt)
    with pytest.raises(SymbolUnreadable):
        farm.desk.make(farm.viewer, Order(lot, 2, carrier, form, prefix="6901234"))
    assert farm.desk.jobs(farm.viewer) == []


def test_datamatrix_is_for_gtins(farm: Farm) -> None:
    with pytest.raises(OrderWrong, match="needs a GTIN"):
        farm.desk.make(farm.viewer, Order(farm.lot, 1, symbology="datamatrix"))
    with Writing(farm.house.engine) as writing:
        product = entered(writing, "product", identifier="6901234567892", name_zh="腊肉", producer=farm.party)
        lot = entered(writing, "lot", product=product, lot="L7")
    job = farm.desk.make(farm.viewer, Order(lot, 24, symbology="datamatrix"))
    farm.sign_in()
    # Of these alone: by chance the modules of many symbols are also the bars of some number.
    kind = zxingcpp.BarcodeFormat.DataMatrix
    texts = decoded(farm.client.get(f"/console/labels/{job}/labels.pdf").content, 203, kind)
    serials = {identify(tag.key).serial for tag in farm.desk.job(farm.viewer, job)[1]}
    assert texts == {f"(01)06901234567892(10)L7(21){serial}" for serial in serials}


WRONG_ORDERS: Sequence[tuple[dict[str, str], str]] = [
    ({"subject": ""}, "subject"),
    ({"count": "0"}, "count"),
    ({"count": "2401"}, "count"),
    ({"count": "many"}, "count"),
    ({"carrier": "stone"}, "carrier"),
    ({"form": "a4-4"}, "form"),
    ({"form": "<script>"}, "form"),
    ({"level": "Z"}, "level"),
    ({"subject": "https://id.gs1.org/414/9521234000006"}, "subject"),
    ({"subject": "nonsense"}, ""),
]


def test_a_wrong_order_is_told_beside_its_field_and_nothing_is_stored(
    farm: Farm, subtests: pytest.Subtests
) -> None:
    farm.sign_in()
    for changed, where in WRONG_ORDERS:
        with subtests.test(**changed):
            sent = {"subject": farm.lot, "count": "3", **changed}
            answer = farm.client.post("/console/labels?lang=en", data=sent, headers={"Origin": HERE})
            assert answer.status_code == 400
            assert "traceback" not in answer.text.lower()
            assert not where or f'id="{where}-fault"' in answer.text
            assert farm.desk.jobs(farm.viewer) == []


def test_nobody_labels_or_sees_what_is_anothers(farm: Farm) -> None:
    rival = Viewer("rival", "company", "https://id.gs1.org/417/9521234000006")
    job = farm.desk.make(farm.viewer, Order(farm.lot, 1, "nfc"))
    with pytest.raises((NotAllowed, NotFound)):
        farm.desk.make(rival, Order(farm.lot, 1, "nfc"))
    with pytest.raises((NotAllowed, NotFound)):
        farm.desk.make(rival, Order(farm.product, 1, "nfc"))
    with pytest.raises(NotFound):
        farm.desk.job(rival, job)
    assert farm.desk.jobs(rival) == []
    assert [one.id for one in farm.desk.jobs(ADMIN)] == [job]
    assert farm.client.get(f"/api/labels/{job}").status_code == 401
    assert farm.desk.subjects(rival) == []


def test_without_a_public_address_nothing_is_printed(farm: Farm) -> None:
    guessing = read_settings({"SUYUAN_VAR": "unused"})
    desk = LabelDesk(farm.house.engine, guessing, lambda: NOW, secrets.token_bytes, farm.house.passport)
    with pytest.raises(PublicUrlMissing):
        desk.make(farm.viewer, Order(farm.lot, 1, "nfc"))
    house = House(farm.house.engine, guessing, lambda: NOW)
    client = TestClient(application(guessing, house, lambda: NOW), base_url="http://127.0.0.1:8000")
    client.post(
        "/sign-in", data={"name": "farmer", "password": PASSWORD}, headers={"Origin": "http://127.0.0.1:8000"}
    )
    page = client.get("/console/labels?lang=en")
    assert "SUYUAN_PUBLIC_URL" in page.text
    assert 'name="count"' not in page.text


def test_a_gs1_code_is_linked_on_its_page_and_taken_back(farm: Farm) -> None:
    farm.sign_in()
    there = f"/console/labels/codes?lang=en&key={farm.product}"
    assert "P00001A" in farm.client.get(there).text
    sent = {"key": farm.product, "code": "690 1234 567892"}
    answer = farm.client.post(there, data=sent, headers={"Origin": HERE}, follow_redirects=False)
    assert answer.status_code == 303
    page = farm.client.get(there).text
    assert "https://id.gs1.org/01/06901234567892" in page
    assert farm.house.passport("/01/06901234567892").product is not None
    entry = farm.client.get(f"/console/register/entry/{farm.product}?lang=en")
    assert "Link a GS1 code" in entry.text
    for wrong, told in (("6901234567893", "check digit"), ("urn:epc:id:sscc:6901234.0000000001", "else")):
        sent = {"key": farm.product, "code": wrong}
        refused = farm.client.post(there, data=sent, headers={"Origin": HERE})
        assert refused.status_code == 400
        assert told in refused.text
        assert wrong in refused.text
    back = {"key": farm.product, "unlink": "https://id.gs1.org/01/06901234567892"}
    farm.client.post(there, data=back, headers={"Origin": HERE})
    assert "06901234567892" not in farm.client.get(there).text
    foreign = farm.client.post(there, data=sent, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_the_readable_name_of_a_gs1_lot_is_printed_and_its_number_is_in_the_link(farm: Farm) -> None:
    with Writing(farm.house.engine) as writing:
        product = entered(writing, "product", identifier="6901234567892", name_zh="腊肉", producer=farm.party)
        lot = entered(writing, "lot", product=product, lot="L7", lot_name="端午礼盒")
    job, tags = farm.desk.job(farm.viewer, farm.desk.make(farm.viewer, Order(lot, 1)))
    assert tags[0].link.startswith(f"{HERE}/01/06901234567892/10/L7/21/")
    assert ("批次 Lot", "端午礼盒 (L7)") in next(iter(faces(job, tags))).facts


def test_a_roll_with_tags_goes_from_the_job_to_the_printer_and_comes_back_bound(
    farm: Farm, tmp_path: Path
) -> None:
    with Writing(farm.house.engine) as writing:
        product = entered(writing, "product", identifier="6901234567892", name_zh="腊肉", producer=farm.party)
        lot = entered(writing, "lot", product=product, lot="L7")
    job = farm.desk.make(farm.viewer, Order(lot, 3, "uhf", prefix="6901234"))
    _, tags = farm.desk.job(farm.viewer, job)
    farm.sign_in()
    shown = farm.client.get(f"/console/labels/{job}?lang=zh-CN").text
    assert "用标签打印机打印（ZPL）" in shown
    answer = farm.client.get(f"/console/labels/{job}/labels.zpl?dpi=300")
    assert f'filename="labels-{job}-300dpi.zpl"' in answer.headers["Content-Disposition"]
    (tmp_path / "labels.zpl").write_bytes(answer.content)
    tids = [bytes.fromhex(f"e2801190200050{number:02x}00000000") for number in range(3)]
    printer, told = asyncio.run(printed(tmp_path / "labels.zpl", tids))
    assert told == [
        {"label": tag.position + 1, "epc": tag.epc, "tid": tid.hex().upper()}
        for tag, tid in zip(tags, tids, strict=True)
    ]
    for label, tag in zip(printer.printed, tags, strict=True):
        dots = Image.frombytes("1", (label.width, label.height), label.rows).convert("L")
        (read,) = zxingcpp.read_barcodes(dots.point(lambda ink: 255 - ink))
        assert read.text == tag.link
    refused = farm.client.get(f"/console/labels/{job}/labels.zpl?dpi=72")
    assert refused.status_code == 400


async def printed(file: Path, tids: Sequence[bytes]) -> tuple[VirtualPrinter, list[dict[str, Any]]]:
    """What the command says that prints ``file``, and the printer."""
    async with VirtualPrinter.with_tags(tids) as printer:
        command = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("suyuan")), "printer", "print", str(file),
            f"127.0.0.1:{printer.port}", stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await command.communicate()
        assert command.returncode == 0
        return printer, [orjson.loads(line) for line in said.splitlines()]


def test_sheets_of_paper_are_no_roll(farm: Farm) -> None:
    farm.sign_in()
    paper, roll = (
        farm.desk.make(farm.viewer, Order(farm.lot, 1, form=form)) for form in ("a4-24", "roll-60x40")
    )
    assert "ZPL" not in farm.client.get(f"/console/labels/{paper}?lang=en").text
    assert "ZPL" in farm.client.get(f"/console/labels/{roll}?lang=en").text
    assert b"^RFW" not in farm.client.get(f"/console/labels/{roll}/labels.zpl").content
