"""What the numbers of tables stand for."""

from __future__ import annotations

from typing import Protocol


class Names(Protocol):
    """Names of numbers, and numbers of names; None where there is none."""

    def node(self, key: str) -> int | None:
        """The node of an object or place."""
        ...

    def key(self, node: int, number: int = 0) -> str:
        """The key of a node; of a run that of the instance of this number, counted from 0."""
        ...

    def site(self, name: str) -> int | None:
        """The number of a site."""
        ...

    def party(self, number: int) -> str:
        """Who captured."""
        ...

    def unit(self, number: int) -> str | None:
        """A unit of measure, None for pieces."""
        ...

    def statement(self, evidence: str) -> int | None:
        """The statement of an evidence key."""
        ...

    def evidence(self, statement: int) -> str:
        """The evidence key of a statement."""
        ...
