"""The fields of making, inspecting and releasing, and what they make of an order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from suyuan.readers.station import inspection as tests
from suyuan.readers.station.amounts import UNITS
from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.identity import Identities, as_typed
from suyuan.readers.station.order import Particulars, Step
from suyuan.readers.station.page.field import Field, Values
from suyuan.readers.station.recipe import Production
from suyuan.readers.station.release import Inspection, Release
from suyuan.readers.station.results_file import read_results
from suyuan.trace.epcis.event import QuantityElement
from suyuan.trace.errors import InvalidInput

MOST_WEIGHED = 200
_COMMON = {"kg": "KGM", "g": "GRM", "t": "TNE", "l": "LTR", "ml": "MLT", "": "KGM"}
"""Units as people write them."""
_WEIGHED = re.compile(r"(?P<code>\S{1,500})\s+(?P<amount>\d{1,9}(?:\.\d{1,6})?)\s*(?P<unit>[A-Za-z0-9]{0,3})")
_CERTIFICATE = re.compile(r"[!-~]{1,40}")
_NAME_LENGTH = 60

FIELDS: Mapping[Step, tuple[Field, ...]] = MappingProxyType(
    {
        Step.TRANSFORM: (
            Field("recipe", "text"),
            Field("weighed", "list", once=True),
            Field("line", "text", seldom=True),
            Field("cleared_by", "text", once=True, seldom=True),
        ),
        Step.INSPECT: (Field("results", "list", once=True),),
        Step.RELEASE: (Field("release_certificate", "text", once=True),),
    }
)
"""What each of these steps asks beside the common fields."""
Wrong = Callable[..., None]
"""Told the name of a field, the key of what is wrong with it, and by name what stands in its places."""

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "field.recipe": ("配方编号", "Recipe"),
        "field.weighed": (
            "称量的原料（每行：批次的编码 数量 单位）",
            "Weighed ingredients (a line each: code of the lot, amount, unit)",
        ),
        "field.line": ("生产线", "Production line"),
        "field.cleared_by": ("清场人", "Who cleared the line"),
        "field.results": ("检验结果（粘贴 CSV，含表头）", "Test results (paste the CSV with its headings)"),
        "field.release_certificate": ("放行证号", "Number of the release certificate"),
        "field.operator": ("操作人", "Who does it"),
        "fault.weighed": (
            "每行写：批次的编码 数量 单位，例如 https://id.gs1.org/01/06901234567892/10/L1 92.5 kg。",
            "A line each: code, amount and unit, as https://id.gs1.org/01/06901234567892/10/L1 92.5 kg.",
        ),
        "fault.results": (
            "无法读取检验结果：{why}",
            "The results cannot be read: {why}",
        ),
        "fault.release_certificate": (
            "放行证号：1 至 40 个字母、数字或符号，不含空格。",
            "The certificate's number: 1 to 40 letters, digits or signs without spaces.",
        ),
    }
)
"""The page's words for them."""


def production(values: Values, _: Wrong) -> Production | None:
    """What a transformation follows, if a recipe is named."""
    recipe = _text(values, "recipe")
    line, cleared_by = (_text(values, name)[:_NAME_LENGTH] for name in ("line", "cleared_by"))
    return Production(recipe[:_NAME_LENGTH], line=line, cleared_by=cleared_by) if recipe else None


def inspection(values: Values, wrong: Wrong) -> Inspection | None:
    """The results that were pasted, if any."""
    text = _text(values, "results")
    if not text:
        return None
    try:
        return Inspection(read_results(text.encode()))
    except InvalidInput as error:
        wrong("results", "fault.results", why=error)
        return None


def can_be_judged(told: Particulars | None, product: str | None, config: StationConfig, wrong: Wrong) -> None:
    """See that the results fit the plan of the product; where only tags will tell it, some plan's."""
    plans = tests.PLANS.of(config)
    meant = [plan for plan in plans if product in {None, plan.product}]
    if not isinstance(told, Inspection):
        return
    fault: InvalidInput | None = None
    for plan in meant:
        try:
            tests.judged(plan, told.results)
        except InvalidInput as error:
            fault = fault or error
        else:
            return
    if fault is not None:
        wrong("results", "fault.results", why=fault)


def release(values: Values, wrong: Wrong) -> Release | None:
    """The certificate, without which nothing is released."""
    text = _text(values, "release_certificate")
    if not _CERTIFICATE.fullmatch(text):
        wrong("release_certificate", "fault.release_certificate")
        return None
    return Release(text)


def weighed(values: Values, identities: Identities, wrong: Wrong) -> tuple[QuantityElement, ...]:
    """What goes in, lot by lot, as it was weighed."""
    lines = [line.strip() for line in _text(values, "weighed").splitlines() if line.strip()]
    found: list[QuantityElement] = []
    for line in lines[: MOST_WEIGHED + 1]:
        told = _WEIGHED.fullmatch(line)
        unit = None if told is None else _COMMON.get(told["unit"].lower(), told["unit"].upper())
        try:
            who = None if told is None else identities.from_text(as_typed(told["code"]))
        except InvalidInput:
            who = None
        if told is None or who is None or unit not in UNITS or who.kind not in {"lot", "product"}:
            wrong("weighed", "fault.weighed")
            return ()
        uom = None if unit in {"PCE", "EA", "C62", "H87"} else unit
        found.append(QuantityElement(who.epc, float(told["amount"]), uom))
    if len(found) > MOST_WEIGHED:
        wrong("weighed", "fault.weighed")
    return tuple(found)


def _text(values: Values, name: str) -> str:
    return values.get(name, "").strip()
