"""The table of components, the secrets and the places derived from it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local import coffre, composants, programmes
from local.lieux import RACINE, Lieux, depuis_environnement
from local.processus import ErreurLabo, ligne_de_lancement
from socle.evenements.flux import GROUPES


def test_ports_are_those_of_the_contract_and_shift_together() -> None:
    attendus = {
        "postgres": 5434,
        "redis": 6379,
        "gateway": 8080,
        "gateway-etat": 8081,
        "prometheus": 9090,
        "catalogue-1": 8001,
        "catalogue-2": 8006,
        "catalogue-3": 8007,
        "inventaire": 8002,
        "commandes": 8003,
        "supply-chain": 8004,
        "ecommerce": 8005,
        "saga-1": 8009,
        "saga-2": 8010,
        "event-store": 7010,
        "magasin": 8000,
        "worker-notification": 9100,
        "worker-audit": 9101,
        "worker-stock-reservation": 9102,
        "worker-order-creation": 9103,
        "worker-stock-compensation": 9104,
        "worker-cqrs-projection": 9105,
        "ecommerce-fond": 9106,
        "saga-reprise-1": 9107,
        "saga-reprise-2": 9108,
        "supply-chain-reprise": 9109,
        "commandes-reprise": 9110,
    }
    assert composants.ports(composants.SERVICES, 0) == attendus
    assert composants.ports(composants.SERVICES, 100) == {nom: port + 100 for nom, port in attendus.items()}


def test_every_service_has_a_database_and_a_role_of_its_own() -> None:
    bases = [(service.nom_base, service.role) for service in composants.SERVICES]
    noms = ("produits", "inventaire", "commandes", "supply_chain", "ecommerce", "saga", "event_store", "workers")
    assert bases == [(f"{nom}_db", f"{nom}_user") for nom in (*noms, "magasin")]


def test_only_the_history_belongs_to_a_role_its_service_does_not_hold() -> None:
    a_part = {s.nom: s.proprietaire for s in composants.SERVICES if s.proprietaire != s.role}
    assert a_part == {"event-store": "event_store_owner"}


def test_every_group_of_the_stream_has_its_program_and_its_letters_one_keeper() -> None:
    groupes = {s.nom: set(s.groupes) for s in composants.SERVICES if s.groupes}
    assert groupes == {
        "ecommerce": {"choreo-suivi"},
        "workers": {
            "choreo-reservation", "choreo-order", "choreo-compensation", "choreo-notification", "choreo-audit",
            "choreo-cqrs",
        },
    }  # fmt: skip
    assert set().union(*groupes.values()) == set(GROUPES)  # what every relay waits for
    assert {s.nom: set(s.lettres_de) for s in composants.SERVICES if s.lettres_de} == {"event-store": set(groupes)}


def test_no_program_is_given_a_database_password_or_a_signing_key_of_another_service(tmp_path: Path) -> None:
    tous, lieux = composants.SERVICES, Lieux(tmp_path)
    secrets = coffre.ouvrir(tmp_path / "secrets.env", tous, {})
    propres = {
        s.nom: {secrets[v(s)] for v in (coffre.variable_base, coffre.variable_proprietaire, coffre.variable_django)}
        for s in tous
    }
    for service in tous:
        autres = set().union(*(valeurs for nom, valeurs in propres.items() if nom != service.nom))
        for programme in service.programmes:
            variables = programmes.environnement_du_service(service, programme, lieux, secrets, tous)
            assert not autres & set(variables.values()), programme.nom
            assert variables["POSTGRES_PASSWORD"] in propres[service.nom]
            assert secrets["ADMIN_MOT_DE_PASSE"] not in variables.values(), programme.nom
            assert "COMPTES" not in variables, programme.nom
        amorce = programmes.environnement_d_amorce(service, lieux, secrets, tous)
        compte = ("labo", secrets["ADMIN_MOT_DE_PASSE"]) if service.django else (None, None)
        assert (amorce.get("ADMIN_UTILISATEUR"), amorce.get("ADMIN_MOT_DE_PASSE")) == compte
        assert not autres & set(amorce.values())
        comptes = {nom: secrets[coffre.variable_compte(nom)] for nom in service.comptes}
        assert json.loads(amorce.get("COMPTES", "{}")) == comptes
        assert amorce.get("LETTRES_MORTES_ROLE", "") == ("event_store_user" if service.groupes else "")


def test_the_platform_stays_within_its_budget_of_connections() -> None:
    assert composants.connexions(composants.SERVICES) < composants.BUDGET_CONNEXIONS


def test_a_recovery_process_shares_the_instance_of_its_replica() -> None:
    avec_sagas = [service for service in composants.SERVICES if "SAGA_TIMEOUT" in service.variables]
    assert [service.nom for service in avec_sagas] == ["supply-chain", "saga"]
    for service in avec_sagas:
        assert [fond.instance for fond in service.fonds] == [web.nom for web in service.webs]


def test_secrets_are_generated_once_private_and_distinct(tmp_path: Path) -> None:
    fichier = tmp_path / "secrets.env"
    premiers = coffre.ouvrir(fichier, composants.SERVICES, {})
    assert coffre.ouvrir(fichier, composants.SERVICES, {}) == premiers
    assert stat.S_IMODE(fichier.stat().st_mode) == 0o600
    assert len(set(premiers.values())) == len(premiers) == 33
    assert all(len(valeur) >= 40 for nom, valeur in premiers.items() if nom != "KONG_KEY_MAGASIN_APP")


def test_the_lab_key_comes_from_the_environment_and_is_not_kept_with_the_secrets(tmp_path: Path) -> None:
    fichier = tmp_path / "secrets.env"
    assert coffre.ouvrir(fichier, [], {})["KONG_KEY_MAGASIN_APP"] == composants.CLE_DU_LABO
    assert coffre.ouvrir(fichier, [], {"KONG_KEY_MAGASIN_APP": "autre"})["KONG_KEY_MAGASIN_APP"] == "autre"
    assert "MAGASIN_APP" not in fichier.read_text()


def test_a_new_component_adds_its_secrets_and_keeps_the_old_ones(tmp_path: Path) -> None:
    fichier = tmp_path / "secrets.env"
    avant = coffre.ouvrir(fichier, composants.SERVICES[:1], {})
    apres = coffre.ouvrir(fichier, composants.SERVICES, {})
    assert avant.items() <= apres.items()
    assert len(apres) == len(avant) + 20


@pytest.mark.parametrize("texte", ["x", "-1", "1.5", "23001", "٣x"])
def test_a_bad_offset_is_one_sentence(texte: str) -> None:
    with pytest.raises(ErreurLabo, match="LABO_PORT_OFFSET doit être un entier de 0 à 23000"):
        depuis_environnement({"LABO_PORT_OFFSET": texte})


def test_laboratories_of_different_offsets_do_not_share_a_home() -> None:
    assert depuis_environnement({}).maison == RACINE / ".labo"
    assert depuis_environnement({"LABO_PORT_OFFSET": "0"}).maison == RACINE / ".labo"
    assert depuis_environnement({"LABO_PORT_OFFSET": "200"}).maison == RACINE / ".labo-200"
    assert depuis_environnement({"LABO_PORT_OFFSET": "200", "LABO_HOME": "/tmp/x"}).maison == Path("/tmp/x")


def test_what_no_checkout_waits_for_gives_way_to_what_one_waits_for(tmp_path: Path) -> None:
    lieux = Lieux(maison=tmp_path)
    tous = programmes.programmes_des_services(
        composants.SERVICES, lieux, coffre.ouvrir(tmp_path / "secrets", composants.SERVICES, {})
    )
    courtois = {p.nom for p in tous if "--courtoisie" in p.ligne}
    assert courtois == {"event-store", "worker-notification", "worker-audit", "worker-cqrs-projection"}


def test_a_program_runs_at_the_priority_it_is_given() -> None:
    nice = [sys.executable, "-c", "import os; print(os.nice(0))"]
    for courtoisie in (0, 10):
        ligne = ligne_de_lancement(nice, courtoisie=courtoisie)
        sortie = subprocess.run(ligne, capture_output=True, text=True, check=True).stdout
        assert int(sortie) == min(os.nice(0) + courtoisie, 19)
