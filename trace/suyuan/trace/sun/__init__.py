"""NFC tags that sign each tap (NXP: SUN, secure unique NFC; SDM, secure dynamic messaging).

::

    master keys ── tag_key(role, uid) ──> keys of one tag          what a station writes into it
    link of a tap ── sun_of ──> Sun ── verify(keys) ──> Tap(uid, reading, file) ── judge(last) ──> Freshness

Verifying is pure: who verifies keeps the last reading of each tag (version of its keys, and counter), and
which object each UID is bound to (a genuine tap of one tag, pasted into another object's link, is found out
by that binding alone).
"""

from __future__ import annotations

from suyuan.trace.sun.errors import ForgedTap, SunError, SunKeyError
from suyuan.trace.sun.keys import (
    KeyFile,
    KeySet,
    Role,
    SunKeys,
    diversified,
    new_key_file,
    read_key_file,
    renew_key_file,
)
from suyuan.trace.sun.messages import Sun, sun_of
from suyuan.trace.sun.signed import SignedBefore, beside, note_signed, read_signed
from suyuan.trace.sun.taps import Freshness, Tap, judge, verify

__all__ = [
    "ForgedTap",
    "Freshness",
    "KeyFile",
    "KeySet",
    "Role",
    "SignedBefore",
    "Sun",
    "SunError",
    "SunKeyError",
    "SunKeys",
    "Tap",
    "beside",
    "diversified",
    "judge",
    "new_key_file",
    "note_signed",
    "read_key_file",
    "read_signed",
    "renew_key_file",
    "sun_of",
    "verify",
]
