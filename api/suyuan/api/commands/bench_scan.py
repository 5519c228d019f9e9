"""``suyuan bench scan``: shoppers at a million codes, over real sockets, while events come in."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Annotated, Any

import httpx
import orjson
import typer

from suyuan.api.commands.bench_scan_load import PHONE
from suyuan.api.demo.server import running_server
from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.passports.prepared import Prepared, prepare
from suyuan.api.settings import Settings, read_settings
from suyuan.simulator.ports import free_port
from suyuan.trace.errors import Unavailable
from suyuan.trace.lineage import Suspect
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import CaseDraft, Initiative
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.sight import EVERYTHING, Viewer

PER_LOT = 500
_PRODUCT = "09521234000013"
_STEM = f"https://id.gs1.org/01/{_PRODUCT}"
_PARTY = "https://id.gs1.org/417/9521234000013"
_PLANT, _SHOP = "https://id.gs1.org/414/9521234000020", "https://id.gs1.org/414/9521234000037"
_CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
_FILLED = "bench-scan.json"
_PRIME = 999_983  # spreads the ranks over the lots
_OF_LOTS, _UNKNOWN, _RECALLED = 0.05, 0.025, 0.025
_OFFICER = Viewer("bench", "regulator", "https://ns.suyuan.example/party/bench", EVERYTHING)
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What became of one load; milliseconds from the time when each request was due."""

    asked_per_second: float
    answered_per_second: float
    requests: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    worst_ms: float
    failed: int
    statuses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """All loads, what the store took to make, and how long after a hold the first page showed it."""

    items: int
    filled_s: float
    prepared_s: float
    prepared: Mapping[str, int]
    warm_s: float
    loads: Mapping[str, Load]
    captured_per_second: float
    hold_visible_s: float
    page_bytes: int
    cores: int | None = field(default_factory=os.cpu_count)


def scan(
    items: Annotated[int, typer.Option(min=PER_LOT, help="Codes in the store.")] = 1_000_000,
    rate: Annotated[float, typer.Option(min=1, help="Looks a second.")] = 2_000,
    seconds: Annotated[int, typer.Option(min=1, help="How long, for each load.")] = 60,
    connections: Annotated[int, typer.Option(min=1, max=1000, help="Connections that stay open.")] = 64,
    events: Annotated[int, typer.Option(min=0, help="Events a second in the second load.")] = 20,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where the store is made, or stands already; it is kept.", file_okay=False),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Looks at the pages of goods in an open loop: alone, and while events come in and goods are held.

    Nine in ten are of items by Zipf's law, one in twenty of lots, as many of held and of unknown codes; in
    both languages. The store is made by capture, the server is the real program, and one item of each lot was
    looked at before.
    """
    with _folder(folder) as place:
        found = measure(place, items, rate, seconds, connections=connections, events=events)
    if json:
        typer.echo(orjson.dumps(asdict(found)).decode())
        return
    for line in lines(found):
        typer.echo(line)


def lines(found: Measured) -> Iterator[str]:
    """What was measured, in words."""
    yield (
        f"store: {found.items:,} codes captured in {found.filled_s:.0f} s, "
        f"passports in {found.prepared_s:.0f} s "
        f"({found.prepared['built']:,} built for {found.prepared['passports']:,}); "
        f"pages opened once in {found.warm_s:.0f} s"
    )
    for name, load in found.loads.items():
        told = ", ".join(f"{status}: {count:,}" for status, count in sorted(load.statuses.items()))
        yield (
            f"{name}: {load.answered_per_second:,.0f} of {load.asked_per_second:,.0f} looks/s; "
            f"p50 {load.p50_ms:.1f} ms, p99 {load.p99_ms:.1f} ms, p99.9 {load.p999_ms:.1f} ms, "
            f"worst {load.worst_ms:.0f} ms; {load.failed} failed ({told})"
        )
    captured = found.captured_per_second
    yield f"meanwhile {captured:,.1f} events/s; a hold was shown after {found.hold_visible_s:.2f} s"
    yield f"a page is {found.page_bytes:,} bytes as sent; {found.cores} cores, with whoever asked"


def measure(
    folder: Path, items: int, rate: float, seconds: int, *, connections: int = 64, events: int = 20
) -> Measured:
    """All of it, in a folder whose store is made if it is not there."""
    port = free_port()
    settings = read_settings(
        {
            "SUYUAN_VAR": str(folder),
            "SUYUAN_PORT": str(port),
            "SUYUAN_PUBLIC_URL": "https://trace.example",  # that of the pages that are kept
            "SUYUAN_LINEAGE": "tables" if items > 100 * PER_LOT else "objects",
        }
    )
    filled = _store(settings, items)
    looks = _Looks(items, Random(7))  # noqa: S311 (the same in each run)
    with running_server(settings) as url:
        warm = _warm(url, looks.lots)
        size = len(_raw(url, f"/p{looks.item(1)}"))
        alone = _load(settings, looks.some(int(rate * seconds)), rate, connections)
        with ThreadPoolExecutor(1) as thread:
            busy: Future[Load] = thread.submit(
                _load, settings, looks.some(int(rate * seconds)), rate, connections
            )
            told, shown = _meanwhile(settings, url, looks, events, busy)
            loads = {"alone": alone, "while events come in": busy.result()}
    return Measured(
        items=items,
        warm_s=warm,
        loads=loads,
        captured_per_second=told,
        hold_visible_s=shown,
        page_bytes=size,
        **filled,
    )


@contextmanager
def _folder(given: Path | None) -> Generator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="suyuan-bench-scan-") as made:
        yield Path(made)


# The store


def _store(settings: Settings, items: int) -> dict[str, Any]:
    """The store of so many codes, and what it took to make."""
    note = settings.var / _FILLED
    if note.exists():
        found: dict[str, Any] = orjson.loads(note.read_bytes())
        if found.pop("items") == items:
            return found
        raise Unavailable("There is another store in {folder}", folder=str(settings.var))
    house = open_house(settings)
    begin = time.perf_counter()
    house.capture(_names(), "application/json", by=CapturedBy(_PARTY), behaviour="rollback")
    for lot in range(math.ceil(items / PER_LOT)):
        _capture(house, _of_lot(lot))
    _hold(house, _lot(0))
    filled = time.perf_counter() - begin
    told = Prepared()
    with Reading(house.engine) as reading:
        for told in prepare(house.passports, house.records, reading):
            typer.echo(f"{told.passports:,} passports, {told.built:,} built", err=True)
    made = {
        "filled_s": filled,
        "prepared_s": time.perf_counter() - begin - filled,
        "prepared": asdict(told),
    }
    house.records.lineage.save()
    house.close()
    note.write_bytes(orjson.dumps({"items": items, **made}))
    return made


def _capture(house: House, events: Sequence[dict[str, Any]]) -> None:
    job = house.capture(_document(events), "application/json", by=CapturedBy(_PARTY), behaviour="rollback")
    if not job.success:
        raise Unavailable("The store does not take {events}", events=str(job.errors))


def _document(events: Sequence[dict[str, Any]], header: Mapping[str, Any] | None = None) -> bytes:
    told = {
        "@context": _CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-01T00:00:00Z",
        **({} if header is None else {"epcisHeader": header}),
        "epcisBody": {"eventList": list(events)},
    }
    return orjson.dumps(told)


def _names() -> bytes:
    """The product, its producer, and where it goes."""

    def element(key: str, **told: str) -> dict[str, Any]:
        pairs = [
            {"id": f"https://ns.suyuan.example/{name}", "attribute": value} for name, value in told.items()
        ]
        return {"id": key, "attributes": pairs}

    product = element(
        _STEM, nameZh="杭白菜 250 克", nameEn="Pak choi, 250 g", producer=_PARTY, storageZh="冷藏 0 至 4 ℃",
        storageEn="Keep at 0 to 4 °C", ingredientsZh="青菜", ingredientsEn="Pak choi",
    )  # fmt: skip
    places = [
        element(
            _PLANT, nameZh="临安包装车间", nameEn="Lin'an packing house", cityZh="杭州", cityEn="Hangzhou"
        ),
        element(_SHOP, nameZh="武林超市", nameEn="Wulin supermarket", cityZh="杭州", cityEn="Hangzhou"),
        element(_PARTY, nameZh="临安蔬菜有限公司", nameEn="Lin'an Vegetables", phone="057112345"),
    ]
    vocabularies = [
        {"type": "urn:epcglobal:epcis:vtype:EPCClass", "vocabularyElementList": [product]},
        {"type": "urn:epcglobal:epcis:vtype:Location", "vocabularyElementList": places},
    ]
    return _document([], {"epcisMasterData": {"vocabularyList": vocabularies}})


def _of_lot(number: int) -> list[dict[str, Any]]:
    """A lot made, packed on a roll container, sent and received: five events, all items alike."""
    at = datetime.now(UTC) - timedelta(days=2, minutes=number % 600)
    serials = [f"https://id.gs1.org{_item(number * PER_LOT + one)}" for one in range(PER_LOT)]
    keys = [link.replace(f"/10/{_code(number)}", "") for link in serials]
    unit = f"https://id.gs1.org/00/{_checked(f'09521234{number:09}')}"

    def event(kind: str, hours: int, step: str, place: str, **told: Any) -> dict[str, Any]:
        when = (at + timedelta(hours=hours)).isoformat()
        where = {"readPoint": {"id": place}, "bizLocation": {"id": place}}
        return {
            "type": kind, "eventTime": when, "eventTimeZoneOffset": "+08:00", "bizStep": step, **where, **told
        }  # fmt: skip

    dates = {
        "cbvmda:lotNumber": _code(number),
        "cbvmda:productionDate": at.date().isoformat(),
        "cbvmda:bestBeforeDate": (at + timedelta(days=20)).date().isoformat(),
    }
    return [
        event("ObjectEvent", 0, "commissioning", _PLANT, action="ADD", epcList=serials, ilmd=dates),
        event("AggregationEvent", 1, "packing", _PLANT, action="ADD", parentID=unit, childEPCs=keys),
        event(
            "ObjectEvent", 2, "shipping", _PLANT, action="OBSERVE", epcList=[unit], disposition="in_transit"
        ),
        event(
            "ObjectEvent", 8, "receiving", _SHOP, action="OBSERVE", epcList=[unit], disposition="in_progress"
        ),
        event("AggregationEvent", 9, "unpacking", _SHOP, action="DELETE", parentID=unit, childEPCs=keys),
    ]


def _checked(digits: str) -> str:
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def _code(lot: int) -> str:
    return f"L{lot:06}"


def _lot(number: int) -> str:
    return f"{_STEM}/10/{_code(number)}"


def _item(number: int) -> str:
    """The path of the link of an item; serials are not to be guessed, and yet the same in each run."""
    serial = f"{(number * 2_654_435_761) % 2**32:08X}{number % 97:02X}"
    return f"/01/{_PRODUCT}/10/{_code(number // PER_LOT)}/21/{serial}"


def _hold(house: House, lot: str) -> None:
    draft = CaseDraft(
        title=Text("农残超标", "Residues"), reason=Text("抽检不合格", "A sample failed"), hazard="chemical",
        recall_class=2, what_to_do=Text("请退货", "Return it"), contact="12315", suspects=(Suspect(lot),),
        initiative=Initiative.ORDERED, known_at=house.now(),
    )  # fmt: skip
    house.desk.hold_at_once(house.desk.draft(draft, _OFFICER).number, _OFFICER, "measured")


# The looks


class _Looks:
    """Who looks at what: a rank by Zipf's law, spread over all lots. The first lot is held."""

    def __init__(self, items: int, random: Random) -> None:
        self._items, self._random = items, random
        self.lots = math.ceil(items / PER_LOT)

    def item(self, rank: int) -> str:
        """The path of the link of the item of a rank, of a lot that is not held."""
        free = self._items - PER_LOT
        return _item(PER_LOT + rank * _PRIME % free) if free > 0 else _item(rank % self._items)

    def some(self, count: int) -> list[tuple[str, str, str]]:
        """So many looks: path, languages, and the mark of a page that is there already."""
        return [(self._path(), self._language(), "") for _ in range(count)]

    def _language(self) -> str:
        return "en-GB,en;q=0.9" if self._random.random() < 0.2 else "zh-CN,zh;q=0.9"  # noqa: PLR2004 (one in five)

    def _path(self) -> str:
        random, drawn = self._random, self._random.random()
        below = "/p" if random.random() < 0.5 else ""  # noqa: PLR2004 (as often as the link itself)
        if drawn < _OF_LOTS:
            lot = random.randrange(self.lots)
            return f"{below}/01/{_PRODUCT}/10/{_code(lot)}"
        if drawn < _OF_LOTS + _UNKNOWN:
            lot = random.randrange(self.lots)
            return f"{below}/01/{_PRODUCT}/10/{_code(lot)}/21/NOBODYS{random.randrange(10**9)}"
        if drawn < _OF_LOTS + _UNKNOWN + _RECALLED:
            return below + _item(random.randrange(PER_LOT))
        return below + self.item(int(math.exp(random.random() * math.log(self._items))))


def _raw(url: str, path: str) -> bytes:
    with httpx.stream(
        "GET", url + path, headers={"Accept-Encoding": "gzip", "Accept": "text/html"}
    ) as answer:
        return b"".join(answer.iter_raw())


def _warm(url: str, lots: int) -> float:
    """Open the page of an item and of the lot, of each lot, in both languages, before anybody did and after.

    How long that took.
    """
    begin = time.perf_counter()
    paths = [
        (path, language)
        for lot in range(lots)
        for language in ("zh-CN", "en")
        for path in (_item(lot * PER_LOT), f"/01/{_PRODUCT}/10/{_code(lot)}")
    ]
    with httpx.Client(
        base_url=url, headers={"Accept": "text/html", "User-Agent": PHONE}, timeout=_PATIENCE_S
    ) as client:
        for path, language in (*paths, *paths):  # the second time it is known that it was seen before
            client.get(f"/p{path}", headers={"Accept-Language": language})
    return time.perf_counter() - begin


def _load(settings: Settings, looks: Sequence[tuple[str, str, str]], rate: float, connections: int) -> Load:
    told = {
        "host": settings.host, "port": settings.port, "rate": rate, "connections": connections,
        "requests": looks,
    }  # fmt: skip
    command = [sys.executable, "-m", "suyuan.api.commands.bench_scan_load"]
    done = subprocess.run(command, input=orjson.dumps(told), stdout=subprocess.PIPE, check=True)  # noqa: S603 (ours)
    found: dict[str, Any] = orjson.loads(done.stdout)
    latencies: list[float] = found["latencies"]

    def at(share: float) -> float:
        return (
            latencies[min(len(latencies) - 1, int(share * len(latencies)))] * 1000 if latencies else math.nan
        )

    return Load(
        asked_per_second=rate, answered_per_second=len(latencies) / found["took"], requests=len(looks),
        p50_ms=at(0.5), p99_ms=at(0.99), p999_ms=at(0.999), worst_ms=at(1), failed=found["failed"],
        statuses=found["statuses"],
    )  # fmt: skip


def _meanwhile(
    settings: Settings, url: str, looks: _Looks, events: int, busy: Future[Load]
) -> tuple[float, float]:
    """While the load runs, capture from another process; and hold a lot: how long until that is shown."""
    house = open_house(settings)
    random = Random(11)  # noqa: S311 (the same in each run)
    captured, shown = 0, math.nan
    begin = time.perf_counter()
    while not busy.done():
        if events:
            seen = [f"https://id.gs1.org{looks.item(random.randrange(10_000))}" for _ in range(events)]
            _capture(house, [_seen(key) for key in seen])
            captured += events
        if math.isnan(shown):
            shown = _until_shown(house, url, looks.lots - 1)
        time.sleep(1.0)
    took = time.perf_counter() - begin
    house.close()
    return captured / took, shown


def _seen(link: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {
        "type": "ObjectEvent", "eventTime": now, "eventTimeZoneOffset": "+08:00", "action": "OBSERVE",
        "bizStep": "stocking", "epcList": [f"{link.partition('/10/')[0]}/21/{link.rpartition('/')[2]}"],
        "readPoint": {"id": _SHOP}, "bizLocation": {"id": _SHOP},
    }  # fmt: skip


def _until_shown(house: House, url: str, lot: int) -> float:
    page = f"{url}/p{_item(lot * PER_LOT)}"
    _hold(house, _lot(lot))
    begin = time.perf_counter()
    while "verdict tone-stop" not in httpx.get(page, timeout=_PATIENCE_S).text:
        time.sleep(0.01)
        if time.perf_counter() - begin > _PATIENCE_S:
            raise Unavailable("A hold is not shown after {seconds} seconds", seconds=_PATIENCE_S)
    return time.perf_counter() - begin
