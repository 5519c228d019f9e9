"""What the public can find of a recall: all that is recalled, also what its notice has no room for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from suyuan.trace.epcis.event import Event
from suyuan.trace.lineage.journey import Visit
from suyuan.trace.recall.bulletin import MOST_LOTS, Bulletin, bulletin_of
from suyuan.trace.recall.names import Attributes
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import Case, CaseDraft, CaseState, Decision

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LONG_AGO = date(2020, 1, 1)
PRODUCT = "https://id.gs1.org/01/09521234000013"
OTHER = "https://id.gs1.org/01/09521234000020"
OWN = "https://trace.example.cn/own/product/P00001A"
DRAFT = CaseDraft(Text("召回", "Recall"), Text("", ""), "", 1, Text("", ""), "", ())


def lot(code: str, product: str = PRODUCT) -> str:
    return f"{product}/10/{code}"


def item(serial: str, product: str = PRODUCT) -> str:
    return f"{product}/21/{serial}"


@dataclass
class Records:
    """Lots that were all made on one day, and the lots of items."""

    of_items: Mapping[str, str] = field(default_factory=dict[str, str])

    def journey(self, key: str) -> Sequence[Visit]:
        del key
        return ()

    def evidence(self, keys: Iterable[str]) -> Mapping[str, Event]:
        assert not list(keys)
        return {}

    def attributes(self, keys: Iterable[str]) -> Mapping[str, Attributes]:
        known = {
            PRODUCT: {"nameZh": "鲜牛奶", "nameEn": "Fresh milk"},
            OTHER: {"nameZh": "奶酪", "nameEn": "Cheese"},
        }
        return {key: known[key] for key in keys if key in known}

    def lots(self, keys: Iterable[str]) -> Mapping[str, str]:
        return {key: self.of_items[key] for key in keys if key in self.of_items}

    def registered(self, lot: str) -> Attributes:
        del lot
        return {"productionDate": "2026-11-10"}


def told(*keys: str, of_items: Mapping[str, str] | None = None) -> Bulletin:
    published = Decision(NOW, "officer", "published")
    case = Case("R2026-0001", CaseState.PUBLISHED, DRAFT, (), frozenset(keys), (published,))
    bulletin = bulletin_of(case, Records(of_items or {}), UTC, "https://trace.example.cn")
    assert bulletin is not None
    return bulletin


def test_what_was_never_published_is_not_told() -> None:
    case = Case(
        "R2026-0001", CaseState.HELD, DRAFT, (), frozenset({lot("A")}), (Decision(NOW, "officer", "held"),)
    )
    assert bulletin_of(case, Records(), UTC, "https://trace.example.cn") is None


@pytest.mark.parametrize(
    "text", ["A", "fresh MILK", "鲜牛奶", "9521234000013", "R2026-0001", "Recall", PRODUCT]
)
def test_a_day_excludes_a_recall_whose_goods_are_all_listed(text: str) -> None:
    bulletin = told(
        lot("A"), item("1"), "https://id.gs1.org/00/095212340000000017", of_items={item("1"): lot("A")}
    )
    assert (bulletin.all_listed, bulletin.single_items) == (True, 0)
    assert bulletin.may_mean(text)
    assert bulletin.may_mean(text, date(2026, 11, 10))
    assert not bulletin.may_mean(text, LONG_AGO)


@pytest.mark.parametrize("day", [None, LONG_AGO])
@pytest.mark.parametrize("text", ["L0249", "l0000", "milk", "9521234000013", ""])
def test_of_more_lots_than_are_listed_every_one_is_found_and_no_day_excludes_it(
    text: str, day: date | None
) -> None:
    bulletin = told(*(lot(f"L{number:04}") for number in range(MOST_LOTS + 50)))
    assert (len(bulletin.lots), bulletin.more_lots, bulletin.all_listed) == (MOST_LOTS, 50, False)
    assert bulletin.may_mean(text, day)
    assert not bulletin.may_mean("L0250", day)


@pytest.mark.parametrize("text", ["cheese", "奶酪", "9521234000020", "CH/1"])
def test_single_items_are_found_by_their_product_and_lot_and_never_by_a_part_of_their_number(
    text: str,
) -> None:
    single = told(
        lot("A"), item("4711", OTHER), item("2"), of_items={item("4711", OTHER): lot("CH%2F1", OTHER)}
    )
    assert (single.single_items, single.all_listed) == (2, False)
    assert single.may_mean(text)
    assert single.may_mean(text, LONG_AGO)
    assert not single.may_mean("471")


@pytest.mark.parametrize(
    ("keys", "text"), [((PRODUCT,), "milk"), ((OWN,), "P00001A"), ((lot("A"), PRODUCT), "milk")]
)
def test_a_product_as_a_whole_is_found_whatever_the_day(keys: tuple[str, ...], text: str) -> None:
    bulletin = told(*keys)
    assert (bulletin.all_listed, bulletin.single_items) == (False, 0)
    assert bulletin.may_mean(text, LONG_AGO)
    assert not bulletin.may_mean("beer")


def test_what_is_foreign_breaks_nothing() -> None:
    bulletin = told(
        "urn:example:1", "https://farm.example/batch/10/A", "https://farm.example/x/21/7", "nonsense"
    )
    assert (bulletin.lots, bulletin.more_lots, bulletin.single_items) == ((), 0, 1)
    assert bulletin.may_mean("Recall", LONG_AGO)
