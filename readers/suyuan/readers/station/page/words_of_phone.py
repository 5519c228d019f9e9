"""What the pages for phones say, in Chinese and English; what begins ``phone.js.`` the script says."""

from __future__ import annotations

from collections.abc import Mapping

PHONE: Mapping[str, tuple[str, str]] = {
    # The station's screen
    "phones.title": ("手机", "Phones"),
    "phones.lead": (
        "手机连接后，可用 NFC、摄像头或手工输入为本站读码，无需安装应用。",
        "A phone that is connected reads for this station by NFC, camera or typing; no app is needed.",
    ),
    "phones.only-here": (
        '手机访问不到本页：请在配置文件 [page] 中写 listen = "0.0.0.0:8800" 和 pin，再重启站点。',
        'No phone reaches this page: write listen = "0.0.0.0:8800" and a pin under [page], then restart.',
    ),
    "phones.none": (
        "本站还没有把手机作为读写器。请在设置中添加读写器 http://phones，并让读取点使用它。",
        "No read point listens to phones yet. Add the reader http://phones in the setup.",
    ),
    "phones.add": ("添加手机", "Add a phone"),
    "phones.new-code": ("显示连接码", "Show a code"),
    "phones.another-code": ("换一个连接码", "Show another code"),
    "phones.scan": (
        "手机连到本站所在的网络，用相机扫这个码，再点“连接”",
        "With the phone in this network, scan this with its camera and press Connect",
    ),
    "phones.symbol": ("连接码的二维码", "QR code of the address with the code"),
    "phones.or": ("不便扫码时：", "Or without a camera:"),
    "phones.step-open": ("在手机浏览器中打开", "Open in the phone's browser"),
    "phones.other": ("打不开时改用", "If it is not found:"),
    "phones.fingerprint": (
        "若手机提示证书不受信任，查看证书时其 SHA-256 指纹应为",
        "If the phone warns of the certificate, its SHA-256 fingerprint there should be",
    ),
    "phones.step-type": ("在手机上输入连接码", "Type this code on the phone"),
    "phones.code-good": (
        "只能连接一部手机，还有 {minutes} 分钟有效。",
        "It is good for one phone and {minutes} more min.",
    ),
    "phones.secure": (
        "浏览器只在 https 页面开放 NFC 和摄像头：请在 [page] 中配置 certificate 和 certificate_key。",
        "Browsers give NFC and camera to https pages only: set certificate and certificate_key in [page].",
    ),
    "phones.connected": ("已连接的手机", "Connected phones"),
    "phones.nobody": ("还没有连接手机。", "No phone is connected."),
    "phones.number": ("手机 {number}", "Phone {number}"),
    "phones.reads-for": ("读取点：{names}", "Reads for: {names}"),
    "phones.reads-none": ("没有读取点使用这部手机", "No read point listens to it"),
    "phones.revoke": ("移除", "Remove"),
    "phones.setup": ("去设置", "To the setup"),
    "phones.back": ("返回站点页", "Back to the station"),
    # Joining
    "phone.join": ("连接手机", "Connect this phone"),
    "phone.join-why": (
        "在站点屏幕的“手机”页显示连接码，然后在这里输入。",
        "Have a code shown on the station's screen, under Phones, and type it here.",
    ),
    "phone.code": ("连接码", "Code"),
    "phone.name": ("这部手机的名称（可不填）", "Name of this phone (may be empty)"),
    "phone.connect": ("连接", "Connect"),
    # Reading
    "phone.point": ("读取点", "Read point"),
    "phone.no-point": (
        "没有读取点使用这部手机。请在站点的配置中让读取点使用读写器 http://phones。",
        "No read point listens to this phone. Let one use the reader http://phones in the station's setup.",
    ),
    "phone.nfc": ("用 NFC 读", "Read by NFC"),
    "phone.camera": ("用摄像头扫码", "Scan by camera"),
    "phone.stop": ("停止", "Stop"),
    "phone.typed": ("编码", "Code"),
    "phone.typed-hint": ("输入或用扫码器扫入，一次一个。", "Type it, or scan it in; one at a time."),
    "phone.take": ("提交", "Enter"),
    "phone.list": ("最近读到的", "Last read"),
    "phone.empty": ("还没有。", "Nothing yet."),
    "phone.unseen": ("（重启前读到）", "(read before the station was started anew)"),
    # The script
    "phone.js.waiting": ("待发送", "Waiting"),
    "phone.js.held": (
        "较早读到的，是否计入现在的作业？",
        "Read a while ago: does it belong to what is done now?",
    ),
    "phone.js.astray": (
        "它的读取点已改名，或不再使用这部手机：请重新载入本页，选好读取点，再点“计入”",
        "Its read point was renamed or hears this phone no more: reload, choose a read point, press Send",
    ),
    "phone.js.send": ("计入", "Send"),
    "phone.js.discard": ("丢弃", "Discard"),
    "phone.js.taken": ("站点已收到", "Taken"),
    "phone.js.recorded": ("已记录", "Recorded"),
    "phone.js.refused": ("不予接收，见站点屏幕", "Refused: see the station"),
    "phone.js.unreadable": ("无法识别", "Not understood"),
    "phone.js.unrecorded": ("未记录，见站点屏幕", "Not recorded: see the station"),
    "phone.js.unknown": ("重启前收到，见站点屏幕", "Taken before a restart: see the station"),
    "phone.js.here": ("站点在线", "Station is there"),
    "phone.js.away": (
        "站点连不上：读到的先存在手机里，连上后自动发送",
        "Station is away: reads are kept here and sent later",
    ),
    "phone.js.idle": ("站点还没有开始读取", "The station is not reading yet"),
    "phone.js.reading": ("可以读了", "Reading: go on"),
    "phone.js.removed": (
        "这部手机已被移除，请重新连接；没发送的仍保留",
        "This phone was removed: connect it anew; what waits is kept",
    ),
    "phone.js.full": ("手机存不下了，这一个没有记下", "This phone cannot keep more: this one is not noted"),
    "phone.js.insecure": (
        "NFC 和摄像头需要 https 页面：请用 https 地址打开，或在下方输入。",
        "NFC and camera need an https page: open it by its https address, or type below.",
    ),
    "phone.js.neither": (
        "此浏览器既不能读 NFC，也不能识别条码：请用安卓手机的 Chrome，或在下方输入。",
        "This browser reads neither NFC nor symbols: use Chrome on Android, or type below.",
    ),
    "phone.js.no-nfc": (
        "此浏览器不能读 NFC：请用摄像头扫码，或换安卓手机的 Chrome。",
        "This browser cannot read NFC: use the camera, or Chrome on Android.",
    ),
    "phone.js.no-camera": (
        "此浏览器不能识别条码：请用 NFC，或在下方输入。",
        "This browser does not read symbols: use NFC, or type below.",
    ),
    "phone.js.nfc-on": ("NFC 已打开", "NFC is on"),
    "phone.js.nfc-hold": ("请把标签贴近手机背面", "Hold a tag to the back of the phone"),
    "phone.js.nfc-refused": (
        "未获准使用 NFC：请打开手机的 NFC 并允许本页使用",
        "NFC was not allowed: switch it on and allow it for this page",
    ),
    "phone.js.nfc-empty": ("标签中没有链接", "There is no link on this tag"),
    "phone.js.nfc-bad": ("标签没有读全，请再贴一次", "The tag was not read whole: hold it again"),
    "phone.js.camera-refused": (
        "未获准使用摄像头：请允许本页使用",
        "The camera was not allowed: allow it for this page",
    ),
}
