"""What a station says: five states and the exceptions, in Chinese and English, readable from two metres.

Every message has a stable code, a sentence and what to do about it, in both languages. Fields in braces are
filled by :class:`Message`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from suyuan.readers.station.saying import Saying, State
from suyuan.readers.station.sayings_of_doors import SAYINGS_OF_DOORS
from suyuan.readers.station.sayings_of_steps import SAYINGS_OF_STEPS
from suyuan.readers.station.sayings_of_store import SAYINGS_OF_STORE
from suyuan.readers.station.sayings_of_tags import SAYINGS_OF_TAGS
from suyuan.readers.station.sayings_of_trade import SAYINGS_OF_TRADE
from suyuan.readers.words import Said, part, remedy, sentence
from suyuan.trace.errors import SuyuanError

__all__ = [
    "SAYINGS",
    "WORDS",
    "Colour",
    "Message",
    "Saying",
    "State",
    "Word",
    "listing",
    "reader_down",
    "worst",
]


class Colour(StrEnum):
    """The colour that goes with the state, on the screen and on the light."""

    BLUE = "blue"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Word:
    """A state in one word, and its colour."""

    zh: str
    en: str
    colour: Colour


WORDS: Mapping[State, Word] = MappingProxyType(
    {
        State.READY: Word("就绪", "ready", Colour.BLUE),
        State.READING: Word("读取中", "reading", Colour.BLUE),
        State.DONE: Word("完成", "done", Colour.GREEN),
        State.ATTENTION: Word("注意", "attention", Colour.AMBER),
        State.STOP: Word("请拦下", "stop the goods", Colour.RED),
    }
)

_A, _S = State.ATTENTION, State.STOP

SAYINGS: Mapping[str, Saying] = MappingProxyType(
    {
        "NO_READ": Saying(
            _A,
            "没有读到标签。",
            "No tag was read.",
            "检查天线和标签位置，再试一次。",
            "Check antenna and tags, then try again.",
        ),
        "MISREAD": Saying(
            _A,
            "{count} 枚标签无法解读：{tags}。",
            "{count} unreadable tag(s): {tags}.",
            "取出并更换这些标签。",
            "Take these tags out and replace them.",
        ),
        "PRODUCT_ONLY": Saying(
            _A,
            "{count} 个码只有商品条码，没有批次或序列号：{tags}。",
            "{count} code(s) name only a product, neither a lot nor an item: {tags}.",
            "请改扫同一包装上带批次或序列号的码（二维码或芯片）。",
            "Scan the code with lot or serial on the same package instead (QR code or tag).",
        ),
        "FOREIGN_SCHEME": Saying(
            _A,
            "{count} 枚标签不是商品或物流单元：{tags}。",
            "{count} tag(s) name neither goods nor a logistic unit: {tags}.",
            "移走不属于本次作业的标签。",
            "Take away tags that do not belong here.",
        ),
        "DUP_TAG": Saying(
            _A,
            "不同芯片带有同一编码：{epcs}。",
            "Different chips carry the same code: {epcs}.",
            "可能是克隆标签，隔离货物并报告。",
            "This may be a cloned tag: set the goods aside and report it.",
        ),
        "OVER_READ": Saying(
            _A,
            "读到的标签过多，{count} 次读取未计入。",
            "Too many tags at once: {count} sightings were left out.",
            "分批通过。",
            "Pass the goods in smaller lots.",
        ),
        "WRONG_PRODUCT": Saying(
            _A,
            "不是本单的商品，未记录：{epcs}。",
            "Not the product of this order, not recorded: {epcs}.",
            "取出这些货物。",
            "Take these goods out.",
        ),
        "WRONG_LOT": Saying(
            _S,
            "批号不符，未记录任何内容：本次作业填写 {order}，货物的批号是 {lots}：{epcs}。",
            "The lots differ, nothing recorded: this step's field says {order}, the goods are of lot {lots}:"
            " {epcs}.",
            "核对实物：填写有误，请改正“批号”后再读一次；货物有误，请取出后再读一次。",
            "Look at the goods: if the field is wrong, correct the lot; if goods are of another lot, take"
            " them out. Then read again.",
        ),
        "MISSING": Saying(
            _A,
            "缺少 {count} 件：{epcs}。",
            "{count} missing: {epcs}.",
            "找到并补读，或写明原因确认。",
            "Find and read them, or confirm with a reason.",
        ),
        "EXTRA": Saying(
            _A,
            "多出 {count} 件：{epcs}。",
            "{count} more than ordered: {epcs}.",
            "核对单据，取出多余的货物。",
            "Compare with the order and take out what does not belong.",
        ),
        "QTY_MISMATCH": Saying(
            _A,
            "应有 {expected} 件，读到 {read} 件。",
            "{expected} expected, {read} read.",
            "清点后再读一次。",
            "Count, then read again.",
        ),
        "WRONG_PARENT": Saying(
            _S,
            "箱码不明确，未记录：读到 {count} 个物流单元。",
            "The parent is not clear, nothing recorded: {count} logistic units were read.",
            "只留一个箱码，再读一次。",
            "Leave one logistic unit in the field and read again.",
        ),
        "HELD": Saying(
            _S,
            "暂停流通（案号 {case}）：{epcs}。",
            "On hold (case {case}): {epcs}.",
            "拦下货物并隔离，等待放行。",
            "Stop the goods and set them aside until they are released.",
        ),
        "RECALLED": Saying(
            _S,
            "已召回（案号 {case}）：{epcs}。",
            "Recalled (case {case}): {epcs}.",
            "拦下货物并隔离，不得销售。",
            "Stop the goods and set them aside; they must not be sold.",
        ),
        "EXPIRED": Saying(
            _S,
            "已过期（{date}）：{epcs}。",
            "Expired ({date}): {epcs}.",
            "拦下货物，不得销售或使用。",
            "Stop the goods; they must not be sold or used.",
        ),
        "CLOCK_SKEW": Saying(
            _A,
            "读写器与本站时钟相差 {span}。",
            "Reader and station clocks differ by {span}.",
            "校准时钟；记录已保存。",
            "Set the clocks; the record is kept.",
        ),
        "STATION_CLOCK": Saying(
            _A,
            "本站时钟与平台相差 {span}，与平台通信暂按平台时间。",
            "This station's clock is {span} off; it signs by the platform's time meanwhile.",
            "校准本机时钟（建议启用网络校时）；记录照常保存。",
            "Set this machine's clock, best by NTP; records are kept as always.",
        ),
        "BLOCK_LIST_OLD": Saying(
            _A,
            "停售名单已 {age} 未更新。",
            "The block list is {age} old.",
            "检查网络；以纸质通知为准。",
            "Check the network; follow notices on paper meanwhile.",
        ),
        "NO_BLOCK_LIST": Saying(
            _A,
            "尚未取得停售名单，本站拦不下被召回或暂停销售的货物。",
            "There is no block list yet: recalled or held goods are not stopped here.",
            "检查网络和停售名单密钥；以纸质通知为准。",
            "Check the network and the key of the block list; follow notices on paper meanwhile.",
        ),
        "SIGNATURE_FAIL": Saying(
            _A,
            "停售名单的签名无效，仍用旧名单：{reason}",
            "The block list is not genuine, the old one stays in use: {reason}",
            "报告监管平台。",
            "Report this to the platform.",
        ),
        "OFFLINE": Saying(
            _A,
            "平台无法连接：{reason}",
            "The platform is away: {reason}",
            "照常作业，记录已存本站，恢复后自动上传。",
            "Go on working: records are kept here and sent later.",
        ),
        "NOT_SIGNED_IN": Saying(
            _A,
            "平台拒绝本站凭证（{status}）。",
            "The platform refuses this station's credential ({status}).",
            "可照常作业：记录保存在本站，约每分钟自动重试。请在平台“设备”页面查看本站是否已停用；如已停用，"
            "请生成新的登记码，在本站“设置”中重新加入。",
            "Go on working: records are kept here, and it is tried again about every minute. See on the"
            " platform's page Devices whether this station was revoked; if so, have a code made there and"
            " join anew in the setup.",
        ),
        "APART": Saying(
            _A,
            "{count} 条记录属于 {party}，不会以 {own} 的名义上传，单独保存在本站。",
            "{count} record(s) belong to {party} and are not sent as {own}'s; they are kept here, apart.",
            "要上传它们，请用该企业的登记码在“设置”中重新加入；在此之前请勿删除本站的数据文件夹。",
            "To send them, join anew in the setup with a code of that company; until then keep this station's"
            " data folder.",
        ),
        "REFUSED": Saying(
            _A,
            "平台拒收 {count} 条记录，最近的是记录 {sequence}：{words}",
            "The platform refused {count} record(s), the latest is record {sequence}: {words}",
            "由技术人员查明原因；排除后停止本站程序，运行 suyuan station retry 重新上传。其余记录照常上传。",
            "Have somebody find out why. Once that is mended, stop the station and send them again with"
            " suyuan station retry. All others go on.",
        ),
        "QUEUE_FULL": Saying(
            _S,
            "无法保存记录：存储已满、只读或有故障。",
            "The record cannot be stored: {reason}",
            "停止作业。检查磁盘：空间是否用完，是否只读，是否损坏。恢复后本站自动继续，请重做此步。",
            "Stop. See whether the disk is full, read-only or failing. Once it is well the station goes on by"
            " itself: do this step again.",
        ),
        "NOTHING_RECORDED": Saying(
            _A,
            "没有可记录的内容。",
            "There was nothing to record.",
            "检查工序和字段，再读一次。",
            "Check the step and its fields, then read again.",
        ),
        "UNDONE": Saying(
            State.READY,
            "已撤销：记录 {sequence}（{count} 件）已声明为错误。",
            "Undone: record {sequence} ({count} objects) is declared wrong.",
            "需要时重做此步。",
            "Do the step again if it is needed.",
        ),
        "ABANDONED": Saying(
            State.READY,
            "已放弃，未记录任何内容。",
            "Given up, nothing was recorded.",
            "准备好后重新开始。",
            "Start again when you are ready.",
        ),
        "READER_DOWN": Saying(
            _A,
            "读写器 {reader} 无法连接：{reason}",
            "Reader {reader} is away: {reason}",
            "{do}恢复后自动重连。",
            "{do} It reconnects by itself.",
        ),
        **SAYINGS_OF_DOORS,
        **SAYINGS_OF_STEPS,
        **SAYINGS_OF_TRADE,
        **SAYINGS_OF_STORE,
        **SAYINGS_OF_TAGS,
    }
)


@dataclass(frozen=True, slots=True)
class Message:
    """A saying with its values; ``code`` is a key of :data:`SAYINGS`. A value may be :class:`Said` itself."""

    code: str
    fields: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def state(self) -> State:
        """How serious it is."""
        return SAYINGS[self.code].state

    def text(self, language: str) -> str:
        """The sentence in ``zh`` or ``en`` (a tag such as ``zh-CN`` will do)."""
        saying = SAYINGS[self.code]
        return (saying.zh if language.startswith("zh") else saying.en).format(**self._values(language))

    def remedy(self, language: str) -> str:
        """What to do, in ``zh`` or ``en``."""
        saying = SAYINGS[self.code]
        return (saying.do_zh if language.startswith("zh") else saying.do_en).format(**self._values(language))

    def _values(self, language: str) -> dict[str, object]:
        return {name: _said(value, language) for name, value in self.fields.items()}


def _said(value: object, language: str) -> object:
    """What we or the system say, in the language; names and numbers stay as they are."""
    if isinstance(value, Said):
        return value.text(language)
    return part(value) if language.startswith("zh") else value


_CHECK_CABLE = Said("请检查电源和网线。", "Check power and cable.")
_IT_ENDED = Said("连接已结束。", "The connection ended.")


def reader_down(reader: str, error: SuyuanError | None) -> Message:
    """That a reader cannot be reached, why, and what to do: the driver's own words, in both languages."""
    do = _CHECK_CABLE if error is None or not error.remedy else remedy(error)
    return Message(
        "READER_DOWN",
        {"reader": reader, "reason": _IT_ENDED if error is None else sentence(error), "do": do},
    )


def worst(states: tuple[State, ...]) -> State:
    """The most serious of ``states``; done if there are none."""
    order = tuple(State)
    return max((State.DONE, *states), key=order.index)


_LONGEST_NAME = 200
"""Of one tag in a sentence: a tag may carry an address of two thousand characters."""


def listing(names: tuple[str, ...], most: int = 10) -> str:
    """The first few names, and how many more there are: tag contents must not flood a screen."""
    shown = ", ".join(n if len(n) <= _LONGEST_NAME else f"{n[:_LONGEST_NAME]}…" for n in names[:most])
    return f"{shown} … (+{len(names) - most})" if len(names) > most else shown
