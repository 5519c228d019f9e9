# pyright: reportPrivateUsage=false

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from suyuan.readers.errors import MissingDependency, ReaderConfigError
from suyuan.readers.mqtt.driver import MqttReader
from suyuan.readers.registry import open_reader


def now() -> datetime:
    return datetime(2026, 5, 1, tzinfo=UTC)


def test_an_address_names_broker_and_topic() -> None:
    reader = open_reader(
        "mqtts://dock:pw@broker.example/plant/+/tags/%23?dialect=zebra&client_id=d&heartbeat=60", now=now
    )
    assert isinstance(reader, MqttReader)
    assert reader.name == "broker.example/plant/+/tags/#"
    assert reader.capabilities.keepalive_s == 60
    assert (reader._route.port, reader._topic) == (8883, "plant/+/tags/#")
    plain = open_reader("mqtt://broker//leading?clock=host", now=now)
    assert isinstance(plain, MqttReader)
    assert (plain._route.port, plain._topic, plain.capabilities.device_clock) == (1883, "/leading", False)
    assert plain.capabilities.keepalive_s is None


@pytest.mark.parametrize(
    ("url", "where", "says"),
    [
        ("mqtt://broker", "url", "Write mqtt://broker/topic/filter"),
        ("mqtt://broker/", "url", "Write mqtt://broker/topic/filter"),
        ("mqtt:///topic", "url", "Write mqtt://broker/topic/filter"),
        ("mqtt://broker/a/#", "url", "%23"),
        ("mqtt://broker/a/#?qos=1", "url", "after '#'"),
        ("mqtt://broker/a/%23/b", "topic", "no topic filter"),
        ("mqtt://broker/a%23", "topic", "no topic filter"),
        ("mqtt://broker/a+/b", "topic", "no topic filter"),
        ("mqtt://broker/a%00b", "topic", "no topic filter"),
        ("mqtt://broker/a?qos=2", "qos", "between 0 and 1"),
        ("mqtt://broker/a?dialect=zebre", "dialect", "one of impinj, zebra, generic"),
        ("mqtt://broker/a?dialect=zebra&epc_field=x", "epc_field", "Only the dialect generic"),
        ("mqtt://broker/a?epc_field=a..b", "epc_field", "data.idHex"),
        ("mqtt://broker/a?epc_format=decimal", "epc_format", "one of hex, base64, uri"),
        ("mqtt://broker/a?will=x/%2B", "will", "without wildcards"),
        ("mqtt://broker/a?payload=1", "payload", "between 64"),
        ("mqtt://broker/a?ca=/x", "ca", "Without TLS"),
        ("mqtt://broker/a?clientid=x", "clientid", "did you mean client_id?"),
        ("mqtt://dock:secret@broker/", "url", "dock:***@broker"),
    ],
)
def test_a_bad_address_is_told(url: str, where: str, says: str) -> None:
    with pytest.raises(ReaderConfigError) as caught:
        open_reader(url, now=now)
    assert caught.value.where == where
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_station_without_the_library_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "suyuan.readers.mqtt.driver", raising=False)
    monkeypatch.setitem(sys.modules, "aiomqtt", None)
    with pytest.raises(MissingDependency) as caught:
        open_reader("mqtt://broker/topic", now=now)
    assert "Run: pip install 'suyuan[mqtt]'" in str(caught.value)
    assert "aiomqtt" in str(caught.value)
