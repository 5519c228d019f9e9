"""What the driver asks of a reader: its options, and the messages made of them."""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.readers.address import COMMON_OPTIONS, Option, integer, integers, number
from suyuan.readers.errors import ReaderConfigError
from suyuan.readers.llrp.codec import Message, Parameter
from suyuan.readers.reader import ReaderInfo

ROSPEC_ID = 1
GEN2 = 1
"""Air protocol EPCglobal Class 1 Gen 2."""
REPORT_AT_N_OR_END_OF_AISPEC = 1
READER_EXCEPTION_EVENT, ANTENNA_EVENT = 4, 8
"""Numbers of the events that the driver wants to hear of (LLRP 1.0.1 §16.2.7.5.1)."""


def clock_source(text: str) -> bool:
    """``device`` or ``host``, as: is it the host's."""
    if text not in {"device", "host"}:
        message = "it must be device or host"
        raise ValueError(message)
    return text == "host"


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
)


@dataclass(frozen=True, slots=True)
class Inventory:
    """How to look for tags; None leaves a setting to the reader."""

    antennas: tuple[int, ...] = ()
    session: int | None = None
    power_dbm: float | None = None
    mode: int | None = None
    population: int | None = None
    report_every: int = 1


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


def set_reader_config(keepalive_s: float) -> Message:
    """Periodic keepalives, and notice of reader exceptions and of antennas that come or go."""
    events = tuple(
        Parameter("EventNotificationState", {"EventType": event, "NotificationState": 1})
        for event in (READER_EXCEPTION_EVENT, ANTENNA_EVENT)
    )
    keepalive = {"KeepaliveTriggerType": 1, "PeriodicTriggerValue": max(1, round(keepalive_s * 1000))}
    return Message(
        "SET_READER_CONFIG",
        children=(
            Parameter("ReaderEventNotificationSpec", children=events),
            Parameter("KeepaliveSpec", keepalive),
            Parameter("EventsAndReports"),
        ),
    )


def set_gpo(port: int, *, high: bool) -> Message:
    """Switch one output."""
    return Message(
        "SET_READER_CONFIG",
        children=(Parameter("GPOWriteData", {"GPOPortNumber": port, "GPOData": int(high)}),),
    )


def add_rospec(inventory: Inventory, capabilities: Message) -> Message:
    """A ROSpec that runs from START_ROSPEC until it is stopped and reports everything that we keep.

    Raises:
        ReaderConfigError: an antenna or a power that the reader does not have.
    """
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
        (Parameter("TagReportContentSelector", content),),
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
