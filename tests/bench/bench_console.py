"""How fast the pages answer that people use, over the real application with a store of many events.

``make bench`` makes a small world of 20,000 events. For a large one, whose store is kept in a folder::

    SUYUAN_BENCH_EVENTS=1000000 SUYUAN_BENCH_FOLDER=/tmp/bench .venv/bin/python -m tests.bench.bench_console

Printed per page and person: median and p95 of the time until the answer is complete, and p95 of the time
that the processor worked for it, which is what remains of it on a machine that does nothing else. The goal is
a p95 of at most 200 ms with 1,000,000 events. Nothing is asserted of times.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, perf_counter_ns, process_time
from urllib.parse import quote, urlencode

from sqlalchemy import select
from starlette.testclient import TestClient
from tests.bench.busy_world import (
    NOW,
    URL,
    Delivery,
    World,
    fill,
    looked_at,
    one_event,
    product,
    world_of,
)

from suyuan.api.app import application
from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.settings import read_settings
from suyuan.trace.store.accounts import create_token
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import ComplaintRow
from suyuan.trace.store.tables import EvidenceRow

EVENTS = 20_000
GOAL_S = 0.2
ROUNDS = 40
DELIVERIES = 20
PEOPLE = ("admin", "officer", "company", "shop", "till")
_STAFF = ("admin", "officer", "company")

Ask = Callable[[Delivery], str]


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds: median and p95 until the answer, p95 of the processor's."""

    page: str
    who: str
    median: float
    p95: float
    cpu_p95: float


def pages(numbers: Mapping[str, str]) -> Iterator[tuple[str, Sequence[str], Ask]]:
    """Every page with who looks at it, and its address for a delivery."""
    yield "worklist", _STAFF, lambda _: "/console"
    yield "case", ("officer",), lambda _: f"/console/case/{numbers['case']}"
    yield "search: item", _STAFF, lambda d: _q("/console/search", q=d.serial)
    yield "search: end of a serial", _STAFF, lambda d: _q("/console/search", q=d.serial[-6:])
    yield "search: lot", _STAFF, lambda d: _q("/console/search", q=d.lot_code)
    yield "search: product name", _STAFF, lambda d: _q("/console/search", q=f"豆腐干{d.made}号")
    yield "search: company", _STAFF, lambda d: _q("/console/search", q=f"第{d.plant.number}公司")
    yield "search: licence", _STAFF, lambda d: _q("/console/search", q=f"SC1{d.plant.number:013}")
    yield "search: nothing", _STAFF, lambda d: _q("/console/search", q=f"没有{d.number}")
    yield "object: item", (*_STAFF, "shop"), lambda d: f"/console/object/{quote(d.item, safe='')}"
    yield "object: case", _STAFF, lambda d: f"/console/object/{quote(d.cases[0], safe='')}"
    yield "object: lot", _STAFF, lambda d: f"/console/object/{quote(d.lot, safe='')}"
    yield (
        "object: product",
        ("admin", "company"),
        lambda d: f"/console/object/{quote(product(d.made), safe='')}",
    )
    yield (
        "object: place",
        ("admin", "company"),
        lambda d: f"/console/object/{quote(d.plant.place(), safe='')}",
    )
    shop = "/console/object/"
    yield "object: shop", ("admin", "officer"), lambda d: shop + quote(d.chain.place(d.shop), safe="")
    yield "trace: lot", _STAFF, lambda d: _q("/console/trace", suspect=d.lot)
    yield "trace: item, back", _STAFF, lambda d: _q("/console/trace", suspect=d.item, direction="backward")
    yield "scope: lot", _STAFF, lambda d: _q("/console/scope", suspect=d.lot)
    yield "scope: raw lot", ("admin",), lambda d: _q("/console/scope", suspect=d.raw)
    yield "dossier: lot", ("admin", "officer"), lambda d: f"/console/dossier/{quote(d.lot, safe='')}"
    yield "register", _STAFF, lambda _: "/console/register"
    for kind in ("party", "place", "product", "lot"):
        yield f"register: {kind}", _STAFF, lambda _, kind=kind: f"/console/register/{kind}"
    yield "register: find product", _STAFF, lambda d: _q("/console/register/product", q=f"豆腐干{d.made}号")
    yield (
        "register: a product",
        ("admin", "company"),
        lambda d: f"/console/register/entry/{quote(product(d.made), safe='')}",
    )
    yield "register: new product", ("company",), lambda _: "/console/register/product/new"
    yield "labels", ("admin", "company"), lambda _: "/console/labels"
    yield "devices", ("admin", "company"), lambda _: "/console/devices"
    yield "accounts", ("admin",), lambda _: "/console/accounts"
    yield "complaints", ("admin", "officer"), lambda _: "/console/complaints"
    yield "complaint", ("admin", "officer"), lambda _: f"/console/complaints/{numbers['complaint']}"
    yield "receipt", ("admin",), _receipt
    yield "/events", (*_STAFF, "shop"), lambda _: "/events?perPage=30"
    yield "/events of an item", _STAFF, lambda d: _q("/events", MATCH_epc=d.item)
    yield (
        "/events at a place",
        _STAFF,
        lambda d: _q("/events", EQ_bizLocation=d.chain.place(d.shop), perPage="30"),
    )
    yield "/api/check item", ("till",), lambda d: _q("/api/check", code=d.items[0])
    yield "/api/check product", ("till",), lambda d: _q("/api/check", code=product(d.made))
    yield "/blocklist", ("till",), lambda _: "/blocklist"
    yield "passport: item", ("",), lambda d: d.items[0].removeprefix("https://id.gs1.org")
    yield "passport: lot", ("",), lambda d: d.lot.removeprefix("https://id.gs1.org")


def _receipt(one: Delivery) -> str:
    day = f"{one.sold_from.date()}"
    return _q("/console/receipt", shop=one.chain.place(one.shop), product=product(one.made), day=day)


def _q(path: str, **told: str) -> str:
    return f"{path}?{urlencode(told)}"


class Bench:
    """The running application over a filled store. ``ask`` measures one page."""

    def __init__(self, client: TestClient, house: House, world: World) -> None:
        self.client = client
        self.house = house
        self.world = world
        self.deliveries = looked_at(world, DELIVERIES)
        self._tokens = {"": ""}
        with Writing(house.engine) as writing:
            for who in PEOPLE:
                self._tokens[who], _ = create_token(writing, who, now=NOW, randbytes=os.urandom)

    def get(self, who: str, address: str) -> int:
        """The status of an answer."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}"} if who else {}
        headers["Accept"] = "text/html" if address.startswith(("/console", "/0")) else "application/json"
        return self.client.get(address, headers=headers, follow_redirects=False).status_code

    def newest_complaint(self) -> str:
        """The number of a report."""
        with Reading(self.house.engine) as reading:
            return str(reading.connection.execute(select(ComplaintRow.number).limit(1)).scalar())

    def arrive(self) -> None:
        """A new event of an item that has nothing to do with any case."""
        party, told = one_event(self.world, f"{perf_counter_ns():x}")
        self.house.capture(told, "application/json", by=CapturedBy(party), behaviour="rollback")

    def ask(
        self, page: str, who: str, address: Ask, *, before: Callable[[int], None] | None = None
    ) -> Measured:
        """Ask for the page of every delivery in turn; anything but an answer is a fault of this bench."""
        waits: list[tuple[float, float]] = []
        for number in range(ROUNDS):
            path = address(self.deliveries[number % len(self.deliveries)])
            if before is not None:
                before(number)
            worked, begun = process_time(), perf_counter()
            status = self.get(who, path)
            waits.append((perf_counter() - begun, process_time() - worked))
            assert status in (200, 303), (who, path, status)
            if number >= 5 and sum(wait for wait, _ in waits) > 20:
                break  # seconds each: a few tell it
        walls, works = (sorted(one[i] for one in waits) for i in (0, 1))
        at = min(len(waits) - 1, int(len(waits) * 0.95))
        return Measured(page, who or "anybody", walls[len(walls) // 2], walls[at], works[at])


@contextmanager
def opened(folder: Path, events: int) -> Generator[Bench]:
    """The application over the store in ``folder``, which is filled first if it is empty."""
    settings = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PUBLIC_URL": URL})
    house = open_house(settings, lambda: NOW)
    world = world_of(events)
    with Reading(house.engine) as reading:
        filled = reading.connection.execute(select(EvidenceRow.sequence).limit(1)).first() is not None
    if not filled:
        begun, worked = perf_counter(), process_time()
        fill(house, world)
        house.close()
        spent = f"{perf_counter() - begun:.0f} s ({process_time() - worked:.0f} s of work)"
        say(f"filled with {events} events in {spent}")
        house = open_house(settings, lambda: NOW)
    gc.collect()
    begun, worked = perf_counter(), process_time()
    house.follow()
    house.records.is_known("")
    say(f"lineage replayed in {perf_counter() - begun:.1f} s ({process_time() - worked:.1f} s of work)")
    begun = perf_counter()
    house.block_list()
    say(f"cases in force followed in {perf_counter() - begun:.1f} s")
    say(f"largest size of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
    with TestClient(application(settings, house, lambda: NOW), base_url=URL) as client:
        yield Bench(client, house, world)


def measure(bench: Bench, only: str = "") -> Iterator[Measured]:
    """Every page for everybody who looks at it; at last, pages right after a new event came in."""
    numbers = {"case": bench.house.cases()[0].number, "complaint": bench.newest_complaint()}
    for page, people, address in pages(numbers):
        for who in people:
            if only in page:
                yield bench.ask(page, who, address)
    if not only or only in "after an event":
        yield from _after_events(bench)


def _after_events(bench: Bench) -> Iterator[Measured]:
    def arrives(_: int) -> None:
        bench.arrive()

    asked: Sequence[tuple[str, str, Ask]] = (
        ("worklist", "admin", lambda _: "/console"),
        ("object: item", "admin", lambda d: f"/console/object/{quote(d.item, safe='')}"),
        ("object: item", "officer", lambda d: f"/console/object/{quote(d.item, safe='')}"),
        ("passport: item", "", lambda d: d.items[0].removeprefix("https://id.gs1.org")),
        ("/api/check item", "till", lambda d: _q("/api/check", code=d.items[0])),
    )
    for page, who, address in asked:
        yield bench.ask(f"{page}, after an event", who, address, before=arrives)


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def report(found: Measured) -> None:
    """One line of the table."""
    mark = "  above" if found.p95 > GOAL_S else ""
    times = f"{found.median * 1000:9.1f} {found.p95 * 1000:9.1f} {found.cpu_p95 * 1000:9.1f}"
    say(f"{found.page:32} {found.who:8} {times} ms{mark}")


def test_pages() -> None:
    main(int(os.environ.get("SUYUAN_BENCH_EVENTS", EVENTS)), os.environ.get("SUYUAN_BENCH_FOLDER", ""))


def main(events: int, folder: str, only: str = "") -> None:
    """Fill, ask, print."""
    with tempfile.TemporaryDirectory() as passing, opened(Path(folder or passing), events) as bench:
        say(f"{'page':32} {'who':8} {'median':>9} {'p95':>9} {'p95 cpu':>9}")
        for found in measure(bench, only):
            report(found)


if __name__ == "__main__":
    main(
        int(os.environ.get("SUYUAN_BENCH_EVENTS", EVENTS)),
        os.environ.get("SUYUAN_BENCH_FOLDER", ""),
        *sys.argv[1:],
    )
