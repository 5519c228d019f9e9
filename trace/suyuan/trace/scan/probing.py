"""What a code that is not on record was a guess at: whose code, and the next of which number. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from suyuan.trace.gs1 import IdentifierError, identify

_PAGES = "/p"
_NUMBER = re.compile(r"[0-9]{1,15}$")


@dataclass(frozen=True, slots=True)
class Probe:
    """Canonical keys of the lot, where the code names one, and of the product; the number it ends with."""

    keys: tuple[str, ...]
    number: int | None


def probe_of(path: str) -> Probe | None:
    """What the path of a Digital Link, or of our page of one, asks for; None where it is of no product.

    >>> probe_of("/p/01/09521234000013/21/AB0042").number
    42
    """
    try:
        code = identify(path.removeprefix(_PAGES))
    except IdentifierError:
        return None
    if code.kind not in ("item", "lot") or code.product_key is None:
        return None
    keys = (code.product_key,) if code.lot_key in (None, code.key) else (code.lot_key, code.product_key)
    number = _NUMBER.search(code.serial or code.lot or "")
    return Probe(tuple(key for key in keys if key), int(number[0]) if number else None)
