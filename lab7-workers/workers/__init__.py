"""The six reactive workers of the choreographed checkout: one module each, a table of reactions.

| Worker | Event | Brings about |
|---|---|---|
| stock_reservation | CheckoutInitiated | StockReserved, or StockReservationFailed |
| order_creation | StockReserved | OrderCreated and CheckoutSucceeded, or OrderCreationFailed |
| stock_compensation | OrderCreationFailed, StockReservationFailed | StockReleased if stock was held, CheckoutFailed |
| notification | CheckoutSucceeded, CheckoutFailed (both styles) | a message to the client |
| audit | every event | its place in the event store |
| cqrs_projection | every event | the read models |

`python -m workers NAME` runs one; any number of processes may run the same one, each with an INSTANCE_ID of its own.
"""
