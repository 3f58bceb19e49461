"""Fault points of this service, in the catalogue of `socle.points`."""

from socle.points import Point, declarer

POINTS = declarer(Point("temoin.ajoute", "the row is written, nothing is committed"))
