"""Files of the folder of exports, for whoever has a link that is signed and good: as S3 gives them in the cloud."""

import base64
import mimetypes
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from almanac.adapters.files import LINKS, linked_file
from local.http_front.functions import HttpRoute

DOWNLOADS = "downloads"
"""Stands for the name of a function."""
ROUTE_OF_DOWNLOADS = HttpRoute("GET", re.compile(re.escape(LINKS) + r".+\Z"), exact=False, function=DOWNLOADS)


@dataclass(frozen=True, slots=True)
class Downloads:
    """Answers events of the route, as a function would. What is in a file can do nothing in the console's name."""

    folder: str

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the file; 403 for a link that is none, or no more."""
        found = linked_file(self.folder, str(event["rawPath"]), str(event["rawQueryString"]), time.time())
        if found is None:
            return {"statusCode": 403, "body": "this link is not good, or not any more\n"}
        name, content = found
        headers = {
            "Content-Type": f"{mimetypes.guess_type(name)[0] or 'application/octet-stream'}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]", "_", name)}"',
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        body = base64.b64encode(content).decode()
        return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}
