"""The closed lists that fields of the register are chosen from, each word with its Chinese and English."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a list: its code as stored, and how people write it."""

    code: str
    zh: str
    en: str
    also: tuple[str, ...] = ()


def _choices(*rows: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(code, zh, en, tuple(also)) for code, zh, en, *also in rows)


ROLES = _choices(
    ("producer", "生产者", "Producer", "生产企业", "养殖场", "种植者"),
    ("carrier", "承运者", "Carrier", "物流企业", "运输企业"),
    ("shop", "销售者", "Shop", "门店", "零售商", "经营者"),
    ("authority", "监管部门", "Authority", "监管机构"),
    ("laboratory", "检验机构", "Laboratory", "实验室", "检测机构"),
)
"""What a party does (追溯参与方)."""

STAGES = _choices(
    ("farm", "种植养殖", "Farming", "种养殖", "农场"),
    ("slaughter", "屠宰", "Slaughter"),
    ("processing", "生产加工", "Processing", "加工", "生产"),
    ("storage", "仓储", "Storage", "储存"),
    ("transport", "运输", "Transport"),
    ("wholesale", "批发", "Wholesale"),
    ("retail", "零售", "Retail"),
    ("catering", "餐饮", "Catering"),
    ("import", "进口", "Import"),
)
"""The stages of the chain; the words of ``suyuan.trace.store.sight.STAGES``, in its order."""

ALLERGENS = _choices(
    ("gluten", "含有麸质的谷物", "Cereals containing gluten", "麸质"),
    ("crustaceans", "甲壳纲类动物", "Crustaceans", "甲壳类"),
    ("fish", "鱼类", "Fish"),
    ("eggs", "蛋类", "Eggs", "鸡蛋"),
    ("peanuts", "花生", "Peanuts"),
    ("soybeans", "大豆", "Soybeans", "黄豆"),
    ("milk", "乳", "Milk", "牛奶", "乳制品", "乳及乳制品"),
    ("nuts", "坚果", "Tree nuts", "坚果及其果仁"),
)
"""The eight groups that GB 7718-2025 has on the label (products made of them included)."""

CATEGORIES = _choices(
    ("01", "粮食加工品", "Grain products"),
    ("02", "食用油、油脂及其制品", "Edible oils and fats"),
    ("03", "调味品", "Condiments"),
    ("04", "肉制品", "Meat products"),
    ("05", "乳制品", "Dairy products"),
    ("06", "饮料", "Beverages"),
    ("07", "方便食品", "Convenience foods"),
    ("08", "饼干", "Biscuits"),
    ("09", "罐头", "Canned foods"),
    ("10", "冷冻饮品", "Frozen desserts"),
    ("11", "速冻食品", "Quick-frozen foods"),
    ("12", "薯类和膨化食品", "Potato and puffed foods"),
    ("13", "糖果制品", "Confectionery"),
    ("14", "茶叶及相关制品", "Tea"),
    ("15", "酒类", "Alcoholic drinks"),
    ("16", "蔬菜制品", "Vegetable products"),
    ("17", "水果制品", "Fruit products"),
    ("18", "炒货食品及坚果制品", "Roasted seeds and nuts"),
    ("19", "蛋制品", "Egg products"),
    ("20", "可可及焙烤咖啡产品", "Cocoa and roasted coffee"),
    ("21", "食糖", "Sugar"),
    ("22", "水产制品", "Aquatic products"),
    ("23", "淀粉及淀粉制品", "Starch and starch products"),
    ("24", "糕点", "Pastries"),
    ("25", "豆制品", "Bean products"),
    ("26", "蜂产品", "Bee products"),
    ("27", "保健食品", "Health foods"),
    ("28", "特殊医学用途配方食品", "Foods for special medical purposes"),
    ("29", "婴幼儿配方食品", "Infant formula"),
    ("30", "特殊膳食食品", "Foods for special diets"),
    ("31", "其他食品", "Other foods"),
)
"""Categories of food production licences, by the digits that stand for them in an SC number."""

FARM_PRODUCTS = _choices(
    ("pork", "猪肉（生猪产品）", "Pork", "猪肉", "生猪产品"),
    ("meat", "其他畜禽肉", "Other meat and poultry", "畜禽肉"),
    ("plants", "蔬菜、水果等种植产品", "Vegetables, fruit and other crops", "蔬菜", "水果", "种植产品"),
    ("eggs", "鲜禽蛋", "Fresh eggs", "鲜蛋", "禽蛋"),
    ("aquatic", "鲜活水产品", "Live and fresh aquatic products", "水产品"),
    ("other", "其他食用农产品", "Other edible farm products"),
)
"""Edible farm products (食用农产品), which need no SC licence but certificates of their own."""

LOT_DOCUMENTS = _choices(
    ("inspection_certificate", "检验报告", "Inspection certificate", "检验合格证", "出厂检验报告"),
    ("animal_quarantine", "动物检疫合格证明", "Animal quarantine certificate", "检疫证明"),
    ("meat_inspection", "肉品品质检验合格证", "Meat quality inspection certificate"),
    ("commitment", "承诺达标合格证", "Commitment certificate of conformity"),
    ("release", "放行单", "Release certificate", "放行证明", "准入证明"),
)
"""The documents of a lot (Food Safety Law Art 50-53; Agricultural Product Quality Safety Law Art 39)."""

UNITS = _choices(
    ("KGM", "千克", "kg", "公斤", "kilogram"),
    ("GRM", "克", "g", "gram"),
    ("TNE", "吨", "t", "tonne"),
    ("LTR", "升", "L", "litre"),
    ("MLT", "毫升", "mL", "ml"),
    ("H87", "件", "pieces", "个", "只", "头", "盒", "袋", "瓶", "piece"),
)
"""Units by their UN/CEFACT Recommendation 20 codes, as in ``uom`` of EPCIS."""

SHARE = Choice("P1", "%", "%", ("％", "percent"))
"""A share in percent, in recipes only."""


def folded(text: str) -> str:
    """``text`` without differences of width, case and blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


@cache
def words_of(choices: tuple[Choice, ...]) -> Mapping[str, str]:
    """Every spelling, :func:`folded`, to the code that it means."""
    return {
        folded(word): choice.code
        for choice in choices
        for word in (choice.code, choice.zh, choice.en, *choice.also)
    }


def text_of(choices: tuple[Choice, ...], codes: str, *, language: str) -> str:
    """The words of the codes in ``codes`` (one per line) in ``zh`` or ``en``, as one phrase."""
    named = {choice.code: choice.zh if language == "zh" else choice.en for choice in choices}
    return ("、" if language == "zh" else ", ").join(
        named[code] for code in codes.split("\n") if code in named
    )
