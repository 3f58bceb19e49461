"""The folds, as set-based SQL: one statement takes the positions in `]%(de)s, %(a)s]` into `%(generation)s`.

The same statement serves live steps (a few positions) and rebuilds (all of them), so both give the same content by
construction; it reads earlier events where a fold needs them, never its own rows' history. `%(connus)s` are the types
and `%(version)s` the schema version this release can fold.
"""

from collections.abc import Mapping

# A checkout counts once: only its first terminal event decides (a late or doubled one changes nothing).
_ORDERS_BY_CLIENT = """
INSERT INTO orders_by_client AS o
SELECT %(generation)s, client_id, count(*), (array_agg(commande_id ORDER BY position DESC))[1],
       (array_agg(checkout_id ORDER BY position DESC))[1], (array_agg(ts ORDER BY position DESC))[1], max(position)
FROM (
    SELECT (e.payload ->> 'client_id')::uuid AS client_id, e.payload ->> 'commande_id' AS commande_id,
           e.checkout_id, e.ts, e.position
    FROM historique e
    WHERE e.position > %(de)s AND e.position <= %(a)s AND e.type = 'CheckoutSucceeded' AND e.v <= %(version)s
      AND NOT EXISTS (
          SELECT 1 FROM historique t
          WHERE t.checkout_id = e.checkout_id AND t.position < e.position
            AND t.type IN ('CheckoutSucceeded', 'CheckoutFailed') AND t.v <= %(version)s)
) nouvelles
GROUP BY client_id
ON CONFLICT (generation, client_id) DO UPDATE SET
    total_orders = o.total_orders + excluded.total_orders, last_order_id = excluded.last_order_id,
    last_checkout_id = excluded.last_checkout_id, last_update_ts = excluded.last_update_ts,
    position = excluded.position
"""

# Every checkout touched by these positions is folded again from its own few events. Those are sorted once, below the
# aggregates, which keep the order of their input: an ORDER BY in each would be a sort in each.
_CHECKOUTS = """
WITH faits AS (
    SELECT e.checkout_id, e.position, e.type, e.ts, e.source, e.payload ->> 'client_id' AS client_id,
           CASE WHEN jsonb_typeof(e.payload -> 'magasin_id') = 'string' THEN e.payload ->> 'magasin_id' END AS magasin,
           e.payload ->> 'commande_id' AS commande_id, e.payload ->> 'reason' AS reason,
           e.type IN ('CheckoutSucceeded', 'CheckoutFailed') AS terminal
    FROM historique e
    WHERE e.position <= %(a)s AND e.type = ANY (%(connus)s) AND e.v <= %(version)s
      AND {touches}
    ORDER BY e.checkout_id, e.position
), plies AS (
    SELECT checkout_id,
           (array_agg(client_id))[1]::uuid AS client_id,
           (array_agg(magasin) FILTER (WHERE magasin IS NOT NULL))[1] AS magasin_id,
           CASE WHEN (array_agg(source))[1] LIKE 'saga%%' THEN 'orchestre' ELSE 'choreo' END AS style,
           (array_agg(type) FILTER (WHERE terminal))[1] AS fin,
           bool_or(type = 'StockReserved') AS stock_reserved, bool_or(type = 'StockReleased') AS stock_released,
           (array_agg(commande_id) FILTER (WHERE type IN ('OrderCreated', 'CheckoutSucceeded')))[1] AS commande_id,
           coalesce((array_agg(reason) FILTER (WHERE type = 'CheckoutFailed'))[1],
                    (array_agg(reason)
                        FILTER (WHERE type IN ('StockReservationFailed', 'OrderCreationFailed')))[1]) AS reason,
           (array_agg(ts))[1] AS debut_ts,
           (array_agg(ts) FILTER (WHERE terminal))[1] AS fin_ts,
           count(*) AS evenements, max(position) AS position
    FROM faits GROUP BY checkout_id
)
INSERT INTO checkouts AS c
SELECT %(generation)s, checkout_id, client_id, magasin_id, style,
       CASE fin WHEN 'CheckoutSucceeded' THEN 'succeeded' WHEN 'CheckoutFailed' THEN 'failed' ELSE 'initiated' END,
       stock_reserved, stock_released, commande_id, CASE WHEN fin = 'CheckoutSucceeded' THEN NULL ELSE reason END,
       debut_ts, fin_ts, evenements, position
FROM plies
ON CONFLICT (generation, checkout_id) DO UPDATE SET
    client_id = excluded.client_id, magasin_id = excluded.magasin_id, style = excluded.style, statut = excluded.statut,
    stock_reserved = excluded.stock_reserved, stock_released = excluded.stock_released,
    commande_id = excluded.commande_id, reason = excluded.reason, debut_ts = excluded.debut_ts,
    fin_ts = excluded.fin_ts, evenements = excluded.evenements, position = excluded.position
"""
_CHECKOUTS_TOUCHES = """e.checkout_id IN (
          SELECT t.checkout_id FROM historique t
          WHERE t.position > %(de)s AND t.position <= %(a)s AND t.checkout_id IS NOT NULL)"""

MISES_DE_COTE = """
INSERT INTO mises_de_cote
SELECT %(projection)s, %(generation)s, position, id, type, v FROM historique
WHERE position > %(de)s AND position <= %(a)s AND NOT (type = ANY (%(connus)s) AND v <= %(version)s)
"""

TABLES: Mapping[str, str] = {"orders-by-client": "orders_by_client", "checkouts": "checkouts"}
"""Projection to the table of its rows; both are constants of this module."""


def pli(nom: str, de: int) -> str:
    """The statement of projection `nom` that begins after position `de`."""
    if nom == "orders-by-client":
        return _ORDERS_BY_CLIENT
    # From the beginning every checkout is touched: no need to look for which.
    return _CHECKOUTS.format(touches=_CHECKOUTS_TOUCHES if de else "e.checkout_id IS NOT NULL")
