"""The server of the demonstration: ``suyuan serve`` that ends with the process that started it.

That process holds the other end of our standard input. However it ends, killed without a chance to say so
included, the operating system closes that end, and a server that nobody knows of does not keep the port.
"""

from __future__ import annotations

import os
import signal
from threading import Thread

from suyuan.api.cli import main

STDIN = 0


def _end_with_starter() -> None:
    while os.read(STDIN, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    Thread(target=_end_with_starter, name="end-with-starter", daemon=True).start()
    main(["serve"])
