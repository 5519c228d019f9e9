"""What an assessment becomes on the screen and in an event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson

from suyuan.readers.station.cold_chain.assessment import Circumstances, Measured, Span, assess
from suyuan.readers.station.cold_chain.profile import Profile
from suyuan.readers.station.cold_chain.telling import MEAN_KINETIC, MOST_ELEMENTS, messages, sensor_elements
from suyuan.readers.station.saying import State
from suyuan.readers.station.sayings_of_trade import SAYINGS_OF_TRADE
from suyuan.trace.epcis.json_document import read_event_json

BEGIN = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
CHINA = timezone(timedelta(hours=8))
MEAT = Profile("meat", "冷鲜肉", "chilled meat", least_c=0.0, most_c=4.0)
LOGGER = "https://id.gs1.org/8004/690123456LOG7"


def readings(*values: float, device: str = LOGGER) -> list[Measured]:
    return [Measured(BEGIN + timedelta(minutes=10 * i), value, device) for i, value in enumerate(values)]


def judged(told: list[Measured], **more: Any) -> Any:
    return assess(told, MEAT, Circumstances(BEGIN + timedelta(hours=1), local=CHINA, **more))


def event(found: Any) -> dict[str, Any]:
    return {
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"suyuan": "https://ns.suyuan.example/"},
        ],
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "epcList": ["https://id.gs1.org/00/069012345000000011"],
        "eventTime": "2026-11-20T10:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "sensor_reporting",
        "sensorElementList": sensor_elements(found, CHINA),
    }


def test_the_sensor_elements_are_epcis_as_written() -> None:
    span = Span(BEGIN, BEGIN + timedelta(hours=2))
    found = judged([*readings(3, 6, 3, 3), *readings(3, 999.0, device="SN 7")], span=span)
    body = event(found)
    read = read_event_json(orjson.dumps(body))
    assert read.body["sensorElementList"] == body["sensorElementList"]
    first = next(e for e in body["sensorElementList"] if e["sensorMetadata"].get("deviceID") == LOGGER)
    assert first["sensorMetadata"] == {
        "startTime": "2026-11-20T08:00:00.000+08:00",
        "endTime": "2026-11-20T08:30:00.000+08:00",
        "deviceID": LOGGER,
    }
    assert (first["suyuan:leastAllowed"], first["suyuan:mostAllowed"]) == (0.0, 4.0)
    least, kinetic = first["sensorReport"]
    assert least == {"type": "Temperature", "uom": "CEL", "minValue": 3, "maxValue": 6, "meanValue": 3.75}
    assert kinetic["dataProcessingMethod"] == MEAN_KINETIC
    exceptions = [r.get("exception") for e in body["sensorElementList"] for r in e["sensorReport"]]
    assert exceptions.count("ALARM_CONDITION") == 1
    assert any(e["sensorMetadata"].get("suyuan:device") == "SN 7" for e in body["sensorElementList"])


def test_a_thousand_gaps_are_counted_and_not_all_written() -> None:
    many = [Measured(BEGIN + timedelta(hours=i), 3.0, LOGGER) for i in range(1001)]
    elements = sensor_elements(judged(many), CHINA)
    assert elements[0]["suyuan:more"] == 1000 - MOST_ELEMENTS
    assert len(orjson.dumps(elements)) < 60_000


def test_the_screen_says_stop_to_an_excursion_and_names_the_doubts() -> None:
    told = messages(judged([*readings(3, 6.04, 3), *readings(3, -127.0, device="SN 7")]), CHINA)
    assert [each.code for each in told] == ["TEMP_EXCURSION", "SENSOR_UNSOUND"]
    assert told[0].state is State.STOP
    for language in ("zh", "en"):
        assert "6.0" in told[0].text(language)
        assert all("{" not in each.text(language) + each.remedy(language) for each in told)


def test_all_that_can_be_doubted_has_words_with_the_fields_that_there_are() -> None:
    still = [Measured(BEGIN + timedelta(minutes=10 * i), 3.2, "") for i in range(150)]
    late = assess(still, MEAT, Circumstances(BEGIN + timedelta(days=9), local=CHINA))
    early = assess([*readings(3, 37.4)], MEAT, Circumstances(BEGIN - timedelta(days=1), local=CHINA))
    told = [*messages(late, CHINA), *messages(early, CHINA)]
    assert {each.code for each in told} >= {"SENSOR_STUCK", "SENSOR_LATE", "SENSOR_UNIT", "SENSOR_FUTURE"}
    assert all(each.text("zh") and each.text("en") for each in told)
    assert all(each in SAYINGS_OF_TRADE for each in ("SENSOR_CALIBRATION", "SENSOR_UNSOUND"))


def test_a_clock_that_was_off_is_told_and_stands_in_the_event_with_its_correction() -> None:
    fast = timedelta(days=368)
    told = [Measured(each.time + fast, each.value_c, each.device) for each in readings(3, 3)]
    found = judged(told, ahead_s=fast.total_seconds())
    (message,) = messages(found, CHINA)
    assert (message.code, message.state) == ("SENSOR_CLOCK", State.ATTENTION)
    assert "快了 1 年 3 天" in message.text("zh")
    assert "is 1 year 3 days fast" in message.text("en")
    body = event(found)
    read_event_json(orjson.dumps(body))
    course, doubt = body["sensorElementList"]
    assert course["sensorMetadata"]["startTime"] == "2026-11-20T08:00:00.000+08:00"
    assert course["suyuan:clockAheadSeconds"] == fast.total_seconds()
    assert doubt["suyuan:doubt"] == "clock"
    slow = judged(readings(3), ahead_s=-600.0)
    assert "10 minutes slow" in messages(slow, CHINA)[0].text("en")
    assert "慢了 10 分钟" in messages(slow, CHINA)[0].text("zh")
