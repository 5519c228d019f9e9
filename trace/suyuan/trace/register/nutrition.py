"""The nutrition table of a label as the label states it (GB 28050): amounts, and shares of reference values.

The shares are told and not worked out: which reference values hold is a matter of the edition. On the label
of every prepacked food that is not exempt stand energy, protein, fat, carbohydrate and sodium; by GB
28050-2025, from 16 March 2027, saturated fat and sugars too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from suyuan.trace.register.choices import Choice, folded, text_of, words_of
from suyuan.trace.register.finding import Finding, error, warning

NUTRIENTS = (
    Choice("energy", "能量", "Energy"),
    Choice("protein", "蛋白质", "Protein"),
    Choice("fat", "脂肪", "Fat", ("总脂肪",)),
    Choice("saturated_fat", "饱和脂肪", "Saturated fat", ("饱和脂肪酸", "saturates")),
    Choice("trans_fat", "反式脂肪", "Trans fat", ("反式脂肪酸",)),
    Choice("cholesterol", "胆固醇", "Cholesterol"),
    Choice("carbohydrate", "碳水化合物", "Carbohydrate", ("carbohydrates",)),
    Choice("sugars", "糖", "Sugars", ("sugar",)),
    Choice("fibre", "膳食纤维", "Dietary fibre", ("fiber", "dietary fiber")),
    Choice("sodium", "钠", "Sodium"),
    Choice("calcium", "钙", "Calcium"),
)
"""What can be told, in the order of the standard; vitamins and other minerals are not among it."""
AMOUNTS = (
    Choice("100g", "每 100 g", "Per 100 g", ("每100克", "100克")),
    Choice("100mL", "每 100 mL", "Per 100 mL", ("每100毫升", "100毫升")),
    Choice("serving", "每份", "Per serving"),
)
"""What the amounts are of."""
LONGEST_TABLE = 1000
_LONGEST_LINE = 100
CORE = ("energy", "protein", "fat", "carbohydrate", "sodium")
_UNITS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys((one.code for one in NUTRIENTS), "g")
    | {"energy": "kJ"}
    | dict.fromkeys(("cholesterol", "sodium", "calcium"), "mg")
)
_SPELLED = {"kj": "kJ", "千焦": "kJ", "g": "g", "克": "g", "mg": "mg", "毫克": "mg"}
_LINE = re.compile(
    r"(?P<what>[^=:0-9(]+)[=:]? ?(?P<amount>[0-9]{1,6}(?:\.[0-9]{1,3})?) ?(?P<unit>[^ .0-9%]+)"
    r"(?: (?P<share>[0-9]{1,4}) ?%)?"
)
_SEPARATORS = re.compile(r"[\n;；]+")
_KJ_PER_G = {"protein": 17, "fat": 37, "carbohydrate": 17, "fibre": 8}
_FAR, _SMALL = Decimal("0.2"), 17
"""How far energy may be from what its sources give: a fifth, and the kJ up to which zero is stated."""
_WORDS = words_of(NUTRIENTS)


@dataclass(frozen=True, slots=True)
class Nutrient:
    """One line of the table: how much, and its share of the reference value in percent where that is told."""

    code: str
    amount: Decimal
    share: int | None

    @property
    def unit(self) -> str:
        """The unit in which the standard states it."""
        return _UNITS[self.code]


def read_nutrients(text: str) -> tuple[str, tuple[Finding, ...]]:
    r"""The stored form of lines such as ``蛋白质 8.0 g 13%``, in the standard's order.

    >>> read_nutrients("Sodium: 620mg 31%\n能量 = 812 千焦 10%")[0]
    'energy = 812 kJ 10%\nsodium = 620 mg 31%'
    """
    told: dict[str, str] = {}
    for raw in filter(str.strip, _SEPARATORS.split(text)):
        line = " ".join(unicodedata.normalize("NFKC", raw).split())
        found = _LINE.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        code = None if found is None else _WORDS.get(folded(found["what"]))
        if found is None or code is None or _SPELLED.get(found["unit"].casefold()) != _UNITS[code]:
            return "", (_unreadable(line),)
        if code in told:
            return "", (_twice(line),)
        share = f" {int(found['share'])}%" if found["share"] else ""
        told[code] = f"{code} = {Decimal(found['amount']):f} {_UNITS[code]}{share}"
    return "\n".join(told[one.code] for one in NUTRIENTS if one.code in told), ()


def nutrients_of(value: str) -> tuple[Nutrient, ...]:
    """The lines of a stored table."""
    return tuple(_nutrients(value))


def _nutrients(value: str) -> Iterator[Nutrient]:
    for line in filter(None, value.split("\n")):
        code, _, told = line.partition(" = ")
        amount, _, rest = told.partition(" ")
        _, _, share = rest.partition(" ")
        yield Nutrient(code, Decimal(amount), int(share.removesuffix("%")) if share else None)


def check_nutrients(value: str, per: str, serving: str) -> list[Finding]:
    """What does not fit in a stored table and in what it is of."""
    told = {one.code: one.amount for one in nutrients_of(value)}
    if bool(told) != bool(per):
        return [_missing("nutrition_per" if told else "nutrition")]
    found = [_missing("serving")] if per == "serving" and not serving else []
    if told and not told.keys() >= set(CORE):
        found.append(
            warning(
                "nutrition-core",
                "Energy, protein, fat, carbohydrate and sodium are not all there.",
                where="nutrition",
                remedy="Compare it with the label (GB 28050); confirm it if the label states no more.",
            )
        )
    elif told:
        least = sum(told[code] * _KJ_PER_G[code] for code in ("protein", "fat", "carbohydrate"))
        most = least + told.get("fibre", Decimal(0)) * _KJ_PER_G["fibre"]
        if not least * (1 - _FAR) <= told["energy"] <= most * (1 + _FAR) + _SMALL:
            found.append(
                warning(
                    "nutrition-energy",
                    "Protein, fat and carbohydrate give about {worked} kJ; told are {value} kJ.",
                    where="nutrition",
                    remedy="Compare each line and its unit with the label; alcohol may explain it.",
                    worked=str(round(least)),
                    value=str(told["energy"]),
                )
            )
    return found


def nutrition_text(value: str, per: str, serving: str, *, language: str) -> str:
    r"""A stored table in words, one line each, in ``zh`` or ``en``; empty where there is none.

    >>> nutrition_text("energy = 812 kJ 10%", "serving", "30 g", language="zh")
    '每份 (30 g)\n能量 812 kJ，NRV 10%'
    """
    lines = nutrient_lines(value, language=language)
    size = f" ({serving})" if serving and per == "serving" else ""
    return "\n".join([f"{_named(AMOUNTS, per, language)}{size}", *lines]) if lines else ""


def nutrient_lines(value: str, *, language: str) -> list[str]:
    """The lines of a stored table in words."""
    comma = "，" if language == "zh" else ", "
    return [
        f"{_named(NUTRIENTS, one.code, language)} {one.amount} {one.unit}"
        + ("" if one.share is None else f"{comma}NRV {one.share}%")
        for one in nutrients_of(value)
    ]


def _named(choices: tuple[Choice, ...], code: str, language: str) -> str:
    return text_of(choices, code, language=language) or code


def _unreadable(line: str) -> Finding:
    return error(
        "nutrient-form",
        "{value} does not say how much there is of a nutrient.",
        remedy="Write one per line as on the label, with the share of the reference value, such as "
        "protein 8.0 g 13%: energy in kJ, sodium, calcium and cholesterol in mg, others in g.",
        value=line[:80],
    )


def _twice(line: str) -> Finding:
    return error(
        "nutrient-twice",
        "{value} stands there twice.",
        remedy="Leave one of the two out.",
        value=line[:80],
    )


def _missing(where: str) -> Finding:
    return error("missing", "This must be filled in.", where=where, remedy="Fill it in and send it again.")
