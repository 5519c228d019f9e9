"""Every address of the register."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from suyuan.portal.register import entering, imports, lists
from suyuan.portal.register.desk import RegisterDesk
from suyuan.portal.register.paths import HOME


def routes(desk: RegisterDesk) -> list[BaseRoute]:
    """The pages; addresses that name an act come before those that name a kind."""
    return [
        Route(HOME, lists.overview(desk), methods=["GET"]),
        Route(f"{HOME}/settings", lists.settings(desk), methods=["GET"]),
        Route(f"{HOME}/settings", lists.set_settings(desk), methods=["POST"]),
        Route(f"{HOME}/approve", lists.approve_all(desk), methods=["POST"]),
        Route(f"{HOME}/entry/{{key:path}}", entering.show(desk), methods=["GET"]),
        Route(f"{HOME}/amend/{{key:path}}", entering.amend_form(desk), methods=["GET"]),
        Route(f"{HOME}/amend/{{key:path}}", entering.amend(desk), methods=["POST"]),
        Route(f"{HOME}/withdraw/{{key:path}}", entering.withdraw(desk), methods=["POST"]),
        Route(f"{HOME}/decide/{{key:path}}", entering.decide(desk), methods=["POST"]),
        Route(f"{HOME}/document/{{key:path}}", entering.add_paper(desk), methods=["POST"]),
        Route(f"{HOME}/withdraw-document/{{key:path}}", entering.withdraw_paper(desk), methods=["POST"]),
        Route(f"{HOME}/file/{{paper}}", entering.file(desk), methods=["GET"]),
        Route(f"{HOME}/import/{{upload}}", imports.trial(desk), methods=["GET"]),
        Route(f"{HOME}/import/{{upload}}", imports.confirm(desk), methods=["POST"]),
        Route(f"{HOME}/{{kind}}", lists.listing(desk), methods=["GET"]),
        Route(f"{HOME}/{{kind}}/new", entering.new_form(desk), methods=["GET"]),
        Route(f"{HOME}/{{kind}}/new", entering.enter(desk), methods=["POST"]),
        Route(f"{HOME}/{{kind}}/import", imports.upload_form(desk), methods=["GET"]),
        Route(f"{HOME}/{{kind}}/import", imports.upload(desk), methods=["POST"]),
        Route(f"{HOME}/{{kind}}/template.{{form}}", imports.template(desk), methods=["GET"]),
        Route(f"{HOME}/{{kind}}/export.{{form}}", imports.export(desk), methods=["GET"]),
    ]
