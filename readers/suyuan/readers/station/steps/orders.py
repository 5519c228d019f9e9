"""Whether an order can be carried out at all, before anything is read."""

from __future__ import annotations

from urllib.parse import quote

from suyuan.readers.station.identity import Identities
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.steps.procedure import Procedure
from suyuan.trace.errors import InvalidInput

_GTIN = range(8, 15)


def check(order: Order, procedure: Procedure, identities: Identities) -> None:
    """See that the order can be carried out by ``procedure``.

    Raises:
        InvalidInput: ``where`` names the field of the order that is wrong.
    """
    product = order.product
    if product is not None and not _is_product(product, identities):
        raise unfit("product", "{value} is no GTIN.", "Give 8 to 14 digits.", product)
    if order.lot is not None and (not order.lot or order.product is None):
        raise unfit("lot", "The lot {value} has no product.", "Name the product too.", order.lot)
    for name, epcs in _named(order):
        for epc in epcs:
            identities.from_text(epc)
            if name != "expected" and identities.from_text(epc).kind in {"lot", "product"}:
                raise unfit(name, "{value} is a class.", "Give it as a quantity element.", epc)
    if order.typed and not _says_something(order, procedure):
        raise unfit(
            "epcs", "The order {value} names nothing.", "Name objects or quantities.", str(order.step)
        )
    if procedure.uses and order.transformation_id is None:
        _check_both_sides(order)
    wanted = procedure.particulars
    if order.particulars is not None and (wanted is None or not isinstance(order.particulars, wanted)):
        raise unfit(
            "particulars",
            "The step {value} does not take these particulars.",
            f"It takes {'none' if wanted is None else wanted.__name__}.",
            str(order.step),
        )


def _check_both_sides(order: Order) -> None:
    inputs = order.inputs or order.input_epcs or not (order.typed or order.reads_outputs)
    outputs = order.outputs or order.output_epcs or (order.reads_outputs and not order.typed)
    if not (inputs and outputs):
        raise unfit(
            "transformation_id",
            "A transformation without inputs or without outputs needs {value}.",
            "Give a transformation_id, or both sides.",
            "a transformationID",
        )


def _named(order: Order) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("epcs", order.epcs),
        ("expected", order.expected or ()),
        ("parent", (order.parent,) if order.parent else ()),
        ("input_epcs", order.input_epcs),
        ("output_epcs", order.output_epcs),
    )


def _says_something(order: Order, procedure: Procedure) -> bool:
    if procedure.uses:
        return bool(order.inputs or order.outputs or order.input_epcs or order.output_epcs)
    return bool(order.epcs or order.quantities or (order.step is Step.UNPACK and order.parent))


def unfit(where: str, template: str, remedy: str, value: str) -> InvalidInput:
    """The error that names ``where`` as the field of the order at fault."""
    return InvalidInput(template, where=where, remedy=remedy, value=value)


def lot_key_of(order: Order, identities: Identities) -> str | None:
    """The canonical key of the lot that the order names, if it names one."""
    if order.product is None or order.lot is None:
        return None
    lot = quote(order.lot, safe="")
    if not is_gtin(order.product):
        return identities.from_text(f"{order.product}/lot/{lot}").key
    return identities.from_text(f"https://id.gs1.org/01/{order.product.zfill(14)}/10/{lot}").key


def is_gtin(product: str) -> bool:
    """Whether it is written as a GTIN, and not as the key of an own code."""
    return product.isascii() and product.isdigit() and len(product) in _GTIN


def _is_product(product: str, identities: Identities) -> bool:
    """A GTIN, or the key of a product that a platform gave a code to."""
    if is_gtin(product):
        return True
    if "/own/product/" not in product:
        return False
    return identities.from_text(product).key == product and identities.from_text(product).kind == "product"
