"""The levels of an identifier: the thing itself, then what it is one of, up to its primary key.

Source: GS1-Conformant Resolver Standard 1.0 ("walking up the tree"): the links of each level belong to the
finer ones too.
"""

from __future__ import annotations

from suyuan.trace.gs1 import Identifier, identifier_of, identify, own_identifier


def levels(identifier: Identifier, lot: str = "") -> list[Identifier]:
    """``identifier`` and what it is one of, the finest first: an item, its lot, its variant, its product.

    ``lot`` is the lot of an item on record: where its link tells another one, that one says nothing of it.
    Two levels never have one key.

    >>> item = identify("https://id.gs1.org/01/09506000134352/21/A1")
    >>> [level.key.removeprefix("https://id.gs1.org") for level in levels(item, "L7")]
    ['/01/09506000134352/21/A1', '/01/09506000134352/10/L7', '/01/09506000134352']
    """
    found = _coarser(_with_lot(identifier, lot))
    if identifier.lot is not None:
        found[0] = identifier  # as it was scanned
    product = identifier.product_key
    if product is not None:  # of a piece (ITIP) its trade item, of a numbered asset (GRAI) its type
        found.append(identify(product))
    # A lot is of the product, not of its variant: dropping a qualifier may leave the same key.
    return list({level.key: level for level in reversed(found)}.values())[::-1]


def _with_lot(identifier: Identifier, lot: str) -> Identifier:
    if not lot or identifier.serial is None:
        return identifier
    if not identifier.own:
        return identifier_of([*(pair for pair in identifier.ais if pair[0] != "10"), ("10", lot)])
    (kind, code), *parts = identifier.own
    return own_identifier(identifier.namespace, kind, code, **(dict(parts) | {"lot": lot}))


def _coarser(identifier: Identifier) -> list[Identifier]:
    """``identifier`` and what is left of it when its finest qualifiers are dropped, one after another."""
    if not identifier.own:
        return [identifier_of(identifier.ais[:count]) for count in range(len(identifier.ais), 0, -1)]
    (kind, code), *parts = identifier.own
    return [
        own_identifier(identifier.namespace, kind, code, **dict(parts[:count]))
        for count in range(len(parts), -1, -1)
    ]
