"""Element strings and Digital Links against the vectors of GS1's reference engine and 2,000 random cases."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest

from suyuan.trace.gs1.digital_links import CANONICAL_STEM, canonical_link, check_link, link_of_elements
from suyuan.trace.gs1.element_strings import bracketed, check_bracketed, check_raw, parse_bracketed, raw
from suyuan.trace.gs1.faults import Fault, Gs1Error, Gs1SyntaxError
from suyuan.trace.gs1.scan_data import Symbology, check_message, read_scan, scan_of
from suyuan.trace.gs1.verdict import STRICT, Leniency, Verdict

pytestmark = pytest.mark.shared

# The reference's own tests switch its leniency on and off, which their rows do not tell.
EVERYTHING = Leniency(unknown_ais=True, short_gtins=True, short_names=True)


def rows(shared: Path, name: str) -> Iterator[dict[str, Any]]:
    for line in (shared / "gs1" / f"{name}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if not any(isinstance(value, dict) for value in row.values()):  # a buffer of the reference's test
            yield row


def canonical(verdict: Verdict) -> str | None:
    try:
        return canonical_link(verdict.elements)
    except Gs1SyntaxError:
        return None


def markup(fault: Fault) -> str:
    before, after = fault.value[: fault.position], fault.value[fault.position + fault.length :]
    return f"({fault.ai}){before}|{fault.found}|{after}"


def assert_same_fault(fault: Fault, row: dict[str, Any]) -> None:
    """The same AI, and the same characters of its value where the row tells them."""
    named = re.search(r"AI \((\d+)\)|Unrecognised AI: (.*)", row["err"])
    if named:
        assert (fault.ai or fault.found) == named[1] or named[2], (row, fault)
    if row["markup"]:
        # The reference cuts what follows the fault when a part of the value stands before it.
        ours, theirs = markup(fault), row["markup"]
        assert ours.split("|")[:2] == theirs.split("|")[:2] or ours == theirs, (row, fault)


def test_random_cases(shared: Path) -> None:
    seen = 0
    for row in rows(shared, "engine_random_2000"):
        seen += 1
        verdict = (check_bracketed if row["kind"] == "ai" else check_message)(row["input"])
        assert verdict.valid == row["ok"], (row, verdict)
        if verdict.fault is not None:
            assert_same_fault(verdict.fault, row)
        elif row["kind"] == "ai":
            assert raw(verdict.elements) == row["raw"]
            assert canonical(verdict) == row["canonical_dl"], row
        else:
            assert bracketed(verdict.elements) == row["ai"], row
            assert canonical(verdict) == row["canonical_dl"]
    assert seen == 2000


def outcomes(check: Callable[[Leniency], Verdict]) -> tuple[Verdict, Verdict]:
    """The verdict of a strict reader, and of one that lets everything pass that it can."""
    return check(STRICT), check(EVERYTHING)


def test_links_are_parsed(shared: Path) -> None:
    needed_more = 0
    for row in rows(shared, "gs1engine_dl_parse"):
        strict, lenient = outcomes(lambda leniency, uri=row["uri"]: check_link(uri, leniency))
        verdict = strict if strict.valid or not row["ok"] else lenient
        needed_more += verdict is lenient
        assert verdict.valid == row["ok"], row
        assert (raw(verdict.elements) if row["ok"] else "") == row["ai"]
    assert needed_more == 5


def link(row: dict[str, Any], leniency: Leniency) -> str:
    try:
        elements = parse_bracketed(row["ai"], leniency)
        return link_of_elements(elements, row["stem"] or CANONICAL_STEM, leniency)
    except Gs1SyntaxError:
        return ""


def test_links_are_built(shared: Path) -> None:
    needed_more = 0
    for row in rows(shared, "gs1engine_dl_generate"):
        built = link(row, STRICT)
        if not built and row["ok"]:
            built = link(row, EVERYTHING)
            needed_more += 1
        assert built == row["uri"], row
    assert needed_more == 1


def holds(verdict: Verdict) -> bool:
    """Whether the element strings are right one by one, whatever must stand beside them."""
    return {fault.code for fault in verdict.faults} <= {"pair-required", "pair-excluded"}


def test_bracketed_strings_are_parsed(shared: Path) -> None:
    for row in rows(shared, "gs1engine_ai_parse_bracketed"):
        verdict = check_bracketed(row["ai"])
        assert holds(verdict) == row["ok"], row
        assert raw(verdict.elements) == row["raw"]


def test_raw_strings_are_processed(shared: Path) -> None:
    for row in rows(shared, "gs1engine_ai_process_raw"):
        verdict = check_raw(row["raw"].removeprefix("^"), "^")
        assert holds(verdict) == row["ok"], row
        if row["ok"]:
            # A separator behind a predefined length is allowed, and not written again.
            again = check_raw(raw(verdict.elements).removeprefix("^"), "^")
            assert again.elements == verdict.elements


KINDS = {
    "validateAIrepeats": "repeats-differ",
    "validateAImutex": "pair-excluded",
    "validateAIrequisites": "pair-required",
    "validateDigSigRequiresSerialisedKey": "serial-required",
}


def test_associations(shared: Path) -> None:
    for row in rows(shared, "gs1engine_ai_validate"):
        strict, lenient = outcomes(lambda leniency, text=row["ai"]: check_bracketed(text, leniency))
        assert strict.valid == row["ok"], row
        if not row["ok"]:
            assert KINDS[row["rule"]] in {fault.code for fault in lenient.faults}, row


@pytest.mark.parametrize(
    ("decode", "encode", "place"), [(unquote, quote, "path"), (unquote_plus, quote_plus, "query")]
)
def test_percent_encoding(
    shared: Path, decode: Callable[..., str], encode: Callable[..., str], place: str
) -> None:
    """The library functions that links are read and written with do what the reference does."""
    for row in rows(shared, "gs1engine_uri_escape"):
        if row["dir"] == "unescape":
            assert decode(row["input"], encoding="latin-1") == row[place]
        else:
            assert encode(row["input"], safe="") == row[place]


SYMBOLOGIES: dict[str, Symbology] = {
    "QR": "qr",
    "DM": "data-matrix",
    "DotCode": "dotcode",
    "GS1_128_CCA": "gs1-128",
    "GS1_128_CCC": "gs1-128",
    "DataBarExpanded": "databar-expanded",
    "DataBarOmni": "databar",
    "DataBarLimited": "databar-limited",
    "EAN13": "ean-13",
    "EAN8": "ean-8",
    "UPCA": "upc-a",
    "UPCE": "upc-e",
}


def test_scans_are_read(shared: Path) -> None:
    for row in rows(shared, "gs1engine_scandata_process"):
        try:
            scan = read_scan(row["scan"])
        except Gs1SyntaxError:
            assert not row["ok"], row
            continue
        assert holds(scan.verdict) == row["ok"], row
        if row["ok"]:
            assert (scan.symbology, scan.message) == (SYMBOLOGIES[row["sym"]], row["data"])


def sent(row: dict[str, Any], *, add_check_digit: bool) -> str | None:
    try:
        return scan_of(SYMBOLOGIES[row["sym"]], row["data"], add_check_digit=add_check_digit)
    except Gs1Error:
        return None


def test_scans_are_what_symbols_are_to_carry(shared: Path) -> None:
    for row in rows(shared, "gs1engine_scandata_generate"):
        if row["sym"] == "NONE":  # a reference that was not told any symbology
            assert row["scan"] is None
            continue
        found = sent(row, add_check_digit=False)
        if found is None and row["scan"]:
            found = sent(row, add_check_digit=True)
        assert found == row["scan"], row
