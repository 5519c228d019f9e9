"""The grammar of query parameters: what a name means, how values are read, what is told of a wrong one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from suyuan.trace.epcis.cbv import MEASUREMENT_TYPE
from suyuan.trace.epcis.query import QueryParameterWrong, parse_parameter
from suyuan.trace.epcis.query_fields import LONGEST, kept, spelled
from suyuan.trace.epcis.query_units import UNITS, in_base, kind_of

EX = {"ex": "http://ns.example.com/epcis/"}


@pytest.mark.parametrize(
    ("number", "unit", "same", "other"),
    [
        ("212", "FAH", "100", "CEL"),
        ("-40", "FAH", "-40", "CEL"),
        ("0", "KEL", "-273.15", "CEL"),
        ("1500", "GRM", "1.5", "KGM"),
        ("2", "TNE", "2000", "KGM"),
        ("1", "LBR", "16", "ONZ"),
        ("36", "KMH", "10", "MTS"),
        ("1", "LTR", "1000", "CMQ"),
        ("1", "HAR", "10000", "MTK"),
        ("1", "BAR", "100", "KPA"),
        ("1", "HUR", "60", "MIN"),
        ("1", "KWH", "3.6", "3B"),
        ("1", "23", "1000", "KMQ"),
        ("1", "H61", "1000", "G42"),
        ("50", "P1", "500000", "59"),
        ("1", "DZN", "12", "H87"),
    ],
)
def test_units_of_a_kind_are_compared(number: str, unit: str, same: str, other: str) -> None:
    assert kind_of(unit) == kind_of(other)
    assert in_base(Fraction(number), unit) == in_base(Fraction(same), other)


def test_what_is_measured_has_units_and_each_kind_a_base() -> None:
    bases = {unit.kind for unit in UNITS.values() if (unit.factor, unit.offset) == (1, 0)}
    assert bases == {unit.kind for unit in UNITS.values()}
    assert len(bases) > len(MEASUREMENT_TYPE.words) // 2  # several types share a kind: Length, Altitude
    assert in_base(Fraction(5), "ZZZ") == 5.0
    assert kind_of("ZZZ") == "ZZZ"


@pytest.mark.parametrize(
    ("value", "text", "number"),
    [
        (10.0, "10", 10.0), ("10.00", "10", 10.0), (-0.0, "0", 0.0), ("-0.0", "0", 0.0), (True, "true", None),
        ("007", "007", None), ("1e5", "1e5", None), ("+5", "+5", None), (" red ", "red", None),
        ("2026-05-01T08:00:00+08:00", "2026-05-01T00:00:00.000000+00:00", None),
        ("2026-02-30", "2026-02-30", None),
        ("urn:epc:id:sgln:9506000.00001.0", "https://id.gs1.org/414/9506000000015", None),
        ("12345678901234567890", "12345678901234567890", 12345678901234567890.0), ("9" * 50, "9" * 50, None),
    ],
)  # fmt: skip
def test_a_value_has_one_text_however_it_is_written(value: Any, text: str, number: float | None) -> None:
    assert spelled(value)[:2] == (text, number)


def test_long_texts_differ_by_their_ends() -> None:
    one, other = "x" * LONGEST + "1", "x" * LONGEST + "2"
    assert kept(one) != kept(other)
    assert len(kept("x" * 100_000)) < 2 * LONGEST
    assert kept("a\0b") == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("EQ_bizSteps", "shipping", "did you mean EQ_bizStep?"),
        ("GE_evntTime", "2026-05-01T00:00:00Z", "did you mean GE_eventTime?"),
        ("LE_eventTime", "2026-05-01T00:00:00Z", "did you mean"),
        ("EQ_ILMD_lotNumber", "L1", "There is no query parameter EQ_ILMD_lotNumber here"),
        ("", "x", "There is no query parameter"),
        ("EQ_", "x", "There is no query parameter"),
        ("EQ_:", "x", "There is no query parameter"),
        ("EQ_ex:", "x", "There is no query parameter"),
        ("HASATTR_", "x", "There is no query parameter"),
        ("EQATTR_bizLocation", "x", "There is no query parameter"),
        ("EQ_value_cel", "1", "There is no query parameter"),
        ("EQATTR_ex:a_b_c", "x", "can be read in several ways"),
        ("GT_ex:a", "red", "only numbers and times are less or greater"),
        ("GE_ex:a", ["1", "2"], "takes one value"),
        ("GE_value_CEL", "warm", "it is a number"),
        ("GE_value_CEL", "1e999", "it is a number"),
        ("GE_value_CEL", "1" * 5000, "it is a number"),
        ("GE_quantity", float("nan"), "it is a number"),
        ("GE_quantity", True, "it is a number"),
        ("GE_time", "2026-05-01T00:00:00", "a time needs its zone"),
        ("GE_time", 5, "Invalid isoformat"),
        ("EQ_booleanValue", "perhaps", "it is true or false"),
        ("EQ_stringValue", ["a", None], "an empty or impossible value"),
        ("EQ_stringValue", {"a": "b"}, "an empty or impossible value"),
        ("EQ_stringValue", [["a"]], "an empty or impossible value"),
        ("EQ_stringValue", [], "an empty or impossible value"),
        ("EQ_readPoint", "nowhere", "nowhere"),
        ("EXISTS_ex:a", "perhaps", "it is true or false"),
        ("EQ_" + "x" * 3000, "x", "too long"),
        ("EQ_a\0b:c", "x", "no text"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: Any, says: str) -> None:
    with pytest.raises(QueryParameterWrong) as raised:
        parse_parameter(name, value, EX)
    assert says in str(raised.value)
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize(
    ("name", "field", "part"),
    [
        ("EQ_ex:a_b", "event http://ns.example.com/epcis#a_b", ""),
        ("EQ_http://ns.example.com/epcis/a_b", "event http://ns.example.com/epcis#a_b", ""),
        ("EQ_http://ns.example.com/epcis/#a_b", "event http://ns.example.com/epcis#a_b", ""),
        ("EQ_ILMD_urn:epcglobal:cbv:mda#lotNumber", "ilmd urn:epcglobal:cbv:mda#lotNumber", ""),
        ("EQ_ILMD_cbvmda:lotNumber", "ilmd urn:epcglobal:cbv:mda#lotNumber", ""),
        ("EQATTR_bizLocation_cbvmda:site", "bizLocation", "urn:epcglobal:cbv:mda#site"),
        ("EQ_ATTR_ex:a_b_cbvmda:site", "event http://ns.example.com/epcis#a_b", "urn:epcglobal:cbv:mda#site"),
        ("EQATTR_ex:a_site", "event http://ns.example.com/epcis#a", "site"),
        ("EQ_source_urn:epcglobal:cbv:sdt:owning_party", "source owning_party", ""),
        ("EQ_other:a", "event other:a", ""),
    ],
)
def test_a_name_means_a_field(name: str, field: str, part: str) -> None:
    told = parse_parameter(name, "x", EX)
    assert (told.field, told.part) == (field, part)
    assert told.prefix == ("other" if "other" in name else "")
