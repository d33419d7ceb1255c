# SPDX-License-Identifier: Apache-2.0
"""A Kafka node of our own behind a link that delays: what a site sees of a cluster on another continent."""
import asyncio
import threading

from world import services

CHUNK = 65536


class SlowLink:
    """Passes TCP connections on to a port, each byte `delay_s` late, in both directions. Runs in a thread of its own."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.delay_s = 0.0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._accept, services.LOOPBACK, 0), self.loop).result()
        self.port = self.server.sockets[0].getsockname()[1]

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    async def _accept(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection(services.LOOPBACK, self.target_port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))

    async def _pass(self, reader, writer):
        try:
            while data := await reader.read(CHUNK):
                self.loop.call_later(self.delay_s, writer.write, data)
        except ConnectionError:
            pass
        self.loop.call_later(self.delay_s, writer.close)


class SlowKafka(services.Kafka):
    """Names the link's port to its clients, and so all that they say goes through it."""
    link = None

    def _write_properties(self, controller):
        if self.link:
            self.link.close()
        self.link = SlowLink(self.port)
        self.bootstrap = f"{services.LOOPBACK}:{self.link.port}"
        self.properties["advertised.listeners"] = f"PLAINTEXT://{self.bootstrap}"
        super()._write_properties(controller)

    def close(self):
        super().close()
        if self.link:
            self.link.close()
            self.link = None
