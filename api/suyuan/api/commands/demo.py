"""``suyuan demo``: placeholder module so that the command table is complete; replaced below."""

from __future__ import annotations


def demo() -> None:
    """Play the sample world and serve it."""
