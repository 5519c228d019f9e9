"""Bits of tag memory, read and written from the left."""

from __future__ import annotations

from suyuan.trace.gs1.errors import EncodingError, TagError, shown

READ_AGAIN = "Read the tag again; if it says the same, encode it anew or take it out of use."


class Bits:
    """A cursor over the bits of ``data``. Every fault it tells names the bits and the part that holds it."""

    __slots__ = ("at", "data", "size", "value")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data) * 8
        self.value = int.from_bytes(data)
        self.at = 0

    @property
    def left(self) -> int:
        """How many bits are not read yet."""
        return self.size - self.at

    @property
    def rest(self) -> int:
        """The bits that are not read yet, as a number."""
        return self.value & ((1 << (self.size - self.at)) - 1)

    def take(self, count: int, where: str) -> int:
        """The next ``count`` bits as a number. Raises :class:`TagError` where there are fewer."""
        end = self.at + count
        if end > self.size:
            raise self.fault(
                "The tag holds {bits}: {needed} bits are needed, there are {found}.",
                where=where,
                needed=end,
                found=self.size,
            )
        self.at = end
        return (self.value >> (self.size - end)) & ((1 << count) - 1)

    def fault(self, template: str, *, where: str, remedy: str = READ_AGAIN, **fields: object) -> TagError:
        """The error that ``template`` tells; its field ``bits`` is the memory in hexadecimal."""
        return TagError(template, where=where, remedy=remedy, bits=shown(self.data.hex().upper()), **fields)


class Memory:
    """Bits to be written. ``key`` and ``scheme`` are what a fault names."""

    __slots__ = ("key", "scheme", "size", "value")

    def __init__(self, key: str, scheme: str) -> None:
        self.key = key
        self.scheme = scheme
        self.value = 0
        self.size = 0

    def put(self, number: int, count: int) -> None:
        """``number`` in ``count`` bits; the caller knows that it fits."""
        self.value = self.value << count | number
        self.size += count

    def padded_to(self, unit: int) -> tuple[int, int]:
        """Value and size with zeros up to a whole number of ``unit`` bits."""
        size = (self.size + unit - 1) // unit * unit
        return self.value << (size - self.size), size

    def fault(self, template: str, *, where: str, remedy: str, **fields: object) -> EncodingError:
        """The error that ``template`` tells about ``key`` and ``scheme``."""
        return EncodingError(
            template, where=where, remedy=remedy, key=shown(self.key), scheme=self.scheme or "EPC", **fields
        )
