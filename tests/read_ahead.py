"""What the server and the station read and compute at each start alike: modules, templates, the typeface.

The fork server of :mod:`tests.forked` imports this before its first fork. No socket, no database and no
thread of the program is made here.
"""

from __future__ import annotations

from suyuan.api import cli, worker
from suyuan.api.commands import serve, station
from suyuan.portal.rendering import prepare
from suyuan.portal.typeface import find_typeface
from suyuan.readers.station.page.pages import environment

__all__ = ["cli", "serve", "station", "worker"]

prepare()
find_typeface()
for template in environment().list_templates():
    environment().get_template(template)
