"""Till, block list, station and shopper's page say one thing about what cases do to the same goods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.trace.recall.test_passports import CHINA, ITEM, LOT, NOW, FakeRecords, commissioned

from suyuan.readers.station.blocklist import verify
from suyuan.readers.station.filtering import Burst, Reading
from suyuan.readers.station.identity import GS1, from_text
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.steps import Known, Surroundings, judge
from suyuan.trace.gs1 import identify
from suyuan.trace.lineage import Visit, WhereNow
from suyuan.trace.lineage.contract import ScopeLine
from suyuan.trace.recall import steps
from suyuan.trace.recall.blocklist import blocked_keys, sign_block_list
from suyuan.trace.recall.cases import FOLLOWS, Entry, draft_payload, replay
from suyuan.trace.recall.names import Attributes
from suyuan.trace.recall.passport import Passport, Text
from suyuan.trace.recall.passports import build_passport
from suyuan.trace.recall.recall import Act, Case, CaseDraft, CaseState, RiskWarning
from suyuan.trace.recall.recall import Step as Word
from suyuan.trace.recall.steps import Cover
from suyuan.trace.recall.till import ask, stopped_by_product
from suyuan.trace.store.sight import Viewer

ADA, BO = (Viewer(name=name, role="regulator", party="p") for name in ("Ada", "Bo"))
DRAFT = CaseDraft(Text(en="t"), Text(en="r"), "chemical", 2, Text(en="w"), "c", (), party="p")
WARNING = RiskWarning(Text("请勿食用", "Do not eat it"), "Province", "2026-17")
LINE = ScopeLine(None, None, "in_stock", None, 1, None, 0, None, None, keys=(ITEM,))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@dataclass
class AtTheTill:
    """The same records as the till asks for them."""

    of: FakeRecords

    def is_known(self, key: str) -> bool:
        return self.of.is_known(key)

    def lot_of(self, key: str) -> str | None:
        return self.of.lot_of(key)

    def lots(self, keys: Iterable[str]) -> Mapping[str, str]:
        return {key: lot for key in keys if (lot := self.of.lot_of(key)) is not None}

    def journey(self, key: str) -> Sequence[Visit]:
        return self.of.journey(key)

    def where_now(self, key: str) -> WhereNow:
        return self.of.where_now(key)

    def ilmd(self, evidence: str) -> Mapping[str, object]:
        return self.of.events[evidence].ilmd

    def registered(self, lot: str) -> Attributes:
        return self.of.registered(lot)


def ways() -> list[tuple[Act, ...]]:
    """Every way that a case can go, each act at most once."""
    found: list[tuple[Act, ...]] = []

    def go(way: tuple[Act, ...], state: CaseState) -> None:
        found.append(way)
        for act in sorted(FOLLOWS[state] - set(way)):
            go((*way, act), state if act is Act.WARN else CaseState(act.value))

    go((), CaseState.DRAFT)
    return found


def decided(*acts: Act, key: str = ITEM, number: str = "R1") -> Case:
    """The case after two persons took these steps, an hour each."""
    at = NOW - timedelta(days=1)
    log = [Entry(number, at, "Ada", Word.DRAFT.value, draft_payload(DRAFT))]
    cover = Cover((LINE,), frozenset({key}))
    for hour, act in enumerate(acts, 1):
        then = at + timedelta(hours=hour)
        case = replay(log)[number]
        log.append(steps.proposed(case, act, ADA, "why", cover, then, warning=WARNING))
        log.append(steps.confirmed(replay(log)[number], case.proposals + 1, BO, cover, then))
    return replay(log)[number]


def answers(records: FakeRecords, *cases: Case) -> tuple[str, str, str, Passport]:
    """What the list, the till and the station say (empty: nothing against it), and the page."""
    blocked = blocked_keys(cases)
    signed = sign_block_list(blocked, sequence=1, issued=NOW, key=KEY)
    listed = verify(signed, KEY.public_key().public_bytes_raw()).keys
    around = Surroundings(GS1, listed.get, lambda _: Known(lot_key=LOT), NOW, NOW.date())
    read = Burst((Reading(from_text(ITEM), NOW, NOW, 1, 1, None, ()),))
    said = [m.code.lower() for m in judge(Order(Step.SELL), read, around).messages if m.code != "OK"]
    asked, stopped = AtTheTill(records), stopped_by_product(blocked, AtTheTill(records))
    till = ask(identify(ITEM), asked, blocked, stopped, today=NOW.date(), zone=UTC)
    page = build_passport(identify(ITEM), records, cases, now=NOW, zone=CHINA, public_url="https://x.example")
    entry = blocked.get(ITEM) or blocked.get(LOT) or {}
    return (
        entry.get("state", ""),
        "" if till.verdict == "sell" else till.reason,
        said[0] if said else "",
        page,
    )


@pytest.mark.parametrize("key", [ITEM, LOT], ids=["item", "lot"])
@pytest.mark.parametrize("way", ways(), ids=lambda way: "-".join(way) or "draft")
def test_all_four_say_the_same_whatever_became_of_a_case(way: tuple[Act, ...], key: str) -> None:
    listed, till, station, page = answers(commissioned(), decided(*way, key=key))
    effect = [act for act in way if act is not Act.WARN]
    lifted = Act.RELEASE in effect
    expected = "" if lifted or not effect else "held" if effect == [Act.HOLD] else "recalled"
    assert (listed, till, station) == (expected,) * 3
    assert page.verdict.state == (expected or "registered")
    # What is told below the verdict stops nothing that the till sells, and hides nothing that it stops.
    kinds = [notice.kind for notice in page.notices]
    assert all(kind.startswith("past-") == (not expected) for kind in kinds)
    known = Act.HOLD in effect or Act.PUBLISH in effect
    assert len(kinds) == known + (known and Act.WARN in way)
    told = {reason.code: reason.fields for reason in page.verdict.reasons}
    assert ("recall-lifted" in told) == (lifted and Act.PUBLISH in effect)
    if "recall-lifted" in told:
        assert told["recall-lifted"]["published"] < told["recall-lifted"]["lifted"]  # type: ignore[operator]
        assert page.verdict.reasons[0].code == "recall-lifted"


@pytest.mark.parametrize("other", [(Act.HOLD,), (Act.PUBLISH,), (Act.PUBLISH, Act.COMPLETE)])
def test_a_recall_that_was_lifted_says_nothing_against_another_that_stands(other: tuple[Act, ...]) -> None:
    lifted = decided(Act.PUBLISH, Act.RELEASE, number="R1")
    listed, till, station, page = answers(commissioned(), lifted, decided(*other, number="R2"))
    state = "held" if other == (Act.HOLD,) else "recalled"
    assert (listed, till, station, page.verdict.state) == (state,) * 4
    assert [notice.number for notice in page.notices] == ["R2", "R1"]


@pytest.mark.parametrize(
    ("disposition", "headline"),
    [
        ("damaged", "withdrawn"), ("non_sellable_other", "withdrawn"), ("non_sellable_damaged", "withdrawn"),
        ("stolen", "withdrawn"), ("returned", "withdrawn"), ("no_pedigree_match", "withdrawn"),
        ("non_conformant", "withdrawn"), ("needs_replacement", "withdrawn"), ("inactive", "withdrawn"),
        ("mismatch_instance", "withdrawn"), ("mismatch_class", "withdrawn"), ("dispensed", "withdrawn"),
        ("expired", "expired"), ("non_sellable_expired", "expired"), ("recalled", "recalled"),
        ("urn:epcglobal:cbv:disp:non_sellable_recalled", "recalled"), ("destroyed", "destroyed"),
        ("disposed", "destroyed"), ("unknown", "attention"),
        ("in_progress", ""), ("in_transit", ""), ("mismatch_quantity", ""), ("sellable_not_accessible", ""),
    ],
)  # fmt: skip
def test_what_is_recorded_as_unfit_is_not_sold_and_the_page_says_so(disposition: str, headline: str) -> None:
    records = commissioned()
    records.tell(ITEM, "inspecting", disposition=disposition)
    records.tell(ITEM, "shipping", disposition="in_transit")  # to carry it about does not mend it
    _, till, _, page = answers(records)
    assert till == ("unfit" if headline else "")
    assert page.verdict.state == (headline or "registered")
