# SPDX-License-Identifier: Apache-2.0
"""What a gate keeps of connections and devices, and how it says no."""


class No(Exception):
    """With the reason's name."""


def need(good, reason):
    if not good:
        raise No(reason)


class Session:
    """A connection that holds: the key that opened it, and for ATTESTREAM-1 its id and key."""

    def __init__(self, device, client_id, opened_by, session_id=None, key=None, counter=0, expires_ms=0):
        self.device, self.client_id, self.opened_by, self.expires_ms = device, client_id, opened_by, expires_ms
        self.id, self.key, self.counter = session_id, key, counter


class Known:
    """What a gate keeps of a device across its connections."""

    def __init__(self):
        self.counter, self.highest, self.seen, self.will, self.before = 0, 0, {}, (0, None), None
