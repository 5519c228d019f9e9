"""How many event hashes a second one core computes, beside the reference generator.

Prints hashes per second of processor time::

    python tests/bench/bench_event_hash.py [EVENTS]

Goals: 10,000 hashes of events in memory, and 25 times the reference generator in one run. The generator
(``epcis_event_hash_generator``, MIT) stands in an environment of its own: ``SUYUAN_HASH_REFERENCE`` names the
Python that has it; without, only our own numbers are told.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

from suyuan.trace.epcis.document import read_document
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.xml_document import write_xml

REFERENCE = "SUYUAN_HASH_REFERENCE"
REFERENCE_EVENTS = 200
"""How many of the events the reference computes; more would only take longer."""

ASK_REFERENCE = """
import json, sys, time
from epcis_event_hash_generator import json_to_py, xml_to_py
from epcis_event_hash_generator.hash_generator import epcis_hashes_from_events
found = {}
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    read = xml_to_py if path.endswith(".xml") else json_to_py
    start = time.process_time()
    events = read.event_list_from_epcis_document_str(text)
    read_s = time.process_time() - start
    hashes = epcis_hashes_from_events(events)
    found[path] = {"s": time.process_time() - start, "read_s": read_s, "hashes": hashes}
print(json.dumps(found))
"""


def made_up(number: int, seed: int = 7) -> list[dict[str, Any]]:
    """Events of a plant with 200 products, about a kilobyte each: packed, shipped, made, measured."""
    dice = random.Random(seed)
    return [_event(dice, index) for index in range(number)]


def _event(dice: random.Random, index: int) -> dict[str, Any]:
    def item() -> str:
        return f"urn:epc:id:sgtin:4012345.{dice.randrange(200):06}.{dice.randrange(10**9)}"

    def lot() -> dict[str, Any]:
        lot_class = f"urn:epc:class:lgtin:4012345.{dice.randrange(200):06}.L{dice.randrange(10**6)}"
        return {"epcClass": lot_class, "quantity": dice.randrange(1, 900) / 4, "uom": "KGM"}

    unit = f"{dice.randrange(10**9):010}"
    event: dict[str, Any] = {
        "eventTime": f"2026-{index % 12 + 1:02}-11T0{index % 10}:14:15.{dice.randrange(10**6):06}+08:00",
        "eventTimeZoneOffset": "+08:00",
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.987"},
        "bizLocation": {"id": "urn:epc:id:sgln:4012345.00011.0"},
        "example:batch": {"example:line": dice.randrange(9), "example:note": "as planned"},
    }
    if index % 4 == 0:
        packed = {"parentID": f"urn:epc:id:sscc:4012345.{unit}", "childEPCs": [item() for _ in range(8)]}
        return event | packed | {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing"}
    if index % 4 == 1:
        return event | {
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit",
            "epcList": [item() for _ in range(6)],
            "bizTransactionList": [{"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:4012345:{index}"}],
            "destinationList": [{"type": "owning_party", "destination": "urn:epc:id:pgln:0614141.00000"}],
        }  # fmt: skip
    if index % 4 == 2:
        made = {"inputQuantityList": [lot() for _ in range(3)], "outputQuantityList": [lot()]}
        return event | made | {"type": "TransformationEvent", "bizStep": "creating_class_instance"}
    reports = [
        {"type": "Temperature", "value": dice.randrange(-200, 80) / 10, "uom": "CEL"} for _ in range(3)
    ]
    measured = {
        "sensorElementList": [{"sensorMetadata": {"time": event["eventTime"]}, "sensorReport": reports}]
    }
    return event | measured | {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "sensor_reporting",
        "quantityList": [lot() for _ in range(3)],
    }  # fmt: skip


def document(events: list[dict[str, Any]]) -> bytes:
    standard = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
    return json.dumps(
        {
            "@context": [standard, {"example": "https://ns.example.com/epcis/"}],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-21T01:30:00Z",
            "epcisBody": {"eventList": events},
        }
    ).encode()


def a_second(count: int, do: Callable[[], object]) -> float:
    start = process_time()
    do()
    return count / (process_time() - start)


def hashes_of(documents: list[bytes]) -> list[str]:
    return [event_hash(event) for data in documents for event in read_document(data).events]


def main(number: int) -> None:
    events = made_up(number)
    documents = [document(events[first : first + 100]) for first in range(0, number, 100)]
    read = [event for data in documents for event in read_document(data).events]
    xml = [write_xml(read[first : first + 100], read[0].event_time) for first in range(0, number, 100)]
    in_memory = a_second(number, lambda: [event_hash(event) for event in read])
    from_json, from_xml = (a_second(number, partial(hashes_of, some)) for some in (documents, xml))
    say("bytes an event, JSON", sum(map(len, documents)) / number)
    say("hashes/s of events in memory", in_memory)
    say("hashes/s from JSON, events validated", from_json)
    say("hashes/s from XML, events validated", from_xml)
    beside_the_reference(read[:REFERENCE_EVENTS], events[:REFERENCE_EVENTS], in_memory, (from_json, from_xml))


def beside_the_reference(
    read: Sequence[Event], events: list[dict[str, Any]], in_memory: float, from_bytes: tuple[float, float]
) -> None:
    python = os.environ.get(REFERENCE)
    if not python:
        sys.stdout.write(f"the reference generator is not measured: {REFERENCE} names no Python\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, "events.jsonld"), Path(folder, "events.xml")
        paths[0].write_bytes(document(events))
        paths[1].write_bytes(write_xml(read, read[0].event_time))
        command = [python, "-c", ASK_REFERENCE, *map(str, paths)]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    hashes = [event_hash(event) for event in read]
    for path, ours in zip(paths, from_bytes, strict=True):
        theirs = answer[str(path)]
        count, kind = len(theirs["hashes"]), path.suffix[1:]
        rate, alone = count / theirs["s"], count / (theirs["s"] - theirs["read_s"])
        say(f"reference: hashes/s from {kind}", rate)
        say("    ours in memory are so many times as fast", in_memory / rate)
        say("    ours from bytes, validated", ours / rate)
        say(f"reference: hashes/s of events read from {kind}", alone)
        say("    ours in memory are so many times as fast", in_memory / alone)
        say(f"    equal hashes of {count}", sum(map(str.__eq__, theirs["hashes"], hashes)))


def say(name: str, value: float) -> None:
    sys.stdout.write(f"{name:52} {value:12,.1f}\n")


def test_numbers_are_told() -> None:
    main(2_000)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
