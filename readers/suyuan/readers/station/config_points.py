"""The tables ``[[readers]]`` and ``[[read_points]]`` of a station's file."""

from __future__ import annotations

from collections.abc import Sequence

from suyuan.readers.station import config_rules as rules
from suyuan.readers.station.config import (
    Antennas,
    Cycle,
    Guard,
    Input,
    ReaderConfig,
    ReadPoint,
    SetOf,
    Side,
    Smoothing,
    StationConfig,
)
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.table import Table, wrong

_TYPED_INTO = frozenset({"wedge", "http", "https"})


def reader_of(table: Table) -> ReaderConfig:
    """One reader."""
    reader = ReaderConfig(table.text("name", rules.name), table.text("url"), badges=table.flag("badges"))
    table.done()
    if reader.badges and reader.url.partition("://")[0].lower() in _TYPED_INTO:
        raise wrong(
            table.path("badges"),
            "The reader {value} takes what pages and phones say, which anybody can type: it reads no badges.",
            "Leave badges out, or read them at a serial port (serial:///dev/…) or by NFC.",
            value=reader.name,
        )
    return reader


def read_point_of(table: Table) -> ReadPoint:
    """One logical read point."""
    step = table.choice("step", Step)
    sources = tuple(_antennas(each) for each in table.tables("sources"))
    name = table.text("name", rules.name)
    first = sources[0] if sources else Antennas(table.text("reader"), table.antennas("antennas"))
    inward, outward = _direction(table.table("direction", optional=True), sources)
    point = ReadPoint(
        name=name,
        reader=first.reader,
        step=step,
        read_point=table.text("read_point", rules.uri),
        biz_location=table.some_text("biz_location", rules.uri),
        antennas=first.numbers,
        smoothing=_smoothing(table.table("smoothing", optional=True)),
        automatic=table.flag("automatic"),
        order=_order(table.table("order", optional=True), step),
        sources=sources,
        cycle=_cycle(table.table("cycle", optional=True)),
        guard=table.choice("guard", Guard, default=Guard.STRONGEST),
        inward=inward,
        outward=outward,
        steps=table.choices("steps", Step),
    )
    table.done()
    if point.automatic and point.order is None:
        raise wrong(
            table.path("automatic"),
            "The read point {value} is automatic but has no order.",
            "Add a table [read_points.order], if need be an empty one.",
            value=point.name,
        )
    return point


def _antennas(table: Table) -> Antennas:
    antennas = Antennas(
        table.text("reader"),
        table.antennas("antennas"),
        table.any_number("min_rssi_dbm"),
        table.some_choice("side", Side),
    )
    table.done()
    return antennas


def _direction(table: Table | None, sources: Sequence[Antennas]) -> tuple[Step | None, Step | None]:
    if table is None:
        return None, None
    steps = table.choice("inward", Step), table.choice("outward", Step)
    table.done()
    if not {each.side for each in sources}.issuperset(Side):
        raise wrong(
            table.where,
            "A direction needs antennas on both sides of the door.",
            'Give the tables of sources side = "outside" and side = "inside".',
        )
    return steps


def _smoothing(table: Table | None) -> Smoothing:
    if table is None:
        return Smoothing()
    usual = Smoothing()
    smoothing = Smoothing(
        min_reads=table.whole("min_reads", usual.min_reads, least=1),
        min_rssi_dbm=table.any_number("min_rssi_dbm"),
        quiet_s=table.number("quiet_s", usual.quiet_s, least=0.01),
        dedupe_s=table.number("dedupe_s", usual.dedupe_s, least=0.0),
        arbitration_s=table.number("arbitration_s", usual.arbitration_s, least=0.0),
        longest_s=table.number("longest_s", usual.longest_s, least=0.01),
    )
    table.done()
    return smoothing


def _cycle(table: Table | None) -> Cycle:
    if table is None:
        return Cycle()
    cycle = Cycle(
        start_input=_input(table.table("start_input", optional=True)),
        repeat_s=table.number("repeat_s", 0.0, least=0.1) or None,
        stop_input=_input(table.table("stop_input", optional=True)),
        duration_s=table.number("duration_s", 0.0, least=0.01) or None,
        stable_s=table.number("stable_s", 0.0, least=0.01) or None,
        count=table.whole("count", 0, least=1) or None,
        report=table.choice("report", SetOf, default=SetOf.CURRENT),
        if_empty=table.flag("if_empty"),
        include=table.texts("include", rules.pattern),
        exclude=table.texts("exclude", rules.pattern),
    )
    table.done()
    if cycle.start_input is not None and cycle.repeat_s is not None:
        raise wrong(
            table.path("repeat_s"),
            "A cycle begins either at an input or by the clock.",
            "Leave one of start_input and repeat_s out.",
        )
    return cycle


def _input(table: Table | None) -> Input | None:
    if table is None:
        return None
    found = Input(table.text("reader"), table.whole("port", 1, least=1), not table.flag("falling"))
    table.done()
    return found


def _order(table: Table | None, step: Step) -> Order | None:
    if table is None:
        return None
    order = Order(
        step=step,
        product=table.text("product", default="") or None,
        lot=table.text("lot", default="") or None,
        expires=table.day("expires"),
        produced=table.day("produced"),
        country_of_origin=table.text("country_of_origin", default="") or None,
        parent=table.text("parent", default="") or None,
    )
    table.done()
    return order


def check_names(config: StationConfig) -> None:
    """See that names are given once, and that whatever names a reader names one that is there.

    Raises:
        ConfigFault: they are not.
    """
    if not config.read_points:
        raise wrong("read_points", "There is no read point.", "Add a table [[read_points]].")
    _check_once("readers", [reader.name for reader in config.readers])
    _check_once("read_points", [point.name for point in config.read_points])
    for number, point in enumerate(config.read_points):
        _check_readers(f"read_points[{number}]", point, [r.name for r in config.readers])


def _check_once(where: str, names: Sequence[str]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise wrong(
                f"{where}[{number}].name",
                "The name {value} is given twice.",
                "Give each its own.",
                value=name,
            )


def _check_readers(where: str, point: ReadPoint, readers: Sequence[str]) -> None:
    if point.sources:
        named = [(f"{where}.sources[{n}].reader", each.reader) for n, each in enumerate(point.sources)]
    else:
        named = [(f"{where}.reader", point.reader)]
    for key, edge in (("start_input", point.cycle.start_input), ("stop_input", point.cycle.stop_input)):
        if edge is not None:
            named.append((f"{where}.cycle.{key}.reader", edge.reader))
    for key, reader in named:
        if reader not in readers:
            raise wrong(
                key,
                "The read point {point} names the reader {value}, which is not there; there are: {known}.",
                "Mend the name, or add a table [[readers]].",
                point=point.name,
                value=reader,
                known=", ".join(readers) or "-",
            )
