"""Keeps what moto answered to reads, until something is written to the service.

Most of a test's time moto spends on answering the same questions: a copy of an account is asked what its
original was asked. A read is a request by its name (Describe…, Get…, List…, Lookup…) or by GET or HEAD;
every other one is a write. Kept is an answer for one caller, service, Region and question.
"""

import io

from werkzeug.test import run_wsgi_app

READS = ("Describe", "Get", "List", "Lookup")

# A look moves these on: what is on its way has arrived at the next look.
MOVES_ON = {"cloudfront", "ecs", "support"}

# What is written to one of a set may change what another of it answers.
TOGETHER = [
    {"ec2", "autoscaling", "ecs", "elasticloadbalancing"},
    {"elasticloadbalancing", "wafv2"},
    {"s3", "cloudtrail"},
    {"iam", "sts"},
]


class Answers:
    def __init__(self, application):
        self.application = application
        self.kept = {}

    def __call__(self, environ, start_response):
        asked = question(environ)
        if asked is None:
            self.kept.clear()
            return self.application(environ, start_response)
        caller, service, key, read = asked
        if not read:
            self.forget(service)
            return self.application(environ, start_response)
        if service in MOVES_ON:
            return self.application(environ, start_response)
        key = (service, caller, key)
        if key not in self.kept:
            body, status, headers = run_wsgi_app(self.application, environ, buffered=True)
            self.kept[key] = (list(body), status, list(headers.items()))
        body, status, headers = self.kept[key]
        start_response(status, headers)
        return body

    def forget(self, service):
        gone = {service}.union(*(others for others in TOGETHER if service in others))
        self.kept = {key: answer for key, answer in self.kept.items() if key[0] not in gone}


def question(environ):
    """Who asks which service what, and whether it is a read; None for a request that nobody signed."""
    signed = environ.get("HTTP_AUTHORIZATION", "")
    if "Credential=" not in signed:
        return None
    caller, _, region, service, _ = signed.split("Credential=")[1].split(",")[0].split("/")
    # A copy listens on another port, and answers the same.
    host = environ.get("HTTP_HOST", "").rpartition(":")[0]
    place = (host, environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))
    method = environ["REQUEST_METHOD"]
    if method in ("GET", "HEAD"):
        return caller, service, (region, method, place), True
    if method != "POST":
        return caller, service, None, False
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    name = target.rpartition(".")[2] or action_of(body)
    return caller, service, (region, target, place, body), name.startswith(READS)


def action_of(body):
    """The operation of a request in AWS's query protocol."""
    for part in body.split(b"&"):
        if part.startswith(b"Action="):
            return part[len(b"Action=") :].decode()
    return ""
