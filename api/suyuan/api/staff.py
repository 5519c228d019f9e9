"""Accounts as the administrator makes them, on the command line and on the page: rules in one place.

Every account belongs to a party, because that is what it sees by: an officer to an authority of the register,
company staff to a registered company. Passwords are made here and told once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine, select

from suyuan.api.attempts import Attempts
from suyuan.api.authority import ensure_authority
from suyuan.portal.account_pages import Made, Member, Wanted
from suyuan.trace.errors import InvalidInput, NotAllowed
from suyuan.trace.recall.passport import Text
from suyuan.trace.register.aliases import first_name
from suyuan.trace.register.fields import listed
from suyuan.trace.register.listing import MOST_IN_A_PAGE, Registered, entries
from suyuan.trace.store.accounts import (
    AccountRole,
    account,
    accounts,
    create_account,
    create_token,
    disable_account,
    enable_account,
    end_sessions,
    own_party,
    revoke_token,
    sessions,
    set_password,
    tokens,
    verify_password,
)
from suyuan.trace.store.company_prefixes import note_prefix
from suyuan.trace.store.concerns import party_key
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import HOUSE

_PASSWORD_BYTES = 15


class Staff:
    """The accounts of one store."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        randbytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._engine = engine
        self._now = now
        self._randbytes = randbytes
        self._attempts = Attempts(now)

    def members(self) -> Sequence[Member]:
        """Everybody, by name."""
        with Reading(self._engine) as reading:
            signed_in = sessions(reading, self._now())
            return [
                Member(found, signed_in.get(found.name, 0), tuple(tokens(reading, found.name)))
                for found in accounts(reading)
            ]

    def member(self, name: str) -> Member:
        """One of them, or ``NotFound``."""
        with Reading(self._engine) as reading:
            found = account(reading, name)
            signed_in = sessions(reading, self._now())
            return Member(found, signed_in.get(name, 0), tuple(tokens(reading, name)))

    def parties(self, *, authorities: bool) -> Sequence[tuple[str, Text]]:
        """Keys and names of registered parties that an account can be bound to."""
        found: list[Registered] = []
        with Reading(self._engine) as reading:
            after = ""
            while True:  # by pages: two statements for 200 parties
                page = entries(reading, viewer=HOUSE, kind="party", after=after, limit=MOST_IN_A_PAGE)
                found += [one for one in page.entries if one.state in ("approved", "pending")]
                if not (after := page.after):
                    break
        return [
            (one.key, Text(one.entry.value("name_zh"), one.entry.value("name_en")))
            for one in found
            if ("authority" in listed(one.entry.value("roles"))) == authorities
        ]

    def make(self, wanted: Wanted) -> Made:
        """A new account; all of it or nothing.

        Raises:
            InvalidInput: an unknown role, or a company that the register does not know.
            AccountExists: the name is taken.
            WrongUse: the party of an officer is in the register as something else than an authority.
        """
        role = _role(wanted.role)
        now = self._now()
        party = party_key(wanted.party) if wanted.party else own_party(wanted.name)
        machine = role is AccountRole.STATION
        password = None if machine else self._password()
        competence = None
        with Writing(self._engine) as writing:
            party = first_name(writing, party)  # what it enters is owned under the name that the register has
            if role is AccountRole.COMPANY:
                _check_company(writing, party)
            note_prefix(writing, wanted.party)
            made = create_account(writing, wanted.name, role=role, party=party, now=now, password=password)
            if role is AccountRole.REGULATOR:
                competence = ensure_authority(
                    writing,
                    party,
                    name=wanted.authority or wanted.name,
                    now=now,
                    stages=wanted.stages,
                    regions=wanted.regions,
                )
            token = ""
            if machine:
                token, _ = create_token(writing, wanted.name, now=now, randbytes=self._randbytes)
        return Made(made, password or token, competence)

    def reset(self, name: str) -> str:
        """A new password, told this once; everybody who was signed in under the name is signed out."""
        password = self._password()
        with Writing(self._engine) as writing:
            set_password(writing, name, password)
        return password

    def set(self, name: str, password: str) -> None:
        """A password that somebody chose; see :meth:`reset`."""
        with Writing(self._engine) as writing:
            set_password(writing, name, password)

    def token(self, name: str) -> str:
        """A new token, told this once."""
        with Writing(self._engine) as writing:
            secret, _ = create_token(writing, name, now=self._now(), randbytes=self._randbytes)
        return secret

    def revoke(self, token: str) -> None:
        """End a token at once."""
        with Writing(self._engine) as writing:
            revoke_token(writing, token, self._now())

    def close(self, name: str, *, by: str = "") -> None:
        """Close an account; nobody closes their own, so that there always is an administrator left."""
        if by and name == by:
            raise NotAllowed(
                "Nobody closes their own account", remedy="Ask another administrator to close it."
            )
        with Writing(self._engine) as writing:
            disable_account(writing, name, self._now())

    def reopen(self, name: str) -> None:
        """Open a closed account again."""
        with Writing(self._engine) as writing:
            enable_account(writing, name)

    def sign_out(self, name: str) -> None:
        """End every session of an account."""
        with Writing(self._engine) as writing:
            end_sessions(writing, name)

    def change_password(self, name: str, old: str, new: str) -> None:
        """A person's own change; ends every session, this one among them.

        Raises:
            CredentialsWrong: the old password is not right.
            PasswordUnfit: the new one is too short or too long.
            TooManyAttempts: whoever sits at a screen left open must not find the password out.
        """
        self._attempts.begin(name, name)
        with Reading(self._engine) as reading:
            verify_password(reading, name, old)
        self._attempts.succeeded(name, name)
        with Writing(self._engine) as writing:
            set_password(writing, name, new)

    def _password(self) -> str:
        return self._randbytes(_PASSWORD_BYTES).hex()


def _role(role: str) -> AccountRole:
    try:
        return AccountRole(role)
    except ValueError as error:
        raise InvalidInput(
            "{role} is not a role",
            where="role",
            role=role,
            remedy="Use regulator, company, station or administrator.",
        ) from error


def _check_company(reading: Reading, party: str) -> None:
    known = reading.connection.execute(
        select(EntryRow.key).where(
            EntryRow.key == party, EntryRow.kind == "party", EntryRow.state.in_(("approved", "pending"))
        )
    ).first()
    if known is None:
        raise InvalidInput(
            "{party} is no company of the register",
            where="party",
            party=party,
            remedy="Enter the company in the register first, then give its identifier here.",
        )
