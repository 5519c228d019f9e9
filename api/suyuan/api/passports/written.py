"""A passport as bytes and back, and what of it is one item's own; whatever its dataclasses come to hold."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, cast

import orjson

from suyuan.trace.recall import passport as words
from suyuan.trace.recall.passport import Passport

_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        name: tuple(field.name for field in fields(found))
        for name, found in vars(words).items()
        if isinstance(found, type) and is_dataclass(found)
    }
)
OWN = "\ue000"
"""Stands for the serial in what items share: no serial has it."""
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")
_TAG = ""
_CLASSES: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        name: cast("Callable[..., object]", found)
        for name, found in vars(words).items()
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum))
    }
)


def written(value: object) -> bytes:
    """Anything that a passport is made of. Raises ``TypeError`` for a type that has no written form."""
    return zlib.compress(plain(value), 6)


def plain(value: object) -> bytes:
    """The same before it is packed; equal values are equal bytes."""
    return orjson.dumps(_told(value))


def read(content: bytes) -> Any:
    """What :func:`written` wrote; ``KeyError`` or ``TypeError`` for what another version wrote."""
    return _meant(orjson.loads(zlib.decompress(content)))


def is_plain(serial: str) -> bool:
    """Whether a serial is spelled alike in keys, links and pages."""
    return _PLAIN.fullmatch(serial) is not None


def shared(found: Passport) -> Passport:
    """``found`` with :data:`OWN` for its serial, so that what items have in common is equal.

    As it is where there is no serial, or one that is spelled otherwise in links or pages.
    """
    serial = found.serial
    if serial is None or not is_plain(serial):
        return found
    end = f"/{serial}"
    if not (found.key.endswith(end) and found.digital_link.endswith(end)):
        return found
    cut = -len(serial)
    return replace(found, key=found.key[:cut] + OWN, serial=OWN, digital_link=found.digital_link[:cut] + OWN)


def owned(body: Passport, serial: str) -> Passport:
    """The passport of the item of this serial, from what :func:`shared` made of another one's."""
    if body.serial != OWN:
        return body
    key, link = body.key.removesuffix(OWN), body.digital_link.removesuffix(OWN)
    return replace(body, key=key + serial, serial=serial, digital_link=link + serial)


def _told(value: object) -> object:
    if isinstance(value, tuple):
        return [_told(one) for one in cast("tuple[object, ...]", value)]
    if isinstance(value, str | int | float | None) and _name(value) not in _CLASSES:
        return value.value if isinstance(value, Enum) else value  # a word of another room is a word here
    return {_TAG: _name(value), **_parts(value)}


def _name(value: object) -> str:
    return "mapping" if isinstance(value, Mapping) else type(value).__name__


def _parts(value: object) -> dict[str, object]:
    match value:
        case Enum():
            return {"is": value.value}
        case datetime() | date():
            return {"on": value.isoformat()}
        case frozenset():
            told = [_told(one) for one in cast("frozenset[object]", value)]
            return {"of": sorted(told, key=str)}
        case Mapping():
            pairs = cast("Mapping[str, object]", value)
            return {"of": {name: _told(one) for name, one in sorted(pairs.items())}}
        case _ if _name(value) in _CLASSES:
            return {name: _told(getattr(value, name)) for name in _FIELDS[_name(value)]}
        case _:
            message = f"A passport holds a {_name(value)}, which has no written form"
            raise TypeError(message)


def _meant(told: Any) -> Any:
    if isinstance(told, list):
        return tuple(map(_meant, told))  # pyright: ignore[reportUnknownArgumentType] (parsed JSON)
    if not isinstance(told, dict):
        return told
    parts = cast("dict[str, Any]", told)
    name = parts.pop(_TAG)
    if (make := _VALUES.get(name)) is not None:
        return make(*parts.values())
    return _CLASSES[name](**{field: _meant(one) for field, one in parts.items()})


def _mapping(told: dict[str, Any]) -> Mapping[str, object]:
    return MappingProxyType({name: _meant(one) for name, one in told.items()})


def _set(told: list[Any]) -> frozenset[object]:
    return frozenset(map(_meant, told))


_VALUES: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        **{name: made for name, made in _CLASSES.items() if name not in _FIELDS},
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "frozenset": _set,
        "mapping": _mapping,
    }
)
