"""Pure identity patterns: sets of EPCs that share their first fields (``urn:epc:idpat:sgtin:9506000.*.*``).

Source: EPC Tag Data Standard 2.3 §8. Stars stand for whole fields, at the end. A key does not tell where its
company prefix ends, so a pattern is compared by digits: since no company's prefix begins with another's, that
is the same set.
"""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.trace.gs1.errors import StructureError, shown
from suyuan.trace.gs1.identifier import Identifier
from suyuan.trace.gs1.link import unescaped
from suyuan.trace.gs1.urn import (
    FOREIGN_SCHEMES,
    SCHEMES,
    Scheme,
    check_prefix,
    field_count,
    fields_of,
    foreign_fields,
    identifier_of_urn,
    key_of_fields,
)

_START = "urn:epc:idpat:"
STAR = "*"


@dataclass(frozen=True, slots=True)
class Pattern:
    """``told`` are the first fields, without escapes; the others may be anything.

    ``lot`` is of the class scheme lgtin, which the standard has no patterns of and EPCIS queries need.
    """

    scheme: str
    told: tuple[str, ...]
    stars: int

    def matches(self, identifier: Identifier) -> bool:
        """Whether ``identifier`` is an EPC of the set. A class is none of its own members."""
        if self.scheme in FOREIGN_SCHEMES:
            own = identifier.key.startswith(f"urn:epc:id:{self.scheme}:")
            return own and foreign_fields(identifier)[: len(self.told)] == self.told
        scheme = SCHEMES[self.scheme]
        if not _is_epc_of(scheme, identifier):
            return False
        if not self.told:
            return True
        fields = fields_of(scheme, identifier, len(self.told[0]))
        return fields is not None and fields[: len(self.told)] == self.told


def id_pattern(urn: str) -> Pattern:
    """The pattern that ``urn`` spells; without a star it is the set of one EPC.

    >>> id_pattern("urn:epc:idpat:sgtin:9506000.013435.*").told
    ('9506000', '013435')

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` that names the part at fault.
    """
    name, _, body = urn[len(_START) :].partition(":")
    name = name.lower()
    count = field_count(name)
    if urn[: len(_START)].lower() != _START or not count:
        raise StructureError(
            "{value} is not a pattern of an EPC scheme.",
            where=shown(name),
            remedy="Write urn:epc:idpat:sgtin:9506000.013435.* and so on.",
            value=shown(urn),
        )
    fields = body.split(".", count - 1)
    stars = fields.count(STAR)
    told = fields[: len(fields) - stars]
    # The pieces of an ITIP are told together or not at all.
    if len(fields) != count or STAR in told or (name == "itip" and stars == 2):  # noqa: PLR2004
        raise StructureError(
            "{value} has not the fields of a pattern of {scheme}, stars at the end.",
            where=name,
            remedy="Stars stand for whole fields at the end: urn:epc:idpat:sgtin:9506000.013435.*",
            value=shown(urn),
            scheme=name,
        )
    scheme = SCHEMES.get(name)
    if not stars:
        identifier_of_urn(f"urn:epc:{scheme.namespace if scheme else 'id'}:{name}:{body}")
    elif scheme is not None and len(told) >= 2:  # noqa: PLR2004 - company prefix and reference
        key_of_fields(scheme, [*told[:4]])
    elif scheme is not None and told:
        check_prefix(scheme, told[0])
    return Pattern(name, tuple(unescaped(field, name) for field in told), stars)


def matches(pattern: str | Pattern, identifier: Identifier) -> bool:
    """Whether ``identifier`` is in the set that ``pattern`` spells; see :meth:`Pattern.matches`."""
    return (id_pattern(pattern) if isinstance(pattern, str) else pattern).matches(identifier)


def _is_epc_of(scheme: Scheme, identifier: Identifier) -> bool:
    """Whether ``identifier`` names a single thing (a lot for lgtin) as ``scheme`` does."""
    if not identifier.ais or identifier.ais[0][0] != scheme.ai:
        return False
    if scheme.ai == "414" or scheme.last is None:
        return True
    if scheme.last == "tail":
        return len(identifier.ais[0][1]) > scheme.digits + (2 if scheme.ai == "8003" else 1)
    finer = {"lgtin": ("21", "235"), "upui": ("21",)}.get(scheme.name, ())
    return identifier.value(scheme.last) is not None and not any(identifier.value(ai) for ai in finer)
