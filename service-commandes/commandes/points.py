"""Fault points of this service, in the catalogue of `socle.points`."""

from socle.points import Point, declarer

POINTS = declarer(
    Point("vente.apres_intention", "the sale of one product is decided and recorded, its stock is not asked for"),
    Point("vente.apres_reservation", "the stock of the sale is held, the sale does not show yet"),
    Point("annulation.apres_demande", "the cancellation is recorded, the stock is not released"),
    Point("annulation.apres_liberation", "the stock is released, the sale is still active"),
)
