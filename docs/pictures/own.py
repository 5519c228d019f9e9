"""Pictures of an installation of one's own: from ``suyuan init`` to a recall, walked as people walk it."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from docs.pictures import phone as phone_pages
from docs.pictures import station as station_pages
from docs.pictures.album import PHONE, Album, Windows, filled, pressed, signed_in
from docs.pictures.sample import LAW, PUBLIC, TEXTS, confirmed, proposed
from playwright.sync_api import Page
from tests.end_to_end.programs import Reader, environ, running, suyuan, wait_for

from suyuan.api.demo.server import free_port

PRODUCER, SHOP, MARKET = "9521234000006", "9521234000013", "9521234000020"
PLANT, STORE = "9521234000037", "9521234000044"
FARMER, FARM, AGRICULTURE = "9521234000068", "9521234000075", "9521234000082"
GTIN, LETTUCE = "09521234000051", "09521234000099"
LOT, HARVEST = "L20261121", "H20261120"
FROM_PLANT = ["processing", "storage", "transport", "wholesale", "retail", "catering", "import"]
TODAY = datetime.now(UTC).date()

Told = dict[str, str | list[str]]
ENTRIES: tuple[tuple[str, Told], ...] = (
    ("party", {"identifier": MARKET, "roles": ["authority"], "name_zh": "杭州市市场监督管理局",
               "name_en": "Hangzhou market regulation", "district": "330100", "stages": FROM_PLANT,
               "regions": "000000"}),
    ("party", {"identifier": AGRICULTURE, "roles": ["authority"], "name_zh": "杭州市农业农村局",
               "name_en": "Hangzhou agriculture", "district": "330100", "stages": ["farm", "slaughter"],
               "regions": "000000"}),
    ("party", {"identifier": FARMER, "roles": ["producer"], "name_zh": "云栖蔬菜合作社",
               "name_en": "Yunqi vegetable growers", "district": "330106"}),
    ("party", {"identifier": PRODUCER, "roles": ["producer"], "name_zh": "青禾食品有限公司",
               "name_en": "Qinghe Foods", "district": "330106", "phone": "0571 1234 5678"}),
    ("party", {"identifier": SHOP, "roles": ["shop"], "name_zh": "望江路便利店",
               "name_en": "Wangjiang Road shop", "district": "330102"}),
    ("place", {"identifier": FARM, "party": FARMER, "stage": "farm", "name_zh": "云栖菜地",
               "name_en": "Yunqi fields", "district": "330106"}),
    ("place", {"identifier": PLANT, "party": PRODUCER, "stage": "processing", "name_zh": "青禾一厂",
               "name_en": "Qinghe plant 1", "district": "330106"}),
    ("place", {"identifier": STORE, "party": SHOP, "stage": "retail", "name_zh": "望江路店",
               "name_en": "Wangjiang Road", "district": "330102"}),
    ("product", {"identifier": LETTUCE, "name_zh": "生菜", "name_en": "Lettuce", "producer": FARMER}),
    ("product", {"identifier": GTIN, "name_zh": "凉拌生菜", "name_en": "Lettuce salad", "producer": PRODUCER,
                 "net_content": "250 g", "shelf_life_days": "5", "storage_zh": "0–4 ℃ 冷藏",
                 "storage_en": "Keep at 0–4 °C", "ingredients_zh": "生菜、芝麻酱",
                 "ingredients_en": "Lettuce, sesame paste", "allergens": ["gluten"]}),
    ("lot", {"product": GTIN, "lot": LOT, "production_date": TODAY.isoformat()}),
)  # fmt: skip
BAD_TABLE = (
    "内部编号,名称（中文）,名称（英文）,生产者,净含量\n"
    "P-1,凉拌黄瓜,Cucumber salad,{producer},250 g\n"
    "P-2,,Tomato salad,{producer},250 g\n"
    "P-3,凉拌木耳,Wood ear salad,9521234000007,200 g\n"
)
GOOD_TABLE = (
    "内部编号,名称（中文）,名称（英文）,生产者,净含量\n"
    "P-1,凉拌黄瓜,Cucumber salad,{producer},250 g\n"
    "P-2,凉拌番茄,Tomato salad,{producer},250 g\n"
)


def pictures(album: Album, folder: Path) -> None:
    """All pictures of an own world, in the order in which its people begin."""
    port = free_port()
    settings = environ(folder / "var", port)
    found = re.search(r"password (\S+)", suyuan("init", "--generate", environ=settings))
    if not found:
        raise RuntimeError("no password was told")
    url = f"http://localhost:{port}"
    with running("serve", environ=settings, log=folder / "server.log"):
        wait_for(f"{url}/readyz")
        outside(album, url)
        admin = signed_in(album, url, "admin", found[1])
        empty(admin)
        register(admin, url)
        names = accounts(admin, album, url)
        devices(names["zhao"], names["wang"])
        tags = labels(names["zhao"])
        with Reader() as reader:
            album.scene(station_pages.pictures, folder, settings, names["zhao"].zh, reader, tags)
        history(folder, settings, tags)
        album.scene(phone_pages.pictures, names["wang"].zh, url, tags)
        names["wang"].take("phone-typed", "/phone/typed")
        album.scene(shopper, url, tags)
        album.scene(authority, url, names)


def outside(album: Album, url: str) -> None:
    """Before anybody has signed in."""
    anyone = Windows(album, url)
    anyone.take("sign-in", "/sign-in")
    anyone.take("sign-in-refused", "/sign-in", lambda page, _: refused(page))
    anyone.close()


def refused(page: Page) -> None:
    """A wrong password."""
    filled(page, {"name": "admin", "password": "not the password"})
    pressed(page, "main button")


def empty(admin: Windows) -> None:
    """What an installation says when nothing is in it."""
    admin.take("worklist-empty", "/console")
    admin.take("register-empty", "/console/register")
    admin.take("register-list-empty", "/console/register/product")
    admin.take("labels-empty", "/console/labels")
    admin.take("devices-empty", "/console/devices")
    admin.take("complaints-empty", "/console/complaints")


def register(admin: Windows, url: str) -> None:
    """Own parties, places, products and lots."""
    admin.take("register-form", "/console/register/party/new")
    wrong: Told = {"identifier": "9521234000007", "roles": ["producer"], "uscc": "91330106MA2XXXXX1Y"}
    admin.take("register-form-error", "/console/register/party/new", lambda page, _: sent(page, wrong))
    doubt: Told = {
        "name_zh": "杭州示例食品有限公司",
        "roles": ["producer"],
        "uscc": "91330106MA27YABC1Y",
        "district": "330106",
    }
    admin.take("register-form-warning", "/console/register/party/new", lambda page, _: sent(page, doubt))
    for kind, told in ENTRIES:
        admin.zh.goto(f"{url}/console/register/{kind}/new")
        sent(admin.zh, told)
        if admin.zh.locator("#warnings").count():
            for box in admin.zh.locator("#warnings input[type=checkbox]").all():
                box.check()
            pressed(admin.zh)
        if admin.zh.locator(".summary").count():
            raise RuntimeError(admin.zh.locator(".summary").inner_text())
    admin.take("register", "/console/register")
    admin.take("register-list", "/console/register/party")
    admin.take("register-entry", f"/console/register/entry/https://id.gs1.org/01/{GTIN}/10/{LOT}")
    admin.take("register-amend", f"/console/register/amend/https://id.gs1.org/01/{GTIN}")
    admin.take("register-import", "/console/register/product/import")
    for name, table in (("register-import-errors", BAD_TABLE), ("register-import-trial", GOOD_TABLE)):
        admin.take(
            name,
            "/console/register/product/import",
            lambda page, _, table=table: uploaded(page, table.format(producer=PRODUCER)),
        )
    admin.take("register-settings", "/console/register/settings")
    admin.take("codes", f"/console/labels/codes?key={quote(f'https://id.gs1.org/01/{GTIN}', safe='')}")


def sent(page: Page, told: Told) -> None:
    """A form of the register."""
    filled(page, told)
    pressed(page)


def uploaded(page: Page, table: str) -> None:
    """A CSV file to look through."""
    page.set_input_files("#file", {"name": "products.csv", "mimeType": "text/csv", "buffer": table.encode()})
    pressed(page)


def accounts(admin: Windows, album: Album, url: str) -> dict[str, Windows]:
    """People with a password: each signed in, by name."""
    people = {
        "zhao": ("company", PRODUCER),
        "wang": ("company", SHOP),
        "li": ("regulator", MARKET),
        "chen": ("regulator", MARKET),
        "sun": ("regulator", AGRICULTURE),
    }
    secrets: dict[str, str] = {}
    turns = list(admin.pages.items())
    for number, (name, (role, party)) in enumerate(people.items()):
        language, page = turns[number % 2]
        page.goto(f"{url}/console/accounts")
        filled(page, {"role": role, "name": name, "party": f"https://id.gs1.org/417/{party}"})
        pressed(page)
        if number < len(turns):
            album.keep(page, "account-secret", language)
        secrets[name] = page.locator("strong.code").inner_text().replace(" ", "")
    admin.take("accounts", "/console/accounts")
    admin.take("account", "/console/accounts/zhao")
    signed = {name: signed_in(album, url, name, secret) for name, secret in secrets.items()}
    signed["zhao"].take("password", "/console/password")
    return signed


def devices(company: Windows, shop: Windows) -> None:
    """One-time codes for a station and for phones."""
    company.take("device-code", "/console/devices", lambda page, _: device(page, "station", "1 号线", PLANT))
    shop.take("phone-code", "/console/devices", lambda page, _: device(page, "phone", "前台手机", STORE))
    company.take("devices", "/console/devices")


def device(page: Page, kind: str, name: str, gln: str) -> str:
    """A code for one device: what is typed."""
    filled(page, {"kind": kind, "name": name, "place": f"https://id.gs1.org/414/{gln}"})
    pressed(page)
    return page.locator(".code-card strong.code").inner_text()


def labels(company: Windows) -> list[dict[str, str]]:
    """Labels on paper and for tags: the rows of the tags, the unit last."""
    page = company.zh
    company.take("labels", "/console/labels")
    ordered(page, company.home, LOT, "24", "sheet")
    company.take("label-job", urlsplit(page.url).path)
    ordered(page, company.home, LOT, "20", "uhf", prefix="9521234")
    items = tagged(page)
    company.take("label-job-tags", urlsplit(page.url).path)
    ordered(page, company.home, "物流单元", "1", "uhf", prefix="9521234")
    return items + tagged(page)


def ordered(page: Page, home: str, subject: str, count: str, carrier: str, **more: str) -> None:
    """One job of labels."""
    page.goto(f"{home}/console/labels")
    option = page.locator("#subject option", has_text=subject).first.get_attribute("value") or ""
    filled(page, {"subject": option, "count": count, "carrier": carrier, **more})
    page.locator("main form.stack .buttons button").first.click()
    page.wait_for_load_state()


def tagged(page: Page) -> list[dict[str, str]]:
    """The list of tags of the job that is shown."""
    with page.expect_download() as started:
        page.locator("a[href$='tags.csv']").first.click()
    heading, *rows = csv.reader(started.value.path().read_text("utf-8-sig").splitlines())
    return [dict(zip(heading, row, strict=True)) for row in rows]


def history(folder: Path, settings: dict[str, str], tags: list[dict[str, str]]) -> None:
    """What was before the plant, and what the pages of the last items need: an older lot, a second sale."""
    made = f"https://id.gs1.org/01/{LETTUCE}/10/{HARVEST}"
    salad = f"https://id.gs1.org/01/{GTIN}"
    key = [f"{salad}/21/{row['link'].rpartition('/21/')[2]}" for row in tags[:-1]]
    farm, plant, store = ({"id": f"https://id.gs1.org/414/{gln}"} for gln in (FARM, PLANT, STORE))
    old = {"cbvmda:lotNumber": "L20261101", "cbvmda:itemExpirationDate": (TODAY - timedelta(2)).isoformat()}
    near = {"cbvmda:lotNumber": "L20261118", "cbvmda:itemExpirationDate": (TODAY + timedelta(1)).isoformat()}
    add: dict[str, Any] = {"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning"}
    saw: dict[str, Any] = {"type": "ObjectEvent", "action": "OBSERVE"}
    sold = {"bizStep": "retail_selling", "disposition": "retail_sold", "bizLocation": store}
    told: list[dict[str, Any]] = [
        {**add, "quantityList": [{"epcClass": made, "quantity": 100, "uom": "KGM"}], "bizLocation": farm},
        {"type": "TransformationEvent", "bizLocation": plant, "bizStep": "creating_class_instance",
         "inputQuantityList": [{"epcClass": made, "quantity": 60, "uom": "KGM"}],
         "outputQuantityList": [{"epcClass": f"{salad}/10/{LOT}", "quantity": 240}]},
        {**add, "epcList": [key[15]], "ilmd": old, "bizLocation": plant},
        {**add, "epcList": [key[16]], "ilmd": near, "bizLocation": plant},
        {**add, "epcList": key[17:19], "ilmd": {"cbvmda:lotNumber": "L20261119"}, "bizLocation": plant},
        {**saw, **sold, "epcList": [key[17]]},
        {**saw, **sold, "epcList": [key[17]]},
        {"type": "ObjectEvent", "action": "DELETE", "epcList": [key[18]], "bizStep": "destroying",
         "disposition": "destroyed", "readPoint": plant},
    ]  # fmt: skip
    begin = datetime.now(UTC) - timedelta(hours=30)
    events = [
        {**one, "eventTime": (begin + timedelta(hours=n)).isoformat(timespec="milliseconds"),
         "eventTimeZoneOffset": "+08:00"}
        for n, one in enumerate(told)
    ]  # fmt: skip
    file = folder / "history.json"
    file.write_text(
        json.dumps(
            {
                "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
                "type": "EPCISDocument",
                "schemaVersion": "2.0",
                "creationDate": begin.isoformat(timespec="milliseconds"),
                "epcisBody": {"eventList": events},
            }
        )
    )
    suyuan("load", str(file), environ=settings)


def shopper(album: Album, url: str, tags: list[dict[str, str]]) -> None:
    """What somebody with a phone reads, in every verdict that this world can give."""
    visitor = Windows(album, url, viewport=PHONE, device_scale_factor=1.5)
    link = [urlsplit(row["link"]).path for row in tags]
    visitor.take("front", "/")
    visitor.take("front-error", "/look-up?code=12345")
    visitor.take("passport-registered", link[1])
    visitor.take("passport-expired", link[15])
    visitor.take("passport-attention", link[16])
    visitor.take("passport-resold", link[17])
    visitor.take("passport-destroyed", link[18])
    visitor.take("passport-unknown", link[19])
    visitor.take("passport-malformed", "/01/09521234000052/21/1")
    visitor.take("passport-unit", link[20])
    visitor.take("report", f"/report?code={quote(tags[0]['link'], safe='')}")
    visitor.take("report-error", before=lambda page, _: pressed(page))
    for language, page in visitor.pages.items():
        page.goto(f"{url}/report?code={quote(tags[0]['link'], safe='')}")
        illness: Told = {"trouble": "illness", "bought_at": "望江路店", "contact": "138 0013 8000",
                         "description": "孩子食用后腹泻，当天下午开始。"}  # fmt: skip
        filled(page, illness)
        pressed(page)
        album.keep(page, "report-sent", language)
    visitor.take("report-follow", "/report/follow")
    visitor.take("report-not-found", "/report/follow?number=R0000000000")
    visitor.close()


def authority(_: Album, url: str, names: dict[str, Windows]) -> None:
    """The regulator's first hours: reports, a hold, a request to the other authority, a recall, its end."""
    li, chen = names["li"], names["chen"]
    li.take("complaints", "/console/complaints")
    li.zh.goto(f"{url}/console/complaints")
    number = li.zh.locator("main table a.code").first.inner_text()
    li.take("complaint", f"/console/complaints/{number}")
    li.take("intake-officer", "/console/complaints/new/officer")
    li.take("intake-laboratory", "/console/complaints/new/laboratory")
    li.take("receipt-form", "/console/receipt")
    harvest = f"https://id.gs1.org/01/{LETTUCE}/10/{HARVEST}"
    page = li.zh
    page.goto(f"{url}/console/draft?suspect={quote(harvest, safe='')}")
    for told in (TEXTS, LAW, PUBLIC):
        filled(page, told)
        pressed(page)
    pressed(page, "button[value=create]")
    case = urlsplit(page.url).path.rpartition("/")[2]
    proposed(page, url, case, "hold")
    confirmed(chen.zh, url, case)
    li.take("case-beyond", f"/console/case/{case}")
    letter = li.zh.locator("main a[href*='/letter/']").first.get_attribute("href") or ""
    li.take("letter", letter)
    names["sun"].take("worklist-request", "/console")
    names["wang"].take("worklist-company", "/console")
    proposed(page, url, case, "publish")
    confirmed(chen.zh, url, case)
    proposed(page, url, case, "complete")
    confirmed(chen.zh, url, case)
    li.take("case-closed", f"/console/case/{case}")
    names["zhao"].take("object-company", f"/console/object/https://id.gs1.org/01/{GTIN}/10/{LOT}")
