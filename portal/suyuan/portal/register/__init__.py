"""The register in the console: lists, entries, forms made from the sheets, and the import of tables."""

from __future__ import annotations

from suyuan.portal.register.desk import RegisterDesk
from suyuan.portal.register.routes import routes

__all__ = ["RegisterDesk", "routes"]
