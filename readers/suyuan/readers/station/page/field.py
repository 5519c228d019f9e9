"""One field of the page, and what a form holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["code", "partner", "text", "date", "count", "amount", "choice", "list", "tick", "person"]
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: ``once`` is not remembered for the next pass; ``seldom`` stands behind "more".

    A ``person`` is chosen from the station's staff, and written freely where it has none.
    """

    name: str
    kind: Kind
    once: bool = False
    seldom: bool = False
    choices: tuple[str, ...] = ()
