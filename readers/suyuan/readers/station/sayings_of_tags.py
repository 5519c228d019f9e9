"""What is said while UHF tags are written: one tag after the other, each with an identity of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from suyuan.readers.station.saying import Saying, State

_A, _S = State.ATTENTION, State.STOP

SAYINGS_OF_TAGS: Mapping[str, Saying] = MappingProxyType(
    {
        "NOT_RENEWED": Saying(
            _A,
            "读写器 {reader} 未能更新标签的防伪码：{reason}",
            "Reader {reader} did not renew the secret of a tag: {reason}",
            "把标签拿开，再放稳一次。",
            "Take the tag away and lay it down once more, until it is done.",
        ),
        "TAG_WRITTEN": Saying(
            State.DONE,
            "已写入并校验：{code}。",
            "Written and verified: {code}.",
            "贴到货物上，放下一枚。",
            "Put it on the goods and lay down the next one.",
        ),
        "TAG_DONE_BEFORE": Saying(
            State.READY,
            "这枚标签已经写好：{code}。",
            "This tag is done already: {code}.",
            "取走，放下一枚。",
            "Take it away and lay down the next one.",
        ),
        "TAG_GONE": Saying(
            _A,
            "标签在写入途中离开，编码未生效：{tid}（{code}）。",
            "The tag left while it was written, its code does not count: {tid} ({code}).",
            "把同一枚标签放回即可续写；找不到就换一枚，该编码作废。",
            "Lay the same tag down again to go on; with another one, that code is given up.",
        ),
        "TAG_AGAIN": Saying(
            _A,
            "写入未成功，再试一次：{tid}（{reason}）。",
            "Not written, trying once more: {tid} ({reason}).",
            "保持标签不动，靠近天线。",
            "Hold the tag still and close to the antenna.",
        ),
        "TAG_TAKEN": Saying(
            _S,
            "标签已有别的编码，未改写：{epc}。",
            "The tag names something else and was not touched: {epc}.",
            "换一枚空白标签；确要改写请先选择“覆盖”。",
            "Take a blank tag, or choose to overwrite this one.",
        ),
        "STAFF_BADGE": Saying(
            _S,
            "这是员工的工牌，未改写：{epc}。",
            "This is the badge of somebody of the staff and was not touched: {epc}.",
            "拿走工牌，放上空白标签。",
            "Take it away and lay down a blank tag.",
        ),
        "TID_BOUND": Saying(
            _S,
            "这枚芯片已属于另一件商品：{tid}（{code}）。",
            "This chip belongs to another object already: {tid} ({code}).",
            "标签不得重复使用：放入废标盒并报告。",
            "Tags are not used twice: put it in the reject bin and report it.",
        ),
        "SERIAL_USED": Saying(
            _S,
            "编码 {code} 已在另一枚芯片上，本标签可能是克隆：{tid}。",
            "The code {code} is on another chip; this tag may be a clone: {tid}.",
            "放入废标盒并报告。",
            "Put it in the reject bin and report it.",
        ),
        "SEVERAL_TAGS": Saying(
            _A,
            "场内有 {count} 枚未写标签，未写入任何一枚。",
            "{count} unwritten tags are in the field, none was written.",
            "只留一枚。",
            "Leave only one.",
        ),
        "WRONG_CHIP": Saying(
            _A,
            "芯片不适用：{tid}（{reason}）。",
            "This chip will not do: {tid} ({reason}).",
            "换用符合工单要求的标签。",
            "Take tags of the kind that the order asks for.",
        ),
        "LABEL_MISMATCH": Saying(
            _S,
            "印刷编码 {printed} 与芯片编码 {code} 不符，该编码作废。",
            "The label says {printed} and its tag {code}; that code is given up.",
            "把标签放入废标盒，核对标签卷的顺序。",
            "Put the label in the reject bin and look at the order of the roll.",
        ),
        "LABEL_AGREES": Saying(
            State.DONE,
            "印刷编码与芯片一致：{code}。",
            "The label and its tag agree: {code}.",
            "放下一枚。",
            "Lay down the next one.",
        ),
        "TAG_GIVEN_UP": Saying(
            _A,
            "已作废编码 {code}，不会再用。",
            "The code {code} is given up and never used again.",
            "销毁那枚标签，放下一枚。",
            "Destroy that tag and lay down the next one.",
        ),
        "NO_LAST_TAG": Saying(
            _A,
            "没有可核对或作废的上一枚标签。",
            "There is no last tag to compare or give up.",
            "先写一枚；已记录的，请在站点页撤销。",
            "Write one first; what is recorded is undone on the station's page.",
        ),
        "ORDER_DONE": Saying(
            State.DONE,
            "工单 {job} 已完成：{count} 枚。",
            "The order {job} is complete: {count} tags.",
            "取走多余的标签，结束工单。",
            "Take the other tags away and end the order.",
        ),
        "SERIALS_OUT": Saying(
            _S,
            "工单 {job} 的编码已用完（作废 {spent} 个）。",
            "The order {job} has no serials left ({spent} were given up).",
            "为余下的数量另建工单。",
            "Make another order for what is left.",
        ),
    }
)
