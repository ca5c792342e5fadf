"""A queue that takes everything at once: SendMessageBatch over HTTP on 127.0.0.1, and nothing else of SQS.

`python -m bench.queue_stub PORT_FILE SECONDS` serves until it is stopped, and lets every answer wait that long. It is
a process of its own, as SQS is.
"""

import asyncio
import hashlib
import json
import sys
from pathlib import Path

from local.stack.ports import LOOPBACK

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Taker(asyncio.Protocol):
    """Answers each request, after `seconds`, with every one of its entries as sent."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what has arrived whole."""
        self._received += data
        while (request := self._whole_request()) is not None:
            body = json.dumps({"Successful": [_taken(entry) for entry in json.loads(request)["Entries"]]}).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n"
            asyncio.get_running_loop().call_later(self._seconds, self._transport.write, head.encode() + body)

    def _whole_request(self) -> bytes | None:
        head, found, rest = self._received.partition(_HEAD_END)
        if not found:
            return None
        lines = head.lower().split(b"\r\n")
        length = next(int(line[len(_LENGTH) :]) for line in lines if line.startswith(_LENGTH))
        if len(rest) < length:
            return None
        self._received = rest[length:]
        return rest[:length]


def _taken(entry: dict[str, str]) -> dict[str, str]:
    digest = hashlib.md5(entry["MessageBody"].encode(), usedforsecurity=False).hexdigest()
    return {"Id": entry["Id"], "MessageId": entry["MessageDeduplicationId"], "MD5OfMessageBody": digest}


async def main(port_file: Path, seconds: float) -> None:
    """Serve on a free port, whose number goes into the file once it is open."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Taker(seconds), LOOPBACK, 0)
    draft = port_file.with_suffix(".part")
    draft.write_text(str(server.sockets[0].getsockname()[1]))
    draft.replace(port_file)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))
