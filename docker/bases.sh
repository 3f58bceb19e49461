#!/usr/bin/env bash
# Gives every PostgreSQL server its database and its roles, as `local/postgres.py` does natively. Idempotent, and run at
# every `up`: a password changed in `.env` is then the role's. Passwords travel in the environment, never on a command line.
set -euo pipefail
export PGUSER=postgres PGPASSWORD=$POSTGRES_PASSWORD PGCONNECT_TIMEOUT=5

# sur SERVEUR BASE <<SQL: statements on one server, stopping at the first error.
sur() { PGHOST=$1 PGDATABASE=$2 psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file -; }

# role SERVEUR NOM MOT_DE_PASSE
role() {
    NOM=$2 SECRET=$3 sur "$1" postgres <<'SQL'
\getenv nom NOM
\getenv secret SECRET
SELECT format('CREATE ROLE %I', :'nom') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'nom') \gexec
ALTER ROLE :"nom" LOGIN PASSWORD :'secret';
SQL
}

# base SERVEUR NOM PROPRIETAIRE: nobody but its owner may connect, and whom the owner lets in.
base() {
    BASE=$2 NOM=$3 sur "$1" postgres <<'SQL'
\getenv base BASE
\getenv nom NOM
SELECT format('CREATE DATABASE %I OWNER %I', :'base', :'nom')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'base') \gexec
REVOKE CONNECT, TEMPORARY ON DATABASE :"base" FROM PUBLIC;
SQL
}

# locataire SERVEUR BASE ROLE: may connect to a database it does not own; the owner grants the rest.
locataire() {
    BASE=$2 NOM=$3 sur "$1" postgres <<'SQL'
\getenv base BASE
\getenv nom NOM
GRANT CONNECT ON DATABASE :"base" TO :"nom";
SQL
}

for nom in magasin produits inventaire commandes supply_chain ecommerce saga workers; do
    secret=POSTGRES_PASSWORD_${nom^^}
    serveur=postgres-${nom//_/-}
    role "$serveur" "${nom}_user" "${!secret}"
    base "$serveur" "${nom}_db" "${nom}_user"
done

# The history belongs to a role that the running event store does not hold: it may read and append, no more.
role postgres-event-store event_store_owner "$POSTGRES_PASSWORD_EVENT_STORE_OWNER"
role postgres-event-store event_store_user "$POSTGRES_PASSWORD_EVENT_STORE"
base postgres-event-store event_store_db event_store_owner
locataire postgres-event-store event_store_db event_store_user

# Dead letters lie with the services that consume; the event store enters those databases as itself (ADR 0006).
for nom in workers ecommerce; do
    role "postgres-$nom" event_store_user "$POSTGRES_PASSWORD_EVENT_STORE"
    locataire "postgres-$nom" "${nom}_db" event_store_user
done
# Reads statistics, for Prometheus; it sees no table.
for nom in magasin produits inventaire commandes supply_chain ecommerce saga workers event_store; do
    serveur=postgres-${nom//_/-}
    role "$serveur" supervision_user "$POSTGRES_PASSWORD_SUPERVISION"
    PGHOST=$serveur PGDATABASE=postgres psql --no-psqlrc --quiet --command 'GRANT pg_monitor TO supervision_user'
    locataire "$serveur" "${nom}_db" supervision_user
done
echo "Bases et rôles : à jour."
