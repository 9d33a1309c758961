"""AWS's own models of its services, as botocore ships them: what an operation is called, what it
takes, what it refuses with. Run by tests/it/models/ with the Python of the wire tests.

  models.py describe   stdin: a list of service:Operation; stdout: what the models say of each
  models.py check      stdin: a list of requests as sent; stdout: a list of what the models object to
"""

import base64
import json
import re
import sys
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.session
from botocore.validate import ParamValidator
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers, MultiDict

SESSION = botocore.session.get_session()
MODELS = {}


# Services that botocore calls otherwise than the SDK's crates.
NAMES = {
    "cloudwatchlogs": "logs",
    "ecrpublic": "ecr-public",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "servicequotas": "service-quotas",
    "ssoadmin": "sso-admin",
}


def model(service):
    if service not in MODELS:
        MODELS[service] = get_service_model(NAMES.get(service, service))
    return MODELS[service]


def code(shape):
    return shape.metadata.get("error", {}).get("code") or shape.name


def code_names(shape):
    """A code as it is sent, and the name of its shape, which JSON services send."""
    return sorted({code(shape), shape.name})


# How the pages of AWS list a filter: as the first words of a list item.
FILTER = re.compile(r"<li>\s*<p>\s*<code>([^<]+)</code>")


def describe(names):
    found = {}
    services = sorted({name.split(":")[0] for name in names})
    for name in names:
        service, operation = name.split(":")
        known = NAMES.get(service, service) in SESSION.get_available_services()
        if not known or operation not in model(service).operation_names:
            continue
        op = model(service).operation_model(operation)
        members = op.input_shape.members if op.input_shape else {}
        filters = members.get("Filters") or members.get("Filter")
        found[name] = {
            "method": op.http.get("method", ""),
            "errors": sorted({c for shape in op.error_shapes for c in code_names(shape)}),
            "filters": FILTER.findall(filters.documentation) if filters else [],
            "documentation": op.documentation,
            "limits": {n: limits(s) for n, s in members.items() if s.type_name == "integer"},
            "answer": sorted(answer(op.output_shape)),
        }
    return {
        "operations": found,
        "errors": {s: sorted({c for e in model(s).error_shapes for c in code_names(e)}) for s in services},
        "enums": {s: enums(s) for s in services},
        "documentation": {s: texts(s) for s in services},
    }


def answer(shape):
    """The names that the members of an answer have on the wire; of a payload, those within."""
    names = set()
    for name, member in (shape.members if shape else {}).items():
        names.add(member.serialization.get("name", name))
        if shape.serialization.get("payload") == name and member.type_name == "structure":
            names |= answer(member)
    return names


def limits(shape):
    return [shape.metadata.get("min"), shape.metadata.get("max")]


def enums(service):
    shapes = {}
    for name in model(service).shape_names:
        shape = model(service).shape_for(name)
        if getattr(shape, "enum", None):
            shapes[name] = shape.enum
    return shapes


def texts(service):
    """What the pages say of members that hold words, but have no enum."""
    wanted = {"EnforcementStatus", "ScalingProcesses"}
    said = {}
    for name in model(service).shape_names:
        shape = model(service).shape_for(name)
        if shape.type_name == "structure":
            said.update({m: s.documentation for m, s in shape.members.items() if m in wanted})
    if service == "ec2":
        filters = model(service).operation_model("DescribeNetworkInterfaces").input_shape.members["Filters"]
        item = next(part for part in filters.documentation.split("<li>") if "<code>interface-type</code>" in part)
        words = re.findall(r"<code>([^<]+)</code>", item)[1:]
        said["interface-type"] = " ".join(words)
    return said


def check(sent):
    problems = []
    for request in sent:
        try:
            problems += [f"{request['operation']}: {text}" for text in objections(request)]
        except Exception as error:  # noqa: BLE001 (whatever it is, the request could not be understood)
            problems.append(f"{request['operation']}: not understood: {error!r}")
    return sorted(set(problems))


def objections(request):
    service, operation = request["operation"].split(":")
    op = model(service).operation_model(operation)
    if op.input_shape is None:
        return []
    url = urlsplit(request["uri"])
    body = base64.b64decode(request["body"])
    headers = Headers(request["headers"])
    values = MultiDict(parse_qsl(url.query, keep_blank_values=True))
    form = "x-www-form-urlencoded" in headers.get("content-type", "")
    if form:
        values = MultiDict(parse_qsl(body.decode(), keep_blank_values=True))
    template = op.http.get("requestUri", "/")
    params = placed(template, url)
    protocol = "ec2" if service == "ec2" else determine_request_protocol(model(service), headers.get("content-type"))
    parsed = PROTOCOL_PARSERS[protocol](op).parse(
        {
            "method": request["method"],
            "values": values,
            "headers": headers,
            "body": body,
            "url_path": url.path,
            "url_params": params,
        }
    )
    parsed = {name: value for name, value in parsed.items() if value is not None}
    found = []
    if op.http.get("method", "POST") != request["method"]:
        found.append(f"sent with {request['method']}, not {op.http['method']}")
    report = ParamValidator().validate(parsed, op.input_shape)
    if report.has_errors():
        found.append(report.generate_report())
    found += list(walk(op.input_shape, parsed, ""))
    if form:
        known = {top(shape, name, protocol) for name, shape in op.input_shape.members.items()}
        sent = {key.split(".")[0] for key in values} - {"Action", "Version"}
        found += [f"the model knows no parameter {key}" for key in sorted(sent - known)]
        if values.get("Action") != operation or values.get("Version") != model(service).api_version:
            found.append(f"another version: {values.get('Version')}")
    return found


def top(shape, name, protocol):
    """The name of a parameter in a form."""
    if protocol == "ec2":
        own = shape.serialization.get("queryName")
        if own:
            return own
        name = shape.serialization.get("name", name)
        return name[0].upper() + name[1:]
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        return shape.member.serialization.get("name", name)
    return shape.serialization.get("name", name)


def placed(template, url):
    """The labels of a REST path; a bucket may also stand before the host's name."""
    path, pattern = url.path, urlsplit(template).path
    labels = {}
    if "{Bucket}" in pattern and ".s3." in url.netloc:
        labels["Bucket"] = url.netloc.split(".s3.")[0]
        pattern = pattern.replace("/{Bucket}", "") or "/"
    expression = re.sub(r"\{(\w+)\+?\}", r"(?P<\1>[^/]+)", pattern)
    # botocore writes some paths with a slash at the end, and the SDK for Rust does not: AWS takes both.
    match = re.fullmatch(expression.rstrip("/") + "/?", path)
    if match is None:
        raise ValueError(f"{path} is not {template}")
    return labels | {name: unquote(value) for name, value in match.groupdict().items()}


def walk(shape, value, where):
    """What botocore itself leaves to AWS: enums, the largest number, the longest text, patterns."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from walk(member, value[name], f"{where}.{name}")
    elif kind == "list" and isinstance(value, list):
        yield from beyond(shape, len(value), where)
        for item in value:
            yield from walk(shape.member, item, where)
    elif kind == "string":
        if shape.enum and value not in shape.enum:
            yield f"{where}: {value} is none of {shape.enum[:20]}"
        yield from beyond(shape, len(value), where)
        pattern = shape.metadata.get("pattern")
        # Python spells the pairs of JSON as one character, and knows no classes of Unicode.
        pattern = (pattern or "").replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\U00010000-\\U0010FFFF")
        if pattern and "\\p{" not in pattern and not re.search(pattern, value):
            yield f"{where}: {value} does not match {pattern}"
    elif kind in ("integer", "long"):
        yield from beyond(shape, value, where)


def beyond(shape, amount, where):
    least, most = limits(shape)
    if (least is not None and amount < least) or (most is not None and amount > most):
        yield f"{where}: {amount} is not within {least} and {most}"


if __name__ == "__main__":
    task = {"describe": describe, "check": check}[sys.argv[1]]
    json.dump(task(json.load(sys.stdin)), sys.stdout)
