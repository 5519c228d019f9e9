"""Requests made up from the OpenAPI description, sent to the whole application: are the answers as described?

The suite sends some hundreds. The long run, with another seed each time, is a command of its own::

    python -m tests.conformance.api_cases 50000
"""

from __future__ import annotations

import re
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import orjson
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from suyuan.api.app import application
from suyuan.api.house import CapturedBy, open_house
from suyuan.api.openapi import incident_rows
from suyuan.api.openapi.epcis_rows import DOCUMENT_EXAMPLE, EVENT_EXAMPLE
from suyuan.api.settings import read_settings
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.investigations import add_cases, keep_answer, open_investigation
from suyuan.trace.store.named_queries import NamedQuery, create_query
from suyuan.trace.store.sight import Viewer

_GENERAL: Any = import_module("schemathesis.checks")
_OF_OPENAPI: Any = import_module("schemathesis.specs.openapi.checks")  # both are typed in part only
CHECKS = (
    _GENERAL.not_a_server_error,
    _OF_OPENAPI.status_code_conformance,
    _OF_OPENAPI.content_type_conformance,
    _OF_OPENAPI.response_schema_conformance,
    _OF_OPENAPI.response_headers_conformance,
)
PARTY = "https://id.gs1.org/417/9521234000013"
ROOT = Viewer("root", "administrator", PARTY)
_PLACE = str(EVENT_EXAMPLE["bizLocation"]["id"])  # type: ignore[index]
_ITEM = "https://id.gs1.org/01/09521234000013/21/7001"  # of the example of an event
_EXAMPLES: Mapping[str, Any] = {
    "/capture": DOCUMENT_EXAMPLE,
    "/events": EVENT_EXAMPLE,
    **{path: row.body.example for (_, path), row in incident_rows.ROWS.items() if row.body is not None},
}
_PART = re.compile(r"\{[^}]*\}")
_ALL_SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@dataclass
class Told:
    """What came of the requests: answers by operation and status, and what was not as described."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    faults: dict[tuple[str, str, int], str] = field(default_factory=dict[tuple[str, str, int], str])

    @property
    def cases(self) -> int:
        """How many requests were sent."""
        return self.answers.total()


def prepared(folder: Path) -> tuple[FastAPI, str]:
    """The application over a store in which there is something to be found, and an administrator's token."""
    set_up = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PUBLIC_URL": "http://testserver"})
    house = open_house(set_up)
    now = datetime.now(UTC)
    with Writing(house.engine) as writing:
        create_account(writing, "root", role=AccountRole.ADMINISTRATOR, party=PARTY, now=now)
        token, _ = create_token(writing, "root", now=now, randbytes=secrets.token_bytes)
        number = open_investigation(writing, by=ROOT, zh="事件", now=now)
        add_cases(
            writing,
            number,
            [("C-01", {"kind": "ill", "label": "C-01", "places": [_PLACE], "goods": []})],
            by=ROOT,
            now=now,
        )
        keep_answer(
            writing,
            number,
            kind="scope",
            name="all of it",
            question={},
            summary={},
            evidence=0,
            by=ROOT,
            now=now,
        )
        create_query(writing, NamedQuery(PARTY, "recalledHere", {"EQ_action": ["ADD"]}, now, "root"))
    house.capture_event(orjson.dumps(EVENT_EXAMPLE), "application/json", by=CapturedBy(PARTY))
    return application(set_up, house), token


def asked(
    app: FastAPI, token: str, cases: int, number: int, *, but: Callable[[str], bool] = str.isspace
) -> Told:
    """Send some ``cases`` requests, right and wrong ones, as many to every operation; ``number`` seeds.

    Operations may be left out by their label (``OPTIONS /events``); one that takes nothing is asked once.
    """
    described: Any = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [one for found in described.get_all_operations() if not but((one := found.ok()).label)]
    told = Told()
    each = -(-cases // (2 * len(operations)))
    for operation in operations:
        for mode in _MODES:
            one = _one(operation, mode, each, number, _sender(told, token))
            try:
                one()
            except Unsatisfiable:  # nothing can be wrong about a request that takes nothing
                assert mode is GenerationMode.NEGATIVE
    return told


def _one(
    operation: Any, mode: GenerationMode, each: int, number: int, send: Callable[[Any], None]
) -> Callable[[], None]:
    @seed(number)
    @settings(
        max_examples=each,
        deadline=None,
        database=None,
        suppress_health_check=_ALL_SLOW,
        phases=[Phase.generate],
    )
    @given(operation.as_strategy(generation_mode=mode), st.booleans(), st.randoms(use_true_random=False))
    def one(case: Any, near: bool, random: Any) -> None:
        if near:
            _brought_near(case, random)
        send(case)

    return one


def _brought_near(case: Any, random: Any) -> None:
    """A case that comes further: what its path names exists, and only one member of its document is odd."""
    example = _EXAMPLES.get(_PART.sub("{}", case.operation.path))
    body: Any = case.body
    if case.method in ("POST", "PATCH") and isinstance(example, Mapping) and isinstance(body, Mapping):
        made = cast("Mapping[str, Any]", body)
        odd = random.choice(sorted(made)) if made else None
        case.body = {**example, **({odd: made[odd]} if odd is not None else {})}
    known = {"suspect": [_ITEM], "code": _ITEM}
    for name in known.keys() & (case.query or {}).keys():
        case.query[name] = known[name]
    for parameter in case.operation.path_parameters:
        told = parameter.definition.get("example")
        if told is not None and parameter.name in (case.path_parameters or {}):
            case.path_parameters[parameter.name] = told


def _sender(told: Told, token: str) -> Callable[[Any], None]:
    def send(case: Any) -> None:
        label = case.operation.label
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        told.answers[label, answer.status_code] += 1
        for check in CHECKS:
            try:
                case.validate_response(answer, checks=[check])
            except _GENERAL.FailureGroup as group:
                fault = str(group)[:3000]
                told.faults.setdefault((label, check.__name__, answer.status_code), fault)

    return send


def main() -> int:
    """The long run."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    number = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(1 << 32)
    with TemporaryDirectory() as folder:
        told = asked(*prepared(Path(folder)), cases, number)
    for what, fault in told.faults.items():
        sys.stdout.write(f"{what}\n{fault}\n")
    statuses = Counter[int]()
    for (_, status), times in told.answers.items():
        statuses[status] += times
    counted = dict(sorted(statuses.items()))
    sys.stdout.write(f"{told.cases} cases, seed {number}, {len(told.faults)} faults; by status {counted}\n")
    return 1 if told.faults else 0


if __name__ == "__main__":
    sys.exit(main())
