"""What the page of findings asks for, and what a finding makes suspect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from starlette.datastructures import QueryParams

from suyuan.portal.incident.findings import Sifted, chosen, sifted, suspected
from suyuan.portal.language import Speech
from suyuan.trace.checks import Finding

LOT = "https://id.gs1.org/01/09521234003007/10/PL-7301"
PLACE = "https://id.gs1.org/414/9521234000013"
NINE = datetime(2026, 11, 20, 1, tzinfo=UTC)  # in the morning, in China
FINDING = Finding("sold-expired", "alarm", "certain", (LOT,), 1, PLACE, "a", NINE, NINE, other_party="b")


def test_words_that_mean_nothing_are_passed_over_and_days_that_are_none_are_told() -> None:
    wanted, errors = sifted(
        QueryParams("severity=alarm&check=stock&since=2026-11-20&until=2026-11-21&page=3&party= a ")
    )
    assert wanted == Sifted("alarm", "stock", "a", date(2026, 11, 20), date(2026, 11, 21), 3)
    assert not errors
    assert sifted(QueryParams("severity=x&check=y&page=-1")) == (Sifted(), {})
    _, errors = sifted(QueryParams("since=soon&until=2026-02-30"))
    assert set(errors) == {"since", "until"}
    _, errors = sifted(QueryParams("since=2026-11-21&until=2026-11-20"))
    assert set(errors) == {"until"}


def test_findings_are_of_a_party_at_either_end_and_of_whole_local_days() -> None:
    def found(query: str) -> bool:
        return bool(chosen([FINDING], sifted(QueryParams(query))[0], Speech("en")))

    assert found("party=a")
    assert found("party=b")
    assert not found("party=c")
    assert found("since=2026-11-20&until=2026-11-20")
    assert not found("since=2026-11-21")
    assert not found("until=2026-11-19")
    late = replace(FINDING, from_time=datetime(2026, 11, 20, 16, tzinfo=UTC))  # midnight in China
    late = replace(late, to_time=late.from_time)
    assert not chosen([late], Sifted(until=date(2026, 11, 20)), Speech("en"))


def test_things_are_suspect_or_else_the_place_meanwhile() -> None:
    assert dict(suspected(FINDING)) == {"select": "objects", "key": LOT, "from": "", "to": ""}
    bare = replace(FINDING, keys=())
    assert dict(suspected(bare)) == {
        "select": "place", "key": PLACE, "from": "2026-11-20", "to": "2026-11-20",
    }  # fmt: skip
    assert suspected(replace(bare, place=None)) == []
    many = replace(FINDING, keys=(LOT,) * 21, objects=21)
    assert len(suspected(many)) == 4 * 21
    assert ("select", "place") in suspected(
        replace(many, objects=22)
    )  # it names not all: no smaller question


def test_the_last_day_of_the_calendar_is_a_day() -> None:
    assert chosen([FINDING], sifted(QueryParams("until=9999-12-31&since=0001-01-01"))[0], Speech("en"))
