"""What is said of goods and steps: orders that are not kept, what is packed, made, released and sold."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from suyuan.readers.station.saying import Saying, State

_A, _S = State.ATTENTION, State.STOP

SAYINGS_OF_STEPS: Mapping[str, Saying] = MappingProxyType(
    {
        # The catalogue
        "UNKNOWN_TAG": Saying(
            _A,
            "{count} 件货物没有来历记录：{epcs}。",
            "Nothing is known of {count} object(s): {epcs}.",
            "隔离这些货物，并在平台上查询其来源。",
            "Set them aside and look them up on the platform.",
        ),
        "WRONG_ORDER": Saying(
            _A,
            "工序先后不符：{epcs}。",
            "Steps out of order: {epcs}.",
            "核对上一道工序是否漏记；记录已保存并标注。",
            "See whether the step before was left out; the record is kept and marked.",
        ),
        "LICENCE_EXPIRED": Saying(
            _S,
            "许可证已过期或不存在：{who}（{licence}，有效期至 {date}）。",
            "The licence has expired or is not there: {who} ({licence}, good until {date}).",
            "停止作业，先更新许可证。",
            "Stop; have the licence renewed first.",
        ),
        "TEMP_EXCURSION": Saying(
            _S,
            "温度超限：{value} °C，要求 {low}～{high} °C，累计 {span}。",
            "Out of temperature: {value} °C, {low} to {high} °C allowed, {span} in all.",
            "隔离货物，由质检人员说明理由后处置。",
            "Set the goods aside until quality assurance has decided, with its reason.",
        ),
        "SENSOR_GAP": Saying(
            _A,
            "温度记录中断 {span}，不能视为合格。",
            'The temperature was not recorded for {span}; that is not "good".',
            "检查记录仪，补传数据或由质检人员判定。",
            "Check the logger; send its data later, or let quality assurance decide.",
        ),
        "MASS_BALANCE": Saying(
            _A,
            "数量不平衡：投入 {into}，产出 {out}，允许 {low}～{high}。",
            "The amounts do not balance: {into} in, {out} out, {low} to {high} allowed.",
            "复核称重；确属实情时填写原因并由第二人确认。",
            "Weigh again; if it is so, give the reason and have a second person confirm it.",
        ),
        "WRITE_FAIL": Saying(
            _A,
            "标签写入失败，已剔除：{tid}（{reason}）。",
            "The tag could not be written and is a reject: {tid} ({reason}).",
            "把标签放入废标盒，换一枚继续。",
            "Put the tag in the reject bin and go on with another.",
        ),
        "LOCKED_TAG": Saying(
            _A,
            "标签已锁定，不能写入：{tid}。",
            "The tag is locked and cannot be written: {tid}.",
            "放入废标盒，换一枚空白标签。",
            "Put it in the reject bin and take a blank one.",
        ),
        # Packing
        "IN_OTHER_PARENT": Saying(
            _S,
            "已在另一箱 {parent} 中，未记录：{epcs}。",
            "Still packed in {parent}, not recorded: {epcs}.",
            "先在该箱做“拆箱”，再装入本箱；若实物确已取出，请填写原因后重做。",
            "Unpack them there first; if they were taken out already, give a reason and read again.",
        ),
        "PARENT_LOOP": Saying(
            _S,
            "箱子不能装进自己里面，未记录：{epcs}。",
            "A unit cannot be inside itself, nothing recorded: {epcs}.",
            "核对箱码。",
            "Look at the codes of the units.",
        ),
        "MIXED_LOTS": Saying(
            _S,
            "本箱不允许混批，读到批号 {lots}，未记录任何内容。",
            "Lots must not be mixed here; {lots} were read, nothing recorded.",
            "取出其他批次的货物后再读一次。",
            "Take out what is of another lot, then read again.",
        ),
        "OVER_FULL": Saying(
            _S,
            "每箱 {expected} 件，读到 {read} 件，可能读到旁边的箱子，未记录任何内容。",
            "{expected} go into a unit and {read} were read, perhaps of the one beside it; nothing recorded.",
            "移开旁边的货物再读一次；确实多装请填写原因。",
            "Move the goods beside it away and read again; if there are more, give the reason.",
        ),
        "NOT_INSIDE": Saying(
            _A,
            "记录显示不在本箱 {parent} 内，未记录：{epcs}。",
            "Known to be in another unit than {parent}, not recorded: {epcs}.",
            "核对箱码，在货物所在的箱子做“拆箱”。",
            "Look at the unit's code and unpack them where they are.",
        ),
        # Making
        "NO_RECIPE": Saying(
            _S,
            "没有配方 {recipe}，未记录任何内容。",
            "There is no recipe {recipe}, nothing recorded.",
            "核对工单上的配方编号，或在本站配置文件中补充。",
            "Look at the recipe's number on the work order, or add it to the station's file.",
        ),
        "NOT_IN_RECIPE": Saying(
            _S,
            "不是配方 {recipe} 的原料，未记录任何内容：{epcs}。",
            "Not an ingredient of {recipe}, nothing recorded: {epcs}.",
            "取走这些原料，核对配方。",
            "Take these away and look at the recipe.",
        ),
        "NOT_ENOUGH_TOLD": Saying(
            _S,
            "缺少称量数据，未记录任何内容：{products}。",
            "The weights are not told, nothing recorded: {products}.",
            "称重并填写每种原料的数量和单位。",
            "Weigh each of them and give amount and unit.",
        ),
        "OUT_OF_TOLERANCE": Saying(
            _S,
            "{product} 用量 {amount}，配方要求 {low}～{high}。",
            "{amount} of {product} used; the recipe asks for {low} to {high}.",
            "复核称重；确属实情时填写原因并由第二人确认。",
            "Weigh again; if it is so, give the reason and have a second person confirm it.",
        ),
        "YIELD_OUT": Saying(
            _S,
            "得率 {value}% 超出 {low}%～{high}%。",
            "The yield is {value} %, outside {low} to {high} %.",
            "复核产量；确属实情时填写原因并由第二人确认。",
            "Weigh the output again; if it is so, give the reason and have a second person confirm it.",
        ),
        "ALLERGEN": Saying(
            _S,
            "换产前须清场：上一批含致敏物质 {allergens}，未记录任何内容。",
            "The line must be cleared first: the batch before had {allergens}; nothing recorded.",
            "清洁生产线，填写清场人后重做。",
            "Clean the line, give the name of who cleared it, then do the step again.",
        ),
        "EARLIER_FIRST": Saying(
            _A,
            "{product} 有更早到期的批次 {lot}（{date}）。",
            "There is an earlier lot {lot} of {product} ({date}).",
            "先到期先用：请优先取用该批次。",
            "First expired, first out: take that lot first.",
        ),
        "REWORK_LOOP": Saying(
            _S,
            "产出批次不能同时是原料，未记录任何内容：{epcs}。",
            "What is made cannot be what goes in, nothing recorded: {epcs}.",
            "返工产品请用新的批号。",
            "Give what is made of rework a lot of its own.",
        ),
        # Judging and releasing
        "NON_CONFORMANT": Saying(
            _S,
            "检验不合格：{items}。",
            "Does not conform: {items}.",
            "隔离该批次，按不合格品处理。",
            "Set the lot aside and treat it as non-conforming.",
        ),
        "INCONCLUSIVE": Saying(
            _A,
            "不能判定：{items}。",
            "Cannot be judged: {items}.",
            "补做检测，或由质检负责人判定。",
            "Have it tested again, or let the head of quality assurance decide.",
        ),
        "RESULTS_MISSING": Saying(
            _S,
            "检验结果不齐，不得放行：{items}。",
            "Results are missing, it cannot be released: {items}.",
            "先录入全部必检项目的结果。",
            "Enter the results of all items that must be tested first.",
        ),
        "RESULTS_NOT_JUDGED": Saying(
            _A,
            "检验结果已记录，但未判定：该产品没有检验方案，或批次不明。",
            "The results are recorded but not judged: the product has no plan here, or the lot is not known.",
            "填写产品和批次；没有检验方案的，请管理员在站点文件中添加。",
            "Give product and lot; have a plan for the product written into the station's file.",
        ),
        "SEVERAL_LOTS": Saying(
            _S,
            "这里有 {count} 个批次，结果与放行只能逐批记录，未记录任何内容：{lots}。",
            "There are {count} lots, and results and releases are of one lot; nothing recorded: {lots}.",
            "请每次只检验或放行一个批次。",
            "Inspect or release one lot at a time.",
        ),
        "RETEST": Saying(
            _S,
            "该批次曾判定不合格，复检须写明理由，未记录任何内容：{epcs}。",
            "The lot failed before; a re-test needs its reason, nothing recorded: {epcs}.",
            "填写复检理由后再录入结果。",
            "Give the reason of the re-test, then enter the results again.",
        ),
        "FOUR_EYES": Saying(
            _S,
            "须由第二人确认，且不能是同一人。",
            "A second person must confirm this, and not the same one.",
            "请另一位有权限的人员签名。",
            "Have another authorised person sign.",
        ),
        "NOT_RELEASED": Saying(
            _S,
            "该批次尚未放行，不得出库：{epcs}。",
            "The lot is not released, it must not go out: {epcs}.",
            "等待质检放行；若已在别处放行，请在本站补录放行。",
            "Wait for its release; if it was released elsewhere, record that at this station too.",
        ),
        "CERTIFICATE_USED": Saying(
            _S,
            "放行证号 {number} 已用于另一批次，未记录任何内容。",
            "The certificate number {number} belongs to another lot, nothing recorded.",
            "核对证号，每批一证。",
            "Look at the number: each lot has its own.",
        ),
        "LOT_DISPUTED": Saying(
            _S,
            "标签上的批号与本站记录的批号不同（{lots}），不得流通：{epcs}。",
            "The label names another lot than the one recorded here ({lots}), it must not go on: {epcs}.",
            "隔离货物并查明真正的批号；两个批号中任何一个被召回或扣留，货物都会被拦下。",
            "Set it aside and find out which lot it is; a recall or hold of either of them stops it.",
        ),
        # Selling
        "SOLD_BEFORE": Saying(
            _S,
            "同一件商品已售出过：{epcs}。",
            "Sold before: {epcs}.",
            "可能是克隆标签或漏记退货：拦下货物；若是退货，请先做“退货”。",
            "A cloned tag, or a return that was not recorded: stop it; for a return do that step first.",
        ),
        "OUT_OF_TRADE": Saying(
            _S,
            "本站记录为“{state}”，不得流通：{epcs}。",
            "Recorded here as {state}, it must not go on: {epcs}.",
            "隔离货物并报告；已销毁的编码再次出现时按克隆处理。",
            "Set it aside and report it; a code that was destroyed and is seen again is a clone.",
        ),
        "STILL_KEPT": Saying(
            _A,
            "{unit} 本身可以放行，但其中 {count} 项仍被隔离：{epcs}。",
            "{unit} itself may be released, but {count} in it are still kept from trade: {epcs}.",
            "取出仍被隔离的货物，或对它们另行放行；在此之前整个单元仍会被拦下。",
            "Take those out, or release them too; until then the unit is stopped because of them.",
        ),
        "LOOSE_FROM_HOLD": Saying(
            _S,
            "{epcs} 已被暂停或隔离，未记录：其中的散装货物一旦取出便无法分辨。",
            "{epcs} is held or set aside, nothing recorded: what is loose in it could not be told apart any"
            " more once it is out.",
            "保持该单元完整，等待解除；本企业自行隔离的，可写明理由并由第二人确认后取出。",
            "Keep it whole until that is lifted; what your own company set aside may be taken out for a"
            " reason that a second person confirms.",
        ),
    }
)
