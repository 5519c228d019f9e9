"""How fast the first page of an event query answers, over the real application with a store of many events.

``make bench`` asks a small store of 20,000 events. For the goal (a p99 of at most 20 ms with 1,000,000
events, first page of 30) name a store that ``bench_console`` has filled, in SQLite or, restored from its
backup, in PostgreSQL::

    SUYUAN_BENCH_EVENTS=1000000 SUYUAN_DATABASE=… .venv/bin/python -m tests.bench.bench_query [part of a name]

Printed for each query and person: median and p99 of the time until the answer is complete, and p99 of the
time that this process worked for it. Nothing is asserted of times.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
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
ROUNDS = 200
GOAL_S = 0.020
PEOPLE = ("admin", "officer", "company")


def queries(one: Delivery) -> Iterator[tuple[str, dict[str, str]]]:
    """What is asked, by name, of a delivery."""
    shop, plant = one.chain.place(one.shop), one.plant.place()
    day = {
        "GE_eventTime": one.sold_from.isoformat(),
        "LT_eventTime": (one.sold_from + timedelta(days=1)).isoformat(),
    }
    yield "by EPC", {"MATCH_epc": one.item}
    yield "by EPC, anywhere in the event", {"MATCH_anyEPC": one.cases[0]}
    yield "by lot", {"MATCH_anyEPCClass": one.lot}
    yield "by time window", day
    yield "by place", {"EQ_bizLocation": shop}
    yield "by place and time window", {"EQ_bizLocation": plant, **day}
    yield "by step and time window", {"EQ_bizStep": "shipping", **day}
    yield "by product", {"MATCH_epcClass": f"{one.lot.rpartition('/10/')[0]}/10/*"}


def ask(client: TestClient, token: str, address: str) -> tuple[float, float]:
    """Seconds until the answer, and of work."""
    worked, begun = process_time(), perf_counter()
    answer = client.get(address, headers={"Authorization": f"Bearer {token}"})
    spent = perf_counter() - begun, process_time() - worked
    assert answer.status_code == 200, (address, answer.text)
    return spent


def measure(house: House, client: TestClient, events: int, only: str) -> None:
    """Every query for everybody, once for each delivery in turn."""
    world = world_of(events)
    tokens: dict[str, str] = {}
    with Writing(house.engine) as writing:
        for who in PEOPLE:
            tokens[who], _ = create_token(writing, who, now=NOW, randbytes=os.urandom)
    asked = looked_at(world, 40)
    say(f"{'query':32} {'who':8} {'median':>9} {'p99':>9} {'p99 cpu':>9}")
    for number, (name, _) in enumerate(queries(asked[0])):
        for who in PEOPLE if only in name else ():
            told = [dict(list(queries(one))[number][1], perPage="30") for one in asked]
            for each in told[:5]:  # what a process learns once, from plans to whom goods concern
                ask(client, tokens[who], f"/events?{urlencode(each)}")
            times = [
                ask(client, tokens[who], f"/events?{urlencode(told[i % len(told)])}") for i in range(ROUNDS)
            ]
            walls, works = (sorted(time[i] for time in times) for i in (0, 1))
            at = int(ROUNDS * 0.99) - 1
            mark = "  above" if walls[at] > GOAL_S else ""
            figures = (walls[ROUNDS // 2], walls[at], works[at])
            say(
                f"{name:32} {who:8} " + " ".join(f"{figure * 1000:9.1f}" for figure in figures) + f" ms{mark}"
            )


def test_queries() -> None:
    with tempfile.TemporaryDirectory() as folder:
        main({"SUYUAN_VAR": folder, **{k: v for k, v in os.environ.items() if k == "SUYUAN_DATABASE"}})


def main(environ: dict[str, str], only: str = "") -> None:
    """Fill an empty store, ask what has ``only`` in its name, print."""
    events = int(os.environ.get("SUYUAN_BENCH_EVENTS", EVENTS))
    settings = read_settings({**environ, "SUYUAN_PUBLIC_URL": URL})
    house = open_house(settings, lambda: NOW)
    with Reading(house.engine) as reading:
        filled = reading.connection.execute(select(EvidenceRow.sequence).limit(1)).first() is not None
    if not filled:
        fill(house, world_of(events))
    say(f"{events} events, {house.engine.dialect.name}")
    with TestClient(application(settings, house, lambda: NOW), base_url=URL) as client:
        measure(house, client, events, only)


if __name__ == "__main__":
    if "SUYUAN_DATABASE" not in os.environ:
        sys.exit("SUYUAN_DATABASE names the store: a file or a postgresql:// address.")
    main(
        {"SUYUAN_VAR": str(Path.cwd() / "var"), "SUYUAN_DATABASE": os.environ["SUYUAN_DATABASE"]},
        *sys.argv[1:],
    )
