"""The station stands alone and has a stylesheet of its own: what both call by one name looks the same."""

from __future__ import annotations

import re
from importlib.resources import files


def tokens(package: str, *path: str) -> dict[str, str]:
    """The custom properties of a stylesheet's layer of tokens, with white space folded."""
    sheet = files(package).joinpath(*path).read_text("utf-8")
    layer = sheet.partition("@layer tokens {")[2].partition("\n}\n")[0]
    told = re.findall(r"(--[\w-]+):\s*([^;]+);", layer)
    return {name: " ".join(value.split()) for name, value in told}


def test_the_house_has_one_set_of_colours() -> None:
    portal = tokens("suyuan.portal", "style.css")
    station = tokens("suyuan.readers.station.page", "static", "station.css")
    shared = portal.keys() & station.keys()
    assert {"--paper", "--ink", "--attention", "--stop", "--sans"} <= shared
    assert {name: station[name] for name in shared} == {name: portal[name] for name in shared}
