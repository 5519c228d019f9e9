"""Which of the eight groups a label speaks of."""

from __future__ import annotations

import pytest

from suyuan.trace.recall.allergens import GROUPS, groups
from suyuan.trace.register.choices import ALLERGENS


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, ()),
        ({"allergensZh": "无", "allergensEn": "none"}, ()),
        ({"allergens": "milk"}, ("milk",)),
        ({"allergens": '["crustaceans", "soybeans"]'}, ("crustaceans", "soybeans")),
        ({"allergensZh": "含虾、花生酱和乳粉"}, ("crustaceans", "peanuts", "milk")),
        ({"allergensEn": "Contains Peanuts"}, ("peanuts",)),  # which are no nuts
        ({"allergensEn": "EGG, WHEAT, soya"}, ("gluten", "eggs", "soybeans")),
        ({"allergensEn": "eggplant, milkweed"}, ()),
        ({"allergensEn": "See ingredients"}, ()),
        ({"allergensEn": "See ingredients", "ingredientsEn": "Pork, anchovies"}, ("fish",)),
        ({"allergensZh": "无", "ingredientsZh": "猪肉、黄豆酱、土豆、乳化剂"}, ("soybeans",)),
        ({"ingredients": "Buttermilk powder"}, ("milk",)),
        ({"allergensEn": "butter, cream"}, ("milk",)),
        ({"allergensEn": "peanut butter"}, ("peanuts",)),
        ({"allergensEn": "cheese"}, ("milk",)),
        ({"allergensEn": "salmon, cod"}, ("fish",)),
        ({"allergensEn": "tofu"}, ("soybeans",)),
        ({"allergensEn": "wholewheat, barley malt"}, ("gluten",)),
        ({"allergensZh": "黄油、干酪"}, ("milk",)),
        ({"allergensZh": "面粉"}, ("gluten",)),
        ({"allergensZh": "麦芽"}, ("gluten",)),
        ({"allergensZh": "鳕、鲑"}, ("fish",)),
        ({"ingredientsZh": "新鲜蔬菜"}, ()),
    ],
)
def test_groups_are_read_from_codes_and_from_sentences(told: dict[str, str], found: tuple[str, ...]) -> None:
    assert groups(told) == found


def test_every_group_is_known_by_its_code_and_both_its_names() -> None:
    for one in ALLERGENS:
        for told in (one.code, one.zh, one.en):
            assert one.code in groups({"allergens": told})
    assert len(GROUPS) == 8
