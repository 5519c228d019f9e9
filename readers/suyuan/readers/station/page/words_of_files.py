"""The Chinese of what is wrong with a pasted table of temperatures or of test results."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FILES: Mapping[str, str] = MappingProxyType(
    {
        "Line {line} has more than {most} characters.": "第 {line} 行超过 {most} 个字符。",
        "The file is no text: line {line} has bytes that stand for no character.": (
            "内容不是文本：第 {line} 行有无法辨认的字节。"
        ),
        "The file is no text.": "内容不是文本。",
        # Temperatures
        "Export the readings as CSV with one reading in each line.": "请导出为 CSV，每行一个读数。",
        "Export the readings as CSV, in UTF-8 or GB 18030.": "请导出为 CSV（UTF-8 或 GB 18030 编码）。",
        "The file has no headings of a time and of a temperature.": "没有找到时间和温度的表头。",
        "Give the columns headings such as 时间 and 温度(℃), or time and temperature (°C).": (
            "请给各列加上表头，例如“时间”和“温度(℃)”。"
        ),
        "There is no reading below the headings.": "表头下面没有读数。",
        "Copy the readings along with them.": "请把读数一起复制过来。",
        "{count} of {rows} rows cannot be read, first line {line}: {text}.": (
            "{rows} 行中有 {count} 行无法读取，首个是第 {line} 行：{text}。"
        ),
        "Export the readings as CSV with a time and a temperature in each row.": (
            "请导出为 CSV，每行都要有时间和温度。"
        ),
        "In this file days, months and years cannot be told apart.": "日期中的年、月、日无法分辨。",
        "Export dates with a year of four digits first, or say whether the day comes first.": (
            "请按四位年份的“年-月-日”导出日期，例如 2026-11-22。"
        ),
        "The file does not say in which unit its temperatures are.": "没有注明温度的单位。",
        "Choose °C, °F or K, or write it in the heading.": "请选择 °C、°F 或 K，或写在表头里。",
        "{value} is no unit of temperature.": "“{value}”不是温度单位。",
        "Give °C, °F or K.": "请写 °C、°F 或 K。",
        "The file has more than {most} bytes.": "内容超过 {most} 字节。",
        "The file has more than {most} rows.": "内容超过 {most} 行。",
        "Export a shorter time.": "请分段导出。",
        # Test results
        "The file has {size} bytes, too many for results.": "内容有 {size} 字节，作为检验结果过大。",
        "Give a lot's own.": "请只提交一个批次的结果。",
        "Give one result in each line.": "请每行写一个结果。",
        "The file has no columns for item, result and unit.": "没有检验项目、检验结果和单位这几列。",
        "Name them 检验项目, 检验结果 and 单位, or item, result and unit, in the first line.": (
            "请在第一行写明“检验项目”“检验结果”和“单位”。"
        ),
        "Save it as CSV in UTF-8 or GB 18030.": "请另存为 CSV（UTF-8 或 GB 18030 编码）。",
        "Line {line} has no {column}.": "第 {line} 行没有填“{column}”。",
        "Complete the row: a result without item or unit cannot be judged.": (
            "请把该行填全：没有项目或单位的结果无法判定。"
        ),
        "These are too many results.": "结果过多。",
        "Line {line}: {text!r} may be a number with a decimal comma or one with its thousands apart.": (
            "第 {line} 行：{text!r} 中的逗号可能是小数点，也可能是千位分隔符。"
        ),
        "Write it without a comma, such as 1200 or 1.2.": "请不要用逗号，例如 1200 或 1.2。",
        "Line {line}: {text!r} is no number.": "第 {line} 行：{text!r} 不是数字。",
        "Write a detection limit or an uncertainty as a number in the unit of the result.": (
            "检出限和不确定度请写成数字，单位与结果相同。"
        ),
        "{count} results are too many.": "结果过多：{count} 个。",
        "The plan of {product} has no item {item!r}; it has {items}.": (
            "产品 {product} 的检验方案没有项目 {item!r}，只有：{items}。"
        ),
        "Take the row out, or have the item written into the plan.": (
            "请删去该行，或请管理员把该项目写入检验方案。"
        ),
        "{value!r} is no result of {item}, which has a limit.": "{item}有限量要求，{value!r} 不能作为结果。",
        "Write the number that was measured, <0.01 for less than that, or 未检出 (nd).": (
            "请填写实测数值；低于某值写 <0.01，未检出写“未检出”。"
        ),
        "{item} is told in {unit!r} and limited in {wanted}: these cannot be compared.": (
            "{item}的结果单位是 {unit!r}，限量单位是 {wanted}，无法比较。"
        ),
        "Give the result in the unit of the limit, or one of the same kind.": (
            "请按限量的单位或同类单位填写结果。"
        ),
    }
)
"""By English template or remedy."""
