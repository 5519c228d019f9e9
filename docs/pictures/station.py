"""Pictures of a station's own page: set up, at work in every state, with a PIN."""

from __future__ import annotations

import re
from pathlib import Path

from docs.pictures.album import PHONE, Album, Windows, filled, pressed
from playwright.sync_api import Page, expect
from tests.end_to_end.programs import Reader, running, wait_for

from suyuan.api.demo.server import free_port

GTIN, LOT, SHOP = "09521234000051", "L20261121", "9521234000013"
SMALL = {"width": 360, "height": 640}
STEPS = {1: ("贴标台", "commission"), 2: ("装箱台", "pack"), 3: ("发货口", "ship")}


def pictures(
    album: Album,
    folder: Path,
    settings: dict[str, str],
    owner: Page,
    reader: Reader,
    tags: list[dict[str, str]],
) -> None:
    """From a station that knows nothing to one whose program is gone."""
    port = free_port()
    (folder / "line").mkdir()
    file = folder / "line" / "station.toml"
    file.write_text(f'[page]\nlisten = "127.0.0.1:{port}"\n')
    url = f"http://127.0.0.1:{port}"
    windows = Windows(album, url)
    with running("station", "run", str(file), environ=settings, log=folder / "station.log") as process:
        wait_for(url)
        windows.take("station-none", "/")
        windows.take("station-setup", "/setup")
        windows.zh.goto(f"{url}/setup")
        windows.zh.fill("#code", "AAAA-BBBB-CCCC")
        set_up(windows, code(owner), reader)
        at_work(windows, reader, [row["epc"] for row in tags])
        process.terminate()
        process.wait(20)
        windows.take("station-lost", before=lambda page, _: page.locator("#lost").wait_for(timeout=20_000))
    file.write_text(file.read_text("utf-8").replace("[page]\n", '[page]\npin = "260415"\n'), "utf-8")
    with running("station", "run", str(file), environ=settings, log=folder / "station.log"):
        wait_for(url)
        Windows(album, url).take("station-pin", "/pin")
    windows.close()


def code(owner: Page) -> str:
    """A one-time code of the console: the whole link that a station takes."""
    home = re.match(r"https?://[^/]+", owner.url)
    owner.goto(f"{home[0] if home else ''}/console/devices")
    filled(owner, {"kind": "station", "name": "1 号线", "place": "https://id.gs1.org/414/9521234000037"})
    pressed(owner)
    found = re.search(r"http\S+#[0-9A-Z-]+", owner.locator("pre").inner_text())
    if not found:
        raise RuntimeError("the console shows no command")
    return found[0]


def set_up(windows: Windows, link: str, reader: Reader) -> None:
    """Join, find, try, name, save."""
    page = windows.zh
    page.fill("#code", link)
    pressed(page, "form[action='/setup/enrol'] button")
    windows.take("station-joined", "/setup")
    windows.take(
        "station-found", "/setup", lambda page, _: pressed(page, "form[action='/setup/find'] button")
    )
    windows.take("station-no-reader", "/setup", lambda page, _: tried(page, "llrp://127.0.0.1:1"))
    tried(page, reader.emulator.url)
    page.wait_for_url("**/setup/antennas")
    reader.hold(1, "3034257BF400B7800004CB2F")
    windows.take("station-trial", "/setup/antennas", lambda page, _: page.wait_for_timeout(1500))
    for number, (name, step) in STEPS.items():
        filled(page, {f"name-{number}": name, f"step-{number}": step})
    page.locator("[name=untested]").check()
    pressed(page, "form[action='/setup/save'] button")
    if page.locator(".trouble, .fault").count():
        raise RuntimeError(page.locator(".trouble, .fault").first.inner_text())
    page.wait_for_load_state()
    page.goto(f"{windows.home}/")
    windows.take("station-set-up", "/setup")


def tried(page: Page, address: str) -> None:
    """An address typed and tried."""
    page.fill("#url", address)
    pressed(page, "form[action='/setup/try']:has(#url) button")


def at_work(windows: Windows, reader: Reader, epcs: list[str]) -> None:
    """Every state of the page; what happens once is started in the Chinese window."""
    page, items, unit = windows.zh, epcs[:15], epcs[-1]
    windows.take("station-ready", "/?point=贴标台", whole=False)
    pass_(windows, reader, "贴标台", 1, items[:10], {"product": GTIN, "lot": LOT}, taken=("reading", "done"))
    pass_(windows, reader, "贴标台", 1, items[10:], {"product": GTIN, "lot": LOT})
    windows.take("station-undo", "/undo?point=贴标台")
    pass_(windows, reader, "贴标台&step=store", 1, items[:10], {"storage": "A-3"})
    sweep(windows, reader, items[:7])
    pass_(windows, reader, "装箱台", 2, [*items[:6], unit], {})
    pass_(windows, reader, "发货口", 3, [unit], {"receiver": SHOP})
    page.goto(f"{windows.home}/?point=贴标台&step=commission")
    typed(page, {"product": GTIN, "lot": LOT, "expected_count": "3"})
    page.locator("#go").click()
    expect(page.locator("body")).to_have_class(re.compile("reading"))
    reader.hold(1, epcs[15])
    expect(page.locator("body")).to_have_class(re.compile("state-(attention|stop)"), timeout=30_000)
    windows.take("station-attention", "/?point=贴标台", whole=False)
    small = Windows(windows.album, windows.home, viewport=PHONE, device_scale_factor=1.5)
    small.take("station-phone", "/?point=贴标台")
    small.close()
    night = Windows(windows.album, windows.home, color_scheme="dark")
    night.take("station-dark", "/?point=贴标台", whole=False)
    night.close()
    windows.take("station-tags", "/write")
    windows.take("station-commission", "/commission")
    windows.take("station-tasks", "/tasks")
    page.goto(f"{windows.home}/?point=贴标台")
    typed(page, {"product": GTIN, "lot": f"{LOT}B", "expected_count": ""})
    page.locator("#go").click()
    reader.hold(1, items[9])  # it is of the lot before
    expect(page.locator("body")).to_have_class(re.compile("state-stop"), timeout=30_000)
    windows.take("station-stop", "/?point=贴标台", whole=False)


def sweep(windows: Windows, reader: Reader, epcs: list[str]) -> None:
    """The whole store is counted: what should be there counts down, and what is not found is told by name."""
    page, path = windows.zh, "/?point=贴标台&step=count"
    page.goto(f"{windows.home}{path}")
    for name in ("whole_store", "hold"):
        page.locator(f"[name={name}]").check()
    page.locator("#go").click()
    expect(page.locator("body")).to_have_class(re.compile("reading"))
    reader.hold(1, *epcs)
    expect(page.locator(".counter.read dd")).to_have_text(str(len(epcs)), timeout=20_000)
    windows.take("station-count", path, whole=False)
    page.locator("#go").click()
    expect(page.locator("body")).to_have_class(re.compile("state-attention"), timeout=20_000)
    small = Windows(windows.album, windows.home, viewport=SMALL, device_scale_factor=1.5)
    small.take("station-count-short", path, whole=False)
    small.close()


def pass_(
    windows: Windows, reader: Reader, point: str, antenna: int, epcs: list[str],
    told: dict[str, str], taken: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """One pass at a read point, from the button to the green screen."""
    page = windows.zh
    page.goto(f"{windows.home}/?point={point}")
    typed(page, told)
    page.locator("#go").click()
    expect(page.locator("body")).to_have_class(re.compile("reading"))
    reader.hold(antenna, *epcs)
    if "reading" in taken:
        windows.pages["en"].goto(f"{windows.home}/?point={point}")
        for language, shown in windows.pages.items():
            windows.album.keep(shown, "station-reading", language, whole=False)
    expect(page.locator("body")).to_have_class(re.compile("state-done"), timeout=30_000)
    if "done" in taken:
        windows.take("station-done", f"/?point={point}", whole=False)


def typed(page: Page, told: dict[str, str]) -> None:
    """Fill in the fields of the step, which are folded when they were filled in before."""
    if told and not page.locator("#fieldset").is_visible():
        page.locator("#fields summary").first.click()
    for name, value in told.items():
        page.fill(f"#f-{name}", value)
