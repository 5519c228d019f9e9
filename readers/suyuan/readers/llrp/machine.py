"""What the emulated reader is and does, whoever is connected: its specs, its ports, what it tells."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from suyuan.readers.field import TagField, TagInField
from suyuan.readers.llrp import device
from suyuan.readers.llrp.access import REPORT_AT_ONCE
from suyuan.readers.llrp.accessing import Access, carry_out, chip_of
from suyuan.readers.llrp.codec import Parameter, encode_parameter
from suyuan.readers.llrp.inventory import ACTIVE, ENDED, Plan, Run
from suyuan.readers.llrp.report import EPC_96_SIZE, EPOCH
from suyuan.readers.llrp.requests import ANTENNA_EVENT, GPI_EVENT, READER_EXCEPTION_EVENT, ROSPEC_EVENT
from suyuan.readers.llrp.vendors import Vendor, told_besides
from suyuan.readers.observation import Observation
from suyuan.readers.virtual.gen2 import WriteFaults

MOST_HELD = 10_000
"""Reports and events kept for a client that is away; of more, the oldest go."""


class Client(Protocol):
    """Whoever is connected."""

    version: int

    async def report(
        self, plan: Plan, tags: list[Observation], besides: Callable[[Observation], bytes]
    ) -> None:
        """Tell of tags."""
        ...

    async def tell_results(self, tag: Parameter) -> None:
        """Tell what came of an AccessSpec."""
        ...

    def note(self, part: Parameter, at: datetime) -> None:
        """Tell of an event."""
        ...


class Machine:
    """The device behind an emulator.

    Args:
        field: what the antennas see.
        antennas: their numbers.
        now: the clock of the device, aware UTC.
        round_s: seconds between two looks into the field.
        vendor: whose ways it has.
        utc: it knows the date; otherwise it tells times since it was switched on.
        faults: what share of writes goes wrong.
        broken: called when the field fails.
        tell: told in a line what happens, for whoever watches.
    """

    def __init__(
        self,
        field: TagField,
        antennas: tuple[int, ...],
        *,
        now: Callable[[], datetime],
        round_s: float,
        vendor: Vendor,
        utc: bool,
        faults: WriteFaults | None,
        broken: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self.field = field
        self.antennas = antennas
        self.vendor = vendor
        self.utc = utc
        self.faults = faults
        self.now = now
        self.tell = tell
        self.outputs: dict[int, bool] = {}
        self.inputs = dict.fromkeys(range(1, device.INPUTS + 1), False)
        self.heard_inputs: set[int] = set()
        self.out: set[int] = set()
        self.wanted: set[int] = set()
        self.hold = False
        self.runs: dict[int, Run] = {}
        self.accesses: dict[int, Access] = {}
        self.client: Client | None = None
        self._round_s = round_s
        self._broken = broken
        self._booted = now()
        self._results: dict[tuple[int, bytes], bytes] = {}
        self.held: deque[tuple[Plan, list[Observation]] | tuple[Parameter, datetime]] = deque(
            maxlen=MOST_HELD
        )

    def add(self, rospec: Parameter, plan: Plan) -> None:
        """Take a ROSpec in, disabled."""
        self.runs[plan.id] = Run(
            rospec,
            plan,
            self,
            self.report,
            access=self.access,
            noted=self._noted,
            now=self.now,
            round_s=self._round_s,
            broken=self._broken,
        )

    def running(self, antenna: int) -> Run | None:
        """The active ROSpec that covers the antenna."""
        for run in self.runs.values():
            if run.state == ACTIVE and any(antenna in antennas for antennas in run.plan.antennas):
                return run
        return None

    def reset(self) -> None:
        """Forget every spec and every wish, as at power-up."""
        for run in self.runs.values():
            run.disable()
        self.runs.clear()
        self.accesses.clear()
        self.wanted.clear()
        self.heard_inputs.clear()
        self._results.clear()
        self.held.clear()
        self.hold = False

    def clock(self, at: datetime) -> datetime:
        """What the device's clock says at that instant: without a date, as if 1970 had begun at power-up."""
        return at if self.utc else EPOCH + (at - self._booted)

    # What it senses

    def seen(self, antenna: int, at: datetime) -> list[TagInField]:
        """What the antenna hears, if it is plugged in."""
        return [] if antenna in self.out else list(self.field.seen(antenna, at))

    def switch(self, port: int, *, high: bool) -> None:
        """An input changes: whoever wants to hears of it, and specs start or end."""
        if self.inputs[port] == high:
            return
        self.inputs[port] = high
        self.tell(f"input {port} {'high' if high else 'low'}")
        if port in self.heard_inputs:
            self.note(GPI_EVENT, Parameter("GPIEvent", {"GPIPortNumber": port, "GPIEvent": int(high)}))
        for run in list(self.runs.values()):
            run.felt((port, high))

    def plug(self, antenna: int, *, plugged_in: bool) -> None:
        """An antenna is plugged in or pulled out."""
        (self.out.discard if plugged_in else self.out.add)(antenna)
        fields = {"EventType": int(plugged_in), "AntennaID": antenna}
        self.note(ANTENNA_EVENT, Parameter("AntennaEvent", fields))

    def trouble(self, message: str) -> None:
        """A fault of its own: every run ends, and it says why."""
        self.note(READER_EXCEPTION_EVENT, Parameter("ReaderExceptionEvent", {"Message": message}))
        for run in self.runs.values():
            run.stop()

    # What it tells

    def note(self, kind: int, part: Parameter) -> None:
        """Tell of an event if that is wanted, or keep it for a client that is away."""
        if kind not in self.wanted:
            return
        if self.client is not None:
            self.client.note(part, self.now())
        elif self.hold:
            self.held.append((part, self.now()))

    async def report(self, plan: Plan, tags: list[Observation]) -> None:
        """Tell of tags, or keep them for a client that is away."""
        if self.client is not None:
            await self.client.report(plan, tags, lambda tag: self._besides(plan, tag))
        elif self.hold:
            self.held.append((plan, tags))

    async def access(self, plan: Plan, antenna: int, tag: TagInField) -> None:
        """Carry out the first AccessSpec that means this tag (§12.2.1)."""
        if not self.accesses:
            return
        chip = chip_of(tag)
        access = next((each for each in self.accesses.values() if each.covers(plan.id, antenna, chip)), None)
        if access is None:
            return
        version = self.client.version if self.client is not None else 1
        results = carry_out(access, chip, self.faults, version)
        for command, result in zip(access.commands, results, strict=False):
            outcome = result.fields["Result"]
            self.tell(
                f"{command.name} on {tag.epc.hex().upper()}: {f'result {outcome}' if outcome else 'done'}"
            )
        if access.times and access.done >= access.times:
            del self.accesses[access.id]
        number = Parameter("AccessSpecID", {"AccessSpecID": access.id})
        if access.report_at != REPORT_AT_ONCE:
            told = b"".join(map(encode_parameter, (number, *results)))
            self._results[antenna, tag.epc] = told  # the latest: reports may be long in coming
        elif self.client is not None:
            where = Parameter("AntennaID", {"AntennaID": antenna})
            parts = (_epc(tag.epc), where, number, *results)
            await self.client.tell_results(Parameter("TagReportData", children=parts))

    async def let_out(self) -> None:
        """Tell the client that came back what was kept for it."""
        while self.held and self.client is not None:
            match self.held.popleft():
                case Plan() as plan, tags:
                    await self.report(plan, tags)
                case part, at:
                    self.client.note(part, at)

    def _besides(self, plan: Plan, tag: Observation) -> bytes:
        """What a tag is told with: results of access, and what an Impinj reader adds."""
        return self._results.pop((tag.antenna, tag.epc), b"") + told_besides(
            plan.besides, tag.rssi_dbm, tag.tid
        )

    def _noted(self, plan: Plan, kind: int) -> None:
        self.tell(f"ROSpec {plan.id} {'ended' if kind == ENDED else 'started'}")
        self.note(ROSPEC_EVENT, Parameter("ROSpecEvent", {"EventType": kind, "ROSpecID": plan.id}))


def _epc(epc: bytes) -> Parameter:
    return Parameter("EPC_96" if len(epc) == EPC_96_SIZE else "EPCData", {"EPC": epc})
