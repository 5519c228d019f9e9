"""Entries of the register as tests write them, and what came of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from suyuan.trace.register.book import (
    giving,
)
from suyuan.trace.register.finding import Finding
from suyuan.trace.register.sheets import Entry, EntryKind, read_sheet
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.sight import Viewer
from suyuan.trace.store.vocabulary import attributes

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ADMIN = Viewer("operator", "administrator", "")
MILK = "https://id.gs1.org/01/09506000134352"
GIVE = giving("https://trace.example.cn")
LATER = timedelta(hours=1)


def entry(kind: EntryKind, **told: str) -> Entry:
    read, findings = read_sheet(kind, told)
    assert read is not None, findings
    return read


def party(name: str, **told: str) -> Entry:
    return entry("party", **({"name_zh": name, "roles": "生产者", "district": "330106"} | told))


def product(**told: str) -> Entry:
    return entry("product", **({"identifier": "9506000134352", "name_zh": "鲜牛奶"} | told))


def company(key: str) -> Viewer:
    return Viewer(f"staff of {key}", "company", key)


def codes(findings: tuple[Finding, ...]) -> list[tuple[int | None, str, str]]:
    return [(found.row, found.where, found.code) for found in findings]


def shown(engine: Engine, key: str) -> dict[str, str]:
    with Reading(engine) as reading:
        return attributes(reading, [key]).get(key, {})
