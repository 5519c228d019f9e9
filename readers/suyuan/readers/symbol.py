"""The QR symbol of a link, as SVG."""

from __future__ import annotations

import qrcode  # type: ignore[import-untyped]  # it ships no types
from qrcode.constants import ERROR_CORRECT_Q  # type: ignore[import-untyped]  # it ships no types

QUIET_ZONE = 4  # modules on each side (ISO/IEC 18004 §9.1)


def render_qr(link: str) -> bytes:
    """The SVG of a QR symbol for ``link``: error correction Q, quiet zone, one unit per module.

    White ground and black modules are part of the symbol, so that it reads in dark mode too.
    One path of horizontal runs keeps it at about a third of the bytes of one rectangle per module.
    """
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=QUIET_ZONE)
    code.add_data(link)
    matrix: list[list[bool]] = code.get_matrix()
    side = len(matrix)
    runs: list[str] = []
    for y, row in enumerate(matrix):
        x = 0
        while x < side:
            start = x
            while x < side and row[x]:
                x += 1
            if x > start:
                runs.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            x += 1
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/><path d="{"".join(runs)}"/></svg>'
    ).encode()
