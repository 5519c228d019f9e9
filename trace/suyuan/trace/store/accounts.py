"""Who may do what: accounts with passwords, bearer tokens of stations, sessions of browsers.

Secrets leave here once and are kept only as hashes: passwords as Argon2id, tokens and sessions (256 random
bits, which no dictionary finds) as SHA-256. Time and randomness are the caller's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from sqlalchemy import delete, func, insert, or_, select, update

from suyuan.trace.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.tables import AccountRow, SessionRow, TokenRow
from suyuan.trace.store.vocabulary import note_decision

RandBytes = Callable[[int], bytes]

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256  # characters; Argon2 hashes any length, an unbounded one is a way to burn our time
LONGEST_NAME = 100
_SECRET_BYTES = 32
_TOKEN_PREFIX = "sy_"  # noqa: S105 (a mark by which scanners for leaked secrets know ours, not a secret)


class AccountRole(StrEnum):
    """What an account is for."""

    REGULATOR = "regulator"  # an officer of an authority
    ADMINISTRATOR = "administrator"  # who runs the platform
    COMPANY = "company"  # staff of a producer, carrier or shop
    STATION = "station"  # a machine that captures


_HEARD = frozenset({AccountRole.REGULATOR, AccountRole.ADMINISTRATOR})
"""Whose word about goods counts for more than a company's: pages of goods follow from who these are."""


class AccountExists(Conflict):
    """The name is taken."""

    code = "account-exists"
    title = "There is already an account of that name"


class PasswordUnfit(InvalidInput):
    """A password that is not accepted."""

    code = "password-unfit"
    title = "This password cannot be used"


class CredentialsWrong(NotAuthenticated):
    """Wrong name or password, or an unknown, expired or revoked token or session: never says which."""

    code = "credentials-wrong"
    title = "Please sign in"


@dataclass(frozen=True, slots=True)
class Account:
    """An account; ``party`` is the owner of everything that it captures."""

    name: str
    role: AccountRole
    party: str
    disabled: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token, beside its secret. ``id`` names it in lists and for revocation."""

    id: str
    account: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None


def create_account(
    writing: Writing, name: str, *, role: AccountRole, party: str, now: datetime, password: str | None = None
) -> Account:
    """A new account; without password it can only be used through tokens.

    Raises:
        AccountExists: the name is taken.
        PasswordUnfit: shorter than 12 or longer than 256 characters.
        InvalidInput: an empty or overlong name.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            "An account name has 1 to {most} printable characters", where="name", most=LONGEST_NAME
        )
    if password is not None:
        _check_password(password)
    if writing.connection.execute(select(AccountRow.name).where(AccountRow.name == name)).first():
        raise AccountExists("There is already an account named {name}", where="name", name=name)
    hashed = None if password is None else hasher().hash(_bytes(password))
    writing.connection.execute(
        insert(AccountRow),
        {"name": name, "password": hashed, "role": role.value, "party": party, "created": now},
    )
    if role in _HEARD:
        note_decision(writing)
    return Account(name, role, party)


def own_party(name: str) -> str:
    """The key of a party that nobody has given a number: in our own namespace, by its account's name."""
    return f"https://ns.suyuan.example/party/{name}"


def heard_among(reading: Reading, parties: Collection[str]) -> Sequence[tuple[str, str]]:
    """Those of ``parties`` in whose name administrators and officers write, each with the role; sorted."""
    rows = reading.connection.execute(
        select(AccountRow.name, AccountRow.role, AccountRow.party).where(AccountRow.role.in_(_HEARD))
    )
    found = {(party or own_party(name), role) for name, role, party in rows}
    return sorted((party, role) for party, role in found if party in parties)


def account(reading: Reading, name: str) -> Account:
    """The account of that name, or ``NotFound``."""
    row = reading.connection.execute(_ACCOUNTS.where(AccountRow.name == name)).first()
    if row is None:
        raise NotFound("There is no account named {name}", where="name", name=name)
    return _account(*row)


def accounts(reading: Reading) -> Sequence[Account]:
    """All accounts by name."""
    return [_account(*row) for row in reading.connection.execute(_ACCOUNTS.order_by(AccountRow.name))]


def verify_password(reading: Reading, name: str, password: str) -> Account:
    """The account, if the password is right; one Argon2 computation whether or not the name exists.

    Takes tens to hundreds of milliseconds and 64 MiB: callers bound how many run at once.

    Raises:
        CredentialsWrong: anything does not fit.
    """
    row = reading.connection.execute(
        select(AccountRow.name, AccountRow.role, AccountRow.party, AccountRow.password).where(
            AccountRow.name == name, AccountRow.disabled.is_(None)
        )
    ).first()
    nobodys = _no_ones_hash()  # made on the first sign-in of the process, whoever that is
    kept = row.password if row is not None and row.password is not None else nobodys
    try:
        right = hasher().verify(_bytes(password[: LONGEST_PASSWORD + 1]), kept)
    except UnknownHashError:  # an account made by hand with something that is no Argon2 hash
        right = False
    if row is None or row.password is None or not right:
        raise _wrong()
    return Account(row.name, AccountRole(row.role), row.party)


def set_password(writing: Writing, name: str, password: str) -> None:
    """Replace the password and end every session of the account.

    Raises:
        NotFound: no such account.
        PasswordUnfit: see :func:`create_account`.
    """
    _check_password(password)
    account(writing, name)
    writing.connection.execute(
        update(AccountRow).where(AccountRow.name == name).values(password=hasher().hash(_bytes(password)))
    )
    writing.connection.execute(delete(SessionRow).where(SessionRow.account == name))


def bind_account(writing: Writing, name: str, party: str) -> None:
    """Make an account one of ``party``'s; at the next request it sees what that party sees."""
    before = account(writing, name)
    writing.connection.execute(update(AccountRow).where(AccountRow.name == name).values(party=party))
    if before.role in _HEARD and before.party != party:
        note_decision(writing)


def disable_account(writing: Writing, name: str, now: datetime) -> None:
    """Close an account: its password and tokens open nothing any more, its sessions end. What it did stays.

    Closing it again changes nothing.
    """
    if account(writing, name).disabled is None:
        values = {"disabled": now}
        writing.connection.execute(update(AccountRow).where(AccountRow.name == name).values(**values))
    end_sessions(writing, name)


def enable_account(writing: Writing, name: str) -> None:
    """Open a closed account again, with the password and the tokens that it had."""
    account(writing, name)
    writing.connection.execute(update(AccountRow).where(AccountRow.name == name).values(disabled=None))


def create_token(
    writing: Writing, name: str, *, now: datetime, randbytes: RandBytes, lifetime: timedelta | None = None
) -> tuple[str, Token]:
    """A new bearer token of an account: its secret, told this once, and what stays known of it."""
    account(writing, name)
    secret = _TOKEN_PREFIX + randbytes(_SECRET_BYTES).hex()
    token = Token(randbytes(8).hex(), name, now, None if lifetime is None else now + lifetime, None)
    writing.connection.execute(
        insert(TokenRow),
        {
            "hash": _digest(secret),
            "id": token.id,
            "account": name,
            "created": now,
            "expires": token.expires,
            "revoked": None,
        },
    )
    return secret, token


def authenticate_token(reading: Reading, secret: str, now: datetime) -> Account:
    """The account of a token that is neither expired nor revoked; else ``CredentialsWrong``. One look-up."""
    row = reading.connection.execute(
        _ACCOUNTS.join(TokenRow, TokenRow.account == AccountRow.name).where(
            TokenRow.hash == _digest(secret),
            TokenRow.revoked.is_(None),
            AccountRow.disabled.is_(None),
            or_(TokenRow.expires.is_(None), TokenRow.expires > now),
        )
    ).first()
    if row is None:
        raise _wrong()
    return _account(*row)


def tokens(reading: Reading, name: str) -> Sequence[Token]:
    """The tokens of an account, oldest first; secrets are not known."""
    statement = select(TokenRow.id, TokenRow.account, TokenRow.created, TokenRow.expires, TokenRow.revoked)
    rows = reading.connection.execute(
        statement.where(TokenRow.account == name).order_by(TokenRow.created, TokenRow.id)
    )
    return [Token(*row) for row in rows]


def revoke_token(writing: Writing, token_id: str, now: datetime) -> None:
    """End a token at once; ending it again changes nothing. ``NotFound`` if there is none of that id."""
    found = writing.connection.execute(select(TokenRow.revoked).where(TokenRow.id == token_id)).first()
    if found is None:
        raise NotFound("There is no token {id}", where="id", id=token_id)
    if found.revoked is None:
        writing.connection.execute(update(TokenRow).where(TokenRow.id == token_id).values(revoked=now))


def start_session(
    writing: Writing, name: str, *, now: datetime, randbytes: RandBytes, lifetime: timedelta
) -> str:
    """Sign an account in: the secret for the cookie, told this once. Sweeps out sessions that have ended."""
    account(writing, name)
    secret = randbytes(_SECRET_BYTES).hex()
    writing.connection.execute(delete(SessionRow).where(SessionRow.expires <= now))
    writing.connection.execute(
        insert(SessionRow),
        {"hash": _digest(secret), "account": name, "created": now, "expires": now + lifetime},
    )
    return secret


def authenticate_session(reading: Reading, secret: str, now: datetime) -> Account:
    """The account signed in by this cookie; else ``CredentialsWrong``. One look-up."""
    row = reading.connection.execute(
        _ACCOUNTS.join(SessionRow, SessionRow.account == AccountRow.name).where(
            SessionRow.hash == _digest(secret), SessionRow.expires > now, AccountRow.disabled.is_(None)
        )
    ).first()
    if row is None:
        raise _wrong()
    return _account(*row)


def end_sessions(writing: Writing, name: str) -> int:
    """Sign an account out everywhere; how many sessions that ended."""
    account(writing, name)
    return writing.connection.execute(delete(SessionRow).where(SessionRow.account == name)).rowcount


def sessions(reading: Reading, now: datetime) -> dict[str, int]:
    """How many sessions each account has open; those without any are left out."""
    open_ones = (
        select(SessionRow.account, func.count()).where(SessionRow.expires > now).group_by(SessionRow.account)
    )
    return {name: number for name, number in reading.connection.execute(open_ones).all() if number}


def end_session(writing: Writing, secret: str) -> None:
    """Sign out; an unknown session is signed out already."""
    writing.connection.execute(delete(SessionRow).where(SessionRow.hash == _digest(secret)))


_ACCOUNTS = select(AccountRow.name, AccountRow.role, AccountRow.party, AccountRow.disabled)


def _account(name: str, role: str, party: str, disabled: datetime | None) -> Account:
    return Account(name, AccountRole(role), party, disabled)


def _wrong() -> CredentialsWrong:
    return CredentialsWrong(
        "These credentials are not valid", remedy="Check them, or ask the administrator for new ones."
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(_bytes(secret)).digest()


def _bytes(secret: str) -> bytes:
    """Hostile input may hold half a surrogate pair: it is wrong, not a fault of ours."""
    return secret.encode("utf-8", "surrogatepass")


def _check_password(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordUnfit(
            "A password has {least} to {most} characters",
            where="password",
            least=SHORTEST_PASSWORD,
            most=LONGEST_PASSWORD,
            remedy="Choose a longer one: a sentence is easy to remember.",
        )


@cache
def hasher() -> PasswordHash:
    """Argon2id at pwdlib's recommended cost (64 MiB, three passes)."""
    return PasswordHash.recommended()


@cache
def _no_ones_hash() -> str:
    """What an unknown name's password is compared with, so that the answer takes as long."""
    return hasher().hash("the password of nobody")
