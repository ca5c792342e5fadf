"""template.yaml as CloudFormation gets it: translated by AWS's own SAM translator, offline."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

ALIAS = "Aliaslive"
"""What SAM puts behind a function's logical id to name its alias `live`."""

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stack:
    """A translated template, by resource type."""

    cloudformation: dict[str, Any]

    def of(self, kind: str) -> dict[str, Properties]:
        """Logical id → properties of every resource of one CloudFormation type."""
        resources = self.cloudformation["Resources"]
        return {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == kind}

    @property
    def functions(self) -> dict[str, Properties]:
        return self.of("AWS::Lambda::Function")

    @property
    def queues(self) -> dict[str, Properties]:
        return self.of("AWS::SQS::Queue")

    @property
    def alarms(self) -> dict[str, Properties]:
        return self.of("AWS::CloudWatch::Alarm")

    @property
    def dead_letter_queues(self) -> set[str]:
        """Queues in which another queue, a rule or an asynchronous invocation leaves its failures."""
        return {target(arn) for arn in _dead_letter_arns(self.cloudformation["Resources"])}

    def role(self, function: str) -> Properties:
        return self.of("AWS::IAM::Role")[target(self.functions[function]["Role"])]

    def statements(self, function: str) -> Iterator[tuple[list[str], Any]]:
        """Actions and resources of every statement that this template writes for a function, under any condition."""
        role = self.role(function)
        attached = [way for arn in role["ManagedPolicyArns"] for way in ways(arn)]
        ours = [target(arn) for arn in attached if isinstance(arn, dict) and "Ref" in arn]
        documents = [self.of("AWS::IAM::ManagedPolicy")[name]["PolicyDocument"] for name in ours]
        documents += [policy["PolicyDocument"] for policy in role.get("Policies", [])]
        for statement in (each for document in documents for either in document["Statement"] for each in ways(either)):
            actions = statement["Action"]
            yield [actions] if isinstance(actions, str) else actions, statement["Resource"]


def translate(template: dict[str, Any], uploads: Mapping[str, str] | None = None, **parameters: str) -> Stack:
    """Run the SAM transform; needs AWS_DEFAULT_REGION. Local code stands for an upload.

    `uploads`: logical id → address, where it matters; `parameters` take the place of defaults.
    """
    source = json.loads(json.dumps(template))  # nothing shared any more: anchors are written out before an upload, too
    for name, resource in source["Resources"].items():
        for key in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][key] = (uploads or {}).get(name, "s3://uploads/code.zip")
    return Stack(Translator({}, Parser()).translate(source, parameters))


def target(value: dict[str, Any]) -> str:
    """The logical id that a Ref or a GetAtt points at; for the alias of a function, the function's."""
    return str(value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]).removesuffix(ALIAS)


def ways(value: Any) -> Iterator[Any]:
    """What a value can be: both sides of every Fn::If around it, without AWS::NoValue."""
    if isinstance(value, dict) and "Fn::If" in value:
        yield from (each for side in value["Fn::If"][1:] for each in ways(side))
    elif value != {"Ref": "AWS::NoValue"}:
        yield value


def mentions(value: Any, name: str) -> bool:
    """Whether a value refers to a resource or parameter, also inside a Sub or Join."""
    if isinstance(value, dict):
        return any(mentions(child, name) for child in value.values())
    if isinstance(value, list):
        return any(mentions(child, name) for child in value)
    return value == name or f"${{{name}}}" in str(value)


def _dead_letter_arns(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for child in node:
            yield from _dead_letter_arns(child)
    elif isinstance(node, dict):
        for key, child in node.items():
            match key:
                case "deadLetterTargetArn":
                    yield child
                case "DeadLetterConfig":
                    yield child["Arn"]
                case "OnFailure":
                    yield child["Destination"]
                case _:
                    yield from _dead_letter_arns(child)
