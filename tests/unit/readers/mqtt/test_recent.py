# pyright: reportPrivateUsage=false

from __future__ import annotations

from suyuan.readers.mqtt.recent import MOST_DEVICES, SHARE, Recent


def test_an_event_is_new_once_per_device() -> None:
    recent = Recent(10)
    assert [recent.is_new("a", 1), recent.is_new("a", 1), recent.is_new("b", 1)] == [True, False, True]
    assert recent.knows("a")
    assert not recent.knows("c")


def test_the_oldest_are_forgotten_first() -> None:
    recent = Recent(3)
    for event in range(4):
        recent.is_new("a", event)
    assert not recent.is_new("a", 3)
    assert recent.is_new("a", 0)


def test_full_windows_are_counted_as_they_are() -> None:
    recent = Recent(3)
    for device in "abc":
        for event in range(50):
            recent.is_new(device, event)
    assert recent._kept == sum(map(len, recent._devices.values())) == 9
    for device in (f"further {number}" for number in range(50)):
        for event in range(3):
            recent.is_new(device, event)
    assert recent._kept == sum(map(len, recent._devices.values())) <= SHARE * 3


def test_invented_devices_and_events_take_no_more_than_their_share() -> None:
    recent = Recent(100)
    recent.is_new("known", 1)
    for device in range(10 * MOST_DEVICES):
        for event in range(10):
            recent.is_new(f"invented {device}", event)
    assert recent._kept <= SHARE * 100
    assert sum(map(len, recent._devices.values())) == recent._kept
    assert not recent.knows("known")
