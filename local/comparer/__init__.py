"""`./labo comparer`: both styles under the same load, healthy and broken, and one report of it.

`phases` drives a platform of its own, `releves` reads what it says of itself, `donnees` is what was measured (and is
written as it is), `synthese` every number that the report shows, computed from the former alone; `figures` draws, in an
environment of its own, and `rapport` writes the page.
"""
