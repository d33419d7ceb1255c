# SPDX-License-Identifier: Apache-2.0
"""A stock MQTT client (paho-mqtt, 1.x or 2.x) that knows the reason of each PUBACK and of CONNACK."""
import threading

import paho.mqtt.client as paho

V5, V311 = paho.MQTTv5, paho.MQTTv311
# A PUBACK's reasons: taken (by nobody who subscribes: 0x10), and refused.
SUCCESS = (0x00, 0x10)
DENIED = 0x87
TIMEOUT_S = 10


def new_client(client_id, protocol, transport="tcp"):
    if hasattr(paho, "CallbackAPIVersion"):
        return paho.Client(paho.CallbackAPIVersion.VERSION1, client_id=client_id, protocol=protocol, transport=transport)
    return paho.Client(client_id=client_id, protocol=protocol, transport=transport)


class Client:
    def __init__(self, port, client_id, user=None, password=None, protocol=V5, will=None, tls=None, transport="tcp"):
        self.answers, self.messages, self.reason, self.closed = {}, [], None, False
        self.changed = threading.Condition()
        self.client = new_client(client_id, protocol, transport)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.on_message = self._on_message
        self._read_acknowledgements()
        if user is not None:
            self.client.username_pw_set(user, password)
        if tls:
            self.client.tls_set_context(tls)
        if will:
            self.client.will_set(*will)
        try:
            self.client.connect("127.0.0.1", port, 60)
        except OSError:
            self.closed = True
            return
        self.client.loop_start()
        self.wait(lambda: self.reason is not None or self.closed)

    def _read_acknowledgements(self):
        # paho 1.x keeps no reason of a PUBACK, so it is read where the packet is.
        original = self.client._handle_pubackcomp

        def handle(command):
            packet = bytes(self.client._in_packet["packet"])
            with self.changed:
                self.answers[int.from_bytes(packet[:2], "big")] = packet[2] if len(packet) > 2 else 0
                self.changed.notify_all()
            return original(command)
        self.client._handle_pubackcomp = handle

    def _on_connect(self, _client, _data, _flags, reason, *_more):
        with self.changed:
            self.reason = getattr(reason, "value", reason)
            self.changed.notify_all()

    def _on_disconnect(self, *_):
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def _on_message(self, _client, _data, message):
        with self.changed:
            self.messages.append((message.topic, message.payload))
            self.changed.notify_all()

    def wait(self, holds, timeout_s=TIMEOUT_S):
        with self.changed:
            return self.changed.wait_for(holds, timeout_s)

    @property
    def connected(self):
        return self.reason == 0 and not self.closed

    def publish(self, topic, payload, qos=1, retain=False):
        """The PUBACK's reason, or None if the connection was closed instead."""
        sent = self.client.publish(topic, payload, qos=qos, retain=retain)
        self.wait(lambda: sent.mid in self.answers or self.closed)
        return self.answers.get(sent.mid)

    def subscribe(self, topic, qos=1):
        done = threading.Event()
        self.client.on_subscribe = lambda *_: done.set()
        self.client.subscribe(topic, qos)
        done.wait(TIMEOUT_S)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()
