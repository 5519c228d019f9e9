"""What a canonical key says of the thing it names."""

from __future__ import annotations

from functools import lru_cache

from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.lineage.contract import Kind


@lru_cache(maxsize=65_536)
def kind_by_name(key: str) -> Kind:
    """The kind that a canonical key tells by itself."""
    try:
        return identify(key).kind
    except IdentifierError:
        return "other"
