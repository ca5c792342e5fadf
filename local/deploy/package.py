"""template.yaml as CloudFormation gets it: code zipped and uploaded, SAM translated by AWS's own translator."""

import io
import logging
import os
import site
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

logging.getLogger("samtranslator").setLevel(logging.ERROR)
"""It warns of its own switches for each function, which nobody here can do anything about."""

Template = dict[str, Any]
_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


def packages(template: Template, root: Path) -> dict[str, bytes]:
    """Logical id → zip of each function and layer.

    Functions and our layer hold the source as it stands. In place of the vendor layer, whose wheels are for Lambda's
    own Python and processor, stands one that leads to the packages of this environment: the versions are the same.
    """
    found = {}
    for name, resource in template["Resources"].items():
        match resource:
            case {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": folder}}:
                found[name] = _zip(dict(_files(root / folder, root / folder)))
            case {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "layers/vendor/"}}:
                found[name] = _zip(_environment_layer())
            case {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": folder}}:
                found[name] = _zip(dict(_layer_files(root / folder)))
    return found


def translated(source: Template, uploads: Mapping[str, str], region: str, variables: Mapping[str, str]) -> Template:
    """What CloudFormation is given for the template. `uploads`: logical id → s3://bucket/key of a package.

    `variables` replace what a function declares under the same name and add none, as `sam local invoke --env-vars`.
    """
    for name, address in uploads.items():
        resource = source["Resources"][name]
        resource["Properties"][_CODE[resource["Type"]]] = address
    with _region(region):
        template: Template = Translator({}, Parser()).translate(source, {})
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            declared = resource["Properties"].get("Environment", {}).get("Variables", {})
            declared.update({name: variables[name] for name in declared.keys() & variables.keys()})
    return template


def leave_out_unserved(template: Template) -> list[str]:
    """Take out of a template what the local AWS refuses; returns the logical ids.

    That is alarms on a formula over several metrics. docs/deploy.md says what else is there without effect.
    """
    found = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    ]
    for name in found:
        del template["Resources"][name]
    return found


def inner_templates(template: Template, root: Path) -> dict[str, Template]:
    """Return the template of each stack inside by its logical id, also of those that a condition leaves out."""
    return {
        name: read_template(root, resource["Properties"]["TemplateURL"])
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudFormation::Stack"
    }


def read_template(root: Path, name: str = "template.yaml") -> Template:
    """Return a template of `root`, intrinsic functions in their long form."""
    template: Template = yaml_parse((root / name).read_text(encoding="utf-8"))
    return template


@contextmanager
def _region(region: str) -> Iterator[None]:
    """The translator asks boto3 for a region, to tell partitions apart."""
    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = region
    try:
        yield
    finally:
        if before is None:
            del os.environ["AWS_DEFAULT_REGION"]
        else:
            os.environ["AWS_DEFAULT_REGION"] = before


def _files(folder: Path, base: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(base).as_posix(), path.read_bytes()


def _layer_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """As SAM's BuildMethod lays a package out: below `python/`, without what an editable install left beside it."""
    for path, content in _files(folder, folder):
        if ".egg-info/" not in path:
            yield f"python/{path}", content


def _environment_layer() -> dict[str, bytes]:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    line = "import sys; sys.path[0:0] = " + repr(site.getsitepackages())
    return {f"python/lib/{version}/site-packages/environment.pth": line.encode()}


def _zip(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return packed.getvalue()
