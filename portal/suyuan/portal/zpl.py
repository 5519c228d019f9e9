"""Labels for label printers: ZPL II that burns dots and writes the UHF tag within the label.

A label travels as one graphic (:mod:`suyuan.portal.bitmap`), so no name of a product ever stands among the
commands: there is nothing to escape and nothing to inject. The tag gets its EPC before the label is printed,
and the printer tells what it then read from it: the EPC and the chip's own number (TID), which binds both.

Source: ZPL II Programming Guide, "ZB64 Encoding and Compression" and "ZPL RFID Commands" (^RS, ^RF, ^HV).
"""

from __future__ import annotations

from base64 import b64encode
from binascii import crc_hqx
from zlib import compress

from PIL import Image

RESOLUTIONS = (203, 300, 600)
"""Dots per inch of the label printers that are sold."""

_GEN2 = 8
_TRIES = 3  # labels that the printer spends on one EPC before it gives up: a bad tag is voided, not used
_EPC_BANK, _TID_BANK, _EPC_WORD = 1, 2, 2
TID_BYTES = 12
"""Of the TID that is read: class, maker and model, XTID and a serial of 48 bits."""


def label(dots: Image.Image, epc: str = "") -> bytes:
    """One label: its dots, and where ``epc`` (hexadecimal, whole words) is given, its tag.

    Of every written tag the printer sends ``EPC:…`` and ``TID:…`` in hexadecimal, each ended by CR LF.

    Args:
        dots: an image of mode ``1`` with 1 for ink.
        epc: what bank 01 holds from bit 20h on; the printer sets the protocol control word to its length.
    """
    width, height = dots.size
    return b"".join(
        (
            b"^XA\n^PW%d^LL%d^LH0,0^PQ1\n" % (width, height),
            _tag(epc) if epc else b"",
            b"^FO0,0",
            _graphic(dots),
            b"^FS\n^XZ\n",
        )
    )


def _graphic(dots: Image.Image) -> bytes:
    row = (dots.size[0] + 7) // 8
    raw = dots.tobytes()
    data = b64encode(compress(raw, 1))
    return b"^GFA,%d,%d,%d,:Z64:%b:%04X" % (len(raw), len(raw), row, data, crc_hqx(data, 0))


def _tag(epc: str) -> bytes:
    size = len(epc) // 2
    lines = (
        f"^RS{_GEN2},,,{_TRIES},N^FS",
        f"^RFW,H,,,A^FD{epc}^FS",
        f"^RFR,H,{_EPC_WORD},{size},{_EPC_BANK}^FN1^FS",
        f"^RFR,H,0,{TID_BYTES},{_TID_BANK}^FN2^FS",
        f"^FH_^HV1,{2 * size},EPC:,_0D_0A,L^FS",
        f"^FH_^HV2,{2 * TID_BYTES},TID:,_0D_0A,L^FS",
    )
    return "".join(f"{line}\n" for line in lines).encode()
