-- Read models. Each is a fold of the history by position; its rows and its position commit together (F37).
-- Blue/green: rows belong to a generation, and `projections.generation` says which one is served.

CREATE TABLE projections (
    nom text PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0,
    generation integer NOT NULL DEFAULT 1,
    derniere_generation integer NOT NULL DEFAULT 1,
    modifie_le timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO projections (nom) VALUES ('orders-by-client'), ('checkouts');

-- Events that a projection cannot read: an unknown type, or a schema version newer than this release (F38).
-- A rebuild by a release that knows them folds them in at their position.
CREATE TABLE mises_de_cote (
    projection text NOT NULL REFERENCES projections,
    generation integer NOT NULL,
    position bigint NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    v integer NOT NULL,
    PRIMARY KEY (projection, generation, position)
);

CREATE TABLE orders_by_client (
    generation integer NOT NULL,
    client_id uuid NOT NULL,
    total_orders integer NOT NULL,
    last_order_id text,
    last_checkout_id uuid NOT NULL,
    last_update_ts numeric NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (generation, client_id)
);
CREATE INDEX orders_by_client_position ON orders_by_client (generation, position);

CREATE TABLE checkouts (
    generation integer NOT NULL,
    checkout_id uuid NOT NULL,
    client_id uuid NOT NULL,
    magasin_id text,
    style text NOT NULL,
    statut text NOT NULL,
    stock_reserved boolean NOT NULL,
    stock_released boolean NOT NULL,
    commande_id text,
    reason text,
    debut_ts numeric NOT NULL,
    fin_ts numeric,
    evenements integer NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (generation, checkout_id)
);
CREATE INDEX checkouts_debut ON checkouts (generation, debut_ts DESC, checkout_id);
CREATE INDEX checkouts_statut ON checkouts (generation, statut, debut_ts DESC, checkout_id);
CREATE INDEX checkouts_client ON checkouts (generation, client_id);

-- Answers kept under an Idempotency-Key; see infrastructure/cles.py.
CREATE TABLE cles_idempotence (
    consommateur text NOT NULL,
    cle text NOT NULL,
    demande bytea NOT NULL,
    statut integer NOT NULL,
    corps bytea NOT NULL,
    cree_le timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consommateur, cle)
);
CREATE INDEX cles_idempotence_age ON cles_idempotence (cree_le);
