#!/usr/bin/env python3
"""Pushes a repository that unplug saved (step 630) to a registry, and compares the digests.

    ecr-public-push.py FOLDER HOST/NAME [--user USER --password-stdin] [--plain-http]

FOLDER is evidence/ecr-public/NAME of the run's folder, or any OCI image layout. Python 3.8 or later,
nothing else. Exit code 0: the registry has every manifest and every layer, with the saved digests.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

STEP = 1 << 20
LISTS = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = LISTS + (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


class Failed(Exception):
    pass


class Layout:
    """The saved folder."""

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
            self.entries = json.load(file)["manifests"]

    def path(self, digest):
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            raise Failed(f"{digest} is no SHA-256")
        return os.path.join(self.folder, "blobs", "sha256", digest[7:])

    def size(self, digest):
        return os.path.getsize(self.path(digest))

    def read(self, digest):
        with open(self.path(digest), "rb") as file:
            return file.read()

    def verify(self, digest):
        """Compares a file with the digest that names it."""
        found = hashlib.sha256()
        with open(self.path(digest), "rb") as file:
            for part in iter(lambda: file.read(STEP), b""):
                found.update(part)
        if found.hexdigest() != digest[7:]:
            raise Failed(f"{self.path(digest)} has the digest sha256:{found.hexdigest()}: it was changed")

    def manifests(self):
        """Every manifest with its form, those that a list names before the list."""
        ordered, seen = {}, set()

        def visit(digest, form):
            if digest in seen:
                return
            seen.add(digest)
            self.verify(digest)
            manifest = json.loads(self.read(digest))
            for child in manifest.get("manifests", []):
                visit(child["digest"], child["mediaType"])
            ordered[digest] = (manifest.get("mediaType") or form, manifest)

        for entry in self.entries:
            visit(entry["digest"], entry["mediaType"])
        return ordered


def is_elsewhere(part):
    """Layers that a vendor forbids to pass on are in no registry."""
    return ".foreign." in part.get("mediaType", "") or ".nondistributable." in part.get("mediaType", "")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The password goes to the registry alone: each redirect is followed by hand."""

    def redirect_request(self, *_):
        return None


class Registry:
    def __init__(self, name, user, password, plain):
        host, _, self.name = name.partition("/")
        self.base = f"{'http' if plain else 'https'}://{host}"
        self.basic = None
        if user:
            self.basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.authorization = None
        self.opener = urllib.request.build_opener(NoRedirect)
        self.sign_in()

    def open(self, method, url, headers=None, body=None, signed=True):
        """Returns status, headers and answer. Statuses below 500 are the caller's business."""
        headers = dict(headers or {})
        if signed and self.authorization and url.startswith(self.base + "/"):
            headers["Authorization"] = self.authorization
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        try:
            answer = self.opener.open(request, timeout=300)
        except urllib.error.HTTPError as error:
            answer = error
        except urllib.error.URLError as error:
            raise Failed(f"{method} {url}: {error.reason}") from error
        if answer.status >= 500:
            raise Failed(f"{method} {url}: {answer.status} {answer.read(300)!r}")
        return answer

    def sign_in(self):
        answer = self.open("GET", f"{self.base}/v2/")
        if answer.status == 200:
            return
        challenge = answer.headers.get("WWW-Authenticate", "")
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic" and self.basic:
            self.authorization = self.basic
        elif scheme.lower() == "bearer":
            told = dict(re.findall(r'(\w+)="([^"]*)"', rest))
            scope = told.get("scope") or f"repository:{self.name}:pull,push"
            query = urllib.parse.urlencode({"service": told.get("service", ""), "scope": scope})
            headers = {"Authorization": self.basic} if self.basic else {}
            realm = urllib.request.Request(f"{told['realm']}?{query}", headers=headers)
            with self.opener.open(realm, timeout=60) as token:
                said = json.load(token)
            self.authorization = "Bearer " + (said.get("token") or said.get("access_token"))
        if not self.authorization or self.open("GET", f"{self.base}/v2/").status != 200:
            raise Failed(f"{self.base} answers {answer.status}: --user and --password-stdin must be given, and right")

    def url(self, kind, reference):
        return f"{self.base}/v2/{self.name}/{kind}/{reference}"

    def has_blob(self, digest):
        return self.open("HEAD", self.url("blobs", digest)).status in (200, 307)

    def put_blob(self, layout, digest):
        begun = self.open("POST", self.url("blobs", "uploads/"), {"Content-Length": "0"}, b"")
        if begun.status != 202:
            raise Failed(f"begin the upload of {digest}: {begun.status} {begun.read(300)!r}")
        place = urllib.parse.urljoin(self.url("blobs", "uploads/"), begun.headers["Location"])
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(layout.size(digest))}
        with open(layout.path(digest), "rb") as file:
            sent = self.open("PATCH", place, headers, file)
        if sent.status != 202:
            raise Failed(f"upload {digest}: {sent.status} {sent.read(300)!r}")
        place = urllib.parse.urljoin(place, sent.headers["Location"])
        place += ("&" if "?" in place else "?") + urllib.parse.urlencode({"digest": digest})
        done = self.open("PUT", place, {"Content-Length": "0"}, b"")
        if done.status != 201:
            raise Failed(f"upload {digest}: {done.status} {done.read(300)!r}")

    def put_manifest(self, reference, form, content):
        done = self.open("PUT", self.url("manifests", reference), {"Content-Type": form}, content)
        if done.status not in (200, 201):
            raise Failed(f"push the manifest {reference}: {done.status} {done.read(300)!r}")

    def digest_of(self, kind, reference):
        """The SHA-256 of what the registry gives out now."""
        url, headers = self.url(kind, reference), {"Accept": ", ".join(MANIFESTS)}
        answer = self.open("GET", url, headers)
        for _ in range(5):
            if answer.status not in (301, 302, 303, 307, 308):
                break
            url = urllib.parse.urljoin(url, answer.headers["Location"])
            answer = self.open("GET", url, signed=False)
        if answer.status != 200:
            raise Failed(f"read back {reference}: {answer.status}")
        found = hashlib.sha256()
        for part in iter(lambda: answer.read(STEP), b""):
            found.update(part)
        return f"sha256:{found.hexdigest()}"


def push(layout, registry):
    manifests = layout.manifests()
    blobs = {}
    for _, manifest in manifests.values():
        for part in [manifest.get("config")] + manifest.get("layers", []):
            if part and is_elsewhere(part):
                print(f"left out {part['digest']}: its vendor gives it out, and no registry")
            elif part:
                blobs[part["digest"]] = part["size"]
    for digest in blobs:
        layout.verify(digest)
        if not registry.has_blob(digest):
            registry.put_blob(layout, digest)
    for digest, (form, _) in manifests.items():
        registry.put_manifest(digest, form, layout.read(digest))
    tags = {}
    for entry in layout.entries:
        tag = entry.get("annotations", {}).get("org.opencontainers.image.ref.name")
        if tag:
            registry.put_manifest(tag, manifests[entry["digest"]][0], layout.read(entry["digest"]))
            tags[tag] = entry["digest"]
    wanted = [("manifests", digest, digest) for digest in manifests]
    wanted += [("manifests", tag, digest) for tag, digest in tags.items()]
    wanted += [("blobs", digest, digest) for digest in blobs]
    for kind, reference, digest in wanted:
        found = registry.digest_of(kind, reference)
        if found != digest:
            raise Failed(f"{reference}: the registry has {found}, saved is {digest}")
    print(f"{len(manifests)} manifests, {len(tags)} tags, {len(blobs)} layers and configurations: all digests agree")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("target", metavar="HOST/NAME")
    parser.add_argument("--user")
    parser.add_argument("--password-stdin", action="store_true")
    parser.add_argument("--plain-http", action="store_true", help="for a registry on this machine")
    given = parser.parse_args()
    password = sys.stdin.readline().rstrip("\n") if given.password_stdin else ""
    try:
        push(Layout(given.folder), Registry(given.target, given.user, password, given.plain_http))
    except (Failed, OSError, KeyError, ValueError) as error:
        sys.exit(f"not pushed: {error}")


if __name__ == "__main__":
    main()
