"""One client of the emulated reader, from its connection event to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from suyuan.readers.errors import ProtocolError, TransientConnectionError
from suyuan.readers.llrp import device
from suyuan.readers.llrp.accessing import BadAccessSpec, read_access
from suyuan.readers.llrp.codec import (
    HEADER,
    Message,
    Parameter,
    decode_message,
    encode_message,
    encode_parameter,
)
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.inventory import BadROSpec, Plan, answer, read_plan, status
from suyuan.readers.llrp.machine import Machine
from suyuan.readers.llrp.report import microseconds, write_report
from suyuan.readers.llrp.vendors import (
    ENABLE_EXTENSIONS,
    EXTENSIONS_ENABLED,
    IMPINJ,
    Vendor,
)
from suyuan.readers.observation import Observation

ANY = 0
"""The ROSpec or AccessSpec id that means all of them."""
PARAMETER_ERROR, UNEXPECTED_PARAMETER, UNSUPPORTED_MESSAGE = 100, 102, 109
UNSUPPORTED_VERSION, OUT_OF_RANGE = 110, 301
"""Status codes M_ParameterError, M_UnexpectedParameter, M_UnsupportedMessage, M_UnsupportedVersion and
A_OutOfRange (LLRP 1.0.1 §15.2.1)."""
CONNECTED = 0
NEWEST = 2
"""The number of LLRP 1.1."""
_SILENT = frozenset(("KEEPALIVE_ACK", "ENABLE_EVENTS_AND_REPORTS", "GET_REPORT"))
"""Messages that the standard has no answer to."""


def event(
    at: datetime, *parts: Parameter, message_id: int = 0, version: int = 1, utc: bool = True
) -> Message:
    """A READER_EVENT_NOTIFICATION stamped with the device's clock."""
    stamp = Parameter("UTCTimestamp" if utc else "Uptime", {"Microseconds": microseconds(at.astimezone(UTC))})
    data = Parameter("ReaderEventNotificationData", children=(stamp, *parts))
    return Message("READER_EVENT_NOTIFICATION", message_id, children=(data,), version=version)


class Session:
    """A client of the machine; ``silent``: does it play dead? ``notice`` is called when something changed."""

    def __init__(
        self,
        machine: Machine,
        connection: Connection,
        silent: Callable[[], bool],
        notice: Callable[[], None],
    ) -> None:
        self.connection = connection
        self.version = 1
        self._machine = machine
        self._silent = silent
        self._notice = notice
        self._extended = False
        self._keepalive: asyncio.Task[None] | None = None
        self._last_id = 0
        self._answers: dict[str, Callable[[Message], Message]] = {
            "GET_READER_CAPABILITIES": self._capabilities,
            "GET_READER_CONFIG": self._config,
            "SET_READER_CONFIG": self._configure,
            "GET_SUPPORTED_VERSION": device.supported_version,
            "SET_PROTOCOL_VERSION": self._agree_on_version,
            "ADD_ROSPEC": self._add,
            "GET_ROSPECS": self._list,
            "ADD_ACCESSSPEC": self._add_access,
            "GET_ACCESSSPECS": self._list_accesses,
            "CLOSE_CONNECTION": answer,
            "CUSTOM_MESSAGE": self._extend,
            **dict.fromkeys(
                ("DELETE_ROSPEC", "ENABLE_ROSPEC", "DISABLE_ROSPEC", "START_ROSPEC", "STOP_ROSPEC"),
                self._change,
            ),
            **dict.fromkeys(
                ("DELETE_ACCESSSPEC", "ENABLE_ACCESSSPEC", "DISABLE_ACCESSSPEC"), self._change_access
            ),
        }

    async def serve(self) -> None:
        """Welcome the client and answer it until it leaves.

        Raises:
            ReaderError: it went away or broke the protocol.
        """
        machine = self._machine
        try:
            self.note(Parameter("ConnectionAttemptEvent", {"Status": CONNECTED}), machine.now())
            if not machine.hold:
                machine.client = self
            while await self._answer_one():
                self._notice()
        finally:
            machine.client = None
            if not machine.hold:
                machine.reset()
            if self._keepalive is not None:
                self._keepalive.cancel()

    # What it tells the client

    async def send(self, message: Message) -> None:
        """Send a message, unless the machine plays dead."""
        if not self._silent():
            await self.connection.send(message)

    async def send_raw(self, data: bytes) -> None:
        """Send bytes, unless the machine plays dead."""
        if not self._silent():
            await self.connection.send_raw(data)

    async def report(
        self, plan: Plan, tags: list[Observation], besides: Callable[[Observation], bytes]
    ) -> None:
        """Send one tag report."""
        content, machine = plan.content, self._machine
        if not machine.utc:
            content = replace(content, uptime=True)
            tags = [
                replace(tag, first_seen=machine.clock(tag.first_seen), last_seen=machine.clock(tag.last_seen))
                for tag in tags
            ]
        self._last_id += 1
        with suppress(TransientConnectionError):  # the serving loop sees the same end and cleans up
            await self.send_raw(
                write_report(
                    tags,
                    message_id=self._last_id,
                    version=self.version,
                    rospec_id=plan.id,
                    content=content,
                    besides=besides,
                )
            )

    async def tell_results(self, tag: Parameter) -> None:
        """Send what came of an AccessSpec by itself."""
        self._last_id += 1
        with suppress(TransientConnectionError):
            await self.send(Message("RO_ACCESS_REPORT", self._last_id, children=(tag,), version=self.version))

    def note(self, part: Parameter, at: datetime) -> None:
        """Send an event, in its turn among whatever else goes out."""
        if not self._silent():
            self._last_id += 1
            machine = self._machine
            told = event(
                machine.clock(at), part, message_id=self._last_id, version=self.version, utc=machine.utc
            )
            self.connection.writer.write(encode_message(told))

    # What the client asks

    async def _answer_one(self) -> bool:
        """Read a message and answer it; false when the client closes the connection."""
        _, data = await self.connection.read()
        try:
            message = decode_message(data)
        except ProtocolError as error:
            number = int.from_bytes(data[6 : HEADER.size], "big")
            problem = status(PARAMETER_ERROR, str(error))
            await self.send(Message("ERROR_MESSAGE", number, children=(problem,), version=self.version))
            return True
        if message.name != "KEEPALIVE_ACK":
            self._machine.tell(message.name)
        if message.name in _SILENT:
            await self._obey(message.name)
            return True
        respond = self._answers.get(message.name)
        if respond is None:
            problem = status(UNSUPPORTED_MESSAGE, f"{message.name} is not supported")
            await self.send(
                Message("ERROR_MESSAGE", message.id, children=(problem,), version=message.version)
            )
            return True
        await self.send(respond(message))
        return message.name != "CLOSE_CONNECTION"

    async def _obey(self, name: str) -> None:
        machine = self._machine
        if name == "ENABLE_EVENTS_AND_REPORTS":
            machine.client = self
            await machine.let_out()
        elif name == "GET_REPORT":
            for run in list(machine.runs.values()):
                await run.flush()

    def _capabilities(self, request: Message) -> Message:
        machine = self._machine
        requested = request.fields["RequestedData"]
        return answer(
            request,
            *device.capabilities(len(machine.antennas), requested, machine.vendor, utc=machine.utc),
        )

    def _config(self, request: Message) -> Message:
        machine, requested = self._machine, request.fields["RequestedData"]
        return answer(
            request,
            *device.configuration(requested, machine.antennas, machine.out, machine.inputs, machine.outputs),
        )

    def _configure(self, request: Message) -> Message:
        machine = self._machine
        for output in request.all("GPOWriteData"):
            port = output.fields["GPOPortNumber"]
            if not 1 <= port <= device.OUTPUTS:
                return answer(request, code=OUT_OF_RANGE, description=f"there is no output {port}")
            machine.outputs[port] = bool(output.fields["GPOData"])
            machine.tell(f"output {port} {'high' if machine.outputs[port] else 'low'}")
        for entry in request.all("GPIPortCurrentState"):
            port = entry.fields["GPIPortNum"]
            if port not in machine.inputs:
                return answer(request, code=OUT_OF_RANGE, description=f"there is no input {port}")
            (machine.heard_inputs.add if entry.fields["Config"] else machine.heard_inputs.discard)(port)
        events = request.find("ReaderEventNotificationSpec")
        for state in events.all("EventNotificationState") if events else ():
            kind = state.fields["EventType"]
            (machine.wanted.add if state.fields["NotificationState"] else machine.wanted.discard)(kind)
        holding = request.find("EventsAndReports")
        if holding is not None:
            machine.hold = bool(holding.fields["HoldEventsAndReportsUponReconnect"])
        keepalive = request.find("KeepaliveSpec")
        if keepalive is not None:
            self._keep_alive_from_now(keepalive)
        return answer(request)

    def _keep_alive_from_now(self, spec: Parameter) -> None:
        if self._keepalive is not None:
            self._keepalive.cancel()
            self._keepalive = None
        period_s = spec.fields["PeriodicTriggerValue"] / 1000
        if spec.fields["KeepaliveTriggerType"] and period_s:
            self._keepalive = asyncio.create_task(self._keep_alive(period_s), name="llrp keepalive")

    async def _keep_alive(self, period_s: float) -> None:
        with suppress(TransientConnectionError):
            while True:
                await asyncio.sleep(period_s)
                self._last_id += 1
                await self.send(Message("KEEPALIVE", self._last_id, version=self.version))

    def _agree_on_version(self, request: Message) -> Message:
        wanted = request.fields["ProtocolVersion"]
        if not 1 <= wanted <= NEWEST:
            return answer(request, code=UNSUPPORTED_VERSION, description=f"there is no version {wanted} here")
        self.version = wanted
        return answer(request)

    def _extend(self, request: Message) -> Message:
        """IMPINJ_ENABLE_EXTENSIONS; every other message of a vendor is refused."""
        known = (request.fields["VendorIdentifier"], request.fields["MessageSubtype"])
        if self._machine.vendor is not Vendor.IMPINJ or known != (IMPINJ, ENABLE_EXTENSIONS):
            problem = status(UNSUPPORTED_MESSAGE, "this reader has no messages of that vendor")
            return Message("ERROR_MESSAGE", request.id, children=(problem,), version=request.version)
        self._extended = True
        fields = {
            "VendorIdentifier": IMPINJ,
            "MessageSubtype": EXTENSIONS_ENABLED,
            "Data": encode_parameter(status()),
        }
        return Message("CUSTOM_MESSAGE", request.id, fields, version=request.version)

    def _add(self, request: Message) -> Message:
        machine = self._machine
        rospec = request.find("ROSpec")
        if rospec is None:
            return answer(request, code=PARAMETER_ERROR, description="ADD_ROSPEC needs a ROSpec")
        if _has_custom(rospec) and not self._extended:
            return answer(
                request, code=UNEXPECTED_PARAMETER, description="parameters of a vendor are not enabled"
            )
        try:
            plan = read_plan(rospec, machine.antennas)
        except BadROSpec as error:
            return answer(request, code=PARAMETER_ERROR, description=str(error))
        if plan.id in machine.runs:
            return answer(request, code=PARAMETER_ERROR, description=f"there is a ROSpec {plan.id} already")
        if len(machine.runs) >= device.MOST_SPECS:
            return answer(request, code=OUT_OF_RANGE, description="there is no room for another ROSpec")
        machine.add(rospec, plan)
        return answer(request)

    def _list(self, request: Message) -> Message:
        return answer(request, *(run.describe() for run in self._machine.runs.values()))

    def _change(self, request: Message) -> Message:
        """DELETE, ENABLE, DISABLE, START or STOP one ROSpec, or all with id 0, which may be none."""
        runs = self._machine.runs
        number = request.fields["ROSpecID"]
        if number != ANY and number not in runs:
            return answer(request, code=PARAMETER_ERROR, description=f"there is no ROSpec {number}")
        for run in [run for key, run in runs.items() if number in {ANY, key}]:
            match request.name:
                case "ENABLE_ROSPEC":
                    run.enable()
                case "START_ROSPEC":
                    if run.state < 1:
                        return answer(request, code=PARAMETER_ERROR, description="the ROSpec is disabled")
                    run.start()
                case "STOP_ROSPEC":
                    run.stop()
                case _:
                    run.disable()
                    if request.name == "DELETE_ROSPEC":
                        del runs[run.plan.id]
        return answer(request)

    def _add_access(self, request: Message) -> Message:
        accesses = self._machine.accesses
        spec = request.find("AccessSpec")
        if spec is None:
            return answer(request, code=PARAMETER_ERROR, description="ADD_ACCESSSPEC needs an AccessSpec")
        try:
            access = read_access(spec)
        except BadAccessSpec as error:
            return answer(request, code=PARAMETER_ERROR, description=str(error))
        if access.id in accesses:
            said = f"there is an AccessSpec {access.id} already"
            return answer(request, code=PARAMETER_ERROR, description=said)
        if len(accesses) >= device.MOST_SPECS:
            return answer(request, code=OUT_OF_RANGE, description="there is no room for another AccessSpec")
        accesses[access.id] = access
        return answer(request)

    def _list_accesses(self, request: Message) -> Message:
        return answer(request, *(access.describe() for access in self._machine.accesses.values()))

    def _change_access(self, request: Message) -> Message:
        """DELETE, ENABLE or DISABLE one AccessSpec, or all with id 0, which may be none."""
        accesses = self._machine.accesses
        number = request.fields["AccessSpecID"]
        if number != ANY and number not in accesses:
            return answer(request, code=PARAMETER_ERROR, description=f"there is no AccessSpec {number}")
        for key in [key for key in accesses if number in {ANY, key}]:
            if request.name == "DELETE_ACCESSSPEC":
                del accesses[key]
            else:
                accesses[key].enabled = request.name == "ENABLE_ACCESSSPEC"
        return answer(request)


def _has_custom(parameter: Parameter) -> bool:
    return parameter.name == "Custom" or any(map(_has_custom, parameter.children))
