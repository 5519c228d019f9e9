"""What a phone asks of the server: photos, deliveries, its files; and the form without script."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import qrcode  # type: ignore[import-untyped]  # it ships no types
import zxingcpp
from PIL import Image
from sqlalchemy import insert
from starlette.testclient import TestClient
from tests.integration.enrolled import Enrolled
from tests.integration.live_server import BOSS, PLACE, SHOP, place_entry

from suyuan.api.app import application
from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.settings import read_settings
from suyuan.portal.phone import Line, assets_path, read_lines
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import scanned
from suyuan.trace.store.accounts import AccountRole, create_account
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import EntryRow

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
URL = "http://testserver"
PASSWORD = "a long sentence of somebody"
PRODUCT = "https://id.gs1.org/01/09521234000013"
UNIT = "https://id.gs1.org/00/095212340000000013"
FARM = "https://id.gs1.org/414/9521234000044"
FARM_PARTY = "https://id.gs1.org/417/9521234000044"


@dataclass
class World:
    client: TestClient
    house: House
    phone: Enrolled

    def capture(self, *events: dict[str, Any], by: str = "") -> None:
        """Store events in the name of the phone's company, or of another one."""
        document = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T08:00:00Z",
            "epcisBody": {"eventList": [{**told, "eventTimeZoneOffset": "+08:00"} for told in events]},
        }
        if by:
            content = orjson.dumps(document)
            assert self.house.capture(
                content, "application/json", by=CapturedBy(by), behaviour="rollback"
            ).success
            return
        answer = self.phone.post("/capture", document)
        assert self.phone.get(answer.headers["Location"]).json()["success"]

    def sign_in(self, role: AccountRole) -> None:
        name, party = role.value, SHOP if role is AccountRole.COMPANY else ""
        with Writing(self.house.engine) as writing:
            create_account(writing, name, role=role, party=party, now=NOW, password=PASSWORD)
        told = {"name": name, "password": PASSWORD}
        answer = self.client.post("/sign-in", data=told, headers={"Origin": URL}, follow_redirects=False)
        assert answer.status_code == 303

    def send(self, **form: str) -> Any:
        headers = {"Origin": URL, "Accept": "text/html"}
        return self.client.post("/phone/typed?lang=en", data=form, headers=headers, follow_redirects=False)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": URL})
    house = open_house(settings, lambda: NOW)
    with Writing(house.engine) as writing:
        writing.connection.execute(insert(EntryRow), place_entry(PLACE, SHOP))
    app = application(settings, house, lambda: NOW)
    with TestClient(app) as client:
        phone = Enrolled(client, URL, NOW)
        link, _, _ = app.state.devices.make_code(BOSS, kind="phone", name="till", place=PLACE)
        assert phone.enrol(link).status_code == 201
        yield World(client, house, phone)


def jpeg(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.convert("RGB").save(content, "JPEG", quality=85)
    return content.getvalue()


def label(text: str) -> Image.Image:
    code = qrcode.QRCode(border=4, box_size=6)
    code.add_data(text)
    sheet = Image.new("RGB", (1200, 1600), "white")
    sheet.paste(code.make_image().get_image().convert("RGB"), (300, 500))
    return sheet


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


def wrongly_turned() -> bytes:
    """A photo whose Exif tells which way it is up, and beside it what cannot be written again."""
    turned = struct.pack(">HHI4s", 0x0112, 3, 1, b"\0\6\0\0")
    width = struct.pack(">HHI4s", 0x0100, 2, 2, b"a\0\0\0")
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 2) + width + turned + b"\0\0\0\0"
    content = io.BytesIO()
    label("x").save(content, "JPEG", exif=exif)
    return content.getvalue()


@pytest.mark.parametrize("turned", [0, 90, 37])
def test_a_label_is_read_from_a_photo(world: World, turned: int) -> None:
    photo = jpeg(label(f"{PRODUCT}/21/A1").rotate(turned, expand=True, fillcolor="white"))
    [symbol] = world.phone.post("/phone/decode", photo, Content_Type="image/jpeg").json()["symbols"]
    assert symbol["text"] == f"{PRODUCT}/21/A1"


def test_a_symbol_of_gs1_comes_as_a_scanner_gives_it(world: World) -> None:
    options: dict[str, Any] = {"gs1": True, "force_square": True}
    create: Any = getattr(zxingcpp, "create_barcode")  # noqa: B009 (its type is only half told)
    symbol = create("(01)09521234000013(10)L1(21)A1", zxingcpp.BarcodeFormat.DataMatrix, **options)
    drawn = Image.fromarray(zxingcpp.write_barcode_to_image(symbol, scale=8))
    sheet = Image.new("L", (900, 900), 255)
    sheet.paste(drawn, (200, 200))
    [found] = world.phone.post("/phone/decode", jpeg(sheet)).json()["symbols"]
    assert found["text"].startswith("]d2")
    assert scanned(found["text"]).key == f"{PRODUCT}/21/A1"
    assert scanned(found["text"]).lot_key == f"{PRODUCT}/10/L1"


@pytest.mark.parametrize(
    ("photo", "status", "code"),
    [
        (b"", 400, "photo-unreadable"),
        (b"no picture", 400, "photo-unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 400, "photo-unreadable"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", 400, "photo-unreadable"),
        (jpeg(label("x"))[:2000], 400, "photo-unreadable"),
        (wrongly_turned(), 400, "photo-unreadable"),
        (jpeg(Image.new("RGB", (300, 300), "white")), 400, "no-symbol"),
        (png_of(60_000, 60_000), 413, "too-large"),
        (png_of(9_000, 9_000), 413, "too-large"),
        (bytes(10 * 1024 * 1024 + 1), 413, "too-large"),
        (bytes(100_000_000), 413, "too-large"),
    ],
    ids=[
        "empty",
        "text",
        "svg",
        "eps",
        "cut off",
        "turned",
        "blank",
        "bomb",
        "81 MP",
        "10 MiB + 1",
        "100 MB",
    ],
)
def test_what_is_no_photo_of_a_symbol_gets_a_sentence(
    world: World, photo: bytes, status: int, code: str
) -> None:
    answer = world.phone.post("/phone/decode", photo)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]
    assert answer.json()["remedy"]


def test_photos_are_for_enrolled_devices(world: World) -> None:
    assert world.client.post("/phone/decode", content=b"x").status_code == 401
    assert world.client.get("/phone/expected", params={"code": UNIT}).status_code == 401


def test_a_delivery_shows_what_should_be_in_it_to_whom_it_was_sent(world: World) -> None:
    lot = f"{PRODUCT}/10/L1"
    pack = {
        "type": "AggregationEvent",
        "action": "ADD",
        "eventTime": "2026-11-18T08:00:00+08:00",
        "parentID": UNIT,
        "childEPCs": [f"{PRODUCT}/21/1", f"{PRODUCT}/21/2"],
        "childQuantityList": [{"epcClass": lot, "quantity": 12.5, "uom": "KGM"}],
        "bizStep": "packing",
        "bizLocation": {"id": FARM},
    }
    ship = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": "2026-11-19T08:00:00+08:00",
        "epcList": [UNIT],
        "bizStep": "shipping",
        "readPoint": {"id": FARM},
    }
    world.capture(pack, by=FARM_PARTY)
    told = world.phone.get("/phone/expected", code="(00)095212340000000013").json()
    assert (told["shipped"], told["contents"]) == (None, [])  # it is still the farm's own business
    world.capture({**ship, "eventTime": "2026-11-18T09:00:00+08:00"}, by=FARM_PARTY)
    assert world.phone.get("/phone/expected", code=UNIT).json()["contents"] == []  # not told to be for us
    here = [{"type": "location", "destination": PLACE}]
    world.capture({**ship, "eventTime": "2026-11-18T10:00:00+08:00", "destinationList": here})
    assert world.phone.get("/phone/expected", code=UNIT).json()["contents"] == []  # our own word alone
    world.capture({**ship, "destinationList": here}, by=FARM_PARTY)
    told = world.phone.get("/phone/expected", code=UNIT).json()
    assert {(each["key"], each["quantity"], each["uom"]) for each in told["contents"]} == {
        (f"{PRODUCT}/21/1", None, None),
        (f"{PRODUCT}/21/2", None, None),
        (lot, 12.5, "KGM"),
    }
    elsewhere = [{"type": "owning_party", "destination": "https://id.gs1.org/417/9521234000037"}]
    later = {**ship, "eventTime": "2026-11-19T09:00:00+08:00", "destinationList": elsewhere}
    world.capture(later, by=FARM_PARTY)
    refused = world.phone.get("/phone/expected", code=UNIT)
    assert (refused.status_code, "contents" in refused.json()) == (403, False)
    assert world.phone.get("/phone/expected", code=f"{PRODUCT}/21/1").status_code == 400
    unknown = world.phone.get("/phone/expected", code="(00)095212340000000020").json()
    assert (unknown["known"], unknown["contents"]) == (False, [])


def test_a_delivery_to_the_gln_of_the_shop_itself_is_for_the_shop(world: World) -> None:
    typed = PLACE.replace("/414/", "/417/")  # the station asks for a company's GLN; people give the shop's
    ship = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": "2026-11-19T08:00:00+08:00",
        "epcList": [UNIT],
        "bizStep": "shipping",
        "readPoint": {"id": FARM},
        "destinationList": [{"type": "possessing_party", "destination": typed}],
    }
    world.capture(ship, by=FARM_PARTY)
    assert world.phone.get("/phone/expected", code=UNIT).status_code == 200
    with Writing(world.house.engine) as writing:  # a GLN that a party has is that party's
        taken = {**place_entry(PLACE, typed), "key": typed, "kind": "party", "party": typed}
        writing.connection.execute(insert(EntryRow), taken)
    assert world.phone.get("/phone/expected", code=UNIT).status_code == 403


def test_the_page_and_its_files_are_public_and_safe_to_keep(world: World) -> None:
    world.client.cookies.clear()
    page = world.client.get("/phone", params={"lang": "zh-CN"})
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert SHOP not in page.text
    worker = world.client.get("/phone/worker.js")
    assert worker.headers["service-worker-allowed"] == "/phone"
    kept = orjson.loads(re.search(r"const KEPT = (\[.*\]);", worker.text)[1])  # type: ignore[index]  # or it fails
    for path in kept:
        answer = world.client.get(path)
        assert answer.status_code == 200, path
    scripts = [path for path in kept if path.endswith(".js")]
    assert world.client.get(scripts[0]).headers["content-type"].startswith("text/javascript")
    assert "immutable" in world.client.get(scripts[0]).headers["cache-control"]
    for name in re.findall(r'from "\./([a-z]+\.js)"', world.client.get(scripts[0]).text):
        assert f"{assets_path()}/{name}" in kept
    manifest = world.client.get("/phone/manifest.webmanifest", params={"lang": "en"}).json()
    assert manifest["start_url"] == "/phone?lang=en"
    for icon in manifest["icons"]:
        picture = Image.open(io.BytesIO(world.client.get(icon["src"]).content))
        assert f"{picture.width}x{picture.height}" == icon["sizes"]
    for path in ("/assets/phone/000000000000/phone.js", f"{assets_path()}/worker.js", f"{assets_path()}/x"):
        assert world.client.get(path).status_code == 404


def test_without_script_what_was_done_is_typed(world: World) -> None:
    asked = world.client.get("/phone/typed", follow_redirects=False)
    assert asked.headers["location"] == "/sign-in?next=/phone/typed"
    world.sign_in(AccountRole.COMPANY)
    assert world.client.get("/phone/typed?lang=en").status_code == 200
    lines = f"(01)09521234000013(21)7\n\n{PRODUCT}/10/L1 2,5 kg\n"
    done = world.send(step="sell", place=PLACE, codes=lines)
    assert (done.status_code, done.headers["location"]) == (303, "/phone/typed?step=sell&done=2&lang=en")
    assert "Saved: 2 lines" in world.client.get(done.headers["location"]).text
    [visit] = world.house.records.journey(f"{PRODUCT}/21/7")
    assert (visit.biz_step, visit.disposition, visit.place, visit.party, visit.basis.value) == (
        "retail_selling",
        "retail_sold",
        PLACE,
        SHOP,
        "typed",
    )
    [event] = world.house.records.evidence([visit.evidence]).values()
    assert event.body["quantityList"] == [{"epcClass": f"{PRODUCT}/10/L1", "quantity": 2.5, "uom": "KGM"}]
    assert event.event_time_zone_offset == "+08:00"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"step": "sell", "place": PLACE, "codes": " \n "}, "at least one code"),
        ({"step": "sell", "place": PLACE, "codes": "hello"}, "Line 1"),
        ({"step": "sell", "place": PLACE, "codes": "(01)09521234000013(21)7\n9521234000014"}, "Line 2"),
        ({"step": "sell", "place": PLACE, "codes": f"{PRODUCT}/10/L1"}, "lot and an amount"),
        ({"step": "sell", "place": "nowhere", "codes": f"{PRODUCT}/21/7"}, "is no place"),
        ({"step": "eat", "place": PLACE, "codes": f"{PRODUCT}/21/7"}, "Choose what was done"),
        ({"step": "sell", "place": PLACE, "codes": "1\n" * 201}, "201 lines"),
    ],
)
def test_what_is_typed_wrong_is_said_and_nothing_is_stored(
    world: World, form: dict[str, str], sentence: str
) -> None:
    world.sign_in(AccountRole.COMPANY)
    before = world.house.follow()
    answer = world.send(**form)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert world.house.follow() == before


def test_officers_sell_nothing(world: World) -> None:
    world.sign_in(AccountRole.REGULATOR)
    assert world.client.get("/phone/typed", headers={"Accept": "text/html"}).status_code == 403


def test_lines_with_and_without_weight() -> None:
    assert read_lines("A\n B 2.5\nC 0,375 kg\nD 1 \u516c\u65a4\n1 234 567\nE 0") == [
        Line("A"),
        Line("B", 2.5),
        Line("C", 0.375),
        Line("D", 1.0),
        Line("1 234 567"),
        Line("E 0"),
    ]
    with pytest.raises(InvalidInput):
        read_lines("\n")
