"""Takes the README's pictures from a running demonstration: ``python docs/pictures/take.py URL VAR``.

URL is where the demonstration serves, VAR its data folder (for the credentials and the truth). It recalls the
contaminated lot, so use a demonstration made for this.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}


def main(url: str, var: Path) -> None:
    """All pictures, in the order of the three stories."""
    truth = json.loads((var / "truth.json").read_bytes())
    password = json.loads((var / "demo.json").read_bytes())["password"]
    item = urlsplit(truth["cases"][0]["item"]).path
    lot = quote(truth["incident"]["suspects"][0], safe="")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        phone(browser, f"{url}{item}", "zh-CN", "item-before.png")
        desk = browser.new_page(viewport=DESK, locale="en")
        sign_in(desk, url, password)
        for name, path in {
            "trace-back.png": f"trace?direction=backward&suspect={quote(truth['cases'][0]['item'], safe='')}",
            "trace-forward.png": f"trace?direction=forward&suspect={lot}",
            "scope.png": f"scope?suspect={lot}",
        }.items():
            desk.goto(f"{url}/console/{path}")
            desk.screenshot(path=HERE / name)
        recall(desk, f"{url}/console/draft?suspect={lot}")
        desk.screenshot(path=HERE / "case.png")
        phone(browser, f"{url}{item}", "en", "item-recalled.png")
        browser.close()


def phone(browser: Browser, url: str, language: str, name: str) -> None:
    """The consumer page as a phone shows it first."""
    page = browser.new_page(viewport=PHONE, locale=language, device_scale_factor=2)
    page.goto(url)
    page.screenshot(path=HERE / name)


def sign_in(page: Page, url: str, password: str) -> None:
    """Through the form."""
    page.goto(f"{url}/console")
    page.fill("input[name=name]", "officer")
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console")


def recall(page: Page, url: str) -> None:
    """Draft and publish through the forms; ends on the page of the case."""
    page.goto(url)
    page.fill("[name=title_zh]", "生菜批次疑似沙门氏菌污染")
    page.fill("[name=title_en]", "Lettuce lot suspected of Salmonella")
    page.fill("[name=reason_zh]", "五名消费者食用后患病，追溯指向同一农场批次。")
    page.fill("[name=reason_en]", "Five consumers fell ill; tracing points to one farm lot.")
    page.check("[name=hazard][value=microbial]")
    page.check('[name=recall_class][value="1"]')
    page.click("button[name=step][value=public]")
    page.fill("[name=what_to_do_zh]", "请勿食用，凭购买记录退款。")
    page.fill("[name=what_to_do_en]", "Do not eat it; return it for a refund.")
    page.fill("[name=contact]", "400-000-0000")
    page.click("button[name=step][value=check]")
    page.click("button[name=step][value=create]")
    page.check("[name=sure]")
    page.click("form[action*='/publish'] button")
    page.wait_for_load_state()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
