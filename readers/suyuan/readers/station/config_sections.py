"""Arrays of tables that parts of the station read for themselves: one line here for each.

A part defines its rows and a :class:`~suyuan.readers.station.config.Section` in a module of its own::

    RECIPES = Section("recipes", recipe_of, check=check_recipes)

and asks a configuration for them with ``RECIPES.of(config)``.
"""

from __future__ import annotations

from typing import Any

from suyuan.readers.station.cold_chain.profile import LOGGERS, PROFILES
from suyuan.readers.station.config import Section

SECTIONS: tuple[Section[Any], ...] = (PROFILES, LOGGERS)
