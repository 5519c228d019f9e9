"""Stations and phones that hold a key of their own: who they are, when they were seen, whether they may act.

A device makes its key itself; only the public half is here. Every run of a device's program signs with a boot
id of its own. An id that came, was followed by another and comes back means that two machines use one key:
then neither is believed any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, insert, select, true, update

from suyuan.trace.errors import NotAuthenticated, NotFound
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import DeviceRow

DeviceKind = Literal["station", "phone"]

SEEN_EVERY = timedelta(seconds=30)  # no more than this is written of a device that only polls
STRAGGLING = timedelta(seconds=5)  # what was signed this long after the next boot began is no straggler
_REMEMBERED = 16  # boots
EVERY: ColumnElement[bool] = true()


class DeviceUnknown(NotAuthenticated):
    """No device of that id."""

    code = "device-unknown"
    title = "This device is not enrolled"


class DeviceRevoked(NotAuthenticated):
    """Its right was taken away."""

    code = "device-revoked"
    title = "This device was revoked"


class DeviceDoubled(NotAuthenticated):
    """Two machines sign with the same key."""

    code = "device-doubled"
    title = "Two machines use the key of this device"


@dataclass(frozen=True, slots=True)
class Device:
    """One device. ``clock_offset`` is how far its clock was ahead of ours, in seconds, when last told."""

    id: str
    kind: DeviceKind
    name: str
    party: str
    place: str
    public_key: Mapping[str, Any]
    thumbprint: str
    enrolled: datetime
    enrolled_by: str
    revoked: datetime | None = None
    revoked_by: str | None = None
    last_seen: datetime | None = None
    last_boot: str = ""
    boot_since: datetime | None = None
    boots: Sequence[str] = field(default=())
    clock_offset: int | None = None
    doubled: datetime | None = None
    block_list_sequence: int = 0
    block_list_time: datetime | None = None


def device(reading: Reading, device_id: str, where: ColumnElement[bool] = EVERY) -> Device:
    """The device of that id, or ``NotFound``, as for one that ``where`` leaves out."""
    row = reading.connection.execute(_DEVICES.where(DeviceRow.id == device_id, where)).first()
    if row is None:
        raise NotFound("There is no device {id}", where="id", id=device_id)
    return Device(*row)


def device_of_key(reading: Reading, thumbprint: str) -> Device | None:
    """The device that was enrolled with the key of this thumbprint (RFC 7638)."""
    row = reading.connection.execute(_DEVICES.where(DeviceRow.thumbprint == thumbprint)).first()
    return None if row is None else Device(*row)


def devices(reading: Reading, where: ColumnElement[bool]) -> Sequence[Device]:
    """Those devices, as of :func:`suyuan.trace.store.sight.visible_devices`; in use first, then by name."""
    order = (DeviceRow.revoked.is_not(None), DeviceRow.party, DeviceRow.name, DeviceRow.id)
    rows = reading.connection.execute(_DEVICES.where(where).order_by(*order))
    return [Device(*row) for row in rows]


def unreached(reading: Reading, sequence: int, where: ColumnElement[bool] = EVERY) -> Sequence[Device]:
    """Those in use that have not yet said that they hold the block list ``sequence`` or a newer one."""
    behind = and_(where, DeviceRow.revoked.is_(None), DeviceRow.block_list_sequence < sequence)
    return devices(reading, behind)


def insert_device(writing: Writing, fresh: Device) -> None:
    """Store a device that was just enrolled."""
    values = {name: getattr(fresh, name) for name in _COLUMNS}
    values["boots"] = list(fresh.boots)
    writing.connection.execute(insert(DeviceRow), values)


def revoke(writing: Writing, device_id: str, *, now: datetime, by: str) -> Device:
    """End a device's right at once; again changes nothing. ``NotFound`` if there is none of that id."""
    found = device(writing, device_id)
    if found.revoked is None:
        _change(writing, device_id, revoked=now, revoked_by=by)
    return device(writing, device_id)


def acknowledge(writing: Writing, device_id: str, sequence: int, now: datetime) -> None:
    """The device says that it has stored the block list ``sequence``; an older one changes nothing."""
    if device(writing, device_id).block_list_sequence < sequence:
        _change(writing, device_id, block_list_sequence=sequence, block_list_time=now)


def check_standing(found: Device) -> None:
    """Raise unless the device may act: ``DeviceRevoked``, ``DeviceDoubled``."""
    if found.revoked is not None:
        raise DeviceRevoked(
            "The device {name} was revoked",
            name=found.name,
            remedy="Ask who runs the platform in your company for a new code.",
        )
    if found.doubled is not None:
        raise DeviceDoubled(
            "Two machines use the key of {name}, so neither is let in",
            name=found.name,
            remedy="Revoke this device in the console and enrol each machine by a code of its own.",
        )


def is_news(found: Device, *, boot: str, clock_offset: int, now: datetime) -> bool:
    """Whether :func:`note_seen` has anything to write: most requests only read."""
    return (
        boot != found.last_boot
        or found.last_seen is None
        or now - found.last_seen >= SEEN_EVERY
        or abs(clock_offset - (found.clock_offset or 0)) > SEEN_EVERY.total_seconds()
    )


def note_seen(
    writing: Writing, device_id: str, *, boot: str, signed: datetime, clock_offset: int, now: datetime
) -> Device:
    """Write down that a device asked something, in the run ``boot`` of its program, signed at ``signed``.

    Returns it as it is now; ``doubled`` is set where a run came back after another had followed it. What was
    signed before that other run began is a straggler of the network and says nothing. ``signed`` is by the
    device's clock, which may be ahead: so is the moment at which a run begins, by what it signs first. The
    runs of one machine follow each other on its one clock, whatever that says.
    """
    found = device(writing, device_id)
    changed: dict[str, Any] = {"last_seen": now, "clock_offset": clock_offset}
    if boot in found.boots:
        since = found.boot_since or found.enrolled
        if signed >= since + STRAGGLING and found.doubled is None:
            changed["doubled"] = now
    elif boot != found.last_boot:
        retired = [found.last_boot, *found.boots] if found.last_boot else []
        changed |= {"last_boot": boot, "boot_since": max(now, signed), "boots": retired[:_REMEMBERED]}
    _change(writing, device_id, **changed)
    return device(writing, device_id)


def note_clock(writing: Writing, device_id: str, clock_offset: int) -> None:
    """Write down how wrong the clock of a device is that was refused for it."""
    _change(writing, device_id, clock_offset=clock_offset)


_COLUMNS = tuple(Device.__slots__)
_DEVICES = select(*(getattr(DeviceRow, name) for name in _COLUMNS))


def _change(writing: Writing, device_id: str, **values: Any) -> None:
    writing.connection.execute(update(DeviceRow).where(DeviceRow.id == device_id).values(**values))
