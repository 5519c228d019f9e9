"""Pages of places and of other things that are no goods, in Chromium: narrow, dark, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser
from tests.end_to_end.axe import objections
from tests.integration.live_server import Live, live_server

from suyuan.trace.epcis.envelope import VocabularyElement
from suyuan.trace.register.telling import tell
from suyuan.trace.store.engine import Writing

pytestmark = pytest.mark.chromium

OWNER = "https://id.gs1.org/417/9521234000013"
LONG = "NorthernLogisticsAndColdStorageDistributionCentre" * 3


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    def told(path: str, **attributes: str) -> VocabularyElement:
        named = {f"suyuan:{name}": value for name, value in attributes.items()}
        kind = "urn:epcglobal:epcis:vtype:BusinessLocation"
        return VocabularyElement(kind, f"https://id.gs1.org{path}", named)

    with live_server(tmp_path_factory.mktemp("server")) as running:
        with Writing(running.house.engine) as writing:
            elements = [
                told("/417/9521234000013", nameZh="好公司", nameEn=LONG, licence="JY13301020000011"),
                told("/414/9521234000037", nameZh="城西店", nameEn=LONG, cityZh="杭州", party=OWNER),
                told("/8004/9521234T1", nameZh="冷藏车"),
            ]
            tell(writing, elements, owner=OWNER, now=datetime.now(UTC))
        yield running


@pytest.mark.parametrize(
    "path", ["/414/9521234000037", "/414/9521234000037/254/B2", "/417/9521234000013", "/8004/9521234T1"]
)
@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
def test_a_page_of_no_goods_fits_and_nothing_speaks_against_it(
    live: Live, browser: Browser, path: str, locale: str, scheme: str
) -> None:
    context = browser.new_context(
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 320, "height": 800},
        java_script_enabled=True,
    )
    page = context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    answer = page.goto(f"{live.url}/p{path}")
    assert answer is not None
    assert answer.status == 200
    assert objections(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert context.cookies() == []
    assert heard == []
    context.close()
