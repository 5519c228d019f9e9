"""What readers there are: PC/SC, NFC on USB, serial ports, and LLRP in the networks that are named.

Each look is bounded in time and number, needs no library to be installed, and raises nothing: what cannot be
looked at has nothing to show. Why a reader does not work tells :mod:`suyuan.readers.diagnosis`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import chain, islice
from pathlib import Path
from typing import Literal, cast
from urllib.parse import quote

from suyuan.readers.errors import ReaderError
from suyuan.readers.pcsc import service

LLRP_PORT = 5084
MOST_ADDRESSES = 1024
"""Addresses that are knocked at in one look."""
LARGEST_NETWORK = 24
"""Prefix length of the largest network that is taken from the machine's own routes as a whole."""

Kind = Literal["pcsc", "nfc", "serial", "llrp"]
Dial = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

_AT_ONCE = 128
_KNOCK_S = 0.7
_GREETING_S = 2.0
_HEADER = struct.Struct(">HII")
_EVENT_NOTIFICATION = 63
_NFC_USB = {
    "054c:0193": "Sony PN531", "04cc:0531": "Philips PN531", "04cc:2533": "NXP PN533",
    "04e6:5591": "SCM SCL3711", "04e6:5593": "SCM SCL3712", "054c:02e1": "Sony RC-S330",
    "054c:06c1": "Sony RC-S380/S", "054c:06c3": "Sony RC-S380/P", "072f:2200": "ACS ACR122U",
}  # fmt: skip
"""Readers that nfcpy operates, by vendor and product."""


@dataclass(frozen=True, slots=True)
class Found:
    """A reader, or a port at which one may be: address, name in both languages, what else is known."""

    url: str
    kind: Kind
    zh: str
    en: str
    detail: str = ""


def pcsc_readers(library: Callable[[], service.Scard] = service.load) -> list[Found]:
    """The readers of the PC/SC service; none where it does not run or pyscard is missing."""
    try:
        scard = library()
    except ImportError:
        return []
    status, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if status != service.SUCCESS:
        return []
    names: Sequence[str] = ()
    with suppress(ReaderError):
        names = service.readers(scard, context)
    scard.SCardReleaseContext(context)
    return [
        Found(
            f"pcsc://{quote(name, safe='()-._ ').replace(' ', '%20')}",
            "pcsc",
            f"读卡器 {name}",
            name,
            "PC/SC",
        )
        for name in names
    ]


async def discover(
    networks: Sequence[IPv4Network] = (),
    *,
    pcsc: Callable[[], list[Found]] = pcsc_readers,
    root: Path = Path("/"),
    dial: Dial = asyncio.open_connection,
    port: int = LLRP_PORT,
) -> list[Found]:
    """Everything that is found on this machine and in ``networks``; a few seconds at most.

    Args:
        networks: where LLRP readers are looked for, see :func:`local_networks`; beyond 1024 addresses none.
        pcsc: finds the readers of the PC/SC service.
        root: of the file system in which devices are looked for.
        dial: connects to a host and port.
        port: at which LLRP readers listen.
    """
    desk, usb, serial, llrp = await asyncio.gather(
        asyncio.to_thread(pcsc),
        asyncio.to_thread(usb_readers, root),
        asyncio.to_thread(serial_ports, root),
        llrp_readers(networks, dial=dial, port=port),
    )
    # A reader that pcscd has is not to be had by nfcpy as well.
    held = any("ACR122" in found.en.upper() for found in desk)
    free = [found for found in usb if not (held and found.url.endswith("072f:2200"))]
    return [*desk, *free, *serial, *llrp]


def usb_readers(root: Path = Path("/")) -> list[Found]:
    """NFC readers on the USB bus that nfcpy operates."""
    found: list[Found] = []
    for device in sorted((root / "sys/bus/usb/devices").glob("*")):
        usb_id = f"{_line(device / 'idVendor')}:{_line(device / 'idProduct')}"
        model = _NFC_USB.get(usb_id)
        if model is not None:
            found.append(
                Found(f"nfc+usb://{usb_id}", "nfc", f"NFC 读写器 {model}", f"NFC reader {model}", usb_id)
            )
    return found


def serial_ports(root: Path = Path("/")) -> list[Found]:
    """Serial ports of USB devices: scanners in serial mode, and whatever else shows itself as a port."""
    found: list[Found] = []
    for tty in sorted((root / "sys/class/tty").glob("tty*")):
        if not tty.name.startswith(("ttyACM", "ttyUSB")):
            continue
        product = _product(tty)
        device = f"/dev/{tty.name}"
        label = f"{product} ({device})" if product else device
        found.append(
            Found(f"serial://{device}", "serial", f"串口扫码器 {label}", f"Serial scanner {label}", product)
        )
    return found


async def llrp_readers(
    networks: Sequence[IPv4Network], *, dial: Dial = asyncio.open_connection, port: int = LLRP_PORT
) -> list[Found]:
    """The readers of ``networks`` that greet as LLRP asks; each is connected to for a moment.

    A reader that serves another client greets too, and says that it is taken.
    """
    hosts = list(islice(chain.from_iterable(network.hosts() for network in networks), MOST_ADDRESSES))
    turns = asyncio.Semaphore(_AT_ONCE)

    async def knock(host: IPv4Address) -> Found | None:
        async with turns:
            if not await greets(str(host), port, dial=dial):
                return None
        where = f"{host}" if port == LLRP_PORT else f"{host}:{port}"
        return Found(f"llrp://{where}", "llrp", f"超高频读写器 {where}", f"UHF reader {where}", "LLRP")

    return [found for found in await asyncio.gather(*map(knock, hosts)) if found is not None]


async def greets(host: str, port: int, *, dial: Dial = asyncio.open_connection) -> bool:
    """Whether what listens there begins with a READER_EVENT_NOTIFICATION, as every LLRP reader does."""
    try:
        reader, writer = await asyncio.wait_for(dial(host, port), _KNOCK_S)
    except (OSError, TimeoutError):
        return False
    try:
        header = await asyncio.wait_for(reader.readexactly(_HEADER.size), _GREETING_S)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    kind, length, _ = cast("tuple[int, int, int]", _HEADER.unpack(header))
    return kind & 0x3FF == _EVENT_NOTIFICATION and length >= _HEADER.size


def local_networks(routes: Path = Path("/proc/net/route")) -> list[IPv4Network]:
    """The IPv4 networks that this machine is in by cable or radio; of large ones the first 256 addresses."""
    networks: list[IPv4Network] = []
    for line in _line(routes, whole=True).splitlines()[1:]:
        parts = line.split()
        try:
            interface, destination, gateway, mask = parts[0], parts[1], parts[2], parts[7]
            address, netmask = (
                IPv4Address(int.from_bytes(bytes.fromhex(each), "little")) for each in (destination, mask)
            )
            network = IPv4Network(f"{address}/{netmask}", strict=False)
        except (IndexError, ValueError):
            continue
        virtual = interface.startswith(("lo", "docker", "br-", "veth", "virbr"))
        if gateway == "00000000" and network.prefixlen and not (virtual or network.is_link_local):
            narrowed = max(network.prefixlen, LARGEST_NETWORK)
            networks.append(ipaddress.IPv4Network((network.network_address, narrowed)))
    return list(dict.fromkeys(networks))


def _product(tty: Path) -> str:
    """Maker and product of the USB device that a port belongs to, as it says them; empty if it does not."""
    with suppress(OSError):
        for folder in islice((tty / "device").resolve(strict=True).parents, 4):
            product = _line(folder / "product")
            if product:
                text = f"{_line(folder / 'manufacturer')} {product}".strip()
                return "".join(c if c.isprintable() else "·" for c in text[:64])
    return ""


def _line(path: Path, *, whole: bool = False) -> str:
    """The text of a small file of the kernel, empty if there is none."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return ""
    return text if whole else text.strip().split(os.linesep)[0]
