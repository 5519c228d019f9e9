"""What does not change an event does not change its hash, and what changes it does."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench.bench_event_hash import made_up

from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.json_document import read_json
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.xml_document import read_xml, write_xml
from suyuan.trace.gs1 import canonical_key

EVENTS = made_up(16)
STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
NAMESPACE = "https://ns.example.com/epcis/"
some_event = st.sampled_from(EVENTS)
dice = st.integers(0, 2**32).map(random.Random)


def read(body: dict[str, Any], prefix: str = "example") -> Event:
    document = {
        "@context": [STANDARD, {prefix: NAMESPACE}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-21T01:30:00Z",
        "epcisBody": {"eventList": [body]},
    }
    (event,) = read_json(json.dumps(document).encode()).events
    return event


def otherwise(value: Any, dice: random.Random, prefix: str) -> Any:
    """The same said in another way: orders, spellings of identifiers, the prefix of extensions."""
    if is_object(value):
        members = [
            (name.replace("example:", f"{prefix}:"), otherwise(v, dice, prefix)) for name, v in value.items()
        ]
        return dict(dice.sample(members, len(members)))
    if is_list(value):
        entries = [otherwise(entry, dice, prefix) for entry in value]
        return dice.sample(entries, len(entries))
    if isinstance(value, str) and value.startswith("urn:epc:") and dice.random() < 0.5:
        return canonical_key(value).replace("https://id.gs1.org", "https://shop.example")
    return value


@settings(deadline=None)
@given(some_event, dice, st.sampled_from(["example", "other", "x"]), st.integers(-14 * 60, 14 * 60))
def test_another_way_to_say_the_same_has_the_same_hash(
    body: dict[str, Any], dice: random.Random, prefix: str, minutes: int
) -> None:
    said = otherwise(body, dice, prefix)
    instant = datetime.fromisoformat(body["eventTime"])
    said["eventTime"] = instant.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    said |= {"eventID": f"urn:example:{dice.random()}", "recordTime": "2026-11-21T01:30:00Z"}
    expected = event_hash(read(body))
    event = read(said, prefix)
    assert event_hash(event) == expected
    (from_xml,) = read_xml(write_xml([event], instant)).events
    assert event_hash(from_xml) == expected


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if is_object(value):
        return [leaf for name, member in value.items() for leaf in leaves(member, (*path, name))]
    if is_list(value):
        return [leaf for at, entry in enumerate(value) for leaf in leaves(entry, (*path, at))]
    return [path]


@settings(deadline=None)
@given(some_event, st.data())
def test_any_change_of_a_field_changes_the_hash(body: dict[str, Any], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([leaf for leaf in leaves(body) if leaf != ("type",)]))
    changed = json.loads(json.dumps(body))
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    value = holder[path[-1]]
    if isinstance(value, str):
        other = {"ADD": "OBSERVE", "OBSERVE": "DELETE", "+08:00": "+09:00", "CEL": "FAH", "KGM": "GRM"}
        words = {"packing": "loading", "shipping": "loading", "sensor_reporting": "loading", "po": "inv"}
        words |= {"creating_class_instance": "loading", "in_transit": "damaged", "owning_party": "location"}
        words |= {"Temperature": "Pressure"}
        changed_value = (other | words).get(value, value[:-1] + ("1" if value[-1] != "1" else "2"))
        if path == ("eventTime",) or path[-1] == "time":
            changed_value = value.replace("2026", "2025")
    else:
        changed_value = value + 1
    holder[path[-1]] = changed_value
    assert event_hash(read(changed)) != event_hash(read(body))
