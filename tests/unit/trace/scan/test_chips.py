"""What follows from what was told of an item's chips."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from suyuan.trace.recall.passport import Level, VerdictState
from suyuan.trace.scan.chips import chip_case, cleared, findings, proof_of_chips
from suyuan.trace.scan.likelihood import suspicion
from suyuan.trace.scan.past import FindingKind, History, Outcome
from suyuan.trace.scan.proof import Proof
from suyuan.trace.store.tag_bindings import Binding, ChipKind
from suyuan.trace.store.tag_told import TagTold, kind_of
from suyuan.trace.sun.renewal import digest

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
KEY = "https://id.gs1.org/01/06901234567892/21/1"
MAKER, SHOP = "https://id.gs1.org/417/6901234567892", "https://id.gs1.org/417/6901234567908"
NFC, OTHER, UHF = "04A1B2C3D4E501", "04A1B2C3D4E502", "E28011912000000000000007"
FIRST, NEXT, LAST = "AAAAAAAAAAAA", "BBBBBBBBBBBB", "CCCCCCCCCCCC"
PLAIN = Proof(Level.SERIAL)


def bound(chip: str = NFC, until: datetime | None = None) -> Binding:
    return Binding(KEY, chip, kind_of(chip), MAKER, NOW, "event", until)


def told(chip: str = NFC, party: str = MAKER, days: float = 0, **more: object) -> TagTold:
    time = NOW + timedelta(days=days)
    return TagTold(KEY, chip, party, time, time, f"evidence {days}", **more)  # type: ignore[arg-type]


def renewed(found: str, written: str, days: float) -> TagTold:
    seen = [digest(KEY, NFC, each) if each else "" for each in (found, written)]
    return told(days=days, found=seen[0], written=seen[1])


def codes(proof: Proof) -> list[str]:
    return [reason.code for reason in proof.reasons]


def test_a_bound_chip_is_a_level_and_the_makers_signature_a_sentence() -> None:
    case = chip_case([bound()], [told(original=False), told(original=True, days=1)])
    proof = proof_of_chips(PLAIN, case, "")
    assert (proof.level, codes(proof)) == (Level.CHIP, ["chip-original"])
    assert codes(proof_of_chips(PLAIN, chip_case([bound()], [told(original=False)]), "")) == [
        "chip-not-original"
    ]
    assert proof_of_chips(Proof(Level.TAP), case, "").level is Level.TAP
    assert proof_of_chips(PLAIN, chip_case([bound(until=NOW)], []), "").level is Level.SERIAL


@pytest.mark.parametrize(
    ("bindings", "other", "speaks"),
    [
        ([bound()], OTHER, True),
        ([bound(until=NOW)], OTHER, True),
        ([bound()], UHF, False),
        ([bound(UHF)], OTHER, False),
        ([bound(), bound(OTHER)], OTHER, False),
        ([bound(until=NOW), bound(OTHER)], NFC, False),
        ([], OTHER, False),
    ],
)
def test_which_chip_speaks_against_an_item(bindings: list[Binding], other: str, *, speaks: bool) -> None:
    case = chip_case(bindings, [told(other, SHOP, 1)])
    proof = proof_of_chips(PLAIN, case, "")
    assert ("tag-mismatch" in codes(proof)) is speaks
    assert [one.kind for one in findings(case)] == [FindingKind.WRONG_CHIP] * speaks
    if speaks:
        assert proof.level is Level.SERIAL
        assert findings(case)[0].evidence == ("evidence 1",)


def test_numbers_that_a_page_is_shown() -> None:
    case = chip_case([bound()], [told(), renewed("", FIRST, 1), renewed(FIRST, NEXT, 2)])
    current, stale, unknown, none, twice, odd = (
        proof_of_chips(PLAIN, case, query)
        for query in (f"y={NEXT}", f"v=1&y={FIRST}", f"y={LAST}", "", f"y={NEXT}&y={NEXT}", "y=%00")
    )
    assert (current.level, codes(current), current.outcome) == (
        Level.RENEWED, ["secret-current"], Outcome.NONE,
    )  # fmt: skip
    assert current.reasons[0].fields["time"] == NOW + timedelta(days=2)
    assert (stale.level, codes(stale), stale.outcome) == (Level.CHIP, ["secret-stale"], Outcome.STALE)
    assert stale.reasons[0].state is VerdictState.SUSPICIOUS
    assert (unknown.level, codes(unknown)) == (Level.CHIP, ["secret-unknown"])
    assert codes(none) == codes(twice) == codes(odd) == []
    never = proof_of_chips(PLAIN, chip_case([bound()], [told()]), f"y={NEXT}")
    assert codes(never) == [], "no station ever wrote one: it is somebody else's parameter"


def test_two_tags_speak_until_somebody_answered_for_them() -> None:
    acts = [renewed("", FIRST, 0), renewed(FIRST, NEXT, 1), renewed(FIRST, LAST, 2)]
    case = chip_case([bound()], acts)
    proof = proof_of_chips(PLAIN, case, f"y={LAST}")
    assert codes(proof) == ["secret-forked", "secret-current"]
    assert proof.level is Level.SERIAL
    (found,) = findings(case)
    assert (found.kind, found.time) == (FindingKind.STALE_SECRET, NOW + timedelta(days=2))
    assert found.evidence == ("evidence 1", "evidence 2")
    assert findings(cleared(case, NOW + timedelta(days=2))) == []
    again = chip_case([bound()], [*acts, renewed(LAST, "D" * 12, 4), renewed(LAST, "E" * 12, 5)])
    assert findings(cleared(again, NOW + timedelta(days=3))) != []


def test_somebody_answered_for_what_was_known_then_whatever_its_events_call_their_time() -> None:
    day = timedelta(days=1)
    late = replace(told(OTHER, days=-1), known=NOW + day)
    ahead = replace(told(OTHER, days=400), known=NOW - day)
    after = cleared(chip_case([bound()], [late, ahead]), NOW)
    assert after.others == (late,)
    (found,) = findings(after)
    assert suspicion(History(findings=(found,), cleared=NOW)).reasons
    assert not suspicion(History(findings=(replace(found, known=NOW - day),), cleared=NOW)).reasons
    early, again = (replace(renewed(FIRST, each, -1), known=NOW + day) for each in (NEXT, LAST))
    fork = chip_case([bound()], [early, replace(again, time=NOW)])
    assert [one.known for one in findings(cleared(fork, NOW))] == [NOW + day]


@pytest.mark.parametrize(
    ("chip", "kind"), [(NFC, ChipKind.NFC), (UHF, ChipKind.UHF), ("E280119120" + "0" * 10, ChipKind.UHF)]
)
def test_kinds_of_chips(chip: str, kind: ChipKind) -> None:
    assert kind_of(chip) is kind
