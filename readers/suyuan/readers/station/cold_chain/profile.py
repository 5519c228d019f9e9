"""What a cold chain promises: limits, patience and intervals, from the tables ``[[profiles]]`` of the file.

::

    [[profiles]]
    name = "chilled-meat"
    zh = "冷鲜肉"
    en = "chilled meat"
    least_c = 0.0                  # left out: no limit on that side
    most_c = 4.0
    grace_min = 15                 # an excursion begins after so long out of the limits; left out: at once
    grace_k = 3.0                  # further out than this there is no grace; left out: however far
    cumulative_min = 60            # most time out of the limits in all, however often; left out: not counted
    interval_min = 10              # how often the logger measures
    most_mean_kinetic_c = 5.0      # left out: told, not judged
    activation_kj_per_mol = 83.144
    stuck_h = 24                   # so long the very same value is a doubt about the sensor
    late_h = 24                    # readings handed in later than this after their end are told as late

    [[loggers]]
    id = "https://id.gs1.org/8004/690123456LOG7"
    calibrated_until = 2027-03-31
    interval_min = 5               # left out: the profile's
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from suyuan.readers.station import config_rules as rules
from suyuan.readers.station.cold_chain.temperature import ACTIVATION_KJ_PER_MOL, COLDEST_C, HOTTEST_C
from suyuan.readers.station.config import Section, StationConfig
from suyuan.readers.station.table import Table, wrong
from suyuan.trace.errors import InvalidInput

MINUTE_S, HOUR_S = 60.0, 3600.0
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Profile:
    """The limits that goods must be kept in; times in seconds. None: that is not judged."""

    name: str
    zh: str
    en: str
    least_c: float | None = None
    most_c: float | None = None
    grace_s: float = 0.0
    grace_k: float | None = None
    cumulative_s: float | None = None
    interval_s: float = 600.0
    most_mean_kinetic_c: float | None = None
    activation_kj_per_mol: float = ACTIVATION_KJ_PER_MOL
    stuck_s: float = 24 * HOUR_S
    late_s: float = 24 * HOUR_S

    def beyond(self, value_c: float) -> float:
        """How many kelvin ``value_c`` lies outside the limits, with the sign of the side; 0 inside."""
        if self.most_c is not None and value_c > self.most_c:
            return value_c - self.most_c
        if self.least_c is not None and value_c < self.least_c:
            return value_c - self.least_c
        return 0.0

    def title(self, language: str) -> str:
        """What people call it, in ``zh`` or ``en``."""
        return (self.zh if language.startswith("zh") else self.en) or self.name


@dataclass(frozen=True, slots=True)
class Logger:
    """A measuring device of the house: its identifier as in events, and how long it may be believed."""

    id: str
    calibrated_until: date | None = None
    interval_s: float | None = None


def profile_named(known: Sequence[Profile], name: str) -> Profile:
    """The profile of that name, or one of its titles.

    Raises:
        InvalidInput: there is none.
    """
    for one in known:
        if name in {one.name, one.zh, one.en}:
            return one
    raise InvalidInput(
        "There is no temperature profile {value}; there are: {known}.",
        where="profile",
        remedy="Choose one of them, or add a table [[profiles]] to the station's file.",
        value=name[:_LONGEST_NAME],
        known=", ".join(one.name for one in known) or "-",
    )


def _profile(table: Table) -> Profile:
    cumulative = table.any_number("cumulative_min")
    return Profile(
        name=table.text("name", rules.name),
        zh=table.text("zh", rules.title, default=""),
        en=table.text("en", rules.title, default=""),
        least_c=table.any_number("least_c"),
        most_c=table.any_number("most_c"),
        grace_s=table.number("grace_min", 0.0, least=0.0) * MINUTE_S,
        grace_k=table.any_number("grace_k"),
        cumulative_s=None if cumulative is None else cumulative * MINUTE_S,
        interval_s=table.number("interval_min", 10.0, least=0.01) * MINUTE_S,
        most_mean_kinetic_c=table.any_number("most_mean_kinetic_c"),
        activation_kj_per_mol=table.number("activation_kj_per_mol", ACTIVATION_KJ_PER_MOL, least=1.0),
        stuck_s=table.number("stuck_h", 24.0, least=0.1) * HOUR_S,
        late_s=table.number("late_h", 24.0, least=0.0) * HOUR_S,
    )


def _logger(table: Table) -> Logger:
    interval = table.any_number("interval_min")
    return Logger(
        table.text("id"), table.day("calibrated_until"), None if interval is None else interval * MINUTE_S
    )


def _check_profiles(config: StationConfig) -> None:
    found = PROFILES.of(config)
    _once("profiles.name", [one.name for one in found])
    for at, one in enumerate(found):
        _check(one, f"profiles[{at}]")


def _check(one: Profile, where: str) -> None:
    least, most = one.least_c, one.most_c
    if least is None and most is None:
        raise wrong(
            f"{where}.most_c", "The profile {value} has no limit.", "Give least_c or most_c.", value=one.name
        )
    for key, value in (("least_c", least), ("most_c", most)):
        if value is not None and not COLDEST_C <= value <= HOTTEST_C:
            raise wrong(
                f"{where}.{key}",
                "{value} °C is no limit for food.",
                "Give it in degrees Celsius, from -90 to 100.",
                value=value,
            )
    if least is not None and most is not None and least >= most:
        raise wrong(f"{where}.most_c", "most_c {value} is not above least_c.", "Exchange them.", value=most)
    for key, value in (("grace_k", one.grace_k), ("cumulative_min", one.cumulative_s)):
        if value is not None and value < 0:
            raise wrong(f"{where}.{key}", "{key} cannot be negative.", "Give 0 or more.", key=key)


def _check_loggers(config: StationConfig) -> None:
    found = LOGGERS.of(config)
    _once("loggers.id", [one.id for one in found])
    for at, one in enumerate(found):
        if one.interval_s is not None and one.interval_s <= 0:
            raise wrong(
                f"loggers[{at}].interval_min",
                "{key} must be above 0.",
                "Give minutes.",
                key="interval_min",
            )


def _once(where: str, names: Sequence[str]) -> None:
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise wrong(where, "The name {value} is given twice.", "Give each its own.", value=doubled[0])


PROFILES = Section("profiles", _profile, check=_check_profiles)
LOGGERS = Section("loggers", _logger, check=_check_loggers)
