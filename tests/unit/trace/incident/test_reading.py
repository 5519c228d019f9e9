"""Networks as people send them: every form, every fault at its place, and what is hostile."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]  # it ships no types

from suyuan.api.networks import read_network
from suyuan.trace.errors import TooLarge
from suyuan.trace.incident import NetworkInvalid, Reading, Settings, draft, flows, read_json, score
from suyuan.trace.incident.amounts import Amount, read_amount
from suyuan.trace.incident.dates import PartialDate, date_of, read_date
from suyuan.trace.register.rows import FileUnreadable

Told = dict[str, Any]
D1: Told = {"id": "d1", "from": "A", "to": "B"}
D2: Told = {"id": "d2", "from": "B", "to": "C"}
PLAIN: Told = {"deliveries": [D1, D2], "links": [["d1", "d2"]]}


def read(**told: Any) -> Reading:
    return read_json(json.dumps({**PLAIN, **told}).encode())


def faults(**told: Any) -> list[tuple[str, str]]:
    with pytest.raises(NetworkInvalid) as caught:
        read(**told)
    assert all(problem.remedy for problem in caught.value.problems)
    return [(problem.where, problem.detail) for problem in caught.value.problems]


def doubts(**told: Any) -> list[tuple[str, str]]:
    return [(warning.where, warning.detail) for warning in read(**told).warnings]


def test_stations_are_those_that_deliveries_name_where_none_are_listed() -> None:
    assert [station.id for station in read().network.stations] == ["A", "B", "C"]
    assert read().warnings == ()


def test_every_form_says_the_same() -> None:
    expected = read(stations=[{"id": one} for one in "ABC"]).network
    rows = {
        "data": {
            "stations": {"data": [[{"id": "ID", "value": one}] for one in "ABC"]},
            "deliveries": {
                "data": [
                    [
                        {"id": name.upper() if name == "id" else name, "value": value}
                        for name, value in one.items()
                    ]
                    for one in (D1, D2)
                ]
            },
            "deliveryRelations": {"data": [[{"id": "from", "value": "d1"}, {"id": "to", "value": "d2"}]]},
        }
    }
    assert read_json(json.dumps(rows).encode()).network == expected
    first_web = {
        "stations": [{"id": one} for one in "ABC"],
        "deliveries": [
            {"id": "d1", "source": "A", "target": "B"},
            {"id": "d2", "source": "B", "target": "C"},
        ],
        "deliveriesRelations": [{"id": "r", "source": "d1", "target": "d2"}],
    }
    assert read_json(json.dumps(first_web).encode()).network == expected
    assert read(deliveries=[D1, {**D2, "prev": ["d1"]}], links=[]).network == expected
    assert read(deliveries=[{**D1, "next": ["d2"]}, D2], links=[]).network == expected


def test_all_faults_are_told_at_once_each_with_its_place() -> None:
    found = faults(
        stations=[{"id": "A"}, {"id": "B"}, {"id": "B", "name": "other"}, "C"],
        deliveries=[D1, {**D1, "to": "A"}, {"id": "d3", "from": "B"}, {"id": True, "from": "A", "to": "X"}],
        links=[["d1", "d9"], ["d1"], "d1"],
        params={"station_weight": {"Z": 1, "A": "much"}, "cc_deliveries": ["d8"], "kill_stations": "A"},
        merge={"Y": "M", "A": 1.5},
    )
    assert found == [
        ("/stations/2", "The id B is given twice; it stands at /stations/1 too."),
        ("/stations/3", "An object is wanted here."),
        ("/deliveries/1", "The id d1 is given twice; it stands at /deliveries/0 too."),
        ("/deliveries/2", "There is no id of where it goes to."),
        ("/deliveries/3/id", "There is no id."),
        ("/links/1", "A link is a list of two ids of deliveries."),
        ("/links/2", "A link is a list of two ids of deliveries."),
        ("/params/station_weight/A", "The weight of A is no number up to 1000000000."),
        ("/params/kill_stations", "A means nothing here."),
        ("/merge/A", "1.5 means nothing here."),
        ("/links/0", "There is no delivery d9."),
        ("/merge/Y", "There is no station Y."),
        ("/params/station_weight/Z", "There is no station Z."),
        ("/params/cc_deliveries/0", "There is no delivery d8."),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "This is not JSON"),
        (b"\xff\xfe{}", "This is not JSON"),
        (b"[]", "This is no network"),
        (b'{"stations": []}', "This is no network"),
        (b'{"deliveries": 1}', "A list is wanted here"),
        (b'{"data": {"stations": {"data": [1]}}}', "A list is wanted here"),
        (b'{"deliveries": [{"id": "\\u0000", "from": "A", "to": "B"}]}', "contains NUL"),
    ],
)
def test_what_is_no_network_is_told_so(data: bytes, said: str) -> None:
    with pytest.raises(NetworkInvalid, match=said):
        read_network(data)


def test_nothing_grows_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge, match="depth"):
        read_json(b'{"deliveries": ' + b"[" * 40 + b"]" * 40 + b"}")
    for name in ("MOST_STATIONS", "MOST_DELIVERIES", "MOST_LINKS"):
        with monkeypatch.context() as patch:
            patch.setattr(draft, name, 1)
            with pytest.raises(TooLarge, match="more than 1"):
                read(links=[["d1", "d2"], ["d2", "d1"]])
    found = faults(links=[["d1", f"x{number}"] for number in range(300)])
    assert len(found) == 100
    own = read(deliveries=[{"id": f"d{number}", "from": "A", "to": "A"} for number in range(30)], links=[])
    monkeypatch.setattr(flows, "MOST_DIRECT", 500)
    with pytest.raises(TooLarge, match="more than 500 single links"):
        score(own.network, Settings(cc_stations=frozenset("A")))


def test_ids_of_any_letters_come_back_as_they_are() -> None:
    wild = "a/b~c\n</script>{0}%s"
    found = doubts(deliveries=[{"id": wild, "from": wild, "to": "B"}], links=[[wild, wild]])
    assert found[0][1].startswith("Delivery a/b~c\N{REPLACEMENT CHARACTER}</script>{0}%s is called")
    assert faults(deliveries=[{**D1, "id": "x" * 201}], links=[])[0][1].endswith(
        "longer than 200 characters."
    )


def test_an_ingredient_of_itself_and_a_repeated_link_are_left_out() -> None:
    links = [["d1", "d1"], ["d1", "d2"], ["d1", "d2"]]
    assert read(links=links).network.links == (("d1", "d2"),)
    assert doubts(links=links) == [
        ("/links/0", "Delivery d1 is called an ingredient of itself; this is left out."),
        ("/links/2", "The link from d1 into d2 is told twice, at /links/1 too; it counts once."),
    ]


def test_cycles_are_named_once_each() -> None:
    ring = [{"id": f"d{number}", "from": "A", "to": "A"} for number in range(4)]
    links = [["d0", "d1"], ["d1", "d2"], ["d2", "d0"], ["d2", "d3"]]
    assert doubts(deliveries=ring, links=links) == [
        ("/links/0", "3 deliveries are ingredients of each other, such as d0 > d1 > d2 > d0.")
    ]


def test_dates_that_contradict_are_told() -> None:
    first = {**D1, "departure": "2020-03-02", "arrival": "2020-03-01"}
    second = {**D2, "departure": "29.02.2020", "arrival": "30.02.2020"}
    assert doubts(deliveries=[first, second]) == [
        ("/deliveries/1/arrival", "30.02.2020 is no date; it counts as not known."),
        ("/deliveries/0", "Delivery d1 arrived on 2020-03-01, before it left on 2020-03-02."),
        ("/links/0", "Delivery d1 came on 2020-03-01, after d2 had left on 2020-02-29, yet they are linked."),
    ]
    [(where, said)] = doubts(deliveries=[D1, {**D2, "from": "X"}])
    assert (where, said) == ("/links/0", "Delivery d1 went to B, and d2 left from X, yet they are linked.")


def test_amounts_that_do_not_balance_are_told() -> None:
    milk = {**D1, "amount": "1,5 t", "lot": "L1"}
    cheese = [{**D2, "amount": "500 kg", "lot": "L2"}, {**D2, "id": "d3", "amount_kg": 100, "lot": "L2"}]
    [(where, said)] = doubts(deliveries=[milk, *cheese])
    assert where == "/deliveries/1"
    assert said == "Into lot L2 went 1500 kg, and 600 kg came out: more than 2 times apart."
    assert doubts(deliveries=[milk, {**cheese[0], "amount": "750 kg"}]) == []
    assert doubts(deliveries=[milk, {**cheese[0], "amount": "2 wheels"}]) == []
    found = doubts(deliveries=[milk, {**cheese[0], "amount": "-3 kg"}])
    assert found == [
        ("/deliveries/1/amount", "-3 kg is no amount; it counts as not known."),
        ("/deliveries/1", "1 deliveries tell no amount, the first of them d2; their lots are not balanced."),
    ]
    sized = [
        {**D2, "lot": "L2", "amount": "5 kg", "lot size": "4 kg"},
        {**D2, "id": "d3", "lot": "L2", "lot size": "9 kg", "amount": "2 kg"},
    ]
    assert [said for _, said in doubts(deliveries=[{**D1, "amount": "3 kg"}, *sized], links=[])] == [
        "The size of lot L2 is told in two ways; the other one stands at /deliveries/1.",
        "Of lot L2, 7 kg were delivered, more than the 4 kg that it is said to be.",
    ]


def test_suppositions_in_the_words_of_each_program() -> None:
    wanted = Settings(
        {"C": 1.0}, {"d2": 1.0}, frozenset("B"), frozenset(), frozenset("A"), frozenset({"d1"}),
        {"B": "full"}, {"d1": "full"},
    )  # fmt: skip
    desktop = {
        "station_weight": {"C": 1}, "delivery_weight": {"d2": 1}, "cc_stations": ["B"],
        "kill_stations": ["A"], "kill_deliveries": ["d1"], "observed_stations": ["B"],
        "observed_deliveries": ["d1"],
    }  # fmt: skip
    web = {
        "outbreakStations": ["C"], "outbreakDeliveries": ["d2"], "ccStations": ["B"], "killStations": ["A"],
        "killDeliveries": ["d1"], "observedStations": ["B"], "observedDeliveries": ["d1"],
    }  # fmt: skip
    assert read(params=desktop).settings == read(params=web).settings == wanted
    inline = read(
        stations=[
            {"id": "A", "killContamination": True, "weight": 0},
            {"id": "B", "crossContamination": True, "observed": "FULL"},
            {"id": "C", "outbreak": True, "observed": "none"},
        ],
        deliveries=[{**D1, "killContamination": True, "observed": True}, {**D2, "weight": 1}],
    )
    assert inline.settings.station_weight == {"A": 0.0, "C": 1.0}
    assert (inline.settings.kill_stations, inline.settings.observed_stations) == ({"A"}, {"B": "full"})
    merged = read(merge={"M": ["A", "B"]}, temporal_order=False).settings
    assert (merged.merge, merged.temporal_order) == ({"A": "M", "B": "M"}, False)
    assert read(merge={"A": "M", "B": "M"}).settings.merge == merged.merge


def test_the_section_tracing_of_the_web_program() -> None:
    none: list[Told] = []
    tracing = {
        "nodes": [{"id": "C", "weight": 2, "crossContamination": True, "observed": None}],
        "deliveries": [{"id": "d1", "weight": 0, "killContamination": True, "observed": "backward"}],
    }
    table = {"data": [[{"id": "id", "value": one}] for one in "ABC"]}
    goods = {"data": [[{"id": name, "value": value} for name, value in D1.items()]]}
    told = {
        "data": {"stations": table, "deliveries": goods, "deliveryRelations": {"data": none}},
        "tracing": tracing,
    }
    settings = read_json(json.dumps(told).encode()).settings
    assert settings.station_weight == {"C": 2.0}
    assert settings.cc_stations == {"C"}
    assert settings.kill_deliveries == {"d1"}
    assert settings.observed_deliveries == {"d1": "backward"}


def test_suppositions_that_cannot_count_are_told() -> None:
    assert doubts(params={"station_weight": {"A": 1}, "cases": ["C"]}, merge={"A": "M"}) == [
        ("/params/cases", "cases is no supposition that is known here; it is left out."),
        (
            "/params/station_weight/A",
            "Station A is merged into M: what is supposed of A itself does not count.",
        ),
    ]
    assert [said for _, said in faults(merge={"A": "B", "B": "C"})] == [
        "Station B stands for others and is itself merged into one."
    ]
    assert faults(merge={"M": ["A"], "N": ["A"]})[0][1].startswith("Station A is merged into two others")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2016-1-5", (2016, 1, 5)), ("05.01.2016", (2016, 1, 5)), ("1.2016", (2016, 1)), ("2016", (2016,)),
        (" ", ()), ("2016-02-30", None), ("0000", None), ("2016-13", None), ("5/1/2016", None),
        ("٢٠١٦", None), ("2016-01-05T00:00:00", None),
    ],
)  # fmt: skip
def test_dates_and_parts_of_dates(text: str, day: PartialDate | None) -> None:
    assert read_date(text) == day


def test_a_number_too_long_is_no_part_of_a_date() -> None:
    assert date_of("0" * 9 + "2016", "01", "005") == (2016, 1, 5)
    for told in (("10000000000002016", "1", "5"), ("2016", "10000000001", ""), ("9" * 5000, "", "")):
        assert date_of(*told) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20 kg", Amount(20, "kg")),
        ("3 Litres", Amount(3, "l")),
        ("7", Amount(7, "")),
        ("kg", None),
        ("9" * 400, None),
    ],
)
def test_amounts(text: str, found: Amount | None) -> None:
    assert read_amount(text) == found


# The All-in-One workbook

GROUPS = (
    "DeliveryID", "Station", "Product Name", "Lot Number", "Lot size", None, "Delivery Date Arrival", None,
    None, "Unit weigt/vol./pck.", None, "Recipient",
)  # fmt: skip
PARTS = (
    None,
    None,
    None,
    None,
    "Quantity",
    "Type / Unit",
    "Day",
    "Month",
    "Year",
    "Quantity",
    "Type / Unit",
    None,
)


def workbook(
    *deliveries: tuple[object, ...], links: tuple[tuple[object, object], ...] = (), leave_out: str = ""
) -> bytes:
    book: Any = Workbook()
    book.active.title = "Notes"
    sheets: dict[str, list[tuple[object, ...]]] = {
        "Stations": [("Company_ID", "Name"), ("A", "Farm"), ("B", "Shop")],
        "Deliveries": [GROUPS, PARTS, *deliveries],
        "Deliveries2Deliveries": [("From DeliveryID", "Into DeliveryID"), *links],
    }
    for title, lines in sheets.items():
        if title != leave_out:
            sheet = book.create_sheet(title)
            for line in lines:
                sheet.append(line)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def cells_at_fault(content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(NetworkInvalid) as caught:
        read_network(content)
    return [(problem.where, problem.detail) for problem in caught.value.problems]


def test_a_workbook_is_read_by_its_headings() -> None:
    found = read_network(
        workbook(
            ("d1", "A", "Milk", "L1", 30, "kg", 5, 1, 2016, 20, "kg", "B"),
            ("d2", "A", "Milk", "L1", 30, "kg", None, 2, 2016, 5, "kg", "B"),
        )
    )
    first, second = found.network.deliveries
    assert (first.arrival, second.arrival) == ((2016, 1, 5), (2016, 2))
    assert first.amount == Amount(20, "kg")
    assert [lot.size for lot in found.network.lots] == [Amount(30, "kg")]
    assert found.warnings == ()


def test_faults_of_a_workbook_name_the_cell() -> None:
    good: tuple[object, ...] = (
        "d1",
        "A",
        "Milk",
        "L1",
        None,
        None,
        31,
        2,
        2016,
        123456789012345678,
        "kg",
        "B",
    )
    content = workbook(good, ("d2", "X", *[None] * 9, "B"), ("d3", "A"), links=(("d1", "d9"),))
    assert cells_at_fault(content) == [
        ("Deliveries!J3", "Excel keeps only 15 digits of a number: the end of 123456789012345696 is lost"),
        ("Deliveries!5", "There is no id of where it goes to."),
        ("Deliveries!4", "There is no station X."),
        ("Deliveries2Deliveries!2", "There is no delivery d9."),
    ]
    assert cells_at_fault(workbook(leave_out="Stations"))[0] == (
        "Stations",
        "The workbook has no sheet Stations.",
    )
    other: Any = Workbook()
    other.active.title = "Stations"
    out = BytesIO()
    other.save(out)
    assert ("Stations!1", "The sheet Stations has no column company_id.") in cells_at_fault(out.getvalue())


def test_days_of_a_workbook_that_are_none_are_told() -> None:
    found = read_network(
        workbook(
            ("d1", "A", None, None, None, None, 31, 2, 2016, None, None, "B"),
            ("d2", "A", None, None, None, None, 3, None, 2016, None, None, "B"),
        )
    )
    assert [(one.where, one.detail) for one in found.warnings] == [
        ("Deliveries!I3", "2016 2 31 is no date; it counts as not known."),
        ("Deliveries!I4", "2016 ? 3 is no date; it counts as not known."),
    ]


def test_a_damaged_workbook_is_refused() -> None:
    with pytest.raises(FileUnreadable, match="damaged"):
        read_network(b"PK\x03\x04" + b"\0" * 100)
