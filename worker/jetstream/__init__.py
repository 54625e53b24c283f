"""The only rooms that speak to NATS: everything else asks them and gets frozen models."""

from worker.jetstream.connect.websocket import import_client

import_client()
