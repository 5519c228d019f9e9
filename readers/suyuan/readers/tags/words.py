"""What can go wrong with a tag, in Chinese: by the English template or remedy of the error."""

# ruff: noqa: E501 - a sentence and its translation stand side by side

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    # UHF
    "{key} needs {needed} bits of EPC memory, and this tag has {there}.": "{key} 需要 {needed} 位 EPC 存储区，而此标签只有 {there} 位。",
    "Take a tag with more EPC memory, such as one of 128 bits, or a shorter serial of digits.": (
        "请换用 EPC 存储区更大的标签（如 128 位），或改用较短的纯数字序列号。"
    ),
}
