"""What is written is EPCIS that our capture takes, and the same as what is given to engines without text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

import numpy as np
import orjson

from suyuan.simulator.trade.bulk import NONE, UOMS, parts
from suyuan.simulator.trade.deeds import Act, Role
from suyuan.simulator.trade.spoken import instant, occurrences
from suyuan.simulator.trade.telling import TOLD, badly, plainly
from suyuan.simulator.trade.words import WORDS
from suyuan.simulator.trade.written import PER_DOCUMENT, documents, lines, master_data
from suyuan.trace.epcis.document import read_document, read_event
from suyuan.trace.epcis.event import Event
from suyuan.trace.lineage.digest import occurrence
from suyuan.trace.lineage.occurrence import Basis, Holding, Occurrence

from .worlds import SMALL, played

COURSE, DEEDS, NAMES = played(replace(SMALL, farms=5, days=8), outbreak="farm")
EVERY_FAULT = list(badly(DEEDS, dict.fromkeys(TOLD, 0.03), Random(1), len(COURSE.plan.sites), lambda _: None))


def digested(events: Iterable[Event], spoken: Sequence[Occurrence]) -> list[Occurrence]:
    """What lineage makes of the events, with what capture would have given them."""
    return [
        occurrence(event, evidence=one.evidence, party=one.party, record_time=one.record_time)
        for event, one in zip(events, spoken, strict=True)
    ]


def test_every_line_is_an_event_of_which_lineage_makes_the_occurrence() -> None:
    once = list({(one.event, one.declared): one for one in EVERY_FAULT}.values())
    assert len(once) < len(EVERY_FAULT)
    spoken = list(occurrences(EVERY_FAULT, NAMES))
    written = [read_event(orjson.dumps(line)) for line in lines(once, NAMES)]
    assert digested(written, spoken) == spoken
    assert len({one.event_id for one in spoken if one.declared_wrong_at is None}) == len(
        [one for one in spoken if one.declared_wrong_at is None]
    )


def test_documents_hold_the_same_events() -> None:
    spoken = list(occurrences(plainly(DEEDS), NAMES))
    read = [read_document(orjson.dumps(one)) for one in documents(plainly(DEEDS), NAMES)]
    assert [len(one.events) for one in read[:-1]] == [PER_DOCUMENT] * (len(read) - 1)
    assert digested((event for one in read for event in one.events), spoken) == spoken


def test_master_data_name_every_place_party_and_product() -> None:
    read = [read_document(orjson.dumps(one)) for one in master_data(COURSE.plan, COURSE.products())]
    told = {element.id: element for one in read for element in one.vocabularies}
    assert set(NAMES.places) | set(NAMES.parties) <= set(told)
    for site in COURSE.plan.sites:
        attributes = {
            name.rpartition(":")[2].rpartition("/")[2]: v for name, v in told[site.key].attributes.items()
        }
        assert 18 < float(attributes["latitude"]) < 54
        assert 73 < float(attributes["longitude"]) < 136
        assert attributes["party"] == site.party
    products = {key for key in told if "/01/" in key}
    lots = {holding.key for one in occurrences(plainly(DEEDS), NAMES) for holding in one.outputs}
    assert {key.partition("/10/")[0] for key in lots} <= products


def test_arrays_say_what_the_occurrences_say() -> None:
    """The documented meaning of the columns, turned back into occurrences."""
    found = list(parts(EVERY_FAULT, NAMES, rows=700))
    assert [len(part.events) for part in found[:-1]] == [700] * (len(found) - 1)
    told: list[Occurrence] = []
    for part in found:
        ends = np.append(part.events["first_mention"][1:], len(part.mentions))
        for row, end in zip(part.events, ends, strict=True):
            told.append(_of_row(row, part.mentions[row["first_mention"] : end]))
    spoken = list(occurrences(EVERY_FAULT, NAMES))
    simple = [replace(one, lot_of=tuple(sorted(one.lot_of))) for one in spoken]
    first: dict[str, Occurrence] = {}
    for one in told:
        first.setdefault(one.evidence, one)
    assert list(first.values()) == simple


def _of_row(row: np.void, mentions: np.ndarray[tuple[int], np.dtype[np.void]]) -> Occurrence:
    act = Act(int(row["act"]))
    words, site = WORDS[act], int(row["site"])
    held: dict[Role, list[tuple[bool, str, float | None, str | None]]] = {role: [] for role in Role}
    for one in mentions:
        series = NAMES.series[int(one["series"])]
        amount = None if np.isnan(one["amount"]) else float(one["amount"])
        for number in range(int(one["first"]), int(one["first"] + one["count"])):
            told = (series.kind.name == "LOT", series.key(number), amount, UOMS[int(one["uom"])])
            held[Role(int(one["role"]))].append(told)

    def holdings(role: Role) -> tuple[Holding, ...]:
        ordered = sorted(held[role], key=lambda one: one[0])
        return tuple(Holding(key, amount, uom, is_class=lot) for lot, key, amount, uom in ordered)

    declared, target = int(row["declared"]), int(row["target"])
    parents = holdings(Role.PARENT)
    brought: tuple[tuple[str, str], ...] = ()
    if row["brought"] != NONE:
        lot = NAMES.series[int(row["brought_series"])].key(int(row["brought"]))
        brought = tuple((key, lot) for is_class, key, _, _ in held[Role.WHAT] if not is_class)
    number = int(row["transformation"])
    typed = all(is_class for rows in held.values() for is_class, *_ in rows)
    return Occurrence(
        evidence=f"{'e' if declared == NONE else 'x'}{row['event']}",
        party=NAMES.parties[site],
        type=words.type,
        time=instant(int(row["at"]) // 1000),
        record_time=instant(int(row["known"]) // 1000),
        sequence=int(row["sequence"]),
        event_id=NAMES.event_id(int(row["event"]), int(row["at"]) // 1000),
        action=words.action,
        biz_step=words.biz_step,
        disposition=words.disposition,
        read_point=f"{NAMES.places[site]}/254/{act.value}",
        biz_location=None if act is Act.SHIP else NAMES.places[site],
        destinations=() if target == NONE else (NAMES.parties[target], NAMES.places[target]),
        what=holdings(Role.WHAT),
        parent=parents[0].key if parents else None,
        children=holdings(Role.CHILD),
        inputs=holdings(Role.INPUT),
        outputs=holdings(Role.OUTPUT),
        transformation_id=f"https://ns.suyuan.example/batch/5-{number}" if number else None,
        lot_of=tuple(sorted(brought)),
        basis=Basis.TYPED if typed else Basis.READ,
        declared_wrong_at=None if declared == NONE else instant(declared // 1000),
    )
