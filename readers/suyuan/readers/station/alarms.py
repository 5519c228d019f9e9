"""What stands against a station at the moment, by who says so and about what."""

from __future__ import annotations

from collections.abc import Callable

from suyuan.readers.station.words import Message


class Alarms:
    """Messages that stand until whoever raised them takes them back."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, str], Message] = {}

    def set(self, who: str, about: str, message: Message | None) -> None:
        """From now on ``message`` stands; None: it is well again."""
        if message is None:
            self._standing.pop((who, about), None)
        else:
            self._standing[who, about] = message

    def of(self, who: str) -> Callable[[str, Message | None], None]:
        """What ``who`` is given, to tell a subject and what stands against it."""

        def alarm(about: str, message: Message | None) -> None:
            self.set(who, about, message)

        return alarm

    def all(self) -> list[Message]:
        """What stands, each message once: delivery and block list are refused in the same words."""
        told: list[Message] = []
        for message in self._standing.values():
            if message not in told:
                told.append(message)
        return told
