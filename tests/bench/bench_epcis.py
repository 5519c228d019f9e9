"""How many events a second one core reads and validates, from JSON and XML, beside orjson with jsonschema-rs.

Prints events per second of processor time::

    python -m tests.bench.bench_epcis [EVENTS]

Goal: 10,000 events of a kilobyte in JSON. The other validator (MIT, in Rust) checks GS1's schema with its
formats; that schema knows no check digits, no undeclared prefixes and no rules between fields, and whoever
uses it still has to make something of the parsed event. It stands in ``$SUYUAN_SHARED``; without it, only our
own numbers are told.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import jsonschema_rs
import orjson
from tests.bench.bench_event_hash import made_up

from suyuan.trace.epcis.conversion import in_form
from suyuan.trace.epcis.document import Document, read_document, read_event
from suyuan.trace.epcis.json_document import write_document_json
from suyuan.trace.epcis.xml_document import write_document_xml
from suyuan.trace.gs1.prefixes import known_prefixes

GOAL = 10_000
BATCH = 100
ROUNDS = 3
"""Each number is the best of so many: others use the machine too."""


def sample(number: int) -> list[dict[str, Any]]:
    """The made-up events of the bench of hashes, filled up to a kilobyte."""
    events = made_up(number)
    for event in events:
        lacking = 1_000 - len(orjson.dumps(event))
        event["example:batch"]["example:note"] += "." * max(lacking, 0)
    return events


def document(events: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({**ENVELOPE, "type": "EPCISDocument", "epcisBody": {"eventList": events}})


ENVELOPE: dict[str, Any] = {
    "@context": [
        "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        {"example": "https://ns.example.com/epcis/"},
    ],
    "schemaVersion": "2.0",
    "creationDate": "2026-11-21T01:30:00Z",
}


def a_second(count: int, do: Callable[[], object]) -> float:
    best = 0.0
    for _ in range(ROUNDS):
        start = process_time()
        do()
        best = max(best, count / (process_time() - start))
    return best


def main(number: int) -> float:
    events = sample(number)
    documents = [document(events[first : first + BATCH]) for first in range(0, number, BATCH)]
    read = [read_document(data) for data in documents]
    linked = [in_form(one, "Always_GS1_Digital_Link", known_prefixes(())) for one in read]
    now = read[0].events[0].event_time
    say("bytes an event, JSON", sum(len(orjson.dumps(event)) for event in events) / number)
    speed = a_second(number, lambda: read_all(documents))
    say("JSON, parsed and validated", speed)
    bare = [orjson.dumps({"@context": ENVELOPE["@context"], **event}) for event in events]
    say("JSON, one event a request", a_second(number, lambda: [read_event(data) for data in bare]))
    links = [write_document_json(one, now=now) for one in linked]
    say("JSON, EPCs as Digital Links", a_second(number, lambda: read_all(links)))
    for version in ("2.0", "1.2"):
        xml = [write_document_xml(one, now=now, version=version) for one in read]
        say(f"XML {version}, parsed and validated", a_second(number, lambda given=xml: read_all(given)))
    beside_the_schema(documents, number, speed)
    return speed


def read_all(documents: list[bytes]) -> list[Document]:
    return [read_document(data) for data in documents]


def beside_the_schema(documents: list[bytes], number: int, ours: float) -> None:
    root = Path(os.environ.get("SUYUAN_SHARED") or Path(__file__).resolve().parents[3] / "shared")
    path = root / "data/epcis/schemas/json-schema/epcis-json-schema.json"
    if not path.exists():
        sys.stdout.write(f"orjson + jsonschema-rs are not measured: there is no {path}\n")
        return
    validator = jsonschema_rs.validator_for(json.loads(path.read_text()), validate_formats=True)
    assert all(validator.is_valid(orjson.loads(data)) for data in documents[:3])
    theirs = a_second(number, lambda: [validator.is_valid(orjson.loads(data)) for data in documents])
    say("orjson + jsonschema-rs, GS1's schema, formats on", theirs)
    say("    is so many times as fast", theirs / ours)


def say(name: str, value: float) -> None:
    sys.stdout.write(f"{name:52} {value:12,.1f}\n")


def test_events_are_read_at_the_speed_of_the_goal() -> None:
    assert main(2_000) > GOAL


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
