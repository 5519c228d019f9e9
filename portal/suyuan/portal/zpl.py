"""Labels for label printers: ZPL II that burns dots and writes the UHF tag within the label.

A label travels as graphics (:mod:`suyuan.portal.bitmap`), so no name of a product ever stands among the
commands: there is nothing to escape and nothing to inject. The tag gets its EPC before the label is printed,
and the printer tells what it then read from it: the EPC and the chip's own number (TID), which binds both.

Source: ZPL II Programming Guide, "^GF Graphic Field", "Alternative Data Compression Scheme", "ZB64 Encoding
and Compression" and "ZPL RFID Commands" (^RS, ^RF, ^HV).
"""

from __future__ import annotations

from base64 import b64encode
from binascii import crc_hqx
from functools import lru_cache
from itertools import pairwise
from zlib import compress

import numpy as np

from suyuan.portal.bitmap import Burned, Field, Packed

RESOLUTIONS = (203, 300, 600)
"""Dots per inch of the label printers that are sold."""

MOST_GRAPHIC_BYTES = 99_999
"""Of one graphic before compression: ^GF has no more digits, and takes a larger number for this one."""

_OFTEN = 8  # rows are told once where each stands for so many
_GEN2 = 8
_TRIES = 3  # labels that the printer spends on one EPC before it gives up: a bad tag is voided, not used
_EPC_BANK, _TID_BANK, _EPC_WORD = 1, 2, 2
TID_BYTES = 12
"""Of the TID that is read: class, maker and model, XTID and a serial of 48 bits."""


def label(burned: Burned, epc: str = "") -> bytes:
    """One label: its dots, and where ``epc`` (hexadecimal, whole words) is given, its tag.

    Of every written tag the printer sends ``EPC:…`` and ``TID:…`` in hexadecimal, each ended by CR LF.

    Args:
        burned: the dots.
        epc: what bank 01 holds from bit 20h on; the printer sets the protocol control word to its length.
    """
    return b"".join(
        (
            b"^XA\n^PW%d^LL%d^LH0,0^PQ1\n" % (burned.width, burned.height),
            _tag(epc) if epc else b"",
            *map(_graphic, burned.fields),
            b"^XZ\n",
        )
    )


@lru_cache(maxsize=64)  # by identity: what all labels of a job share is one field
def _graphic(field: Field) -> bytes:
    """A field, in as many graphics as it takes: none may be larger than printers take."""
    row = field.rows.shape[1]
    parts: list[bytes] = []
    for start in range(0, len(field.rows), MOST_GRAPHIC_BYTES // row):
        rows = field.rows[start : start + MOST_GRAPHIC_BYTES // row]
        where = field.x, field.y + start, rows.size, rows.size, row
        parts.append(b"^FO%d,%d^GFA,%d,%d,%d,%b^FS\n" % (*where, _repeated(rows) or _packed(rows)))
    return b"".join(parts)


def _repeated(rows: Packed) -> bytes:
    """Rows in hexadecimal, a colon for each that is like the one above; nothing where few are.

    The modules of a symbol are so many dots high that this is told faster than packed, and bars in one row.
    """
    starts = [0, *(np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)) + 1).tolist(), len(rows)]
    if _OFTEN * len(starts) > len(rows):
        return b""
    told = (
        rows[start].tobytes().hex().upper().encode() + b":" * (end - start - 1)
        for start, end in pairwise(starts)
    )
    return b"".join(told)


def _packed(rows: Packed) -> bytes:
    data = b64encode(compress(rows.tobytes(), 1))
    return b":Z64:%b:%04X" % (data, crc_hqx(data, 0))


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
