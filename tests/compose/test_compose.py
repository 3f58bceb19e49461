"""docker-compose.yml, its images and its secrets, without an engine: form, ports, and the same programs as natively."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import coffre, composants
from local.composants import SERVICES, Fond, Service, Web
from local.compose import decaler, lire_compose
from local.lieux import RACINE
from tests.compose import compose

DOCUMENT = lire_compose()
DOCKER = RACINE / "docker"
# Contract, section 1.
BASES = {
    "magasin": 5433, "produits": 5434, "inventaire": 5435, "commandes": 5436, "supply_chain": 5437, "ecommerce": 5438,
    "saga": 5439, "event_store": 5440, "workers": 5441,
}  # fmt: skip
AUTRES = {"kong": (8080, 8081), "redis": (6379,), "prometheus": (9090,), "grafana": (3000,), "jaeger": (16686,)}
PROGRAMMES = [(service, programme) for service in SERVICES for programme in service.programmes]


def ports(nom: str) -> list[tuple[int, int]]:
    """(published, container's) of a service."""
    textes = DOCUMENT["services"][nom].get("ports", ())
    return [(int(texte.split(":")[-2]), int(texte.split(":")[-1])) for texte in textes]


def test_the_file_keeps_every_rule() -> None:
    assert compose.ecarts(DOCUMENT) == []


@pytest.mark.parametrize(
    ("casser", "attendu"),
    [
        (lambda s: s["inventaire"].pop("healthcheck"), "inventaire : sans contrôle de santé"),
        (lambda s: s["inventaire"]["healthcheck"].pop("interval"), "inventaire : contrôle de santé sans interval"),
        (lambda s: s["inventaire"].pop("deploy"), "inventaire : sans limites"),
        (lambda s: s["inventaire"].pop("restart"), "inventaire : sans politique"),
        (lambda s: s["redis"].update(image="redis:latest"), "redis : image sans version"),
        (lambda s: s["redis"].update(image="redis"), "redis : image sans version"),
        (lambda s: s["redis"].update(ports=["6379:6379"]), "redis : 6379:6379 n'est pas sur la boucle"),
        (lambda s: s["redis"].update(ports=["${FACADE:-127.0.0.1}:6379:6379"]), "n'est pas destiné au public"),
        (lambda s: s["redis"].update(volumes=["./data:/data"]), "redis : ./data:/data n'est pas un volume nommé"),
        (lambda s: s["redis"].update(privileged=True), "redis : champ inconnu privileged"),
        (lambda s: s["redis"].update(command="redis-server"), "redis : command a le mauvais type"),
        (lambda s: s["saga-1"]["environment"].update(SECRET_KEY="secret"), "saga-1 : SECRET_KEY est écrit en clair"),
        (lambda s: s["saga-1"]["environment"].update(DEBUG=0), "saga-1 : DEBUG n'est pas un texte"),
        (lambda s: s["saga-1"]["depends_on"].update(x={"condition": "service_healthy"}), "saga-1 : dépend mal de x"),
        (lambda s: s["kong"]["depends_on"].pop("kong-config"), "kong-config : personne n'attend sa fin"),
    ],
)
def test_a_planted_mistake_is_seen(casser: Callable[[dict[str, Any]], object], attendu: str) -> None:
    faux = copy.deepcopy(DOCUMENT)
    casser(faux["services"])
    vus = compose.ecarts(faux)
    assert any(ecart.startswith(attendu) or attendu in ecart for ecart in vus), vus


def test_databases_are_published_on_the_ports_of_the_contract() -> None:
    vus = {nom: ports(f"postgres-{nom.replace('_', '-')}") for nom in BASES}
    assert vus == {nom: [(port, 5432)] for nom, port in BASES.items()}


@pytest.mark.parametrize(("nom", "attendus"), AUTRES.items())
def test_what_surrounds_the_services_is_on_the_ports_of_the_contract(nom: str, attendus: tuple[int, ...]) -> None:
    assert ports(nom) == [(port, port) for port in attendus]


@pytest.mark.parametrize(("service", "programme"), PROGRAMMES, ids=lambda un: un.nom)
def test_every_native_program_is_a_container_with_the_same_settings(service: Service, programme: Web | Fond) -> None:
    conteneur = DOCUMENT["services"][programme.nom]
    vues = conteneur["environment"]
    instance = programme.instance if isinstance(programme, Fond) else programme.nom
    voulues = {
        "INSTANCE_ID": instance,
        "POSTGRES_HOST": f"postgres-{service.base.replace('_', '-')}",
        "POSTGRES_DB": service.nom_base,
        "POSTGRES_USER": service.role,
        "KONG_GATEWAY_URL": "http://kong:8080",
        "OTEL_SERVICE_NAME": service.nom,
        **{nom: valeur for nom, valeur in service.variables.items() if valeur},
    }
    if isinstance(programme, Web):
        voulues |= {"WORKERS": str(programme.processus), "THREADS": str(programme.fils)}
        voulues |= {"WORKER_CLASS": programme.classe, "BIND": f"0.0.0.0:{programme.port}"}
        assert conteneur["command"][-1] == f"{service.paquet}.wsgi:application"
        assert "PROMETHEUS_MULTIPROC_DIR" in vues
    else:
        assert conteneur["command"][-1] == programme.commande
        voulues |= {"METRICS_PORT": str(programme.port)}
    assert {nom: vues.get(nom) for nom in voulues} == voulues
    assert ports(programme.nom) == [(programme.port, programme.port)]
    assert ("cpu_shares" in conteneur) == bool(programme.courtoisie)
    for variable, secret in {
        "POSTGRES_PASSWORD": coffre.variable_base(service),
        "KONG_API_KEY": coffre.variable_cle(service.consommateur) if service.consommateur else "",
        **({"SECRET_KEY": coffre.variable_django(service)} if service.django else {}),
    }.items():
        assert [nom for nom, _, _ in compose.variables(vues[variable])] == ([secret] if secret else []), variable


def test_the_console_finds_the_fault_switches_of_every_program() -> None:
    pilotes = [programme.nom for service, programme in PROGRAMMES if service.pilote]
    adresses = {programme.nom: f"http://{programme.nom}:{programme.port}" for _, programme in PROGRAMMES}
    assert pilotes
    for nom in pilotes:
        assert json.loads(DOCUMENT["services"][nom]["environment"]["CIBLES_FAUTES"]) == adresses


def test_the_lab_sends_its_traces_where_people_look_at_them() -> None:
    """The example's endpoint is the trace server's container; its page is the port that container publishes."""
    connues = exemple()
    assert connues["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://jaeger:4318"
    assert connues["TRACES_URL"] == f"http://localhost:{ports('jaeger')[0][0]}"
    sans = [nom for nom, service in DOCUMENT["services"].items() if "INTERNAL_TOKEN" in service.get("environment", {})
            and "OTEL_EXPORTER_OTLP_ENDPOINT" not in service["environment"]]  # fmt: skip
    assert sans == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda un: un.nom)
def test_every_database_is_prepared_before_its_programs(service: Service) -> None:
    amorce = f"amorce-{service.nom}"
    assert DOCUMENT["services"][amorce]["command"][-1] == "amorcer"
    assert DOCUMENT["services"][amorce]["build"]["args"] == {"DOSSIER": service.dossier}
    for programme in service.programmes:
        attente = DOCUMENT["services"][programme.nom]["depends_on"][amorce]
        assert attente == {"condition": "service_completed_successfully"}


def test_the_gateway_starts_after_every_service_it_leads_to() -> None:
    cibles = {adresse.split(":")[0] for adresse in composants.adresses(SERVICES, 0, {})} - {"magasin"}
    assert cibles <= set(DOCUMENT["services"]["kong"]["depends_on"])


def test_our_own_containers_keep_no_privilege() -> None:
    """Docs/securite.md: everything built here but Prometheus and Grafana, whose images only get their settings here."""
    notres = {nom for nom, s in DOCUMENT["services"].items() if s["image"].startswith("sagas/")}
    notres -= {"prometheus", "grafana"}
    assert {"bases", "kong-config", *(programme.nom for _, programme in PROGRAMMES)} <= notres
    attendu = {
        "read_only": True, "tmpfs": ["/tmp"], "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"],
        "user": None,
    }  # fmt: skip
    for nom in notres:
        assert {champ: DOCUMENT["services"][nom].get(champ) for champ in attendu} == attendu, nom


def test_profiles_are_additions_to_what_always_runs() -> None:
    profils = {nom: service.get("profiles", []) for nom, service in DOCUMENT["services"].items()}
    observation = [nom for nom, vus in profils.items() if vus == ["lab", "scale"]]
    renforts = [nom for nom, vus in profils.items() if vus == ["scale"]]
    assert {"prometheus", "grafana", "jaeger"} <= set(observation)
    assert {"saga-3", "saga-reprise-3", "ecommerce-fond-2", "worker-stock-reservation-2"} <= set(renforts)
    assert [programme.nom for _, programme in PROGRAMMES if profils[programme.nom]] == []
    # Replicas share no port of the host.
    assert [nom for nom in renforts if ports(nom)] == []


def test_the_shifted_override_publishes_everything_on_loopback() -> None:
    texte = decaler(DOCUMENT, 1000)
    publies = re.findall(r'"([^"]+)"', texte)
    assert len(publies) == sum(len(s.get("ports", ())) for s in DOCUMENT["services"].values())
    assert "127.0.0.1:9080:8080" in publies
    assert all(port.startswith("127.0.0.1:") for port in publies)


# -- secrets ---------------------------------------------------------------------------------------------------------


def exemple() -> dict[str, str]:
    """.env.example as it is."""
    lignes = (RACINE / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(ligne.split("=", 1) for ligne in lignes if ligne and not ligne.startswith("#"))


def test_every_required_variable_is_in_the_example_and_has_no_value_there() -> None:
    exigees = {nom for nom, operateur, _ in compose.variables(DOCUMENT) if operateur == ":?"}
    connues = exemple()
    assert exigees <= set(connues)
    assert {nom for nom in exigees if connues[nom]} == {"KONG_KEY_MAGASIN_APP", "GRAFANA_MOT_DE_PASSE"}
    assert {nom for nom, valeur in connues.items() if not valeur} <= exigees


def test_secrets_have_the_names_of_the_native_ones(tmp_path: Path) -> None:
    natifs = set(coffre.ouvrir(tmp_path / "secrets.env", SERVICES, {}))
    vides = {nom for nom, valeur in exemple().items() if not valeur} - {"POSTGRES_PASSWORD_SUPERVISION"}
    assert vides <= natifs


def test_no_key_is_in_the_file() -> None:
    assert composants.CLE_DU_LABO not in (RACINE / "docker-compose.yml").read_text(encoding="utf-8")


def fabriquer(cible: Path) -> dict[str, str]:
    """Run docker/secrets.sh; what it wrote."""
    subprocess.run(["sh", str(DOCKER / "secrets.sh"), str(cible)], check=True, capture_output=True)
    lignes = cible.read_text(encoding="utf-8").splitlines()
    return dict(ligne.split("=", 1) for ligne in lignes if ligne and not ligne.startswith("#"))


def test_secrets_are_generated_once_and_what_was_changed_is_kept(tmp_path: Path) -> None:
    cible = tmp_path / "essai.env"
    premiers = fabriquer(cible)
    assert cible.stat().st_mode & 0o077 == 0
    generes = [valeur for nom, valeur in premiers.items() if not exemple()[nom]]
    assert len(set(generes)) == len(generes)
    assert {len(valeur) for valeur in generes} == {48}
    cible.write_text(cible.read_text().replace("FACADE=127.0.0.1", "FACADE=0.0.0.0") + "DE_PLUS=1\n")
    cible.write_text(cible.read_text().replace(f"INTERNAL_TOKEN={premiers['INTERNAL_TOKEN']}\n", ""))
    seconds = fabriquer(cible)
    assert seconds.pop("INTERNAL_TOKEN") != premiers.pop("INTERNAL_TOKEN")
    assert seconds == premiers | {"FACADE": "0.0.0.0", "DE_PLUS": "1"}


# -- images ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fichier", sorted(DOCKER.glob("*.Dockerfile")), ids=lambda f: f.stem)
def test_an_image_is_pinned_runs_without_root_and_carries_no_secret(fichier: Path) -> None:
    lignes = fichier.read_text(encoding="utf-8").splitlines()
    bases = [ligne.split()[1] for ligne in lignes if ligne.startswith("FROM ")]
    etages = {ligne.split()[3] for ligne in lignes if ligne.startswith("FROM ") and " AS " in ligne}
    arguments = dict(re.findall(r"^ARG (\w+)=(.+)$", "\n".join(lignes), re.MULTILINE))
    for base in bases:
        image = arguments.get(base.strip("${}"), base)
        assert image in etages or re.search(r":[0-9v]", image), base
    utilisateur = [ligne.split()[1] for ligne in lignes if ligne.startswith("USER ")]
    assert utilisateur or fichier.stem in ("prometheus", "grafana"), "those images have a user of their own"
    assert "root" not in utilisateur
    # What the classic builder cannot do, and what would hide where a file comes from.
    assert not [ligne for ligne in lignes if re.match(r"ADD |RUN --mount|COPY --chmod|.*<<", ligne)]
    assert not [ligne for ligne in lignes if re.match(r"(ENV|ARG) .*(PASSWORD|TOKEN|SECRET|KEY)", ligne)]


@pytest.mark.parametrize("verrou", ["requirements.lock", "passerelle.lock"])
def test_images_install_the_versions_and_hashes_of_the_main_lock(verrou: str) -> None:
    principal = paquets(RACINE / "requirements.lock")
    de_l_image = paquets(DOCKER / verrou)
    assert de_l_image
    assert {nom: bloc for nom, bloc in de_l_image.items() if principal.get(nom) != bloc} == {}


def copies(fichier: str) -> dict[str, Path]:
    """Path in the image -> what is copied there, of one Dockerfile."""
    lignes = (DOCKER / fichier).read_text(encoding="utf-8").splitlines()
    return {ligne.split()[2]: RACINE / ligne.split()[1] for ligne in lignes if ligne.startswith("COPY ")}


def dans_l_image(copiees: dict[str, Path], chemin: str) -> Path:
    """The file of the repository that stands at a path of an image."""
    racine = max((cible for cible in copiees if chemin.startswith(cible)), key=len)
    return copiees[racine] / chemin.removeprefix(racine).lstrip("/")


def test_grafana_finds_its_sources_its_dashboards_and_its_first_page() -> None:
    copiees = copies("grafana.Dockerfile")
    fournies = copiees["/etc/grafana/provisioning"]
    sources = [s for f in fournies.glob("datasources/*.yml") for s in yaml.safe_load(f.read_text())["datasources"]]
    vises = {(re.split("[/:]+", source["url"])[1], int(source["url"].rsplit(":", 1)[1])) for source in sources}
    assert vises == {(nom, ports(nom)[0][1]) for nom in ("prometheus", "jaeger")}
    (livreur,) = yaml.safe_load((fournies / "dashboards" / "tableaux.yml").read_text())["providers"]
    assert len(list(dans_l_image(copiees, livreur["options"]["path"]).glob("*.json"))) >= 6
    accueil = DOCUMENT["services"]["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert dans_l_image(copiees, accueil).is_file()


def test_prometheus_finds_its_rules() -> None:
    copiees = copies("prometheus.Dockerfile")
    reglages = yaml.safe_load(copiees["/etc/prometheus/prometheus.yml"].read_text())
    (motif,) = reglages["rule_files"]
    assert list(dans_l_image(copiees, motif.rpartition("/")[0]).glob("*.yml"))


def paquets(verrou: Path) -> dict[str, str]:
    """Each package of a lock with its version and hashes."""
    blocs = re.split(r"\n(?=\S)", verrou.read_text(encoding="utf-8").strip())
    return {bloc.split("==")[0]: bloc for bloc in blocs}


def test_the_runtime_lock_holds_every_dependency_of_the_project() -> None:
    import tomllib

    projet = tomllib.loads((RACINE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    voulus = {re.split(r"[<>=!~ ]", ligne)[0].lower() for ligne in projet["dependencies"]}
    assert voulus <= set(paquets(DOCKER / "requirements.lock"))


def test_the_context_of_a_build_holds_no_state_and_no_secret() -> None:
    lignes = (RACINE / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lignes[1] == "*"
    autorises = {ligne[1:] for ligne in lignes if ligne.startswith("!")}
    assert not [nom for nom in autorises if nom.startswith(".") or nom == "docs"]
