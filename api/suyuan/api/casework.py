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
from suyuan.trace.recall.blocklist import blocked_keys, sign_block_list
from suyuan.trace.recall.cases import (
    Entry,
    affected_keys,
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
        self._blocked: dict[str, dict[str, str]] | None = None
        self._blocked_as_of = (-1, -1)
        self._block_list = b""
        self._lock = RLock()

    def cases(self) -> Sequence[Case]:
        """All cases, the newest decision first. Cases in force cover what the evidence says by now."""
        with self._lock:
            self._read_log()
            return sorted(self._cases.values(), key=lambda case: case.log[-1].time, reverse=True)

    def case(self, number: str) -> Case:
        """One case, or ``NotFound``."""
        with self._lock:
            self._read_log()
            found = self._cases.get(number)
        if found is None:
            raise NotFound("There is no case {number}", where="number", number=number)
        return found

    def draft(self, draft: CaseDraft, by: str) -> Case:
        """A new case; nothing is stopped by it yet."""
        check_draft(draft)
        with self._lock:
            self._read_log()
            number = case_number(self._log, self._now())
            self._decide(number, by, CaseState.DRAFT, draft_payload(draft))
            return self.case(number)

    def decide(self, number: str, what: CaseState, by: str, note: str = "") -> Case:
        """Hold, publish or release; hold and publish fix the scope as it is now."""
        with self._lock:
            case = self.case(number)
            check_follows(case, what)
            if what in _IN_FORCE:
                payload = scope_payload(self._records.scope(case.draft.suspects, Options()), note=note)
            else:
                payload = note_payload(note)
            self._decide(number, by, what, payload)
            return self.case(number)

    def block_list(self) -> bytes:
        """The signed list of now; signed anew only when decisions or evidence changed it.

        Evidence that arrives after a decision (a station that was offline) may widen the scope: what it adds
        is blocked without waiting for anybody.
        """
        with self._lock:
            self._read_log()
            as_of = (self._read_to, self._records.follow())
            if as_of != self._blocked_as_of:
                blocked = blocked_keys(self._in_force_now())
                if blocked != self._blocked:
                    self._block_list = self._sign(blocked)
                    self._blocked = blocked
                self._blocked_as_of = as_of
            return self._block_list

    def public_key(self) -> bytes:
        """The 32 bytes that verify the block list."""
        with Writing(self._engine) as writing:
            return self._key(writing).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def _sign(self, blocked: dict[str, dict[str, str]]) -> bytes:
        with Writing(self._engine) as writing:
            sequence = int(setting(writing, _SEQUENCE) or b"0") + 1
            set_setting(writing, _SEQUENCE, str(sequence).encode())
            return sign_block_list(blocked, sequence=sequence, issued=self._now(), key=self._key(writing))

    def _in_force_now(self) -> Sequence[Case]:
        return [
            replace(case, keys=case.keys | affected_keys(self._records.scope(case.draft.suspects, Options())))
            for case in self._cases.values()
            if case.state in _IN_FORCE
        ]

    def _decide(self, number: str, by: str, what: CaseState, payload: bytes) -> None:
        with Writing(self._engine) as writing:
            append_decision(writing, case=number, time=self._now(), by=by, what=what.value, payload=payload)
        self._read_log()

    def _read_log(self) -> None:
        with Reading(self._engine) as reading:
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
