"""A device for tests: it makes a key, enrols, and signs its requests as a phone or station does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import ECKey
from starlette.testclient import TestClient


@dataclass
class Enrolled:
    """``now`` is its own clock; ``boot`` names the run of its program."""

    client: TestClient
    audience: str
    now: datetime
    kind: str = "phone"
    boot: str = "boot-1"
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    id: str = ""

    def enrol(self, code: str, /, **changed: Any) -> Any:
        canonical = code.rpartition("#")[2].replace("-", "")
        asked = {
            "code": code,
            "kind": self.kind,
            "public_key": self.key.as_dict(private=False),
            "proof": self.signed("suyuan-enrolment+jws", canonical.encode()),
        }
        answer = self.client.post("/enrol", json={**asked, **changed})
        if answer.status_code == 201:
            self.id = answer.json()["device"]
        return answer

    def signed(self, kind: str, payload: bytes) -> str:
        return jws.serialize_compact({"alg": "ES256", "typ": kind}, payload, self.key)

    def token(self, **changed: Any) -> str:
        issued = int(self.now.timestamp())
        claims = {"iss": self.id, "aud": self.audience, "iat": issued, "exp": issued + 300, "boot": self.boot}
        told = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return self.signed("suyuan-device+jwt", orjson.dumps(told))

    def get(self, path: str, **params: str) -> Any:
        return self.client.get(path, params=params, headers={"Authorization": f"Bearer {self.token()}"})

    def post(self, path: str, content: Any, **headers: str) -> Any:
        return self.client.post(
            path,
            content=content if isinstance(content, bytes) else orjson.dumps(content),
            headers={
                "Authorization": f"Bearer {self.token()}",
                "Content-Type": "application/json",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
