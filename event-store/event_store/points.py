"""Fault points of the event store, in the catalogue of `socle.points`."""

from socle.points import Point, declarer

POINTS = declarer(
    Point("event_store.avant_ajout", "the batch is valid, nothing is appended"),
    Point("event_store.apres_ajout", "the batch is appended and committed, the audit worker has no answer"),
    Point("event_store.projection.avant_position", "the projection's rows are written, its position is not"),
    Point("event_store.reconstruction.avant_bascule", "the new generation is filled, the old one is still served"),
    Point("event_store.archive.avant_detachement", "the month's file is verified, the month is still in the database"),
)
