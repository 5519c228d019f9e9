"""What the driver asks of a reader: its options, and the messages made of them."""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.readers import tls
from suyuan.readers.address import COMMON_OPTIONS, Option, flag, integer, integers, number
from suyuan.readers.errors import ReaderConfigError
from suyuan.readers.llrp import vendors
from suyuan.readers.llrp.access import GEN2
from suyuan.readers.llrp.codec import Message, Parameter
from suyuan.readers.llrp.vendors import Vendor
from suyuan.readers.reader import ReaderInfo

ROSPEC_ID = 1
REPORT_AT_N_OR_END_OF_AISPEC = 1
GPI_EVENT, ROSPEC_EVENT, READER_EXCEPTION_EVENT, ANTENNA_EVENT = 1, 2, 4, 8
"""Numbers of the events that the driver wants to hear of (LLRP 1.0.1 §16.2.7.5.1)."""


MOST_PORTS = 64
"""Inputs looked at: a reader has four."""
UNKNOWN = 2
"""State of an input that is only configured."""


def clock_source(text: str) -> bool:
    """``device`` or ``host``, as: is it the host's."""
    if text not in {"device", "host"}:
        message = "it must be device or host"
        raise ValueError(message)
    return text == "host"


def protocol_version(text: str) -> bool:
    """``1.0.1`` or ``1.1``, as: is it the newer."""
    if text not in {"1.0.1", "1.1"}:
        message = "it must be 1.0.1 or 1.1"
        raise ValueError(message)
    return text == "1.1"


def search_mode(text: str) -> str:
    """A name of Impinj's search modes."""
    if text not in vendors.SEARCH_MODES:
        message = f"one of {', '.join(vendors.SEARCH_MODES)} is needed"
        raise ValueError(message)
    return text


def duty_cycle(text: str) -> tuple[float, float]:
    """Two times in seconds, written as 10/0.2."""
    empty, _, ping = text.partition("/")
    times = number(0.001, 65)
    return times(empty), times(ping)


OPTIONS: tuple[Option, ...] = (
    *COMMON_OPTIONS,
    Option("antennas", integers(1, 65_535, 64), (), "antennas to use, comma-separated; all by default"),
    Option("session", integer(0, 3), None, "Gen2 session 0 to 3; the reader's own default otherwise"),
    Option(
        "power", number(-10, 40), None, "transmit power in dBm; rounded down to a step that the reader has"
    ),
    Option("mode", integer(0, 65_535), None, "RF mode, an index of the reader's own table"),
    Option("population", integer(1, 65_535), None, "estimated number of tags in the field"),
    Option("n", integer(1, 65_535), 1, "tags in a report: 1 is quickest, more is lighter"),
    Option("keepalive", number(0.05, 3_600), 10.0, "seconds between signs of life of a quiet reader"),
    Option("timeout", number(0.05, 300), 5.0, "seconds to wait for a connection or an answer"),
    Option("clock", clock_source, False, "whose time observations carry: device (default) or host"),
    Option("tid", flag, False, "yes: read every tag's chip id too, which makes reading slower"),
    Option("version", protocol_version, False, "newest version to speak: 1.0.1 (default) or 1.1"),
    Option(
        "search", search_mode, None, "Impinj only: which tags answer again (reader, single, dual, suppress)"
    ),
    Option("duty", duty_cycle, None, "Impinj only: 10/0.2: after 10 s without tags look every 0.2 s only"),
)
TLS_OPTIONS: tuple[Option, ...] = (*OPTIONS, *tls.OPTIONS)


@dataclass(frozen=True, slots=True)
class Inventory:
    """How to look for tags; None leaves a setting to the reader."""

    antennas: tuple[int, ...] = ()
    session: int | None = None
    power_dbm: float | None = None
    mode: int | None = None
    population: int | None = None
    report_every: int = 1
    tid: bool = False
    search: str | None = None
    duty: tuple[float, float] | None = None


def read_info(response: Message) -> ReaderInfo:
    """What a GET_READER_CAPABILITIES_RESPONSE says of the device."""
    general = response.find("GeneralDeviceCapabilities")
    if general is None:
        return ReaderInfo()
    highest = int(general.fields["MaxNumberOfAntennaSupported"])
    firmware = str(general.fields["ReaderFirmwareVersion"])
    return ReaderInfo(
        model=f"{general.fields['DeviceManufacturerName']}/{general.fields['ModelName']}",
        firmware="".join(each if each.isprintable() else "?" for each in firmware),
        antennas=tuple(range(1, highest + 1)),
        extra={"utc_clock": "yes" if general.fields["HasUTCClockCapability"] else "no"},
    )


def inputs_of(capabilities: Message) -> int:
    """How many general-purpose inputs the device has."""
    general = capabilities.find("GeneralDeviceCapabilities")
    ports = general.find("GPIOCapabilities") if general else None
    return min(int(ports.fields["NumGPIs"]), MOST_PORTS) if ports else 0


def set_reader_config(keepalive_s: float, *, inputs: int = 0) -> Message:
    """Periodic keepalives, and notice of inputs, of ROSpecs that end, of exceptions, of antennas."""
    wanted = (ROSPEC_EVENT, READER_EXCEPTION_EVENT, ANTENNA_EVENT)
    events = tuple(
        Parameter("EventNotificationState", {"EventType": event, "NotificationState": 1})
        for event in ((GPI_EVENT, *wanted) if inputs else wanted)
    )
    ports = (
        Parameter("GPIPortCurrentState", {"GPIPortNum": port, "Config": 1, "State": UNKNOWN})
        for port in range(1, inputs + 1)
    )
    return Message(
        "SET_READER_CONFIG",
        children=(
            Parameter("ReaderEventNotificationSpec", children=events),
            _keepalive(keepalive_s),
            *ports,
            Parameter("EventsAndReports"),
        ),
    )


def set_keepalive(keepalive_s: float) -> Message:
    """Periodic keepalives alone."""
    return Message("SET_READER_CONFIG", children=(_keepalive(keepalive_s),))


def _keepalive(seconds: float) -> Parameter:
    period = max(1, round(seconds * 1000))
    return Parameter("KeepaliveSpec", {"KeepaliveTriggerType": 1, "PeriodicTriggerValue": period})


def set_gpo(port: int, *, high: bool) -> Message:
    """Switch one output."""
    return Message(
        "SET_READER_CONFIG",
        children=(Parameter("GPOWriteData", {"GPOPortNumber": port, "GPOData": int(high)}),),
    )


def add_rospec(inventory: Inventory, capabilities: Message, vendor: Vendor = Vendor.GENERIC) -> Message:
    """A ROSpec that runs from START_ROSPEC until it is stopped and reports everything that we keep.

    Raises:
        ReaderConfigError: an antenna, a power or a vendor's setting that the reader does not have.
    """
    if vendor is not Vendor.IMPINJ and (inventory.search or inventory.duty):
        raise ReaderConfigError(
            "The reader has no setting {option}: only Impinj's have.",
            where="search" if inventory.search else "duty",
            remedy="Leave it out.",
            option="search" if inventory.search else "duty",
        )
    known = read_info(capabilities).antennas
    beyond = [antenna for antenna in inventory.antennas if known and antenna not in known]
    if beyond:
        raise ReaderConfigError(
            "The reader has no antenna {antenna}.",
            where="antennas",
            remedy=f"It has {known[0]} to {known[-1]}.",
            antenna=beyond[0],
        )
    antennas = inventory.antennas or (0,)
    look = Parameter(
        "InventoryParameterSpec",
        {"InventoryParameterSpecID": 1, "ProtocolID": GEN2},
        _antenna_configurations(inventory, antennas, capabilities),
    )
    boundary = Parameter(
        "ROBoundarySpec", children=(Parameter("ROSpecStartTrigger"), Parameter("ROSpecStopTrigger"))
    )
    wanted = ("AntennaID", "PeakRSSI", "FirstSeenTimestamp", "LastSeenTimestamp", "TagSeenCount")
    content = {f"Enable{part}": 1 for part in wanted}
    report = Parameter(
        "ROReportSpec",
        {"ROReportTrigger": REPORT_AT_N_OR_END_OF_AISPEC, "N": inventory.report_every},
        (
            Parameter("TagReportContentSelector", content),
            *((vendors.content_selector(tid=inventory.tid),) if vendor is Vendor.IMPINJ else ()),
        ),
    )
    antenna_spec = Parameter("AISpec", {"AntennaIDs": antennas}, (Parameter("AISpecStopTrigger"), look))
    rospec = Parameter("ROSpec", {"ROSpecID": ROSPEC_ID}, (boundary, antenna_spec, report))
    return Message("ADD_ROSPEC", children=(rospec,))


def _antenna_configurations(
    inventory: Inventory, antennas: tuple[int, ...], capabilities: Message
) -> tuple[Parameter, ...]:
    parts: list[Parameter] = []
    if inventory.power_dbm is not None:
        parts.append(_transmitter(inventory.power_dbm, capabilities))
    command: list[Parameter] = []
    if inventory.mode is not None:
        command.append(Parameter("C1G2RFControl", {"ModeIndex": inventory.mode}))
    if inventory.session is not None or inventory.population is not None:
        control = {"Session": inventory.session or 0, "TagPopulation": inventory.population or 32}
        command.append(Parameter("C1G2SingulationControl", control))
    if inventory.search is not None:
        command.append(vendors.search_mode(inventory.search))
    if inventory.duty is not None:
        command.append(vendors.low_duty_cycle(*inventory.duty))
    if command:
        parts.append(Parameter("C1G2InventoryCommand", children=tuple(command)))
    if not parts:
        return ()
    return tuple(Parameter("AntennaConfiguration", {"AntennaID": each}, tuple(parts)) for each in antennas)


def _transmitter(power_dbm: float, capabilities: Message) -> Parameter:
    regulatory = capabilities.find("RegulatoryCapabilities")
    band = regulatory.find("UHFBandCapabilities") if regulatory else None
    if band is None:
        raise ReaderConfigError(
            "The reader does not tell its power steps.", where="power", remedy="Leave power out."
        )
    steps = {
        entry.fields["TransmitPowerValue"]: entry.fields["Index"]
        for entry in band.all("TransmitPowerLevelTableEntry")
    }
    usable = [step for step in steps if step <= round(power_dbm * 100)]
    if not usable:
        raise ReaderConfigError(
            "The reader cannot send with only {power} dBm.",
            where="power",
            remedy=f"Its steps: {', '.join(f'{step / 100:g}' for step in sorted(steps)[:64])}.",
            power=power_dbm,
        )
    frequencies = band.find("FrequencyInformation")
    table = frequencies.find("FrequencyHopTable") if frequencies else None
    hop = table.fields["HopTableID"] if table else 0
    return Parameter(
        "RFTransmitter", {"HopTableID": hop, "ChannelIndex": 1, "TransmitPower": steps[max(usable)]}
    )
