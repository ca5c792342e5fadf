"""S3 behind the ExportFiles port."""

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from almanac.adapters.aws.errors import AwsError, failure
from almanac.errors import FilesRefused, FilesUnavailable
from almanac.services.export.ports import ExportFiles

_AT_ONCE = 1000
"""Objects that one DeleteObjects takes. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""


class S3Files(ExportFiles):
    """ExportFiles over a boto3 client of `s3`. The bucket encrypts, and deletes what upkeep has left."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @override
    def put(self, key: str, content: bytes, media_type: str) -> None:
        self._call("put_object", Key=key, Body=content, ContentType=media_type, CacheControl="no-store")

    @override
    def link(self, key: str, name: str, seconds: int) -> str:
        asked = {"Bucket": self._bucket, "Key": key, "ResponseContentDisposition": f'attachment; filename="{name}"'}
        try:
            url: str = self._client.generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)
        except AwsError as error:
            raise _translated(error) from None
        return url

    @override
    def delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _AT_ONCE):
            named = [{"Key": key} for key in keys[start : start + _AT_ONCE]]
            answer = self._call("delete_objects", Delete={"Objects": named, "Quiet": True})
            for refused in answer.get("Errors", ()):
                raise FilesUnavailable(f"an object could not be deleted ({refused.get('Code', 'Unknown')})")

    def _call(self, name: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, name)(Bucket=self._bucket, **arguments)
        except AwsError as error:
            raise _translated(error) from None


def _translated(error: Exception) -> FilesUnavailable | FilesRefused:
    found = failure(error)
    if found.again:
        return FilesUnavailable(f"the bucket of exports cannot be reached ({found.code})")
    return FilesRefused(f"the bucket of exports refuses ({found.code}): correct ALMANAC_EXPORT_BUCKET or its policy")
