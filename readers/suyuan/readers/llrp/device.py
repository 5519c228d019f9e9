"""What the emulated reader says of itself: a fixed reader for the Chinese 920 to 925 MHz band."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from suyuan.readers.llrp.codec import Message, Parameter
from suyuan.readers.llrp.inventory import answer
from suyuan.readers.llrp.vendors import IMPINJ, ZEBRA, Vendor, custom

FIRMWARE = "suyuan-emulator-1"
INPUTS = OUTPUTS = 4
"""General-purpose inputs and outputs."""
MOST_SPECS = 8
"""ROSpecs, AccessSpecs, and parts of each, that it keeps at once."""
MAKERS = {Vendor.GENERIC: (0, 0), Vendor.IMPINJ: (IMPINJ, 2_001_002), Vendor.ZEBRA: (ZEBRA, 96_008)}
"""Manufacturer's number and model of those whose ways it takes on."""
POWER_STEPS = tuple(range(1000, 3025, 25))
"""Transmit powers in hundredths of a dBm: 10 to 30 dBm by 0.25."""
CHANNELS_KHZ = tuple(920_625 + 250 * step for step in range(16))
"""Sixteen channels of 250 kHz, 920.625 to 924.375 MHz."""
CHINA = 156
"""ISO 3166 numeric country code."""
ALL, GENERAL, LLRP, REGULATORY = 0, 1, 2, 3
"""Values of RequestedData of GET_READER_CAPABILITIES."""
IDENTIFICATION, ANTENNAS, INPUT_STATES, OUTPUT_STATES = 1, 2, 9, 10
"""Values of RequestedData of GET_READER_CONFIG; 0 is all of it."""
_MOTO_GENERAL_CAPABILITIES = 1


def capabilities(
    antennas: int, requested: int, vendor: Vendor = Vendor.GENERIC, *, utc: bool = True
) -> tuple[Parameter, ...]:
    """The parameters of a GET_READER_CAPABILITIES_RESPONSE."""
    parts: list[Parameter] = []
    if requested in {ALL, GENERAL}:
        parts.append(_general(antennas, vendor, utc=utc))
    if requested in {ALL, LLRP}:
        limits = {
            "SupportsEventAndReportHolding": 1,
            "MaxNumPriorityLevelsSupported": 1,
            "MaxNumROSpecs": MOST_SPECS,
            "MaxNumSpecsPerROSpec": MOST_SPECS,
            "MaxNumInventoryParameterSpecsPerAISpec": 1,
            "MaxNumAccessSpecs": MOST_SPECS,
            "MaxNumOpSpecsPerAccessSpec": MOST_SPECS,
        }
        parts.append(Parameter("LLRPCapabilities", limits))
    if requested in {ALL, REGULATORY}:
        parts.append(_regulatory())
    if requested == ALL:
        parts.append(
            Parameter("C1G2LLRPCapabilities", {"CanSupportBlockErase": 1, "CanSupportBlockWrite": 1})
        )
        if vendor is Vendor.ZEBRA:
            parts.append(custom(ZEBRA, _MOTO_GENERAL_CAPABILITIES, bytes(12)))
    return tuple(parts)


def _general(antennas: int, vendor: Vendor, *, utc: bool) -> Parameter:
    maker, model = MAKERS[vendor]
    per_antenna = (
        Parameter("PerAntennaAirProtocol", {"AntennaID": antenna, "ProtocolID": b"\x01"})
        for antenna in range(1, antennas + 1)
    )
    return Parameter(
        "GeneralDeviceCapabilities",
        {
            "MaxNumberOfAntennaSupported": antennas,
            "HasUTCClockCapability": int(utc),
            "DeviceManufacturerName": maker,
            "ModelName": model,
            "ReaderFirmwareVersion": FIRMWARE,
        },
        (
            Parameter("ReceiveSensitivityTableEntry", {"Index": 1, "ReceiveSensitivityValue": 0}),
            Parameter("GPIOCapabilities", {"NumGPIs": INPUTS, "NumGPOs": OUTPUTS}),
            *per_antenna,
        ),
    )


def _regulatory() -> Parameter:
    steps = (
        Parameter("TransmitPowerLevelTableEntry", {"Index": index, "TransmitPowerValue": value})
        for index, value in enumerate(POWER_STEPS, 1)
    )
    hops = Parameter("FrequencyHopTable", {"HopTableID": 1, "Frequency": CHANNELS_KHZ})
    mode = Parameter(
        "UHFC1G2RFModeTableEntry",
        {
            "ModeIdentifier": 1,
            "DRValue": 1,
            "MValue": 2,
            "BDRValue": 250_000,
            "PIEValue": 1500,
            "MinTariValue": 25_000,
            "MaxTariValue": 25_000,
        },
    )
    band = Parameter(
        "UHFBandCapabilities",
        children=(
            *steps,
            Parameter("FrequencyInformation", {"Hopping": 1}, (hops,)),
            Parameter("UHFC1G2RFModeTable", children=(mode,)),
        ),
    )
    return Parameter("RegulatoryCapabilities", {"CountryCode": CHINA}, (band,))


def configuration(
    requested: int,
    antennas: Iterable[int],
    out: Container[int],
    inputs: Mapping[int, bool],
    outputs: Mapping[int, bool],
) -> tuple[Parameter, ...]:
    """The parameters of a GET_READER_CONFIG_RESPONSE: who it is, what is plugged in, how its ports are."""
    parts: list[Parameter] = []
    if requested in {ALL, IDENTIFICATION}:
        identity = {"IDType": 0, "ReaderID": bytes.fromhex("0200005e1102")}
        parts.append(Parameter("Identification", identity))
    if requested in {ALL, ANTENNAS}:
        parts += (
            Parameter(
                "AntennaProperties",
                {"AntennaConnected": int(antenna not in out), "AntennaID": antenna, "AntennaGain": 600},
            )
            for antenna in antennas
        )
    if requested in {ALL, INPUT_STATES}:
        parts += (
            Parameter("GPIPortCurrentState", {"GPIPortNum": port, "Config": 1, "State": int(high)})
            for port, high in inputs.items()
        )
    if requested in {ALL, OUTPUT_STATES}:
        parts += (
            Parameter("GPOWriteData", {"GPOPortNumber": port, "GPOData": int(high)})
            for port, high in outputs.items()
        )
    return tuple(parts)


def supported_version(request: Message) -> Message:
    """The answer to GET_SUPPORTED_VERSION: 1.0.1 now, 1.1 understood."""
    told = answer(request)
    return Message(
        told.name, told.id, {"CurrentVersion": 1, "SupportedVersion": 2}, told.children, request.version
    )
