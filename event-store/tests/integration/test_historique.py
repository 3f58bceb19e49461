import uuid

from event_store.infrastructure.base import Base
from flask.testing import FlaskClient

from tests.conftest import STREAM, ajouter, evenement


def test_append_then_read_and_replay(client: FlaskClient) -> None:
    checkout = str(uuid.uuid4())
    a = evenement("CheckoutInitiated", checkout, ts="1763700000.125")
    b = evenement("CheckoutSucceeded", checkout, causation_id=a["id"], ts=1763700001)
    reponse = ajouter(client, a, b)
    assert reponse.status_code == 201, reponse.json
    assert reponse.json == {
        "stream": STREAM,
        "version": 2,
        "events": [
            {"id": a["id"], "position": 1, "version": 1, "position_checkout": 1},
            {"id": b["id"], "position": 2, "version": 2, "position_checkout": 2},
        ],
    }
    lus = client.get(f"/api/event-store/streams/{STREAM}/events?count=1").json
    assert [e["id"] for e in lus["events"]] == [a["id"]]
    assert lus["next"] == 1
    assert lus["events"][0]["ts"] == 1763700000.125
    suite = client.get(f"/streams/{STREAM}/events/?after=1").json
    assert [e["id"] for e in suite["events"]] == [b["id"]]
    assert suite["next"] is None
    rejeu = client.get(f"/api/event-store/replay/checkout/{checkout}").json
    assert rejeu["status"] == "succeeded"
    assert rejeu["commande_id"] == checkout
    assert [c["profondeur"] for c in rejeu["causal_chain"]] == [0, 1]
    assert client.get("/integrity").json["integre"] is True
