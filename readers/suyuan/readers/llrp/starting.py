"""How an LLRP reader is taken over: what is there is cleared away, what we need is set up (LLRP §8)."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from suyuan.readers.errors import RequestRefused
from suyuan.readers.llrp import access, requests, vendors
from suyuan.readers.llrp.codec import Message, Parameter
from suyuan.readers.llrp.exchange import Exchange
from suyuan.readers.llrp.requests import ROSPEC_ID, Inventory
from suyuan.readers.llrp.vendors import Vendor
from suyuan.readers.reader import ReaderInfo
from suyuan.readers.tags.gen2 import Target

log = structlog.get_logger(__name__)

LLRP_1_1 = 2
"""The number of LLRP 1.1 in messages."""
ANTENNA_PROPERTIES, INPUT_STATES = 2, 9
"""Values of RequestedData of GET_READER_CONFIG."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a reader that was taken over is and has.

    ``inputs`` are their states by port, None where the reader does not know; ``utc``: it has a clock of its
    own; ``memory``: it takes AccessSpecs; ``reads_tids``: by an AccessSpec of ours.
    """

    info: ReaderInfo
    vendor: Vendor = Vendor.GENERIC
    utc: bool = True
    memory: bool = True
    inputs: dict[int, bool | None] | None = None
    antennas_out: tuple[int, ...] = ()
    reads_tids: bool = False


async def take_over(
    exchange: Exchange, inventory: Inventory, keepalive_s: float, *, newest: bool, name: str
) -> Device:
    """Make the reader ours and let it look for tags.

    Args:
        exchange: with the reader, which has welcomed us.
        inventory: how to look.
        keepalive_s: seconds between its signs of life.
        newest: speak LLRP 1.1 if the reader does.
        name: of the reader, for the log.

    Raises:
        ReaderConfigError: an antenna, a power or a vendor's setting that this reader does not have.
        RequestRefused: the reader will not do what we cannot do without.
        TransientConnectionError, ProtocolError: the connection is gone.
    """
    if newest:
        await _agree_on_version(exchange, name)
    capabilities = await exchange.ask(Message("GET_READER_CAPABILITIES"))
    vendor = await _extended(exchange, vendors.vendor_of(capabilities), name)
    await _clear(exchange, name)
    ports = requests.inputs_of(capabilities)
    await _configure(exchange, keepalive_s, ports, name)
    inputs = await _input_states(exchange, ports, name)
    antennas_out = await _antennas_out(exchange, name)
    # A reader that held back what happened while nobody was connected lets it out now.
    await exchange.say("ENABLE_EVENTS_AND_REPORTS")
    await exchange.ask(requests.add_rospec(inventory, capabilities, vendor))
    reads_tids = inventory.tid and vendor is not Vendor.IMPINJ
    if reads_tids:
        await _read_tids(exchange)
    for request in ("ENABLE_ROSPEC", "START_ROSPEC"):
        await exchange.ask(Message(request, fields={"ROSpecID": ROSPEC_ID}))
    limits = capabilities.find("LLRPCapabilities")
    general = capabilities.find("GeneralDeviceCapabilities")
    return Device(
        requests.read_info(capabilities),
        vendor,
        bool(general is None or general.fields["HasUTCClockCapability"]),
        bool(limits is None or limits.fields["MaxNumAccessSpecs"]),
        inputs,
        antennas_out,
        reads_tids,
    )


async def _agree_on_version(exchange: Exchange, name: str) -> None:
    """LLRP 1.1 where the reader speaks it; one that does not know the question speaks 1.0.1."""
    exchange.version = LLRP_1_1
    try:
        told = await exchange.ask(Message("GET_SUPPORTED_VERSION"))
        if told.fields["SupportedVersion"] >= LLRP_1_1:
            await exchange.ask(Message("SET_PROTOCOL_VERSION", fields={"ProtocolVersion": LLRP_1_1}))
            return
    except RequestRefused as error:
        log.info("llrp.version_refused", reader=name, reason=str(error))
    exchange.version = 1


async def _extended(exchange: Exchange, vendor: Vendor, name: str) -> Vendor:
    """The vendor whose parameters the reader takes now; one that refuses is treated like any other."""
    if vendor is not Vendor.IMPINJ:
        return vendor
    try:
        told = await exchange.ask(vendors.enable_extensions())
    except RequestRefused as error:
        log.warning("llrp.extensions_refused", reader=name, reason=str(error))
        return Vendor.GENERIC
    if not vendors.extensions_enabled(told):
        log.warning("llrp.extensions_refused", reader=name, reason=ascii(told.fields))
        return Vendor.GENERIC
    return vendor


async def _clear(exchange: Exchange, name: str) -> None:
    """Delete what others left. Some refuse to delete all: then one by one; what stays shows at ADD_ROSPEC."""
    for kind, number in (("ACCESSSPEC", "AccessSpecID"), ("ROSPEC", "ROSpecID")):
        try:
            await exchange.ask(Message(f"DELETE_{kind}"))
        except RequestRefused as error:
            log.info("llrp.delete_all_refused", reader=name, what=kind, reason=str(error))
            await _clear_singly(exchange, kind, number, name)


async def _clear_singly(exchange: Exchange, kind: str, number: str, name: str) -> None:
    try:
        listed = await exchange.ask(Message(f"GET_{kind}S"))
        for spec in listed.children:
            if number in spec.fields:
                await exchange.ask(Message(f"DELETE_{kind}", fields={number: spec.fields[number]}))
    except RequestRefused as error:
        log.info("llrp.delete_refused", reader=name, what=kind, reason=str(error))


async def _configure(exchange: Exchange, keepalive_s: float, ports: int, name: str) -> None:
    """Ask for keepalives and events; a reader that knows not all of these is asked for keepalives alone."""
    try:
        await exchange.ask(requests.set_reader_config(keepalive_s, inputs=ports))
    except RequestRefused as error:
        log.info("llrp.events_refused", reader=name, reason=str(error))
        await exchange.ask(requests.set_keepalive(keepalive_s))


async def _input_states(exchange: Exchange, ports: int, name: str) -> dict[int, bool | None]:
    if not ports:
        return {}
    known = {0: False, 1: True}
    told = await _config(exchange, INPUT_STATES, "GPIPortCurrentState", name)
    return {each["GPIPortNum"]: known.get(each["State"]) for each in told} or dict.fromkeys(
        range(1, ports + 1)
    )


async def _antennas_out(exchange: Exchange, name: str) -> tuple[int, ...]:
    told = await _config(exchange, ANTENNA_PROPERTIES, "AntennaProperties", name)
    return tuple(each["AntennaID"] for each in told if not each["AntennaConnected"])


async def _config(exchange: Exchange, what: int, part: str, name: str) -> list[dict[str, int]]:
    """A part of the reader's configuration; empty where it will not tell, which nothing depends on."""
    try:
        told = await exchange.ask(Message("GET_READER_CONFIG", fields={"RequestedData": what}))
    except RequestRefused as error:
        log.info("llrp.config_refused", reader=name, what=part, reason=str(error))
        return []
    return [dict(each.fields) for each in told.all(part)]


async def _read_tids(exchange: Exchange) -> None:
    """Let the reader read the TID of every tag that comes by, and tell it with the tag."""
    anybody = Target()
    command: Parameter = access.read_tid()
    request = access.add_accessspec(
        access.TID_SPEC, anybody, command, times=access.TILL_DELETED, report=access.WITH_TAG_REPORTS
    )
    await exchange.ask(request)
    await exchange.ask(Message("ENABLE_ACCESSSPEC", fields={"AccessSpecID": access.TID_SPEC}))
