"""A program that counts nothing: the bare side of `./labo bench observabilite`. Python imports it before anything."""

from prometheus_client import Counter, Gauge, Histogram


def _rien(*_: object, **__: object) -> None:
    """In place of what a metric does."""


Counter.inc = Gauge.inc = Gauge.dec = Gauge.set = Histogram.observe = _rien  # type: ignore[method-assign]
