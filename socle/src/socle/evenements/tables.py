"""The tables of this package, for a Django migration and for programs without Django alike."""

CREATION = """
CREATE TABLE outbox (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   uuid NOT NULL UNIQUE,
    flux       text NOT NULL,
    cle        text NOT NULL,
    champs     text NOT NULL,
    cree_le    timestamptz NOT NULL DEFAULT clock_timestamp(),
    publie_le  timestamptz,
    entree_ms  bigint,
    entree_n   bigint,
    acquis     boolean NOT NULL DEFAULT false
);
CREATE INDEX outbox_a_publier ON outbox (flux, seq) WHERE publie_le IS NULL;
CREATE INDEX outbox_non_acquis ON outbox (flux, entree_ms, entree_n) WHERE NOT acquis AND publie_le IS NOT NULL;
CREATE INDEX outbox_a_purger ON outbox (publie_le) WHERE acquis;

CREATE TABLE outbox_flux (
    flux      text PRIMARY KEY,
    identite  text NOT NULL
);

CREATE TABLE inbox (
    groupe    text NOT NULL,
    event_id  uuid NOT NULL,
    recu_le   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (groupe, event_id)
);
CREATE INDEX inbox_recu_le ON inbox (recu_le);

CREATE TABLE points_de_reprise (
    groupe    text NOT NULL,
    flux      text NOT NULL,
    entree    text NOT NULL,
    identite  text NOT NULL,
    PRIMARY KEY (groupe, flux)
);

CREATE TABLE lettres_mortes (
    id              uuid PRIMARY KEY,
    rang            bigint GENERATED ALWAYS AS IDENTITY,
    groupe          text NOT NULL,
    stream          text NOT NULL,
    event_id        uuid NOT NULL,
    type            text NOT NULL,
    checkout_id     text NOT NULL,
    position_stream text NOT NULL,
    cause           text NOT NULL,
    essais          integer NOT NULL,
    evenement       jsonb NOT NULL,
    etat            text NOT NULL DEFAULT 'en_attente'
                    CHECK (etat IN ('en_attente', 'relancee', 'traitee', 'abandonnee')),
    motif           text NOT NULL DEFAULT '',
    cree_le         timestamptz NOT NULL DEFAULT clock_timestamp(),
    modifie_le      timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (groupe, event_id)
);
CREATE INDEX lettres_mortes_ouvertes ON lettres_mortes (groupe, checkout_id, rang)
    WHERE etat IN ('en_attente', 'relancee');
"""

SUPPRESSION = "DROP TABLE outbox, outbox_flux, inbox, points_de_reprise, lettres_mortes"
