"""What the page asks of whoever runs the station."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from suyuan.readers.station.station import Station
from suyuan.trace.errors import SuyuanError


class Host(Protocol):
    """Runs the station of one configuration file; the agent is one."""

    @property
    def path(self) -> Path:
        """The configuration file, which may not be there yet."""
        ...

    @property
    def station(self) -> Station | None:
        """The station at work, or None."""
        ...

    @property
    def fault(self) -> SuyuanError | None:
        """Why no station is at work; None while one is, or while it starts."""
        ...

    @property
    def stopping(self) -> bool:
        """Whether the process is about to end, so that streams should too."""
        ...

    async def restart(self) -> None:
        """Take up the file as it is now; returns once the station works or ``fault`` says why not."""
        ...

    async def rest(self) -> None:
        """Let the station finish and its readers go, until :meth:`restart`; returns once they are free."""
        ...
