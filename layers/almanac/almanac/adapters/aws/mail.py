"""Amazon SES v2 behind the Mail port."""

from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from typing_extensions import override

from almanac.adapters.aws.errors import AwsError, failure
from almanac.errors import MailRefused, MailUnavailable, MailUncertain
from almanac.services.export.ports import Letter, Mail

_NEVER_REACHED = (EndpointConnectionError, ConnectTimeoutError)
_UNANSWERED = (ReadTimeoutError, ConnectionClosedError)


class SesMail(Mail):
    """Mail over a boto3 client of `sesv2`, which makes one attempt a call; `sender` is an address that SES knows."""

    def __init__(self, client: Any, sender: str) -> None:
        self._client = client
        self._sender = sender

    @override
    def send(self, to: str, letter: Letter) -> None:
        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={"Raw": {"Data": mime(self._sender, to, letter)}},
            )
        except _NEVER_REACHED as error:
            raise MailUnavailable(f"who sends mail cannot be reached ({type(error).__name__})") from None
        except _UNANSWERED as error:
            raise MailUncertain(f"who sends mail gave no answer ({type(error).__name__})") from None
        except AwsError as error:
            found = failure(error)
            if found.again:
                raise MailUnavailable(f"who sends mail asks to try again ({found.code})") from None
            raise MailRefused(f"the mail was refused ({found.code})") from None


def mime(sender: str, to: str, letter: Letter) -> bytes:
    """Return the message: text, and HTML that says the same. RFC 2046, section 5.1.4. Raises MailRefused."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"], message["To"] = sender, to
        message["Subject"] = " ".join(letter.subject.split())
    except (ValueError, IndexError):  # what the standard library cannot read as an address
        raise MailRefused("the address is none") from None
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message.as_bytes()
