"""What checks found as JSON, with the names of :class:`.checking.Checked`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson

from suyuan.trace.checks.checking import Checked
from suyuan.trace.checks.finding import Finding


def checked_json(found: Checked) -> Iterator[bytes]:
    """The JSON object in pieces: findings, then tallies, records and balances. Times are UTC with ``Z``."""
    yield b'{"findings":'
    before = b"["
    for one in found.findings:
        yield before + orjson.dumps(finding_json(one), option=orjson.OPT_UTC_Z)
        before = b","
    yield b"[]" if before == b"[" else b"]"
    for name in ("tallies", "records", "balances"):
        values = [asdict(one) for one in getattr(found, name)]
        yield b',"%s":' % name.encode() + orjson.dumps(values)
    yield b"}"


def finding_json(found: Finding) -> dict[str, Any]:
    """A finding as JSON values but for its times; its numbers by name, each with its unit."""
    values = {"check": found.check, **asdict(found)}
    values["numbers"] = {one.name: {"value": one.value, "uom": one.uom} for one in found.numbers}
    return values
