"""How the emulated reader carries out AccessSpecs on virtual tags (LLRP 1.0.1 §12)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from suyuan.readers.field import TagInField
from suyuan.readers.llrp.access import LOCK_FIELDS, PRIVILEGES, RESULTS
from suyuan.readers.llrp.codec import Parameter
from suyuan.readers.llrp.device import MOST_SPECS
from suyuan.readers.tags.gen2 import WORD, Bank, Refusal
from suyuan.readers.virtual.gen2 import TagRefuses, VirtualGen2, WriteFaults

ANY = 0
"""The antenna or ROSpec that means all of them."""
BY_OPERATION_COUNT = 1
COMMANDS = {f"C1G2{name}" for name in ("Read", "Write", "BlockWrite", "BlockErase", "Lock", "Kill")}
_FIELDS = {number: each for each, number in LOCK_FIELDS.items()}
_LOCKS = {number: each for each, number in PRIVILEGES.items()}
_OWN_FAULT = {"Read": 1, "Write": 4, "BlockWrite": 4, "BlockErase": 4, "Kill": 3, "Lock": 2}
"""Nonspecific_Tag_Error, by the command."""
_NEWEST_OLD = {"Read": 3, "Write": 6, "BlockWrite": 6, "BlockErase": 6, "Kill": 5, "Lock": 4}
"""The last result that LLRP 1.0.1 has; 1.1 tells more."""


class BadAccessSpec(Exception):
    """An AccessSpec that the emulator refuses."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Bits of a memory bank that a tag must have, or must not."""

    bank: Bank
    bit: int
    mask: bytes
    data: bytes
    matches: bool

    def fits(self, tag: VirtualGen2) -> bool:
        """Whether the tag is meant; bits beyond the end of its memory count as 0."""
        if not self.mask:
            return True
        width = len(self.mask) * 8
        held = int.from_bytes(tag.banks[self.bank])
        spare = len(tag.banks[self.bank]) * 8 - self.bit - width
        there = held >> spare if spare >= 0 else held << -spare
        mask = int.from_bytes(self.mask)
        wanted = int.from_bytes(self.data.ljust(len(self.mask), b"\0")[: len(self.mask)])
        return ((there ^ wanted) & mask == 0) == self.matches


@dataclass(slots=True)
class Access:
    """An AccessSpec on the emulated reader, from ADD_ACCESSSPEC to its end."""

    spec: Parameter
    id: int
    antenna: int
    rospec: int
    patterns: tuple[Pattern, ...]
    commands: tuple[Parameter, ...]
    times: int
    report_at: int
    enabled: bool = False
    done: int = field(default=0)

    def describe(self) -> Parameter:
        """The AccessSpec with its present state, for GET_ACCESSSPECS."""
        return replace(self.spec, fields={**self.spec.fields, "CurrentState": int(self.enabled)})

    def covers(self, rospec: int, antenna: int, tag: VirtualGen2) -> bool:
        """Whether it is to be carried out on this tag now."""
        return (
            self.enabled
            and self.antenna in {ANY, antenna}
            and self.rospec in {ANY, rospec}
            and all(pattern.fits(tag) for pattern in self.patterns)
        )


def read_access(spec: Parameter) -> Access:
    """What an AccessSpec asks for.

    Raises:
        BadAccessSpec: a mandatory part is missing, or a command is not known.
    """
    stop, command = _part(spec, "AccessSpecStopTrigger"), _part(spec, "AccessCommand")
    tags = _part(command, "C1G2TagSpec")
    report = spec.find("AccessReportSpec")
    commands = tuple(part for part in command.children if part.name != "C1G2TagSpec")
    unknown = [each.name for each in commands if each.name not in COMMANDS]
    if unknown or not commands:
        text = f"this reader has no command {unknown[0]}" if unknown else "an AccessCommand needs a command"
        raise BadAccessSpec(text)
    if len(commands) > MOST_SPECS:
        raise BadAccessSpec("this reader takes fewer commands in an AccessSpec")
    if not spec.fields["AccessSpecID"]:
        raise BadAccessSpec("an AccessSpec needs an id")
    counted = stop.fields["AccessSpecStopTrigger"] == BY_OPERATION_COUNT
    return Access(
        spec,
        spec.fields["AccessSpecID"],
        spec.fields["AntennaID"],
        spec.fields["ROSpecID"],
        tuple(map(_pattern, tags.all("C1G2TargetTag"))),
        commands,
        stop.fields["OperationCountValue"] if counted else 0,
        report.fields["AccessReportTrigger"] if report else 0,
    )


def _part(parent: Parameter, name: str) -> Parameter:
    found = parent.find(name)
    if found is None:
        text = f"{parent.name} needs {name}"
        raise BadAccessSpec(text)
    return found


def _pattern(tag: Parameter) -> Pattern:
    fields = tag.fields
    return Pattern(
        Bank(fields["MB"]), fields["Pointer"], fields["TagMask"], fields["TagData"], bool(fields["Match"])
    )


def chip_of(tag: TagInField) -> VirtualGen2:
    """The memory of a tag; one whose memory nobody keeps can be read only."""
    return tag.chip or VirtualGen2(tag.epc, tag.tid, sealed=True)


def carry_out(
    access: Access, tag: VirtualGen2, faults: WriteFaults | None, version: int
) -> tuple[Parameter, ...]:
    """The results of the commands, in their order up to the first that fails (§12.2.1)."""
    results: list[Parameter] = []
    for command in access.commands:
        results.append(_result(command, tag, faults, version))
        if results[-1].fields["Result"]:
            break
    access.done += 1
    return tuple(results)


def _result(command: Parameter, tag: VirtualGen2, faults: WriteFaults | None, version: int) -> Parameter:
    kind = command.name.removeprefix("C1G2")
    fields: dict[str, object] = {"Result": 0, "OpSpecID": command.fields["OpSpecID"]}
    try:
        fields |= _do(kind, command, tag, faults)
    except TagRefuses as refusal:
        fields["Result"] = _number(kind, refusal.why, version)
    return Parameter(f"{command.name}OpSpecResult", fields)


def _do(kind: str, command: Parameter, tag: VirtualGen2, faults: WriteFaults | None) -> dict[str, object]:
    asked = command.fields
    match kind:
        case "Kill":
            tag.kill(asked["KillPassword"])
            return {}
        case "Lock":
            tag.lock(
                {
                    _FIELDS[each.fields["DataField"]]: _LOCKS[each.fields["Privilege"]]
                    for each in command.all("C1G2LockPayload")
                    if each.fields["DataField"] in _FIELDS and each.fields["Privilege"] in _LOCKS
                },
                asked["AccessPassword"],
            )
            return {}
        case "Read":
            data = tag.read(
                Bank(asked["MB"]), asked["WordPointer"], asked["WordCount"], asked["AccessPassword"]
            )
            words = (int.from_bytes(data[at : at + WORD]) for at in range(0, len(data), WORD))
            return {"ReadData": tuple(words)}
        case _:
            words = (0,) * asked["WordCount"] if kind == "BlockErase" else asked["WriteData"]
            data = b"".join(word.to_bytes(WORD) for word in words)
            fault = faults.draw() if faults else None
            bank, start, password = Bank(asked["MB"]), asked["WordPointer"], asked["AccessPassword"]
            tag.write(bank, start, data, password, fault)
            return {} if kind == "BlockErase" else {"NumWordsWritten": len(words)}


def _number(kind: str, why: Refusal, version: int) -> int:
    """The result that says why. LLRP 1.0.1 hears a wrong password as silence, other things as a fault."""
    meanings = RESULTS[f"C1G2{kind}OpSpecResult"]
    newest = _NEWEST_OLD[kind] if version == 1 else len(meanings) - 1
    if why in meanings and why is not Refusal.FAULT and meanings.index(why) <= newest:
        return meanings.index(why)
    return meanings.index(Refusal.GONE) if why is Refusal.PASSWORD else _OWN_FAULT[kind]
