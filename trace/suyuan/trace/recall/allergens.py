"""Which of the eight groups of allergens of GB 7718-2025 a product's master data speak of.

Told are codes, or sentences as they stand on the label, the list of ingredients among them. A group too many
warns somebody in vain; one too few may cost a life: a sentence is read for every word that may mean a group.
Even so no list of words is complete: that a group was not found never means that it is not contained.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from suyuan.trace.register.choices import ALLERGENS

GROUPS = tuple(one.code for one in ALLERGENS)
"""The codes of the eight groups, in the order of the standard."""

_TOLD = ("allergens", "allergensZh", "allergensEn", "ingredients", "ingredientsZh", "ingredientsEn")
_WORDS = {
    "gluten": "麦|麥|麸|麩|面粉|麵粉|面包|麵包|面条|麵條|面筋|面团|面糊|挂面|拉面|馒头|饼干|糕点|酱油"
    "|生抽|老抽|gluten|[a-z]*wheat[a-z]*|barley[a-z]*|rye|oats?|oatmeal|spelt|malt(?:ed|s)?|triticale|kamut|emmer"
    "|einkorn|durum|semolina|bulgur|couscous|seitan|farro|freekeh|[a-z]*flours?|wholemeal|[a-z]*breads?"
    "|breadcrumbs?|crumbs?|croutons?|panko|rusks?|pasta|spaghetti|macaroni|noodles?|biscuits?|cookies?"
    "|crackers?|cakes?|pastry|pastries|dough|batter|soy sauce|beer",
    "crustaceans": "甲壳|虾|蝦|蟹|海鲜|海鮮|crustaceans?|shrimps?|prawns?|crabs?|crabmeat|lobsters?|crayfish"
    "|crawfish|krill|scampi|langoustines?|shellfish|seafood",
    # Of the characters with the radical fish, those that mean none: fresh (twice, in both scripts), Shandong.
    "fish": "(?![鲜鮮鲁魯])[魚-鳤]|海鲜|海鮮|三文|罗非|沙丁|金枪|吞拿|[a-z]*fish(?:es|meal)?|seafood"
    "|anchov(?:y|ies)|salmons?|cods?|tunas?|herrings?|sardines?|pilchards?|sprats?|mackerels?|trouts?|bass|carps?|eels?"
    "|haddocks?|hakes?|halibuts?|poll[ao]cks?|plaice|soles?|flounders?|turbots?|tilapias?|pangasius"
    "|perch|snappers?|bream|barramundi|sturgeons?|kippers?|mullets?|whiting|sharks?|caviar|roe|surimi|bonito"
    "|katsuobushi|dashi|isinglass|worcester(?:shire)?",
    "eggs": "蛋|卵|沙拉酱|沙律|美乃滋|溶菌酶|eggs?|eggnog|yolks?|[a-z]*albumi?ns?|albumen|lecithins?|lysozyme"
    "|mayonnaise|mayo|meringues?|aioli",
    "peanuts": "花生|沙茶|沙嗲|peanuts?|groundnuts?|monkey nuts?|arachis|satay",
    "soybeans": "(?<!土)豆|酱油|醬油|生抽|老抽|味噌|腐竹|腐乳|千张|素鸡|大酱|卵磷脂|soy[a-z]*|tofu|miso"
    "|edamame|tempeh|natto|tamari|shoyu|teriyaki|hoisin|okara|yuba|lecithins?|textured vegetable protein|tvp",
    "milk": "乳(?!化)|奶|黄油|黃油|牛油(?!果)|酥油|酪|芝士|起司|忌廉|[a-z]*milk(?:s|fat)?|dairy|lactose"
    "|lact(?:alb|oglob|oferr)[a-z]*|casein[a-z]*|whey|(?<!peanut )(?<!cocoa )butter(?:fat|oil|s)?|ghee"
    "|buttercream|creams?|creamer|creamy|cr[eè]me|[a-z]*cheeses?|yogh?o?urts?|kefir|curds?|quark"
    "|custards?|ricotta|mozzarella|cheddar|parmesan|mascarpone|feta|brie|camembert|gouda|paneer",
    "nuts": "坚果|堅果|果仁|杏仁|核桃|胡桃|腰果|榛|松子|栗|开心果|夏威夷果|夏果|巴旦木|扁桃|碧根果|鲍鱼果"
    "|巴西果|nuts?|[a-z]*almonds?|walnuts?|cashews?|hazel(?:nuts?)?|filberts?|chestnuts?|pistachios?|pecans?"
    "|macadamias?|pine kernels?|marzipan|pralines?|nougats?|frangipane|gianduja",
}
_MEANT = {group: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])") for group, words in _WORDS.items()}


def groups(attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The groups that what is told of allergens and ingredients names, in the standard's order.

    None where nothing is told, and none where what is told was not understood.

    >>> groups({"allergensZh": "含蛋、乳、小麦"}), groups({"allergens": '["milk", "nuts"]'})
    (('gluten', 'eggs', 'milk'), ('milk', 'nuts'))
    """
    text = " ".join(attributes.get(name, "") for name in _TOLD).casefold()
    return tuple(group for group in GROUPS if _MEANT[group].search(text))
