"""What the page at which people sign in says, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

DUTY: Mapping[str, tuple[str, str]] = {
    "duty.title": ("当班", "Duty"),
    "duty.none": (
        "本站配置文件中没有人员（[[staff]]），任何人都可以操作。",
        "This station's file names no staff ([[staff]]): anybody may work here.",
    ),
    "duty.at-work": ("当班：{name}", "At work: {name}"),
    "duty.nobody": ("没有人登录。", "Nobody is signed in."),
    "duty.confirmed": ("下一步由 {name} 复核。", "The next step is confirmed by {name}."),
    "duty.sign-in": ("登录", "Sign in"),
    "duty.leave": ("退出", "Sign out"),
    "duty.confirm": ("复核下一步", "Confirm the next step"),
    "duty.confirm-why": (
        "需要两人的步骤：由另一人在此输入 PIN，两分钟内有效，只用于下一步。",
        "For a step that needs two people another one types a PIN here, two minutes before it at most.",
    ),
    "duty.person": ("姓名", "Name"),
    "duty.pin": ("PIN", "PIN"),
    "duty.badge": ("也可以把工牌放到读写器上登录。", "Or hold a badge to the reader."),
    "duty.back": ("返回站点页", "Back to the station"),
}
