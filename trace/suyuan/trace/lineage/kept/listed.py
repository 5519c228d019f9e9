"""The lots of products, listed from a chronicle as they come to be named."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.books import MEMBER, MENTIONS, NODES
from suyuan.trace.lineage.chronicle.shelves import holder
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.kept.exact import product_of
from suyuan.trace.lineage.kinds import kind_by_name

_MAY_BE_LOTS = frozenset({"lot", "product", "other"})


class Listed:
    """Nodes by product, those of a lot among them; four bytes for each."""

    def __init__(self, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._lots: defaultdict[str, array[int]] = defaultdict(lambda: array("i"))
        self._products: dict[int, str | None] = {}
        self._odd: set[tuple[int, int]] = set()
        self._nodes = chronicle.record().guests.stop  # they have no names
        self._mentions = 0

    def __call__(self, product: str) -> Sequence[int]:
        """Nodes among which are all lots of a product; what was told since the last time is listed first."""
        books: Any = self._chronicle.books
        until = int(books.used[NODES])
        if self._nodes < until:
            self._list_nodes(books, self._nodes, until)
            self._nodes = until
        until = int(books.used[MENTIONS])
        if self._mentions < until:
            self._list_odd(books, books.mentions[self._mentions : until])
            self._mentions = until
        return self._lots.get(product, ())

    def _list_nodes(self, books: Any, first: int, until: int) -> None:
        prefixes = books.lives["prefix"][first:until]
        order = np.argsort(prefixes, kind="stable")
        begins = np.flatnonzero(np.diff(prefixes[order])) + 1
        for nodes in np.split(order, begins):
            if (of := self._product(int(prefixes[nodes[0]]))) is not None:
                self._lots[of].extend((first + nodes).tolist())

    def _list_odd(self, books: Any, told: Any) -> None:
        """What is spoken of as a lot though by its name it is a piece, a unit or a place."""
        amounts, members = told["is_class"], told["role"] == MEMBER
        for prefixes, numbers in (
            (told["prefix"][amounts], told["first"][amounts]),
            (told["lot_prefix"][members], told["lot_number"][members]),
        ):
            odd = [prefix for prefix in np.unique(prefixes).tolist() if self._product(prefix) is None]
            rows = np.isin(prefixes, odd)
            named = set(zip(prefixes[rows].tolist(), numbers[rows].tolist(), strict=True))
            for prefix, number in named - self._odd:
                node = int(holder(books, prefix, number))
                if node != NONE:  # else it was declared wrong before it was told
                    self._odd.add((prefix, number))
                    self._lots[product_of(self._chronicle.names.key(prefix, number))].append(node)

    def _product(self, prefix: int) -> str | None:
        """The product of all keys of a prefix, None of such as are no lots."""
        if prefix not in self._products:
            key = self._chronicle.names.key(prefix, 0)
            self._products[prefix] = product_of(key) if kind_by_name(key) in _MAY_BE_LOTS else None
        return self._products[prefix]
