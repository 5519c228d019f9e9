from __future__ import annotations

from suyuan.readers.station.exceptions import CATALOGUE, MOST_NAMED, exceptional, told
from suyuan.readers.station.identity import from_text
from suyuan.readers.station.order import Step
from suyuan.readers.station.steps import PROCEDURES, finding
from suyuan.readers.station.words import SAYINGS, Message
from suyuan.trace.epcis.cbv import BIZ_STEP, DISPOSITION

CODES = [
    "MISREAD",
    "NO_READ",
    "DUP_TAG",
    "UNKNOWN_TAG",
    "FOREIGN_SCHEME",
    "OVER_READ",
    "WRONG_ORDER",
    "WRONG_PRODUCT",
    "WRONG_PARENT",
    "HELD",
    "RECALLED",
    "EXPIRED",
    "LICENCE_EXPIRED",
    "TEMP_EXCURSION",
    "SENSOR_GAP",
    "QTY_MISMATCH",
    "MASS_BALANCE",
    "CLOCK_SKEW",
    "OFFLINE",
    "QUEUE_FULL",
    "READER_DOWN",
    "WRITE_FAIL",
    "LOCKED_TAG",
    "SIGNATURE_FAIL",
]


def test_the_catalogue_has_the_twenty_four_exceptions_with_words_for_all() -> None:
    assert len(CODES) == 24
    assert list(CATALOGUE) == CODES
    for each in CATALOGUE.values():
        assert each.code in SAYINGS
        for special in each.also:
            assert exceptional(special) is each
    belongs = [code for each in CATALOGUE.values() for code in (each.code, *each.also)]
    assert len(belongs) == len(set(belongs))
    assert exceptional("UNDONE") is None


def test_every_step_has_a_procedure_in_the_words_of_the_cbv() -> None:
    assert set(PROCEDURES) == set(Step)
    assert {each.row for each in PROCEDURES.values()} == set("ABCDEFGHIJKLM")
    for each in PROCEDURES.values():
        assert each.biz_step in BIZ_STEP.words
        assert each.disposition is None or each.disposition in DISPOSITION.words


def test_the_platform_is_told_of_exceptions_boundedly() -> None:
    many = [from_text(f"https://id.gs1.org/01/06901234567892/21/{n}") for n in range(MOST_NAMED + 7)]
    (entry,) = told((finding("MISSING", many),))
    assert (entry["suyuan:code"], entry["suyuan:detail"]) == ("QTY_MISMATCH", "MISSING")
    assert entry["suyuan:count"] == MOST_NAMED + 7
    assert len(entry["suyuan:epc"]) == MOST_NAMED
    assert told((finding("NO_READ", ()),)) == []
    assert Message("HELD", {"case": "3", "epcs": "x"}).text("en")
