"""Whether NXP made a chip: the signature over its UID that it bears from the factory.

It is static: whoever has read it once can put it with its UID on an emulator. So it tells a cheap copy of a
chip from a chip of the maker, and nothing of the goods that it is on.

Sources: NXP AN11350 (NTAG21x: ECDSA on secp128r1, SEC 2 v1), AN12196 §7.2 (NTAG 424 DNA: secp224r1). What is
signed is the UID itself, not a hash of it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Curve:
    """y² = x³ - 3x + b over the field of ``p``: base point of order ``n``, and the maker's public key."""

    p: int
    n: int
    base: tuple[int, int]
    maker: tuple[int, int]


def _curve(p: str, n: str, base: str, maker: str) -> _Curve:
    return _Curve(int(p, 16), int(n, 16), _point(base), _point(maker))


def _point(text: str) -> tuple[int, int]:
    half = len(text) // 2
    return int(text[:half], 16), int(text[half:], 16)


# By the length of a signature. The library that we have for curves knows no secp128r1; as nothing here is
# secret, plain arithmetic does.
_CURVES = {
    32: _curve(
        "FFFFFFFDFFFFFFFFFFFFFFFFFFFFFFFF",
        "FFFFFFFE0000000075A30D1B9038A115",
        "161FF7528B899B2D0C28607CA52C5B86CF5AC8395BAFEB13C02DA292DDED7A83",
        "494E1A386D3D3CFE3DC10E5DE68A499B1C202DB5B132393E89ED19FE5BE8BC61",
    ),
    56: _curve(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000000000000000000000001",
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D",
        "B70E0CBD6BB4BF7F321390B94A03C1D356C21122343280D6115C1D21"
        "BD376388B5F723FB4C22DFE6CD4375A05A07476444D5819985007E34",
        "8A9B380AF2EE1B98DC417FECC263F8449C7625CECE82D9B916C992DA"
        "209D68422B81EC20B65A66B5102A61596AF3379200599316A00A1410",
    ),
}

Point = tuple[int, int] | None
"""A point of the curve; None is the one at infinity."""


def is_original(uid: bytes, signature: bytes) -> bool:
    """Whether NXP signed ``uid``: 32 bytes of an NTAG21x, 56 of an NTAG 424 DNA. Some milliseconds.

    >>> is_original(bytes.fromhex("04AB87F2CA1190"), bytes.fromhex(
    ...     "67B1750BCCEB1174F9A33BF20E0226551A6366939B31F949848C3C087350FA90"))
    True
    """
    curve = _CURVES.get(len(signature))
    if curve is None:
        return False
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    inverse = pow(s, -1, curve.n)
    one = _times(int.from_bytes(uid, "big") * inverse % curve.n, curve.base, curve.p)
    other = _times(r * inverse % curve.n, curve.maker, curve.p)
    point = _sum(one, other, curve.p)
    return point is not None and point[0] % curve.n == r


def _times(factor: int, point: Point, p: int) -> Point:
    result: Point = None
    while factor:
        if factor & 1:
            result = _sum(result, point, p)
        point = _sum(point, point, p)
        factor >>= 1
    return result


def _sum(one: Point, other: Point, p: int) -> Point:
    if one is None or other is None:
        return other if one is None else one
    if one[0] == other[0]:
        if (one[1] + other[1]) % p == 0:
            return None
        slope = 3 * (one[0] * one[0] - 1) * pow(2 * one[1], -1, p)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, p)
    x = (slope * slope - one[0] - other[0]) % p
    return x, (slope * (one[0] - x) - one[1]) % p
