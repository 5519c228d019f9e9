"""The Chinese of the errors that the station's page may show, by their English template or remedy."""

from __future__ import annotations

from collections.abc import Mapping

from suyuan.readers.station.page.words_of_config import CONFIG
from suyuan.readers.station.page.words_of_files import FILES

ERRORS: Mapping[str, str] = {
    **CONFIG,
    **FILES,
    # The page itself
    "There is no file of this name here.": "没有这个文件。",
    "Reload the page.": "请刷新页面。",
    "There is no page of this name here.": "没有这个页面。",
    "Go back to the station.": "请返回站点页。",
    "The request is too large.": "提交的内容过大。",
    "Send less at once.": "请分次提交。",
    "The request is larger than {limit} KB.": "提交的内容超过 {limit} KB。",
    "Send less at once: split a file by days.": "请分次提交：文件可按日期拆分。",
    "The form cannot be read.": "无法读取提交的表单。",
    "Load the page anew and send it once more.": "请刷新页面后重新提交。",
    "The page was asked for under the name {name}, which is not this machine's.": (
        "访问所用的名称 {name} 不是本机的名称。"
    ),
    "Open the address that the station prints when it starts.": "请打开站点启动时显示的地址。",
    "The request came from {origin}.": "此请求来自 {origin}。",
    "Open the station's page and do it there.": "请在站点页上操作。",
    "Too many screens are open at this station.": "打开本站点页的屏幕过多。",
    "Close pages that are not needed.": "请关闭不需要的页面。",
    "Something went wrong on our side": "程序出错了",
    "Look whether it was recorded before you do the step again, and report this.": (
        "重做此步之前，请先核对是否已记录，并报告此问题。"
    ),
    # Work
    "A pass is under way at {name}.": "读取点 {name} 正在读取。",
    "End it first.": "请先结束。",
    "The read point {name} works by itself.": "读取点 {name} 自动工作。",
    "This step is not done at {name}.": "读取点 {name} 不做这道工序。",
    "Choose another read point or step.": "请选择其他读取点或工序。",
    "No read point here does this step.": "本站没有做这道工序的读取点。",
    "Allow it at a read point in the station's file.": "请在站点文件中为某个读取点允许这道工序。",
    "Only typed orders can be given to it.": "只能提交不读标签的作业。",
    "No scanner is set up at this station.": "本站点没有设置扫码枪。",
    "Connect one in the setup, as a keyboard scanner.": "请在设置中连接一台键盘式扫码枪。",
    "What was scanned is empty or too long.": "扫到的内容为空或过长。",
    "Scan again.": "请再扫一次。",
    "There is no read point {value}.": "没有读取点 {value}。",
    "No station is at work.": "站点没有在工作。",
    "Look at the page: it says why.": "请看页面上的说明。",
    # Phones
    "The read point {name} does not listen to phone {phone}.": "读取点 {name} 不使用手机 {phone}。",
    "Choose another one on the phone.": "请在手机上另选读取点。",
    "At most {most} phones can be connected.": "最多连接 {most} 部手机。",
    "Remove one on the station's screen.": "请先在站点屏幕上移除一部。",
    "Too many wrong codes were typed.": "连接码输错次数过多。",
    "Wait a minute, then type the code on the screen.": "请等一分钟，再输入屏幕上的连接码。",
    "The code is wrong or has run out.": "连接码不对或已过期。",
    "Have a new one shown on the station's screen; it is good for five minutes.": (
        "请在站点屏幕上显示新的连接码，5 分钟内有效。"
    ),
    "This phone sends too many codes at once.": "这部手机发送过快。",
    "It goes on by itself.": "稍后会自动继续。",
    "The station does not know this phone.": "站点不认识这部手机。",
    "Have a code shown on the station's screen and type it here.": "请在站点屏幕上显示连接码，并在这里输入。",
    "Start reading on the station's screen; the phone then sends by itself.": (
        "请在站点屏幕上开始读取，手机随后会自动发送。"
    ),
    "This is no sighting of a phone.": "这不是手机读到的内容。",
    # Undo
    "{value} is no reason.": "{value} 不是可选的原因。",
    "Choose one of the list.": "请从列表中选择。",
    "Nothing was recorded at {point} that could be undone.": "读取点 {point} 没有可以撤销的记录。",
    "The last record of {point} was undone already.": "读取点 {point} 的上一条记录已经撤销过。",
    "Do the step again if it is needed.": "需要时重做此步。",
    "The last record of {point} is more than {minutes} minutes old.": (
        "读取点 {point} 的上一条记录已超过 {minutes} 分钟。"
    ),
    "Ask the office to correct the record.": "请由办公室更正记录。",
    # The outbox
    "The outbox cannot store records: {reason}.": "无法保存记录：{reason}。",
    "Check that the disk is there, writable and not full; the step must be done again.": (
        "请检查磁盘是否存在、可写、未满；此步须重做。"
    ),
    "The data folder cannot be used: {reason}.": "数据文件夹无法使用：{reason}。",
    "Check that the folder is writable and the disk is not full.": "请检查文件夹是否可写、磁盘是否已满。",
    "Another process uses the data folder {folder}.": "另一个程序正在使用数据文件夹 {folder}。",
    "Stop it, or give this station its own folder.": "请停止该程序，或为本站点另设文件夹。",
    "The outbox was damaged and set aside as {name}; unsent records may be in it.": (
        "待发队列曾损坏，已另存为 {name}；其中可能有未上传的记录。"
    ),
    (
        "Keep that file for rescue and move it elsewhere. Then set station.first_sequence above the last"
        " number the platform has, and start again."
    ): "请保留该文件以便抢救，并移到别处；再把 station.first_sequence 设为大于平台已有的最后编号，重新启动。",
    "The outbox is corrupt ({reason}) and was set aside as {name}.": (
        "待发队列已损坏（{reason}），已另存为 {name}。"
    ),
    "Keep that file for rescue and have the disk checked; no new outbox is made by itself.": (
        "请保留该文件以便抢救并检查磁盘；系统不会自行新建队列。"
    ),
    "SQLite would not commit durably (journal {mode}, synchronous {synchronous}).": (
        "磁盘不支持可靠写入（journal {mode}，synchronous {synchronous}）。"
    ),
    "Put the data folder on a local disk.": "请把数据文件夹放在本机磁盘上。",
    "The outbox belongs to station {owner}, not to {station}.": (
        "待发队列属于站点 {owner}，不属于 {station}。"
    ),
    "Give each station its own data folder.": "请为每个站点各设数据文件夹。",
    # Who is at work
    "Nobody is signed in at this station": "本站点没有人登录。",
    "Sign in on the page Duty, or hold your badge to the reader.": "请在“当班”页面登录，或刷工牌。",
    "Name and PIN do not match": "姓名与 PIN 不符。",
    "Choose your name and type your PIN again.": "请选择姓名并重新输入 PIN。",
    "Too many wrong PINs.": "PIN 错误次数过多。",
    "Wait a minute, or hold a badge to the reader.": "请等一分钟，或刷工牌。",
    "{name} has no shift now.": "{name} 现在不当班。",
    "Have the shift changed in the station's file.": "请在本站配置文件中修改班次。",
    "The second person must be another one than {name}.": "复核人不能是 {name} 本人。",
    "Ask a colleague.": "请由同事复核。",
    "{name} may not do this ({step}); it needs: {roles}.": "{name} 无权进行此操作（{step}），需要：{roles}。",
    "Ask somebody with that role to sign in.": "请由具有该职责的人员登录。",
    "Ask somebody with that role to confirm.": "请由具有该职责的人员复核。",
    "Sign in with your PIN: a badge alone is not enough.": "请用 PIN 登录：只刷工牌不够。",
    "{name} only showed a badge.": "{name} 只刷了工牌。",
    "They sign in with their PIN first.": "请其先用 PIN 登录。",
    "The witness {name} is nobody of the staff.": "见证人 {name} 不在本站人员名单中。",
    "Write the id that the witness has in the station's file.": "请填写该见证人在本站配置文件中的 id。",
    # Writing tags
    "Check the disk; the station goes on by itself once it takes it.": "请检查磁盘；恢复后本站会自动继续。",
    "Connect one in the setup; readers for NFC write links.": (
        "请在设置中连接超高频读写器；NFC 读写器只能写链接。"
    ),
    "No reader {name} that writes UHF tags is connected.": "读写器 {name} 未连接，或不能写超高频标签。",
    "The disk does not take the records' log: {reason}.": "磁盘无法写入记录日志：{reason}。",
    "No reader {name} that writes tags is connected.": "读写器 {name} 未连接，或不能写标签。",
    "Connect an NFC reader in the setup.": "请在设置中连接 NFC 读写器。",
    "A job is being written already.": "已有一个任务正在写。",
    "The platform does not answer: {reason}.": "平台没有应答：{reason}。",
    (
        "A job that was fetched before is written without it; for a new one, try again when the network is"
        " back."
    ): "已取回的任务可以照常写；新任务请待网络恢复后再试。",
    "There is no label job {job} of this company.": "本企业没有标签任务 {job}。",
    (
        "Compare its number with the page Labels of the platform; jobs of other companies cannot be written"
        " here."
    ): "请与平台“标签”页面核对任务号；其他企业的任务不能在这里写。",
    "The platform refuses this station: {reason}.": "平台拒绝本站点：{reason}。",
    "See on the platform's page Devices whether it was revoked; if so, join anew in the setup.": (
        "请在平台“设备”页面查看是否已被撤销；如已撤销，请在设置中重新加入。"
    ),
    "The platform's answer cannot be used: {what}.": "平台的应答无法使用：{what}。",
    "Compare the versions of platform and station, and try again.": "请核对平台与站点程序的版本，然后再试。",
    "The job {job} is for UHF tags.": "任务 {job} 用于超高频标签。",
    "The job {job} is not for UHF tags.": "任务 {job} 不用于超高频标签。",
    "On the platform's page Labels, make labels for UHF tags.": "请在平台“标签”页面制作超高频标签。",
    "Print and write it with a UHF printer; for NFC, make labels for NFC tags.": (
        "请用超高频打印机写；要写 NFC，请在平台另建 NFC 标签任务。"
    ),
    "{text!a} is no number of a label job.": "{text!a} 不是标签任务号。",
    "It has 16 digits and letters a to f, and ends the address of the job's page.": (
        "任务号为 16 位数字和字母 a 至 f，位于任务页面网址的末尾。"
    ),
    "The job {job} is finished: every link is on a tag.": "任务 {job} 已全部写完。",
    "Choose another job; on the platform's page Labels more can be made.": (
        "请选择其他任务；需要更多标签时，请在平台“标签”页面制作。"
    ),
    "There is no last tag that could be taken back.": "没有可以撤销的上一枚标签。",
    "What is recorded is undone on the station's page.": "已记录为生产的，请在站点页撤销。",
    # Setup
    "There is no address": "没有填写地址。",
    "Choose a reader that was found, or type its address.": "请选择找到的读写器，或填写地址。",
    "The option {option} cannot be given on this page": "不能在本页填写选项 {option}。",
    "Write this reader into the station's file: only there may its address name files and variables.": (
        "请把这台读写器写入站点配置文件：只有在那里，地址才可以指定本机的文件和环境变量。"
    ),
    "No tag has been read yet": "还没有读到标签。",
    "No code has been scanned yet": "还没有扫到码。",
    "Scan one, or tick that you save it untested.": "请扫一个码试试，或勾选“仍要保存”。",
    "Lay one on the reader, or tick that you save it untested.": (
        "请放一枚标签到读卡器上试读，或勾选“仍要保存”。"
    ),
    "No step is chosen": "没有选择工序。",
    "Choose what is done here.": "请选择在此处做的工序。",
    "Hold a tag before each antenna, or tick that you save it untested.": (
        "请把标签放到各天线前试读，或勾选“仍要保存”。"
    ),
    "No antenna has a step": "没有为任何天线选择工序。",
    "Choose what is done at one antenna at least.": "请至少为一个天线选择工序。",
    "Two antennas are called {name} but have different steps": "两个天线同名（{name}），但工序不同。",
    "Give them different names, or the same step.": "请改用不同的名称，或选择相同的工序。",
    "{place} is not the code of a place": "{place} 不是地点编码。",
    "Type its GLN (13 digits) or the link that the platform shows for it.": (
        "请填写 13 位 GLN，或平台上显示的地点链接。"
    ),
    "The station's file is not TOML: {reason}.": "站点的配置文件不是有效的 TOML：{reason}。",
    "Mend the line that is named, or move the file away and begin anew.": (
        "请改正所指的一行，或移走该文件重新设置。"
    ),
    "{path} cannot be written: {reason}.": "无法写入 {path}：{reason}。",
    "Check the folder's permissions and free space; nothing was changed.": (
        "请检查文件夹的权限和剩余空间；未作任何改动。"
    ),
    "No pass is under way at {name}.": "{name} 尚未开始读取，扫到的码没有计入。",
    "Start reading first, then scan again.": "请先按“开始读取”，再扫一次。",
    "There is no code in what was given": "没有填写登记码。",
    "Give the link of the QR symbol.": "请填写二维码中的链接。",
    "It is not known which server the code is for": "不清楚登记码属于哪个平台。",
    "Give the whole link of the QR symbol, or the address of the platform beside the code.": (
        "请填写二维码中的完整链接，或在登记码之外填写平台地址。"
    ),
    "{server} is no address of a platform": "{server} 不是平台地址。",
    "Copy the whole link or the address from the page that shows the code.": (
        "请从显示登记码的页面复制完整链接或平台地址。"
    ),
    "{server} does not answer: {reason}": "{server} 没有应答：{reason}",
    "{server} answers, but not as the platform: {reason}": "{server} 有应答，但不是溯源平台的应答：{reason}",
    "Check the address, the network and the server's certificate, then try again with the same code.": (
        "请检查地址、网络和平台的证书，然后用同一登记码重试。"
    ),
    "The station's file is laid out in a way that cannot be changed here.": (
        "本站配置文件的写法无法在此自动修改。"
    ),
    "Write its tables as [station], [server], [[readers]] and [[read_points]], and try again.": (
        "请把各表写成 [station]、[server]、[[readers]]、[[read_points]] 的形式，然后重试。"
    ),
    "{key} in the station's file is no table.": "本站配置文件中的 {key} 不是表。",
    "{key} in the station's file are no tables.": "本站配置文件中的 {key} 不是表的列表。",
    "Mend the line, or move the file away and begin anew.": "请改正该行，或移走该文件重新设置。",
    # The device key
    "Others on this machine can read the device key {path}": "本机其他用户可以读取设备密钥 {path}。",
    "chmod 600 the file; if it may have been copied, revoke the device and enrol anew.": (
        "请执行 chmod 600；如可能已被复制，请在平台停用该设备并重新登记。"
    ),
    "The device key {path} cannot be read: {reason}": "无法读取设备密钥 {path}：{reason}。",
    "{path} is no device key of an enrolled station": "{path} 不是已登记站点的设备密钥。",
    "Enrol the station by a code: suyuan station enrol.": "请在“设置”中用登记码加入平台。",
    "The device key {path} cannot be written: {reason}": "无法写入设备密钥 {path}：{reason}。",
    "See that the folder can be written and that the disk has room.": "请检查文件夹可写、磁盘有空间。",
    "The device key {path} is {party}'s, but the station is set up for {other}.": (
        "设备密钥 {path} 属于 {party}，而本站设置的企业是 {other}。"
    ),
    "Join anew in the setup, with the same link if it was interrupted.": (
        "请在“设置”中重新加入平台；如上次加入中断，请使用同一链接。"
    ),
    "{count} tags cannot have the serials {first} to {last}.": (
        "{count} 枚标签不能用序列号 {first} 至 {last}。"
    ),
    "Give at least as many serials as tags, and at most 100,000.": (
        "序列号不能少于标签数，一个工单最多 100,000 个。"
    ),
    "The order {order} names no product and lot.": "工单 {order} 的商品或批次不正确。",
    "Give a GTIN with its check digit, and a lot of 1 to 20 letters, digits and signs.": (
        "请填写带校验位的 GTIN；批次为 1 至 20 个字母、数字或符号，不含空格。"
    ),
    "The order {order} is kept here already, with other goods, days, serials or another count.": (
        "本站已有工单 {order}，其商品、日期、序列号或数量与此不同。"
    ),
    "Go on with the one that is kept, or give this one a number of its own.": (
        "请在“本站的工单”中继续写，或为新工单另取工单号。"
    ),
    "The serial {serial} belongs to the order {other} already.": "序列号 {serial} 已分配给工单 {other}。",
    "The serial {serial} is on goods that were here already.": "序列号 {serial} 已用在本站处理过的货物上。",
    "Lease another range: a serial is never used twice.": "请换一个号段：序列号不能重复使用。",
    "The work order is not filled in whole.": "工单没有填完。",
    "Fill in every field of it.": "请填写每一项。",
    "{text!a} is no number.": "{text!a} 不是数字。",
    "Write digits alone.": "请只填数字。",
    "{text!a} is no day.": "{text!a} 不是日期。",
    "Write it as 2026-11-22.": "请按 2026-11-22 的格式填写。",
    "That is no access password.": "访问密码不正确。",
    "Give eight hexadecimal digits, not all 0.": "请填写 8 位十六进制数，不能全为 0。",
}
