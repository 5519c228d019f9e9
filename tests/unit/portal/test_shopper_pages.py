"""What a shopper can do, as pages without a script."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from tests.unit.portal.fake_house import GTIN, HOSTILE, FakeHouse, passport_link
from tests.unit.portal.fake_shopping import BULLETINS, FakeShopping

from suyuan.portal.language import LANGUAGES, Speech
from suyuan.portal.pages import error_page
from suyuan.portal.shopper import files
from suyuan.portal.shopper.codes import read
from suyuan.portal.shopper.pages import routes, words
from suyuan.trace.errors import NotFound, SuyuanError
from suyuan.trace.recall.bulletin import Bulletin
from suyuan.trace.recall.passport import VerdictState

HOME = "trace.example.cn"


@pytest.fixture(scope="module")
def client() -> TestClient:
    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, SuyuanError)
        return error_page(request, error)

    app = Starlette(routes=routes(FakeHouse(), FakeShopping()), exception_handlers={SuyuanError: failed})
    return TestClient(
        app, base_url=f"https://{HOME}", headers={"Accept-Language": "en"}, follow_redirects=False
    )


# Recalls


def test_recalls_in_force_stand_before_those_that_were_lifted(client: TestClient) -> None:
    page = client.get("/recalls").text
    assert page.index("Caesar salad") < page.index("Foreign matter") < page.index("Soy milk")
    assert page.index("In force") < page.index("Lifted") < page.index("Soy milk")


@pytest.mark.parametrize("text", ["caesar  SALAD", "沙拉", "l2611-07", "9506000134352", GTIN, "R2026-0007"])
def test_a_recall_is_found_by_name_batch_barcode_and_number(client: TestClient, text: str) -> None:
    page = client.get("/recalls", params={"q": text}).text
    assert "R2026-0007" in page
    assert "R2026-0005" not in page


@pytest.mark.parametrize(
    ("of", "day", "dated", "undated"),
    [
        ("made", "2026-11-13", True, True),
        ("made", "2026-11-14", False, True),
        ("bought", "2026-11-12", False, True),
        ("bought", "2026-11-20", True, True),
    ],
)
def test_a_date_excludes_only_lots_whose_date_is_known(
    client: TestClient, of: str, day: str, dated: bool, undated: bool
) -> None:
    page = client.get("/recalls", params={"q": "salad", "day": day, "of": of}).text
    assert ("L2611-07" in page.partition("In force")[2] or ">L2611-07<" in page) == dated
    assert (">L2611-08<" in page) == undated


def test_a_recall_without_lots_is_excluded_by_no_date(client: TestClient) -> None:
    page = client.get("/recalls", params={"q": "croutons", "day": "2020-01-01", "of": "made"}).text
    assert "R2026-0005" in page


def test_nothing_found_does_not_look_good(client: TestClient) -> None:
    page = client.get("/recalls", params={"q": "no such thing"}).text
    assert "does not say that the goods are good" in page
    assert "tone-unknown" in page
    assert "tone-verified" not in page


@pytest.mark.parametrize("query", [{"day": "yesterday"}, {"q": "x" * 500}, {"day": "9" * 900}])
def test_a_search_that_cannot_be_right_says_what_is_wrong(client: TestClient, query: dict[str, str]) -> None:
    answer = client.get("/recalls", params=query)
    assert answer.status_code == 400
    assert "error-summary" in answer.text


def test_a_notice_says_what_which_what_to_do_and_whom_to_call(client: TestClient) -> None:
    page = client.get("/recalls/R2026-0007").text
    for told in ("Salmonella", "L2611-07", "Return it to any shop", "tel:051255500188", "13 Nov 2026"):
        assert told in page
    assert f'href="/p/01/{GTIN}/10/L2611-07"' in page


def test_a_notice_denies_other_batches_only_where_everything_is_listed() -> None:
    def page(bulletin: Bulletin) -> str:
        app = Starlette(routes=routes(FakeHouse(), FakeShopping([bulletin])))
        text: str = TestClient(app).get("/recalls/R2026-0007?lang=en").text
        return text

    listed = BULLETINS[0]
    denied = "Goods of another batch are not part of this recall"
    assert denied in page(listed)
    beside = page(replace(listed, single_items=2, all_listed=False))
    assert denied not in beside
    assert "L2611-07" in beside
    assert "2 packages are recalled by their own numbers" in beside
    assert denied not in page(replace(listed, more_lots=5, all_listed=False))


def test_what_was_lifted_does_not_tell_what_to_do(client: TestClient) -> None:
    page = client.get("/recalls/R2026-0002").text
    assert "has been lifted" in page
    assert "Return it to any shop" not in page


@pytest.mark.parametrize("number", ["R2026-0008", "none", "%3Cscript%3E"])  # one on hold; none at all
def test_what_is_not_public_is_as_absent_as_what_never_was(client: TestClient, number: str) -> None:
    answer = client.get(f"/recalls/{number}")
    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_the_feed_is_atom_with_an_entry_for_each(client: TestClient) -> None:
    answer = client.get("/recalls/feed?lang=zh-CN")
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ET.fromstring(answer.content)  # noqa: S314 (our own)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert [entry.findtext(f"{atom}id") for entry in feed.findall(f"{atom}entry")] == [
        f"https://{HOME}/recalls/{number}" for number in ("R2026-0007", "R2026-0005", "R2026-0002")
    ]
    assert "沙门氏菌" in answer.text


# Codes


@pytest.mark.parametrize(
    ("text", "link", "host"),
    [
        (f"https://{HOME}/01/{GTIN}/21/A?picc_data=00&cmac=11", f"/01/{GTIN}/21/A", ""),
        (f"HTTPS://TRACE.EXAMPLE.CN/01/{GTIN}/21/A", f"/01/{GTIN}/21/A", ""),
        (f"https://id.gs1.org/01/{GTIN}/21/A", f"/01/{GTIN}/21/A", "id.gs1.org"),
        (f"https://{HOME}@evil.example/01/{GTIN}", f"/01/{GTIN}", "evil.example"),
        (f"https://{HOME}:8443/01/{GTIN}", f"/01/{GTIN}", f"{HOME}:8443"),
        ("https://trаce.example.cn/01/" + GTIN, f"/01/{GTIN}", "xn--trce-63d.example.cn"),  # Cyrillic а
        ("https://evil.example/win", "", "evil.example"),
        (f"//evil.example/01/{GTIN}", f"/01/{GTIN}", "evil.example"),
        (f"/\\evil.example/01/{GTIN}", f"/01/{GTIN}", "evil.example"),
        (f"https:///evil.example/01/{GTIN}", f"/01/{GTIN}", "evil.example"),
        (f"\u200bhttps://evil.example/01/{GTIN}", f"/01/{GTIN}", "evil.example"),
        (f"https://evil.example\\@{HOME}/01/{GTIN}", f"/01/{GTIN}", "evil.example"),
        (f"http://x:99999999/01/{GTIN}", f"/01/{GTIN}", "x:99999999"),
        (f"https://[::1/01/{GTIN}", "", "[::1"),
        (f"//{HOME}/01/{GTIN}/21/A", f"/01/{GTIN}/21/A", ""),
        (f"/01/{GTIN}/21/A", f"/01/{GTIN}/21/A", ""),
        ("javascript:alert(1)", "", ""),
        ("data:text/html,<b>", "", ""),
        (f"]d201{GTIN}10L1", f"/01/{GTIN}/10/L1", ""),
        ("9506000134352", f"/01/{GTIN}", ""),
        ("WIFI:S:guest;P:secret;;", "", ""),
        ("https://faß.example/pay", "", "xn--fa-hia.example"),
        ("https://FAẞ.example/pay", "", "xn--fa-hia.example"),
        ("https://βόλος.example/", "", "xn--nxasmm1c.example"),
        ("https://ΒΌΛΟΣ.example/", "", "xn--nxasmq6b.example"),
        ("https://a\u200db.example/", "", "xn--ab-m1t.example"),
        ("\u200dhttps:evil.example/win", "", "evil.example"),
        (f"https:/evil.example/01/{GTIN}", "", "evil.example"),
        (f"https:\\evil.example/01/{GTIN}", "", "evil.example"),
        (f"https://{HOME}:443/01/{GTIN}", f"/01/{GTIN}", ""),
        (f"http://{HOME}:80/01/{GTIN}", f"/01/{GTIN}", ""),
        (f"http://{HOME}:443/01/{GTIN}", f"/01/{GTIN}", f"{HOME}:443"),
        (f"https://{HOME}./01/{GTIN}", f"/01/{GTIN}", ""),
        ("https://[::1]:8443/01", "", "[::1]:8443"),
    ],
)
def test_where_a_code_leads(text: str, link: str, host: str) -> None:
    given = read(text, "other.example", HOME)
    assert (given.link, given.host) == (link, host)
    assert bool(given.error) == (not link)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("HTTP:evil.example\\win?a=\\#b", "http://evil.example\\win?a=\\#b"),
        ("//user:secret@Faß.example:443", "https://xn--fa-hia.example"),
        ("https://evil.example:8443/", "https://evil.example:8443/"),
        ("https://trace.example.cn%2eevil.example/", ""),
        ("https://two words.example/", ""),
        ("https://[::1/", ""),
        ("https:", ""),
    ],
)
def test_what_opens_is_the_host_that_was_shown(client: TestClient, text: str, address: str) -> None:
    given = read(text, HOME)
    assert given.address == address
    page = client.get("/scan", params={"code": text}).text
    assert ("external" in page) == bool(address)
    assert not address or f'href="{address}"' in page


def test_what_a_chip_signed_reaches_our_page_and_no_other(client: TestClient) -> None:
    ours = client.get("/scan", params={"code": f"https://{HOME}/01/{GTIN}/21/A?picc_data=00&cmac=11"})
    assert ours.status_code == 303
    assert ours.headers["location"] == f"/p/01/{GTIN}/21/A?picc_data=00&cmac=11"
    other = client.get("/scan", params={"code": f"https://evil.example/01/{GTIN}/21/A?cmac=11"})
    assert other.status_code == 200
    assert "evil.example" in other.text
    assert 'rel="noreferrer noopener nofollow external"' in other.text


@pytest.mark.parametrize("text", ["javascript:alert(1)", HOSTILE, "x" * 4000, "\x00\x1d", "https://[::1"])
def test_a_hostile_code_is_shown_and_leads_nowhere(client: TestClient, text: str) -> None:
    answer = client.get("/scan", params={"code": text})
    assert answer.status_code in (200, 400)
    assert "javascript:" not in "".join(part.split('"')[0] for part in answer.text.split('href="')[1:])
    assert "<script>alert" not in answer.text


def test_a_photo_is_looked_at_without_a_script(client: TestClient) -> None:
    link = f"https://{HOME}/01/{GTIN}/21/A"
    found = client.post("/scan", files={"photo": ("a.jpg", f"photo\n{link}".encode())})
    assert found.headers["location"] == f"/p/01/{GTIN}/21/A"
    several = client.post("/scan", files={"photo": ("a.jpg", f"photo\n{link}\n9506000134352\n".encode())})
    assert several.text.count('href="/scan?code=') == 2


@pytest.mark.parametrize("files_", [{}, {"photo": ("a.txt", b"no picture")}, {"photo": ("", b"")}])
def test_what_is_no_photo_is_refused_in_words(
    client: TestClient, files_: dict[str, tuple[str, bytes]]
) -> None:
    answer = client.post("/scan", files=files_ or {"other": ("x", b"y")})
    assert answer.status_code == 400
    assert "error-summary" in answer.text


# The screen of a shop


@pytest.mark.parametrize("state", list(VerdictState))
def test_the_screen_of_a_shop_tells_every_verdict(client: TestClient, state: VerdictState) -> None:
    page = client.get("/shop", params={"code": passport_link(state)}).text
    assert f'data-state="{state}"' in page
    assert Speech("en").say(f"verdict.{state}.word") in page


def test_an_unreadable_code_at_the_shop_is_no_verdict(client: TestClient) -> None:
    answer = client.get("/shop", params={"code": "95060001343"})
    assert answer.status_code == 400
    assert 'data-state="error"' in answer.text


def test_the_screen_is_ready_and_stays_as_long_as_was_chosen(client: TestClient) -> None:
    page = client.get("/shop", params={"stay": "200"}).text
    assert 'data-state="ready"' in page
    assert '<option value="200" selected>' in page
    assert '<option value="20" selected>' in client.get("/shop", params={"stay": "-1"}).text


def test_a_screen_keeps_the_place_that_its_shop_chose(client: TestClient) -> None:
    page = client.get("/shop", params={"place": "370100", "stay": "60"}).text
    assert '<input type="hidden" name="place" value="370100">' in page
    assert "This screen stands in Shandong 山东省 济南市" in page
    assert 'name="place"' not in client.get("/shop").text
    setting_up = client.get("/shop/place", params={"place": "370100", "stay": "60", "large": "1"}).text
    assert '<option value="370100" selected>济南市</option>' in setting_up
    assert '<input type="hidden" name="stay" value="60">' in setting_up
    assert '<input type="hidden" name="large" value="1">' in setting_up
    assert "不记录地点" in client.get("/shop/place", params={"lang": "zh-CN", "place": "<b>"}).text


def test_the_list_of_places_goes_back_to_the_screen_unless_that_stays_for_ever(client: TestClient) -> None:
    left = client.get("/shop/place", params={"place": "370100", "stay": "60", "lang": "en"}).text
    assert 'data-to="/shop?place=370100&amp;stay=60&amp;lang=en"' in left
    assert "/place.js" in left
    assert "place.js" not in client.get("/shop/place", params={"stay": "0"}).text


@pytest.mark.parametrize("state", list(VerdictState))
def test_no_link_leads_off_the_screen_of_a_shop(client: TestClient, state: VerdictState) -> None:
    told = {"place": "370100", "stay": "60", "lang": "zh-CN"}
    screen = client.get("/shop", params={"code": passport_link(state), **told}).text
    for page in (screen, client.get("/shop/place", params=told).text):
        linked = [
            part.partition('"')[0] for part in re.split('(?:href|action)="', page.partition("<body")[2])[1:]
        ]
        assert 'class="brand" href="/shop?place=370100&amp;stay=60&amp;lang=zh-CN"' in page
        assert [one for one in linked if not re.match("#main$|/shop(?:/place)?(?:[?]|$)", one)] == []
    shown = f'src="/qr{passport_link(state)}"' in screen
    assert shown == (state is not VerdictState.UNKNOWN), "a phone of one's own reads on"


@pytest.mark.parametrize("place", ["banana", "999900", "370102", "3701", "<script>", "3" * 5000])
def test_a_place_that_is_none_is_told_and_the_screen_goes_on(client: TestClient, place: str) -> None:
    answer = client.get("/shop", params={"place": place, "code": passport_link(VerdictState.SOLD)})
    assert answer.status_code == 200
    assert 'data-state="sold"' in answer.text
    assert "There is no city or province with the code" in answer.text
    assert 'name="place"' not in answer.text
    assert "<script>" not in answer.text
    assert len(answer.text) < 20_000


# Files and words


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_number_that_is_not_on_record_is_quoted(language: str) -> None:
    told = NotFound("The product is known, but not this number {value}", where="21", value="nope")
    assert "“nope”" in Speech("en" if language == "en" else "zh-CN").sentence(told)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ["scan", "fridge", "shop"])
def test_every_word_of_a_script_is_in_the_catalogue(page: str, language: str) -> None:
    speech = Speech("en" if language == "en" else "zh-CN")
    told = orjson.loads(str(words(page, speech)))
    assert not [word for word, text in told.items() if text == f"{page}.{word}"]


def test_files_are_kept_for_ever_and_only_the_detector_may_compile(client: TestClient) -> None:
    for name in files.static_files():
        answer = client.get(f"{files.assets_path()}/{name}")
        assert "immutable" in answer.headers["cache-control"]
        assert ("wasm-unsafe-eval" in answer.headers.get("content-security-policy", "")) == (
            name == "detector.js"
        )


@pytest.mark.parametrize("path", ["/assets/shopper/000000000000/scan.js", f"{files.assets_path()}/none.js"])
def test_a_file_of_another_version_is_not_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/recalls", "/recalls/R2026-0007", "/scan", "/shop", "/shop/place", "/fridge"]
)
def test_no_cookie_and_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert "set-cookie" not in answer.headers
    assert "style=" not in answer.text
    assert 'src="http' not in answer.text
