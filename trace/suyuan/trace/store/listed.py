"""Many texts as one parameter of a statement: a database takes only so many of these, and of terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Select, Text, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def listed(texts: Iterable[str]) -> Select[Any]:
    """The texts as rows, for ``column.in_``; none may hold NUL."""
    rows = _Listed(literal(orjson.dumps(sorted(texts)).decode(), Text)).table_valued("value")
    return select(rows.c.value).correlate(None)


class _Listed(FunctionElement[Any]):
    """The texts of a JSON array as rows."""

    name = "listed"
    inherit_cache = True


@compiles(_Listed, "sqlite")
def _on_sqlite(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Listed, "postgresql")
def _on_postgresql(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json))"
