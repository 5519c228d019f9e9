"""How soon a shopper sees the verdict: a slow phone in a cellar, nothing cached."""

from __future__ import annotations

from typing import Any, cast

from playwright.sync_api import Browser

CPU_SLOWDOWN, LATENCY_MS, BITS_PER_S = 4, 150, 1_600_000
_WATCH = """
addEventListener("DOMContentLoaded", () => {
  const look = () => {
    const box = document.getElementById("verdict")?.getBoundingClientRect();
    if (box?.height && box.bottom <= innerHeight) window.seenAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
"""
_SEEN = """() => new Promise(done => {
  const look = () => {
    const painted = performance.getEntriesByName("first-contentful-paint")[0];
    if (window.seenAt && painted) done(Math.max(window.seenAt, painted.startTime));
    else setTimeout(look, 50);
  };
  look();
})"""


def first_sight(browser: Browser, link: str) -> tuple[float, int]:
    """Open the page in a window of its own: after how long its verdict is seen, and the bytes it took."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.add_init_script(_WATCH)
    devices = cast("Any", context.new_cdp_session(page))  # its messages are dictionaries of anything
    devices.send("Network.enable")
    rate = BITS_PER_S / 8
    devices.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY_MS, "downloadThroughput": rate, "uploadThroughput": rate},
    )
    devices.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    pictures: set[str] = set()
    sizes: dict[str, int] = {}

    def answered(told: dict[str, object]) -> None:
        if told["type"] == "Image":
            pictures.add(str(told["requestId"]))

    def loaded(told: dict[str, object]) -> None:
        sizes[str(told["requestId"])] = int(float(str(told["encodedDataLength"])))

    devices.on("Network.responseReceived", answered)
    devices.on("Network.loadingFinished", loaded)
    page.goto(link)
    seen = float(page.evaluate(_SEEN))
    context.close()
    return seen, sum(size for request, size in sizes.items() if request not in pictures)
