"""Pages made ahead are the pages that the template makes, and never older than what was acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.integration import market
from tests.integration.market import Market

from suyuan.api.passports import codes
from suyuan.api.passports.absences import Absences
from suyuan.api.passports.found import Finder
from suyuan.trace.store.engine import DatabaseUnavailable, Reading, Writing
from suyuan.trace.store.passport_rows import Owner
from suyuan.trace.store.scans import Scan, batch_scans, keep_scans
from suyuan.trace.store.sight import EVERYTHING, Viewer

BROWSER = {"accept": "text/html", "accept-language": "zh-CN"}
LOT_OF_ITEMS = market.LOT.rpartition("/")[2]
QUERIES = ("", "lang=en", "lang=zh-CN", "large=1", "lang=en&large=1")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Market]:
    with market.open_market(tmp_path) as made:
        yield made


def _path(key: str) -> str:
    return key.removeprefix("https://id.gs1.org")


def _codes() -> list[str]:
    item = _path(market.ITEM_KEYS[0])
    with_lot = item.replace("/21/", f"/10/{LOT_OF_ITEMS}/21/")
    lots = [_path(market.LOT), _path(market.FARM_A.lot("FA-1187"))]
    return [*map(_path, market.ITEM_KEYS[:2]), with_lot, *lots, _path(market.PLANT.product)]


def _slow(here: Market, url: str, headers: dict[str, str]) -> Any:
    """By the routes: whoever sends any cookie is looked at closely."""
    return here.client.get(url, headers={**headers, "cookie": "other=1"})


def _same(here: Market, url: str, headers: dict[str, str] = BROWSER) -> Any:
    """The page made ahead, compared with the one of the routes."""
    slow = _slow(here, url, headers)
    fast = here.client.get(url, headers=headers)
    assert "etag" in fast.headers, url
    assert "etag" not in slow.headers
    assert fast.content == slow.content
    assert _told(fast) == _told(slow)
    return fast


def _told(answer: Any) -> dict[str, str]:
    """Headers; of what is packed the size differs, and only what is made ahead has a tag."""
    return {name: value for name, value in answer.headers.items() if name not in ("etag", "content-length")}


def test_a_page_made_ahead_is_the_page_of_the_template_byte_for_byte(here: Market) -> None:
    for code in _codes():
        for query in QUERIES:
            _same(here, f"/p{code}?{query}" if query else f"/p{code}")
        _same(here, f"/p{code}", {"accept-language": "en", "accept-encoding": "identity"})
        _same(here, code)


def test_the_looks_before_are_told_on_it(here: Market) -> None:
    key = market.ITEM_KEYS[0]
    first = market.NOW - timedelta(days=3)
    for number in (1, 2, 3):
        looks = [Scan(key, first + timedelta(days=number), bytes([number]) * 8)]
        with Writing(here.house.engine) as writing:
            keep_scans(writing, looks, lambda instant: instant)
        for language in ("zh-CN", "en"):
            page = _same(here, f"/p{_path(key)}?lang={language}").text
            assert f"{number} " in page


def test_a_hold_is_on_the_page_with_the_next_request(here: Market) -> None:
    url = f"/p{_path(market.ITEM_KEYS[0])}"
    assert "verdict tone-stop" not in _same(here, url).text
    authority = Viewer("conducting", "regulator", market.AUTHORITIES["conducting"][0], EVERYTHING)
    here.house.desk.hold_at_once(here.case, authority, "Residues found")
    assert "verdict tone-stop" in here.client.get(url, headers=BROWSER).text
    assert "verdict tone-stop" in _same(here, url).text


def test_an_event_is_on_the_page_with_the_next_request(here: Market) -> None:
    key = market.ITEM_KEYS[0]
    url = f"/p{_path(key)}"
    before = _same(here, url).text
    market.capture(here.house, market.SHOP.party, {
        "type": "ObjectEvent", "eventTime": "2026-11-15T08:00:00+08:00", "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE", "bizStep": "inspecting", "disposition": "non_conformant", "epcList": [key],
        "readPoint": {"id": market.SHOP.dock},
    })  # fmt: skip
    after = here.client.get(url, headers=BROWSER).text
    assert after != before
    assert after == _same(here, url).text


def test_an_event_about_an_item_leaves_the_lots_of_its_product_alone(here: Market) -> None:
    product, other = market.PLANT.product, f"{market.PLANT.product}/10/OTHER"
    at = {"eventTime": "2026-11-15T08:00:00+08:00", "eventTimeZoneOffset": "+08:00", "type": "ObjectEvent"}
    made = {**at, "action": "ADD", "bizStep": "commissioning", "readPoint": {"id": market.PLANT.dock}}
    market.capture(
        here.house, market.PLANT.party, {**made, "epcList": [f"{product}/10/OTHER/21/S{n}" for n in (1, 2)]}
    )
    for code in (market.LOT, other):
        _same(here, f"/p{_path(code)}")
    seen = {**at, "action": "OBSERVE", "bizStep": "stocking", "readPoint": {"id": market.SHOP.dock}}
    market.capture(here.house, market.SHOP.party, {**seen, "epcList": [market.ITEM_KEYS[0]]})
    passports = here.house.passports
    now = passports.catch_up()
    for code in (market.LOT, other):
        assert passports.find(Owner(code, ""), now) is not None
        _same(here, f"/p{_path(code)}")


def test_who_has_the_page_is_told_that_it_is_still_so(here: Market) -> None:
    url = f"/p{_path(market.ITEM_KEYS[0])}"
    page = _same(here, url)
    again = here.client.get(url, headers={**BROWSER, "if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == page.headers["etag"]
    head = here.client.head(url, headers=BROWSER)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == page.headers["content-length"]


def test_nothing_is_remembered_by_what_may_be_of_any_length(here: Market) -> None:
    url = f"/p{_path(market.ITEM_KEYS[0])}"
    _same(here, url)
    caches = (codes._asked_in, codes._code_at, codes._language)  # pyright: ignore[reportPrivateUsage]
    sizes = [cache.cache_info().currsize for cache in caches]
    for length in (100, 1000):
        _same(here, url, {**BROWSER, "accept-language": "zh," + "x" * length})
        here.client.get(f"{url}{'x' * 20 * (length + 10)}", headers=BROWSER)
    assert [cache.cache_info().currsize for cache in caches] == sizes


def test_what_is_not_plain_goes_on_to_the_routes(here: Market) -> None:
    url = f"/p{_path(market.ITEM_KEYS[0])}"
    _same(here, url)
    assert "etag" not in here.client.get(f"{url}?v=mark", headers=BROWSER).headers
    wrong_lot = here.client.get(url.replace("/21/", "/10/ANOTHER/21/"), headers=BROWSER)
    assert (wrong_lot.status_code, "etag" in wrong_lot.headers) == (200, False)
    assert "etag" not in here.ask("owner", "GET", url).headers
    absent = here.client.get(f"/p{_path(market.PLANT.product)}/21/NOBODYS", headers=BROWSER)
    assert absent.status_code == 404


def test_a_database_that_does_not_answer_is_told_by_the_routes(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/p{_path(market.ITEM_KEYS[0])}"
    _same(here, url)

    def away(*_: object) -> None:
        raise DatabaseUnavailable("The database does not answer", where="database")

    monkeypatch.setattr(here.house.passports, "at_hand", away)
    assert "etag" not in here.client.get(url, headers=BROWSER).headers
    monkeypatch.setattr(here.house.passports, "of", away)
    refused = here.client.get(url, headers=BROWSER)
    assert refused.status_code == 503
    assert "Traceback" not in refused.text


def test_a_fault_of_ours_is_told_with_the_headers_that_guard_every_page(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    url = f"/p{_path(market.ITEM_KEYS[0])}"
    page = _same(here, url)
    monkeypatch.setattr(Finder, "find", broken)
    client = TestClient(here.client.app, raise_server_exceptions=False)
    told = client.get(url, headers=BROWSER)
    assert told.status_code == 500
    assert "a fault of ours" not in told.text
    for name in ("content-security-policy", "x-content-type-options", "referrer-policy"):
        assert told.headers[name] == page.headers[name]


def test_a_database_that_does_not_tell_of_changes_is_asked_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PostgreSQL, in threads."""

    def nobody(_engine: object) -> None:
        """Watches."""

    monkeypatch.setattr("suyuan.api.passports.found.watching", nobody)
    with market.open_market(tmp_path) as here:
        test_a_hold_is_on_the_page_with_the_next_request(here)
        test_the_looks_before_are_told_on_it(here)


def _absent(here: Market, url: str, headers: dict[str, str] = BROWSER) -> Any:
    slow, fast = _slow(here, url, headers), here.client.get(url, headers=headers)
    assert fast.status_code == slow.status_code == 404
    assert fast.content == slow.content
    assert _told(fast) == _told(slow), url
    return fast


def test_a_code_that_nobody_gave_out_has_the_page_of_the_template_byte_for_byte(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bool] = []
    page = Absences.page

    def watched(*given: Any) -> Any:
        found = page(*given)
        made.append(found is not None)
        return found

    monkeypatch.setattr(Absences, "page", watched)
    product, lot = _path(market.PLANT.product), f"/10/{LOT_OF_ITEMS}"
    for code in (f"{product}/21/NOBODYS", f"{product}{lot}/21/NOBODYS", f"{product}/10/X/21/X"):
        for query in QUERIES:
            _absent(here, f"/p{code}?{query}" if query else f"/p{code}")
        english = {"accept-language": "en", "accept-encoding": "identity", "accept": "text/html"}
        assert "NOBODYS" in _absent(here, f"/p{product}/21/NOBODYS", english).text
        _absent(here, code)
    _absent(here, "/p/01/09521234999997/21/NOBODYS")
    assert len(made) == 3 * (len(QUERIES) + 2) + 1
    assert all(made)


def test_of_what_nothing_names_but_its_product_nothing_else_is_asked(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/p{_path(market.PLANT.product)}/10/{LOT_OF_ITEMS}/21/NOBODYS"
    slow = _absent(here, url)
    asked: list[str] = []

    def watched(link: str) -> Any:
        asked.append(link)
        raise AssertionError(link)

    with monkeypatch.context() as patched:
        patched.setattr(here.house, "passport", watched)
        assert here.client.get(url, headers=BROWSER).content == slow.content
    assert not asked
    authority = Viewer("conducting", "regulator", market.AUTHORITIES["conducting"][0], EVERYTHING)
    here.house.desk.hold_at_once(here.case, authority, "Residues found")
    stopped = here.client.get(url, headers=BROWSER)  # the lot of the code tells for it
    assert (stopped.status_code, "verdict tone-stop" in stopped.text) == (200, True)
    assert stopped.content == _slow(here, url, BROWSER).content


def test_what_was_guessed_is_counted_and_what_is_made_then_is_shown(here: Market) -> None:
    key = f"{market.PLANT.product}/21/GUESSED"
    url = f"/p{_path(key)}"
    _absent(here, url)
    log = here.house.scanning.log
    log.write_probes(market.NOW)
    with Reading(here.house.engine) as reading:
        assert batch_scans(reading, market.PLANT.product).probes == 2
    market.capture(here.house, market.PLANT.party, {
        "type": "ObjectEvent", "eventTime": "2026-11-15T08:00:00+08:00", "eventTimeZoneOffset": "+08:00",
        "action": "ADD", "bizStep": "commissioning", "epcList": [key], "readPoint": {"id": market.PLANT.dock},
    })  # fmt: skip
    assert here.client.get(url, headers=BROWSER).status_code == 200
    _same(here, url)
