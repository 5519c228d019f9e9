"""Accounts, tokens, sessions and the log of decisions, on both systems."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Engine, select

from suyuan.trace.errors import InvalidInput, NotFound
from suyuan.trace.store import accounts
from suyuan.trace.store.accounts import Account, AccountExists, AccountRole, CredentialsWrong, PasswordUnfit
from suyuan.trace.store.decisions import append_decision, decisions
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.tables import AccountRow, SessionRow, TokenRow

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
PASSWORD = "三月的雨落在云南的菜园里 and on"


TRUE_HASHER = accounts.hasher
"""What the server has; the suite's other tests take the same algorithm at its least cost."""


@pytest.fixture
def randbytes() -> Callable[[int], bytes]:
    return random.Random(7).randbytes


def make(engine: Engine, name: str = "inspector", password: str | None = PASSWORD) -> Account:
    with Writing(engine) as writing:
        return accounts.create_account(
            writing, name, role=AccountRole.REGULATOR, party="bureau", now=NOW, password=password
        )


def test_a_password_signs_in(engine: Engine) -> None:
    made = make(engine)
    with Reading(engine) as reading:
        assert accounts.verify_password(reading, "inspector", PASSWORD) == made
        assert accounts.account(reading, "inspector") == made
        kept = reading.connection.execute(select(AccountRow.password)).scalar() or ""
    assert kept.startswith("$argon2id$")
    assert made == Account("inspector", AccountRole.REGULATOR, "bureau")


def test_passwords_are_hashed_at_full_cost(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "hasher", TRUE_HASHER)
    make(sqlite_engine)
    with Reading(sqlite_engine) as reading:
        assert accounts.verify_password(reading, "inspector", PASSWORD).name == "inspector"
        kept = reading.connection.execute(select(AccountRow.password)).scalar() or ""
    assert "m=65536,t=3" in kept


WRONG = [
    ("inspector", PASSWORD + "!"),
    ("inspector", ""),
    ("inspector", "x" * 10_000_000),
    ("inspector", "\ud800"),
    ("nobody", PASSWORD),
    ("tokens-only", ""),
    ("tokens-only", "the password of nobody"),
    ("Inspector", PASSWORD),
]


def test_anything_else_does_not_and_says_the_same(engine: Engine, subtests: pytest.Subtests) -> None:
    make(engine)
    make(engine, "tokens-only", None)
    for name, password in WRONG:
        with subtests.test(name=name, password=ascii(password[:40])):
            with Reading(engine) as reading, pytest.raises(CredentialsWrong) as raised:
                accounts.verify_password(reading, name, password)
            assert raised.value.detail == "These credentials are not valid"


def test_an_unknown_name_costs_one_computation_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    make(engine)
    hasher = accounts.hasher()
    verified: list[str | bytes] = []

    def counting(password: str | bytes, kept: str | bytes) -> bool:
        verified.append(password)
        return type(hasher).verify(hasher, password, kept)

    monkeypatch.setattr(hasher, "verify", counting)
    for name in ("inspector", "nobody"):
        with Reading(engine) as reading, pytest.raises(CredentialsWrong):
            accounts.verify_password(reading, name, "wrong")
    assert len(verified) == 2


def test_unfit_passwords_are_refused(engine: Engine) -> None:
    for password in ("", "eleven char", "x" * 257):
        with pytest.raises(PasswordUnfit):
            make(engine, password=password)


def test_unfit_names_are_refused(engine: Engine) -> None:
    for name in ("", "  ", "a\0b", "a\nb", "x" * 101):
        with pytest.raises(InvalidInput, match="printable"):
            make(engine, name)


def test_a_name_is_given_once(engine: Engine) -> None:
    make(engine)
    with pytest.raises(AccountExists, match="inspector"):
        make(engine)


def test_a_new_password_ends_sessions(engine: Engine, randbytes: Callable[[int], bytes]) -> None:
    make(engine)
    with Writing(engine) as writing:
        secret = accounts.start_session(
            writing, "inspector", now=NOW, randbytes=randbytes, lifetime=timedelta(hours=8)
        )
        accounts.set_password(writing, "inspector", PASSWORD + " again")
    with Reading(engine) as reading:
        with pytest.raises(CredentialsWrong):
            accounts.verify_password(reading, "inspector", PASSWORD)
        with pytest.raises(CredentialsWrong):
            accounts.authenticate_session(reading, secret, NOW)
        assert accounts.verify_password(reading, "inspector", PASSWORD + " again").name == "inspector"


def test_a_token_works_until_it_expires_or_is_revoked(
    engine: Engine, randbytes: Callable[[int], bytes]
) -> None:
    made = make(engine)
    with Writing(engine) as writing:
        secret, token = accounts.create_token(
            writing, "inspector", now=NOW, randbytes=randbytes, lifetime=timedelta(days=1)
        )
        lasting, other = accounts.create_token(writing, "inspector", now=NOW, randbytes=randbytes)
    assert secret.startswith("sy_")
    assert len(secret) == 3 + 64
    with Reading(engine) as reading:
        assert accounts.authenticate_token(reading, secret, NOW) == made
        assert accounts.authenticate_token(reading, lasting, NOW + timedelta(days=999)) == made
        with pytest.raises(CredentialsWrong):
            accounts.authenticate_token(reading, secret, NOW + timedelta(days=1))
        assert {t.id for t in accounts.tokens(reading, "inspector")} == {token.id, other.id}
    with Writing(engine) as writing:
        accounts.revoke_token(writing, other.id, NOW)
        accounts.revoke_token(writing, other.id, NOW + timedelta(days=5))
    with Reading(engine) as reading:
        with pytest.raises(CredentialsWrong):
            accounts.authenticate_token(reading, lasting, NOW)
        assert [t.revoked for t in accounts.tokens(reading, "inspector") if t.id == other.id] == [NOW]


def test_other_secrets_do_not(engine: Engine) -> None:
    make(engine)
    for secret in ("", "sy_", "sy_" + "0" * 64, "\ud800", "a\0b", "x" * 100_000):
        with Reading(engine) as reading:
            with pytest.raises(CredentialsWrong):
                accounts.authenticate_token(reading, secret, NOW)
            with pytest.raises(CredentialsWrong):
                accounts.authenticate_session(reading, secret, NOW)


def test_secrets_are_not_stored(engine: Engine, randbytes: Callable[[int], bytes]) -> None:
    make(engine)
    with Writing(engine) as writing:
        token, _ = accounts.create_token(writing, "inspector", now=NOW, randbytes=randbytes)
        session = accounts.start_session(
            writing, "inspector", now=NOW, randbytes=randbytes, lifetime=timedelta(hours=1)
        )
    with Reading(engine) as reading:
        for table in (TokenRow, SessionRow, AccountRow):
            for row in reading.connection.execute(select(table.__table__)):
                assert token not in repr(row)
                assert token[3:] not in repr(row)
                assert session not in repr(row)
                assert PASSWORD not in repr(row)


def test_sessions_end(engine: Engine, randbytes: Callable[[int], bytes]) -> None:
    made = make(engine)

    def start(now: datetime) -> str:
        with Writing(engine) as writing:
            return accounts.start_session(
                writing, "inspector", now=now, randbytes=randbytes, lifetime=timedelta(hours=8)
            )

    first, second = start(NOW), start(NOW)
    with Reading(engine) as reading:
        assert accounts.authenticate_session(reading, first, NOW + timedelta(hours=7)) == made
        with pytest.raises(CredentialsWrong):
            accounts.authenticate_session(reading, first, NOW + timedelta(hours=8))
    with Writing(engine) as writing:
        accounts.end_session(writing, first)
        accounts.end_session(writing, first)
    with Reading(engine) as reading:
        with pytest.raises(CredentialsWrong):
            accounts.authenticate_session(reading, first, NOW)
        assert accounts.authenticate_session(reading, second, NOW) == made
    start(NOW + timedelta(days=1))
    with Reading(engine) as reading:
        assert len(reading.connection.execute(select(SessionRow.hash)).all()) == 1


def test_unknown_accounts_and_tokens_are_not_found(engine: Engine, randbytes: Callable[[int], bytes]) -> None:
    with Writing(engine) as writing:
        with pytest.raises(NotFound):
            accounts.create_token(writing, "nobody", now=NOW, randbytes=randbytes)
        with pytest.raises(NotFound):
            accounts.revoke_token(writing, "none", NOW)
        with pytest.raises(NotFound):
            accounts.set_password(writing, "nobody", PASSWORD)
    with Reading(engine) as reading:
        assert accounts.accounts(reading) == []


def test_decisions_come_back_in_order(engine: Engine) -> None:
    numbers = count(1)
    for case in ("R2026-0001", "R2026-0002", "R2026-0001"):
        with Writing(engine) as writing:
            sequence = append_decision(
                writing, case=case, time=NOW, by="inspector", what="held", payload="雨".encode()
            )
        assert sequence == next(numbers)
    with Reading(engine) as reading:
        assert [(d.sequence, d.case) for d in decisions(reading)] == [
            (1, "R2026-0001"),
            (2, "R2026-0002"),
            (3, "R2026-0001"),
        ]
        assert [d.sequence for d in decisions(reading, case="R2026-0001", after=1)] == [3]
        last = list(decisions(reading))[-1]
    assert (last.time, last.by, last.what, last.payload) == (NOW, "inspector", "held", "雨".encode())
