"""Both catalogues say everything, with the same places; no text stands outside them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import suyuan.api
import suyuan.portal
import suyuan.trace.gs1
from suyuan.api.incident.exports.casebook import COLUMNS as BOOK_COLUMNS
from suyuan.api.incident.exports.sheets import TABLES
from suyuan.portal.casework import HAZARDS
from suyuan.portal.incident.waiting import STEPS
from suyuan.portal.language import places
from suyuan.portal.sightings import Fate
from suyuan.trace.checks.finding import CHECKS, CODES, SEVERITIES, Reason
from suyuan.trace.epcis.event import EVENT_TYPES
from suyuan.trace.lineage.contract import Certainty, EdgeKind, Kind, Status
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.recall.allergens import GROUPS
from suyuan.trace.recall.passport import Level, VerdictState
from suyuan.trace.recall.recall import Act, CaseState, Initiative, Step
from suyuan.trace.register.choices import LOT_DOCUMENTS
from suyuan.trace.register.fields import Value
from suyuan.trace.store.sight import STAGES

PORTAL = Path(suyuan.portal.__file__).parent
TRACE = Path(suyuan.trace.gs1.__file__).parents[1]
API = Path(suyuan.api.__file__).parent
TEMPLATES = sorted((PORTAL / "templates").rglob("*.html"))
ERROR_SOURCES = sorted(
    path
    for room in (PORTAL, TRACE, API)
    for path in room.rglob("*.py")
    if not {"commands", "durability"}
    & {*path.parts}  # what is said to whoever types a command, no page shows
)
REASONS = (
    "recalled", "destroyed", "sold-after-destruction", "held", "expired", "resold", "near-expiry",
    "record-incomplete", "temperature-open", "check-failed", "unfit", "recall-lifted", "sold", "registered",
    "copyable", "no-record", "wrong-lot", "not-commissioned", "chip-verified", "copied", "tap-seen-before",
    "scans-unusual", "strange-sale", "strange-word", "unsure-word", "made-by-others",
    "tap-replayed", "tap-of-another", "tap-forged", "tap-unbound", "tap-unreadable", "chip-untapped",
    "mark-right", "mark-missing", "signature-right", "cannot-check", "tag-mismatch", "secret-stale",
    "secret-forked", "secret-current", "secret-unknown", "chip-original", "chip-not-original",
)  # fmt: skip
_EXPORTED = (
    *("about", "word", "value", "lines", "things", "steps", "title", "asked", "by", "evidence", "known_at"),
    *("direction", "depth", "suspects", "supposed", "withheld", "question", "cases", "answers", "history"),
    *("number", "suspicion", "state", "opened", "opened_by"),
    *(name for columns in TABLES.values() for name in columns.names),
    *(name for names in BOOK_COLUMNS for name in names),
)
VOCABULARIES = {
    "export": _EXPORTED,
    "kind": get_args(Kind),
    "status": get_args(Status),
    "certainty": get_args(Certainty),
    "edge": get_args(EdgeKind),
    "came": get_args(EdgeKind),
    "waiting.step": STEPS,
    "basis": tuple(Basis),
    "hazard": HAZARDS,
    "case.state": tuple(CaseState),
    "event-type": EVENT_TYPES,
    "reason": REASONS,
    **{f"level.{level}": ("name", "can", "cannot") for level in (*Level, "unit")},
    "allergen": GROUPS,
    "lot-document": tuple(one.code for one in LOT_DOCUMENTS),
    "paper.standing": ("valid", "over", "open"),
    "role": ("regulator", "station", "administrator", "company"),
    "ai": ("00", "01", "10", "21"),
    "notice": (
        *("recall", "hold", "warning", "past-recall", "past-hold", "past-warning"),
        *("recall-voluntary", "recall-ordered"),
    ),
    "act": tuple(Act),
    "log": tuple(Step),
    "initiative": tuple(Initiative),
    "lost": ("unaccounted", "not-received", "outside"),
    "letter.state": ("open", "accepted", "answered", "refused"),
    "scope": get_args(Fate),
    "stage": STAGES,
    "import.value": get_args(Value),
    "finding": tuple(word for code in CODES for word in (code, f"{code}.told")),
    "check": tuple(word for check in CHECKS for word in (check, f"{check}.advice")),
    "severity": SEVERITIES,
    "untold": get_args(Reason),
}


def load(name: str) -> Catalog:
    source = files("suyuan.portal") / "words" / f"{name}.po"
    return read_po(BytesIO(source.read_bytes()), locale=name, abort_invalid=True)


CATALOGUES = {name: load(name) for name in ("zh_CN", "en")}


def texts(catalogue: Catalog) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for message in catalogue:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            found[key] = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return found


TEXTS = {name: texts(catalogue) for name, catalogue in CATALOGUES.items()}


def used() -> Iterator[str]:
    for path in [*TEMPLATES, *PORTAL.rglob("*.py")]:
        yield from re.findall(r"""\b(?:say|count)\(\s*"([a-z0-9.-]+)"\s*[,)]""", path.read_text("utf-8"))
    for group, words in VOCABULARIES.items():
        yield from (f"{group}.{word}" for word in words)
    for state in VerdictState:
        yield from (f"verdict.{state}.word", f"verdict.{state}.why")


def messages_of_errors() -> Iterator[str]:
    """Templates, remedies and titles of the errors that pages may show."""
    for path in ERROR_SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and any(k.arg in ("where", "remedy") for k in node.keywords):
                given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "remedy")]
                yield from (
                    item.value
                    for item in given
                    if isinstance(item, ast.Constant) and isinstance(item.value, str) and " " in item.value
                )


@pytest.mark.parametrize("name", ["zh_CN", "en"])
def test_every_used_text_is_there(name: str) -> None:
    wanted = set(used())
    assert len(wanted) > 250
    assert wanted - TEXTS[name].keys() == set()


def test_every_error_a_page_may_show_is_translated() -> None:
    wanted = set(messages_of_errors())
    assert len(wanted) > 40
    assert wanted - TEXTS["zh_CN"].keys() == set()


def test_both_catalogues_have_the_same_texts_with_the_same_places() -> None:
    assert TEXTS["zh_CN"].keys() == TEXTS["en"].keys()
    for key, chinese in TEXTS["zh_CN"].items():
        english = TEXTS["en"][key]
        assert all(chinese), key
        assert all(english), key
        for form in (*chinese, *english):
            assert places(form) == places(english[-1]), key
        if " " in key:  # the message of an error: its own template names the places
            assert places(key) == places(english[0]), key


def test_chinese_is_chinese() -> None:
    same = {key for key, text in TEXTS["zh_CN"].items() if not re.search(r"[\u3001-\u9fff]", "".join(text))}
    assert same <= {
        "language.en",
        "amount.range",
        "desk.named",
        "sentence.colon",
        "degrees.celsius",
        "fact.nrv",
    }


def bare(template: str) -> str:
    """What a template says by itself: text nodes and the attributes that are read out."""
    template = re.sub(r"\{% block body_class %\}[a-z]*", " ", template)  # names of CSS classes
    template = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", template, flags=re.DOTALL)
    spoken = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', template)
    return " ".join([re.sub(r"<[^>]*>", " ", template), *spoken])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_says_nothing_by_itself(path: Path) -> None:
    words = re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]", bare(path.read_text("utf-8")))
    assert words == []


@pytest.mark.parametrize("path", sorted(PORTAL.rglob("*.py")), ids=lambda path: path.name)
def test_source_has_no_chinese(path: Path) -> None:
    assert not re.search(r"[\u4e00-\u9fff]", path.read_text("utf-8"))
