"""Archive, backup and restore, as the commands do them."""

import gzip
import json
import uuid
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from event_store.bootstrap import acces_proprietaire
from event_store.domain.chaine import ChaineRompue
from event_store.domain.evenements import en_json, lire_lot
from event_store.infrastructure import archives, sauvegarde
from event_store.infrastructure.base import Base
from event_store.infrastructure.migrer import amorcer
from event_store.settings import Config
from socle.erreurs import DonneesInvalides
from tests.conftest import ajouter, creer_base, evenement, interne, superutilisateur, vider

CLIENT = "22222222-2222-2222-2222-222222222222"
_PANIER = {"total": 10.5, "nombre_articles": 1, "produits": [{"produit_id": "p", "quantite": 1}]}


def ajouter_au(config: Config, instant: str, *lot: dict[str, object]) -> None:
    """Append as if it were `instant`: the append time never goes back, so the recorded one says what time it is."""
    lien = superutilisateur(config.postgres_db)
    with lien.cursor() as curseur:
        curseur.execute("SET session_replication_role = replica")
        curseur.execute("CREATE SCHEMA horloge")
        curseur.execute("GRANT USAGE ON SCHEMA horloge TO PUBLIC")
        curseur.execute(
            "CREATE FUNCTION horloge.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
            f" $$ SELECT timestamptz '{instant}' $$"
        )
        curseur.execute("ALTER FUNCTION public.ajouter SET search_path = horloge, pg_catalog, public, pg_temp")
        try:
            curseur.execute("SELECT * FROM public.ajouter(%s, %s, NULL)", ["s", en_json(lire_lot(list(lot)))])
        finally:
            curseur.execute("ALTER FUNCTION public.ajouter SET search_path = public, pg_temp")
            curseur.execute("DROP SCHEMA horloge CASCADE")
    lien.close()


def mois(config: Config, dossier: Path) -> list[archives.MoisArchive]:
    return archives.archiver(Base(acces_proprietaire(config)), dossier, 30)


@pytest.fixture
def deux_mois(client: FlaskClient, config: Config) -> tuple[FlaskClient, dict[str, str]]:
    """A concluded checkout in January 2025 whose double ending comes today, and another one today."""
    ids = {"ancien": str(uuid.uuid4()), "recent": str(uuid.uuid4()), "id": str(uuid.uuid4())}
    ajouter_au(
        config,
        "2025-01-10 12:00:00+00",
        evenement("CheckoutInitiated", ids["ancien"], CLIENT, id=ids["id"], panier=_PANIER),
        evenement("CheckoutSucceeded", ids["ancien"], CLIENT),
    )
    ajouter(
        client,
        evenement("CheckoutSucceeded", ids["ancien"], CLIENT),
        evenement("CheckoutSucceeded", ids["recent"], CLIENT),
        stream="s",
    )
    return client, ids


def test_archive_keeps_chain_ids_replay_and_read_models(
    deux_mois: tuple[FlaskClient, dict[str, str]], config: Config, tmp_path: Path
) -> None:
    client, ids = deux_mois
    interne(client, "projections/avancer")
    avant = client.get("/cqrs/checkouts").json
    partis = mois(config, tmp_path)
    assert [(m.mois.isoformat(), m.evenements) for m in partis] == [("2025-01-01", 2)]
    assert mois(config, tmp_path) == []
    assert [f.name for f in tmp_path.iterdir()] == ["evenements_2025_01.jsonl.gz"]

    verdict = client.get("/integrity").json
    assert (verdict["integre"], verdict["de"], verdict["a"]) == (True, 3, 4)
    assert [(a["mois"], a["derniere_version"]) for a in verdict["archives"]] == [("2025-01", 2)]
    assert archives.verifier_fichiers(Base(acces_proprietaire(config)), tmp_path) == 2

    rejeu = client.get(f"/replay/checkout/{ids['ancien']}").json
    assert (rejeu["status"], rejeu["archive"], len(rejeu["events"])) == ("succeeded", True, 3)
    assert rejeu["events"][0]["payload"]["panier"] == {"total": 10.5, "nombre_articles": 1}

    assert interne(client, "projections/orders-by-client/rebuild").json["differences"] == 0
    assert interne(client, "projections/checkouts/rebuild").json["differences"] == 0
    assert client.get(f"/cqrs/orders-by-client/{CLIENT}").json["total_orders"] == 2
    assert client.get("/cqrs/checkouts").json == avant


def test_F36_same_event_id_after_its_month_was_archived(
    deux_mois: tuple[FlaskClient, dict[str, str]], config: Config, tmp_path: Path
) -> None:
    client, ids = deux_mois
    mois(config, tmp_path)
    reponse = ajouter(client, evenement("CheckoutInitiated", ids["ancien"], CLIENT, id=ids["id"]), stream="s")
    assert reponse.status_code == 201
    assert reponse.json["events"] == [{"id": ids["id"], "position": 1, "version": 1, "position_checkout": 1}]
    assert client.get("/integrity").json["tete"] == 4


def test_altered_archive_file_is_named(
    deux_mois: tuple[FlaskClient, dict[str, str]], config: Config, tmp_path: Path
) -> None:
    (parti,) = mois(config, tmp_path)
    texte = gzip.decompress(parti.fichier.read_bytes()).decode()
    parti.fichier.write_bytes(gzip.compress(texte.replace("10.5", "99.5").encode()))
    with pytest.raises(ChaineRompue, match=parti.fichier.name):
        archives.verifier_fichiers(Base(acces_proprietaire(config)), tmp_path)


def test_broken_history_is_not_archived(
    deux_mois: tuple[FlaskClient, dict[str, str]], config: Config, tmp_path: Path
) -> None:
    lien = superutilisateur(config.postgres_db)
    with lien.cursor() as curseur:
        curseur.execute("SET session_replication_role = replica")
        curseur.execute("UPDATE evenements SET type = 'StockReleased' WHERE position = 2")
    with pytest.raises(ChaineRompue, match="position 2"):
        mois(config, tmp_path)
    with lien.cursor() as curseur:
        curseur.execute("SELECT count(*) FROM evenements")
        assert curseur.fetchone() == (4,)
    lien.close()


def test_less_than_thirty_days_hot_is_refused(proprietaire: Base, tmp_path: Path) -> None:
    with pytest.raises(DonneesInvalides):
        archives.archiver(proprietaire, tmp_path, 29)


def test_backup_restores_the_same_history(
    deux_mois: tuple[FlaskClient, dict[str, str]], config: Config, tmp_path: Path
) -> None:
    client, ids = deux_mois
    mois(config, tmp_path)
    fichier = tmp_path / "copie.jsonl.gz"
    assert sauvegarde.sauvegarder(Base(acces_proprietaire(config)), fichier) == 2
    verdict = client.get("/integrity").json
    rejeu = client.get(f"/replay/checkout/{ids['ancien']}").json
    vider(config)
    assert client.get(f"/replay/checkout/{ids['ancien']}").status_code == 404

    base = Base(acces_proprietaire(config))
    assert sauvegarde.restaurer(base, fichier) == 2
    assert client.get("/integrity").json == verdict
    assert client.get(f"/replay/checkout/{ids['ancien']}").json == rejeu
    interne(client, "projections/avancer")
    assert client.get(f"/cqrs/orders-by-client/{CLIENT}").json["total_orders"] == 2
    suite = ajouter(client, evenement("StockReleased", ids["ancien"], CLIENT), stream="s").json
    assert suite["events"][0]["position"] == 5
    assert suite["events"][0]["position_checkout"] == 4
    assert client.get("/integrity").json["integre"] is True
    with pytest.raises(sauvegarde.BaseNonVide):
        sauvegarde.restaurer(base, fichier)


def test_altered_backup_restores_nothing(
    deux_mois: tuple[FlaskClient, dict[str, str]], config: Config, tmp_path: Path
) -> None:
    fichier = tmp_path / "copie.jsonl.gz"
    sauvegarde.sauvegarder(Base(acces_proprietaire(config)), fichier)
    lignes = gzip.decompress(fichier.read_bytes()).decode().splitlines()
    derniere = json.loads(lignes[-1])
    derniere["e"] = derniere["e"].replace("CheckoutSucceeded", "CheckoutFailed")
    fichier.write_bytes(gzip.compress("\n".join([*lignes[:-1], json.dumps(derniere)]).encode()))
    vider(config)
    with pytest.raises(ChaineRompue, match="position 4"):
        sauvegarde.restaurer(Base(acces_proprietaire(config)), fichier)
    with Base(acces_proprietaire(config)).curseur() as curseur:
        curseur.execute("SELECT count(*) FROM evenements")
        assert curseur.fetchone() == (0,)


def test_migrations_twice_change_nothing() -> None:
    config = creer_base(f"es_{uuid.uuid4().hex[:8]}")
    base = Base(acces_proprietaire(config))
    assert amorcer(base, config.postgres_user) == ["0001_historique.sql", "0002_projections.sql"]
    assert amorcer(base, config.postgres_user) == []
