"""The rules of `regles` hold in every file, and each is seen failing on a planted violation."""

from __future__ import annotations

import pytest

from tests.architecture import regles
from tests.architecture.regles import REGLES, Fichier, Regle, fichiers_suivis


@pytest.mark.parametrize("regle", REGLES, ids=lambda regle: regle.__name__)
def test_every_file_obeys(regle: Regle) -> None:
    fautives = [f"{fichier.chemin}:{ligne}" for fichier in fichiers_suivis() for ligne in regle(fichier)]
    assert fautives == [], f"{regle.__doc__}"


VUE = "service-x/x/interfaces/vues.py"
DOMAINE = "service-x/x/domain/prix.py"

# (rule, path, source that breaks it, source beside it that does not)
VIOLATIONS = [
    (regles.sans_signaux, "service-x/x/apps.py", "from django.db.models.signals import post_save", "import signal"),
    (
        regles.sans_signaux,
        "socle/src/socle/a.py",
        "from django.dispatch import receiver",
        "from django.db import models",
    ),
    (
        regles.sans_signaux,
        "socle/src/socle/a.py",
        "from django.db.models import signals",
        "from django.db.models import Q",
    ),
    (
        regles.sans_logique_dans_save,
        "service-x/x/infrastructure/models.py",
        "class A(models.Model):\n    def save(self, **kw): self.total = 1; super().save(**kw)",
        "class A(models.Model):\n    total = models.IntegerField()",
    ),
    (
        regles.sans_erreur_avalee,
        "local/a.py",
        "try:\n    f()\nexcept Exception:\n    pass",
        "try:\n    f()\nexcept KeyError:\n    pass",
    ),
    (regles.sans_erreur_avalee, "tests/a.py", "try:\n    f()\nexcept:\n    ...", "try:\n    f()\nexcept:\n    raise"),
    (
        regles.vues_en_trois_instructions,
        VUE,
        "class V:\n    def post(self, r):\n        a = 1\n        if a:\n            b = 2\n        return a",
        'class V:\n    def post(self, r):\n        """Doc."""\n        a = 1\n        b = 2\n        return a',
    ),
    (regles.sans_runserver, "labo", "exec python manage.py " + "runserver", "exec gunicorn"),
    (regles.sans_hote_de_registre, "requirements.lock", "--index-url https://" + "pypi" + ".org/simple", "django==5.2"),
    (regles.sans_secret, "kong/kong.yml", f"key: {regles._CLE_DU_LABO}", "key: ${KONG_KEY}"),
    (regles.sans_secret, "local/a.py", "API_KEY = 'a8f5f167f44f4964'", "API_KEY = os.environ['API_KEY']"),
    (regles.sans_secret, "service-x/x/settings.py", "f(password='azerty123')", "f(password=config.password)"),
    (regles.sans_reste_a_faire, "README.md", "TO" + "DO: finish", "Everything to do is done."),
    (
        regles.sans_attente_aveugle,
        "service-x/tests/unit/test_a.py",
        "def test_a():\n    time.sleep(1)",
        "def attendre():\n    while not f():\n        time.sleep(0.01)",
    ),
    (regles.argent_exact, DOMAINE, "TAUX = 0.15", "TAUX = Decimal('0.15')"),
    (regles.argent_exact, DOMAINE, "def f(prix: float) -> None: ...", "def f(prix: Decimal) -> None: ..."),
    (regles.argent_exact, DOMAINE, "total = float(prix)", "DELAI_S = 0.5"),
]


@pytest.mark.parametrize(("regle", "chemin", "fautive", "permise"), VIOLATIONS)
def test_a_planted_violation_is_seen(regle: Regle, chemin: str, fautive: str, permise: str) -> None:
    assert list(regle(Fichier(chemin, fautive))) != []
    assert list(regle(Fichier(chemin, permise))) == []


def test_every_rule_has_a_planted_violation() -> None:
    assert {regle for regle, *_ in VIOLATIONS} == set(REGLES)
