"""Laws of the station's keys in Chromium: whatever the timing and the focus, a code stays whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

T = TypeVar("T")
pytestmark = pytest.mark.chromium
KEYS = Path(__file__).resolve().parents[2] / "readers/suyuan/readers/station/page/static/keys.js"
PLAY = """
// A page of two fields on a clock of its own. A step is [key, milliseconds since the last, focus, busy];
// the focus is a field, "" for none, or null where it stays; a page that was busy comes to the key before its
// timers. The field "code" is there if `typing`.
function play(steps, typing) {
  const fields = { other: "", code: "" }, told = { scans: [], sent: [], shortcuts: [] };
  let now = 0, focus = null, timers = [];
  const pass = (until) => {
    for (;;) {
      const [due] = timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at);
      if (!due) break;
      timers = timers.filter((t) => t !== due);
      now = Math.max(now, due.at);
      due.f();
    }
    now = until;
  };
  const press = keyboard({
    scan: (text) => told.scans.push(text),
    shortcut: (key) => "umf Enter".includes(key) && told.shortcuts.push(key) > 0,
    spill: (text) => { if (!typing) return null; fields.code = text; focus = "code"; return "code"; },
    takeBack: (field, text) => {
      if (!fields[field].endsWith(text)) throw new Error(`${field}: ${fields[field]} without ${text}`);
      fields[field] = fields[field].slice(0, -text.length);
    },
    later: (ms, f) => {
      const timer = { at: now + ms, f };
      timers.push(timer);
      return () => { timers = timers.filter((t) => t !== timer); };
    },
  });
  for (const [key, gap, to, busy] of steps) {
    if (busy) now += gap;
    else pass(now + gap);
    if (to !== null) focus = to || null;
    if (press(key, now, focus)) continue;
    if (focus && key.length === 1) fields[focus] += key;
    if (focus === "code" && key === "Enter") { told.sent.push(fields.code); fields.code = ""; }
  }
  pass(now + 10000);
  return { ...told, ...fields };
}
"""
CODES = st.text("umf01A]()/.:-h%\u001d", min_size=4, max_size=40)
FAST, ANY = st.integers(1, 120), st.integers(1, 2000)
LAWS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.add_script_tag(path=KEYS)
    page.add_script_tag(content=PLAY)
    yield page
    page.close()


def play(page: Page, steps: Sequence[tuple[str | int | None, ...]], *, typing: bool = True) -> dict[str, Any]:
    told: dict[str, Any] = page.evaluate("([steps, typing]) => play(steps, typing)", [list(steps), typing])
    return told


def typed(data: st.DataObject, code: str, gaps: st.SearchStrategy[int]) -> list[tuple[str, int, str | None]]:
    keys = (*code, "Enter")
    drawn = data.draw(of_length(len(keys), gaps))  # at once: to draw one by one takes most of the time
    return [(key, gap, None) for key, gap in zip(keys, drawn, strict=True)]


def of_length(length: int, one: st.SearchStrategy[T]) -> st.SearchStrategy[list[T]]:
    return st.lists(one, min_size=length, max_size=length)


@LAWS
@given(CODES, st.booleans(), st.data())
def test_a_scan_is_taken_whole_and_nothing_else_happens(
    page: Page, code: str, typing: bool, data: st.DataObject
) -> None:
    told = play(page, typed(data, code, FAST), typing=typing)
    assert told == {"scans": [code], "sent": [], "shortcuts": [], "other": "", "code": ""}


@LAWS
@given(CODES, st.data())
def test_a_focus_that_moves_in_the_midst_of_a_scan_costs_no_character(
    page: Page, code: str, data: st.DataObject
) -> None:
    moves = st.sampled_from([None, None, "", "other"])
    there = typed(data, code, FAST)
    drawn = data.draw(of_length(len(there), moves))
    steps = [(key, gap, to) for (key, gap, _), to in zip(there, drawn, strict=True)]
    told = play(page, steps)
    stays = steps[0][2] == "other" and all(to != "" for _, _, to in steps)
    assert told["scans"] == ([] if stays else [code])
    assert (told["other"], told["code"], told["shortcuts"]) == (code if stays else "", "", [])


@LAWS
@given(CODES, st.booleans(), st.data())
def test_what_is_typed_at_any_pace_arrives(page: Page, code: str, typing: bool, data: st.DataObject) -> None:
    assume(code[0] not in "umf ")  # these, alone, are shortcuts
    told = play(page, typed(data, code, ANY if typing else st.integers(1, 499)), typing=typing)
    assert told["scans"] + told["sent"] == [code]
    assert (told["shortcuts"], told["code"]) == ([], "")


@LAWS
@given(CODES, st.data())
def test_a_page_that_comes_to_keys_before_its_timers_loses_none(
    page: Page, code: str, data: st.DataObject
) -> None:
    assume(code[0] not in "umf ")
    there = typed(data, code, ANY)
    busy = data.draw(of_length(len(there), st.booleans()))
    told = play(page, [(*step, late) for step, late in zip(there, busy, strict=True)])
    assert told["scans"] + told["sent"] == [code]
    assert (told["shortcuts"], told["code"]) == ([], "")


@LAWS
@given(CODES, CODES, st.integers(0, 120), st.data())
def test_a_scanner_may_end_with_two_signs_and_go_on_at_once(
    page: Page, first: str, second: str, gap: int, data: st.DataObject
) -> None:
    steps = [*typed(data, first, FAST), ("Enter", gap, None), *typed(data, second, FAST)]
    told = play(page, steps, typing=False)
    assert (told["scans"], told["shortcuts"]) == ([first, second], [])


@LAWS
@given(st.lists(st.sampled_from(["u", "m", "f", " ", "Enter"]), max_size=8), st.data())
def test_single_keys_are_shortcuts(page: Page, keys: list[str], data: st.DataObject) -> None:
    gaps = data.draw(of_length(len(keys), st.integers(501, 2000)))
    steps = [(key, gap, None) for key, gap in zip(keys, gaps, strict=True)]
    told = play(page, steps)
    assert (told["shortcuts"], told["scans"], told["code"]) == (keys, [], "")
