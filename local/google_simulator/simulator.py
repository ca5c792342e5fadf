"""The simulator inside a process: started and stopped by a test, with a direct handle on its state."""

import threading
from types import TracebackType

from local.google_simulator.control.commands import Commands
from local.google_simulator.control.observation import Observation
from local.google_simulator.control.routes import ControlDesk
from local.google_simulator.filling.loading import Loading
from local.google_simulator.server import Server
from local.google_simulator.service import TOKEN_PATH, Service
from local.google_simulator.world.clock import Clock
from local.google_simulator.world.state import World
from local.google_simulator.world.store import Store


class Simulator:
    """A simulated Google Calendar on 127.0.0.1. `port` 0 takes a free one; the same `seed`, the same ids and tokens.

    `commands` changes things, `loading` fills calendars, `observation` looks; `world` is the bare state. A context
    manager. Raises OSError when the port is taken.
    """

    def __init__(self, *, port: int = 0, seed: int = 0, clock: Clock | None = None) -> None:
        self.world = World(seed, clock)
        self.service = Service(Store(self.world))
        self.commands = Commands(self.service)
        self.loading = Loading(self.world)
        self.observation = Observation(self.service)
        self._server = Server(self.service, ControlDesk(self.commands, self.loading, self.observation), port)
        self._thread: threading.Thread | None = None

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
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="simulator", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and close every connection, those in an injected delay too."""
        self.service.stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.close_connections()
        self._server.server_close()

    def __enter__(self) -> "Simulator":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
