"""Lineage as tables of the store, and the engine that answers from them (decision 0026).

A question reads what it can reach, hop by hop, into small tables, and the walk of
:mod:`suyuan.trace.lineage.compiled` answers over these.
"""

from suyuan.trace.store.lineage.tracer import SqlTracer
from suyuan.trace.store.lineage.writing import LineageNewer, forget, write

__all__ = ["LineageNewer", "SqlTracer", "forget", "write"]
