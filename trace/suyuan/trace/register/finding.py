"""What was found in something that a person entered: an error to mend or a warning to confirm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1.errors import shown

Severity = Literal["error", "warning"]

MOST_TOLD = 100
"""The most findings that one error carries: more are mended no better."""

_NO_FIELDS: Mapping[str, object] = MappingProxyType({})


def _no_fields() -> Mapping[str, object]:
    return _NO_FIELDS  # shared: Python 3.11 takes no unhashable default


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: an English template with its fields (keys of the catalogue, as in ``SuyuanError``).

    ``where`` is the name of a field, such as ``uscc``; ``row`` the place in a batch, from 0, or None where
    one thing alone was entered. A warning stands in the way until whoever enters it confirms that they
    compared it; what they confirmed is kept with the entry, by ``code``.
    """

    code: str
    template: str
    where: str = ""
    remedy: str = ""
    fields: Mapping[str, object] = field(default_factory=_no_fields)
    severity: Severity = "error"
    row: int | None = None

    @property
    def detail(self) -> str:
        """The English sentence with its values."""
        return self.template.format(**self.fields) if self.fields else self.template


def error(code: str, template: str, *, where: str = "", remedy: str = "", **fields: object) -> Finding:
    """A finding that must be mended; texts among ``fields`` may be hostile and are cut."""
    return Finding(code, template, where, remedy, _cut(fields))


def warning(code: str, template: str, *, where: str = "", remedy: str = "", **fields: object) -> Finding:
    """A finding that may be confirmed."""
    return Finding(code, template, where, remedy, _cut(fields), "warning")


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that must be mended."""
    return tuple(found for found in findings if found.severity == "error")


def placed(findings: Iterable[Finding], where: str, row: int | None = None) -> tuple[Finding, ...]:
    """``findings`` about the field ``where`` of ``row``."""
    return tuple(replace(found, where=where or found.where, row=row) for found in findings)


class EntryRefused(InvalidInput):
    """Something entered is wrong, or a warning is not confirmed; ``findings`` holds at most 100 of them."""

    code = "entry-refused"
    title = "The entry cannot be accepted"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(findings, key=lambda found: found.severity)[:MOST_TOLD])
        first = self.findings[0]
        super().__init__(first.template, where=first.where, remedy=first.remedy, **first.fields)

    def members(self) -> dict[str, Any]:
        """The extension members of a problem+json answer (RFC 9457 §3.2)."""
        return {
            "code": self.code,
            "findings": [
                {
                    "severity": found.severity,
                    "code": found.code,
                    "row": found.row,
                    "where": found.where,
                    "detail": found.detail,
                    "remedy": found.remedy,
                }
                for found in self.findings
            ],
        }


def _cut(fields: Mapping[str, object]) -> Mapping[str, object]:
    return {name: shown(value) if isinstance(value, str) else value for name, value in fields.items()}
