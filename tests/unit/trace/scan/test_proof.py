"""Marks, signatures and taps, judged from facts alone."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.trace.sun.test_taps import LRP_FILE, P12, P18, PLAIN, Fixed

from suyuan.trace.gs1 import Identifier, identify
from suyuan.trace.recall.passport import Level, VerdictState
from suyuan.trace.register.labels import Sealed, SealKind
from suyuan.trace.scan.label_keys import LabelKeyFile, LabelKeySet
from suyuan.trace.scan.past import Outcome
from suyuan.trace.scan.proof import (
    RELOADED,
    Counted,
    NotGivenOut,
    Proof,
    TapFault,
    proof_of_label,
    proof_of_tap,
    seal,
    tap_in,
)
from suyuan.trace.scan.seals import canonical, told_in
from suyuan.trace.sun import Freshness, Tap

NOW = datetime(2026, 5, 1, tzinfo=UTC)
OWNER = "https://id.gs1.org/417/9521234000006"
MASTER = bytes(range(32))
KEYS = LabelKeyFile([LabelKeySet(1, MASTER, MASTER[::-1])])
OTHERS = LabelKeyFile([LabelKeySet(1, MASTER[::-1], MASTER)])
NAME = KEYS.names[0]
ITEM = identify("https://trace.example.cn/01/09506000134352/10/L7/21/K7M3QP4A")
OWN = identify("https://trace.example.cn/own/product/P00001A/lot/L7/serial/1")
UNIT = identify("/00/095212340000009993")
MARK = Sealed(OWNER, SealKind.MARK, NAME)
SIGNATURE = Sealed(OWNER, SealKind.SIGNATURE, NAME)


def codes(proof: Proof) -> list[str]:
    return [reason.code for reason in proof.reasons]


def test_a_mark_is_what_the_documentation_says() -> None:
    """Computed as a stranger would, from the definition in docs/labels.md."""
    key = HKDF(SHA256(), 32, salt=None, info=b"suyuan label mark 1\0" + OWNER.encode()).derive(MASTER)
    link = b"https://id.gs1.org/01/09506000134352/10/L7/21/K7M3QP4A"
    digest = hmac.new(key, link, hashlib.sha256).digest()[:12]
    told = seal(KEYS, MARK, ITEM)
    assert len(told) == len("v=") + 16
    assert told == f"v={urlsafe_b64encode(digest).decode()}"


def test_a_signature_is_what_the_documentation_says() -> None:
    name, _, text = seal(KEYS, SIGNATURE, ITEM).removeprefix("s=").partition(".")
    signature = urlsafe_b64decode(text + "==")
    link = b"https://id.gs1.org/01/09506000134352/10/L7/21/K7M3QP4A"
    Ed25519PublicKey.from_public_bytes(KEYS.public_key(name)).verify(signature, b"suyuan-label-1\n" + link)


@pytest.mark.parametrize("thing", [ITEM, OWN, UNIT], ids=lambda one: one.kind)
@pytest.mark.parametrize(("sealed", "level"), [(MARK, Level.MARKED), (SIGNATURE, Level.SIGNED)])
def test_a_seal_proves_itself_and_nothing_else(thing: Identifier, sealed: Sealed, level: Level) -> None:
    told = seal(KEYS, sealed, thing)
    assert proof_of_label(thing, told, sealed, KEYS).level is level
    for other in {ITEM.key: ITEM, OWN.key: OWN, UNIT.key: UNIT}.values():
        if other is not thing:
            with pytest.raises(NotGivenOut):
                proof_of_label(other, told, sealed, KEYS)


def test_what_the_code_says_of_its_lot_is_sealed_too() -> None:
    other = identify("https://trace.example.cn/01/09506000134352/10/L8/21/K7M3QP4A")
    for sealed in (MARK, SIGNATURE):
        with pytest.raises(NotGivenOut):
            proof_of_label(other, seal(KEYS, sealed, ITEM), sealed, KEYS)


@given(st.text(max_size=200), st.sampled_from([MARK, SIGNATURE]))
def test_no_other_text_is_a_seal(text: str, sealed: Sealed) -> None:
    name = "v" if sealed is MARK else "s"
    right = seal(KEYS, sealed, ITEM)
    query = f"{name}={text}"
    if told_in(query, name) == right[2:]:
        return
    with pytest.raises(NotGivenOut):
        proof_of_label(ITEM, query, sealed, KEYS)


@given(st.integers(0, 15), st.integers(0, 63))
def test_every_character_of_a_mark_counts(place: int, other: int) -> None:
    right = seal(KEYS, MARK, ITEM)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = right[: 2 + place] + letters[other] + right[3 + place :]
    if changed != right:
        with pytest.raises(NotGivenOut):
            proof_of_label(ITEM, changed, MARK, KEYS)


@pytest.mark.parametrize("sealed", [MARK, SIGNATURE])
def test_a_seal_that_is_there_twice_is_wrong(sealed: Sealed) -> None:
    right = seal(KEYS, sealed, ITEM)
    with pytest.raises(NotGivenOut):
        proof_of_label(ITEM, f"{right}&{right}", sealed, KEYS)


def test_without_a_seal_the_code_is_worth_what_it_is() -> None:
    missing = proof_of_label(ITEM, "lang=en", MARK, KEYS)
    assert (missing.level, codes(missing), missing.outcome) == (
        Level.SERIAL, ["mark-missing"], Outcome.MISSING,
    )  # fmt: skip
    plain = proof_of_label(ITEM, "v=1.2&s=x", None, KEYS)
    assert (plain.level, plain.reasons) == (Level.SERIAL, ())
    assert proof_of_label(identify("/01/09506000134352/10/L7"), "", None, KEYS).level is Level.LOT


@pytest.mark.parametrize("keys", [None, OTHERS])
@pytest.mark.parametrize("query", ["v=AAAAAAAAAAAAAAAA&s=x.y", seal(KEYS, MARK, ITEM)])
def test_who_lost_the_keys_calls_nothing_forged(keys: LabelKeyFile | None, query: str) -> None:
    proof = proof_of_label(ITEM, query, MARK, keys)
    assert (proof.level, codes(proof)) == (Level.SERIAL, ["cannot-check"])


@pytest.mark.parametrize(
    ("link", "uid", "counter"),
    [(P12, "04DE5F1EACC040", 61), (P18, "04958CAA5C5E80", 8), (PLAIN, "041E3C8A2D6B80", 6),
     (LRP_FILE, "049B112A2F7080", 4)],
)  # fmt: skip
def test_published_taps_are_found_behind_whatever_stands_before(link: str, uid: str, counter: int) -> None:
    query = link.partition("?")[2]
    expected = (bytes.fromhex(uid), counter)
    for found in (tap_in(query, Fixed(), lost=False), tap_in(f"v=AAAA&{query}", Fixed(), lost=True)):
        assert isinstance(found, Tap)
        assert (found.uid, found.counter) == expected


def test_a_tap_that_does_not_verify_is_forged_unless_keys_were_lost() -> None:
    query = P12.partition("?")[2][:-1] + "7"
    assert tap_in(query, Fixed(), lost=False) is TapFault.FORGED
    assert tap_in(query, Fixed(), lost=True) is TapFault.CANNOT_CHECK
    assert tap_in(query, None, lost=False) is TapFault.CANNOT_CHECK


@given(st.text(st.sampled_from("0123456789ABCDEFg&=ecvpicmauidtrf_%#é"), max_size=120))
def test_nothing_behind_a_question_mark_is_more_than_unreadable(query: str) -> None:
    assert not isinstance(tap_in(query, Fixed(), lost=False), Tap)


@pytest.mark.parametrize("query", ["e=00&c=00", "e=&c=", "e=zz&c=94EED9EE65337086", f"e={'0' * 1900}&c=00"])
def test_half_a_tap_is_unreadable(query: str) -> None:
    assert tap_in(query, Fixed(), lost=False) is TapFault.UNREADABLE


@pytest.mark.parametrize("query", ["", "e=EF963FF7828658A599F3041510671E88", "c=94EED9EE65337086", "lang=en"])
def test_a_stripped_tap_is_none(query: str) -> None:
    assert tap_in(query, Fixed(), lost=False) is None


LATER = NOW + RELOADED + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("freshness", "same", "asked", "state", "code", "outcome"),
    [
        (Freshness.FRESH, True, NOW, VerdictState.VERIFIED, "chip-verified", Outcome.VERIFIED),
        (Freshness.AGAIN, True, NOW, VerdictState.VERIFIED, "chip-verified", Outcome.AGAIN),
        (Freshness.AGAIN, True, LATER, VerdictState.ATTENTION, "tap-seen-before", Outcome.REPLAYED),
        (Freshness.AGAIN, False, NOW, VerdictState.ATTENTION, "tap-seen-before", Outcome.AGAIN),
        (Freshness.AGAIN, False, LATER, VerdictState.ATTENTION, "tap-seen-before", Outcome.REPLAYED),
        (Freshness.REPLAY, True, NOW, VerdictState.ATTENTION, "tap-seen-before", Outcome.AGAIN),
        (Freshness.REPLAY, True, LATER, VerdictState.SUSPICIOUS, "tap-replayed", Outcome.REPLAYED),
        (Freshness.REPLAY, False, NOW, VerdictState.SUSPICIOUS, "tap-replayed", Outcome.REPLAYED),
    ],
)
def test_what_a_reading_means(
    freshness: Freshness, same: bool, asked: datetime, state: VerdictState, code: str, outcome: Outcome
) -> None:
    proof = proof_of_tap(Counted(freshness, NOW, same), asked, bound=[ITEM.key], own=[ITEM.key])
    assert (proof.reasons[0].state, proof.reasons[0].code, proof.outcome) == (state, code, outcome)
    assert (proof.level is Level.TAP) is (state is VerdictState.VERIFIED)


def test_a_genuine_tap_says_nothing_of_another_object_nor_where_nobody_said_which() -> None:
    fresh = Counted(Freshness.FRESH, NOW, same=True)
    moved = proof_of_tap(fresh, NOW, bound=[UNIT.key], own=[ITEM.key])
    assert (moved.level, codes(moved), moved.outcome) == (
        Level.SERIAL, ["tap-of-another"], Outcome.OF_ANOTHER,
    )  # fmt: skip
    loose = proof_of_tap(fresh, NOW, bound=[], own=[ITEM.key])
    assert (loose.level, codes(loose), loose.outcome) == (Level.SERIAL, ["tap-unbound"], Outcome.NONE)


@pytest.mark.parametrize("freshness", [Freshness.AGAIN, Freshness.REPLAY])
@pytest.mark.parametrize("same", [True, False])
def test_a_kept_link_on_another_object_is_found_out_but_counts_nothing(
    freshness: Freshness, same: bool
) -> None:
    moved = proof_of_tap(Counted(freshness, NOW, same), NOW, bound=[UNIT.key], own=[ITEM.key])
    assert (codes(moved), moved.outcome) == (["tap-of-another"], Outcome.NONE)


def test_the_canonical_link_does_not_know_where_it_was_printed() -> None:
    assert canonical(ITEM) == canonical(
        identify("http://other.example/x/01/09506000134352/10/L7/21/K7M3QP4A")
    )
    assert canonical(OWN).startswith(b"https://trace.example.cn/own/")
