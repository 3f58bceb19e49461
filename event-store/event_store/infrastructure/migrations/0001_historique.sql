-- The history. Everything here belongs to the owner role; the service's role reads it and calls ajouter(), no more.

-- One row: the last position given. Its row lock is held from the numbering to the commit, so positions become
-- visible in order and without a gap: a reader by position never skips one that commits later (F28).
-- ajoute_le never goes back, whatever the clock does: partitions then follow the order of positions.
CREATE TABLE compteur (
    seul boolean PRIMARY KEY DEFAULT true CHECK (seul),
    position bigint NOT NULL DEFAULT 0,
    ajoute_le timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO compteur DEFAULT VALUES;

-- Head of each stream: its number of events and the last hash of its chain.
CREATE TABLE flux (
    stream text PRIMARY KEY,
    version bigint NOT NULL,
    empreinte bytea NOT NULL
);

-- Every event id ever accepted. It outlives the archive of the events themselves.
CREATE TABLE identifiants (
    id uuid PRIMARY KEY,
    stream text NOT NULL,
    position bigint NOT NULL,
    version bigint NOT NULL,
    position_checkout integer
);

-- Number of events of each checkout, archived ones included.
CREATE TABLE tetes_checkouts (
    checkout_id uuid PRIMARY KEY,
    position integer NOT NULL
);

CREATE TABLE evenements (
    position bigint NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    ts numeric NOT NULL,
    v integer NOT NULL,
    payload jsonb NOT NULL,
    checkout_id uuid,
    position_checkout integer,
    correlation_id text NOT NULL,
    causation_id text NOT NULL,
    source text NOT NULL,
    traceparent text NOT NULL,
    ajoute_le timestamptz NOT NULL,
    empreinte bytea NOT NULL,
    PRIMARY KEY (position, ajoute_le),
    UNIQUE (stream, version, ajoute_le)
) PARTITION BY RANGE (ajoute_le);
CREATE INDEX evenements_checkout ON evenements (checkout_id, position_checkout);
CREATE INDEX evenements_type ON evenements (type, position);

-- What stays here of an archived event: all but the bulky part of its payload and its place in the chain.
-- Replay and projections go on reading it, so a rebuild after an archive gives the same content as before.
CREATE TABLE resumes (
    position bigint PRIMARY KEY,
    stream text NOT NULL,
    version bigint NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    ts numeric NOT NULL,
    v integer NOT NULL,
    payload jsonb NOT NULL,
    checkout_id uuid,
    position_checkout integer,
    correlation_id text NOT NULL,
    causation_id text NOT NULL,
    source text NOT NULL,
    traceparent text NOT NULL,
    ajoute_le timestamptz NOT NULL
);
CREATE INDEX resumes_checkout ON resumes (checkout_id, position_checkout);
CREATE INDEX resumes_type ON resumes (type, position);

-- One row per archived month and stream: which versions left, and the hash the next event is chained to.
CREATE TABLE archives (
    mois date NOT NULL,
    stream text NOT NULL,
    premiere_position bigint NOT NULL,
    derniere_position bigint NOT NULL,
    premiere_version bigint NOT NULL,
    derniere_version bigint NOT NULL,
    empreinte bytea NOT NULL,
    fichier text NOT NULL,
    fichier_sha256 bytea NOT NULL,
    archive_le timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (mois, stream)
);

CREATE FUNCTION refuser_modification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'l''historique ne se modifie pas (% sur %)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ajout_seulement BEFORE UPDATE OR DELETE ON evenements
    FOR EACH ROW EXECUTE FUNCTION refuser_modification();
CREATE TRIGGER ajout_seulement BEFORE UPDATE OR DELETE ON identifiants
    FOR EACH ROW EXECUTE FUNCTION refuser_modification();
CREATE TRIGGER ajout_seulement BEFORE UPDATE OR DELETE ON resumes
    FOR EACH ROW EXECUTE FUNCTION refuser_modification();
CREATE TRIGGER ajout_seulement BEFORE UPDATE OR DELETE ON archives
    FOR EACH ROW EXECUTE FUNCTION refuser_modification();
-- Statement triggers are not inherited by partitions: assurer_partitions() gives each its own.
CREATE TRIGGER pas_de_vidage BEFORE TRUNCATE ON identifiants
    FOR EACH STATEMENT EXECUTE FUNCTION refuser_modification();
CREATE TRIGGER pas_de_vidage BEFORE TRUNCATE ON resumes
    FOR EACH STATEMENT EXECUTE FUNCTION refuser_modification();
CREATE TRIGGER pas_de_vidage BEFORE TRUNCATE ON archives
    FOR EACH STATEMENT EXECUTE FUNCTION refuser_modification();

-- The bytes that are hashed and archived: a JSON array, its objects in jsonb's own canonical order.
CREATE FUNCTION canonique(e evenements) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_array(
        e.position, e.stream, e.version, e.id, e.type, e.ts, e.v, e.payload, e.checkout_id, e.position_checkout,
        e.correlation_id, e.causation_id, e.source, e.traceparent, extract(epoch FROM e.ajoute_le))::text
$$;

CREATE FUNCTION chainer(precedente bytea, depart bytea, texte text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(coalesce(precedente, depart) || convert_to(texte, 'UTF8'))
$$;
-- As a window aggregate: the running hash chain of ordered rows, beginning at `depart`.
CREATE AGGREGATE chaine(depart bytea, texte text) (SFUNC = chainer, STYPE = bytea);

-- The months of `instant` and of the `avance` months after it have their partition. ATTACH, unlike CREATE … PARTITION
-- OF, does not make readers wait.
CREATE FUNCTION assurer_partitions(instant timestamptz, avance integer) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    mois timestamp;
    nom text;
BEGIN
    FOR rang IN 0..avance LOOP
        mois := date_trunc('month', instant AT TIME ZONE 'UTC') + make_interval(months => rang);
        nom := 'evenements_' || to_char(mois, 'YYYY_MM');
        CONTINUE WHEN to_regclass(nom) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE evenements INCLUDING DEFAULTS)', nom);
        EXECUTE format('ALTER TABLE evenements ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            nom, mois AT TIME ZONE 'UTC', (mois + interval '1 month') AT TIME ZONE 'UTC');
        EXECUTE format('CREATE TRIGGER pas_de_vidage BEFORE TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION refuser_modification()', nom);
    END LOOP;
END $$;

-- Append a batch: all of it or nothing. `lot` is an array of {id, type, ts, v, payload, checkout_id, correlation_id,
-- causation_id, source, traceparent}. Known ids are not stored again and come back with the place they have had
-- since the first time. `attendue` (may be null) is the stream's version the caller decided upon; it is compared
-- only if something is new, so that the retry of an applied append is not a conflict.
-- Raises ES409 (another version), ES410 (the id belongs to another stream).
CREATE FUNCTION ajouter(flux_vise text, lot jsonb, attendue bigint)
RETURNS TABLE (id uuid, pos bigint, ver bigint, pos_checkout integer, nouveau boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    depart bigint;
    instant timestamptz;
    version_presente bigint := 0;
    tete bytea := '';
    connus uuid[];
    nombre integer;
BEGIN
    SELECT c.position, greatest(clock_timestamp(), c.ajoute_le) INTO STRICT depart, instant FROM compteur c FOR UPDATE;
    SELECT f.version, f.empreinte INTO version_presente, tete FROM flux f WHERE f.stream = flux_vise;
    IF NOT FOUND THEN
        version_presente := 0;
        tete := '';
    END IF;
    IF EXISTS (SELECT 1 FROM jsonb_to_recordset(lot) AS e(id uuid) JOIN identifiants i USING (id)
               WHERE i.stream <> flux_vise) THEN
        RAISE EXCEPTION 'identifiant connu dans un autre flux' USING ERRCODE = 'ES410';
    END IF;
    connus := ARRAY(SELECT i.id FROM jsonb_to_recordset(lot) AS e(id uuid) JOIN identifiants i USING (id));
    SELECT count(DISTINCT e.id) INTO nombre FROM jsonb_to_recordset(lot) AS e(id uuid) WHERE e.id <> ALL (connus);
    IF nombre > 0 THEN
        IF attendue IS NOT NULL AND attendue <> version_presente THEN
            RAISE EXCEPTION 'version % attendue, % présente', attendue, version_presente
                USING ERRCODE = 'ES409', DETAIL = version_presente::text;
        END IF;
        PERFORM assurer_partitions(instant, 1);
        WITH lus AS (
            SELECT DISTINCT ON (e.id) r.rang, e.*
            FROM jsonb_array_elements(lot) WITH ORDINALITY AS r(un, rang),
                 jsonb_to_record(r.un) AS e(id uuid, type text, ts numeric, v integer, payload jsonb, checkout_id uuid,
                     correlation_id text, causation_id text, source text, traceparent text)
            WHERE e.id <> ALL (connus)
            ORDER BY e.id, r.rang
        ), places AS (
            SELECT l.*, row_number() OVER (ORDER BY l.rang) AS n,
                   CASE WHEN l.checkout_id IS NOT NULL THEN
                       coalesce(t.position, 0) + row_number() OVER (PARTITION BY l.checkout_id ORDER BY l.rang)
                   END::integer AS place_checkout
            FROM lus l LEFT JOIN tetes_checkouts t ON t.checkout_id = l.checkout_id
        ), lignes AS (
            SELECT ROW(depart + n, flux_vise, version_presente + n, p.id, p.type, p.ts, p.v, p.payload, p.checkout_id,
                p.place_checkout, p.correlation_id, p.causation_id, p.source, p.traceparent, instant,
                NULL)::evenements AS e
            FROM places p
        )
        INSERT INTO evenements
        SELECT (e).position, (e).stream, (e).version, (e).id, (e).type, (e).ts, (e).v, (e).payload, (e).checkout_id,
               (e).position_checkout, (e).correlation_id, (e).causation_id, (e).source, (e).traceparent, (e).ajoute_le,
               chaine(tete, canonique(e)) OVER (ORDER BY (e).position)
        FROM lignes;
        INSERT INTO identifiants
        SELECT e.id, e.stream, e.position, e.version, e.position_checkout
        FROM evenements e WHERE e.position > depart AND e.ajoute_le = instant;
        INSERT INTO tetes_checkouts AS t
        SELECT e.checkout_id, max(e.position_checkout) FROM evenements e
        WHERE e.position > depart AND e.ajoute_le = instant AND e.checkout_id IS NOT NULL GROUP BY e.checkout_id
        ON CONFLICT (checkout_id) DO UPDATE SET position = excluded.position;
        SELECT e.empreinte INTO tete FROM evenements e WHERE e.position = depart + nombre AND e.ajoute_le = instant;
        INSERT INTO flux VALUES (flux_vise, version_presente + nombre, tete)
        ON CONFLICT (stream) DO UPDATE SET version = excluded.version, empreinte = excluded.empreinte;
        UPDATE compteur SET position = depart + nombre, ajoute_le = instant;
    END IF;
    RETURN QUERY
    SELECT i.id, i.position, i.version, i.position_checkout, i.position > depart
    FROM (SELECT DISTINCT e.id FROM jsonb_to_recordset(lot) AS e(id uuid)) d JOIN identifiants i USING (id)
    ORDER BY i.position;
END $$;
REVOKE ALL ON FUNCTION ajouter(text, jsonb, bigint), assurer_partitions(timestamptz, integer) FROM PUBLIC;

-- Old schema versions read as version 1 (F38). Version 0 is the course's first format: no `v`, `order_id` for
-- `commande_id`, no `emitted_at`, no `magasin_id` (there was one selling magasin only).
CREATE FUNCTION rehausser(type text, v integer, payload jsonb, ts numeric) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN v <> 0 THEN payload ELSE
        jsonb_build_object('emitted_at', to_char(to_timestamp(ts::double precision) AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))
        || CASE WHEN payload ? 'order_id' THEN jsonb_build_object('commande_id', payload -> 'order_id')
                ELSE '{}' END
        || CASE WHEN type IN ('CheckoutInitiated', 'StockReserved', 'OrderCreationFailed')
                THEN '{"magasin_id": "550e8400-e29b-41d4-a716-446655440000"}'::jsonb ELSE '{}' END
        || (payload - 'order_id')
    END
$$;

-- What every reader sees: hot and archived events as one, each in its present schema version.
CREATE VIEW historique AS
SELECT position, stream, version, id, type, ts, greatest(v, 1) AS v, v AS v_origine,
       rehausser(type, v, payload, ts) AS payload, checkout_id, position_checkout, correlation_id, causation_id,
       source, traceparent, ajoute_le, false AS archive
FROM evenements
UNION ALL
SELECT position, stream, version, id, type, ts, greatest(v, 1), v,
       rehausser(type, v, payload, ts), checkout_id, position_checkout, correlation_id, causation_id,
       source, traceparent, ajoute_le, true
FROM resumes;

-- Verify the chain of the positions `de` to `a`: each row that is missing, altered or chained to something else than
-- its predecessor. The predecessor of the first one is read too, or the head that the archive left.
CREATE FUNCTION ruptures(de bigint, a bigint) RETURNS TABLE (pos bigint, cause text)
LANGUAGE sql STABLE AS $$
    WITH lues AS (
        SELECT e.*, lag(e.position) OVER parcours AS voisine,
               lag(e.version) OVER par_flux AS version_avant, lag(e.empreinte) OVER par_flux AS empreinte_avant,
               chainer(NULL, coalesce(
                   lag(e.empreinte) OVER par_flux,
                   CASE WHEN e.version > 1 THEN coalesce(
                       (SELECT p.empreinte FROM evenements p WHERE p.stream = e.stream AND p.version = e.version - 1),
                       (SELECT r.empreinte FROM archives r
                        WHERE r.stream = e.stream AND r.derniere_version = e.version - 1))
                   ELSE ''::bytea END), canonique(e::evenements)) AS attendue
        FROM evenements e WHERE e.position BETWEEN de AND a
        WINDOW parcours AS (ORDER BY e.position), par_flux AS (PARTITION BY e.stream ORDER BY e.position)
    )
    SELECT coalesce(voisine + 1, de), 'position absente' FROM lues
    WHERE position <> coalesce(voisine + 1, de)
    UNION ALL
    SELECT coalesce(max(position) + 1, de), 'position absente' FROM lues HAVING coalesce(max(position), de - 1) < a
    UNION ALL
    SELECT position, 'version rompue' FROM lues WHERE version <> version_avant + 1
    UNION ALL
    SELECT position, 'empreinte différente' FROM lues WHERE attendue IS DISTINCT FROM empreinte
$$;
