"""What the EPC memory of a UHF tag holds, and back: every binary scheme of the EPC Tag Data Standard 2.3.

::

    bytes ── decode_epc ──> Epc(scheme, filter, company_prefix_length, identifier, data, hostname)
    Identifier ── encode_epc ──> bytes

``schemes`` is the table of rows; one decoder (``epc``) and one encoder (``encoding``) walk it. ``classic``,
``values``, ``texts``, ``moments`` and ``hostname`` say how one value stands in bits, ``data`` what may stand
beside an EPC, ``paths`` and ``uris`` how links and URNs spell the bits.
"""

from __future__ import annotations

from suyuan.trace.gs1.tags.encoding import encode_epc
from suyuan.trace.gs1.tags.epc import MOST_BYTES, Epc, decode_epc
from suyuan.trace.gs1.tags.schemes import LAYOUTS

__all__ = ["LAYOUTS", "MOST_BYTES", "Epc", "decode_epc", "encode_epc"]
