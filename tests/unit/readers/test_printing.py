"""The label printer's client and a printer on a real port: a label counts when the printer confirmed it."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from binascii import crc_hqx
from zlib import compress

import pytest

from suyuan.api.commands.printer import printer_address
from suyuan.readers.errors import PrinterNotReady, ProtocolError, TagWriteError, TransientConnectionError
from suyuan.readers.printing import PrintedLabel, connected, epc_written, labels_in
from suyuan.readers.virtual.printer import RollTag, VirtualPrinter

EPCS = [bytes.fromhex(f"3066c4409047e140075bcd{last:02x}") for last in range(4)]
TIDS = [bytes.fromhex(f"e2801190200050{last:02x}00000000") for last in range(8)]
DOTS = bytes(range(40))


def zpl(epc: bytes = b"") -> bytes:
    data = b64encode(compress(DOTS))
    tag = epc.hex().upper()
    write = f"""^RS8,,,3,N^FS
^RFW,H,,,A^FD{tag}^FS
^RFR,H,2,12,1^FN1^FS
^RFR,H,0,12,2^FN2^FS
^FH_^HV1,24,EPC:,_0D_0A,L^FS
^FH_^HV2,24,TID:,_0D_0A,L^FS
"""
    head = f"^XA\n^PW32^LL10^LH0,0^PQ1\n{write if epc else ''}^FO0,0"
    return head.encode() + b"^GFA,40,40,4,:Z64:%b:%04X^FS\n^XZ\n" % (data, crc_hqx(data, 0))


async def printed(printer: VirtualPrinter, labels: list[bytes], patience_s: float = 20) -> list[PrintedLabel]:
    async with connected("127.0.0.1", printer.port, patience_s=patience_s) as client:
        return [one async for one in client.printed(labels)]


async def test_labels_are_printed_in_order_and_their_tags_bound() -> None:
    async with VirtualPrinter.with_tags(TIDS) as printer:
        told = await printed(printer, [zpl(epc) for epc in EPCS])
    assert told == [PrintedLabel(n + 1, epc, TIDS[n]) for n, epc in enumerate(EPCS)]
    assert [(one.rows, one.tag.epc if one.tag else b"") for one in printer.printed] == [
        (DOTS, e) for e in EPCS
    ]
    assert printer.strange == []


async def test_labels_without_tags_count_when_nothing_waits() -> None:
    async with VirtualPrinter() as printer:
        told = await printed(printer, [zpl(), zpl()])
    assert told == [PrintedLabel(1), PrintedLabel(2)]
    assert len(printer.printed) == 2


async def test_a_bad_tag_is_voided_and_the_next_one_gets_the_code() -> None:
    async with VirtualPrinter.with_tags(TIDS) as printer:
        printer.tags[1].bad = True
        told = await printed(printer, [zpl(EPCS[0]), zpl(EPCS[1])])
    assert [one.tid for one in told] == [TIDS[0], TIDS[2]]
    assert [tag.tid for tag in printer.voided] == [TIDS[1]]


async def test_a_tag_that_says_something_else_does_not_count() -> None:
    async with VirtualPrinter.with_tags(TIDS) as printer:
        printer.tags[1] = RollTag(TIDS[1], epc=EPCS[3], deaf=True)
        async with connected("127.0.0.1", printer.port) as client:
            printing = client.printed([zpl(epc) for epc in EPCS])
            assert await anext(printing) == PrintedLabel(1, EPCS[0], TIDS[0])
            with pytest.raises(TagWriteError, match="label 2"):
                await anext(printing)
    assert len(printer.printed) == 2


async def test_a_printer_that_needs_a_person_gets_no_label() -> None:
    async with VirtualPrinter(paper=1) as printer:
        async with connected("127.0.0.1", printer.port) as client:
            printing = client.printed([zpl(), zpl()])
            assert await anext(printing) == PrintedLabel(1)
            with pytest.raises(PrinterNotReady, match="no labels left"):
                await anext(printing)
        assert len(printer.printed) == 1
        printer.paper, printer.paused = None, True
        async with connected("127.0.0.1", printer.port) as client:
            assert (await client.status()).faults == ("paused (已暂停)",)


async def test_a_label_that_waits_in_a_printer_that_stopped_is_called_off() -> None:
    async with VirtualPrinter(jams=True) as printer:
        async with connected("127.0.0.1", printer.port) as client:
            with pytest.raises(PrinterNotReady, match="head open"):
                _ = [one async for one in client.printed([zpl()])]
        printer.refill()
        async with connected("127.0.0.1", printer.port) as client:
            assert [one async for one in client.printed([zpl(), zpl()], first=7)] == [
                PrintedLabel(7),
                PrintedLabel(8),
            ]
    assert len(printer.printed) == 2  # the one of before did not come out when the head was closed


async def test_every_fault_that_a_printer_tells_is_told() -> None:
    printer = VirtualPrinter(paper=0, paused=True, head_open=True, ribbon_out=True)
    async with printer, connected("127.0.0.1", printer.port) as client:
        assert len((await client.status()).faults) == 4


async def test_silence_ends_and_says_so() -> None:
    async with VirtualPrinter(silent=True) as printer:
        with pytest.raises(TransientConnectionError, match="Nothing was heard"):
            await printed(printer, [zpl(EPCS[0])], patience_s=0.05)
    with pytest.raises(TransientConnectionError, match="no connection"):
        await printed(printer, [zpl(EPCS[0])], patience_s=0.5)


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad Request\x03\r\n" * 3, b"\x02" * 9000, b"\x0330,\x03\r\n" * 3]
)
async def test_what_is_no_zpl_printer_is_told_apart(said: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(said)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connected("127.0.0.1", port) as client:
            with pytest.raises(ProtocolError):
                await client.status()


async def test_a_graphic_that_was_damaged_on_its_way_is_not_printed() -> None:
    async with VirtualPrinter() as printer:
        broken = zpl().replace(b":Z64:", b":Z64:AAAA")
        async with connected("127.0.0.1", printer.port) as client:
            assert [one async for one in client.printed([broken])] == [
                PrintedLabel(1)
            ]  # the printer is silent
        assert printer.printed == []
        assert len(printer.strange) == 1


def test_a_file_is_taken_apart_into_labels() -> None:
    file = zpl(EPCS[0]) + zpl() + b"rubbish"
    assert [epc_written(label) for label in labels_in(file)] == [EPCS[0], b""]
    assert epc_written(zpl(EPCS[0]).replace(b"^FD30", b"^FD3")) == b""


@pytest.mark.parametrize(
    ("address", "split"),
    [
        ("10.0.0.9", ("10.0.0.9", 9100)),
        ("printer.local:6101", ("printer.local", 6101)),
        ("::1", ("::1", 9100)),
        ("[::1]", ("::1", 9100)),
        ("[fe80::2]:9101", ("fe80::2", 9101)),
    ],
)
def test_addresses_of_printers(address: str, split: tuple[str, int]) -> None:
    assert printer_address(address) == split
