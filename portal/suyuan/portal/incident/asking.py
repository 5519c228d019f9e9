"""The scope builder: a question as a form fills it in, as JSON for the house, and as an address.

Each row of the form is one selection or one supposition, so that nothing needs a script; what is empty is
left out. The names in the address are short and stay: an answer can be sent to a colleague as a link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from suyuan.portal.incident.desk import Room
from suyuan.portal.language import CHINA_TIME, Speech
from suyuan.portal.question import moment
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.scope.problems import QuestionInvalid
from suyuan.trace.scope.selection import Cases, Lots, Objects, Place, Product, Question, Selection, Supplier

SELECTIONS = ("objects", "product-made", "product-best_before", "product-expires", "place", "supplier")
SUPPOSITIONS = ("place", "line", "container", "tank", "kill-place", "kill-line", "kill-event")
MOST_ROWS = 100
_MOST_STEPS = 99
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Row:
    """A selection or supposition as typed: what kind, which, from when until when."""

    kind: str
    key: str
    from_: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The builder as filled in, and what is wrong with it (name of the field → error).

    ``cases``: the lots are asked for that at least ``least`` cases may have eaten of (empty: all).
    """

    rows: tuple[Row, ...] = ()
    supposed: tuple[Row, ...] = ()
    cases: bool = False
    least: str = ""
    depth: str = ""
    known_at: str = ""
    errors: dict[str, SuyuanError] = field(default_factory=dict[str, SuyuanError])

    @property
    def asks(self) -> bool:
        """Whether anything is suspected at all."""
        return bool(self.rows) or self.cases

    def query(self, **more: str) -> str:
        """The form as a query string. Two forms that ask the same have the same one."""
        pairs: list[tuple[str, str]] = []
        for row in self.rows:
            pairs += [("select", row.kind), ("key", row.key), ("from", row.from_), ("to", row.to)]
        for row in self.supposed:
            pairs += [("suppose", row.kind), ("what", row.key), ("since", row.from_), ("till", row.to)]
        single = {
            "cases": "1" if self.cases else "",
            "least": self.least,
            "depth": self.depth,
            "known_at": self.known_at,
        } | more
        return urlencode(pairs + [(name, value) for name, value in single.items() if value])


def window_in_words(row: Row, speech: Speech) -> str:
    """From when until when a row that was understood suspects or supposes something; empty for always."""
    until = "days" if _is_day(row.to) else "until"
    told = [(name, _time_in_words(text, speech)) for name, text in (("from", row.from_), (until, row.to))]
    return speech.joined(*(speech.say(f"row.{name}", time=time) for name, time in told if time))


def _time_in_words(text: str, speech: Speech) -> str:
    if _is_day(text):
        return speech.day(date.fromisoformat(text))
    told = moment(text, "row")
    return speech.moment(told) if told else ""


def filled_in(params: QueryParams) -> Form:
    """The form of an address; rows without a key are left out.

    What the address tells in halves, or of more rows than the builder takes, is an error: never a smaller
    question.
    """
    errors: dict[str, SuyuanError] = {}
    return Form(
        _rows(params, ("select", "key", "from", "to"), SELECTIONS, errors),
        _rows(params, ("suppose", "what", "since", "till"), SUPPOSITIONS, errors),
        params.get("cases") == "1",
        params.get("least", "").strip(),
        params.get("depth", "").strip(),
        params.get("known_at", "").strip(),
        errors,
    )


def _rows(
    params: QueryParams, names: Sequence[str], kinds: Sequence[str], errors: dict[str, SuyuanError]
) -> tuple[Row, ...]:
    columns = [params.getlist(name) for name in names]
    most, first = max(map(len, columns)), f"{names[1]}-0"
    whole = [column or [""] * most for column in columns[2:]]  # an address may leave out times altogether
    if any(len(column) != most for column in (*columns[:2], *whole)):
        errors[first] = InvalidInput(
            "The address does not tell for every row what is suspected, from when and until when",
            where=first,
            remedy="Fill in the rows below again.",
        )
        return ()
    cells_of = zip(*columns[:2], *whole, strict=True)
    rows = [Row(*(text.strip() for text in cells)) for cells in cells_of]
    if any(row.key and row.kind not in kinds for row in rows):
        errors[first] = InvalidInput("A row is of a kind that the builder does not know", where=first)
    found = tuple(row for row in rows if row.key and row.kind in kinds)
    if len(found) > MOST_ROWS:
        errors[first] = InvalidInput(
            "{given} rows are more than the {most} that can be asked for here at once",
            where=first,
            given=len(found),
            most=MOST_ROWS,
            remedy="Suspect a product by its dates or a place by its days instead, "
            "or ask the programming interface.",
        )
    return found


def question_of(form: Form, room: Room) -> dict[str, Any]:
    """The question as JSON (:mod:`suyuan.trace.scope.reading`); faults go to ``form.errors``."""
    selections = [_selection(at, row, form.errors) for at, row in enumerate(form.rows)]
    if form.cases:
        selections.append(_eaten(form, room))
    options: dict[str, Any] = {"direction": "forward"}
    if (known := _checked("known_at", form.known_at, form.errors)) is not None:
        options["known_at"] = known.isoformat()
    if (depth := _whole("depth", form.depth, _MOST_STEPS, form.errors)) is not None:
        options["depth"] = depth
    supposed = [(at, row) for at, row in enumerate(form.supposed)]
    options["what_if"] = {
        "cross_contamination": [
            _supposition(at, row, form.errors) for at, row in supposed if not row.kind.startswith("kill-")
        ],
        "kill": [_supposition(at, row, form.errors) for at, row in supposed if row.kind.startswith("kill-")],
    }
    return {"selections": selections, "options": options}


def _selection(at: int, row: Row, errors: dict[str, SuyuanError]) -> dict[str, Any]:
    kind, _, more = row.kind.partition("-")
    if kind == "product":
        days = {
            "first_day": _day(f"from-{at}", row.from_, errors),
            "last_day": _day(f"to-{at}", row.to, errors),
        }
        if (days["first_day"] or "") > (days["last_day"] or "9"):
            errors[f"to-{at}"] = InvalidInput("The end is not after the beginning", where=f"to-{at}")
        return {"kind": "product", "product": row.key, "dates": more, **_some(days)}
    window = _window(row, (f"from-{at}", f"to-{at}"), errors)
    if kind == "objects":
        return {"kind": "objects", "keys": [row.key], **window}
    return {"kind": kind, ("party" if kind == "supplier" else kind): row.key, **window}


def _supposition(at: int, row: Row, errors: dict[str, SuyuanError]) -> dict[str, Any]:
    kind = row.kind.removeprefix("kill-")
    return {"kind": kind, "key": row.key, **_window(row, (f"since-{at}", f"till-{at}"), errors)}


def _eaten(form: Form, room: Room) -> dict[str, Any]:
    """What the ill of the investigation ate: known goods, else what was at the places meanwhile."""
    eaten = [
        {
            "case": case.label,
            "objects": [key for key in case.goods if kind_by_name(key) != "product"],
            "places": list(case.places),
            "products": [key for key in case.goods if kind_by_name(key) == "product"],
            **_some(
                {
                    "from_time": _midnight(case.from_day),
                    "to_time": _midnight(case.to_day or case.onset, after=True),
                }
            ),
        }
        for case in room.reported
        if case.kind == "ill"
    ]
    least = _whole("least", form.least, max(1, len(eaten)), form.errors)
    return {"kind": "cases", "cases": eaten, "common": "nearest", **_some({"least": least})}


def _window(row: Row, names: tuple[str, str], errors: dict[str, SuyuanError]) -> dict[str, str]:
    start = _checked(names[0], row.from_, errors)
    end = _checked(names[1], row.to, errors)
    if end is not None and _is_day(row.to) and end.date() < date.max:
        end += timedelta(days=1)  # the day is meant with all its hours
    if start is not None and end is not None and end <= start:
        errors[names[1]] = InvalidInput("The end is not after the beginning", where=names[1])
    return _some(
        {
            "from_time": None if start is None else start.isoformat(),
            "to_time": None if end is None else end.isoformat(),
        }
    )


def _some(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _checked(name: str, text: str, errors: dict[str, SuyuanError]) -> datetime | None:
    try:
        return moment(text, name)
    except InvalidInput as error:
        errors[name] = error
        return None


def _day(name: str, text: str, errors: dict[str, SuyuanError]) -> str | None:
    if not text:
        return None
    if not _is_day(text):
        errors[name] = InvalidInput("{given} is not a date; write it as 2026-11-21", where=name, given=text)
        return None
    return text


def _whole(name: str, text: str, most: int, errors: dict[str, SuyuanError]) -> int | None:
    if not text:
        return None
    number = whole_number(text)
    if number is not None and number <= most:
        return number
    errors[name] = InvalidInput(
        "{given} is not a number of steps from 0 to {limit}"
        if name == "depth"
        else "{given} is not a number from 1 to {limit}",
        where=name,
        given=text[:40],
        limit=most,
    )
    return None


def whole_number(text: str) -> int | None:
    """The number that ASCII digits spell; None for anything else, and for more digits than anybody means."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _midnight(day: date | None, *, after: bool = False) -> str | None:
    if day is None:
        return None
    moment_of = datetime.combine(day, datetime.min.time(), CHINA_TIME) + timedelta(days=after)
    return moment_of.isoformat()


def place_failure(form: Form, error: SuyuanError) -> bool:
    """Take what is wrong with a key to the row where it was typed; False if it is of none."""
    key = error.fields.get("key", error.fields.get("value"))
    for name, rows in (("key", form.rows), ("what", form.supposed)):
        for at, row in enumerate(rows):
            if row.key == key:
                form.errors[f"{name}-{at}"] = error
                return True
    return False


def nothing_suspected() -> InvalidInput:
    """What is said to whoever sends the builder empty."""
    return InvalidInput(
        "Nothing is suspected",
        where="key-0",
        remedy="Name an item, a lot, a product, a place or a supplier, or take the lots of the cases.",
    )


_FIELDS = {
    "first_day": "from", "from_time": "from", "last_day": "to", "to_time": "to",
}  # fmt: skip


def place_faults(form: Form, error: QuestionInvalid) -> None:
    """Take the faults that the reading of the question found back to the fields of the form."""
    kinds = [row.kind.startswith("kill-") for row in form.supposed]
    numbers = {
        "cross_contamination": [at for at, kill in enumerate(kinds) if not kill],
        "kill": [at for at, kill in enumerate(kinds) if kill],
    }
    for problem in error.problems:
        parts = problem.where.strip("/").split("/")
        told = InvalidInput(problem.template, remedy=problem.remedy, **dict(problem.fields))
        form.errors.setdefault(_field(parts, numbers, len(form.rows)), told)


def _field(parts: Sequence[str], numbers: Mapping[str, Sequence[int]], rows: int) -> str:
    at = next((int(part) for part in parts if part.isdigit()), 0)
    last = parts[-1] if not parts[-1].isdigit() else parts[-2] if len(parts) > 1 else ""
    if parts[0] == "selections":
        if at >= rows:
            return "least" if last == "least" else "cases"
        return f"{_FIELDS.get(last, 'key')}-{at}"
    group = next((part for part in parts if part in numbers), "")
    if group and at < len(numbers[group]):
        name = {"from": "since", "to": "till"}.get(_FIELDS.get(last, ""), "what")
        return f"{name}-{numbers[group][at]}"
    return last if last in ("depth", "known_at") else "key-0"


def form_of(question: Question) -> Form:
    """The form that asks a kept question again, as far as this builder can ask it."""
    options = question.options
    supposed = [Row(one.kind, one.key, *_times(one)) for one in options.cross_contamination]
    supposed += [Row(f"kill-{one.kind}", one.key, *_times(one)) for one in options.kill]
    eaten = next((one for one in question.selections if isinstance(one, Cases)), None)
    return Form(
        tuple(row for one in question.selections for row in _rows_of(one)),
        tuple(supposed),
        eaten is not None,
        str(eaten.least or "") if eaten else "",
        "" if options.depth is None else str(options.depth),
        options.known_at.isoformat() if options.known_at else "",
    )


def _rows_of(one: Selection) -> list[Row]:
    match one:
        case Cases():
            return []
        case Product():
            first, last = one.first_day, one.last_day
            days = first.isoformat() if first else "", last.isoformat() if last else ""
            return [Row(f"product-{one.dates}", one.product, *days)]
        case Place():
            return [Row("place", one.place, *_times(one))]
        case Supplier():
            return [Row("supplier", one.party, *_times(one))]
        case Lots():
            return [Row("objects", key, *_times(one)) for key in one.lots]
        case Objects():
            return [Row("objects", key, *_times(one)) for key in one.keys]


class _Timed(Protocol):
    @property
    def from_time(self) -> datetime | None: ...
    @property
    def to_time(self) -> datetime | None: ...


def _times(one: _Timed) -> tuple[str, str]:
    start, end = one.from_time, one.to_time
    return (
        start.astimezone(CHINA_TIME).isoformat() if start else "",
        end.astimezone(CHINA_TIME).isoformat() if end else "",
    )
