"""The signed list: who outranks whom, and that a station can verify it."""

from __future__ import annotations

import base64
import random
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from suyuan.trace.recall.blocklist import blocked_keys, key_id, listed_keys, sign_block_list
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import Case, CaseDraft, CaseState

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DRAFT = CaseDraft(Text(en="t"), Text(en="r"), "chemical", 2, Text(en="w"), "c", ())


def case(number: str, state: CaseState, *keys: str) -> Case:
    return Case(number, state, DRAFT, (), frozenset(keys), ())


def test_only_holds_and_recalls_in_force_block() -> None:
    blocked = blocked_keys(
        [
            case("R1", CaseState.DRAFT, "a"),
            case("R2", CaseState.RELEASED, "b"),
            case("R3", CaseState.HELD, "c"),
            case("R4", CaseState.PUBLISHED, "d"),
        ]
    )
    assert blocked == {"c": {"state": "held", "case": "R3"}, "d": {"state": "recalled", "case": "R4"}}


def test_a_recall_outranks_an_earlier_hold_and_the_earlier_of_two_recalls_stands() -> None:
    cases = [
        case("R1", CaseState.HELD, "a"),
        case("R2", CaseState.PUBLISHED, "a"),
        case("R3", CaseState.PUBLISHED, "a"),
    ]
    assert blocked_keys(cases) == {"a": {"state": "recalled", "case": "R2"}}


def test_a_unit_that_only_carries_is_marked_so() -> None:
    carrying = replace(case("R1", CaseState.HELD, "a", "b"), carriers=frozenset({"box", "b"}))
    assert blocked_keys([carrying]) == {
        "a": {"state": "held", "case": "R1"},
        "b": {"state": "held", "case": "R1"},
        "box": {"state": "held", "case": "R1", "carries": "yes"},
    }


def test_a_release_of_the_recall_leaves_the_hold_of_another_case() -> None:
    cases = [case("R1", CaseState.RELEASED, "a"), case("R2", CaseState.HELD, "a")]
    assert blocked_keys(cases) == {"a": {"state": "held", "case": "R2"}}


def test_the_signature_covers_the_very_bytes_and_nothing_else_passes() -> None:
    key = Ed25519PrivateKey.from_private_bytes(random.Random(1).randbytes(32))
    blocked = blocked_keys([case("R1", CaseState.HELD, "a")])
    signed = sign_block_list(blocked, sequence=7, issued=NOW, key=key)
    told = orjson.loads(signed)
    payload, signature = base64.b64decode(told["payload"]), base64.b64decode(told["signature"])
    key.public_key().verify(signature, payload)
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, payload.replace(b"held", b"sold"))
    assert orjson.loads(payload) == {"issued": "2026-11-20T08:00:00Z", "sequence": 7, "keys": blocked}
    assert told["key_id"] == key_id(key.public_key().public_bytes_raw())
    assert listed_keys(signed) == blocked
