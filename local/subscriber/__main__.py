"""`python -m local.subscriber`: prints what changes and keeps a table of it, from the bus's queue or as a webhook.

With --queue it reads what a rule of the bus puts into an SQS queue, with --listen it answers webhooks at that port.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3

from local.subscriber.hook import is_genuine
from local.subscriber.table import Table


def main(arguments: Sequence[str] | None = None) -> int:
    """Listen until Ctrl-C."""
    options = _parser().parse_args(arguments)
    table = Table(options.table)
    try:
        if options.queue is not None:
            read_queue(boto3.client("sqs"), options.queue, table)
        else:
            secret = options.secret or _secret_of_pipe()
            if secret is None:
                print("subscriber: no endpoint comes through the pipe; its command says why", file=sys.stderr)
                return 1
            server = HTTPServer(("127.0.0.1", options.listen), hook(table, secret))
            print(f"listening at http://127.0.0.1:{options.listen}/", flush=True)
            server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        table.close()
    return 0


def _secret_of_pipe() -> str | None:
    """Return the secret of the endpoint that `almanac webhook add --json` prints; None if it printed none."""
    try:
        return str(json.load(sys.stdin)["secret"])
    except (ValueError, KeyError, TypeError):
        return None


def read_queue(sqs: Any, url: str, table: Table, *, rounds: int | None = None) -> None:
    """Fold in what arrives; a message is deleted when it is kept, so what dies in between comes again, as a double."""
    while rounds is None or rounds > 0:
        rounds = None if rounds is None else rounds - 1
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            take_event(table, json.loads(message["Body"])["detail"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def take_event(table: Table, event: Mapping[str, Any]) -> None:
    """Fold one CloudEvent in; what has no version, such as `webhook.disabled`, is only shown."""
    data = event["data"]
    taken = "news"
    if "version" in data:
        change = {"version": data["version"], "kind": event["type"], "subject": event["subject"]}
        taken = table.take(data["ws_id"], change, data.get("epoch", 0))
    _show("bus", event["type"], event["subject"], event["id"], taken)


def hook(table: Table, secret: str) -> type[BaseHTTPRequestHandler]:
    """Return a handler that takes genuine deliveries and refuses the rest."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("content-length", "0")), 100_000))
            headers = {name.lower(): value for name, value in self.headers.items()}
            genuine = is_genuine(secret, headers, body, time.time())
            if genuine:
                take_delivery(table, json.loads(body))
            self.send_response(204 if genuine else 401)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    return Hook


def take_delivery(table: Table, delivery: Mapping[str, Any]) -> None:
    """Fold a range of versions in."""
    data = delivery["data"]
    for change in data.get("changes", ()):
        taken = table.take(data["ws_id"], change, data.get("epoch", 0))
        _show("webhook", change["kind"], change["subject"], f"{data['ws_id']}/{change['version']}", taken)


def _show(way: str, kind: str, subject: str, version: str, taken: str) -> None:
    print(f"{way}  {kind}  {subject}  {version}  {taken}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.subscriber", description=__doc__)
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--queue", metavar="URL", help="SQS queue that a rule of the bus fills")
    way.add_argument("--listen", type=int, metavar="PORT", help="take webhooks at this port of 127.0.0.1")
    parser.add_argument("--secret", help="of the endpoint; else what `almanac webhook add --json` prints, by a pipe")
    parser.add_argument("--table", default=":memory:", metavar="FILE", help="where the table is kept")
    return parser


if __name__ == "__main__":
    sys.exit(main())
