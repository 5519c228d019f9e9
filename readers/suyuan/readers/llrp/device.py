"""What the emulated reader says of itself: a fixed reader for the Chinese 920 to 925 MHz band."""

from __future__ import annotations

from collections.abc import Iterable

from suyuan.readers.llrp.codec import Message, Parameter
from suyuan.readers.llrp.inventory import answer

FIRMWARE = "suyuan-emulator-1"
OUTPUTS = 4
"""General-purpose outputs."""
POWER_STEPS = tuple(range(1000, 3025, 25))
"""Transmit powers in hundredths of a dBm: 10 to 30 dBm by 0.25."""
CHANNELS_KHZ = tuple(920_625 + 250 * step for step in range(16))
"""Sixteen channels of 250 kHz, 920.625 to 924.375 MHz."""
CHINA = 156
"""ISO 3166 numeric country code."""
ALL, GENERAL, LLRP, REGULATORY = 0, 1, 2, 3
"""Values of RequestedData of GET_READER_CAPABILITIES."""


def capabilities(antennas: int, requested: int) -> tuple[Parameter, ...]:
    """The parameters of a GET_READER_CAPABILITIES_RESPONSE."""
    parts: list[Parameter] = []
    if requested in {ALL, GENERAL}:
        parts.append(_general(antennas))
    if requested in {ALL, LLRP}:
        limits = {
            "MaxNumPriorityLevelsSupported": 1,
            "MaxNumROSpecs": 8,
            "MaxNumSpecsPerROSpec": 8,
            "MaxNumInventoryParameterSpecsPerAISpec": 1,
            "MaxNumAccessSpecs": 1,
            "MaxNumOpSpecsPerAccessSpec": 1,
        }
        parts.append(Parameter("LLRPCapabilities", limits))
    if requested in {ALL, REGULATORY}:
        parts.append(_regulatory())
    if requested == ALL:
        parts.append(Parameter("C1G2LLRPCapabilities"))
    return tuple(parts)


def _general(antennas: int) -> Parameter:
    per_antenna = (
        Parameter("PerAntennaAirProtocol", {"AntennaID": antenna, "ProtocolID": b"\x01"})
        for antenna in range(1, antennas + 1)
    )
    return Parameter(
        "GeneralDeviceCapabilities",
        {
            "MaxNumberOfAntennaSupported": antennas,
            "HasUTCClockCapability": 1,
            "ReaderFirmwareVersion": FIRMWARE,
        },
        (
            Parameter("ReceiveSensitivityTableEntry", {"Index": 1, "ReceiveSensitivityValue": 0}),
            Parameter("GPIOCapabilities", {"NumGPIs": 0, "NumGPOs": OUTPUTS}),
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


def configuration(antennas: Iterable[int]) -> tuple[Parameter, ...]:
    """The parameters of a GET_READER_CONFIG_RESPONSE: who it is and which antennas are plugged in."""
    return (
        Parameter("Identification", {"IDType": 0, "ReaderID": bytes.fromhex("0200005e1102")}),
        *(
            Parameter("AntennaProperties", {"AntennaConnected": 1, "AntennaID": antenna, "AntennaGain": 600})
            for antenna in antennas
        ),
    )


def supported_version(request: Message) -> Message:
    """The answer to GET_SUPPORTED_VERSION: 1.0.1 now, 1.1 understood."""
    told = answer(request)
    return Message(
        told.name, told.id, {"CurrentVersion": 1, "SupportedVersion": 2}, told.children, request.version
    )
