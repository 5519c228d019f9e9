"""What whoever looks at the house for one viewer needs of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Engine

from suyuan.api.openings import Openings
from suyuan.portal.services import Label
from suyuan.trace.recall.recall import Case
from suyuan.trace.recall.receipt import Answer


class Around(Protocol):
    """The house around a view."""

    engine: Engine
    openings: Openings

    def now(self) -> datetime:
        """The clock."""
        ...

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show keys."""
        ...

    def cases(self) -> Sequence[Case]:
        """All cases."""
        ...

    def lots_of_receipt(self, shop: str, product: str, day: date) -> Answer:
        """The lots that a purchase can have been of."""
        ...
