"""Takes every picture of docs/pictures anew.

``python -m docs.pictures.take [own] [sample] [verdicts] [shopping]``

It begins two installations in a folder of its own, one empty (``suyuan init``) and one with the sample world
(``suyuan demo``), walks their pages in Chromium in both languages, keeps what it sees, and writes
README.md here.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from docs.pictures import own, sample, shopping, verdicts
from docs.pictures.album import HERE, Album
from playwright.sync_api import sync_playwright
from tests.end_to_end.programs import environ, running

from suyuan.api.demo.server import free_port

CHROMIUM = "/usr/bin/chromium"


def main(wanted: set[str]) -> None:
    """All of them, or those that are named."""
    with tempfile.TemporaryDirectory() as kept, sync_playwright() as playwright:
        folder = Path(kept)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        album = Album(browser)
        if "own" in wanted:
            own.pictures(album, folder)
        if "sample" in wanted:
            port = free_port()
            settings = environ(folder / "sample", port)
            del settings["SUYUAN_PUBLIC_URL"]
            log = folder / "demo.log"
            with running("demo", environ=settings, log=log, until="Ctrl-C", end=signal.SIGINT):
                sample.pictures(album, f"http://127.0.0.1:{port}", folder / "sample")
        if "verdicts" in wanted:
            verdicts.pictures(album)
        if "shopping" in wanted:
            shopping.pictures(album, folder)
        browser.close()
        album.index()
    size = sum(file.stat().st_size for file in HERE.glob("*.png"))
    print(f"{len(list(HERE.glob('*.png')))} pictures, {size / 1_000_000:.1f} MB")
    if album.failed:
        sys.exit("\n".join(album.failed))


if __name__ == "__main__":
    main(set(sys.argv[1:]) or {"own", "sample", "verdicts", "shopping"})
