"""Concrete tables for the engine's tests, created by the fixture `tables` (no service, no migration)."""

from django.db import models

from socle.saga.models import EvenementSaga, ProprietaireSaga, SagaDurable


class Saga(SagaDurable):
    class Meta(SagaDurable.Meta):
        app_label = "temoin"
        db_table = "essai_sagas"
        managed = False


class Evenement(EvenementSaga):
    saga = models.ForeignKey(Saga, models.CASCADE, db_index=False)

    class Meta:
        app_label = "temoin"
        db_table = "essai_evenements"
        managed = False
        constraints = (models.UniqueConstraint(fields=["saga", "numero"], name="essai_evenement_numero"),)


class Proprietaire(ProprietaireSaga):
    class Meta:
        app_label = "temoin"
        db_table = "saga_proprietaires"
        managed = False
