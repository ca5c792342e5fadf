"""boto3 clients with timeouts. Credentials and region: boto3's own chain."""

import logging
import re
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import NoRegionError, ProfileNotFound, UnknownServiceError

from almanac.errors import BadSettings

# At DEBUG botocore logs every answer, and that of Secrets Manager is a secret. Lambda gives the root logger the level
# that the template asks for, so a stage that wants our own DEBUG lines would get these too.
for _library in ("boto3", "botocore", "urllib3"):
    logging.getLogger(_library).setLevel(logging.INFO)

CONNECT_SECONDS, READ_SECONDS = 5, 20
"""Bounds of every wait for an AWS endpoint; boto3's own are 60 seconds each, longer than a short function lives."""


_TRACE_HEADER = "X-Amzn-Trace-Id"


def client(service: str, region: str | None = None, **more: Any) -> Any:
    """A boto3 client of that service, safe to share between threads. Raises BadSettings, naming the variable.

    `region` is used when the environment names none, `more` is of botocore's Config. One attempt a call: whoever calls
    decides about another one.
    """
    config = Config(
        **more,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    try:
        return _in_own_region(service, config, region)
    except NoRegionError:
        raise BadSettings("AWS_DEFAULT_REGION", "missing; set it to the region of the queues") from None
    except UnknownServiceError:
        raise BadSettings(
            "ALMANAC_EVENT_BUS", f"names a bus of {service}, which this boto3 does not know yet"
        ) from None
    except ProfileNotFound:
        raise BadSettings("AWS_PROFILE", "names no profile of this machine") from None
    except ValueError:
        raise BadSettings("AWS_ENDPOINT_URL", "is not a URL") from None


def without_trace(made: Any) -> Any:
    """Return the client, which from now on tells nobody of the trace that this invocation is a part of.

    Who sends very many messages would have all of them, and what they lead to, in one trace that is sampled or not as a
    whole: https://docs.aws.amazon.com/xray/latest/devguide/xray-tracelinking.html. Without it each consumer decides.
    """

    def forget(request: Any, **_: Any) -> None:
        if _TRACE_HEADER in request.headers:
            del request.headers[_TRACE_HEADER]

    made.meta.events.register_first(f"request-created.{made.meta.service_model.service_id.hyphenize()}", forget)
    return made


def region_of(queue_url: str) -> str | None:
    """Return the region that the URL of a queue at AWS names; None when it is another one's."""
    found = re.match(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/", queue_url)
    return found[1] if found else None


def _in_own_region(service: str, config: Config, region: str | None) -> Any:
    try:
        return boto3.client(service, config=config)
    except NoRegionError:
        if region is None:
            raise
        return boto3.client(service, config=config, region_name=region)
