"""The texts of the page on which UHF tags get their identities: key -> (Chinese, English)."""

# ruff: noqa: E501 - a sentence and its translation stand side by side

from __future__ import annotations

from collections.abc import Mapping

COMMISSION: Mapping[str, tuple[str, str]] = {
    "page.commission": ("标签赋码", "Commission tags"),
    "coding.title": ("给 UHF 标签赋码", "Commission UHF tags"),
    "coding.lead": (
        "每枚标签依次写入、回读、核对，编码与芯片一一对应。断网照常写；中途断电，编码也不会重复。",
        "Each tag is written, read back and compared, and its code is bound to its chip. It works without the network; no code comes twice, even if the power fails.",
    ),
    "coding.kept": ("本站的工单", "Orders at this station"),
    "coding.open": ("打开", "Open"),
    "coding.new": ("新工单", "New order"),
    "coding.order.order": ("工单号", "Order number"),
    "coding.order.product": ("商品（GTIN）", "Product (GTIN)"),
    "coding.order.lot": ("批次", "Lot"),
    "coding.order.count": ("要写多少枚", "How many tags"),
    "coding.order.first": ("首个序列号", "First serial"),
    "coding.order.last": ("末个序列号", "Last serial"),
    "coding.order.produced": ("生产日期", "Produced on"),
    "coding.order.expires": ("有效期至", "Use by"),
    "coding.order.best_before": ("保质期至", "Best before"),
    "coding.order.prefix": ("厂商识别代码位数", "Digits of the company prefix"),
    "coding.prefix-none": ("不限（新格式）", "Any (newer format)"),
    "coding.serials-hint": ("分配给本工单的号段", "The range that was given to this order"),
    "coding.spare-hint": (
        "多留几个备用：写坏的标签会用掉序列号",
        "Leave some to spare: a tag that fails uses its serial up",
    ),
    "coding.password": ("访问密码（可不填）", "Access password (may be left out)"),
    "coding.password-hint": (
        "8 位十六进制；填写后锁定编码，改写须凭此密码。续写时请填同一个。",
        "8 hex digits; with it the code is locked and only changed by this password. Give the same one when you go on.",
    ),
    "coding.overwrite": (
        "也改写已有其他编码的标签",
        "Also write tags that carry another code already",
    ),
    "coding.none": ("没有可以写 UHF 标签的读写器。", "No reader that writes UHF tags is connected."),
    "coding.none-do": (
        "请在设置中连接 UHF 读写器；已连接的，请检查电源和网线。",
        "Connect a UHF reader in the setup; if there is one, check its power and cable.",
    ),
    "coding.busy": (
        "本站正在写 NFC 标签。请先结束。",
        "NFC tags are being written at this station. End that first.",
    ),
    "coding.offered-away": (
        "平台现在无法连接；本站的工单和新填的工单可以照常写。",
        "The platform does not answer now; orders of this station and new ones can be written all the same.",
    ),
    "coding.spent-count": ("作废编码 {count} 个", "{count} code(s) given up"),
    # The screen while tags are written
    "coding.word.paused": ("已暂停", "Paused"),
    "coding.word.finished": ("已完成", "Complete"),
    "coding.word.give-up": ("确认作废？", "Give it up?"),
    "coding.lay": ("把一枚标签放到天线前，放稳。", "Lay one tag before the antenna and hold it still."),
    "coding.paused": (
        "现在不写任何标签，编码和进度都已保存。",
        "No tag is written now; codes and progress are kept.",
    ),
    "coding.finished": (
        "全部写好并核对。请按“结束并记录”。",
        "All are written and verified. Press “End and record”.",
    ),
    "coding.finished-units": ("全部写好并核对。", "All are written and verified."),
    "coding.give-up": (
        "编码 {code} 将永远不再使用，那枚标签必须销毁。",
        "The code {code} will never be used again, and its tag has to be destroyed.",
    ),
    "coding.not-recorded": ("未能记录。", "It could not be recorded."),
    "coding.short": ("本工单的编码不够，还差 {count} 个。", "{count} serial(s) too few for this order."),
    "coding.short-do": (
        "本工单先写完，余下的另建工单。",
        "Finish this order, and make another one for what is left.",
    ),
    "coding.count.wanted": ("应写", "wanted"),
    "coding.count.done": ("已写", "done"),
    "coding.count.left": ("还差", "left"),
    "coding.count.bin": ("废标", "rejects"),
    "coding.goes-on": ("请贴上印有此码的标签", "Goes on the label with this code"),
    "coding.comes-next": ("下一枚标签的编码", "Code of the next tag"),
    "coding.spare": ("备用编码 {count} 个", "{count} code(s) to spare"),
    "coding.unrecorded": ("待记录 {count} 枚", "{count} to be recorded"),
    "coding.bin": (
        "废标：请销毁，并扔掉印有作废编码的标签纸",
        "Rejects: destroy them, and the labels with codes given up",
    ),
    "coding.spent": ("{code} 已作废", "{code} given up"),
    "coding.reason.TAG_GONE": ("写入中离开", "left while written"),
    "coding.reason.WRITE_FAIL": ("写入失败", "not written"),
    "coding.reason.LOCKED_TAG": ("标签已锁定", "locked"),
    "coding.reason.WRONG_CHIP": ("芯片不适用", "wrong chip"),
    "coding.reason.LABEL_MISMATCH": ("印刷不符", "label differs"),
    "coding.reason.TAG_GIVEN_UP": ("人工作废", "given up"),
    "coding.reason.TID_BOUND": ("芯片已用过", "chip in use"),
    "coding.reason.SERIAL_USED": ("疑似克隆", "perhaps a clone"),
    "coding.compare": ("核对上一枚：扫描标签上的码", "Compare the last one: scan its label"),
    "coding.deed.compare": ("核对", "Compare"),
    "coding.deed.pause": ("暂停", "Pause"),
    "coding.deed.go-on": ("继续写", "Go on"),
    "coding.deed.overwrite": ("改写这一枚标签", "Overwrite this one tag"),
    "coding.deed.doubt": ("作废上一枚", "Give the last one up"),
    "coding.deed.give-up": ("确认作废", "Give it up"),
    "coding.deed.keep": ("不作废", "Keep it"),
    "coding.deed.end": ("结束并记录", "End and record"),
}
