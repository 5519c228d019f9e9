"""What a MATCH_ parameter names: exact keys, and EPC patterns as ranges of keys. Never a regular expression.

Source: EPCIS 2.0 §8.2.7.1 (MATCH_ parameters), EPC Tag Data Standard §8 (pure identity patterns).
"""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import canonical_key, identify
from suyuan.trace.gs1.urn import SCHEMES, Scheme

_BASE = "https://id.gs1.org"
_PATTERN = "urn:epc:idpat:"


@dataclass(frozen=True, slots=True)
class Range:
    """Keys that begin with ``prefix``, are longer, and contain ``holding``."""

    prefix: str
    holding: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What one value of a MATCH_ parameter names."""

    keys: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()


class PatternWrong(InvalidInput):
    """A pattern that EPC does not have."""

    code = "query-parameter"
    title = "A query parameter is wrong"


def named(value: str, *, classes: bool) -> Named:
    """The keys or ranges that ``value`` names, among instances or among ``classes``.

    ``urn:epc:idpat:sgtin:9506000.013435.*`` is the trade item where classes are asked for and the range of
    all its serials where instances are.

    Raises:
        IdentifierError: neither an identifier nor a pattern.
        PatternWrong: something other than a star follows a star.
    """
    if not value.lower().startswith(_PATTERN) or "*" not in value:
        return Named(keys=(canonical_key(value),))
    name, _, body = value[len(_PATTERN) :].partition(":")
    fields = body.split(".")
    stars = fields.count("*")
    if any("*" in field for field in fields[: len(fields) - stars]) or set(fields[-stars:]) != {"*"}:
        raise PatternWrong(
            "{value} has something other than a star after a star",
            where=name,
            value=value[:200],
            remedy="Stars stand for whole fields at the end: urn:epc:idpat:sgtin:9506000.013435.*",
        )
    scheme = SCHEMES.get(name.lower())
    if scheme is None:
        told = fields[: len(fields) - stars]
        return Named(ranges=(Range(f"urn:epc:id:{name.lower()}:" + "".join(f"{field}." for field in told)),))
    if len(fields) - stars > 1:
        return _one_class(scheme, value, classes=classes)
    # A place without extension is an EPC too: its extension is 0 (EPC Tag Data Standard §6.3.3).
    finest = f"/{scheme.last}/" if scheme.last not in (None, "tail", "254") else ""
    if stars == len(fields):
        return Named(ranges=(Range(f"{_BASE}/{scheme.ai}/", finest),))
    prefix = ("0" if scheme.ai == "8003" else "") + _digits(fields[0], value)
    leads = "0123456789" if scheme.leading else ("",)
    return Named(ranges=tuple(Range(f"{_BASE}/{scheme.ai}/{lead}{prefix}", finest) for lead in leads))


def _one_class(scheme: Scheme, value: str, *, classes: bool) -> Named:
    """A pattern that leaves only the serial or lot open."""
    if (
        scheme.namespace == "class"
    ):  # lots have a class URN and no pattern: their product is that of its items
        value = f"{_PATTERN}sgtin:{value.rpartition(':')[2]}"
    whole = identify(value)
    if scheme.last is None or not whole.ais:
        raise PatternWrong("{value} is not a pattern of EPC", where=scheme.name, value=value[:200])
    if classes and scheme.namespace != "class":
        return Named(keys=(whole.key,))
    if scheme.last == "254":
        return Named(keys=(whole.key,), ranges=(Range(f"{whole.key}/254/"),))
    return Named(ranges=(Range(whole.key + ("" if scheme.last == "tail" else f"/{scheme.last}/")),))


def _digits(prefix: str, value: str) -> str:
    if not (prefix.isascii() and prefix.isdigit()):
        raise PatternWrong("{value} has no company prefix of digits", where="pattern", value=value[:200])
    return prefix
