"""How fast tags are read and written, beside epcpy (a library of the classic schemes) in the same run.

Run with ``python tests/bench/bench_epc.py``, or with ``make bench``. Numbers are printed, none is a goal.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from time import process_time

from suyuan.trace.gs1 import TagError, identify
from suyuan.trace.gs1.tags import decode_epc, encode_epc

with warnings.catch_warnings():  # its regular expressions are not raw strings
    warnings.simplefilter("ignore")
    from epcpy.utils.parsers import hex_to_tag_encodable

TAGS = {
    "SGTIN-96": "3074257BF7194E4000001A85",
    "SSCC-96": "311BA1B300CE0A6A83000000",
    "SGLN-96": "3276451FD46072000000162E",
    "SGTIN-198": "3666C4409047E159B2C2BF100000000000000000000000000000",
    "GIAI-202": "3876451FD59B2C2BF10000000000000000000000000000000000",
    "SGTIN+": "F73795211411234538566CB0AFC4",
    "DSGTIN++": "FC342CDE795211411234538566CB0AFC525065F1876F0D996D80",
    "garbage": "E2801160600002054CC2096F",
}


def per_second(work: Callable[[], object], rounds: int = 3000) -> float:
    """The best of three runs: other work on the machine only ever slows one down."""
    best = 0.0
    for _ in range(3):
        start = process_time()
        for _ in range(rounds):
            work()
        best = max(best, rounds / (process_time() - start))
    return best


def refused(memory: bytes) -> None:
    try:
        decode_epc(memory)
    except TagError:
        return
    raise AssertionError(memory)


def report() -> str:
    lines = ["                     ours/s    epcpy/s  ratio"]
    for name, digits in TAGS.items():
        memory = bytes.fromhex(digits)
        if name == "garbage":
            lines.append(f"refuse {name:12} {per_second(lambda m=memory: refused(m)):9,.0f}")  # type: ignore[misc]
            continue
        ours = per_second(lambda m=memory: decode_epc(m))  # type: ignore[misc]
        line = f"decode {name:12} {ours:9,.0f}"
        epc = decode_epc(memory)
        if epc.tag_urn is not None:
            theirs = per_second(lambda d=digits: hex_to_tag_encodable(d).epc_uri)  # type: ignore[misc]
            line += f" {theirs:10,.0f} {ours / theirs:6.1f}"
        lines.append(line)
    item = identify("/01/09506000134352/21/32a%2Fb")
    for scheme in ("SGTIN-198", "SGTIN+"):
        ours = per_second(lambda s=scheme: encode_epc(item, company_prefix_length=11, scheme=s))  # type: ignore[misc]
        lines.append(f"encode {scheme:12} {ours:9,.0f}")
    ours = per_second(lambda: encode_epc(item, data=(("10", "L1"), ("17", "261231"))))
    lines.append(f"encode with data    {ours:9,.0f}")
    return "\n".join(lines)


def test_speed_is_printed() -> None:
    sys.stdout.write(f"\n{report()}\n")


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
