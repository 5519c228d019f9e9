"""Scores in JSON, in the words of FoodChain-Lab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suyuan.trace.incident.scores import Score, Scores


def scores_json(scores: Scores, *, lots: bool = False) -> dict[str, Any]:
    """``{"stations": {id: {…}}, "deliveries": {id: {…}}}``, each score with its six members.

    With ``lots``, stations tell ``maximum_lot`` too (null where they sent nothing), and ``lots`` the score of
    each lot.
    """
    stations = _all(scores.stations)
    shown: dict[str, Any] = {"stations": stations, "deliveries": _all(scores.deliveries)}
    if lots:
        for name, members in stations.items():
            members["maximum_lot"] = scores.maximum_lot.get(name)
        shown["lots"] = dict(scores.lots)
    return shown


def _all(scores: Mapping[str, Score]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "score": one.score,
            "normalized": one.normalized,
            "positive": one.positive,
            "negative": one.negative,
            "forward": one.forward,
            "backward": one.backward,
        }
        for name, one in scores.items()
    }
