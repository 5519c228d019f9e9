"""A map server of our own, for tests and pictures: a country that is nowhere, drawn as it is asked for.

No survey of anything: hills are sums of waves over the pixels of the world.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from math import cos, sin
from time import monotonic, sleep

import numpy as np
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

ATTRIBUTION = "示例底图（虚构地形），审图号：GS（2026）0000号"
_SIDE = 256
_PATIENCE_S = 20
_SHADES = np.array(
    [(191, 216, 226), (205, 225, 231), (238, 236, 223), (229, 234, 214), (219, 229, 205), (210, 223, 197)],
    dtype=np.uint8,
)
_STEPS = (-0.75, -0.55, -0.1, 0.4, 0.9)


@dataclass(slots=True)
class MapServer:
    """What it was asked for so far, with the headers that browsers sent."""

    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    paths: list[str] = field(default_factory=list[str])

    def app(self) -> ASGIApp:
        """``/{z}/{x}/{y}.png``."""

        def tile(request: Request) -> Response:
            self.paths.append(request.url.path)
            self.asked.append(dict(request.headers))
            told = request.path_params
            return Response(picture(told["z"], told["x"], told["y"]), media_type="image/png")

        return Starlette(routes=[Route("/{z:int}/{x:int}/{y:int}.png", tile)])


def picture(zoom: int, column: int, row: int) -> bytes:
    """One tile; neighbours fit."""
    x = np.arange(column * _SIDE, (column + 1) * _SIDE)[None, :] / (1 << zoom)
    y = np.arange(row * _SIDE, (row + 1) * _SIDE)[:, None] / (1 << zoom)
    height = np.zeros((_SIDE, _SIDE))
    for wave in range(1, 10):
        fine, turned = 1.9**wave / 3, wave * 2.4  # each finer than the last, and in another direction
        along = (x * cos(turned) + y * sin(turned)) * fine
        aside = (y * cos(turned) - x * sin(turned)) * fine
        height += np.sin(along + 1.3 * np.sin(aside / 2 + wave)) / wave
    drawn = _SHADES[np.digitize(height, _STEPS)]
    kept = BytesIO()
    Image.fromarray(drawn, "RGB").quantize(16).save(kept, "png")
    return kept.getvalue()


@contextmanager
def served(app: ASGIApp) -> Generator[str]:
    """The address of an application in a thread, as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    patience = monotonic() + _PATIENCE_S
    while not server.started and monotonic() < patience:
        sleep(0.02)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_S)
