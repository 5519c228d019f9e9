"""What every driver shares that writes the links of NFC tags."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from suyuan.readers.blocking import BlockingReader
from suyuan.readers.tags.access import (
    LinkTag,
    TagAccess,
    clear_link,
    read_link,
    renew_link,
    sign_link,
    write_link,
)
from suyuan.trace.sun import SignedBefore, SunKeys


class LinkReader(BlockingReader):
    """A reader of NFC tags over a library that blocks: one deed on one tag at a time, in its thread."""

    @abstractmethod
    def _on_tag(self, deed: Callable[[TagAccess], LinkTag]) -> LinkTag:
        """In the thread: do something with the one tag that lies there.

        Raises:
            TagLost: there is none, or it left.
            SeveralTags: it is not clear which one is meant.
        """

    async def read_link(self) -> LinkTag:
        """The one tag in the field with its link; see :meth:`Reader.read_link`."""
        return await self._ask(lambda: self._on_tag(read_link))

    async def write_link(
        self, link: str, *, lock: bool = False, overwrite: bool = False, keys: SunKeys | None = None
    ) -> LinkTag:
        """Write the one tag in the field; see :meth:`Reader.write_link`."""
        return await self._ask(
            lambda: self._on_tag(lambda tag: write_link(tag, link, lock=lock, overwrite=overwrite, keys=keys))
        )

    async def renew_link(
        self, chip: bytes, before: str, after: str, *, keys: SunKeys | None = None
    ) -> LinkTag:
        """Exchange the link of the one tag in the field; see :meth:`Reader.renew_link`."""
        return await self._ask(
            lambda: self._on_tag(lambda tag: renew_link(tag, chip, before, after, keys=keys))
        )

    async def sign_link(
        self,
        link: str,
        keys: SunKeys,
        *,
        overwrite: bool = False,
        signed_before: SignedBefore | None = None,
    ) -> LinkTag:
        """Let the one tag in the field sign; see :meth:`Reader.sign_link`."""
        return await self._ask(
            lambda: self._on_tag(
                lambda tag: sign_link(tag, link, keys, overwrite=overwrite, signed_before=signed_before)
            )
        )

    async def clear_link(self) -> LinkTag:
        """Empty the one tag in the field; see :meth:`Reader.clear_link`."""
        return await self._ask(lambda: self._on_tag(clear_link))
