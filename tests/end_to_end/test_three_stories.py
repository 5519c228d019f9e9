"""The three stories walked in Chromium: one platform, public query, source tracing.

Nothing here is faked: the server is a process of its own, and what it knows was read over LLRP and delivered
over HTTP. What the pages say is held against the sample world's own account of what happened.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any, cast
from urllib.parse import urlsplit

import orjson
import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, Request, Response, ViewportSize
from tests.end_to_end.axe import objections

from suyuan.api.demo.credentials import OFFICER, SECOND_OFFICER
from suyuan.api.demo.stage import Stage
from suyuan.api.house import utc_now
from suyuan.portal.language import CHINA_TIME, Speech
from suyuan.portal.rendering import event_path, object_path
from suyuan.simulator.plot import RECIPES
from suyuan.simulator.till import Till
from suyuan.trace.gs1 import element_string, identify

pytestmark = pytest.mark.chromium

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 900}
CLEAN_MEAL = "M6"  # not affected, and days from its last one
BLOCKED_WITHIN_S = 5.0
WEIGHT_LIMIT = 30_000  # bytes of HTML and CSS, uncompressed


@dataclass  # no slots: Playwright keeps its wrappers of our listeners on the object
class Visitor:
    """A browser window and an open ear: what it asked for, from whom, and what it complained about."""

    page: Page
    home: str
    hosts: Counter[str] = field(default_factory=Counter[str])
    answers: list[Response] = field(default_factory=list[Response])
    complaints: list[str] = field(default_factory=list[str])

    def hear_request(self, request: Request) -> None:
        if not request.url.startswith("data:"):
            self.hosts[urlsplit(request.url).netloc] += 1

    def hear_answer(self, response: Response) -> None:
        self.answers.append(response)
        if response.status >= 400 and response.request.resource_type != "document":
            self.complaints.append(f"{response.status} for {response.url}")

    def hear_console(self, message: ConsoleMessage) -> None:
        # Chromium repeats the status of a failed load here; what failed to load is judged by `hear_answer`.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def hear_fault(self, error: Error) -> None:
        self.complaints.append(error.message)

    def open(self, path: str) -> int:
        """Go to ``path``; the status of the answer."""
        response = self.page.goto(self.home + path)
        assert response is not None
        return response.status

    @property
    def last_status(self) -> int:
        """Of the newest page."""
        return next(a.status for a in reversed(self.answers) if a.request.resource_type == "document")

    def told(self, selector: str = "main") -> str:
        """The words that one can see."""
        return self.page.locator(selector).inner_text()

    def check(self) -> None:
        """This page is accessible, and nothing on it scrolls sideways but tables and drawings."""
        assert objections(self.page) == [], self.page.url
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(overflow) == 0, self.page.url

    def tab_to(self, target: Locator) -> None:
        """Press Tab until ``target`` has the focus, as someone without a mouse would."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                return
        pytest.fail(f"Tab does not reach {target}")


@contextmanager
def visiting(
    browser: Browser,
    stage: Stage,
    *,
    viewport: ViewportSize = DESK,
    locale: str = "en-GB",
    scripts: bool = True,
) -> Generator[Visitor]:
    """A visitor without a past. Whatever it did, it spoke to our server only and no page complained."""
    context = browser.new_context(viewport=viewport, locale=locale, java_script_enabled=scripts)
    try:
        page = context.new_page()
        page.set_default_timeout(20_000)
        visitor = Visitor(page, stage.url)
        page.on("request", visitor.hear_request)
        page.on("response", visitor.hear_answer)
        page.on("console", visitor.hear_console)
        page.on("pageerror", visitor.hear_fault)
        yield visitor
        assert set(visitor.hosts) <= {urlsplit(stage.url).netloc}
        assert visitor.complaints == []
    finally:
        context.close()


@contextmanager
def officer(
    browser: Browser, stage: Stage, *, locale: str = "en-GB", second: bool = False
) -> Generator[Visitor]:
    """The regulator, or the colleague who confirms, signed in."""
    given = stage.credentials
    with visiting(browser, stage, locale=locale) as visitor:
        visitor.open("/console")
        visitor.page.locator("#name").fill(SECOND_OFFICER if second else OFFICER)
        visitor.page.locator("#password").fill(given.second_password if second else given.password)
        visitor.page.locator("#password").press("Enter")
        visitor.page.wait_for_url("**/console")
        yield visitor


def suspect_of(stage: Stage) -> str:
    key: str = stage.truth["incident"]["suspects"][0]
    return key


def code_of(key: str) -> str:
    """A key as the pages print it."""
    return element_string(identify(key))


def items_of(stage: Stage, status: str, *, affected: bool) -> list[str]:
    """Items that are where ``status`` says: affected ones, or those of a clean and fresh lot."""
    world = stage.world
    return [
        item.key
        for item in world.items.values()
        if world.whereabouts[item.key].status == status
        and (item.lot in world.affected_lots if affected else item.lot.endswith(f"-{CLEAN_MEAL}"))
    ]


def sold_item(stage: Stage) -> str:
    return items_of(stage, "sold", affected=False)[0]


# The ear itself


def test_the_visitor_hears_policy_violations_and_faults(browser: Browser, stage: Stage) -> None:
    with visiting(browser, stage) as visitor:
        visitor.open("/")
        visitor.page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "document.title = 'owned'";
                document.body.append(script);
                setTimeout(() => { throw new Error("a fault") }, 0);
            }"""
        )
        visitor.page.wait_for_timeout(100)
        assert any("Content Security Policy" in text for text in visitor.complaints)
        assert "a fault" in visitor.complaints
        assert visitor.page.title() != "owned"
        visitor.complaints.clear()
        visitor.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
        with pytest.raises(AssertionError, match="button-name"):
            visitor.check()


# One platform


def test_sign_in_and_search_by_keyboard_alone(browser: Browser, stage: Stage) -> None:
    suspect = suspect_of(stage)
    with visiting(browser, stage) as visitor:
        page = visitor.page
        visitor.open("/console")
        assert urlsplit(page.url).path == "/sign-in"
        visitor.check()
        visitor.tab_to(page.locator("#name"))
        page.keyboard.type(OFFICER)
        page.keyboard.press("Tab")
        page.keyboard.type("not the password")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        assert visitor.last_status == 401
        assert "The name or the password is not right" in visitor.told(".summary")
        assert page.locator("#name").input_value() == OFFICER  # only the password is typed again
        assert page.locator("#password").input_value() == ""
        visitor.check()
        visitor.tab_to(page.locator("#password"))
        page.keyboard.type(stage.credentials.password)
        page.keyboard.press("Enter")
        page.wait_for_url("**/console")
        visitor.check()
        visitor.tab_to(page.get_by_role("searchbox"))
        page.keyboard.type(suspect.rpartition("/")[2])
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/search?**")
        visitor.check()
        visitor.tab_to(page.locator(".found a").first)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{object_path(suspect)}")
        assert code_of(suspect) in visitor.told()


def test_from_a_search_to_the_evidence_of_an_event(browser: Browser, stage: Stage) -> None:
    suspect = suspect_of(stage)
    lot = stage.world.lots[suspect]
    with officer(browser, stage) as visitor:
        page = visitor.page
        page.get_by_role("searchbox").fill(lot.code)
        page.get_by_role("searchbox").press("Enter")
        assert page.locator(".found li").count() == 1
        page.locator(".found a").click()
        visitor.check()
        named = sum(suspect in _keys_named(a) for a in stage.world.assignments)
        events = page.locator("tbody tr")
        assert events.count() >= named
        assert lot.product.producer.name.en in visitor.told("h1 + p")
        events.last.locator("a.code").click()  # the newest stand first: this is how the lot began
        page.wait_for_url("**/console/event/**")
        visitor.check()
        assert page.locator("h1").inner_text() == Speech("en").term("step", "commissioning")
        page.locator("details summary").click()
        evidence = orjson.loads(page.locator("pre").inner_text())
        assert evidence["bizStep"] == "commissioning"
        assert evidence["eventTimeZoneOffset"] == "+08:00"
        [amount] = evidence["quantityList"]
        assert (identify(amount["epcClass"]).key, amount["quantity"]) == (suspect, lot.quantity)
        assert evidence["eventID"] in visitor.told(".evidence")


def _keys_named(assignment: Any) -> set[str]:
    order = assignment.order
    return {amount.epc_class for amount in (*order.quantities, *order.inputs, *order.outputs)}


def test_forward_trace_and_its_drawing_agree_with_the_truth(browser: Browser, stage: Stage) -> None:
    suspect = suspect_of(stage)
    affected = stage.truth["affected"]
    with officer(browser, stage) as visitor:
        page = visitor.page
        visitor.open(object_path(suspect))
        page.get_by_role("link", name="Trace forward").click()
        page.wait_for_url("**/console/trace?**")
        visitor.check()
        assert f"{len(affected):,} objects affected" in visitor.told(".lede")

        rows = page.locator("tr[id^=g]")
        nodes = page.locator("svg.trace a.node")
        assert nodes.count() == rows.count() > 10
        in_table, in_drawing = Counter[str](), Counter[str]()
        for row in rows.all():
            kicker = row.locator(".kicker")  # left out where the title says nothing else
            kind = (kicker if kicker.count() else row.locator("th :is(a, bdi)")).first.inner_text()
            role = row.locator("td .tag").first.inner_text()
            in_table[kind if role != "carrier only" else role] += int(
                row.locator("td.n").first.inner_text().replace(",", "")
            )
        assert in_table["Item"] == sum(told["kind"] == "item" for told in affected.values())
        assert in_table["Lot"] == sum(told["kind"] == "lot" for told in affected.values())
        for node in nodes.all():
            classes = str(node.get_attribute("class")).split()
            times = node.locator("text.times")
            count = int((times.text_content() or "").lstrip("×")) if times.count() else 1
            in_drawing["carrier" if "carrier" in classes else "affected"] += count
        assert in_drawing["affected"] == len(affected)
        assert in_drawing["carrier"] == in_table["carrier only"]
        assert page.locator("svg.trace a.node.suspect").count() == 1
        assert page.locator("svg.trace a.line").count() == page.locator("tr[id^=l]").count()

        page.locator('a[href$="#whole"]').last.click()
        page.wait_for_url("**whole=1**")
        shown = _whole_table(page)
        assert {key for key, role in shown.items() if role == "certain"} == affected.keys()
        carriers = {key for key, role in shown.items() if role == "carrier only"}
        places = {site.key for site in stage.world.stations}
        assert carriers - places == set(stage.truth["carriers"])
        assert set(shown.values()) == {"certain", "carrier only"}


def _whole_table(page: Page) -> dict[str, str]:
    """Key and role of every state in the unfolded table of a trace."""
    found: list[tuple[str, str]] = page.locator("#whole + .wide tbody tr").evaluate_all(
        "rows => rows.map(row => [row.cells[0].innerText.trim(), row.cells[1].innerText.trim()])"
    )
    return dict(found)


def test_the_console_speaks_chinese_accessibly(browser: Browser, stage: Stage) -> None:
    suspect, item = suspect_of(stage), stage.truth["cases"][0]["item"]
    with officer(browser, stage, locale="zh-CN") as visitor:
        page = visitor.page
        visitor.open(object_path(suspect))
        evidence = str(page.locator("tbody a.code").first.get_attribute("title"))
        for path in (
            "/",
            "/sign-in",
            "/console",
            "/console/search?q=生菜",
            object_path(suspect),
            object_path(item),
            event_path(evidence),
            "/console/trace",
            f"/console/trace?suspect={suspect}",
            f"/console/trace?suspect={item}&direction=backward",
            f"/console/scope?suspect={suspect}",
            f"/console/draft?suspect={suspect}",
        ):
            assert visitor.open(path) == 200
            assert page.locator("html").get_attribute("lang") == "zh-CN"
            visitor.check()


# Public query


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_shopper_reads_what_happened_to_an_item(browser: Browser, stage: Stage, language: str) -> None:
    item, world = sold_item(stage), stage.world
    lot = world.lots[world.items[item].lot]
    speech = Speech("zh-CN" if language == "zh-CN" else "en")
    chinese = language == "zh-CN"
    with visiting(browser, stage, viewport=PHONE, locale=language) as visitor:
        page = visitor.page
        assert visitor.open(urlsplit(item).path) == 200
        assert page.locator("html").get_attribute("lang") == language
        assert visitor.told("#verdict") == ("已售 · 与购买记录一致" if chinese else "Sold, as recorded")
        assert page.locator("#verdict").is_visible()
        box = page.locator(".verdict h1").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < PHONE["height"]  # without scrolling

        told = visitor.told()
        assert lot.expires is not None
        assert (lot.product.name.zh if chinese else lot.product.name.en) in told
        assert (lot.product.allergens.zh if chinese else lot.product.allergens.en) in told
        assert {lot.code, speech.day(lot.produced), speech.day(lot.expires)} <= set(told.splitlines())
        assert (lot.product.producer.name.zh if chinese else lot.product.producer.name.en) in told

        sites = {site.key: site for site in world.stations}
        shop = sites[str(world.whereabouts[item].place)]
        route = [world.site("plant"), world.site("distribution"), shop]
        stops = page.locator(".journey > li")
        cities = [site.city.zh if chinese else site.city.en for site in route]
        assert [stop.locator("h3").inner_text() for stop in stops.all()] == cities
        steps = [step.inner_text() for step in page.locator(".journey .what").all()]
        assert steps[0] == speech.term("step", "commissioning")
        assert steps[-1].startswith(speech.term("step", "retail_selling"))
        moments = [str(t.get_attribute("datetime")) for t in page.locator(".journey time").all()]
        assert moments == sorted(moments)
        assert len(moments) == 10  # coded, packed twice; shipped, received and unpacked twice; sold

        _, _, _, lettuce = RECIPES[CLEAN_MEAL]
        farms = {world.cast.farms[name[0]].party.name for name in lettuce}
        origins = visitor.told(".origins")
        assert all((farm.zh if chinese else farm.en) in origins for farm in farms)
        visitor.check()

        page.get_by_role("link", name="English" if chinese else "中文").click()
        page.wait_for_url("**lang=**")
        assert visitor.told("#verdict") == ("Sold, as recorded" if chinese else "已售 · 与购买记录一致")
        visitor.check()
        assert page.context.cookies() == []
        assert [a.url for a in visitor.answers if "set-cookie" in a.headers] == []


def test_the_harvest_of_an_origin_has_the_date_of_its_place(browser: Browser, stage: Stage) -> None:
    item = sold_item(stage)
    _, _, _, lettuce = RECIPES[CLEAN_MEAL]
    produced = {
        lot.product.producer.name.en: lot.produced
        for lot in stage.world.lots.values()
        if lot.code.rpartition("-")[2] in lettuce
    }
    with visiting(browser, stage, viewport=PHONE) as visitor:
        visitor.open(urlsplit(item).path)
        shown = visitor.page.locator(".origins li").all()
        told = {
            farm: origin.locator("time").get_attribute("datetime")
            for origin in shown
            for farm in produced
            if farm in origin.inner_text()
        }
        assert told == {farm: day.isoformat() for farm, day in produced.items()}


def test_a_shopper_needs_no_script(browser: Browser, stage: Stage) -> None:
    path = urlsplit(sold_item(stage)).path
    told: list[str] = []
    for scripts in (True, False):
        with visiting(browser, stage, viewport=PHONE, scripts=scripts) as visitor:
            visitor.open(path)
            assert visitor.page.locator("#verdict").is_visible()
            checked = visitor.told(".checked time")
            told.append(visitor.told().replace(checked, ""))
            if not scripts:
                visitor.page.locator("details summary").click()
                assert visitor.page.locator("details dd").first.is_visible()
    assert told[0] == told[1]
    assert "Sold, as recorded" in told[0]


def test_a_passport_weighs_little(
    browser: Browser, stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    with visiting(browser, stage, viewport=PHONE) as visitor:
        visitor.open(urlsplit(sold_item(stage)).path)
        visitor.page.wait_for_load_state("networkidle")
        kinds = {answer.request.resource_type for answer in visitor.answers}
        assert kinds <= {"document", "stylesheet", "image"}  # no script, no font
        weight = sum(
            len(answer.body())
            for answer in visitor.answers
            if answer.request.resource_type in {"document", "stylesheet"}
        )
        record_property("bytes", weight)
        print(f"HTML and CSS of a passport: {weight / 1000:.1f} kB")  # noqa: T201  (shown with -s)
        assert 0 < weight <= WEIGHT_LIMIT


def test_the_verdict_is_soon_there_on_a_slow_telephone(
    browser: Browser, stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    """The aim is 1 s at a fourth of the speed, 1.6 Mbit/s and 150 ms.

    The number is printed; 3 s are asserted, since a tight bound on a machine that others use would lie.
    """
    path = urlsplit(sold_item(stage)).path
    taken = median(_verdict_seen_ms(browser, stage, path) for _ in range(3))
    record_property("verdict_ms", taken)
    print(f"verdict visible after {taken:.0f} ms (median of 3)")  # noqa: T201  (shown with -s)
    assert 0 < taken < 3000


def _verdict_seen_ms(browser: Browser, stage: Stage, path: str) -> float:
    """From the start of the navigation, with a cold cache, to the frame after the verdict was laid out."""
    with visiting(browser, stage, viewport=PHONE) as visitor:
        page = visitor.page
        page.add_init_script(
            """(() => {
                const look = () => {
                    const box = document.querySelector("#verdict")?.getBoundingClientRect();
                    if (box && box.height > 0 && box.bottom < innerHeight)
                        requestAnimationFrame(() => { window.verdictSeen = performance.now(); });
                    else requestAnimationFrame(look);
                };
                requestAnimationFrame(look);
            })()"""
        )
        session = page.context.new_cdp_session(page)
        send = cast("Callable[[str, dict[str, object]], object]", session.send)  # pyright: ignore[reportUnknownMemberType]  # a bare dict
        send("Emulation.setCPUThrottlingRate", {"rate": 4})
        speed = 1.6e6 / 8
        send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 150, "downloadThroughput": speed, "uploadThroughput": speed},
        )
        visitor.open(path)
        seen = page.wait_for_function("() => window.verdictSeen").json_value()
        return float(seen)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_wrong_code_is_told_part_by_part(browser: Browser, stage: Stage, language: str) -> None:
    path = urlsplit(sold_item(stage)).path
    _, _, gtin, _, serial = path.split("/")
    wrong_digit = str((int(gtin[-1]) + 1) % 10)
    cases = {
        f"/01/{gtin}/21/{serial[:-3]}000": (404, "(21)", f"{serial[:-3]}000"),
        f"/01/{gtin[:-1]}{wrong_digit}/21/{serial}": (400, "(01)", gtin[:-1] + wrong_digit),
        "/01/banana": (400, "(01)", "banana"),
        f"/01/{gtin}/99/{serial}": (400, "(99)", serial),
        f"/01/{gtin}/21/{serial}/%3Cscript%3E": (400, "<script>", "<script>"),
    }
    with visiting(browser, stage, viewport=PHONE, locale=language) as visitor:
        page = visitor.page
        for wrong, (status, part, value) in cases.items():
            assert visitor.open(wrong) == status
            assert visitor.told("#verdict") == Speech("en" if language == "en" else "zh-CN").say(
                "verdict.unknown.word"
            )
            faulty = page.locator(".at-fault")
            assert faulty.count() == 1, wrong
            assert part in faulty.inner_text()
            assert value in faulty.inner_text()
            visitor.check()
        assert visitor.open("/banana/%00/%3Cscript%3Ealert(1)%3C/script%3E") == 404
        assert page.get_by_role("heading", level=1).is_visible()
        visitor.check()
        assert page.context.cookies() == []


# Source tracing


def test_five_complaints_lead_to_one_farm_lot(browser: Browser, stage: Stage) -> None:
    common: set[str] | None = None
    with officer(browser, stage) as visitor:
        page = visitor.page
        for case in stage.truth["cases"]:
            page.get_by_role("searchbox").fill(case["item"])
            page.get_by_role("searchbox").press("Enter")
            page.wait_for_url(f"**{object_path(case['item'])}")  # one hit opens at once
            page.get_by_role("link", name="Trace back").click()
            page.wait_for_url("**direction=backward**")
            visitor.check()
            page.locator('a[href$="#whole"]').last.click()
            page.wait_for_url("**whole=1**")
            lots = {key for key in _whole_table(page) if "/10/" in key}
            assert case["lot"] in lots
            common = lots if common is None else common & lots
    assert common == {suspect_of(stage)}


def test_the_scope_names_every_place_with_its_quantity(browser: Browser, stage: Stage) -> None:
    with officer(browser, stage) as visitor:
        page = visitor.page
        visitor.open(f"/console/trace?suspect={suspect_of(stage)}")
        page.get_by_role("link", name="Scope").click()
        page.wait_for_url("**/console/scope?**")
        visitor.check()
        assert _scope_table(page) == _true_scope(stage)
        fates = Counter(
            "sold" if told["where"]["status"] == "sold" else "to-hold"
            for told in stage.truth["affected"].values()
            if told["kind"] == "item"
        )
        expected = {fate: f"{count:,} pieces" for fate, count in fates.items()}
        figures = {
            str(figure.get_attribute("class")): figure.locator(".figure").inner_text()
            for figure in page.locator(".figures li").all()
        }
        assert figures == expected | {"gone": f"{stage.world.lots[suspect_of(stage)].quantity:g} kg"}


def _scope_table(page: Page) -> dict[tuple[str, str], str]:
    """What the scope says: (place, status) to the amount to hold."""
    assert page.locator("tr.none").inner_text().split("\t")[1] == "nothing, as far as the records tell"
    shown: list[tuple[str, str, str]] = page.locator("table.ledger tbody tr:not(.none)").evaluate_all(
        """rows => rows.map(row => [
            row.querySelector("th a").innerText.trim(), row.cells[1].innerText.trim(),
            row.cells[3].innerText.trim()
        ])"""
    )
    return {(place, status): hold for place, status, hold in shown}


def _true_scope(stage: Stage) -> dict[tuple[str, str], str]:
    names = {site.key: site.name.en for site in stage.world.stations}
    speech = Speech("en")
    counted = Counter(
        (told["where"]["place"], told["where"]["status"])
        for told in stage.truth["affected"].values()
        if told["kind"] == "item"
    )
    expected = {
        (names[place], speech.say(f"status.{status}")): f"{count:,} pieces"
        for (place, status), count in counted.items()
    }
    source = stage.truth["affected"][suspect_of(stage)]["where"]
    kg = stage.world.lots[suspect_of(stage)].quantity
    return expected | {(names[source["place"]], speech.say(f"status.{source['status']}")): f"{kg:g} kg"}


TITLE = "Lettuce lot suspected of Salmonella"
TITLE_ZH = "生菜批次疑似沙门氏菌污染"
REASON = "Several consumers fell ill; tracing points to one farm lot."
REASON_ZH = "多名消费者食用后患病，追溯指向同一农场批次。"
WHAT_TO_DO = "Do not eat it; return it for a refund."
WHAT_TO_DO_ZH = "请勿食用，凭购买记录退款。"
CONTACT = "400-000-0000"


def test_a_recall_from_the_form_to_the_till(browser: Browser, stage: Stage) -> None:
    shop = "shop-1"
    place = stage.world.site(shop).key
    affected = [
        key
        for key in items_of(stage, "in_stock", affected=True)
        if stage.world.whereabouts[key].place == place
    ]
    clean = [
        key
        for key in items_of(stage, "in_stock", affected=False)
        if stage.world.whereabouts[key].place == place
    ]
    till = Till(
        stage.world,
        server_url=stage.url,
        token=stage.credentials.stations[shop],
        folder=stage.stations,
        block_list_key=stage.block_list_key,
        now=utc_now,
        shop=shop,
    )
    with (
        start_blocking_portal() as elsewhere,  # the till works in a loop of its own, as it does in a shop
        elsewhere.wrap_async_context_manager(till) as open_till,
        officer(browser, stage) as visitor,
        officer(browser, stage, second=True) as colleague,
    ):
        case = _draft(visitor, suspect_of(stage))
        assert elsewhere.call(open_till.offer, affected.pop()).event_ids  # a draft stops nothing
        _propose_hold(visitor, case)
        assert elsewhere.call(open_till.offer, affected.pop()).event_ids  # nor does a proposal
        held = _confirm(colleague, case, "Confirm: stop the sale", "case-held")
        outcome = elsewhere.call(open_till.offer, affected.pop())
        while outcome.event_ids and time.monotonic() - held < BLOCKED_WITHIN_S:
            time.sleep(0.2)
            outcome = elsewhere.call(open_till.offer, affected.pop())
        taken = time.monotonic() - held
        print(f"the till refuses {taken:.1f} s after the hold")  # noqa: T201  (shown with -s)
        assert outcome.event_ids == ()
        assert taken < BLOCKED_WITHIN_S
        colleague.check()
        visitor.open(case)
        visitor.check()
        _publish(visitor, colleague, case)
        refused = elsewhere.call(open_till.offer, affected[0])
        assert refused.event_ids == ()
        assert identify(affected[0]).key in {identify(epc).key for epc in refused.refused}
        assert elsewhere.call(open_till.offer, clean[0]).event_ids
        visitor.open("/console")
        assert visitor.page.locator("tbody tr").count() == 1
        visitor.check()
        visitor.open(f"{case}?lang=zh-CN")
        visitor.check()

    _read_by_shoppers(browser, stage, affected[0], clean[1])


def _draft(visitor: Visitor, suspect: str) -> str:
    """The draft through the form, each step with something left out first; the path of the new case."""
    page = visitor.page
    go_on = page.get_by_role("button", name="Continue")
    visitor.open(f"/console/scope?suspect={suspect}")
    page.get_by_role("link", name="Draft a recall").click()
    visitor.check()
    assert code_of(suspect) in visitor.told()
    page.get_by_label("Reason (English)").fill(REASON)
    page.get_by_label("Reason (Chinese)").fill(REASON_ZH)
    page.get_by_label("Microbial").check()
    page.get_by_label("Class 1").check()
    go_on.click()
    _follow_error_summary(visitor, "title_zh")
    assert page.get_by_label("Reason (English)").input_value() == REASON
    assert page.get_by_label("Microbial").is_checked()
    assert page.get_by_label("Class 1").is_checked()
    page.get_by_label("Title (English)").fill(TITLE)
    page.get_by_label("Title (Chinese)").fill(TITLE_ZH)
    go_on.click()
    visitor.check()
    page.get_by_label("Ordered recall").check()
    go_on.click()
    _follow_error_summary(visitor, "known_at")
    assert page.get_by_label("Ordered recall").is_checked()
    page.get_by_label("When it became known").fill(
        utc_now().astimezone(CHINA_TIME).strftime("%Y-%m-%dT%H:%M")
    )
    page.get_by_label("Legal basis").fill("Food Safety Law, Art. 63")
    go_on.click()
    visitor.check()
    page.get_by_label("What to do (English)").fill(WHAT_TO_DO)
    page.get_by_label("What to do (Chinese)").fill(WHAT_TO_DO_ZH)
    go_on.click()
    _follow_error_summary(visitor, "contact")
    assert page.get_by_label("What to do (English)").input_value() == WHAT_TO_DO
    assert page.get_by_label("What to do (Chinese)").input_value() == WHAT_TO_DO_ZH
    page.get_by_label("Contact").fill(CONTACT)
    go_on.click()
    assert page.locator("h1").inner_text() == "Check the answers"
    answers = visitor.told("dl.facts")
    for answer in (TITLE, REASON, "Microbial", "Class 1", WHAT_TO_DO, WHAT_TO_DO_ZH, CONTACT):
        assert answer in answers
    visitor.check()
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_url("**/console/case/**")
    assert visitor.told(".kicker .tag >> nth=0") == "Draft"
    visitor.check()
    return urlsplit(page.url).path


def _follow_error_summary(visitor: Visitor, field_id: str) -> None:
    """The summary stands there, names the field, and leads to it."""
    page = visitor.page
    summary = page.get_by_role("alert")
    summary.wait_for()
    assert visitor.last_status == 400
    visitor.check()
    summary.locator(f'a[href="#{field_id}"]').click()
    assert page.evaluate("document.activeElement.id") == field_id
    assert page.locator(f"#{field_id}").get_attribute("aria-invalid") == "true"


def _propose_hold(visitor: Visitor, case: str) -> None:
    page = visitor.page
    page.get_by_role("button", name="Propose a hold").click()
    _follow_error_summary(visitor, "reason-hold")
    page.locator("#reason-hold").fill("Five complaints lead to one lot")
    page.get_by_role("button", name="Propose a hold").click()
    page.get_by_text("you cannot confirm what you proposed").wait_for()
    assert page.get_by_role("button", name="Confirm").count() == 0
    assert visitor.told(".kicker .tag >> nth=0") == "Draft"
    assert urlsplit(page.url).path == case
    visitor.check()


def _confirm(colleague: Visitor, case: str, button: str, state: str) -> float:
    """The second person sees what was proposed, ticks the box, and confirms; when that was."""
    page = colleague.page
    colleague.open(case)
    page.get_by_role("button", name=button).click()
    page.get_by_role("alert").locator('a[href="#sure-proposal-confirm"]').wait_for()
    colleague.check()
    page.locator("#sure-proposal-confirm").check()
    confirmed = time.monotonic()
    page.get_by_role("button", name=button).click()
    page.locator(f".kicker .{state}").wait_for()
    return confirmed


def _publish(visitor: Visitor, colleague: Visitor, case: str) -> None:
    """Without the box nothing is proposed; without the colleague nothing is published; then it is."""
    page = visitor.page
    page.locator("#reason-publish").fill("Confirmed by the laboratory")
    page.get_by_role("button", name="Propose the recall").click()
    page.get_by_role("alert").wait_for()
    visitor.check()
    page.get_by_role("alert").locator('a[href="#sure-publish"]').click()
    assert page.evaluate("document.activeElement.id") == "sure-publish"
    assert page.locator("#reason-publish").input_value() == "Confirmed by the laboratory"
    page.locator("#sure-publish").check()
    page.get_by_role("button", name="Propose the recall").click()
    page.get_by_text("you cannot confirm what you proposed").wait_for()
    assert visitor.told(".kicker .tag >> nth=0") == "On hold"
    _confirm(colleague, case, "Confirm: publish the recall", "case-published")
    visitor.open(case)
    assert [entry.inner_text() for entry in page.locator(".log > li > div > strong").all()] == [
        "Drafted",
        "Proposed:",
        "Sale stopped",
        "Proposed:",
        "Recall published",
    ]
    visitor.check()


def _read_by_shoppers(browser: Browser, stage: Stage, affected: str, clean: str) -> None:
    """The recall is on the page of an affected item, in both languages, and not on that of a clean one."""
    for language, title, to_do in (("en", TITLE, WHAT_TO_DO), ("zh-CN", TITLE_ZH, WHAT_TO_DO_ZH)):
        speech = Speech("en" if language == "en" else "zh-CN")
        recalled = speech.say("verdict.recalled.word")
        with visiting(browser, stage, viewport=PHONE, locale=language) as visitor:
            visitor.open(urlsplit(affected).path)
            assert visitor.told("#verdict") == recalled
            assert title in visitor.told(".notice")
            assert to_do in visitor.told(".notice .do")
            assert visitor.page.locator(f'.notice a[href="tel:{CONTACT.replace("-", "")}"]').is_visible()
            visitor.check()
            visitor.open(urlsplit(clean).path)
            assert visitor.told("#verdict") not in {recalled, ""}
            assert visitor.page.locator(".notice").count() == 0
            visitor.check()
