"""Arrays of tables that parts of the station read for themselves: one line here for each.

A part defines its rows and a :class:`~suyuan.readers.station.config.Section` in a module of its own::

    RECIPES = Section("recipes", recipe_of, check=check_recipes)

and asks a configuration for them with ``RECIPES.of(config)``.
"""

from __future__ import annotations

from typing import Any

from suyuan.readers.station.cold_chain.profile import LOGGERS, PROFILES
from suyuan.readers.station.config import Section
from suyuan.readers.station.inspection import PLANS
from suyuan.readers.station.licences import LICENCES
from suyuan.readers.station.packing_rule import PACKING
from suyuan.readers.station.recipe import RECIPES
from suyuan.readers.station.renewing import RENEWALS
from suyuan.readers.station.staff import STAFF

SECTIONS: tuple[Section[Any], ...] = (PROFILES, LOGGERS, RECIPES, PACKING, PLANS, LICENCES, STAFF, RENEWALS)
