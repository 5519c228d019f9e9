"""What is wrong with a network that somebody sends: every fault and every doubt, each with its place.

::

    InvalidInput
    └── NetworkInvalid    400 network-invalid   one or more faults; nothing was taken
        └── CasesInvalid  400 cases-invalid     the same of people who fell ill, and of samples
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from suyuan.trace.epcis.problems import Problem, quote
from suyuan.trace.errors import InvalidInput

MOST_TOLD = 100
"""Faults of one file that are told, and doubts; the others are counted."""
_MOST_NAMED = 20


class Faulty(InvalidInput):
    """What cannot be taken as it is; ``problems`` lists at most 100 of its ``count`` faults."""

    def __init__(self, problems: Sequence[Problem], count: int = 0) -> None:
        self.problems = tuple(problems[:MOST_TOLD])
        self.count = max(count, len(problems))
        first = self.problems[0]
        super().__init__(first.template, where=first.where, remedy=first.remedy, **first.fields)

    def members(self) -> dict[str, Any]:
        """The extension members of a problem+json answer (RFC 9457 §3.2)."""
        return {
            "code": self.code,
            "count": self.count,
            "problems": [
                {"where": problem.where, "detail": problem.detail, "remedy": problem.remedy}
                for problem in self.problems
            ],
        }


class NetworkInvalid(Faulty):
    """A network that cannot be taken as it is."""

    code: ClassVar[str] = "network-invalid"
    title: ClassVar[str] = "The network is not valid"


class CasesInvalid(Faulty):
    """Cases that cannot be taken as they are; none of them was."""

    code: ClassVar[str] = "cases-invalid"
    title: ClassVar[str] = "The cases are not valid"


class Problems:
    """Collects what is wrong while something is read: faults, which refuse it, and doubts, which go with it.

    ``refusal`` is the error that tells the faults.
    """

    __slots__ = ("_faults", "_refusal", "_warnings", "fault_count", "warning_count")

    def __init__(self, refusal: type[Faulty] = NetworkInvalid) -> None:
        self._refusal = refusal
        self._faults: list[Problem] = []
        self._warnings: list[Problem] = []
        self.fault_count = 0
        self.warning_count = 0

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The doubts that are told, with the number of those that are not as the last."""
        left = self.warning_count - len(self._warnings)
        if not left:
            return tuple(self._warnings)
        more = Problem("", "{count} more warnings are not shown.", {"count": str(left)})
        return (*self._warnings, more)

    def fault(self, template: str, *, where: str, remedy: str = "", **fields: object) -> None:
        """Note something that must be mended; values are quoted shortened, since they may be hostile."""
        self.fault_count += 1
        if len(self._faults) < MOST_TOLD:
            self._faults.append(_problem(template, where, remedy, fields))

    def warn(self, template: str, *, where: str, remedy: str = "", **fields: object) -> None:
        """Note something that the reader should know; likewise quoted."""
        self.warning_count += 1
        if len(self._warnings) < MOST_TOLD:
            self._warnings.append(_problem(template, where, remedy, fields))

    def raise_any(self) -> None:
        """End reading if there is a fault.

        Raises:
            Faulty: with all faults found so far.
        """
        if self._faults:
            raise self._refusal(self._faults, self.fault_count)


def _problem(template: str, where: str, remedy: str, fields: dict[str, object]) -> Problem:
    return Problem(where, template, {name: _quoted(value) for name, value in fields.items()}, remedy)


def _quoted(value: object) -> str:
    """One value, or the first of a row of names."""
    if isinstance(value, list):
        names = cast("list[object]", value)
        return " > ".join([*map(quote, names[:_MOST_NAMED]), *(["…"] if len(names) > _MOST_NAMED else [])])
    return quote(value)
