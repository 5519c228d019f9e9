"""The Standard Business Document Header around EPCIS XML: who sends what to whom.

JSON has three plain members for it (sender, receiver, instanceIdentifier); whatever else a header says stays
in ``epcisHeader`` under its own namespace. Source: EPCIS 2.0 §9.2, UN/CEFACT SBDH 1.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suyuan.trace.epcis.envelope import PARTIES
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.xml_values import TEXT_BESIDE_MEMBERS

SBDH = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
HEADER = f"{{{SBDH}}}StandardBusinessDocumentHeader"


def header_of(shell: Mapping[str, Any]) -> dict[str, Any]:
    """The header that says no more than the three plain members of a document in JSON form.

    Its schema demands all of its elements; those that nobody told are empty. Names are under ``sbdh:``.
    """
    sender, receiver, identifier = (shell.get(name, "") for name in PARTIES)
    return {
        "sbdh:HeaderVersion": "1.0",
        "sbdh:Sender": {"sbdh:Identifier": sender},
        "sbdh:Receiver": {"sbdh:Identifier": receiver},
        "sbdh:DocumentIdentification": {
            "sbdh:Standard": "EPCglobal",
            "sbdh:TypeVersion": "1.0",
            "sbdh:InstanceIdentifier": identifier,
            "sbdh:Type": "Events",
            "sbdh:CreationDateAndTime": shell.get("creationDate", ""),
        },
    }


def parties_of(header: Any, prefix: str) -> dict[str, str]:
    """The plain members that a header in JSON form tells, its names under that prefix."""
    at: dict[str, tuple[str, ...]] = {
        "sender": ("Sender", "Identifier"),
        "receiver": ("Receiver", "Identifier"),
        "instanceIdentifier": ("DocumentIdentification", "InstanceIdentifier"),
    }
    told: dict[str, str] = {}
    for member, names in at.items():
        found: Any = header
        for name in names:
            found = found[0] if is_list(found) and found else found
            found = found.get(f"{prefix}:{name}") if is_object(found) else None
        if is_object(found):  # with the Authority that gave the identifier
            found = found.get(TEXT_BESIDE_MEMBERS)
        if isinstance(found, str) and found:
            told[member] = found
    return told
