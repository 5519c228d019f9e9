"""GraphML: things, places and containers as nodes, steps as edges, for programs that analyse graphs."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import Any

from suyuan.api.incident.exports.subject import Subject
from suyuan.trace.epcis.xml_elements import carried


def graphml_of(subject: Subject) -> bytes:
    """The graph of a trace; what it is of stands in the attributes of the graph itself."""
    networkx: Any = import_module("networkx")  # typed in part only; a sixth of a second that few starts need
    graph = networkx.MultiDiGraph()
    for name, value in subject.about():
        graph.graph[name.removeprefix("export.")] = carried(value)
    trace = subject.trace
    subject.know([state.key for state in trace.states])
    for state in trace.states:
        told = graph.nodes.get(state.key)
        if told is None:
            graph.add_node(state.key, **_node(subject, state.key, state))
        elif state.certainty == "certain":
            told["certainty"] = "certain"
    for edge in trace.edges:
        for key in (edge.source, edge.target):
            if key not in graph:  # beyond what is in sight, or a place that is only led to
                graph.add_node(key, kind="other")
        graph.add_edge(
            edge.source,
            edge.target,
            kind=edge.kind,
            certainty=edge.certainty,
            basis=edge.basis,
            from_time=_time(edge.from_time),
            to_time=_time(edge.to_time),
            evidence=" ".join(edge.evidence),
        )
    out = BytesIO()
    networkx.write_graphml(networkx.relabel_nodes(graph, carried), out)
    return out.getvalue()


def _node(subject: Subject, key: str, state: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": state.kind,
        "name": carried(subject.name(key)),
        "certainty": state.certainty,
        "carrier": state.carrier,
        "suspect": any(one.key == key for one in subject.trace.suspects),
        "from_time": _time(state.from_time),
        "to_time": _time(state.to_time),
        "count": state.count,
        "last": state.last or "",
    }
    if state.hold is not None:
        told |= {"hold": float(state.hold.quantity), "uom": state.hold.uom or "H87"}
    if state.contaminated is not None:
        told |= {"contaminated_min": float(state.contaminated.min)}
        told |= {"contaminated_max": float(state.contaminated.max)}
    if state.where_now is not None:
        told |= {"status": state.where_now.status, "place": carried(state.where_now.place or "")}
    return told


def _time(moment: Any) -> str:
    return "" if moment is None else str(moment.isoformat()).replace("+00:00", "Z")
