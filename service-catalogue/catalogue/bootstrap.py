"""The only place that chooses adapters."""

from django.db import transaction

from catalogue.application.ajouter import Ajouter
from catalogue.application.consulter import Consulter
from catalogue.application.modifier import Modifier
from catalogue.infrastructure.lectures import LecturesPostgres
from catalogue.infrastructure.produits import ProduitsPostgres

_lectures = LecturesPostgres()
_produits = ProduitsPostgres()

ajouter = Ajouter(_produits, _lectures, transaction.atomic)
consulter = Consulter(_lectures)
modifier = Modifier(_produits, _lectures, transaction.atomic)
