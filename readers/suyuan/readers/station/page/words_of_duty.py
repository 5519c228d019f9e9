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
    "duty.confirmed": (
        "下一个需要复核的步骤由 {name} 复核。",
        "The next step that needs two is confirmed by {name}.",
    ),
    "duty.sign-in": ("登录", "Sign in"),
    "duty.leave": ("退出", "Sign out"),
    "duty.other": ("换人登录", "Somebody else signs in"),
    "duty.confirm": ("复核下一步", "Confirm the next step"),
    "duty.confirm-why": (
        "需要两人的步骤：双方都用 PIN，由另一人在此输入，两分钟内有效，用于下一个需要复核的步骤。",
        "For a step that needs two, each with a PIN: the other types it here, two minutes before at most.",
    ),
    "duty.person": ("姓名", "Name"),
    "duty.pin": ("PIN", "PIN"),
    "duty.badge": (
        "也可以刷工牌登录，但只能作为操作人员。",
        "Or hold a badge to the reader, to work as an operator.",
    ),
    "duty.back": ("返回站点页", "Back to the station"),
}
