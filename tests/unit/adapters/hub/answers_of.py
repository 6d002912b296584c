"""Answers for tests: a body, a status, nothing of a network."""

import json

from tfimages_action.adapters.hub.transport import Answer


def answer(body: object, status: int = 200) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, body=data, hub_time=1_700_000_000)
