"""Link types: the words that say what a link leads to, in their one spelling and in both languages.

Source: GS1 Web Vocabulary 1.16, the properties below ``gs1:linkType``; RFC 8288 §2.1 for those registered
with IANA and those that are addresses of somebody's own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1.errors import shown

VOCABULARY = "https://ref.gs1.org/voc/"


class LinkType(NamedTuple):
    """What a link type is called in the two languages."""

    zh: str
    en: str


DEFAULT_LINK = f"{VOCABULARY}defaultLink"
DEFAULT_LINK_MULTI = f"{VOCABULARY}defaultLinkMulti"
HANDLED_BY = f"{VOCABULARY}handledBy"
# These say which of the links answers, not what one leads to: a link has another type beside them.
ROLES = frozenset({DEFAULT_LINK, DEFAULT_LINK_MULTI})

LINK_TYPES = {
    f"{VOCABULARY}{name}": LinkType(zh, en)
    for name, zh, en in (
        ("activityIdeas", "活动创意", "Things to do with it"),
        ("allergenInfo", "致敏物质", "Allergens"),
        ("appDownload", "下载应用", "App"),
        ("backgroundInfo", "背景故事", "Background"),
        ("brandHomepageClinical", "品牌主页（专业人员）", "Brand, for professionals"),
        ("brandHomepagePatient", "品牌主页（患者）", "Brand, for patients"),
        ("careersInfo", "招聘", "Careers"),
        ("certificationInfo", "认证与证书", "Certificates"),
        ("consumerHandlingStorageInfo", "食用与储存方法", "Handling and storage"),
        ("defaultLink", "默认链接", "Default link"),
        ("defaultLinkMulti", "可选的默认链接", "Default links"),
        ("dpp", "数字产品护照", "Digital product passport"),
        ("eifu", "电子使用说明书", "Electronic instructions for use"),
        ("epcis", "EPCIS 事件库", "EPCIS repository"),
        ("epil", "电子患者须知", "Electronic patient leaflet"),
        ("eventsInfo", "活动信息", "Events"),
        ("faqs", "常见问题", "Questions and answers"),
        ("handledBy", "由其他解析服务处理", "Handled by another resolver"),
        ("hasRetailers", "销售商", "Retailers"),
        ("homepage", "企业主页", "Organisation"),
        ("ingredientsInfo", "配料", "Ingredients"),
        ("instructions", "使用说明", "Instructions"),
        ("jws", "JSON Web 签名", "JSON Web Signature"),
        ("leaveReview", "发表评价", "Leave a review"),
        ("locationInfo", "位置信息", "Location"),
        ("logisticsInfo", "物流信息", "Logistics"),
        ("loyaltyProgram", "会员计划", "Loyalty programme"),
        ("masterData", "主数据", "Master data"),
        ("menuInfo", "菜单", "Menu"),
        ("nutritionalInfo", "营养成分", "Nutrition"),
        ("openingHoursInfo", "营业时间", "Opening hours"),
        ("paymentLink", "付款", "Payment"),
        ("pip", "产品信息", "Product information"),
        ("productSustainabilityInfo", "可持续与回收（旧）", "Sustainability (former name)"),
        ("promotion", "促销", "Promotion"),
        ("purchaseSuppliesOrAccessories", "购买耗材与配件", "Supplies and accessories"),
        ("quickStartGuide", "快速入门", "Quick start"),
        ("recallStatus", "召回状态", "Recall status"),
        ("recipeInfo", "食谱", "Recipes"),
        ("registerProduct", "购买登记", "Register a purchase"),
        ("registryEntry", "登记信息", "Entry in a register"),
        ("relatedImage", "相关图片", "Picture"),
        ("relatedVideo", "相关视频", "Video"),
        ("reportFound", "拾获报告", "Report a find"),
        ("review", "评价", "Reviews"),
        ("safetyInfo", "安全信息", "Safety"),
        ("scheduleTime", "预约", "Appointments"),
        ("serviceInfo", "维修保养", "Service"),
        ("smartLabel", "SmartLabel", "SmartLabel"),
        ("smpc", "药品特性概要", "Summary of product characteristics"),
        ("socialMedia", "社交媒体", "Social media"),
        ("statisticInfo", "统计数据", "Statistics"),
        ("subscribe", "订阅", "Subscribe"),
        ("support", "客户支持", "Support"),
        ("sustainabilityInfo", "可持续与回收", "Sustainability"),
        ("traceability", "追溯信息", "Traceability"),
        ("tutorial", "教程", "Tutorial"),
        ("userAgreement", "签署协议", "Agreement to sign"),
        ("verificationService", "验证服务", "Verification service"),
        ("whatsInTheBox", "包装内容", "What is in the box"),
    )
}
DEPRECATED = {f"{VOCABULARY}productSustainabilityInfo": f"{VOCABULARY}sustainabilityInfo"}
GIVEN = frozenset(LINK_TYPES) - ROLES - DEPRECATED.keys() - {HANDLED_BY}
"""Those of GS1's types that people give to links."""

_GS1 = re.compile(r"(?:gs1:|https?://(?:ref\.gs1|www\.gs1|gs1)\.org/voc/)([A-Za-z]+)")
REGISTERED = frozenset(
    {
        *("about", "alternate", "author", "canonical", "collection", "describedby", "help", "license"),
        *("payment", "preview", "privacy-policy", "related", "service-desc", "service-doc", "status"),
        "terms-of-service",
    }
)
"""Of IANA's registry of link relations those that lead people or programs on from a thing."""
_OWN = re.compile(r"https?://[A-Za-z0-9./]{4,200}")  # what the linkset's schema takes as the name of a type


def link_type(text: str) -> str:
    """The one spelling of a link type: its address in full, or its word where IANA registered it.

    >>> link_type("gs1:pip")
    'https://ref.gs1.org/voc/pip'

    Raises ``InvalidInput`` for what is none, and for a word of GS1's vocabulary that is not in it: a type
    that only looks like GS1's would be found by nobody.
    """
    of_gs1 = _GS1.fullmatch(text)
    if of_gs1 is not None:
        name = VOCABULARY + of_gs1[1]
        if name in LINK_TYPES:
            return name
        raise InvalidInput(
            "GS1 has no link type {type}",
            where="linkType",
            remedy="Take one of the list at /.well-known/gs1resolver, such as gs1:pip.",
            type=shown(text),
        )
    if text in REGISTERED or (_OWN.fullmatch(text) and not _is_of_gs1(text)):
        return text
    raise InvalidInput(
        "{type} is no link type",
        where="linkType",
        remedy="Write gs1: and a word of GS1's vocabulary, such as gs1:pip.",
        type=shown(text),
    )


def _is_of_gs1(address: str) -> bool:
    """Whether only GS1 says what ``address`` means: nobody has types of his own below its name."""
    host = address.split("/")[2].casefold().rstrip(".")
    return host == "gs1.org" or host.endswith(".gs1.org")


def short_name(name: str) -> str:
    """The spelling that people and queries use.

    >>> short_name("https://ref.gs1.org/voc/pip")
    'gs1:pip'
    """
    return f"gs1:{name.removeprefix(VOCABULARY)}" if name.startswith(VOCABULARY) else name
