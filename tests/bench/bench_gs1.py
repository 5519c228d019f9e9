"""How fast GS1 data are checked: links, element strings and scans, with biip beside them.

Run with ``python tests/bench/bench_gs1.py``, or with ``make bench``. The goal is 20,000 Digital Links a
second and core: taken apart, every content rule and association checked, written in canonical form. Speeds
are printed, with how many of the inputs each reader accepts; that there are answers is asserted.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from time import process_time

from biip import ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI

from suyuan.trace.gs1.contents import mod10
from suyuan.trace.gs1.digital_links import canonical_link, check_link, link_of_elements
from suyuan.trace.gs1.element_strings import GS, check_bracketed, parse_bracketed, raw
from suyuan.trace.gs1.faults import Gs1Error
from suyuan.trace.gs1.scan_data import read_scan

GOAL_PER_SECOND = 20_000
COUNT = 4000


def gtin(dice: random.Random) -> str:
    body = f"0950600{dice.randrange(10**6):06}"
    return f"{body}{mod10(body)}"


def element_strings(seed: int = 7) -> Iterator[str]:
    """Food as it is labelled: items and lots with dates and weights, cases, places; a third of it wrong."""
    dice = random.Random(seed)
    for number in range(COUNT):
        lot = f"L{dice.randrange(10**6)}/{number % 7}"
        text = dice.choice(
            (
                f"(01){gtin(dice)}(21){dice.randrange(10**9)}",
                f"(01){gtin(dice)}(10){lot}(17)2712{dice.randrange(1, 29):02}",
                f"(01){gtin(dice)}(22)2A(10){lot}(21){number}(3103)00{number:04}(7007)271201",
                f"(414)950600013437{mod10('950600013437')}(254)DOCK-{number}",
            )
        )
        if dice.random() < 1 / 3:
            at = dice.randrange(4, len(text))
            text = text[:at] + dice.choice("0Z 9") + text[at + 1 :]
        yield text


def links() -> list[str]:
    found: list[str] = []
    for text in element_strings():
        try:
            found.append(link_of_elements(parse_bracketed(text), "https://example.cn/s"))
        except Gs1Error:
            continue  # no link can say it
    return found


def per_second(check: Callable[[str], bool], inputs: list[str]) -> tuple[float, int]:
    """Inputs checked in a second of processor time (the best of three runs), and how many were accepted."""
    best, accepted = 0.0, 0
    for _ in range(3):
        start = process_time()
        accepted = sum(check(each) for each in inputs)
        best = max(best, len(inputs) / (process_time() - start))
    return best, accepted


def link_is_valid(uri: str) -> bool:
    verdict = check_link(uri)
    return verdict.valid and bool(canonical_link(verdict.elements))


def biip_accepts(uri: str) -> bool:
    try:
        GS1DigitalLinkURI.parse(uri)
    except ParseError:
        return False
    return True


def measure() -> list[str]:
    texts, uris = list(element_strings()), links()
    valid = [verdict.elements for text in texts if (verdict := check_bracketed(text)).valid]
    scans = [f"]Q3{raw(elements, GS)[1:]}" for elements in valid]
    runs: tuple[tuple[str, Callable[[str], bool], list[str]], ...] = (
        ("Digital Links, checked and canonical", link_is_valid, uris),
        ("Digital Links, parsed by biip", biip_accepts, uris),
        ("bracketed element strings, checked", lambda text: check_bracketed(text).valid, texts),
        ("scans of symbols, checked", lambda data: read_scan(data).verdict.valid, scans),
    )
    lines: list[str] = []
    for name, check, inputs in runs:
        speed, accepted = per_second(check, inputs)
        lines.append(f"{name:40} {speed:9,.0f} a second; accepts {accepted} of {len(inputs)}")
    return lines


def test_speed() -> None:
    lines = measure()
    assert len(lines) == 4
    report(lines)


def report(lines: list[str]) -> None:
    sys.stdout.write("\n".join(("", *lines, f"goal: {GOAL_PER_SECOND:,} Digital Links a second", "")))


if __name__ == "__main__":
    report(measure())
