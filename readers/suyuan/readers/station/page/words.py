"""What the station's page says, in Chinese and English.

``say`` finds a text by its dotted key in the tables of :data:`TABLES`; a page that adds its own words (the
setup) adds a table. The words of states and messages are those of :mod:`suyuan.readers.station.words`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from suyuan.readers import words
from suyuan.readers.errors import ReaderError
from suyuan.readers.station.enrol import REFUSALS, EnrolmentRefused
from suyuan.readers.station.page.making import WORDS as MAKING
from suyuan.readers.station.page.words_of_commission import COMMISSION
from suyuan.readers.station.page.words_of_config import VALUES
from suyuan.readers.station.page.words_of_duty import DUTY
from suyuan.readers.station.page.words_of_errors import ERRORS
from suyuan.readers.station.page.words_of_phone import PHONE
from suyuan.readers.station.page.words_of_setup import SETUP
from suyuan.readers.station.page.words_of_tasks import TASKS
from suyuan.readers.station.page.words_of_trade import TRADE
from suyuan.readers.station.page.words_of_work import WORK
from suyuan.readers.station.page.words_of_write import WRITE
from suyuan.readers.station.table import ConfigFault
from suyuan.trace.errors import SuyuanError

TABLES: tuple[Mapping[str, tuple[str, str]], ...] = (
    WORK,
    SETUP,
    WRITE,
    COMMISSION,
    DUTY,
    TRADE,
    TASKS,
    MAKING,
    PHONE,
)
"""Key -> (Chinese, English), with the same ``{places}`` in both."""


def texts() -> Mapping[str, tuple[str, str]]:
    """All texts of all tables."""
    return MappingProxyType({key: both for table in TABLES for key, both in table.items()})


_TEXTS = texts()
_CLOSED = (".", "!", "?", "。", "！", "？")


def say(language: str, key: str, /, **fields: object) -> str:
    """The text of ``key`` in ``zh`` or ``en``, its places filled, errors in their words.

    KeyError for a key that is nowhere.
    """
    chinese, english = _TEXTS[key]
    text = chinese if language.startswith("zh") else english
    told = {n: tell_error(language, v) if isinstance(v, SuyuanError) else v for n, v in fields.items()}
    return text.format(**told) if told else text


def say_error(language: str, error: SuyuanError) -> tuple[str, str]:
    """The sentence and the remedy of ``error``; a sentence without a translation stays English."""
    if not language.startswith("zh"):
        return error.detail, error.remedy
    if isinstance(error, ReaderError):
        return words.sentence(error).zh, words.remedy(error).zh
    if isinstance(error, EnrolmentRefused) and (refusal := REFUSALS.get(error.refusal)):
        return refusal.zh, refusal.do_zh
    template = ERRORS.get(error.template, error.template)
    fields = {name: words.part(value) for name, value in error.fields.items()}
    if isinstance(error, ConfigFault):
        fields = {
            name: VALUES.get(value, value) if isinstance(value, str) else value
            for name, value in error.fields.items()
        }
        template = template if error.line is None else f"第 {error.line} 行：{template}"
    sentence = template.format(**fields) if fields else template
    return sentence, ERRORS.get(error.remedy, error.remedy)


def tell_error(language: str, error: SuyuanError) -> str:
    """The sentence of ``error``, closed by a full stop, and its remedy after it."""
    sentence, remedy = say_error(language, error)
    stop, gap = ("。", "") if language.startswith("zh") else (".", " ")
    if not remedy:
        return sentence
    return f"{sentence if sentence.endswith(_CLOSED) else sentence + stop}{gap}{remedy}"
