"""The texts of the page that writes tags: key -> (Chinese, English)."""

# ruff: noqa: E501 - a sentence and its translation stand side by side

from __future__ import annotations

from collections.abc import Mapping

WRITE: Mapping[str, tuple[str, str]] = {
    "page.write": ("写标签", "Write tags"),
    "write.title": ("写 NFC 标签", "Write NFC tags"),
    "write.lead": (
        "任务只需取回一次，之后断网也能继续写。每枚标签写入后回读核对，确认无误才计数。",
        "A job is fetched once; from then on it is written without the network. Every tag is read back and compared before it counts.",
    ),
    "write.job": ("标签任务号", "Number of the label job"),
    "write.job-hint": (
        "在平台“标签”页面，16 位；可扫描或粘贴该任务页面的网址。",
        "On the platform's page Labels, 16 characters; or scan or paste the address of the job's page.",
    ),
    "write.how": ("如何写", "How"),
    "write.reader": ("读写器", "Reader"),
    "write.lock": (
        "写入后锁定标签，永久不可更改",
        "Lock each tag after writing; it can never be changed again",
    ),
    "write.record": ("写完即记录为已生产（赋码）", "Record as produced now (commissioning)"),
    "write.record-hint": (
        "结束时为已写好的标签记录一次生产，标签随即成为在册的单品；物流单元的任务不记录。",
        "At the end one event records what was written, so that the labels become items. Not for logistic units.",
    ),
    "write.point": ("记录在读取点", "Record at the read point"),
    "write.start": ("开始写", "Start writing"),
    "write.none": ("没有可以写标签的读写器。", "No reader that writes tags is connected."),
    "write.none-do": (
        "请在设置中连接 NFC 读写器（pcsc:// 或 nfc+usb://）；已连接的，请检查 USB 线和指示灯。",
        "Connect an NFC reader in the setup (pcsc:// or nfc+usb://); if there is one, check its cable and lamp.",
    ),
    "write.kept": ("本站已取回的任务", "Jobs kept at this station"),
    "write.offered": ("平台上最新的任务", "Newest jobs of the platform"),
    "write.offered-none": ("平台上没有可写的任务。", "The platform has no job that can be written."),
    "write.offered-away": (
        "平台现在无法连接；已取回的任务可以照常写。",
        "The platform does not answer now; jobs that are kept here can be written all the same.",
    ),
    "write.progress": ("已写 {used} / {count}", "{used} of {count} written"),
    "write.rejected": ("作废 {count} 枚", "{count} rejected"),
    "write.units": ("物流单元", "Logistic units"),
    "write.choose": ("写此任务", "Write it"),
    "write.continue": ("继续写", "Go on"),
    "write.finished": ("已完成", "Finished"),
    # The screen while tags are written
    "write.word.ready": ("请放标签", "Lay a tag"),
    "write.word.reading": ("写入中", "Writing"),
    "write.word.done": ("已写入", "Written"),
    "write.word.attention": ("注意", "Attention"),
    "write.word.stop": ("请停下", "Stop"),
    "write.of": ("{number} / {count}", "{number} of {count}"),
    "write.goes-on": ("贴在印有此码的标签上", "goes on the label with this code"),
    "write.comes-next": ("下一枚", "next tag"),
    "write.all": ("全部完成", "all done"),
    "write.lot": ("批次 {lot}", "lot {lot}"),
    "write.locks": ("写后锁定", "locks"),
    "write.records": ("记录于 {point}", "records at {point}"),
    "write.last": ("最近写好的标签", "Last tags"),
    "write.last-none": ("还没有写好的标签", "No tag yet"),
    "write.rejects": ("作废的标签，请销毁", "Rejected tags: destroy them"),
    "write.uid": ("UID {tid}", "UID {tid}"),
    "write.end": ("结束", "End"),
    "write.deed.overwrite": ("覆盖这一枚标签", "Overwrite this one tag"),
    "write.deed.destroyed": ("该标签已销毁", "That tag is destroyed"),
    "write.deed.again": ("再试一次", "Try again"),
    "write.deed.take-back": ("撤销上一枚", "Take the last one back"),
    "write.deed.keep": ("不撤销", "Keep it"),
    "write.told.lay": ("把一枚标签放在读写器上。", "Lay one tag on the reader."),
    "write.told.writing": ("请放稳，不要移开。", "Hold it still."),
    "write.told.written": (
        "第 {number} 号已回读核对。请换下一枚标签。",
        "Number {number} was read back. Take the next tag.",
    ),
    "write.told.finished": ("全部 {count} 枚均已写入并核对。", "All {count} are written and verified."),
    "write.told.recorded": (
        "已写好的标签已记录为生产（记录 {sequences}）。",
        "What was written is recorded as produced (record {sequences}).",
    ),
    "write.told.finished-recorded": (
        "全部 {count} 枚均已写入，并记录为生产（记录 {sequences}）。",
        "All {count} are written, and recorded as produced (record {sequences}).",
    ),
    "write.told.not-recorded": (
        "标签已写好，但未能记录为生产。",
        "The tags are written, but could not be recorded as produced.",
    ),
    "write.do.not-recorded": (
        "请在站点页查看原因（磁盘、停售名单），然后再试一次。",
        "See the station's page for the reason (disk, block list), then try again.",
    ),
    "write.told.done-before": (
        "此标签早已写好，是第 {number} 号。请换下一枚标签。",
        "This tag is done: number {number}. Take the next one.",
    ),
    "write.told.doubt": (
        "第 {number} 号可能已写在标签 {tid} 上，但没有核对成功。",
        "Number {number} may be on the tag {tid}, which was not verified.",
    ),
    "write.do.doubt": (
        "请把标签 {tid} 再放上来。若它已损坏，先剪断销毁，再按“该标签已销毁”，同一个码会写到下一枚标签。",
        "Lay the tag {tid} on the reader again. If it is bad, cut it up first, then press “That tag is destroyed”: its code goes on the next tag.",
    ),
    "write.told.double": (
        "此标签带有第 {number} 号，而该号已写在另一枚标签上。",
        "This tag carries number {number}, which is on another tag already.",
    ),
    "write.do.double": (
        "不要使用此标签：请剪断销毁，或覆盖它。",
        "Do not use it: cut it up, or overwrite it.",
    ),
    "write.told.bad-tag": (
        "标签 {tid} 写入失败，作废。第 {number} 号留给下一枚标签。",
        "The tag {tid} failed and is rejected. Number {number} waits for the next tag.",
    ),
    "write.do.bad-tag": ("请销毁它，换一枚标签。", "Destroy it and take another tag."),
    "write.told.rejected": (
        "标签 {tid} 已作废。第 {number} 号留给下一枚标签。",
        "The tag {tid} is rejected. Number {number} waits for the next tag.",
    ),
    "write.told.take-back": (
        "请把标签 {tid} 再放上来：它将被清空，第 {number} 号回到待写。",
        "Lay the tag {tid} on the reader again: it is emptied, and number {number} is to be written anew.",
    ),
    "write.told.take-back-other": (
        "这不是要撤销的标签 {tid}。",
        "This is not the tag {tid} that is to be taken back.",
    ),
    "write.do.take-back-other": (
        "请放上那一枚；找不到时按“不撤销”。",
        "Lay that one on the reader; if it cannot be found, press “Keep it”.",
    ),
    "write.told.taken-back": (
        "标签 {tid} 已清空，可以再用；第 {number} 号待写。",
        "The tag {tid} is empty and can be used again; number {number} is to be written.",
    ),
}
