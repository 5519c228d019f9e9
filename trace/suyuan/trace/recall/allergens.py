"""Which of the eight groups of allergens of GB 7718-2025 a product's master data speak of.

Told are codes, or a sentence as it stands on the label. A group too many warns somebody in vain; one too few
may cost a life: a sentence is read for every word that may mean a group.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from suyuan.trace.register.choices import ALLERGENS

GROUPS = tuple(one.code for one in ALLERGENS)
"""The codes of the eight groups, in the order of the standard."""

_WORDS = {
    "gluten": "麸质|小麦|大麦|黑麦|燕麦|斯佩耳特|面筋|gluten|wheat|barley|rye|oats?|spelt",
    "crustaceans": "甲壳|虾|蟹|crustaceans?|shrimps?|prawns?|crabs?|lobsters?|crayfish",
    "fish": "鱼|fish",
    "eggs": "蛋类|鸡蛋|鸭蛋|蛋|eggs?",
    "peanuts": "花生|peanuts?|groundnuts?",
    "soybeans": "大豆|黄豆|豆|soya?|soybeans?",
    "milk": "乳|奶|milk|lactose|casein|whey",
    "nuts": "坚果|杏仁|核桃|腰果|榛|开心果|夏威夷果|巴旦木|扁桃仁|碧根果"
    "|nuts?|almonds?|walnuts?|cashews?|hazelnuts?|pistachios?|pecans?|macadamias?",
}
_MEANT = {group: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])") for group, words in _WORDS.items()}


def groups(attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The groups that ``allergens``, ``allergensZh`` and ``allergensEn`` name, in the standard's order.

    >>> groups({"allergensZh": "含蛋、乳、小麦"}), groups({"allergens": '["milk", "nuts"]'})
    (('gluten', 'eggs', 'milk'), ('milk', 'nuts'))
    """
    told = (attributes.get(name, "") for name in ("allergens", "allergensZh", "allergensEn"))
    text = " ".join(told).casefold()
    return tuple(group for group in GROUPS if _MEANT[group].search(text))
