"""HTTP to Google: one kept-alive connection, one request a call, and every failure in our own terms."""

from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any

import httplib2
from httplib2.decode import DecodeLimitError

from almanac.errors import AnswerTooLarge
from almanac.providers.google import NAME
from almanac.providers.google.errors import parse_error_body, unavailable
from almanac.providers.http import (
    LARGEST_ANSWER,
    PATIENCE,
    NotSentAgain,
    TooManyBytes,
    connection_type,
    parse_date,
    parse_retry_after,
)


class Refused(Exception):
    """An answer that is not 2xx: `status`, the `reasons` of its body, `retry_after` in seconds.

    Its reader knows what was asked and turns it into an error of the tree; it never leaves this package.
    """

    def __init__(self, status: int, reasons: list[str], retry_after: float | None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.reasons = reasons
        self.retry_after = retry_after


class GoogleHttp:
    """What googleapiclient and the token endpoint send through, in the form that googleapiclient asks for.

    Not thread-safe: httplib2 is not, so every thread has an instance of its own (trap 87).
    """

    def __init__(self, timeout_seconds: float) -> None:
        # No proxy: httplib2 needs PySocks for one, which the bundle does not carry. The ratio limit is off because
        # a page of one series' instances repeats one description and packs better than 1 : 100.
        self._http = httplib2.Http(
            timeout=timeout_seconds, proxy_info=None, decode_limit_ratio=0, decode_limit_hard=LARGEST_ANSWER
        )
        self._timeout = timeout_seconds
        self._http.follow_redirects = False  # a redirect is an answer we do not expect; tokens follow it nowhere
        self.answered_at: datetime | None = None
        """Google's time of the last answer, if it said so."""

    def request(
        self, uri: str, method: str = "GET", body: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[Any, bytes]:
        """Send one request; the httplib2 response and its unpacked body if it is 2xx.

        A kept-alive connection that the other side has closed meanwhile is opened again, once, by httplib2. Raises
        Refused, ProviderUnavailable (no whole answer in time) and AnswerTooLarge; the last two drop the
        connection.
        """
        try:
            response, content = self._http.request(uri, method, body, headers, connection_type=connection_type(uri))
        except (DecodeLimitError, TooManyBytes):
            self.close()
            raise AnswerTooLarge(f"Google's answer is larger than {LARGEST_ANSWER} bytes", provider=NAME) from None
        except TimeoutError:
            self.close()
            raise unavailable("Google did not answer in time") from None
        except NotSentAgain as error:
            self.close()
            raise unavailable(str(error)) from None
        except (OSError, HTTPException, httplib2.HttpLib2Error) as error:
            self.close()
            raise unavailable(f"the connection to Google failed: {type(error).__name__}") from None
        self.answered_at = parse_date(response.get("date"))
        if response.status >= 300:
            retry_after = parse_retry_after(response.get("retry-after"), datetime.now(UTC))
            raise Refused(response.status, parse_error_body(content), retry_after)
        return response, content

    def limit_waits(self, seconds: float) -> None:
        """From now on no answer takes longer than that, and never longer than PATIENCE time-outs."""
        self._http.timeout = min(self._timeout, seconds / PATIENCE)
        for connection in list(self._http.connections.values()):
            connection.timeout = self._http.timeout
            try:
                if connection.sock is not None:
                    connection.sock.settimeout(self._http.timeout)
            except OSError:  # it was cut and closed meanwhile: the next request opens another one
                connection.close()

    def close(self) -> None:
        """Drop the connection; the next request opens a new one."""
        self._http.close()
