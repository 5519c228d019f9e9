"""How fast a trace answers over HTTP, JSON included, over the real application with a store of many events.

``make bench`` asks a small store of 20,000 events. For the goal (a p95 of at most 100 ms with 1,000,000
events) name a store that ``bench_console`` has filled::

    SUYUAN_BENCH_EVENTS=1000000 SUYUAN_DATABASE=… .venv/bin/python -m tests.bench.bench_http_trace

Printed for each question and person: median and p95 of the time until the answer is complete, p95 of the time
that this process worked for it, and how many states and bytes the answers have. Nothing is asserted of times.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from starlette.testclient import TestClient
from tests.bench.bench_console import say
from tests.bench.busy_world import NOW, URL, Delivery, fill, looked_at, world_of

from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.trace.store.accounts import create_token
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.tables import EvidenceRow

EVENTS = 20_000
ROUNDS = 100
DELIVERIES = 40
GOAL_S = 0.100
PEOPLE = ("admin", "officer", "company")


Question = str | tuple[str, dict[str, Any]]
"""An address, or that of an investigator's question with its body."""


def questions(one: Delivery) -> Iterator[tuple[str, Question]]:
    """What is asked, by name, of a delivery."""
    raw, back = {"suspect": one.raw}, {"direction": "backward"}
    yield "forward from a raw lot", f"/trace?{urlencode(raw)}"
    yield "forward from a lot of items", f"/trace?{urlencode({'suspect': one.lot})}"
    yield "back from an item", f"/trace?{urlencode({'suspect': one.item, **back})}"
    yield "back from a case", f"/trace?{urlencode({'suspect': one.cases[0], **back})}"
    yield "scope of a raw lot", f"/scope?{urlencode(raw)}"
    yield "scope of a lot of items", f"/scope?{urlencode({'suspect': one.lot})}"
    lot = {"selections": [{"kind": "lots", "lots": [one.lot]}]}
    item = {"selections": [{"kind": "objects", "keys": [one.item]}], "options": back}
    yield "least and most, of items", ("/scope", lot)
    yield "least and most, forward", ("/trace", lot)
    yield "least and most, back", ("/trace", item)


def ask(client: TestClient, token: str, question: Question) -> tuple[float, float, int, int]:
    """Seconds until the answer, seconds of work, status, bytes."""
    headers = {"Authorization": f"Bearer {token}"}
    worked, begun = process_time(), perf_counter()
    if isinstance(question, str):
        answer = client.get(question, headers=headers)
    else:
        answer = client.post(question[0], json=question[1], headers=headers)
    spent = perf_counter() - begun, process_time() - worked
    return *spent, answer.status_code, len(answer.content)


def measure(house: House, client: TestClient, events: int) -> None:
    """Every question for everybody, once for each delivery in turn."""
    tokens: dict[str, str] = {}
    with Writing(house.engine) as writing:
        for who in PEOPLE:
            tokens[who], _ = create_token(writing, who, now=NOW, randbytes=os.urandom)
    asked = looked_at(world_of(events), DELIVERIES)
    say(f"{'question':28} {'who':8} {'median':>9} {'p95':>9} {'p95 cpu':>9} {'answered':>8} {'KiB':>7}")
    for number, (name, _) in enumerate(questions(asked[0])):
        for who in PEOPLE:
            told = [list(questions(one))[number][1] for one in asked]
            for each in told[:5]:  # what a process learns once, from plans to whom goods concern
                ask(client, tokens[who], each)
            got = [ask(client, tokens[who], told[i % len(told)]) for i in range(ROUNDS)]
            _tell(name, who, [one for one in got if one[2] == 200])


def _tell(name: str, who: str, got: list[tuple[float, float, int, int]]) -> None:
    """One row; what is out of sight of that person was answered with 404 and is not counted."""
    if not got:
        say(f"{name:28} {who:8} nothing in sight")
        return
    walls, works = (sorted(one[i] for one in got) for i in (0, 1))
    at = min(len(got) - 1, int(len(got) * 0.95))
    mark = "  above" if walls[at] > GOAL_S else ""
    figures = (walls[len(got) // 2], walls[at], works[at])
    size = sorted(one[3] for one in got)[len(got) // 2] / 1024
    told = " ".join(f"{figure * 1000:9.1f}" for figure in figures)
    say(f"{name:28} {who:8} {told} {len(got):8} {size:7.1f} ms{mark}")


def test_traces_over_http() -> None:
    with tempfile.TemporaryDirectory() as folder:
        main({"SUYUAN_VAR": folder, **{k: v for k, v in os.environ.items() if k == "SUYUAN_DATABASE"}})


def main(environ: dict[str, str]) -> None:
    """Fill an empty store, ask, print."""
    events = int(os.environ.get("SUYUAN_BENCH_EVENTS", EVENTS))
    settings = read_settings({**environ, "SUYUAN_PUBLIC_URL": URL})
    house = open_house(settings, lambda: NOW)
    with Reading(house.engine) as reading:
        filled = reading.connection.execute(select(EvidenceRow.sequence).limit(1)).first() is not None
    if not filled:
        fill(house, world_of(events))
    begun = process_time()
    house.follow()
    house.records.is_known("")  # the first question replays what was taken in
    say(f"{events} events, {house.engine.dialect.name}; taken in with {process_time() - begun:.0f} s of work")
    with TestClient(application(settings, house, lambda: NOW), base_url=URL) as client:
        measure(house, client, events)


if __name__ == "__main__":
    if "SUYUAN_DATABASE" not in os.environ:
        sys.exit("SUYUAN_DATABASE names the store: a file or a postgresql:// address.")
    main({"SUYUAN_VAR": str(Path.cwd() / "var"), "SUYUAN_DATABASE": os.environ["SUYUAN_DATABASE"]})
