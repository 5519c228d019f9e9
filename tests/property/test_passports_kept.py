"""Whatever is told, in whatever order: a passport that is kept equals one that is built at that moment."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.integration.market import AUTHORITIES
from tests.oracle.random_histories import ITEMS, LOOSE, LOTS, UNITS, deals, occurrences
from tests.oracle.stories import FARM, MILL, checked

from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.settings import read_settings
from suyuan.trace.errors import NotFound, SuyuanError
from suyuan.trace.gs1 import identify, link_of
from suyuan.trace.lineage import Suspect
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.recall.facts import number_not_known
from suyuan.trace.recall.passport import Passport, Text
from suyuan.trace.recall.passports import build_passport
from suyuan.trace.recall.recall import CaseDraft, Initiative
from suyuan.trace.register.aliases import link
from suyuan.trace.register.book import enter_all
from suyuan.trace.register.documents import Draft as Paper
from suyuan.trace.register.documents import add_document, withdraw_document
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.passport_rows import asking
from suyuan.trace.store.sight import EVERYTHING, HOUSE, Viewer

NOW = datetime(2026, 3, 3, tzinfo=UTC)
PUBLIC = "https://trace.example"
PARTY = "https://id.gs1.org/417/9506000000016"
PRODUCT = "https://id.gs1.org/01/09506000134352"
CODES = (
    *ITEMS,
    *UNITS,
    *LOTS,
    *LOOSE,
    PRODUCT,
    f"{PRODUCT}/10/FLOUR/21/A",
    f"{PRODUCT}/10/BREAD/21/A",
    f"{PRODUCT}/10/HONEY/21/NEVER",
)
OFFICER = Viewer("officer", "regulator", AUTHORITIES["conducting"][0], EVERYTHING)
_FOLDER = TemporaryDirectory(prefix="suyuan-passports-")


@cache
def _empty() -> Path:
    folder = Path(_FOLDER.name) / "empty"
    folder.mkdir()
    house = open_house(read_settings({"SUYUAN_VAR": str(folder)}), lambda: NOW)
    producer = Entry("party", PARTY, {"roles": "producer", "name_zh": "磨坊公司", "district": "330106"})
    with Writing(house.engine) as writing:
        enter_all(writing, [producer], by=HOUSE, now=NOW, confirmed=True)
    house.close()
    return folder


def _amounts(told: tuple[Holding, ...]) -> list[dict[str, Any]]:
    return [
        {"epcClass": one.key}
        | ({} if one.quantity is None else {"quantity": one.quantity})
        | ({} if one.quantity is None or one.uom is None else {"uom": one.uom})
        for one in told
        if one.is_class
    ]


def _epcs(told: tuple[Holding, ...], lots: dict[str, str]) -> list[str]:
    return [
        one.key.replace("/21/", f"/10/{lots[one.key].rpartition('/')[2]}/21/") if one.key in lots else one.key
        for one in told
        if not one.is_class
    ]


def _event(said: Occurrence, number: int) -> dict[str, Any]:
    """The event that ``said`` may have been made of."""
    lots = dict(said.lot_of)
    told: dict[str, Any] = {
        "type": said.type,
        "eventTime": said.time.isoformat(),
        "eventTimeZoneOffset": "+00:00",
        "eventID": f"urn:uuid:00000000-0000-7000-8000-{int((said.event_id or f'id{number + 10}')[2:]):012d}",
    }
    place, location, group = said.read_point, said.biz_location, said.transformation_id
    parts: dict[str, Any] = {
        "action": said.action,
        "bizStep": said.biz_step,
        "disposition": said.disposition,
        "readPoint": place and {"id": place},
        "bizLocation": location and {"id": location},
        "transformationID": group and f"urn:uuid:00000000-0000-7000-9000-00000000000{group[1:]}",
        "parentID": said.parent,
    }
    told |= {name: part for name, part in parts.items() if part}
    names = {
        "ObjectEvent": ("epcList", "quantityList"),
        "TransactionEvent": ("epcList", "quantityList"),
    }.get(said.type, ("childEPCs", "childQuantityList"))
    lists = {
        names: (*said.what, *said.children),
        ("inputEPCList", "inputQuantityList"): said.inputs,
        ("outputEPCList", "outputQuantityList"): said.outputs,
    }
    for (epcs, amounts), held in lists.items():
        if found := _epcs(held, lots):
            told[epcs] = found
        if found := _amounts(held):
            told[amounts] = found
    if said.type == "TransactionEvent":
        told["bizTransactionList"] = [
            {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9506000000016:1"}
        ]
    if said.declared_wrong_at:
        told["errorDeclaration"] = {"declarationTime": NOW.isoformat(), "reason": "did_not_occur"}
    return told


class _Step:
    """Something that happens, by what was drawn for it, and which codes are looked at after it."""

    def __init__(
        self, kind: str, said: Occurrence | None, choice: int, looks: Collection[str] = CODES
    ) -> None:
        self.kind, self.said, self.choice, self.looks = kind, said, choice, looks

    def __repr__(self) -> str:
        return f"{self.kind} {self.choice} {self.said}, looked at: {self.looks}"


_LOOKS = st.just(CODES) | st.lists(st.sampled_from(CODES), max_size=3)
"""What is looked at after each step is built anew at once; what is not may be kept for long."""


@st.composite
def steps(draw: st.DrawFn) -> list[_Step]:
    kinds = ("event",) * 8 + (
        "late",
        "late",
        "hold",
        "name",
        "entry",
        "entry",
        "paper",
        "withdraw",
        "restart",
        "day",
        "alias",
    )
    found: list[_Step] = []
    for number in range(draw(st.integers(3, 12))):
        kind = draw(st.sampled_from(kinds))
        told = occurrences if draw(st.booleans()) else deals
        said = draw(told(number)) if kind in ("event", "late") else None
        found.append(_Step(kind, said, draw(st.integers(0, 7)), draw(_LOOKS)))
    return found


class _World:
    """A store of its own, the house over it, and the day."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(_empty(), folder)
        self._settings = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PUBLIC_URL": PUBLIC})
        self.now, self.papers, self.numbers = NOW, list[str](), 0
        self.house = open_house(self._settings, lambda: self.now)

    def take(self, step: _Step, number: int) -> None:
        """Let it happen."""
        getattr(self, f"_{step.kind}")(step, number)

    def _event(self, step: _Step, number: int) -> None:
        assert step.said is not None
        self._tell(_event(step.said, number), step.said.party)

    def _late(self, step: _Step, number: int) -> None:
        """By another process: this one reads it from the store."""
        handed = self.house.passports.hand_over
        self.house.passports.hand_over = lambda _: None  # type: ignore[method-assign]
        self._event(step, number)
        self.house.passports.hand_over = handed  # type: ignore[method-assign]

    def _tell(self, event: dict[str, Any], party: str) -> None:
        document = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-02T08:00:00Z",
            "epcisBody": {"eventList": [event]},
        }  # fmt: skip
        by = CapturedBy(f"https://ns.suyuan.example/party/{party}")
        self.house.capture(orjson.dumps(document), "application/json", by=by, behaviour="proceed")

    def _hold(self, step: _Step, _number: int) -> None:
        suspects = (Suspect((*LOTS, *LOOSE, *ITEMS)[step.choice]),)
        draft = CaseDraft(
            title=Text("案", "Case"), reason=Text("农残", "Residues"), hazard="chemical", recall_class=2,
            what_to_do=Text("退货", "Return it"), contact="12315", suspects=suspects,
            initiative=Initiative.ORDERED, known_at=self.now,
        )  # fmt: skip
        number = self.house.desk.draft(draft, OFFICER).number
        self.house.desk.hold_at_once(number, OFFICER, "Residues found")

    def _name(self, step: _Step, _number: int) -> None:
        key = (PRODUCT, FARM, MILL, PARTY, *LOTS[:2])[step.choice % 6]
        self.numbers += 1
        kind = "EPCClass" if key.startswith(PRODUCT) else "Location"
        attributes = [
            {"id": "https://ns.suyuan.example/nameEn", "attribute": f"name {self.numbers}"},
            {"id": "https://ns.suyuan.example/producer", "attribute": PARTY},
        ]
        elements = [{"id": key, "attributes": attributes}]
        document: dict[str, Any] = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-02T08:00:00Z",
            "epcisHeader": {"epcisMasterData": {"vocabularyList": [
                {"type": f"urn:epcglobal:epcis:vtype:{kind}", "vocabularyElementList": elements}]}},
            "epcisBody": {"eventList": []},
        }  # fmt: skip
        job = self.house.capture(
            orjson.dumps(document), "application/json", by=CapturedBy(PARTY), behaviour="rollback"
        )
        assert job.success, job.errors

    def _entry(self, step: _Step, _number: int) -> None:
        day = f"2026-03-{step.choice + 1:02}"
        entry = (
            Entry("product", PRODUCT, {"name_zh": "面包", "producer": PARTY}),
            Entry("lot", LOTS[0], {"product": PRODUCT, "lot": "FLOUR", "best_before": day}),
        )[step.choice % 2]
        self._write_if_right(
            lambda writing: enter_all(writing, [entry], by=HOUSE, now=self.now, confirmed=True)
        )

    def _paper(self, step: _Step, number: int) -> None:
        paper = Paper("inspection", f"P{number}", "检测所", issued="2026-03-01", expires="2026-03-04")
        maker = Viewer("x", "company", PARTY)

        def add(writing: Writing) -> None:
            lot = LOTS[step.choice % 3]
            found = add_document(writing, lot, paper, by=maker, now=self.now, randbytes=_bytes_of(number))
            self.papers.append(found.id)

        self._write_if_right(add)

    def _withdraw(self, _step: _Step, _number: int) -> None:
        if self.papers:
            paper = self.papers.pop()
            self._write_if_right(lambda w: withdraw_document(w, paper, by=HOUSE, now=self.now))

    def _alias(self, step: _Step, _number: int) -> None:
        code = f"https://id.gs1.org/01/{checked(f'095060001343{step.choice}')}"
        self._write_if_right(lambda writing: link(writing, code, PRODUCT, by=HOUSE, now=self.now))

    def _restart(self, step: _Step, _number: int) -> None:
        """Another process: what was stored is all that it has."""
        self.house.passports.keep()
        if step.choice % 2:
            self.house.passports.declare()
        self.house.close()
        self.house = open_house(self._settings, lambda: self.now)

    def _day(self, step: _Step, _number: int) -> None:
        self.now += timedelta(days=step.choice)

    def _write_if_right(self, write: Callable[[Writing], object]) -> None:
        try:
            with Writing(self.house.engine) as writing:
                write(writing)
        except SuyuanError:
            return  # it is there already, or not yet: nothing happened


def _bytes_of(number: int) -> Callable[[int], bytes]:
    return lambda count: bytes([number % 256]) * count


def _told(unknown: NotFound) -> str:
    return f"{unknown.where}: {unknown}"


def _unnamed(house: House, code: str) -> str | None:
    """What a single look-up tells of a code that nothing names; None: it leaves that to others."""
    item, now = identify(code), house.passports.catch_up()
    with Reading(house.engine) as reading:
        if item.kind != "item" or not house.passports.is_unnamed(item, now, asking(reading)):
            return None
    return _told(number_not_known(item))


def _kept(house: House, code: str) -> Passport | str:
    try:
        return house.passport(
            link_of(identify(code), "https://id.gs1.org").removeprefix("https://id.gs1.org")
        )
    except NotFound as unknown:
        return _told(unknown)


def _built(house: House, code: str, now: datetime) -> Passport | str:
    names = house.records.aliases()
    try:
        return build_passport(
            names.identifier(identify(code)), house.records, house.cases(),
            now=now, zone=house.zone, public_url=PUBLIC, first_name=names.key,
        )  # fmt: skip
    except NotFound as unknown:
        return _told(unknown)


@settings(max_examples=3)
@given(steps())
def test_what_is_kept_equals_what_is_built(history: list[_Step]) -> None:
    follow(history)


def test_a_hold_on_one_item_is_shown_on_its_page(tmp_path: Path) -> None:
    """It is not among what items share."""
    made = Occurrence(
        evidence="", party="acme", type="ObjectEvent", time=NOW, record_time=NOW, action="ADD",
        what=(Holding(ITEMS[0]), Holding(ITEMS[1])), event_id="id1",
    )  # fmt: skip
    world = _World(tmp_path / "store")
    world.take(_Step("event", made, 0), 0)
    assert all(isinstance(_kept(world.house, code), Passport) for code in ITEMS[:2])
    world.take(_Step("hold", None, 6), 1)
    for code, is_held in zip(ITEMS[:2], (False, True), strict=True):
        found = _kept(world.house, code)
        assert isinstance(found, Passport)
        assert (found.verdict.state == "held") is is_held
        assert found == _built(world.house, code, world.now)
    world.house.close()


def follow(history: list[_Step]) -> None:
    """Let it all happen, compare what is looked at after each step, and all at the end."""
    with TemporaryDirectory(dir=_FOLDER.name) as folder:
        world = _World(Path(folder) / "store")
        try:
            for number, step in enumerate(history):
                world.take(step, number)
                for code in CODES if step is history[-1] else step.looks:
                    built = _built(world.house, code, world.now)
                    assert _unnamed(world.house, code) in (None, built), (code, step)
                    assert _kept(world.house, code) == built, (code, step)
        finally:
            world.house.close()


if __name__ == "__main__":  # a campaign: python -m tests.property.test_passports_kept 500
    settings(max_examples=int(sys.argv[1]), deadline=None, phases=[Phase.generate])(given(steps())(follow))()
