"""Tables: lines per place, party and status; things with their traceability lot codes; steps.

Columns that the records of FSMA 204 (21 CFR 1 Subpart S) have stand in their order: traceability lot code,
quantity and unit, product description, location description. Every row says what evidence it is of, so that a
sorted or filtered table still does. Cells stay text: no name becomes a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from suyuan.api.incident.exports.subject import Subject, parts
from suyuan.trace.lineage.contract import Contaminated
from suyuan.trace.register.export import Heading, Page, as_csv, as_workbook

Table = Literal["lines", "things", "steps"]
_WIDE = 34


@dataclass(frozen=True, slots=True)
class Columns:
    """A table: msgids of its columns, and its rows."""

    names: tuple[str, ...]
    rows: Callable[[Subject], Iterable[Sequence[str]]]


def csv_of(subject: Subject, table: Table | None = None) -> bytes:
    """One table: of a scope its lines, of a trace its things, unless another is asked for."""
    columns = TABLES[table or ("things" if subject.lines is None else "lines")]
    heads = [subject.speech.say(f"export.{name}") for name in (*columns.names, *_OF_EVERY_ROW)]
    told = _of_every_row(subject)
    return as_csv(heads, ((*row, *told) for row in columns.rows(subject)))


def workbook_of(subject: Subject) -> bytes:
    """A workbook: what it is of, and every table that there is."""
    speech = subject.speech
    about = Page(
        speech.say("export.about"),
        (Heading(speech.say("export.word")), Heading(speech.say("export.value"), 80)),
        [(speech.say(name), value) for name, value in subject.about()],
    )
    pages = [about]
    for name, columns in TABLES.items():
        if name == "lines" and subject.lines is None:
            continue
        headings = tuple(
            Heading(speech.say(f"export.{one}"), _WIDE if one.endswith(("_name", "_id", "key")) else 16)
            for one in columns.names
        )
        pages.append(Page(speech.say(f"export.{name}"), headings, columns.rows(subject)))
    return as_workbook(pages)


_OF_EVERY_ROW = ("evidence", "asked", "supposed")


def _of_every_row(subject: Subject) -> tuple[str, ...]:
    return str(subject.evidence), _time(subject.asked), subject.supposed


def _lines(subject: Subject) -> Iterator[Sequence[str]]:
    lines = subject.lines or ()
    subject.know([key for line in lines for key in (line.place, line.party) if key is not None])
    for line in lines:
        yield (
            subject.name(line.place),
            line.place or "",
            subject.name(line.party),
            line.party or "",
            subject.speech.say(f"status.{line.status}"),
            str(line.objects),
            _number(line.hold),
            _unit(line.uom, known=line.hold is not None),
            _number(line.contaminated_min),
            _number(line.contaminated_expected),
            _number(line.contaminated_max),
        )


def _things(subject: Subject) -> Iterator[Sequence[str]]:
    told = subject.things
    places = [one.where_now.place for one in told if one.where_now is not None]
    parties = [one.where_now.party for one in told if one.where_now is not None]
    products = [product for one in told if (product := _product(one.key))]
    subject.know([key for key in (*places, *parties, *products) if key is not None])
    for one in told:
        now, hold, share = one.where_now, one.hold, one.contaminated or _UNKNOWN
        gtin, lot, serial = parts(one.key)
        yield (
            gtin,
            lot,
            serial,
            _number(None if hold is None else hold.quantity),
            _unit(None if hold is None else hold.uom, known=hold is not None),
            subject.name(_product(one.key) or None),
            subject.name(None if now is None else now.place),
            (now and now.place) or "",
            subject.name(None if now is None else now.party),
            (now and now.party) or "",
            "" if now is None else subject.speech.say(f"status.{now.status}"),
            subject.speech.say(f"certainty.{one.certainty}"),
            _number(None if one.contaminated is None else share.min),
            _number(share.expected),
            _number(None if one.contaminated is None else share.max),
            _time(one.from_time),
            _time(one.to_time),
            subject.speech.say(f"kind.{one.kind}"),
            str(one.count),
            one.key,
            one.last or "",
        )


_UNKNOWN = Contaminated(0.0, None, 0.0)


def _steps(subject: Subject) -> Iterator[Sequence[str]]:
    for edge in subject.trace.edges:
        yield (
            subject.speech.say(f"edge.{edge.kind}"),
            edge.source,
            edge.target,
            _time(edge.from_time),
            _time(edge.to_time),
            subject.speech.say(f"certainty.{edge.certainty}"),
            subject.speech.say(f"basis.{edge.basis}"),
            " ".join(edge.evidence),
        )


TABLES: dict[Table, Columns] = {
    "lines": Columns(
        (
            *("place_name", "place_id", "party_name", "party_id", "status", "objects", "quantity", "uom"),
            *("contaminated_min", "contaminated_expected", "contaminated_max"),
        ),
        _lines,
    ),
    "things": Columns(
        (
            *("tlc_gtin", "tlc_lot", "serial", "quantity", "uom", "product_name", "place_name", "place_id"),
            *("party_name", "party_id", "status", "certainty", "contaminated_min"),
            *("contaminated_expected", "contaminated_max", "from_time", "to_time", "kind", "objects"),
            *("key", "last_key"),
        ),
        _things,
    ),
    "steps": Columns(
        ("step", "source_key", "target_key", "from_time", "to_time", "certainty", "basis", "evidence_keys"),
        _steps,
    ),
}


def _product(key: str) -> str:
    before, found, _ = key.partition("/10/")
    return before if found else key.partition("/21/")[0] if "/21/" in key else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"


def _unit(uom: str | None, *, known: bool) -> str:
    """The unit as a code of UN/ECE Recommendation 20; pieces are H87."""
    return (uom or "H87") if known else ""


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
