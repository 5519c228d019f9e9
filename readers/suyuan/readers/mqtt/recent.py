"""What was told lately, so that what comes again is not told again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

MOST_DEVICES = 256
SHARE = 8
"""So many devices may fill their windows; with more, the ones heard longest ago are forgotten whole."""


class Recent:
    """The last ``limit`` events of each device, within bounds: a stranger can invent devices without end."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = 0
        self._devices: OrderedDict[str, OrderedDict[int, None]] = OrderedDict()

    def is_new(self, device: str, event: Hashable) -> bool:
        """Has this event of the device not been seen before? It has from now on."""
        key = hash(event)  # an event may be large, and is never told apart by less than 64 bits
        events = self._devices.setdefault(device, OrderedDict())
        self._devices.move_to_end(device)
        if key in events:
            return False
        events[key] = None
        self._kept += 1
        if len(events) > self._limit:
            events.popitem(last=False)
            self._kept -= 1
        while len(self._devices) > MOST_DEVICES or self._kept > SHARE * self._limit:
            self._kept -= len(self._devices.popitem(last=False)[1])
        return True

    def knows(self, device: str) -> bool:
        """Has this device been heard?"""
        return device in self._devices
