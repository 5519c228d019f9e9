"""The script of the setup while the station rests, and the answer to the form is not there yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

pytestmark = pytest.mark.chromium
SCRIPT = Path(__file__).resolve().parents[3] / "readers/suyuan/readers/station/page/static/setup.js"
STATION = "http://station.test"
FORM = """<!doctype html><div id="seen" data-from="/setup/seen"></div>
<form method="post" action="/setup/save"><button>Save and start</button></form>
<script src="/setup.js"></script>"""


@pytest.mark.parametrize("saved", [True, False])
def test_while_the_station_starts_anew_only_the_answer_of_the_form_leads_away(
    browser: Browser, *, saved: bool
) -> None:
    asked: list[str] = []
    waiting: list[Route] = []

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(STATION)
        asked.append(path)
        if path == "/setup/save":
            waiting.append(route)
        elif path == "/setup/seen":  # once the form was sent, nothing is tried any more
            route.fulfill(status=410 if waiting or not saved else 200, body="seen")
        elif path == "/setup.js":
            route.fulfill(path=SCRIPT)
        else:
            route.fulfill(content_type="text/html", body=FORM if path == "/setup/antennas" else path)

    page = browser.new_page()
    page.route(f"{STATION}/**", answer)
    page.goto(f"{STATION}/setup/antennas")
    if saved:
        page.get_by_role("button").click(no_wait_after=True)
        with page.expect_response(f"{STATION}/setup/seen", timeout=60_000) as seen:
            pass
        assert seen.value.status == 410
        page.wait_for_timeout(300)  # the script had its say
        [route] = waiting
        route.fulfill(content_type="text/html", body="saved")
    page.wait_for_url(f"{STATION}/setup/save" if saved else f"{STATION}/setup")
    assert asked.count("/setup") == (0 if saved else 1)
    page.context.close()
