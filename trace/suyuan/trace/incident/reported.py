"""What is told of a case: who (never by name), when they fell ill, what they ate or bought, and where.

::

    {"kind": "ill", "label": "C-01", "standing": "confirmed", "age_group": "25-44", "onset": "2026-11-14",
     "places": ["https://id.gs1.org/414/…"], "goods": ["https://id.gs1.org/01/…/10/…"],
     "from_day": "2026-11-09", "to_day": "2026-11-12"}

A label has a few letters and a number, and there is no free text: a name has no place to stand in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.errors import TooLarge
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.incident.cases import SENSITIVITY
from suyuan.trace.incident.problems import CasesInvalid, Problems

Kind = Literal["ill", "well", "sample"]
Standing = Literal["confirmed", "probable", "suspected"]
AgeGroup = Literal["", "0-4", "5-14", "15-24", "25-44", "45-64", "65+"]

MOST_CASES = 10_000
MOST_KEYS = 100
"""Places, and goods, of one case."""
_LABEL = re.compile(r"[A-Za-z]{0,4}-?[0-9]{1,8}")
_MEMBERS = frozenset(
    ("kind", "label", "standing", "age_group", "onset", "places", "goods", "from_day", "to_day", "power")
)
_GOODS = ("item", "lot", "product", "unit")
_A_DAY = "Write a day such as 2026-11-14."
_FIRST_DAY = date(1900, 1, 1)
"""A day before is a slip of the pen, such as 0026 for 2026."""


@dataclass(frozen=True, slots=True)
class Reported:
    """Someone ill, someone who ate of the same goods and stayed well, or a sample that was tested clean.

    ``places`` and ``goods`` are canonical keys; ``from_day`` to ``to_day`` is when it was bought or eaten.
    ``power``: of who stayed well and of a sample, how probable a finding had been.
    """

    kind: Kind
    label: str
    standing: Standing = "confirmed"
    age_group: AgeGroup = ""
    onset: date | None = None
    places: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    from_day: date | None = None
    to_day: date | None = None
    power: float = SENSITIVITY


def read_reported(told: object, *, today: date, taken: Sequence[str] = ()) -> tuple[Reported, ...]:
    """Cases as a list of JSON objects; ``taken`` are labels that others have.

    Raises:
        CasesInvalid: every fault at its JSON pointer; none is taken then.
        TooLarge: more than 10,000.
    """
    problems = Problems(CasesInvalid)
    if not is_list(told):
        problems.fault("A list is wanted here.", where="", remedy="Send the cases as a list of objects.")
        problems.raise_any()
        return ()
    if len(told) > MOST_CASES:
        raise TooLarge("There are more than {most} cases.", most=MOST_CASES, remedy="Send them in parts.")
    labels = set(taken)
    found: list[Reported] = []
    for row, one in enumerate(told):
        if not is_object(one):
            problems.fault(
                "An object is wanted here.", where=f"/{row}", remedy="Send the cases as a list of objects."
            )
            continue
        case = _case(one, f"/{row}", today, problems)
        if case.label in labels:
            problems.fault(
                "Case {id} is told twice.", where=f"/{row}/label", remedy="Tell it once.", id=case.label
            )
        labels.add(case.label)
        found.append(case)
    problems.raise_any()
    return tuple(found)


def reported_json(case: Reported) -> dict[str, Any]:
    """The object that :func:`read_reported` reads as this case; what is not known is left out."""
    known: dict[str, Any] = {"kind": case.kind, "label": case.label}
    if case.kind == "ill":
        known["standing"] = case.standing
    else:
        known["power"] = case.power
    days = (("onset", case.onset), ("from_day", case.from_day), ("to_day", case.to_day))
    known.update({name: day.isoformat() for name, day in days if day is not None})
    if case.age_group:
        known["age_group"] = case.age_group
    return {**known, "places": list(case.places), "goods": list(case.goods)}


def reported_of(told: Mapping[str, Any]) -> Reported:
    """The case that :func:`reported_json` wrote down, as it was understood then."""

    def day(name: str) -> date | None:
        return date.fromisoformat(told[name]) if told.get(name) else None

    return Reported(
        told["kind"],
        told["label"],
        told.get("standing", "confirmed"),
        told.get("age_group", ""),
        day("onset"),
        tuple(told["places"]),
        tuple(told["goods"]),
        day("from_day"),
        day("to_day"),
        told.get("power", SENSITIVITY),
    )


def _case(told: Mapping[str, Any], where: str, today: date, problems: Problems) -> Reported:
    for name in sorted(told.keys() - _MEMBERS):
        problems.fault(
            "There is no member {member} here.",
            where=f"{where}/{name}" if name.isidentifier() else where,
            remedy="Leave it out. Names of people are kept nowhere.",
            member=name,
        )
    kind: Kind = _word(told, "kind", get_args(Kind), where, problems, "ill")
    case = Reported(
        kind,
        _label(told.get("label"), where, problems),
        _word(told, "standing", get_args(Standing), where, problems, "confirmed"),
        _word(told, "age_group", get_args(AgeGroup), where, problems, ""),
        _day(told, "onset", where, today, problems),
        _keys(told, "places", ("place",), where, problems),
        _keys(told, "goods", _GOODS, where, problems),
        _day(told, "from_day", where, today, problems),
        _day(told, "to_day", where, today, problems),
        _power(told.get("power", SENSITIVITY), where, problems),
    )
    _check(case, told, where, problems)
    return case


def _check(case: Reported, told: Mapping[str, Any], where: str, problems: Problems) -> None:
    if case.kind == "ill" and not told.get("places") and not told.get("goods"):
        problems.fault(
            "Case {id} names no place and no goods.",
            where=where,
            remedy="Tell where the goods were bought, or what was eaten.",
            id=case.label,
        )
    if case.kind != "ill" and not told.get("goods"):
        problems.fault(
            "{id} names no goods.",
            where=where,
            remedy="Tell what was tested, or what was eaten without falling ill.",
            id=case.label,
        )
    if case.from_day and case.to_day and case.to_day < case.from_day:
        problems.fault(
            "The time ends before it begins.",
            where=f"{where}/to_day",
            remedy="Exchange from_day and to_day.",
        )
    if case.onset and case.from_day and case.from_day > case.onset:
        problems.fault(
            "What was eaten after falling ill is not the cause.",
            where=f"{where}/from_day",
            remedy="Compare the day with the onset.",
        )


def _label(told: object, where: str, problems: Problems) -> str:
    if isinstance(told, str) and _LABEL.fullmatch(told):
        return told
    problems.fault(
        "A case is labelled with up to four letters and a number.",
        where=f"{where}/label",
        remedy="Write a label such as C-01. Names of people are kept nowhere.",
    )
    return ""


def _word(
    told: Mapping[str, Any], name: str, words: Sequence[str], where: str, problems: Problems, usual: str
) -> Any:
    value = told.get(name, usual)
    if value in words:
        return value
    problems.fault(
        "{value} is none of {known}.",
        where=f"{where}/{name}",
        remedy="Take one of these, or leave it out.",
        value=value,
        known=", ".join(filter(None, words)),
    )
    return usual


def _day(told: Mapping[str, Any], name: str, where: str, today: date, problems: Problems) -> date | None:
    value = told.get(name)
    if value is None:
        return None
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None:
        problems.fault("{value} is no day.", where=f"{where}/{name}", remedy=_A_DAY, value=value)
    elif day > today:
        problems.fault("{value} lies ahead.", where=f"{where}/{name}", remedy=_A_DAY, value=value)
    elif day < _FIRST_DAY:
        problems.fault("{value} lies too far back.", where=f"{where}/{name}", remedy=_A_DAY, value=value)
    return day


def _keys(
    told: Mapping[str, Any], name: str, kinds: Sequence[str], where: str, problems: Problems
) -> tuple[str, ...]:
    values = told.get(name, [])
    if not is_list(values) or len(values) > MOST_KEYS:
        problems.fault(
            "A list of at most {most} identifiers is wanted here.",
            where=f"{where}/{name}",
            remedy="Write each in any of its spellings.",
            most=MOST_KEYS,
        )
        return ()
    found: dict[str, None] = {}
    for at, value in enumerate(values):
        try:
            named = identify(value) if isinstance(value, str) else None
        except IdentifierError:
            named = None
        if named is None or named.kind not in kinds:
            problems.fault(
                "{value} names none of {known}.",
                where=f"{where}/{name}/{at}",
                remedy="Write an identifier as it stands on the goods or in the register.",
                value=value,
                known=", ".join(kinds),
            )
        else:
            found[named.key] = None
    return tuple(found)


def _power(told: object, where: str, problems: Problems) -> float:
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told <= 1:
        return float(told)
    problems.fault(
        "{value} is no probability.",
        where=f"{where}/power",
        remedy="Write a number from 0 to 1.",
        value=told,
    )
    return SENSITIVITY
