"""Values that belong to the stored installation, not to a process: signing keys, the public address."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select

from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.tables import SettingRow


def setting(reading: Reading, name: str) -> bytes | None:
    """The value, or None if it was never set."""
    return reading.connection.execute(_VALUE, {"name": name}).scalar()


_VALUE = select(SettingRow.value).where(SettingRow.name == bindparam("name"))


def set_setting(writing: Writing, name: str, value: bytes) -> None:
    """Set or replace a value."""
    writing.connection.execute(delete(SettingRow).where(SettingRow.name == name))
    writing.connection.execute(insert(SettingRow), {"name": name, "value": value})


def setting_or(writing: Writing, name: str, value: bytes) -> bytes:
    """The value; set to ``value`` if it was never set. Two processes that start at once agree on one."""
    found = setting(writing, name)
    if found is None:
        set_setting(writing, name, value)
        return value
    return found
