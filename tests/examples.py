"""How many examples a law is tried with: few in the suite, ``SUYUAN_THOROUGH`` times as many elsewhere."""

from __future__ import annotations

import os


def examples(few: int) -> int:
    """The number for this run."""
    return few * int(os.environ.get("SUYUAN_THOROUGH", "1"))
