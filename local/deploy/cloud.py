"""A local AWS that CloudFormation templates can be deployed to: ministack with the services that template.yaml uses."""

import json
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config

from local.deploy.package import Template, inner_templates, leave_out_unserved, packages, read_template, translated
from local.stack.ports import Child, StartError
from local.stack.queues import REGION, start_ministack

SERVICES = (
    "cloudformation",
    "events",
    "iam",
    "lambda",
    "logs",
    "monitoring",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "sts",
)
STACK = "almanac-local"
_BUCKET = "uploads"
_DEPLOY_SECONDS = 120
_LOOK_SECONDS = 0.1


class Cloud:
    """A running ministack. What is deployed to it ends with it; `left_out` names what it could not take."""

    def __init__(self, child: Child, endpoint_url: str) -> None:
        self._child = child
        self.endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self.left_out: list[str] = []
        self.client("s3").create_bucket(Bucket=_BUCKET)

    @classmethod
    def start(cls, folder: Path) -> Self:
        """Start it on a free port of 127.0.0.1; its files and log stay in `folder`. Raises StartError."""
        child, endpoint_url = start_ministack(folder, SERVICES)
        try:
            return cls(child, endpoint_url)
        except BaseException:
            child.stop()
            raise

    def client(self, service: str) -> Any:
        """The boto3 client of that service."""
        if service not in self._clients:
            given = self.environment()
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint_url,
                region_name=REGION,
                aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
                config=Config(proxies={}, s3={"addressing_style": "path"}),
            )
        return self._clients[service]

    def environment(self) -> dict[str, str]:
        """Variables under which boto3 talks to it, as the account that the stack is in."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SESSION_TOKEN": "",
        }

    def secret(self, name: str, value: str) -> str:
        """Store a secret; returns its ARN."""
        arn: str = self.client("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]
        return arn

    def deploy(self, root: Path, parameters: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
        """Deploy `root`/template.yaml and wait for its end; returns the stack's outputs.

        `variables` replace those that functions declare. Raises StartError with the first reason that CloudFormation
        gives.
        """
        source = read_template(root)
        uploads = {name: self._upload(package) for name, package in packages(source, root).items()}
        template = translated(source, uploads, REGION, variables)
        for name, inner in inner_templates(template, root).items():
            template["Resources"][name]["Properties"]["TemplateURL"] = self._upload_template(inner)
        self.client("cloudformation").create_stack(
            StackName=STACK,
            TemplateURL=self._upload_template(template),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        return self._settled()

    def stop(self) -> None:
        """Stop it; safe to call twice."""
        for client in self._clients.values():
            client.close()
        self._child.stop()

    def _upload(self, content: bytes) -> str:
        """As `sam deploy` does it: named by its content, so that a new name means new content. Returns s3://…."""
        key = sha256(content).hexdigest()
        self.client("s3").put_object(Bucket=_BUCKET, Key=key, Body=content)
        return f"s3://{_BUCKET}/{key}"

    def _upload_template(self, template: Template) -> str:
        """Without what is not served, which `left_out` then names. Returns the address for CloudFormation."""
        self.left_out += leave_out_unserved(template)
        return self._upload(json.dumps(template).encode()).replace("s3://", f"{self.endpoint_url}/")

    def _settled(self) -> dict[str, str]:
        ends_at = time.monotonic() + _DEPLOY_SECONDS
        while True:
            (stack,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
            if stack["StackStatus"] == "CREATE_COMPLETE":
                return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
            if not stack["StackStatus"].endswith("_IN_PROGRESS") or time.monotonic() > ends_at:
                raise StartError(f"the stack ended as {stack['StackStatus']}: {self._first_reason()}")
            time.sleep(_LOOK_SECONDS)

    def _first_reason(self) -> str:
        events = self.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
        if not failed:
            return "no resource says why"
        first = min(failed, key=lambda event: event["Timestamp"])
        return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason given')}"
