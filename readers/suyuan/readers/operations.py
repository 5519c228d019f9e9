"""What some readers can do beside telling what they see: outputs, tags' memory, links, texts from outside.

None of them is owed: a driver that has an operation overrides it and says so in its ``Capabilities``.
"""

from __future__ import annotations

from collections.abc import Mapping

from suyuan.readers.errors import UnsupportedOperation
from suyuan.readers.tags.access import LinkTag
from suyuan.readers.tags.gen2 import Bank, Lock, LockField
from suyuan.trace.sun import SignedBefore, SunKeys


class Operations:
    """The optional operations of a reader, each refused until a driver overrides it."""

    name: str
    """The reader's, for errors."""

    async def set_gpo(self, port: int, *, high: bool) -> None:
        """Switch a general-purpose output (a lamp, a buzzer).

        Raises:
            UnsupportedOperation: this reader has no outputs.
        """
        raise self._unsupported("set output {port} to {high}", port=port, high=high)

    # UHF tags are named by the EPC that they carry, and by ``tid``, the id of the chip, where it is known:
    # then nothing can be done to another tag that carries the same EPC. ``password``: the access password.

    async def read_memory(
        self, epc: bytes, bank: Bank, offset: int, words: int, *, password: int = 0, tid: bytes | None = None
    ) -> bytes:
        """Words of 16 bits from a memory bank of a tag.

        Raises:
            UnsupportedOperation: this driver cannot read tag memory.
            TagLost: no such tag answers, or it left first.
            SeveralTags: more than one tag carries this EPC, and ``tid`` is not given.
            TagTooSmall: the bank ends before.
            TagLocked, TagPasswordRefused: a password that is locked; another access password.
        """
        del password, tid  # only those who can read look at them
        raise self._unsupported(
            "read {words} words at {offset} of bank {bank} of {epc}",
            words=words,
            offset=offset,
            bank=int(bank),
            epc=epc.hex(),
        )

    async def write_memory(
        self, epc: bytes, bank: Bank, offset: int, data: bytes, *, password: int = 0, tid: bytes | None = None
    ) -> None:
        """Write words into a memory bank other than the EPC's, read them back and compare.

        Raises:
            UnsupportedOperation: this driver cannot write tags.
            TagLost: no such tag answers, or it left first: its memory may be half old, half new.
            TagWriteError: the tag refuses, or does not say afterwards what was written.
            SeveralTags, TagTooSmall, TagLocked, TagPasswordRefused: as for :meth:`read_memory`.
        """
        del data, password, tid
        raise self._unsupported(
            "write at {offset} of bank {bank} of {epc}", offset=offset, bank=int(bank), epc=epc.hex()
        )

    async def write_epc(self, epc: bytes, new: bytes, *, password: int = 0, tid: bytes | None = None) -> None:
        """Give the tag that now has ``epc`` the EPC ``new``, length bits included, read it back and compare.

        Raises:
            UnsupportedOperation: this driver cannot write tags.
            TagLost: no such tag answers, or it left first: its EPC may be half old, half new.
            TagWriteError: the tag refuses, or does not have the EPC afterwards.
            SeveralTags, TagTooSmall, TagLocked, TagPasswordRefused: as for :meth:`read_memory`.
        """
        del password, tid
        raise self._unsupported("write {new} into {epc}", epc=epc.hex(), new=new.hex())

    async def lock_tag(
        self, epc: bytes, locks: Mapping[LockField, Lock], *, password: int = 0, tid: bytes | None = None
    ) -> None:
        """Lock or unlock parts of a tag, all at once; a locked one is written with the access password only.

        Raises:
            UnsupportedOperation: this driver cannot lock tags.
            TagLocked: a part is locked or unlocked for ever already.
            TagPasswordRefused: the tag has another access password.
            TagLost, SeveralTags, TagWriteError: as for :meth:`write_epc`.
        """
        del password, tid
        raise self._unsupported(
            "lock {parts} of {epc}", parts=", ".join(str(each) for each in locks), epc=epc.hex()
        )

    async def kill_tag(self, epc: bytes, password: int, *, tid: bytes | None = None) -> None:
        """Silence a tag for ever; ``password`` is its kill password, which cannot be 0.

        Raises:
            UnsupportedOperation: this driver cannot kill tags.
            TagPasswordRefused: the tag has another kill password, or none.
            TagLost, SeveralTags, TagWriteError: as for :meth:`write_epc`.
        """
        del password, tid
        raise self._unsupported("kill {epc}", epc=epc.hex())

    async def read_link(self) -> LinkTag:
        """The one tag in the field with its link (empty where it has none).

        Raises:
            UnsupportedOperation: this driver knows no tags with links.
            TagLost: there is no tag, or it left first.
            SeveralTags: it is not clear which one is meant.
        """
        raise self._unsupported("read links on tags")

    async def write_link(
        self, link: str, *, lock: bool = False, overwrite: bool = False, keys: SunKeys | None = None
    ) -> LinkTag:
        """Write ``link`` on the one tag in the field, read it back and compare; then lock it, if told to.

        With ``keys`` it gets a password that only they know, and is written again only with them.

        Raises:
            UnsupportedOperation: this driver cannot write links, or this tag be locked or have a password.
            TagLost: there is no tag, or it left first; it is then as before, empty, or complete.
            SeveralTags: it is not clear which one is meant.
            TagTaken: the tag names another object, and ``overwrite`` is not given.
            TagTooSmall, TagLocked, TagUnsupported, TagWriteError: see there.
        """
        del lock, overwrite, keys  # only those who can write look at them
        raise self._unsupported("write the link {link} on tags", link=link)

    async def renew_link(
        self, chip: bytes, before: str, after: str, *, keys: SunKeys | None = None
    ) -> LinkTag:
        """Write ``after`` in place of ``before`` on the one tag in the field, whose number is ``chip``.

        ``keys`` show it the password that it has of them. See :func:`suyuan.readers.tags.access.renew_link`.

        Raises:
            UnsupportedOperation: this driver cannot write links.
            TagTaken: another tag lies there, or it says something else by now; nothing was written.
            TagLost: there is no tag, or it left first; it may say something between the two.
            SeveralTags, TagLocked, TagTooSmall, TagUnsupported: nothing was written.
            TagWriteError: the tag refuses, or does not say afterwards what was written.
        """
        del chip, before, keys
        raise self._unsupported("write the link {link} on tags", link=after)

    async def sign_link(
        self,
        link: str,
        keys: SunKeys,
        *,
        overwrite: bool = False,
        signed_before: SignedBefore | None = None,
    ) -> LinkTag:
        """Make the one tag in the field sign each tap of ``link`` under ``keys``, then tap it and verify.

        A tag that was ``signed_before`` has to have the keys of then; see :mod:`suyuan.trace.sun.signed`.

        Raises:
            UnsupportedOperation: this driver, or this kind of tag, cannot.
            TagLost: there is no tag, or it left first: it is finished when it is laid down again.
            SeveralTags: it is not clear which one is meant.
            TagTaken: it names another object and ``overwrite`` is not given, its keys are not ours, or it
                signs another link with the newest ones.
            TagTooSmall, TagUnsupported, TagWriteError, ProtocolError: see there.
        """
        del keys, overwrite, signed_before  # only those who can write look at them
        raise self._unsupported("let tags sign the link {link}", link=link)

    async def clear_link(self) -> LinkTag:
        """Take the message off the one tag in the field, and see that it is gone.

        Raises:
            UnsupportedOperation: this driver cannot write tags.
            TagLost, SeveralTags, TagLocked, TagUnsupported, TagWriteError: as for :meth:`write_link`.
        """
        raise self._unsupported("empty tags")

    def push(self, text: str, antenna: int = 1) -> None:
        """Let the reader see ``text``, typed or scanned by other means, as if a device had read it.

        Raises:
            UnsupportedOperation: this reader is fed by its device alone.
            TransientConnectionError: the reader is not connected, so that nobody would hear of it.
        """
        del antenna
        raise self._unsupported("take the text {text!a} from outside", text=text)

    def _unsupported(self, deed: str, **fields: str | int) -> UnsupportedOperation:
        return UnsupportedOperation(
            f"The reader {{reader}} cannot {deed}.", where=self.name, remedy="", reader=self.name, **fields
        )
