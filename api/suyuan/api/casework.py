"""Decisions upon cases, taken and stored: drafts, holds, recalls, releases; and the signed block list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Engine

from suyuan.api.records import LiveRecords
from suyuan.trace.errors import NotFound
from suyuan.trace.lineage import Options
from suyuan.trace.recall.blocklist import blocked_keys, listed_keys, sign_block_list
from suyuan.trace.recall.cases import (
    Entry,
    affected_keys,
    carrying_units,
    case_number,
    check_draft,
    check_follows,
    draft_payload,
    note_payload,
    replay,
    scope_payload,
)
from suyuan.trace.recall.recall import Case, CaseDraft, CaseState
from suyuan.trace.store.decisions import append_decision, decisions
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.settings import set_setting, setting, setting_or

_SIGNING_KEY = "block-list-key"
_SEQUENCE = "block-list-sequence"
_BLOCK_LIST = "block-list"
_AS_OF = "block-list-as-of"
_IN_FORCE = (CaseState.HELD, CaseState.PUBLISHED)


class Casework:
    """The cases of one store. The log is read anew when it has grown; scopes in force follow new evidence."""

    def __init__(self, engine: Engine, records: LiveRecords, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._records = records
        self._now = now
        self._log: list[Entry] = []
        self._read_to = 0
        self._cases: dict[str, Case] = {}
        self._followed: dict[str, Case] = {}
        self._as_of: tuple[int, ...] = (-1, -1)  # decisions and evidence that ``_followed`` knows
        self._blocked: dict[str, dict[str, str]] = {}
        self._compared: tuple[bytes, tuple[int, ...]] = (b"", ())
        self._public_key = b""
        self._lock = RLock()

    def cases(self) -> Sequence[Case]:
        """All cases, the newest decision first. Cases in force cover what the evidence says by now."""
        with self._lock:
            self._follow()
            return sorted(self._followed.values(), key=lambda case: case.log[-1].time, reverse=True)

    def case(self, number: str) -> Case:
        """One case with its scope as it was decided upon, or ``NotFound``."""
        with self._lock, Reading(self._engine) as reading:
            self._read_log(reading)
            return self._known(number)

    def draft(self, draft: CaseDraft, by: str) -> Case:
        """A new case; nothing is stopped by it yet."""
        check_draft(draft)
        with self._lock:
            with Writing(self._engine) as writing:
                self._read_log(writing)  # another process may have taken the next number meanwhile
                number = case_number(self._log, self._now())
                self._append(writing, number, by, CaseState.DRAFT, draft_payload(draft))
            return self.case(number)

    def decide(self, number: str, what: CaseState, by: str, note: str = "") -> Case:
        """Hold, publish or release; hold and publish fix the scope as it is now."""
        with self._lock:
            case = self.case(number)
            check_follows(case, what)  # before the trace, which may take long
            if what in _IN_FORCE:
                payload = scope_payload(self._records.scope(case.draft.suspects, Options()), note=note)
            else:
                payload = note_payload(note)
            with Writing(self._engine) as writing:
                self._read_log(writing)
                check_follows(self._known(number), what)
                self._append(writing, number, by, what, payload)
            return self.case(number)

    def block_list(self) -> bytes:
        """The signed list of now; signed anew only when decisions or evidence changed it.

        Evidence that arrives after a decision (a station that was offline) may widen the scope: what it adds
        is blocked without waiting for anybody. The list is kept in the store, so that it is the same with the
        same number after a restart and from every process.
        """
        with self._lock:
            self._follow()
            with Reading(self._engine) as reading:
                standing = setting(reading, _BLOCK_LIST) or b""
            if (standing, self._as_of) != self._compared:
                if not standing or listed_keys(standing) != self._blocked:
                    standing = self._sign()
                self._compared = (standing, self._as_of)
            return standing

    def public_key(self) -> bytes:
        """The 32 bytes that verify the block list."""
        with self._lock:
            if not self._public_key:  # it never changes, and anybody may ask: the writer is asked only once
                with Writing(self._engine) as writing:
                    key = self._key(writing).public_key()
                self._public_key = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
            return self._public_key

    def _sign(self) -> bytes:
        with Writing(self._engine) as writing:
            standing = setting(writing, _BLOCK_LIST)
            as_of = _numbers(setting(writing, _AS_OF))
            if standing and (listed_keys(standing) == self._blocked or as_of > self._as_of):
                return standing  # another process signed the same, or knows more: we follow in a moment
            sequence = _numbers(setting(writing, _SEQUENCE))[0] + 1
            signed = sign_block_list(
                self._blocked, sequence=sequence, issued=self._now(), key=self._key(writing)
            )
            set_setting(writing, _SEQUENCE, str(sequence).encode())
            set_setting(writing, _AS_OF, " ".join(map(str, self._as_of)).encode())
            set_setting(writing, _BLOCK_LIST, signed)
            return signed

    def _follow(self) -> None:
        """Bring cases in force up to the evidence of now: one trace for each, if anything is new."""
        with Reading(self._engine) as reading:
            self._read_log(reading)
        as_of = (self._read_to, self._records.follow())
        if as_of != self._as_of:
            self._followed = {number: self._widened(case) for number, case in self._cases.items()}
            self._blocked = blocked_keys(self._followed.values())
            self._as_of = as_of

    def _widened(self, case: Case) -> Case:
        if case.state not in _IN_FORCE:
            return case
        scope = self._records.scope(case.draft.suspects, Options())
        return replace(case, keys=case.keys | affected_keys(scope), carriers=carrying_units(scope))

    def _known(self, number: str) -> Case:
        found = self._cases.get(number)
        if found is None:
            raise NotFound("There is no case {number}", where="number", number=number)
        return found

    def _append(self, writing: Writing, number: str, by: str, what: CaseState, payload: bytes) -> None:
        append_decision(writing, case=number, time=self._now(), by=by, what=what.value, payload=payload)

    def _read_log(self, reading: Reading) -> None:
        fresh = list(decisions(reading, after=self._read_to))
        if fresh:
            self._log.extend(
                Entry(row.case, row.time, row.by, CaseState(row.what), row.payload) for row in fresh
            )
            self._read_to = fresh[-1].sequence
            self._cases = replay(self._log)

    @staticmethod
    def _key(writing: Writing) -> Ed25519PrivateKey:
        fresh = Ed25519PrivateKey.generate().private_bytes_raw()
        return Ed25519PrivateKey.from_private_bytes(setting_or(writing, _SIGNING_KEY, fresh))


def _numbers(kept: bytes | None) -> tuple[int, ...]:
    return tuple(map(int, (kept or b"0").split()))
