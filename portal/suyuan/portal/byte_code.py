"""The byte code of templates, kept from one start to the next: to compile them takes longer than the rest.

Whoever writes byte code that we read runs in our name. So it is read from a folder only that is our own and
that nobody else may enter; where there is none, templates are compiled at each start.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from importlib.util import cache_from_source
from pathlib import Path
from pickle import UnpicklingError

from jinja2 import BytecodeCache, FileSystemBytecodeCache
from jinja2.bccache import Bucket


class KeptByteCode(FileSystemBytecodeCache):
    """Jinja's own cache, where a file that is torn or cannot be kept is as good as none."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill ``bucket``, unless nothing was kept of just this source."""
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, ValueError, UnpicklingError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what is in ``bucket``; a full or closed disk only costs the next start its second."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def byte_code(made_by: Path) -> BytecodeCache | None:
    """What was kept of the templates that the module ``made_by`` compiles; None if nothing may be kept.

    It lies where Python keeps the byte code of that module, else among what this user keeps. Its name changes
    with the module, with Python and with Jinja: each may compile the same source to something else.
    """
    if sys.dont_write_bytecode:
        return None
    made_of = sha256(made_by.read_bytes() + version("jinja2").encode()).hexdigest()[:16]
    places = [Path(cache_from_source(str(made_by))).parent]
    with suppress(RuntimeError):  # of a user without a home
        places.append(Path.home() / ".cache" / "suyuan")
    return kept_in(place / f"templates-{sys.implementation.cache_tag}-{made_of}" for place in places)


def kept_in(folders: Iterable[Path]) -> BytecodeCache | None:
    """The first of ``folders`` that is there, or can be made, and is nobody's but ours."""
    for folder in folders:
        with suppress(OSError):
            folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
            found = folder.lstat()
            ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
            if ours and not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                return KeptByteCode(str(folder))
    return None
