"""What the server and a station read at each start, read once: a campaign forks its processes from it.

No socket, no database and no thread is made here.
"""

from __future__ import annotations

from suyuan.api import cli, worker
from suyuan.api.commands import serve, station
from suyuan.portal.rendering import prepare
from suyuan.readers.llrp import driver
from suyuan.readers.station.page.pages import environment

__all__ = ["cli", "driver", "environment", "serve", "station", "worker"]

prepare()
