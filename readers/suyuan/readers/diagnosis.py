"""Why a reader does not work: one attempt, and what to check, in both languages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from suyuan.readers import words
from suyuan.readers.address import parse_address, redacted
from suyuan.readers.discovery import LLRP_PORT, Dial
from suyuan.readers.errors import (
    MissingDependency,
    ProtocolError,
    ReaderBusy,
    ReaderConfigError,
    ReaderError,
    TransientConnectionError,
    UntrustedDevice,
)
from suyuan.readers.reader import Reader, ReaderInfo
from suyuan.readers.registry import open_reader
from suyuan.readers.words import Said

Result = Literal[
    "works", "address", "driver", "busy", "printer", "no-name", "silent", "refused", "other-device", "failed"
]

PRINTER_PORTS = (9100, 631, 515)
"""Raw printing, IPP, LPD."""
WEB_PORT = 80
LLRP_PORTS = {"llrp": LLRP_PORT, "llrps": 5085}
"""Where LLRP readers listen, by scheme."""

_PATIENCE_S = 12.0  # more than drivers have by themselves: their reason says more
_KNOCK_S = 1.5
_BANNER_BYTES = 2048
_PRINTER_WORDS = (b"ipp", b"cups", b"printer", b"laserjet", b"jetdirect", b"epson", b"brother", b"zebra")

_SAID: dict[str, tuple[Said, Said]] = {
    "works": (
        Said("读写器工作正常：{model}。", "The reader works: {model}."),
        Said("", ""),
    ),
    "printer": (
        Said("{host} 是一台打印机，不是读写器。", "{host} is a printer, not a reader."),
        Said(
            "请在读写器的铭牌或路由器的设备列表中查找它的地址。",
            "Look for the reader's address on its label or in the router's list of devices.",
        ),
    ),
    "no-name": (
        Said("找不到名为 {host} 的设备。", "No device is known by the name {host}."),
        Said("请检查名称拼写，或直接填写 IP 地址。", "Check the spelling, or give the IP address instead."),
    ),
    "silent": (
        Said("{host} 没有应答。", "{host} does not answer."),
        Said(
            "请检查：读写器是否通电（看指示灯）；网线或 PoE 供电；本机与读写器是否在同一网段；地址是否正确。",
            "Check the reader's power (its lamp), the cable or PoE, that this machine is in the same network,"
            " and the address.",
        ),
    ),
    "refused": (
        Said("{host} 有应答，但端口 {port} 未开放。", "{host} answers, but nothing listens on port {port}."),
        Said(
            "请确认地址是读写器的，并在其管理页中启用 LLRP（端口 5084）；刚通电的读写器需要一两分钟启动。",
            "Check that the address is the reader's and enable LLRP (port 5084) on its own page; a reader"
            " that was just switched on needs a minute or two.",
        ),
    ),
    "other-device": (
        Said(
            "{host}:{port} 是别的设备或服务，不是 LLRP 读写器。",
            "{host}:{port} is something else, not an LLRP reader.",
        ),
        Said(
            "LLRP 读写器使用端口 5084；请检查地址和端口。",
            "LLRP readers listen on port 5084: check the address and the port.",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one attempt to connect showed: ``sentence`` says what is so, ``check`` what to do (may be empty).

    ``error`` is what the driver said, ``info`` what the device told of itself.
    """

    result: Result
    sentence: Said
    check: Said
    info: ReaderInfo | None = None
    error: ReaderError | None = None

    @property
    def works(self) -> bool:
        """Whether the reader was connected."""
        return self.result == "works"


async def probe(
    url: str,
    *,
    now: Callable[[], datetime],
    opener: Callable[..., Reader] = open_reader,
    dial: Dial = asyncio.open_connection,
    patience_s: float = _PATIENCE_S,
) -> Finding:
    """Connect to the reader for a moment and say how it went; raises nothing that a reader can cause."""
    try:
        async with asyncio.timeout(patience_s), opener(url, now=now) as reader:
            info = reader.info or ReaderInfo()
            return _said("works", model=info.model or redacted(url), info=info)
    except ReaderError as error:
        failure = error
    except TimeoutError as error:
        failure = TransientConnectionError(
            "Nothing was heard from {reader} for {seconds} s.",
            remedy="Check the address and the port, and that the reader is switched on.",
            reader=redacted(url),
            seconds=patience_s,
        )
        failure.__cause__ = error
    match failure:
        case ReaderConfigError():
            return _of_error("address", failure)
        case MissingDependency():
            return _of_error("driver", failure)
        case ReaderBusy():
            return _of_error("busy", failure)
        case _:
            pass
    address = parse_address(url)
    if address.scheme in LLRP_PORTS and not isinstance(failure, UntrustedDevice):
        return await _on_network(address.host, address.port or LLRP_PORTS[address.scheme], failure, dial)
    return _of_error("failed", failure)


async def _on_network(host: str, port: int, failure: ReaderError, dial: Dial) -> Finding:
    """What is there instead of a reader."""
    state = await _knock(host, port, dial)
    if state != "no-name" and await _is_printer(host, port, dial, lets_in=state == "open"):
        return _said("printer", host=host, port=port, error=failure)
    # What lets us in and then does not speak as a reader is something else.
    result = "other-device" if state == "open" or isinstance(failure, ProtocolError) else state
    return _said(result, host=host, port=port, error=failure)


async def _knock(host: str, port: int, dial: Dial) -> Literal["open", "refused", "silent", "no-name"]:
    try:
        _, writer = await asyncio.wait_for(dial(host, port), _KNOCK_S)
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silent"
    except OSError as error:
        return "no-name" if type(error).__name__ == "gaierror" else "silent"
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return "open"


async def _is_printer(host: str, port: int, dial: Dial, *, lets_in: bool) -> bool:
    """Whether it prints there, or the web page there says that it is a printer's."""
    if lets_in and port in PRINTER_PORTS:
        return True
    if not lets_in:
        states = await asyncio.gather(*(_knock(host, each, dial) for each in PRINTER_PORTS))
        if "open" in states:
            return True
    banners = await asyncio.gather(*(_banner(host, each, dial) for each in (port, WEB_PORT)))
    return any(word in banner.lower() for banner in banners for word in _PRINTER_WORDS)


async def _banner(host: str, port: int, dial: Dial) -> bytes:
    """The beginning of what a web server there answers, empty if there is none."""
    try:
        reader, writer = await asyncio.wait_for(dial(host, port), _KNOCK_S)
    except (OSError, TimeoutError):
        return b""
    try:
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(_BANNER_BYTES), _KNOCK_S)
    except (OSError, TimeoutError):
        return b""
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return answer if answer.startswith(b"HTTP/") else b""


def _said(
    result: Result, *, error: ReaderError | None = None, info: ReaderInfo | None = None, **fields: object
) -> Finding:
    sentence, check = _SAID[result]
    filled = Said(sentence.zh.format(**fields), sentence.en.format(**fields))
    return Finding(result, filled, check, info, error)


def _of_error(result: Result, error: ReaderError) -> Finding:
    return Finding(result, words.sentence(error), words.remedy(error), None, error)
