"""What the server and a station read and compute at each start alike: modules, templates, the typeface.

Whoever starts them often, a campaign or the tests, forks them from a process that has read it once: there is
one such process, and so one list. No socket, no database and no thread is made here.
"""

from __future__ import annotations

from suyuan.api import cli, worker
from suyuan.api.commands import serve, station
from suyuan.portal.rendering import prepare
from suyuan.portal.typeface import find_typeface
from suyuan.readers.llrp import driver
from suyuan.readers.station.page.pages import environment

__all__ = ["cli", "driver", "environment", "serve", "station", "worker"]

prepare()
find_typeface()
for template in environment().list_templates():
    environment().get_template(template)
