"""The six dashboards. Every query is proven to return data by tests/observabilite."""

from __future__ import annotations

from collections.abc import Callable

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.panneaux import Requete, barres, courbes, nombre, tableau

# A panel's own step: as fine as the scrapes allow.
PAS = "$__rate_interval"
SAIN = ((None, "green"), (1.0, "red"))
TAUX = ((None, "red"), (0.9, "orange"), (0.99, "green"))


def _debit(metrique: str, par: str = "", filtre: str = "") -> str:
    selon = f" by ({par})" if par else ""
    return f"sum{selon} (rate({metrique}{{{filtre}}}[{PAS}]))" if filtre else f"sum{selon} (rate({metrique}[{PAS}]))"


def _centile(p: float, metrique: str, par: str = "") -> str:
    selon = f"le, {par}" if par else "le"
    return f"histogram_quantile({p}, sum by ({selon}) (rate({metrique}_bucket[{PAS}])))"


def _centiles(metrique: str, prefixe: str = "") -> list[Requete]:
    return [(f"{prefixe}P{int(100 * p)}", _centile(p, metrique)) for p in (0.5, 0.95, 0.99)]


def sagas_comparees() -> Dashboard:
    """Both styles under the same names, side by side."""
    reussite = "sum(increase({0}[$__range])) / (sum(increase({0}[$__range])) + sum(increase({1}[$__range])))"
    fin = (
        ("orchestrée réussie", _debit("saga_completed_total")),
        ("orchestrée échouée", _debit("saga_failed_total")),
        ("chorégraphiée réussie", _debit("saga_choreo_success_total")),
        ("chorégraphiée échouée", _debit("saga_choreo_failed_total")),
    )
    return tableau(
        "sagas-comparees",
        "Sagas comparées",
        "Le même checkout, orchestré et chorégraphié : qui réussit, en combien de temps, à quel prix.",
        [
            (
                "Issue",
                [
                    nombre(
                        "Réussite, orchestrée",
                        "Part des sagas terminées qui ont réussi, sur la période affichée. Une rupture de stock compte "
                        "comme un échec.",
                        ("", reussite.format("saga_completed_total", "saga_failed_total")),
                        unite="percentunit", seuils=TAUX, largeur=6,
                    ),
                    nombre(
                        "Réussite, chorégraphiée",
                        "La même part, pour les checkouts chorégraphiés.",
                        ("", reussite.format("saga_choreo_success_total", "saga_choreo_failed_total")),
                        unite="percentunit", seuils=TAUX, largeur=6,
                    ),
                    nombre(
                        "Hors délai ou en attente d'un opérateur",
                        "Zéro, sinon une alerte le dit.",
                        ("{{style}}", "style:stalled_sagas:max"),
                        seuils=SAIN, largeur=6,
                    ),
                    nombre(
                        "P95 sur 5 min",
                        "Du début à l'événement terminal ; pour la saga orchestrée, l'appelant attend ce temps-là.",
                        ("{{style}}", "style:checkout_seconds:p95_5m"),
                        unite="s", largeur=6,
                    ),
                    courbes(
                        "Checkouts terminés par seconde",
                        "À charge égale, les courbes de réussite se superposent ; l'écart est ce qui échoue ou attend.",
                        *fin, unite="ops", largeur=12,
                    ),
                    courbes(
                        "Part qui échoue",
                        "Échecs métier et techniques ensemble, lissés sur 5 min.",
                        ("{{style}}", "style:checkouts_echoues:ratio5m"),
                        unite="percentunit", largeur=12,
                    ),
                ],
            ),
            (
                "Durée",
                [
                    courbes("Orchestrée, du début à la fin", "Le temps que l'appelant attend.",
                            *_centiles("saga_execution_duration_seconds"), unite="s", largeur=12),
                    courbes("Chorégraphiée, de l'acceptation à la fin",
                            "L'appelant a son 202 bien avant : voir « Services » pour la réponse elle-même.",
                            *_centiles("saga_choreo_duration_seconds"), unite="s", largeur=12),
                ],
            ),
            (
                "Prix",
                [
                    courbes("Compensations par seconde", "Étapes défaites, dans l'un et l'autre style.",
                            ("orchestrée", _debit("saga_compensations_total")),
                            ("chorégraphiée", _debit("saga_choreo_compensations_total")), unite="ops"),
                    courbes("Appels distants par saga orchestrée", "Quatre quand rien n'échoue.",
                            ("appels", f"{_debit('services_externes_calls_total')} / {_debit('saga_started_total')}")),
                    courbes("Événements publiés par checkout terminé",
                            "Quatre par checkout chorégraphié réussi, deux par checkout orchestré.",
                            ("événements", f"{_debit('events_published_total')} / "
                             "sum(style:checkouts_reussis:rate5m + style:checkouts_echoues:rate5m)")),
                ],
            ),
        ],
    )  # fmt: skip


def saga_orchestree() -> Dashboard:
    """The orchestrator, with both historical families of its metrics."""
    return tableau(
        "saga-orchestree",
        "Saga orchestrée",
        "Le coordinateur : ce qu'il démarre, où il en est, ce qu'il défait, comment ses participants répondent.",
        [
            (
                "Sagas",
                [
                    nombre("Démarrées", "Sur la période.", ("", "sum(increase(saga_started_total[$__range]))")),
                    nombre("Réussies", "Sur la période.", ("", "sum(increase(saga_completed_total[$__range]))")),
                    nombre("Échouées", "Compensées ou refusées.", ("", "sum(increase(saga_failed_total[$__range]))")),
                    nombre("En cours", "Lues dans la base, tous états confondus.",
                           ("", 'sum(max by (etat) (saga_actives_current{job="saga"}))')),
                    nombre("Attendent un opérateur", "INTERVENTION_REQUISE.", (
                        "", 'max(saga_actives_current{job="saga",etat="INTERVENTION_REQUISE"})'), seuils=SAIN),
                    nombre("Bloquées", "Hors délai ou en attente d'un opérateur.",
                           ("", 'style:stalled_sagas:max{style="orchestre"}'), seuils=SAIN),
                    courbes("Sagas démarrées par seconde", "Par consommateur de la passerelle.",
                            ("{{client_type}}", _debit("saga_total", "client_type")), unite="ops"),
                    courbes("Durée par état final", "P95 ; une compensation est plus longue qu'une réussite.",
                            ("{{etat_final}}", _centile(0.95, "saga_duree_seconds", "etat_final")), unite="s"),
                    courbes("Sagas en cours par état", "Un état qui s'accumule dit quel participant est lent.",
                            ("{{etat}}", 'max by (etat) (saga_actives_current{job="saga"})')),
                ],
            ),
            (
                "Étapes",
                [
                    courbes("Tentatives par étape et issue", "panne : réessayée, puis compensée ; refus : compensée.",
                            ("{{etape}} {{statut}}", _debit("saga_etapes_total", "etape, statut")), unite="ops"),
                    courbes("Échecs par étape et genre", "metier : une réponse ; technique, delai : une panne.",
                            ("{{etape_echec}} {{type_echec}}", _debit("saga_echecs_total", "etape_echec, type_echec")),
                            unite="ops"),
                    courbes("Compensations par type", "Défaites dans l'ordre inverse.",
                            ("{{type_compensation}}", _debit("saga_compensations_total", "type_compensation")),
                            unite="ops"),
                ],
            ),
            (
                "Participants",
                [
                    courbes("Appels par service et statut", "Tout ce qui n'est ni 2xx ni 4xx est réessayé.",
                            ("{{service}} {{status_code}}",
                             _debit("services_externes_calls_total", "service, status_code")), unite="ops"),
                    courbes("P95 par service", "À travers la passerelle.",
                            ("{{service}}", _centile(0.95, "external_service_call_duration_seconds", "service")),
                            unite="s"),
                    courbes("P95 par opération", "La plus lente borne la saga.",
                            ("{{service}} {{endpoint}}",
                             _centile(0.95, "services_externes_duree_seconds", "service, endpoint")), unite="s"),
                    courbes("Circuits ouverts", "1 : on n'appelle plus ce service pour l'instant.",
                            ("{{job}} → {{service}}", "max by (job, service) (circuit_breaker_open)"), largeur=12),
                    courbes("Événements à publier", "L'issue des sagas, en route vers le flux.",
                            ("{{service}}", 'service:outbox_backlog:max{service="saga"}'), largeur=12),
                ],
            ),
        ],
    )  # fmt: skip


def choregraphie() -> Dashboard:
    """The workers and the stream between them."""
    return tableau(
        "choregraphie-et-bus",
        "Chorégraphie et bus d'événements",
        "Qui publie, qui consomme, qui a du retard, et ce qui n'a pas pu être traité.",
        [
            (
                "Checkouts chorégraphiés",
                [
                    nombre("Acceptés", "202 sur la période affichée.",
                           ("", "sum(increase(saga_choreo_started_total[$__range]))")),
                    nombre("Réussis", "CheckoutSucceeded.",
                           ("", "sum(increase(saga_choreo_success_total[$__range]))")),
                    nombre("Échoués", "CheckoutFailed.", ("", "sum(increase(saga_choreo_failed_total[$__range]))")),
                    nombre("Stocks rendus", "StockReleased.",
                           ("", "sum(increase(saga_choreo_compensations_total[$__range]))")),
                    nombre("Lettres mortes ouvertes", "À réparer, puis relancer.",
                           ("", "sum(max by (group, type) (dead_letters_open))"), seuils=SAIN),
                    nombre("Bloqués", "Ouverts depuis plus de 30 s.",
                           ("", 'style:stalled_sagas:max{style="choreo"}'), seuils=SAIN),
                    courbes("Issue, par annonceur", "ecommerce : le suivi a tranché sans attendre le bus.",
                            ("réussis, {{source}}", _debit("saga_choreo_success_total", "source")),
                            ("échoués, {{source}}", _debit("saga_choreo_failed_total", "source")),
                            unite="ops", largeur=12),
                    courbes("Durée, de l'acceptation à la fin", "Par l'horloge de la base.",
                            *_centiles("saga_choreo_duration_seconds"), unite="s", largeur=12),
                ],
            ),
            (
                "Événements",
                [
                    courbes("Publiés par type", "Une entrée est comptée par qui l'ajoute au flux.",
                            ("{{type}}", _debit("events_published_total", "type")), unite="ops"),
                    courbes("Consommés par groupe", "Un effet est compté une fois par groupe.",
                            ("{{consumer}}", _debit("events_consumed_total", "consumer")), unite="ops"),
                    courbes("De l'émission à l'effet, P95", "Par type, tous groupes confondus.",
                            ("{{type}}", _centile(0.95, "event_latency_seconds", "type")), unite="s"),
                ],
            ),
            (
                "Retards",
                [
                    courbes("Retard par groupe", "Entrées pas encore livrées.",
                            ("{{group}}", "groupe:worker_lag:max")),
                    courbes("En attente par groupe", "Livrées et pas encore acquittées.",
                            ("{{group}}", "groupe:worker_pending:max")),
                    courbes("À publier par service", "Redis absent, ce nombre monte et rien n'est perdu.",
                            ("{{service}}", "service:outbox_backlog:max")),
                    barres("Lettres mortes par groupe et type", "Ouvertes, maintenant.",
                           ("{{group}} {{type}}", "max by (group, type) (dead_letters_open)"), largeur=12),
                    courbes("Lettres mortes par seconde", "Une montée : un événement que personne ne sait lire.",
                            ("{{group}} {{type}}", _debit("dead_letters_total", "group, type")), unite="ops",
                            largeur=12),
                ],
            ),
        ],
    )  # fmt: skip


def services() -> Dashboard:
    """Traffic, errors, latency and saturation of every service."""
    return tableau(
        "services",
        "Services (signaux d'or)",
        "Trafic, erreurs, latence et saturation de chaque service, par nom de route.",
        [
            (
                "Tous",
                [
                    nombre("Programmes présents", "Dont la page de métriques répond.", ("", "sum(up)"), largeur=6),
                    nombre("Programmes absents", "Zéro, sinon une alerte le dit.",
                           ("", "count(up) - sum(up)"), seuils=SAIN, largeur=6),
                    nombre("Requêtes par seconde", "Entre services comprises.", ("", "sum(job:http_requests:rate5m)"),
                           unite="reqps", largeur=6),
                    nombre("Budget d'erreurs consommé sur 1 h", "1 : la part permise (0,1 %) de l'heure.",
                           ("", "max(job:http_erreurs:ratio1h) / 0.001"), largeur=6,
                           seuils=((None, "green"), (1.0, "orange"), (14.4, "red"))),
                ],
            ),
            (
                "Par service",
                [
                    courbes("Trafic", "Requêtes par seconde.", ("{{job}}", _debit("http_requests_total", "job")),
                            unite="reqps", largeur=12),
                    courbes("Erreurs", "Part des réponses 5xx, lissée sur 5 min.",
                            ("{{job}}", "job:http_erreurs:ratio5m"), unite="percentunit", largeur=12),
                    courbes("Latence, P95", "Vue du service lui-même.",
                            ("{{job}}", _centile(0.95, "http_request_duration_seconds", "job")), unite="s", largeur=12),
                    courbes("En cours", "Saturation : au-delà des fils du service, les requêtes attendent leur tour.",
                            ("{{job}}", "sum by (job) (http_requests_in_flight)"), largeur=12),
                ],
            ),
            (
                "Par route",
                [
                    barres("Les plus demandées", "Requêtes par seconde.",
                           ("{{job}} {{method}} {{route}}",
                            f"topk(10, {_debit('http_requests_total', 'job, method, route')})"), unite="reqps"),
                    barres("Les plus lentes", "P95.",
                           ("{{job}} {{method}} {{route}}",
                            f"topk(10, {_centile(0.95, 'http_request_duration_seconds', 'job, method, route')})"),
                           unite="s"),
                    barres("Réponses par statut", "Tous services.",
                           ("{{status}}", _debit("http_requests_total", "status")), unite="reqps"),
                ],
            ),
            (
                "Programmes de fond",
                [
                    courbes("CPU", "Secondes de CPU par seconde.",
                            ("{{instance}}", _debit("process_cpu_seconds_total", "instance")), unite="percentunit",
                            largeur=12),
                    courbes("Mémoire", "Résidente.",
                            ("{{instance}}", "max by (instance) (process_resident_memory_bytes)"), unite="bytes",
                            largeur=12),
                ],
            ),
        ],
    )  # fmt: skip


def passerelle() -> Dashboard:
    """Kong in Compose, the local gateway natively: each row has data where its gateway runs."""
    return tableau(
        "passerelle",
        "Passerelle et répartition de charge",
        "Ce qui entre, ce qui est refusé, qui répond. Kong sous Docker Compose, HAProxy dans ./labo.",
        [
            (
                "Kong (Docker Compose)",
                [
                    courbes("Requêtes par service", "Par seconde.",
                            ("{{service}}", _debit("kong_http_requests_total", "service")), unite="reqps"),
                    courbes("Réponses par code et origine", "source kong : refusée par la passerelle elle-même.",
                            ("{{code}} {{source}}", _debit("kong_http_requests_total", "code, source")), unite="reqps"),
                    courbes("Requêtes par consommateur", "La limite par minute est par consommateur.",
                            ("{{consumer}}", _debit("kong_http_requests_total", "consumer")), unite="reqps"),
                    courbes("Latence totale, P95", "Du premier octet reçu au dernier rendu.",
                            ("{{service}}", _centile(0.95, "kong_request_latency_ms", "service")), unite="ms"),
                    courbes("Latence des services, P95", "Vue de la passerelle.",
                            ("{{service}}", _centile(0.95, "kong_upstream_latency_ms", "service")), unite="ms"),
                    courbes("Latence de Kong lui-même, P95", "Greffons compris.",
                            ("{{service}}", _centile(0.95, "kong_kong_latency_ms", "service")), unite="ms"),
                    courbes("Cibles en santé", "1 : la cible reçoit des requêtes.",
                            ("{{upstream}} {{target}}",
                             'max by (upstream, target) (kong_upstream_target_health{state="healthy"})'), largeur=12),
                    courbes("Bande passante", "Octets par seconde.",
                            ("{{direction}}", _debit("kong_bandwidth_bytes", "direction")), unite="Bps", largeur=12),
                ],
            ),
            (
                "Passerelle locale (./labo)",
                [
                    courbes("Requêtes reçues", "Par seconde.",
                            ("requêtes", _debit("haproxy_frontend_http_requests_total", "", 'proxy="passerelle"')),
                            unite="reqps"),
                    courbes("Réponses par service et classe", "hrsp_4xx compte les refus des services.",
                            ("{{proxy}} {{code}}", _debit("haproxy_backend_http_responses_total", "proxy, code")),
                            unite="reqps"),
                    courbes("Temps de réponse moyen", "Sur les 1024 dernières requêtes.",
                            ("{{proxy}}", "max by (proxy) (haproxy_backend_response_time_average_seconds)"), unite="s"),
                    courbes("Répartition entre instances", "Tourniquet : parts égales.",
                            ("{{proxy}} {{server}}",
                             _debit("haproxy_server_http_responses_total", "proxy, server")), unite="reqps"),
                    courbes("Instances en santé", "Qui reçoivent des requêtes.",
                            ("{{proxy}}", "max by (proxy) (haproxy_backend_active_servers)")),
                    courbes("Connexions ratées et reprises", "Une instance qui meurt se voit ici d'abord.",
                            ("{{proxy}} erreurs", _debit("haproxy_backend_connection_errors_total", "proxy")),
                            ("{{proxy}} reprises", _debit("haproxy_backend_retry_warnings_total", "proxy")),
                            unite="ops"),
                ],
            ),
        ],
    )  # fmt: skip


def event_store() -> Dashboard:
    """History and read models."""
    return tableau(
        "event-store",
        "Event store et projections",
        "L'historique que rien n'efface, et les modèles de lecture qui en sont tirés.",
        [
            (
                "Historique",
                [
                    nombre("Dernière position", "Événements depuis toujours.", ("", "max(event_store_head_position)"),
                           largeur=6),
                    nombre("Chaîne d'empreintes rompue", "Vérifiée par tronçons, en permanence.",
                           ("", "max(event_store_integrity_broken)"), seuils=SAIN, largeur=6),
                    nombre("Positions pas encore pliées", "La plus en retard des projections.",
                           ("", "max(projection_lag)"), largeur=6),
                    nombre("Événements mis de côté", "D'un type que la projection ne connaît pas.",
                           ("", "max(projection_parked)"), seuils=SAIN, largeur=6),
                    courbes("Événements ajoutés par type", "Par seconde, par le worker d'audit.",
                            ("{{type}}", _debit("event_store_events_appended_total", "type")), unite="ops"),
                    courbes("Doublons absorbés", "Déjà dans l'historique : une reprise, sans effet.",
                            ("doublons", _debit("event_store_duplicates_total")), unite="ops"),
                    courbes("Rejeu d'un checkout", "Du premier au dernier événement.",
                            *_centiles("event_store_replay_duration_seconds"), unite="s"),
                ],
            ),
            (
                "Projections",
                [
                    courbes("Retard par projection", "Positions pas encore pliées.",
                            ("{{projection}}", "max by (projection) (projection_lag)"), largeur=12),
                    courbes("Requêtes de l'event store", "Par route.",
                            ("{{route}}", _debit("http_requests_total", "route", 'job="event-store"')), unite="reqps",
                            largeur=12),
                ],
            ),
        ],
    )  # fmt: skip


TABLEAUX: tuple[Callable[[], Dashboard], ...] = (
    sagas_comparees,
    saga_orchestree,
    choregraphie,
    services,
    passerelle,
    event_store,
)
