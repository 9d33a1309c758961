"""A registry for tests, with the checks of the OCI distribution specification: a blob has the digest that
is claimed for it, a manifest names only what is there, and nobody writes without the password.

    registry.py PASSWORD

Prints its port. Layers are given out from another path, which takes no password, as real registries do.
https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

import base64
import hashlib
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BASIC = "Basic " + base64.b64encode(f"AWS:{sys.argv[1]}".encode()).decode()
BLOBS, MANIFESTS, UPLOADS = {}, {}, {}


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, content=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def refuse(self, status, code):
        self.say(status, json.dumps({"errors": [{"code": code}]}).encode())

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self):
        content = self.body()
        path, _, query = self.path.partition("?")
        signed = self.headers.get("Authorization")
        if path.startswith("/store/"):
            # Storage takes its signed address, and no second proof.
            if signed:
                return self.refuse(400, "InvalidArgument")
            return self.say(200, BLOBS[path[len("/store/"):]])
        if signed != BASIC:
            return self.say(401, WWW_Authenticate='Basic realm="tests"')
        if path == "/v2/":
            return self.say(200)
        found = re.fullmatch(r"/v2/(.+)/(blobs/uploads/|blobs/uploads/\d+|blobs/[^/]+|manifests/[^/]+)", path)
        if not found:
            return self.refuse(404, "NAME_UNKNOWN")
        name, what = found.groups()
        if what.startswith("blobs/uploads/"):
            return self.upload(name, what[len("blobs/uploads/"):], query, content)
        kind, _, reference = what.partition("/")
        return self.blob(reference) if kind == "blobs" else self.manifest(reference, content)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = answer

    def upload(self, name, number, query, content):
        if self.command == "POST" and not number:
            number = str(len(UPLOADS))
            UPLOADS[number] = b""
            return self.say(202, Location=f"/v2/{name}/blobs/uploads/{number}")
        if number not in UPLOADS:
            return self.refuse(404, "BLOB_UPLOAD_UNKNOWN")
        UPLOADS[number] += content
        if self.command == "PATCH":
            return self.say(202, Location=f"/v2/{name}/blobs/uploads/{number}?state=1")
        claimed = re.search(r"digest=([^&]+)", query)
        claimed = claimed and claimed.group(1).replace("%3A", ":")
        done = UPLOADS.pop(number)
        if self.command != "PUT" or claimed != digest_of(done):
            return self.refuse(400, "DIGEST_INVALID")
        BLOBS[claimed] = done
        return self.say(201, Location=f"/v2/{name}/blobs/{claimed}")

    def blob(self, digest):
        if digest not in BLOBS:
            return self.refuse(404, "BLOB_UNKNOWN")
        if self.command == "HEAD":
            return self.say(200)
        return self.say(307, Location=f"/store/{digest}")

    def manifest(self, reference, content):
        if self.command != "PUT":
            if reference not in MANIFESTS:
                return self.refuse(404, "MANIFEST_UNKNOWN")
            form, content = MANIFESTS[reference]
            return self.say(200, content, Content_Type=form)
        manifest, digest = json.loads(content), digest_of(content)
        parts = [part["digest"] for part in [manifest.get("config")] + manifest.get("layers", []) if part]
        if any(part not in BLOBS for part in parts):
            return self.refuse(400, "MANIFEST_BLOB_UNKNOWN")
        if any(child["digest"] not in MANIFESTS for child in manifest.get("manifests", [])):
            return self.refuse(400, "MANIFEST_UNKNOWN")
        form = self.headers.get("Content-Type")
        if form != manifest["mediaType"] or (":" in reference and reference != digest):
            return self.refuse(400, "MANIFEST_INVALID")
        MANIFESTS[digest] = MANIFESTS[reference] = (form, content)
        return self.say(201, Docker_Content_Digest=digest)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
