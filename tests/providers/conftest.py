from tests.adapters.conftest import server

__all__ = ["server"]
