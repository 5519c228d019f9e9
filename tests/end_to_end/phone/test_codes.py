"""How codes come into a phone, and that it names things as the server does."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import qrcode  # type: ignore[import-untyped]  # it ships no types
from PIL import Image
from playwright.sync_api import BrowserContext, expect
from tests.end_to_end.phone.hand import (
    PRODUCT,
    enrolled,
    eventually,
    item,
    scan,
    told,
)
from tests.integration.live_server import Live

from suyuan.portal.lookup import typed_link
from suyuan.portal.phone import assets_path
from suyuan.trace.gs1 import identify, namespace_of, scanned
from suyuan.trace.gs1.compression import compressed
from suyuan.trace.gs1.own import code_of_number
from suyuan.trace.gs1.tags.paths import encode_path

pytestmark = pytest.mark.chromium


SPELLINGS = [
    f"{PRODUCT}/21/A-1",
    "https://shop.example/p/01/9521234000013/10/L%2F1/21/a%2Bb?17=261201",
    "https://id.gs1.org/01/09521234000013/10/L(1)*'!",
    "(01)09521234000013(10)L1(21)S/7",
    "(01)09521234000013(17)261201(10)L1",
    "]C1010952123400001310L1\x1d21S7",
    "]d20109521234000013172612013103001250" + "10L1",
    "\x1d010952123400001321S7",
    "00095212340000000013",
    "9521234000013",
    "urn:epc:id:sgtin:9521234.000001.S%2F7",
    "urn:epc:class:lgtin:9521234.000001.L1",
    "urn:epc:id:sscc:9521234.0000000001",
    "https://Trace.Example.cn/own/product/P00001A/lot/A%201/serial/x",
    "https://trace.example.cn/s/own/unit/K00001D",
    "http://trace.example.cn/own/product/P00001A",
]


WRONG = [
    "",
    "hello",
    "(01)09521234000014",
    "https://example.com/",
    "https://",
    "https://[1/01/09521234000013",
    "urn:epc:id:sgln:9521234.00002.0",
    "12345",
    "https://id.gs1.org/01/09521234000013/EEKrIQFw",
    "https://tags.example/ex-and-more",
]


CAMERA = """
    globalThis.BarcodeDetector = class { async detect() { return [{ rawValue: "CODE" }]; } };
    navigator.mediaDevices.getUserMedia = async () => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").fillRect(0, 0, 10, 10);
        return canvas.captureStream(10);
    };"""


def photo_of(text: str) -> bytes:
    """A JPEG of a label on a large sheet."""
    code = qrcode.QRCode(border=4, box_size=8)
    code.add_data(text)
    sheet = Image.new("RGB", (900, 1200), "white")
    sheet.paste(code.make_image().get_image().convert("RGB"), (120, 200))
    content = io.BytesIO()
    sheet.save(content, "JPEG", quality=80)
    return content.getvalue()


def test_a_photo_is_read_and_what_is_none_is_told(
    live: Live, context: BrowserContext, tmp_path: Path
) -> None:
    page = enrolled(live, context, "camera")
    page.get_by_role("button", name="Look up").click()
    content = photo_of(item(14))
    page.locator("#photo").set_input_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content})
    expect(page.locator(".told")).to_contain_text("May be sold", timeout=15_000)
    blank = io.BytesIO()
    Image.new("RGB", (400, 400), "white").save(blank, "JPEG")
    page.locator("#photo").set_input_files(
        {"name": "blank.jpg", "mimeType": "image/jpeg", "buffer": blank.getvalue()}
    )
    expect(page.locator("#fault")).to_contain_text("No code was found")
    page.locator("#photo").set_input_files(
        {"name": "text.jpg", "mimeType": "image/jpeg", "buffer": b"no picture at all"}
    )
    expect(page.locator("#fault")).to_contain_text("cannot be opened")
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    page.locator("#photo").set_input_files(huge)
    expect(page.locator("#fault")).to_contain_text("too large", timeout=30_000)


def test_the_phone_names_things_as_the_server_does(live: Live, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{live.url}/phone?lang=en")
    run = """async ([path, texts]) => {
        const { read } = await import(path);
        return texts.map((text) => {
            try { const { kind, key, lotKey } = read(text); return [kind, key, lotKey ?? null]; }
            catch (error) { return error.code; }
        });
    }"""
    found = page.evaluate(run, [f"{assets_path()}/codes.js", SPELLINGS])
    expected = [[(named := scanned(text)).kind, named.key, named.lot_key] for text in SPELLINGS]
    assert found == expected
    for text, answer in zip(WRONG, page.evaluate(run, [f"{assets_path()}/codes.js", WRONG]), strict=True):
        assert isinstance(answer, str), text


def test_a_short_link_is_read_by_the_server_and_asked_for_again_without_one(
    live: Live, context: BrowserContext
) -> None:
    page = enrolled(live, context, "short links")
    page.get_by_role("button", name="Put on shelf").click()
    scan(page, compressed(item(18), key_in_clear=True).replace("id.gs1.org", "brand.example"))
    page.get_by_role("button", name="Done (1)").wait_for()
    tag = "https://tags.example" + encode_path(identify(item(19)), "eh", company_prefix_length=7)
    scan(page, tag)
    page.get_by_role("button", name="Done (2)").click()
    page.get_by_role("heading", name="On the shelf").wait_for()
    assert eventually(
        lambda: bool(told(live, item(18), "stocking")) and bool(told(live, item(19), "stocking"))
    )
    page.goto(f"{live.url}/phone?lang=en")
    page.get_by_role("button", name="Put on shelf").click()
    context.set_offline(True)
    scan(page, tag)
    expect(page.locator("#fault")).to_contain_text("only be read with a connection")


def test_a_short_code_of_the_platform_is_read_as_the_server_reads_it(
    live: Live, context: BrowserContext
) -> None:
    product, unit = code_of_number("P", 7), code_of_number("K", 8)
    page = enrolled(live, context, "short codes")
    run = """async ([path, texts, home]) => {
        const { read } = await import(path);
        return texts.map((text) => {
            try { return read(text, home).key; } catch (error) { return error.code; }
        });
    }"""
    typed = [product, unit.lower(), f"{product} 7K3M 9PQR", product.replace("0", "o"), product[:-1] + "U"]
    typed += [product[:-2] + product[-1] + product[-2]]
    found = page.evaluate(run, [f"{assets_path()}/codes.js", typed, namespace_of(live.url)])
    assert found == [live.house.identified(typed_link(text)).key for text in typed[:4]] + 2 * ["check-digit"]
    assert page.evaluate(run, [f"{assets_path()}/codes.js", [product], ""]) == ["own-code"]
    page.get_by_role("button", name="Receive").click()
    scan(page, product)
    expect(page.locator(".told h2")).to_contain_text("product")


def test_the_camera_is_used_where_the_browser_reads_symbols(live: Live, context: BrowserContext) -> None:
    context.add_init_script(CAMERA.replace("CODE", item(17)))
    page = enrolled(live, context, "with camera")
    page.get_by_role("button", name="Put on shelf").click()
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("button", name="Done (1)").click()
    page.get_by_role("heading", name="On the shelf").wait_for()
    assert eventually(lambda: bool(told(live, item(17), "stocking")))
    [body] = told(live, item(17), "stocking")
    assert (body["disposition"], body["suyuan:basis"]) == ("sellable_accessible", "read")


def test_a_scanner_that_types_needs_no_click(live: Live, context: BrowserContext) -> None:
    page = enrolled(live, context, "wedge")
    page.get_by_role("button", name="Withdraw").press("Enter")
    for serial in (18, 19):
        page.keyboard.type(f"{item(serial)}\n", delay=0)
        expect(page.locator("#lines")).to_contain_text(str(serial))
    page.get_by_role("button", name="Done (2)").press("Enter")
    page.get_by_role("heading", name="Withdrawn").wait_for()
    assert eventually(lambda: bool(told(live, item(18), "removing")))
    [body] = told(live, item(19), "removing")
    assert (body["disposition"], body["epcList"]) == ("sellable_not_accessible", [item(18), item(19)])
