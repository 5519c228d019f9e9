"""AccessSpecs: commands to single tags, as the driver asks for them and as the reader answers (LLRP §12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suyuan.readers.llrp.codec import Message, Parameter
from suyuan.readers.tags.gen2 import WORD, Bank, Lock, LockField, Refusal, Target

GEN2 = 1
"""Air protocol EPCglobal Class 1 Gen 2."""
TID_SPEC, TID_OPERATION = 0x7464, 0x7464
"""The AccessSpec that reads the TID of every tag that comes by, and its operation."""
COMMAND_SPEC = 0x636D
"""The AccessSpec of the one command that is under way."""
REPORT_AT_ONCE = 1
"""AccessReportTrigger: when the AccessSpec ends, and not with the next tag report."""
WITH_TAG_REPORTS = 0
ONCE, TILL_DELETED = 1, 0
"""Operation counts after which an AccessSpec ends."""

TID_WORDS = (6, 4)
"""Lengths of TIDs that name one chip alone, longest first; a shorter one names only the model."""

LOCK_FIELDS = {
    LockField.KILL_PASSWORD: 0,
    LockField.ACCESS_PASSWORD: 1,
    LockField.EPC: 2,
    LockField.TID: 3,
    LockField.USER: 4,
}
"""C1G2LockPayload.DataField."""
PRIVILEGES = {Lock.LOCK: 0, Lock.PERMALOCK: 1, Lock.PERMAUNLOCK: 2, Lock.UNLOCK: 3}
"""C1G2LockPayload.Privilege; 0 is called Read_Write there: it takes the access password to do either."""

_FAULT, _GONE = Refusal.FAULT, Refusal.GONE
_READ = (None, _FAULT, _GONE, _FAULT, Refusal.OVERRUN, Refusal.LOCKED, Refusal.PASSWORD)
_WRITE = (None, Refusal.OVERRUN, Refusal.LOCKED, _FAULT, _FAULT, _GONE, _FAULT, Refusal.PASSWORD)
_KILL = (None, Refusal.ZERO_KILL, _FAULT, _FAULT, _GONE, _FAULT, Refusal.PASSWORD)
_LOCK = (None, _FAULT, _FAULT, _GONE, _FAULT, Refusal.PASSWORD, Refusal.OVERRUN, Refusal.LOCKED)
RESULTS: Mapping[str, tuple[Refusal | None, ...]] = {
    "C1G2ReadOpSpecResult": _READ,
    "C1G2WriteOpSpecResult": _WRITE,
    "C1G2BlockWriteOpSpecResult": _WRITE,
    "C1G2BlockEraseOpSpecResult": _WRITE,
    "C1G2KillOpSpecResult": _KILL,
    "C1G2LockOpSpecResult": _LOCK,
}
"""What a Result means (LLRP 1.0.1 §15.2.1.5.5, and what 1.1 adds behind): by its number; None is success."""


def target_tags(tag: Target) -> tuple[Parameter, ...]:
    """Patterns that this tag alone matches: its EPC with the length that its control word tells, its TID."""
    patterns: list[Parameter] = []
    if tag.epc is not None:
        length = (len(tag.epc) // WORD << 3).to_bytes(1)
        mask = b"\xf8\x00" + b"\xff" * len(tag.epc)
        patterns.append(_pattern(Bank.EPC, 16, mask, length + b"\0" + tag.epc))
    if tag.tid is not None:
        patterns.append(_pattern(Bank.TID, 0, b"\xff" * len(tag.tid), tag.tid))
    return tuple(patterns or [_pattern(Bank.EPC, 0, b"", b"")])


def _pattern(bank: Bank, bit: int, mask: bytes, data: bytes) -> Parameter:
    fields = {"MB": int(bank), "Match": 1, "Pointer": bit, "TagMask": mask, "TagData": data}
    return Parameter("C1G2TargetTag", fields)


def add_accessspec(
    number: int,
    tag: Target,
    command: Parameter,
    *,
    times: int = ONCE,
    report: int = REPORT_AT_ONCE,
) -> Message:
    """One command to every tag that matches, up to ``times`` times (0: until it is deleted)."""
    parts = (
        Parameter(
            "AccessSpecStopTrigger",
            {"AccessSpecStopTrigger": int(times > 0), "OperationCountValue": times},
        ),
        Parameter("AccessCommand", children=(Parameter("C1G2TagSpec", children=target_tags(tag)), command)),
        Parameter("AccessReportSpec", {"AccessReportTrigger": report}),
    )
    fields = {"AccessSpecID": number, "AntennaID": 0, "ProtocolID": GEN2, "ROSpecID": 0}
    return Message("ADD_ACCESSSPEC", children=(Parameter("AccessSpec", fields, parts),))


def read_tid() -> Parameter:
    """The command that reads the TID of whoever comes by."""
    return read(TID_OPERATION, Bank.TID, 0, TID_WORDS[0], 0)


def read(operation: int, bank: Bank, offset: int, words: int, password: int) -> Parameter:
    """C1G2Read."""
    return Parameter("C1G2Read", {**_place(operation, bank, offset, password), "WordCount": words})


def write(operation: int, bank: Bank, offset: int, data: bytes, password: int) -> Parameter:
    """C1G2Write."""
    words = tuple(int.from_bytes(data[at : at + WORD]) for at in range(0, len(data), WORD))
    return Parameter("C1G2Write", {**_place(operation, bank, offset, password), "WriteData": words})


def _place(operation: int, bank: Bank, offset: int, password: int) -> dict[str, Any]:
    return {
        "OpSpecID": operation,
        "AccessPassword": password,
        "MB": int(bank),
        "WordPointer": offset,
    }


def lock(operation: int, locks: Mapping[LockField, Lock], password: int) -> Parameter:
    """C1G2Lock."""
    payload = tuple(
        Parameter("C1G2LockPayload", {"Privilege": PRIVILEGES[how], "DataField": LOCK_FIELDS[what]})
        for what, how in locks.items()
    )
    return Parameter("C1G2Lock", {"OpSpecID": operation, "AccessPassword": password}, payload)


def kill(operation: int, password: int) -> Parameter:
    """C1G2Kill."""
    return Parameter("C1G2Kill", {"OpSpecID": operation, "KillPassword": password})


def results(report: Message) -> Iterator[tuple[bytes | None, Parameter]]:
    """The results of commands that a tag report tells, in their order, each with the EPC of its tag."""
    for tag in report.all("TagReportData"):
        named = tag.find("EPC_96") or tag.find("EPCData")
        epc = named.fields["EPC"] if named else None
        yield from ((epc, part) for part in tag.children if part.name in RESULTS)


def refusal(result: Parameter) -> Refusal | None:
    """Why a command was not done; None: it was. Numbers that the standard does not have are faults."""
    meanings = RESULTS[result.name]
    number: int = result.fields["Result"]
    return meanings[number] if number < len(meanings) else Refusal.FAULT


def words_read(result: Parameter) -> bytes:
    """What a C1G2Read brought."""
    return b"".join(word.to_bytes(WORD) for word in result.fields["ReadData"])
