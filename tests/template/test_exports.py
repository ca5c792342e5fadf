"""Where exports are kept, and in whose name digests go out."""

from typing import Any

from tests.template.stack import Stack


def test_the_bucket_is_private_encrypted_and_empties_itself(stack: Stack) -> None:
    (bucket,) = stack.of("AWS::S3::Bucket").values()
    (policy,) = stack.of("AWS::S3::BucketPolicy").values()

    (encrypted,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encrypted["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 9)
    assert "BucketName" not in bucket
    (denied,) = policy["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_mail_goes_out_from_one_address_only(stack: Stack) -> None:
    access = stack.of("AWS::IAM::ManagedPolicy")["MailAccess"]["PolicyDocument"]["Statement"]
    assert [each["Condition"] for each in access] == [{"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}]


def test_without_an_address_nobody_may_send_mail(template: dict[str, Any]) -> None:
    assert template["Resources"]["MailAccess"]["Condition"] == "HasMail"
    assert template["Parameters"]["MailFrom"]["Default"] == ""


def test_feeds_have_a_throttle_of_their_own(stack: Stack) -> None:
    (stage,) = stack.of("AWS::ApiGatewayV2::Stage").values()
    throttle = stage["RouteSettings"]["GET /ics/{file}"]
    assert throttle["ThrottlingRateLimit"] < stage["DefaultRouteSettings"]["ThrottlingRateLimit"]
