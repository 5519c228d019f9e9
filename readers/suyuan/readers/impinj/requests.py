"""What the driver asks of an Impinj reader: its options, and the inventory that they describe."""

from __future__ import annotations

import hashlib
import platform
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suyuan.readers import credentials, tls
from suyuan.readers.address import (
    COMMON_OPTIONS,
    Option,
    ReaderAddress,
    flag,
    integer,
    integers,
    label,
    number,
)
from suyuan.readers.errors import ReaderConfigError
from suyuan.readers.impinj.claim import claims_folder
from suyuan.readers.llrp.requests import clock_source

DEFAULT_PRESET = "default"


def keep(text: str) -> bool:
    """``keep``, the only profile that is not described by other options."""
    if text != "keep":
        message = "only keep is possible"
        raise ValueError(message)
    return True


OPTIONS: tuple[Option, ...] = (
    *COMMON_OPTIONS,
    *credentials.OPTIONS,
    *tls.OPTIONS,
    Option("preset", label, None, "preset on the reader that is started (default)"),
    Option("profile", keep, False, "keep: start and stop nothing, hear what runs"),
    Option(
        "antennas", integers(1, 255, 64), None, "antennas of an inventory of our own, instead of a preset"
    ),
    Option("power", number(0, 40), 30.0, "its transmit power in dBm"),
    Option("session", integer(0, 3), 2, "its Gen2 session 0 to 3"),
    Option("mode", integer(0, 65_535), 4, "its RF mode, a number of the reader's own table"),
    Option("population", integer(1, 65_535), 32, "its estimated number of tags in the field"),
    Option("take", flag, False, "stop whatever else runs on the reader, instead of being refused"),
    Option("keepalive", number(0.05, 3_600), 30.0, "seconds between signs of life of a quiet reader"),
    Option("timeout", number(0.05, 300), 10.0, "seconds to wait for a connection or an answer"),
    Option("clock", clock_source, False, "whose time observations carry: device (default) or host"),
)
_OF_INVENTORY = ("power", "session", "mode", "population")


@dataclass(frozen=True, slots=True)
class Inventory:
    """An inventory of our own, which no preset on the reader describes."""

    antennas: tuple[int, ...]
    power_dbm: float = 30.0
    session: int = 2
    mode: int = 4
    population: int = 32

    def body(self) -> dict[str, Any]:
        """What a preset says: every tag reported, with all that we keep."""
        reported = ("epcHex", "tidHex", "antennaPort", "peakRssiCdbm", "lastSeenTime")
        return {
            "eventConfig": {
                "common": {"hostname": "enabled"},
                "tagInventory": {"epc": "disabled", **dict.fromkeys(reported, "enabled")},
            },
            "antennaConfigs": [
                {
                    "antennaPort": antenna,
                    "transmitPowerCdbm": round(self.power_dbm * 100),
                    "rfMode": self.mode,
                    "inventorySession": self.session,
                    "inventorySearchMode": "dual-target",
                    "estimatedTagPopulation": self.population,
                }
                for antenna in self.antennas
            ],
        }


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall run on the reader: a preset, an inventory of our own, or (both None) whatever does."""

    preset: str | None = DEFAULT_PRESET
    inventory: Inventory | None = None
    take: bool = False

    @property
    def keeps(self) -> bool:
        """Is nothing to be started or stopped?"""
        return self.preset is None and self.inventory is None


def own_preset(reader: str, machine: str | None = None) -> str:
    """The name under which this user's inventory of its own for ``reader`` is kept on the reader.

    It tells our inventory from that of any other station: ``machine`` is the host's name, its network card's
    number (images of disks are copied, cards are not; containers share numbers) and the folder of the user's
    locks. Whether it outlived us or another process of ours runs it, a :class:`Claim` of its name tells.
    """
    if machine is None:
        machine = f"{platform.node()}/{uuid.getnode():x}/{claims_folder()}"
    return f"suyuan-{hashlib.sha256(f'{machine}/{reader}'.encode()).hexdigest()[:16]}"


def preset_path(preset: str) -> str:
    """Where a preset of that name is."""
    return f"/profiles/inventory/presets/{preset}"


def read_wish(address: ReaderAddress, options: Mapping[str, Any]) -> Wish:
    """What the options of an address ask for.

    Raises:
        ReaderConfigError: options that exclude each other, or a preset whose name can be none.
    """
    given = [name for name in ("preset", "profile", "antennas") if name in address.options]
    stray = [name for name in _OF_INVENTORY if name in address.options and "antennas" not in given]
    if len(given) > 1 or stray:
        raise ReaderConfigError(
            "The options {options} do not go together.",
            where=(stray or given)[0],
            remedy="Give preset=NAME, or profile=keep, or antennas=1,2 with power, session, mode.",
            options=", ".join(given + stray),
        )
    if options["profile"]:
        return Wish(None)
    if options["antennas"] is not None:
        described = (options[name] for name in _OF_INVENTORY)
        return Wish(None, Inventory(options["antennas"], *described), options["take"])
    preset = options["preset"] or DEFAULT_PRESET
    if not all(each.isalnum() or each in "-_." for each in preset) or not preset.strip("."):
        raise ReaderConfigError(
            "{preset!a} is no name of a preset.",
            where="preset",
            remedy="Names of presets have letters, digits, '-', '_' and '.'.",
            preset=preset,
        )
    return Wish(preset, None, options["take"])
