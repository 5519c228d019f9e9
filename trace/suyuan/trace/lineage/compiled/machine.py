"""What turns functions and records into machine code, and their types."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, cached_property
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar, cast, get_args, get_type_hints, overload

import numba
import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])
Row = TypeVar("Row")
Rows = TypeVar("Rows")


def _untyped(module: str) -> Any:
    """A module of numba that tells no types."""
    return import_module(module)


_CONFIG = _untyped("numba.core.config")
_COMPILED: Any = _untyped("numba.core.registry").CPUDispatcher

Instant = Annotated[int, "i8"]
"""Whole microseconds since 1970."""
Number = Annotated[int, "i4"]
"""Of a row, a node, a statement, a name."""
Sequence = Annotated[int, "i8"]
"""The station's own order."""
Order = Annotated[int, "u8"]
"""A number without sign."""
Tiny = Annotated[int, "i1"]
Flags = Annotated[int, "u1"]
Flag = Annotated[bool, "?"]
Quantity = Annotated[float, "f8"]
"""NaN is one that nobody knows."""


class Table(Protocol[Row]):
    """Rows side by side in memory: what an array of records is to the functions that walk it."""

    @overload
    def __getitem__(self, at: int, /) -> Row: ...
    @overload
    def __getitem__(self, at: slice, /) -> Table[Row]: ...
    def __setitem__(self, at: int, row: Row, /) -> None:
        """Write a row."""
        ...

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def copy(self) -> Table[Row]:
        """The same rows elsewhere."""
        ...

    def __iter__(self) -> Iterator[Row]:
        """Every row."""
        ...


Made = np.ndarray[tuple[int], np.dtype[Any]]
"""An array as numpy knows it, with its fields by name."""


def record(row: type[object]) -> np.dtype[Any]:
    """The fields that a class declares, side by side in memory.

    What is asked of one row so lies on one or two lines of the cache.
    """
    hints = get_type_hints(row, include_extras=True)
    fields = np.dtype([(name, hint.__metadata__[0]) for name, hint in hints.items()], align=True)
    if (
        _CONFIG.DISABLE_JIT
    ):  # for finding faults: as Python, a row tells its fields by name if it is of this type
        return np.dtype((np.record, fields))
    return fields


_LINE = 64  # bytes of a line of the cache


def rows_of(kind: np.dtype[Any], size: int) -> Made:
    """Rows of zeros to be written, from the beginning of a line of the cache on.

    A row of a line's length is then one line, not two. Memory that is not written to is not taken.
    """
    raw = np.zeros(size * kind.itemsize + _LINE, dtype=np.uint8)
    begin = -raw.__array_interface__["data"][0] % _LINE
    return raw[begin : begin + size * kind.itemsize].view(kind)


def kinds(rows: type[Any]) -> dict[str, np.dtype[Any]]:
    """Of each table that a named tuple holds, what its rows are."""
    hints = get_type_hints(rows, include_extras=True)
    return {name: _kind(get_args(hint)[0]) for name, hint in hints.items()}


def _kind(row: Any) -> np.dtype[Any]:
    if row is int:
        return np.dtype("i4")
    return np.dtype(row.__metadata__[0]) if hasattr(row, "__metadata__") else record(row)


_MADE_FROM = ("records.py", "statement.py")  # constants of these stand in the machine code as well


@cache
def _store(folder: Path) -> Path | None:
    """Where machine code of a folder is kept: under a name made of everything it may have been made from.

    Numba asks only whether the file of a function has changed, and not those of the functions that it calls.
    Beside the modules if that can be written to, else among what this user keeps; None if neither can.
    """
    here = Path(__file__).parent
    folders = dict.fromkeys((here, folder))  # others are made from the tables and walks of this one
    sources = [source for one in folders for source in sorted(one.glob("*.py"))]
    digest = sha256()
    for source in (*sources, *(here.parent / name for name in _MADE_FROM)):
        digest.update(source.read_bytes())
    asked = _CONFIG.CACHE_DIR
    stores = [Path(asked)] if asked else [folder / "__pycache__"]
    with suppress(RuntimeError):  # of a user without a home
        stores.append(Path.home() / ".cache" / "suyuan")
    for store in stores:
        kept = store / f"machine-{digest.hexdigest()[:16]}"
        with suppress(OSError):
            kept.mkdir(parents=True, exist_ok=True)
            if os.access(kept, os.W_OK):
                return kept
    return None


class _Entered(_COMPILED):  # type: ignore[misc]  # numba tells no types
    """A function that Python calls. Where machine code calls it, numba is told of another, without a way in.

    For most functions, to compile a way in from Python takes longer than to compile what they do. One that
    calls itself is called by machine code only: numba takes the two for one that never ends.
    """

    @cached_property
    def called(self) -> Any:
        """What machine code calls."""
        return _made(self.py_func, no_cpython_wrapper=True, **self.options)

    @property
    def _numba_type_(self) -> Any:
        return self.called._numba_type_


def _compiled(function: Function, **options: bool) -> Function:
    made = _made(function, **options)
    if isinstance(made, _COMPILED):  # else machine code is switched off
        made.__class__ = _Entered
        made.options = options
    return cast("Function", made)


def _made(function: Callable[..., Any], *, no_cpython_wrapper: bool = False, **options: bool) -> Any:
    asked = _CONFIG.CACHE_DIR
    store = _store(Path(function.__code__.co_filename).parent)
    if store is not None:
        # Under its name and types alone, what has a way in could not be told from what has none.
        _CONFIG.CACHE_DIR = str(store / ("called" if no_cpython_wrapper else "entered"))
    try:
        compiler = cast("Callable[..., Any]", numba.njit)(
            cache=store is not None,
            nogil=True,
            no_cfunc_wrapper=True,  # a way in from C, which nobody takes
            no_cpython_wrapper=no_cpython_wrapper,
            **options,
        )
        return compiler(function)
    finally:
        _CONFIG.CACHE_DIR = asked


def walking(function: Function) -> Function:
    """``function``, compiled at its first call and kept on disk for the next process.

    It makes no arrays, and so is spared the counting of references to those it is given: with nine tables in
    every call, that counting takes longer than the walk. It runs without the interpreter's lock.
    """
    return _compiled(function, _nrt=False)


def inlined(function: Function) -> Function:
    """The same for a step that every question takes: it becomes a part of whatever calls it.

    Handing over so many tables takes longer than most steps; but what is called at many places, or is long,
    makes long code of that.
    """
    return _compiled(function, _nrt=False, forceinline=True)


def making(function: Function) -> Function:
    """The same for a function that makes arrays."""
    return _compiled(function)


Handle = Annotated[Any, "addresses"]
"""Where the tables of a named tuple are, for :func:`opening`."""
Address = Annotated[Any, "address"]
"""Where a handle is: what machine code takes fastest."""


def readable(rows: Rows) -> Rows:
    """The named tuple ``rows`` as walking functions read it: another view of it where none is compiled."""
    if not _CONFIG.DISABLE_JIT:
        return rows
    views = [one.view(np.recarray) if isinstance(one, np.ndarray) else one for one in cast("Any", rows)]
    return type(rows)(*views)


def handle(tables: Any) -> Handle:
    """The addresses and lengths of ``tables``, to be kept no longer than these."""
    if _CONFIG.DISABLE_JIT:
        return readable(tables)
    told = [(table.__array_interface__["data"][0], len(table)) for table in tables]
    return np.array(told, dtype=np.int64).reshape(-1)


def address(told: Handle) -> Address:
    """Where a :func:`handle` is, for as long as that is kept.

    Handing over twenty arrays to machine code takes 4 µs, one 0.1 µs, a number 0.02 µs.
    """
    return told if _CONFIG.DISABLE_JIT else told.__array_interface__["data"][0]


def opening(rows: type[Any]) -> Callable[[Address], Any]:
    """A function for machine code that makes the named tuple ``rows`` of the address of its handle."""
    if _CONFIG.DISABLE_JIT:
        return lambda tables: tables
    types, arrays_of = _untyped("numba.core.types"), _untyped("numba.np.arrayobj")
    arrays = [types.Array(numba.from_dtype(kind), 1, "C") for kind in kinds(rows).values()]
    whole = types.NamedTuple(arrays, rows)

    @_untyped("numba.extending").intrinsic  # type: ignore[untyped-decorator]  # numba tells no types
    def opened(_: Any, told: Any) -> Any:
        def write(context: Any, builder: Any, __: Any, values: Any) -> Any:
            words = builder.inttoptr(values[0], context.get_value_type(types.intp).as_pointer())

            def word(number: int) -> Any:
                return builder.load(builder.gep(words, [context.get_constant(types.intp, number)]))

            made: list[Any] = []
            for number, kind in enumerate(arrays):
                array = arrays_of.make_array(kind)(context, builder)
                size = context.get_constant(
                    types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype))
                )
                arrays_of.populate_array(
                    array,
                    data=builder.inttoptr(word(2 * number), array.data.type),
                    shape=[word(2 * number + 1)],
                    strides=[size],
                    itemsize=size,
                    meminfo=None,
                )
                made.append(array._getvalue())  # noqa: SLF001 (the way numba itself does it)
            return context.make_tuple(builder, whole, made)

        return whole(told), write

    return cast("Callable[[Address], Any]", opened)


def _fetching() -> Callable[[Any, int], None]:
    if _CONFIG.DISABLE_JIT:
        return lambda _table, _row: None
    types, arrays_of, ir = (
        _untyped(name) for name in ("numba.core.types", "numba.np.arrayobj", "llvmlite.ir")
    )

    @_untyped("numba.extending").intrinsic  # type: ignore[untyped-decorator]  # numba tells no types
    def fetched(_: Any, table: Any, _row: Any) -> Any:
        def write(context: Any, builder: Any, __: Any, values: Any) -> Any:
            number, byte = ir.IntType(32), ir.IntType(8).as_pointer()
            kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
            prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
            rows = arrays_of.make_array(table)(context, builder, values[0]).data
            first = builder.bitcast(builder.gep(rows, [values[1]]), byte)
            size = context.get_abi_sizeof(context.get_data_type(table.dtype))
            last = builder.gep(first, [context.get_constant(types.intp, size - 1)])
            to_read, and_kept, as_data = (ir.Constant(number, value) for value in (0, 3, 1))
            # A row may lie on two lines of the cache; one of a line's length begins with it (`rows_of`).
            for part in (first,) if size == _LINE else (first, last):
                builder.call(prefetch, [part, to_read, and_kept, as_data])
            return context.get_dummy_value()

        return types.void(table, types.intp), write

    return cast("Callable[[Any, int], None]", fetched)


fetch = _fetching()
"""Has a row of a table brought from memory, without waiting for it; one that is not there does no harm."""
