"""Looks at codes: what each finds out, and what is kept of it."""

from __future__ import annotations

from suyuan.trace.recall.passport import Level, Passport, Seen
from suyuan.trace.scan.look import Look


class Scanning:
    """What looks at codes find out, over one store."""

    def seen(self, passport: Passport, look: Look) -> Seen:
        """What ``look`` says of the thing of ``passport``, and a note that it was looked at."""
        del look
        return Seen(Level.SERIAL if passport.serial or passport.sscc else Level.LOT)
