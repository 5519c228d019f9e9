"""Lengths of time as people say them, in both languages."""

from __future__ import annotations

from suyuan.readers.words import Said

_UNITS = (
    (365 * 86_400, "年", "year"),
    (86_400, "天", "day"),
    (3_600, "小时", "hour"),
    (60, "分钟", "minute"),
    (1, "秒", "second"),
)


def duration(seconds: float) -> Said:
    """How long it is without its sign, in its largest unit and the one below; a year has 365 days.

    >>> duration(-(365 * 86400 + 3 * 86400 + 7)).en
    '1 year 3 days'
    >>> duration(90).zh
    '1 分钟 30 秒'
    """
    left = round(abs(seconds))
    at = next((number for number, (size, _, _) in enumerate(_UNITS) if left >= size), len(_UNITS) - 1)
    zh, en = list[str](), list[str]()
    for size, chinese, english in _UNITS[at : at + 2]:
        count, left = divmod(left, size)
        if count or not zh:
            zh.append(f"{count} {chinese}")
            en.append(f"{count} {english}{'' if count == 1 else 's'}")
    return Said(" ".join(zh), " ".join(en))
