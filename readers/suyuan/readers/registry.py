"""From an address to a reader: the table of drivers, loaded only when used.

Third parties add a driver with an entry point of the group ``suyuan.readers`` whose name is the URL scheme
and whose value is ``package.module:DriverClass``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from suyuan.readers.address import ReaderAddress, did_you_mean, parse_address
from suyuan.readers.errors import MissingDependency, ReaderConfigError, ReaderError
from suyuan.readers.reader import Reader, ReaderDriver, whose_fault
from suyuan.readers.tape import Tape
from suyuan.trace.errors import SuyuanError

GROUP = "suyuan.readers"
RECORD = "record"
"""The option of every reader that keeps what it sends on a tape: ``record=/var/lib/suyuan/dock.tape``."""
_NOT_ON_TAPE = frozenset(
    (RECORD, "ca", "cert", "key", "fingerprint", "password_file", "password_env", "client_id")
)
"""What a replay needs not know: it connects to nothing."""


@dataclass(frozen=True, slots=True)
class DriverEntry:
    """Where the driver of a scheme is, and what installs the libraries that it needs."""

    module: str
    attribute: str
    install: str = "pip install suyuan"


BUILTIN: Mapping[str, DriverEntry] = {
    "http": DriverEntry("suyuan.readers.phones", "PhoneReader"),
    **{
        f"impinj+{kind}": DriverEntry("suyuan.readers.impinj.driver", "ImpinjReader")
        for kind in ("http", "https")
    },
    "llrp": DriverEntry("suyuan.readers.llrp.driver", "LlrpReader"),
    "llrps": DriverEntry("suyuan.readers.llrp.driver", "LlrpReader"),
    **{
        kind: DriverEntry("suyuan.readers.mqtt.driver", "MqttReader", "pip install 'suyuan[mqtt]'")
        for kind in ("mqtt", "mqtts")
    },
    **{
        f"nfc+{kind}": DriverEntry("suyuan.readers.nfc", "NfcReader", "pip install 'suyuan[nfc]'")
        for kind in ("usb", "tty", "udp")
    },
    "pcsc": DriverEntry(
        "suyuan.readers.pcsc.driver",
        "PcscReader",
        "sudo apt install pcscd libpcsclite-dev gcc python3-dev; pip install 'suyuan[pcsc]'",
    ),
    "replay": DriverEntry("suyuan.readers.replay", "ReplayReader"),
    "serial": DriverEntry("suyuan.readers.wedge", "WedgeReader", "pip install 'suyuan[serial]'"),
    "sim": DriverEntry("suyuan.readers.sim", "SimReader"),
    "wedge": DriverEntry("suyuan.readers.wedge", "WedgeReader"),
}
"""Drivers that ship with Suyuan, by scheme."""


def drivers(found: Callable[..., Any] = entry_points) -> dict[str, DriverEntry]:
    """All drivers by scheme; the builtin ones cannot be replaced by others."""
    known = {point.name.lower(): _foreign(point) for point in found(group=GROUP)}
    return {**known, **BUILTIN}


def _foreign(point: EntryPoint) -> DriverEntry:
    package = point.dist.name if point.dist is not None else point.module.partition(".")[0]
    extras = f"[{','.join(point.extras)}]" if point.extras else ""
    return DriverEntry(point.module, point.attr, f"pip install '{package}{extras}'")


def open_reader(
    url: str, *, now: Callable[[], datetime], table: Mapping[str, DriverEntry] | None = None
) -> Reader:
    """The reader that ``url`` names, constructed but not connected: ``async with`` connects it.

    Args:
        url: for example ``llrp://10.0.0.5:5084?antennas=1,2&session=2`` or ``sim://dock``.
        now: the host's clock, aware UTC.
        table: drivers by scheme, instead of the builtin and installed ones.

    Raises:
        ReaderConfigError: the address, its scheme or an option is wrong; valid ones are named.
        MissingDependency: the driver's library is not installed; the remedy is the command.
        ReaderError: another package's driver is broken.
    """
    address = parse_address(url)
    table = drivers() if table is None else table
    driver = driver_class(address, table)
    plain = {name: value for name, value in address.options.items() if name != RECORD}
    try:
        reader = driver.from_address(replace(address, options=plain), now=now)
    except ImportError as error:  # a driver may import its library only when it is used
        raise _missing(address.scheme, table[address.scheme], error) from error
    except SuyuanError:
        raise
    except Exception as error:  # another's code may raise anything, as in driver_class
        raise _broken(address.scheme, table[address.scheme], error) from error
    if RECORD in address.options:
        reader.record(Tape(Path(address.options[RECORD]), _url_on_tape(address)))
    return reader


def _url_on_tape(address: ReaderAddress) -> str:
    """The address that a replay decodes with: without credentials and what is only for connecting."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    port = "" if address.port is None else f":{address.port}"
    options = {name: value for name, value in address.options.items() if name not in _NOT_ON_TAPE}
    query = f"?{urlencode(options)}" if options else ""
    return f"{address.scheme}://{host}{port}{quote(address.path)}{query}"


def _missing(scheme: str, driver: DriverEntry, error: ImportError) -> MissingDependency:
    return MissingDependency(
        "The driver for {scheme} readers needs {library}, which is not installed.",
        where=scheme,
        remedy=f"Run: {driver.install}",
        scheme=scheme,
        library=error.name or str(error),
    )


def _broken(scheme: str, driver: DriverEntry, error: Exception) -> ReaderError:
    return ReaderError(
        "The driver for {scheme} readers is broken: {reason}",
        where=scheme,
        remedy=whose_fault(driver.module),
        scheme=scheme,
        reason=repr(error),
    )


def driver_class(address: ReaderAddress, table: Mapping[str, DriverEntry]) -> type[ReaderDriver]:
    """The class that drives readers of this address.

    Raises:
        ReaderConfigError: unknown scheme, or the entry point names no driver.
        MissingDependency: its library is not installed.
        ReaderError: its module cannot be loaded.
    """
    driver = table.get(address.scheme)
    if driver is None:
        raise ReaderConfigError(
            "There is no reader driver for the scheme {scheme}{hint}",
            where="scheme",
            remedy=f"Known schemes: {', '.join(sorted(table))}.",
            scheme=address.scheme,
            hint=did_you_mean(address.scheme, table) or ".",
        )
    try:
        module = importlib.import_module(driver.module)
    except ImportError as error:
        raise _missing(address.scheme, driver, error) from error
    except Exception as error:  # of another's package, which must not take the station's other readers along
        raise _broken(address.scheme, driver, error) from error
    found = getattr(module, driver.attribute, None)
    if not (isinstance(found, type) and issubclass(found, ReaderDriver)):
        raise ReaderConfigError(
            "{module}:{attribute} is registered for {scheme} but is not a reader driver.",
            where="scheme",
            remedy="Mend the entry point of the package that registers it.",
            module=driver.module,
            attribute=driver.attribute,
            scheme=address.scheme,
        )
    return found
