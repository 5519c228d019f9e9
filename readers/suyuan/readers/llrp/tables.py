"""Messages and parameters of LLRP as tables: numbers, fields and their widths.

Source: EPCglobal Low Level Reader Protocol 1.0.1, clause 16 (binary encoding), and 1.1 for the two version
messages. A field is ``Name:type``; the types are

====== ===============================================================
u1…u64 unsigned, that many bits (fields below 8 bits share bytes)
s8 s16 signed
r1…r16 reserved bits, sent as zero, ignored when read
b96    96 bits as bytes
u1v    bit array: 16-bit count of bits, then the bytes
u8v    byte array: 16-bit count, then the bytes
u16v   16-bit count, then 16-bit values; u32v likewise
utf8   16-bit count of bytes, then UTF-8
rest   bytes up to the end
====== ===============================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Field(NamedTuple):
    """One field: ``kind`` is the letter, ``width`` in bits, or 0 where the length is in the data."""

    name: str
    type: str
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What a message or parameter is made of; ``tv`` parameters have a one-byte header and no children."""

    name: str
    number: int
    fields: tuple[Field, ...]
    tv: bool = False


def _fields(text: str) -> tuple[Field, ...]:
    fields: list[Field] = []
    for part in text.split():
        name, _, kind = part.partition(":")
        variable = kind in {"u1v", "u8v", "u16v", "u32v", "utf8", "rest"}
        fields.append(Field(name, kind if variable else kind[0], 0 if variable else int(kind[1:])))
    return tuple(fields)


_MESSAGES = """
1 GET_READER_CAPABILITIES RequestedData:u8
2 GET_READER_CONFIG AntennaID:u16 RequestedData:u8 GPIPortNum:u16 GPOPortNum:u16
3 SET_READER_CONFIG ResetToFactoryDefault:u1 _:r7
4 CLOSE_CONNECTION_RESPONSE
11 GET_READER_CAPABILITIES_RESPONSE
12 GET_READER_CONFIG_RESPONSE
13 SET_READER_CONFIG_RESPONSE
14 CLOSE_CONNECTION
20 ADD_ROSPEC
21 DELETE_ROSPEC ROSpecID:u32
22 START_ROSPEC ROSpecID:u32
23 STOP_ROSPEC ROSpecID:u32
24 ENABLE_ROSPEC ROSpecID:u32
25 DISABLE_ROSPEC ROSpecID:u32
26 GET_ROSPECS
30 ADD_ROSPEC_RESPONSE
31 DELETE_ROSPEC_RESPONSE
32 START_ROSPEC_RESPONSE
33 STOP_ROSPEC_RESPONSE
34 ENABLE_ROSPEC_RESPONSE
35 DISABLE_ROSPEC_RESPONSE
36 GET_ROSPECS_RESPONSE
40 ADD_ACCESSSPEC
41 DELETE_ACCESSSPEC AccessSpecID:u32
42 ENABLE_ACCESSSPEC AccessSpecID:u32
43 DISABLE_ACCESSSPEC AccessSpecID:u32
44 GET_ACCESSSPECS
46 GET_SUPPORTED_VERSION
47 SET_PROTOCOL_VERSION ProtocolVersion:u8
50 ADD_ACCESSSPEC_RESPONSE
51 DELETE_ACCESSSPEC_RESPONSE
52 ENABLE_ACCESSSPEC_RESPONSE
53 DISABLE_ACCESSSPEC_RESPONSE
54 GET_ACCESSSPECS_RESPONSE
56 GET_SUPPORTED_VERSION_RESPONSE CurrentVersion:u8 SupportedVersion:u8
57 SET_PROTOCOL_VERSION_RESPONSE
60 GET_REPORT
61 RO_ACCESS_REPORT
62 KEEPALIVE
63 READER_EVENT_NOTIFICATION
64 ENABLE_EVENTS_AND_REPORTS
72 KEEPALIVE_ACK
100 ERROR_MESSAGE
1023 CUSTOM_MESSAGE VendorIdentifier:u32 MessageSubtype:u8 Data:rest
"""

_TV = """
1 AntennaID AntennaID:u16
2 FirstSeenTimestampUTC Microseconds:u64
3 FirstSeenTimestampUptime Microseconds:u64
4 LastSeenTimestampUTC Microseconds:u64
5 LastSeenTimestampUptime Microseconds:u64
6 PeakRSSI PeakRSSI:s8
7 ChannelIndex ChannelIndex:u16
8 TagSeenCount TagCount:u16
9 ROSpecID ROSpecID:u32
10 InventoryParameterSpecID InventoryParameterSpecID:u16
11 C1G2CRC CRC:u16
12 C1G2PC PC_Bits:u16
13 EPC_96 EPC:b96
14 SpecIndex SpecIndex:u16
15 ClientRequestOpSpecResult OpSpecID:u16
16 AccessSpecID AccessSpecID:u32
17 OpSpecID OpSpecID:u16
18 C1G2SingulationDetails NumCollisionSlots:u16 NumEmptySlots:u16
19 C1G2XPCW1 XPC_W1:u16
20 C1G2XPCW2 XPC_W2:u16
"""

_TLV = """
128 UTCTimestamp Microseconds:u64
129 Uptime Microseconds:u64
137 GeneralDeviceCapabilities MaxNumberOfAntennaSupported:u16 CanSetAntennaProperties:u1 \
HasUTCClockCapability:u1 _:r14 DeviceManufacturerName:u32 ModelName:u32 ReaderFirmwareVersion:utf8
139 ReceiveSensitivityTableEntry Index:u16 ReceiveSensitivityValue:s16
140 PerAntennaAirProtocol AntennaID:u16 ProtocolID:u8v
141 GPIOCapabilities NumGPIs:u16 NumGPOs:u16
142 LLRPCapabilities CanDoRFSurvey:u1 CanReportBufferFillWarning:u1 SupportsClientRequestOpSpec:u1 \
CanDoTagInventoryStateAwareSingulation:u1 SupportsEventAndReportHolding:u1 _:r3 \
MaxNumPriorityLevelsSupported:u8 ClientRequestOpSpecTimeout:u16 MaxNumROSpecs:u32 MaxNumSpecsPerROSpec:u32 \
MaxNumInventoryParameterSpecsPerAISpec:u32 MaxNumAccessSpecs:u32 MaxNumOpSpecsPerAccessSpec:u32
143 RegulatoryCapabilities CountryCode:u16 CommunicationsStandard:u16
144 UHFBandCapabilities
145 TransmitPowerLevelTableEntry Index:u16 TransmitPowerValue:s16
146 FrequencyInformation Hopping:u1 _:r7
147 FrequencyHopTable HopTableID:u8 _:r8 Frequency:u32v
148 FixedFrequencyTable Frequency:u32v
149 PerAntennaReceiveSensitivityRange AntennaID:u16 ReceiveSensitivityIndexMin:u16 \
ReceiveSensitivityIndexMax:u16
177 ROSpec ROSpecID:u32 Priority:u8 CurrentState:u8
178 ROBoundarySpec
179 ROSpecStartTrigger ROSpecStartTriggerType:u8
180 PeriodicTriggerValue Offset:u32 Period:u32
181 GPITriggerValue GPIPortNum:u16 GPIEvent:u1 _:r7 Timeout:u32
182 ROSpecStopTrigger ROSpecStopTriggerType:u8 DurationTriggerValue:u32
183 AISpec AntennaIDs:u16v
184 AISpecStopTrigger AISpecStopTriggerType:u8 DurationTrigger:u32
185 TagObservationTrigger TriggerType:u8 _:r8 NumberOfTags:u16 NumberOfAttempts:u16 T:u16 Timeout:u32
186 InventoryParameterSpec InventoryParameterSpecID:u16 ProtocolID:u8
207 AccessSpec AccessSpecID:u32 AntennaID:u16 ProtocolID:u8 CurrentState:u1 _:r7 ROSpecID:u32
208 AccessSpecStopTrigger AccessSpecStopTrigger:u8 OperationCountValue:u16
209 AccessCommand
210 ClientRequestOpSpec OpSpecID:u16
211 ClientRequestResponse AccessSpecID:u32
217 LLRPConfigurationStateValue LLRPConfigurationStateValue:u32
218 Identification IDType:u8 ReaderID:u8v
219 GPOWriteData GPOPortNumber:u16 GPOData:u1 _:r7
220 KeepaliveSpec KeepaliveTriggerType:u8 PeriodicTriggerValue:u32
221 AntennaProperties AntennaConnected:u1 _:r7 AntennaID:u16 AntennaGain:s16
222 AntennaConfiguration AntennaID:u16
223 RFReceiver ReceiverSensitivity:u16
224 RFTransmitter HopTableID:u16 ChannelIndex:u16 TransmitPower:u16
225 GPIPortCurrentState GPIPortNum:u16 Config:u1 _:r7 State:u8
226 EventsAndReports HoldEventsAndReportsUponReconnect:u1 _:r7
237 ROReportSpec ROReportTrigger:u8 N:u16
238 TagReportContentSelector EnableROSpecID:u1 EnableSpecIndex:u1 EnableInventoryParameterSpecID:u1 \
EnableAntennaID:u1 EnableChannelIndex:u1 EnablePeakRSSI:u1 EnableFirstSeenTimestamp:u1 \
EnableLastSeenTimestamp:u1 EnableTagSeenCount:u1 EnableAccessSpecID:u1 _:r6
239 AccessReportSpec AccessReportTrigger:u8
240 TagReportData
241 EPCData EPC:u1v
244 ReaderEventNotificationSpec
245 EventNotificationState EventType:u16 NotificationState:u1 _:r7
246 ReaderEventNotificationData
247 HoppingEvent HopTableID:u16 NextChannelIndex:u16
248 GPIEvent GPIPortNumber:u16 GPIEvent:u1 _:r7
249 ROSpecEvent EventType:u8 ROSpecID:u32 PreemptingROSpecID:u32
250 ReportBufferLevelWarningEvent ReportBufferPercentageFull:u8
251 ReportBufferOverflowErrorEvent
252 ReaderExceptionEvent Message:utf8
253 RFSurveyEvent EventType:u8 ROSpecID:u32 SpecIndex:u16
254 AISpecEvent EventType:u8 ROSpecID:u32 SpecIndex:u16
255 AntennaEvent EventType:u8 AntennaID:u16
256 ConnectionAttemptEvent Status:u16
257 ConnectionCloseEvent
287 LLRPStatus StatusCode:u16 ErrorDescription:utf8
288 FieldError FieldNum:u16 ErrorCode:u16
289 ParameterError ParameterType:u16 ErrorCode:u16
327 C1G2LLRPCapabilities CanSupportBlockErase:u1 CanSupportBlockWrite:u1 _:r6 MaxNumSelectFiltersPerQuery:u16
328 UHFC1G2RFModeTable
329 UHFC1G2RFModeTableEntry ModeIdentifier:u32 DRValue:u1 EPCHAGTCConformance:u1 _:r6 MValue:u8 \
ForwardLinkModulation:u8 SpectralMaskIndicator:u8 BDRValue:u32 PIEValue:u32 MinTariValue:u32 \
MaxTariValue:u32 StepTariValue:u32
330 C1G2InventoryCommand TagInventoryStateAware:u1 _:r7
331 C1G2Filter T:u2 _:r6
332 C1G2TagInventoryMask MB:u2 _:r6 Pointer:u16 TagMask:u1v
333 C1G2TagInventoryStateAwareFilterAction Target:u8 Action:u8
334 C1G2TagInventoryStateUnawareFilterAction Action:u8
335 C1G2RFControl ModeIndex:u16 Tari:u16
336 C1G2SingulationControl Session:u2 _:r6 TagPopulation:u16 TagTransitTime:u32
337 C1G2TagInventoryStateAwareSingulationAction I:u1 S:u1 _:r6
338 C1G2TagSpec
339 C1G2TargetTag MB:u2 Match:u1 _:r5 Pointer:u16 TagMask:u1v TagData:u1v
341 C1G2Read OpSpecID:u16 AccessPassword:u32 MB:u2 _:r6 WordPointer:u16 WordCount:u16
342 C1G2Write OpSpecID:u16 AccessPassword:u32 MB:u2 _:r6 WordPointer:u16 WriteData:u16v
343 C1G2Kill OpSpecID:u16 KillPassword:u32
344 C1G2Lock OpSpecID:u16 AccessPassword:u32
345 C1G2LockPayload Privilege:u8 DataField:u8
346 C1G2BlockErase OpSpecID:u16 AccessPassword:u32 MB:u2 _:r6 WordPointer:u16 WordCount:u16
347 C1G2BlockWrite OpSpecID:u16 AccessPassword:u32 MB:u2 _:r6 WordPointer:u16 WriteData:u16v
348 C1G2EPCMemorySelector EnableCRC:u1 EnablePCBits:u1 _:r6
349 C1G2ReadOpSpecResult Result:u8 OpSpecID:u16 ReadData:u16v
350 C1G2WriteOpSpecResult Result:u8 OpSpecID:u16 NumWordsWritten:u16
351 C1G2KillOpSpecResult Result:u8 OpSpecID:u16
352 C1G2LockOpSpecResult Result:u8 OpSpecID:u16
353 C1G2BlockEraseOpSpecResult Result:u8 OpSpecID:u16
354 C1G2BlockWriteOpSpecResult Result:u8 OpSpecID:u16 NumWordsWritten:u16
1023 Custom VendorIdentifier:u32 ParameterSubtype:u32 Data:rest
"""


def _layouts(text: str, *, tv: bool = False) -> dict[int, Layout]:
    layouts: dict[int, Layout] = {}
    for line in text.strip().splitlines():
        number, name, *fields = line.split(maxsplit=2)
        layouts[int(number)] = Layout(name, int(number), _fields(" ".join(fields)), tv)
    return layouts


MESSAGES = _layouts(_MESSAGES)
"""Layouts of messages by their number."""
TV_PARAMETERS = _layouts(_TV, tv=True)
"""Layouts of the parameters with a one-byte header, by number (1 to 127)."""
TLV_PARAMETERS = _layouts(_TLV)
"""Layouts of the parameters with a length, by number (128 to 2047)."""
MESSAGE_NAMES = {layout.name: layout for layout in MESSAGES.values()}
PARAMETER_NAMES = {layout.name: layout for layout in (*TV_PARAMETERS.values(), *TLV_PARAMETERS.values())}
