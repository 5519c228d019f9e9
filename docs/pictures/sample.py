"""Pictures of the sample world: pages that need much data, and the three pictures of the README."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from docs.pictures.album import PHONE, Album, Windows, filled, pressed, signed_in
from docs.pictures.incident import investigated
from playwright.sync_api import Page

TEXTS: dict[str, str | list[str]] = {
    "title_zh": "生菜批次疑似沙门氏菌污染",
    "title_en": "Lettuce lot suspected of Salmonella",
    "reason_zh": "五名消费者食用后患病，追溯指向同一农场批次。",
    "reason_en": "Five consumers fell ill; tracing points to one farm lot.",
    "hazard": "microbial",
    "recall_class": "1",
}
LAW: dict[str, str | list[str]] = {
    "initiative": "ordered",
    "operator": "海河鲜食有限公司",
    "known_at": (datetime.now(UTC) + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M"),  # an hour ago in China
}
PUBLIC: dict[str, str | list[str]] = {
    "what_to_do_zh": "请勿食用，凭购买记录退款。",
    "what_to_do_en": "Do not eat it; return it for a refund.",
    "contact": "400-000-0000",
}


def pictures(album: Album, url: str, var: Path) -> None:
    """All pictures of the sample world; it ends with the contaminated lot recalled."""
    truth = json.loads((var / "truth.json").read_bytes())
    known = json.loads((var / "demo.json").read_bytes())
    item, lot = truth["cases"][0]["item"], truth["incident"]["suspects"][0]
    q_item, q_lot = quote(item, safe=""), quote(lot, safe="")
    lot_sold, place = truth["cases"][0]["lot"], truth["cases"][0]["place"]
    bought = {"shop": place, "product": lot_sold.partition("/10/")[0], "day": truth["cases"][0]["sold"][:10]}
    receipt = urlencode(bought)
    shopper = Windows(album, url, viewport=PHONE, device_scale_factor=1.5)
    shopper.take("passport-sold", urlsplit(item).path, whole=False)
    warm(shopper, truth["cold_chain"]["items"][0])
    officer = signed_in(album, url, "officer", known["password"])
    second = signed_in(album, url, "colleague", known["second_password"])
    officer.take("search", f"/console/search?q={lot.rpartition('/')[2]}")
    officer.take("object", f"/console/object/{quote(item, safe='/:')}")
    officer.take("object-lot", f"/console/object/{quote(lot, safe='/:')}")
    officer.take("trace-back", f"/console/trace?direction=backward&suspect={q_item}", whole=False)
    officer.take("trace-forward", f"/console/trace?direction=forward&suspect={q_lot}")
    officer.take("scope", f"/console/scope?suspect={q_lot}")
    officer.take("dossier", f"/console/dossier/{quote(lot, safe='/:')}")
    officer.take("event", before=lambda page, _: event(page, url, item))
    officer.take("receipt", f"/console/receipt?{receipt}")
    investigated(album, url, known["password"])
    case = drafted(officer, f"/console/draft?suspect={q_lot}")
    officer.take("case-draft", f"/console/case/{case}")
    proposed(officer.zh, url, case, "hold")
    officer.take("case-proposed", f"/console/case/{case}")
    second.take("case-to-confirm", f"/console/case/{case}")
    confirmed(second.zh, url, case)
    officer.take("case-held", f"/console/case/{case}")
    shopper.take("passport-held", urlsplit(item).path)
    proposed(officer.zh, url, case, "publish")
    confirmed(second.zh, url, case)
    officer.take("case-recalled", f"/console/case/{case}")
    officer.take("worklist", "/console")
    shopper.take("passport-recalled", urlsplit(item).path, whole=False)
    shopper.close()
    dark(album, url, item, lot, known["password"])
    officer.close()
    second.close()


def warm(shopper: Windows, item: str) -> None:
    """What was measured beside a meal of the lorry that stood warm."""
    path = urlsplit(item).path
    shopper.take("passport-warm", path, before=lambda page, _: scrolled(page, "svg.curve"), whole=False)


def scrolled(page: Page, selector: str) -> None:
    """The section of something at the top of the window."""
    page.locator(f"section:has({selector})").evaluate("one => one.scrollIntoView({ behavior: 'instant' })")


def event(page: Page, url: str, item: str) -> None:
    """From an object to the evidence of its newest event."""
    page.goto(f"{url}/console/object/{quote(item, safe='/:')}")
    page.locator("main a[href*='/console/event/']").first.click()
    page.wait_for_load_state()


def drafted(officer: Windows, path: str) -> str:
    """The steps of a draft, each a picture; the Chinese one is saved: its number."""
    for name, told in (("draft-about", TEXTS), ("draft-law", LAW), ("draft-public", PUBLIC)):
        first = name == "draft-about"
        officer.take(name, path if first else None, before=lambda page, _, told=told: filled(page, told))
        for page in officer.pages.values():
            pressed(page)
    officer.take("draft-check")
    pressed(officer.zh, "button[value=create]")
    return urlsplit(officer.zh.url).path.rpartition("/")[2]


def proposed(page: Page, url: str, case: str, act: str) -> None:
    """One officer proposes a step."""
    page.goto(f"{url}/console/case/{case}")
    page.fill(f"#reason-{act}", "检验报告 S-77 检出沙门氏菌")
    if page.locator(f"#sure-{act}").count():
        page.locator(f"#sure-{act}").check()
    pressed(page, f"form[action*='/propose/{act}'] button")


def confirmed(page: Page, url: str, case: str) -> None:
    """Another officer confirms it."""
    page.goto(f"{url}/console/case/{case}")
    page.locator("#sure-proposal-confirm").check()
    pressed(page, "form[action*='/confirm'] button")


def dark(album: Album, url: str, item: str, lot: str, password: str) -> None:
    """A few pages as they look at night."""
    shopper = Windows(album, url, viewport=PHONE, device_scale_factor=1.5, color_scheme="dark")
    shopper.take("passport-recalled-dark", urlsplit(item).path)
    shopper.close()
    officer = signed_in(album, url, "officer", password, color_scheme="dark")
    officer.take("scope-dark", f"/console/scope?suspect={quote(lot, safe='')}")
    officer.close()
