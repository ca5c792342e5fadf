"""The simulator inside a process: started and stopped by a test, with a direct handle on its state."""

import socket
import threading
from contextlib import suppress
from types import TracebackType

from local.google_simulator.control.commands import Commands
from local.google_simulator.control.observation import Observation
from local.google_simulator.control.routes import ControlDesk
from local.google_simulator.filling.loading import Loading
from local.google_simulator.push.commands import PushCommands
from local.google_simulator.server import Server
from local.google_simulator.service import TOKEN_PATH, Service
from local.google_simulator.world.clock import Clock
from local.google_simulator.world.state import World
from local.google_simulator.world.store import Store

_RING_SECONDS = 0.1
"""Between two looks at what is to be delivered, where messages are delivered as they fall due."""


class Simulator:
    """A simulated Google Calendar on 127.0.0.1. `port` 0 takes a free one; the same `seed`, the same ids and tokens.

    `commands` changes things, `loading` fills calendars, `observation` looks, `push` steers messages; `world` is the
    bare state. `rings`: whether messages are delivered as they fall due, not only when `push` is told to. A context
    manager. Raises OSError when the port is taken.
    """

    def __init__(self, *, port: int = 0, seed: int = 0, clock: Clock | None = None, rings: bool = False) -> None:
        self.world = World(seed, clock)
        self.service = Service(Store(self.world))
        self.commands = Commands(self.service)
        self.loading = Loading(self.world)
        self.observation = Observation(self.service)
        self.push = PushCommands(self.service.store.deliveries)
        desk = ControlDesk(self.commands, self.loading, self.observation, self.push)
        self._server = Server(self.service, desk, port)
        self._threads: list[threading.Thread] = []
        self._rings = rings

    @property
    def url(self) -> str:
        """The root, as ALMANAC_GOOGLE_API_URL wants it; the API lies below `/calendar/v3/`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def api_endpoint(self) -> str:
        """What google-api-python-client wants as `client_options={"api_endpoint": …}`: it replaces root and path."""
        return f"{self.url}/calendar/v3/"

    @property
    def token_url(self) -> str:
        """The OAuth token endpoint, as ALMANAC_GOOGLE_TOKEN_URL wants it."""
        return self.url + TOKEN_PATH

    def start(self) -> "Simulator":
        """Serve in a thread of its own."""
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.01,), name="simulator", daemon=True)
        ]
        if self._rings:
            self._threads.append(threading.Thread(target=self._keep_ringing, name="push", daemon=True))
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and close every connection, those in an injected delay too."""
        self.service.stopping.set()
        if self._threads:
            self._end_serving()
            for thread in self._threads:
                thread.join()
            self._threads = []
        self._server.close_connections()
        self._server.server_close()

    def _end_serving(self) -> None:
        """End the server's loop at once: it looks whether it should when somebody knocks, else every 10 ms."""
        ending = threading.Thread(target=self._server.shutdown)
        ending.start()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self._server.server_port), timeout=1).close()
        ending.join()

    def _keep_ringing(self) -> None:
        while not self.service.stopping.wait(_RING_SECONDS):
            self.push.deliver_messages()

    def __enter__(self) -> "Simulator":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
