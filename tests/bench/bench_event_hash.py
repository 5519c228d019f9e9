"""How many event hashes a second one core computes, beside the reference generator.

Prints hashes per second of processor time::

    python tests/bench/bench_event_hash.py [EVENTS]

Goals: 10,000 hashes, and 25 times the reference generator in one run. The generator
(``epcis_event_hash_generator``, MIT) stands in an environment of its own: ``SUYUAN_HASH_REFERENCE`` names the
Python that has it; without, only our own numbers are told. Both read documents of 200 events, in JSON and in
XML: ours each of them once, the reference one of them several times. Of each the fastest counts, for other
programs disturb the slower ones. Ours check every event as they read, theirs nothing.
"""

from __future__ import annotations

import gc
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

from suyuan.trace.epcis.document import read_document
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.xml_document import write_xml

REFERENCE = "SUYUAN_HASH_REFERENCE"
IN_A_DOCUMENT = 200
ROUNDS = 5
"""How often the reference reads and hashes its document."""

ASK_REFERENCE = """
import json, sys, time
from epcis_event_hash_generator import json_to_py, xml_to_py
from epcis_event_hash_generator.hash_generator import epcis_hashes_from_events
found = {}
for path in sys.argv[2:]:
    text = open(path, encoding="utf-8").read()
    reader = xml_to_py if path.endswith(".xml") else json_to_py
    read_s, hash_s = [], []
    for _ in range(int(sys.argv[1])):
        start = time.process_time()
        events = reader.event_list_from_epcis_document_str(text)
        read_s.append(time.process_time() - start)
        hashes = epcis_hashes_from_events(events)
        hash_s.append(time.process_time() - start - read_s[-1])
    found[path] = {"read": min(read_s), "hash": min(hash_s), "hashes": hashes}
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


def _untyped(xml: bytes) -> bytes:
    """Without the types of extensions, which the reference generator takes for a part of what is said."""
    return xml.replace(b' xsi:type="xsd:integer"', b"")


@dataclass(frozen=True, slots=True)
class Speed:
    """Hashes a second: of documents, checked or not, and of the events once they are read."""

    whole: float
    alone: float


def speed_of(documents: Sequence[bytes]) -> Speed:
    """Ours, of documents of ``IN_A_DOCUMENT`` events; each is read once, so that nothing is remembered."""
    reading, hashing = zip(*map(_timed, documents), strict=True)
    return Speed(IN_A_DOCUMENT / (min(reading) + min(hashing)), IN_A_DOCUMENT / min(hashing))


def _timed(data: bytes) -> tuple[float, float]:
    start = process_time()
    events = read_document(data).events
    read = process_time()
    _ = [event_hash(event) for event in events]
    return read - start, process_time() - read


def main(number: int) -> None:
    events = made_up(number)
    firsts = range(0, number, IN_A_DOCUMENT)
    documents = [document(events[first : first + IN_A_DOCUMENT]) for first in firsts]
    read = [read_document(data).events for data in documents]
    xml = [_untyped(write_xml(some, some[0].event_time)) for some in read]
    say("bytes an event, JSON", sum(map(len, documents)) / number)
    say("bytes an event, XML", sum(map(len, xml)) / number)
    gc.collect()
    gc.freeze()  # the reference has a process of its own, without all that was made here
    ours = {"json": speed_of(documents), "xml": speed_of(xml)}
    for kind, speed in ours.items():
        say(f"hashes/s from {kind}, events checked", speed.whole)
        say(f"hashes/s of events read from {kind}", speed.alone)
    beside_the_reference(read[0], {"json": documents[0], "xml": xml[0]}, ours)


def beside_the_reference(
    read: Sequence[Event], documents: Mapping[str, bytes], ours: Mapping[str, Speed]
) -> None:
    python = os.environ.get(REFERENCE)
    if not python:
        sys.stdout.write(f"the reference generator is not measured: {REFERENCE} names no Python\n")
        return
    hashes = [event_hash(event) for event in read]
    with tempfile.TemporaryDirectory() as folder:
        paths = {kind: Path(folder, f"events.{kind}") for kind in documents}
        for kind, path in paths.items():
            path.write_bytes(documents[kind])
        command = [python, "-c", ASK_REFERENCE, str(ROUNDS), *map(str, paths.values())]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    for kind, path in paths.items():
        theirs = answer[str(path)]
        count = len(theirs["hashes"])
        whole, alone = count / (theirs["read"] + theirs["hash"]), count / theirs["hash"]
        say(f"reference: hashes/s from {kind}", whole)
        say("    ours are so many times as fast, and checked", ours[kind].whole / whole)
        say(f"reference: hashes/s of events read from {kind}", alone)
        say("    ours are so many times as fast", ours[kind].alone / alone)
        say(f"    equal hashes of {count}", sum(map(str.__eq__, theirs["hashes"], hashes)))


def say(name: str, value: float) -> None:
    sys.stdout.write(f"{name:52} {value:12,.1f}\n")


def test_numbers_are_told() -> None:
    main(2_000)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
