"""The sheets of the register: what must and may be told of a party, place, product, recipe and lot.

A sheet is the one table behind forms, spreadsheet templates and checks. :func:`read_sheet` reads one row of
texts, as from a form or a spreadsheet, without looking anything up; what other entries say (references, the
licence of the producer, the shelf life of the product) is the business of ``suyuan.trace.register.book``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, get_args

from suyuan.trace.gs1 import IdentifierError, digital_link, identify, piece_of
from suyuan.trace.gs1.own import lot_code, plain_lot
from suyuan.trace.register import choices
from suyuan.trace.register.codes import check_district, check_licence, check_uscc, finding_of
from suyuan.trace.register.fields import Field, is_key
from suyuan.trace.register.finding import Finding, error, errors, placed
from suyuan.trace.register.nutrition import AMOUNTS, LONGEST_TABLE, check_nutrients

EntryKind = Literal["party", "place", "read_point", "product", "recipe", "lot"]
KINDS: tuple[EntryKind, ...] = get_args(EntryKind)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a sheet says: ``values`` by field name, in the form that is stored; blanks are not among them.

    ``key`` is canonical, and empty where the platform is to give an identifier of its own, or where it
    follows from what the book looks up first (a lot whose product is named by its own code). ``warnings``
    are what :func:`read_sheet` found and somebody has to confirm.
    """

    kind: EntryKind
    key: str
    values: Mapping[str, str]
    warnings: tuple[Finding, ...] = ()

    def value(self, name: str) -> str:
        """The value of a field; empty where it was not told."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The fields of one kind of entry, in the order of forms and templates."""

    kind: EntryKind
    zh: str
    en: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of that name; ``KeyError`` where there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


def _sheet(kind: EntryKind, zh: str, en: str, *fields: Field) -> Sheet:
    return Sheet(kind, zh, en, tuple(replace(field, kind=kind) for field in fields))


def _names(zh: str, en: str) -> tuple[Field, Field]:
    return (
        Field("name_zh", "text", f"{zh}（中文）", f"{en} (Chinese)", "suyuan:nameZh", required=True),
        Field("name_en", "text", f"{zh}（英文）", f"{en} (English)", "suyuan:nameEn"),
    )


_CODE = Field("code", "own_code", "内部编号", "Own code", "suyuan:code", longest=50)
_DISTRICT = Field(
    "district", "district", "行政区划", "District", "suyuan:district", required=True, check=check_district
)
_ADDRESS = (
    Field("address", "text", "详细地址", "Street address", "cbvmda:streetAddressOne"),
    Field(
        "city_zh",
        "text",
        "公开显示的城市（中文）",
        "City shown in public (Chinese)",
        "suyuan:cityZh",
        longest=50,
    ),
    Field(
        "city_en",
        "text",
        "公开显示的城市（英文）",
        "City shown in public (English)",
        "suyuan:cityEn",
        longest=50,
    ),
)

_PARTY = _sheet(
    "party",
    "追溯参与方",
    "Parties",
    Field("identifier", "identifier", "GLN 或自有标识", "GLN or own identifier"),
    _CODE,
    Field("roles", "choices", "角色", "Roles", "suyuan:roles", required=True, choices=choices.ROLES),
    *_names("名称", "Name"),
    Field("uscc", "code", "统一社会信用代码", "Unified social credit code", "suyuan:uscc", check=check_uscc),
    Field("licence", "code", "许可证编号", "Licence number", "suyuan:licence", check=check_licence),
    Field("licence_until", "date", "许可证有效期至", "Licence valid until", "suyuan:licenceUntil"),
    _DISTRICT,
    *_ADDRESS,
    Field("phone", "text", "联系电话", "Phone", "suyuan:phone", longest=50),
    Field("email", "text", "电子邮箱", "E-mail", "suyuan:email", longest=100),
    Field("stages", "choices", "监管环节", "Stages of competence", "suyuan:stages", choices=choices.STAGES),
    Field(
        "regions", "districts", "监管区域", "Regions of competence", "suyuan:regions",
        check=check_district, longest=2000,
    ),
)  # fmt: skip

_PLACE = _sheet(
    "place",
    "场所",
    "Places",
    Field("identifier", "identifier", "GLN 或自有标识", "GLN or own identifier"),
    _CODE,
    Field("party", "reference", "所属参与方", "Party", "suyuan:party", required=True, of="party"),
    Field("stage", "choice", "环节", "Stage", "suyuan:stage", required=True, choices=choices.STAGES),
    *_names("名称", "Name"),
    _DISTRICT,
    *_ADDRESS,
    Field(
        "latitude", "number", "纬度", "Latitude", "cbvmda:latitude",
        least=Decimal(-90), most=Decimal(90), places=6,
    ),
    Field(
        "longitude", "number", "经度", "Longitude", "cbvmda:longitude",
        least=Decimal(-180), most=Decimal(180), places=6,
    ),
)  # fmt: skip

_READ_POINT = _sheet(
    "read_point",
    "读取点",
    "Read points",
    Field("identifier", "identifier", "带扩展的 GLN 或自有标识", "GLN with extension, or own identifier"),
    _CODE,
    Field("place", "reference", "所在场所", "Place", "suyuan:place", required=True, of="place"),
    *_names("名称", "Name"),
)

_PRODUCT = _sheet(
    "product",
    "产品",
    "Products",
    Field("identifier", "identifier", "GTIN 或自有标识", "GTIN or own identifier"),
    _CODE,
    *_names("名称", "Name"),
    Field("producer", "reference", "生产者", "Producer", "suyuan:producer", required=True, of="party"),
    Field("category", "choice", "食品类别", "Food category", "suyuan:category", choices=choices.CATEGORIES),
    Field(
        "farm_product", "choice", "食用农产品类别", "Kind of farm product", "suyuan:farmProduct",
        choices=choices.FARM_PRODUCTS,
    ),
    Field("standard", "text", "产品标准代号", "Product standard", "suyuan:standard", longest=100),
    Field("specification", "text", "规格", "Specification", "suyuan:specification"),
    Field("net_content", "text", "净含量", "Net content", "cbvmda:netContentDescription", longest=100),
    Field("storage_zh", "text", "贮存条件（中文）", "Storage (Chinese)", "suyuan:storageZh"),
    Field("storage_en", "text", "贮存条件（英文）", "Storage (English)", "suyuan:storageEn"),
    Field(
        "shelf_life_days", "number", "保质期（天）", "Shelf life (days)", "suyuan:shelfLifeDays",
        least=Decimal(1), most=Decimal(36_500), places=0,
    ),
    Field(
        "ingredients_zh", "lines", "配料（中文）", "Ingredients (Chinese)", "suyuan:ingredientsZh",
        longest=4000,
    ),
    Field(
        "ingredients_en", "lines", "配料（英文）", "Ingredients (English)", "suyuan:ingredientsEn",
        longest=4000,
    ),
    Field("allergens", "choices", "致敏物质", "Allergens", "suyuan:allergens", choices=choices.ALLERGENS),
    Field(
        "nutrition", "nutrients", "营养成分表", "Nutrition table", "suyuan:nutrition", longest=LONGEST_TABLE,
    ),
    Field("nutrition_per", "choice", "营养成分含量", "Nutrition per", "suyuan:nutritionPer", choices=AMOUNTS),
    Field("serving", "text", "每份的量", "Serving size", "suyuan:servingSize", longest=50),
    Field(
        "sale_regions", "districts", "限定销售区域", "Regions of sale", "suyuan:saleRegions",
        check=check_district, longest=2000,
    ),
)  # fmt: skip

_RECIPE = _sheet(
    "recipe",
    "配方",
    "Recipes",
    Field("identifier", "identifier", "自有标识", "Own identifier"),
    _CODE,
    Field("product", "reference", "产品", "Product made", "suyuan:product", required=True, of="product"),
    Field("inputs", "parts", "投料", "Inputs", "suyuan:inputs", required=True, of="product", longest=10_000),
    Field(
        "yield_least", "number", "得率下限（%）", "Lowest yield (%)", "suyuan:yieldLeast", most=Decimal(1000)
    ),
    Field(
        "yield_most", "number", "得率上限（%）", "Highest yield (%)", "suyuan:yieldMost", most=Decimal(1000)
    ),
    Field("note", "lines", "备注", "Note", "suyuan:note", longest=2000),
)

_LOT = _sheet(
    "lot",
    "批次",
    "Lots",
    Field("product", "reference", "产品", "Product", "suyuan:product", required=True, of="product"),
    Field("lot", "text", "批号", "Lot", "cbvmda:lotNumber", required=True, longest=40),
    Field("production_date", "date", "生产日期", "Production date", "suyuan:productionDate"),
    Field("best_before", "date", "保质期至", "Best before", "cbvmda:bestBeforeDate"),
    Field("use_by", "date", "消费保存期至", "Use by", "cbvmda:itemExpirationDate"),
    Field("quantity", "number", "数量", "Quantity", "suyuan:quantity"),
    Field("unit", "choice", "单位", "Unit", "suyuan:unit", choices=choices.UNITS),
    Field("lot_name", "text", "批次名称", "Name of the lot", "suyuan:lotName", longest=40),
)

SHEETS: Mapping[EntryKind, Sheet] = MappingProxyType(
    {sheet.kind: sheet for sheet in (_PARTY, _PLACE, _READ_POINT, _PRODUCT, _RECIPE, _LOT)}
)
"""The sheet of every kind, in the order in which kinds refer to one another."""


def read_sheet(kind: EntryKind, values: Mapping[str, str]) -> tuple[Entry | None, tuple[Finding, ...]]:
    """The entry that a row of texts says, by field name, and what was found; None where there is an error.

    Every finding names its field in ``where``. Names that are no fields of the sheet are errors too: a
    column that is not read would be lost without a word.
    """
    sheet = SHEETS[kind]
    known = {field.name for field in sheet.fields}
    found: list[Finding] = [_unknown(name) for name in values if name not in known]
    told: dict[str, str] = {}
    key = ""
    for field in sheet.fields:
        value, findings = field.read(values.get(field.name, ""))
        found += placed(findings, field.name)
        if field.value == "identifier":
            key = value
        elif value:
            told[field.name] = value
        elif field.required and not findings:
            found.append(_missing(field.name))
    wrong = {finding.where for finding in errors(found)}  # what is wrong by itself is told as that alone
    found += [finding for finding in _TOGETHER[kind](told) if finding.where not in wrong]
    if kind == "lot":
        key, unfit = lot_key(told.get("product", ""), told.get("lot", ""))
        found += unfit
    if errors(found):
        return None, tuple(found)
    warnings = tuple(found)
    return Entry(kind, key, told, warnings), warnings


def write_sheet(entry: Entry) -> dict[str, str]:
    """The row of texts that :func:`read_sheet` reads as this entry: for forms that amend it, and exports."""
    row = dict(entry.values)
    if entry.kind != "lot" and entry.key:
        row["identifier"] = entry.key
    return row


def lot_key(product: str, lot: str) -> tuple[str, tuple[Finding, ...]]:
    """The canonical key of a lot; empty where the product is not yet known by its key.

    A lot of a product without GTIN stands below the product's own identifier.
    """
    if not lot or not is_key(product):
        return "", ()
    try:
        named = identify(product)
        if named.own:
            return piece_of(named, lot=lot).key, ()
        gtin = named.gtin
        if gtin and plain_lot(lot) is None:
            return "", placed((_readable_lot(lot),), "lot")
        # The characters of a lot are those of GS1, whoever identifies the product: it stands on labels.
        link = digital_link([("01", gtin or _ANY_GTIN), ("10", lot)])
    except IdentifierError as wrong:
        return "", placed((finding_of(wrong),), "lot")
    return (link if gtin else f"{product}/10/{link.rpartition('/')[2]}"), ()


_ANY_GTIN = "00000000000000"


def _readable_lot(lot: str) -> Finding:
    return error(
        "lot-not-gs1",
        "{value} cannot be the lot of a product with a GTIN: GS1 takes at most 20 letters, digits and signs.",
        remedy="Enter {suggestion}, for example, as the lot, and this as the name of the lot.",
        value=lot,
        suggestion=lot_code(lot),
    )


def _unknown(name: str) -> Finding:
    return error(
        "unknown-field",
        "{name} is not a field of this sheet.",
        where=name,
        remedy="Compare the titles of the columns with the template.",
        name=name,
    )


def _missing(name: str) -> Finding:
    return error("missing", "This must be filled in.", where=name, remedy="Fill it in and send it again.")


def _party(told: Mapping[str, str]) -> list[Finding]:
    if "authority" not in told.get("roles", "").split("\n"):
        return [
            error(
                "competence-unfit",
                "Only an authority has stages and regions of competence.",
                where=name,
                remedy="Add the role of an authority, or leave both empty.",
            )
            for name in ("stages", "regions")
            if told.get(name)
        ]
    return [
        error(
            "competence-missing",
            "An authority needs stages and regions of competence.",
            where=name,
            remedy="Name what it supervises and where, such as retail and 330100; 000000 is the whole "
            "country.",
        )
        for name in ("stages", "regions")
        if not told.get(name)
    ]


def _product(told: Mapping[str, str]) -> list[Finding]:
    table = (told.get(name, "") for name in ("nutrition", "nutrition_per", "serving"))
    return [*_twofold(told), *check_nutrients(*table)]


def _twofold(told: Mapping[str, str]) -> list[Finding]:
    if told.get("category") and told.get("farm_product"):
        return [
            error(
                "category-twice",
                "A product is either a food of a licence category or an edible farm product.",
                where="farm_product",
                remedy="Leave one of the two empty.",
            )
        ]
    return []


def _recipe(told: Mapping[str, str]) -> list[Finding]:
    least, most = told.get("yield_least"), told.get("yield_most")
    if least and most and Decimal(least) > Decimal(most):
        return [_upside_down("yield_least")]
    return []


def _lot(told: Mapping[str, str]) -> list[Finding]:
    made = told.get("production_date")
    found = [
        error(
            "date-order",
            "This day lies before the production date.",
            where=name,
            remedy="Compare both dates with the label.",
        )
        for name in ("best_before", "use_by")
        if made and told.get(name, made) < made
    ]
    if bool(told.get("quantity")) != bool(told.get("unit")):
        found.append(_missing("unit" if told.get("quantity") else "quantity"))
    return found


def _upside_down(where: str) -> Finding:
    return error(
        "bounds", "The lower bound is above the upper one.", where=where, remedy="Exchange or correct them."
    )


def _nothing(_told: Mapping[str, str]) -> list[Finding]:
    return []


_TOGETHER = {
    "party": _party,
    "place": _nothing,
    "read_point": _nothing,
    "product": _product,
    "recipe": _recipe,
    "lot": _lot,
}
"""What fields say together."""
