"""What is on record, for questions: tables, what their numbers stand for, and what a key is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.compiled.names import Names
from suyuan.trace.lineage.compiled.tables import NONE, Tables, Told
from suyuan.trace.lineage.contract import Kind
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.statement import NEVER


@dataclass(frozen=True, slots=True)
class Record:
    """Tables and names.

    ``guests`` are nodes without a name, each a place: for places that are asked for under a name that no
    statement tells, though others tell of the same site.
    """

    tables: Tables
    told: Told
    names: Names
    guests: range

    def is_born(self, key: str) -> bool:
        """Whether any statement names it."""
        node, nodes = self.names.node(key), _read(self.tables.nodes)
        return node is not None and bool(nodes["birth"][node] != NEVER)

    def visited(self, place: str) -> int | None:
        """The number of the site of ``place``, None where nothing ever was."""
        number, sites = self.names.site(site(place)), _read(self.told.sites)
        return None if number is None or sites["first_visit"][number] == NONE else number

    def is_place(self, key: str) -> bool:
        """Whether it is a place: by what it is, or else because things were said to be there."""
        kind = kind_by_name(key)
        return kind == "place" or (
            kind == "other" and not self.is_born(key) and self.visited(key) is not None
        )

    def is_class(self, key: str) -> bool:
        """Whether it was named as a lot or product, or is one by its name where nobody named it."""
        node, nodes = self.names.node(key), _read(self.tables.nodes)
        if node is None or nodes["birth"][node] == NEVER:
            return kind_by_name(key) in {"lot", "product"}
        return bool(nodes["is_class"][node])

    def kind(self, key: str) -> Kind:
        """What it is, by its name, or else by how it was spoken of."""
        kind = kind_by_name(key)
        if kind == "other":
            if self.is_place(key):
                return "place"
            if self.is_class(key):
                return "lot"
        return kind


def _read(table: object) -> Any:
    """A table as an array with fields by name."""
    return table
