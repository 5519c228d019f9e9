"""What can go wrong with a station's own memory.

::

    SuyuanError
    ├── Unavailable
    │   └── OutboxUnavailable   503  the disk is full or failing: the step must stop, nothing was acknowledged
    └── Conflict
        ├── OutboxDamaged       409  the file is corrupt: it is set aside, never silently made anew
        ├── OutboxForeign       409  the file is another station's
        └── OutboxTaken         409  another process works in this data folder
"""

from __future__ import annotations

from suyuan.trace.errors import Conflict, Unavailable


class OutboxUnavailable(Unavailable):
    """The outbox cannot store now (disk full, I/O error); what was to be stored is not acknowledged."""

    code = "outbox-unavailable"
    title = "The station cannot store records"


class OutboxDamaged(Conflict):
    """The outbox file is corrupt and was set aside, or is missing where one was set aside."""

    code = "outbox-damaged"
    title = "The station's outbox is damaged"


class OutboxForeign(Conflict):
    """The data folder holds the outbox of another station."""

    code = "outbox-foreign"
    title = "The outbox belongs to another station"


class OutboxTaken(Conflict):
    """Two processes on one data folder would break the station's sequence."""

    code = "outbox-taken"
    title = "The data folder is in use"
