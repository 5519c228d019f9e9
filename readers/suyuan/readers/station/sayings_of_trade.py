"""What is said of goods on their way and in store: deliveries, the cold chain, stock, recalls, the end."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from suyuan.readers.station.saying import Saying, State

_D, _A, _S = State.DONE, State.ATTENTION, State.STOP

SAYINGS_OF_TRADE: Mapping[str, Saying] = MappingProxyType(
    {
        # Deliveries
        "BLIND_RECEIPT": Saying(
            _A,
            "没有对应的发货通知，按盲收记录 {count} 件。",
            "No despatch advice: {count} object(s) are recorded as a blind receipt.",
            "向供货方索取发货通知或票据，补填进货查验记录。",
            "Ask the sender for the despatch advice or papers, and complete the record of receipt.",
        ),
        "DELIVERIES_OLD": Saying(
            _A,
            "在途清单已 {span} 未更新，新的发货通知可能还没收到。",
            "The list of what is on its way is {span} old: a newer despatch may not be in it.",
            "检查网络；按随货票据核对。",
            "Check the network; compare with the papers that came with the goods.",
        ),
        "RECALLS_OLD": Saying(
            _A,
            "召回清单已 {span} 未更新，应找的货物可能没有全部列出。",
            "The list of recall tasks is {span} old: goods to look for may not be in it.",
            "检查网络；以停售名单和纸质通知为准。",
            "Check the network; follow the block list and notices on paper meanwhile.",
        ),
        "NOT_ALL_TOLD": Saying(
            _A,
            "发货通知 {despatch} 的清单不完整，未列出的货物可能被算作多出。",
            "The list of despatch {despatch} is not whole: what it lacks may be counted as extra.",
            "按票据核对。",
            "Compare with the papers.",
        ),
        "NOT_AS_ORDERED": Saying(
            _A,
            "与订单不符：{product} 订购 {ordered}，实际 {there}。",
            "Not as ordered: {ordered} of {product} ordered, {there} there.",
            "核对订单：多出的取出或退回；数量不足的补足，或写明原因。",
            "Compare with the order: take out what is too much; add what is short, or give the reason.",
        ),
        "DAMAGED": Saying(
            _A,
            "{count} 件破损：{epcs}。",
            "{count} damaged: {epcs}.",
            "拍照，隔离，按破损处理。",
            "Take a photo, set them aside, and treat them as damaged.",
        ),
        "REASON_NEEDED": Saying(
            _S,
            "未记录：请写明原因。",
            "Not recorded: a reason is needed.",
            "填写原因后再确认。",
            "Write down the reason, then confirm again.",
        ),
        "TAKEN_OFF": Saying(
            _D,
            "已卸回 {count} 件，不再随车。",
            "{count} object(s) are taken off again and do not go.",
            "放回仓库；重新打印发货通知。",
            "Put them back in store, and print the despatch advice anew.",
        ),
        # In store
        "GHOST": Saying(
            _A,
            "连续 {sweeps} 次盘点都没有读到 {count} 件：{epcs}。",
            "{count} object(s) were not seen in {sweeps} sweeps: {epcs}.",
            "到货位查找；确已不在的，写明原因后作盘亏处理。",
            "Look for them; if they are gone, give the reason and take them off the books.",
        ),
        "EXPIRED_IN_STORE": Saying(
            _A,
            "{count} 件已过期，仍在可拣货位：{epcs}。",
            "{count} expired object(s) still lie where they are picked from: {epcs}.",
            "立即移到隔离区。",
            "Take them to quarantine at once.",
        ),
        "NOT_PICKABLE": Saying(
            _S,
            "不得放入拣货位，未记录：{epcs}。",
            "Not for a place that is picked from, not recorded: {epcs}.",
            "放到隔离区，并选择“隔离货位”。",
            "Take them to quarantine, and choose a quarantined place.",
        ),
        # Recall, return, destruction
        "NOT_OF_CASE": Saying(
            _A,
            "不属于案件 {case} 的货物，未计入：{epcs}。",
            "Not of case {case}, left out: {epcs}.",
            "取出这些货物。",
            "Take these out.",
        ),
        "RECALL_BALANCE": Saying(
            _A,
            "召回数量对不上：本站记录 {known} 件，已查明 {found} 件。",
            "The recall does not add up: {known} on record here, {found} accounted for.",
            "再查一遍货位与冷库；仍对不上请报告召回负责人。",
            "Search the places and cold rooms once more; if it stays so, tell whoever leads the recall.",
        ),
        "RECALL_DISPUTED": Saying(
            _S,
            "本站记录有 {count} 件在库，却一件也没有找到：{epcs}。",
            "{count} object(s) should be here by this station's records, and none was found: {epcs}.",
            "再查一遍；仍未找到的已上报监管平台。",
            "Search again; what is still not found is reported to the platform.",
        ),
        "NOT_RESOLD": Saying(
            _S,
            "召回、暂停、过期或来历不明的退货不得再销售，未记录：{epcs}。",
            "Returned goods that are recalled, held, expired or unknown must not be sold again: {epcs}.",
            "改选“隔离”或“销毁”。",
            "Choose quarantine or destruction.",
        ),
        "NO_NOTICE": Saying(
            _S,
            "未记录：销毁前须向监管部门报告时间和地点（《食品安全法》第六十三条）。",
            "Not recorded: time and place must be reported in advance (Food Safety Law Art. 63).",
            "先报告并填写报告编号；或由监管人员豁免并写明原因。",
            "Report them and enter the notice's number, or have an officer waive it with a reason.",
        ),
        "EARLY": Saying(
            _S,
            "未记录：早于所报告的销毁时间 {time}。",
            "Not recorded: it is before the time that was reported, {time}.",
            "到时再做，或另行报告。",
            "Wait until then, or report another time.",
        ),
        "PROOF_NEEDED": Saying(
            _S,
            "未记录：缺少照片或录像的校验值（SHA-256）。",
            "Not recorded: the checksum (SHA-256) of a photo or video is missing.",
            "拍照或录像后，填写其校验值。",
            "Take a photo or video and give its checksum.",
        ),
        "DESTROYED_SEEN": Saying(
            _S,
            "已销毁的编码再次出现：{epcs}。",
            "Recorded as destroyed, and seen again: {epcs}.",
            "拦下货物并立即报告：销毁不实或标签被复制。",
            "Stop it and report it at once: it was not destroyed, or the tag is a copy.",
        ),
        # First station of imports
        "PAPERS_NEEDED": Saying(
            _S,
            "未记录：缺少 {papers}。",
            "Not recorded, these papers are missing: {papers}.",
            "补齐单证后再赋码。",
            "Complete the papers, then commission.",
        ),
        "PAPERS_DIFFER": Saying(
            _S,
            "单证与货物不符，未记录：证书 {number} 上是 {told}，货物是 {found}。",
            "Papers and goods differ, nothing recorded: certificate {number} says {told}, the goods are"
            " {found}.",
            "核对单证；不符的货物不得入境销售。",
            "Compare them; goods that do not match must not be put on the market.",
        ),
        # The cold chain
        "SENSOR_STUCK": Saying(
            _A,
            "记录仪 {device} 的读数 {span} 没有变化（{value} °C），可能已失灵。",
            "Logger {device} has told the very same value for {span} ({value} °C): it may be stuck.",
            "用另一支温度计核对，必要时更换记录仪。",
            "Compare with another thermometer, and replace the logger if need be.",
        ),
        "SENSOR_UNSOUND": Saying(
            _A,
            "记录仪 {device} 有 {count} 个读数不可信（自 {time} 起），未计入。",
            "{count} reading(s) of logger {device} cannot be believed (from {time}) and do not count.",
            "检查探头和接线。",
            "Check the probe and its cable.",
        ),
        "SENSOR_UNIT": Saying(
            _A,
            "记录仪 {device} 的读数像是摄氏与华氏混用（{time}）。",
            "The readings of logger {device} look like Fahrenheit among Celsius ({time}).",
            "核对记录仪的单位设置，更正后重新导入。",
            "Look at the logger's unit, correct it, and read the file in again.",
        ),
        "SENSOR_FUTURE": Saying(
            _A,
            "记录仪 {device} 有 {count} 个读数的时间在未来（{time}）。",
            "{count} reading(s) of logger {device} lie in the future ({time}).",
            "校准记录仪的时钟。",
            "Set the logger's clock.",
        ),
        "SENSOR_CLOCK": Saying(
            _A,
            "记录仪 {device} 的时钟{way}了 {span}，读数时间已按此更正。",
            "The clock of logger {device} is {span} {way}; the times of its readings are corrected by that.",
            "校准记录仪的时钟。",
            "Set the logger's clock.",
        ),
        "SENSOR_LATE": Saying(
            _A,
            "记录仪 {device} 的数据在结束 {span} 后才上传。",
            "The data of logger {device} were handed in {span} after their end.",
            "记录已保存并标注；请在收货时当场读取。",
            "They are kept and marked; read loggers out on arrival.",
        ),
        "SENSOR_ROWS": Saying(
            _A,
            "温度数据有 {count} 行无法读取，未计入；首个是第 {line} 行。",
            "{count} rows of the temperatures cannot be read and do not count, the first in line {line}.",
            "核对该行后重新提交；小数用逗号时，请以分号分隔导出。",
            "Look at that line and hand them in again; with decimal commas, export with semicolons.",
        ),
        "SENSOR_CALIBRATION": Saying(
            _A,
            "记录仪 {device} 的校准已于 {date} 到期。",
            "The calibration of logger {device} ended on {date}.",
            "送检；由质检人员判定这些数据是否可用。",
            "Have it calibrated; quality assurance decides whether these data count.",
        ),
    }
)
