"""How keys are shown to people: the code as printed, the name and the owner from master data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from suyuan.portal.services import Label
from suyuan.trace.gs1 import Identifier, IdentifierError, element_string, identify
from suyuan.trace.recall.names import Attributes, name
from suyuan.trace.recall.passport import Text


def describing_keys(keys: Iterable[str]) -> set[str]:
    """The keys whose master data name these: themselves and their products."""
    found: set[str] = set()
    for key in keys:
        found.add(key)
        product = _identified(key)
        if product is not None and product.product_key:
            found.add(product.product_key)
    return found


def label(key: str, attributes: Mapping[str, Attributes]) -> Label:
    """The label of one key from attributes looked up for :func:`describing_keys` and their owners."""
    identifier = _identified(key)
    if identifier is None:
        return Label(key, "other", key, name(attributes.get(key, {})))
    own = attributes.get(key, {})
    product = attributes.get(identifier.product_key or "", {})
    owner = own.get("party") or product.get("producer")
    return Label(
        key=key,
        kind=identifier.kind,
        code=_code(identifier),
        name=name(own) if name(own) != Text() else name(product),
        party=name(attributes.get(owner, {})) if owner else Text(),
    )


def _identified(key: str) -> Identifier | None:
    try:
        return identify(key)
    except IdentifierError:
        return None  # master data may describe what is no identifier; its URI is its code


def _code(identifier: Identifier) -> str:
    if identifier.own:
        return " · ".join(value for _, value in identifier.own)
    if identifier.kind == "other" or not identifier.ais:
        return identifier.key
    return element_string(identifier)
