"""A bucket that speaks as much of S3 as files take: put, get, list and delete, for whoever signs with its key."""

import re
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from tests.serving import serving

NAME, KEY, SECRET = "documents", "made-up-key", "made-up-secret"
LISTED = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{name}</Name><IsTruncated>false</IsTruncated>{rows}
</ListBucketResult>"""
ROW = """<Contents><Key>{key}</Key><LastModified>2026-11-01T10:00:00.000Z</LastModified><ETag>"x"</ETag>
<Size>{size}</Size></Contents>"""


DELETED = '<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{rows}</DeleteResult>'


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def say(self, status, content=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Sun, 01 Nov 2026 10:00:00 GMT")
        self.end_headers()
        self.wfile.write(content)

    @property
    def key(self):
        """What stands in the bucket's own address, and the rest."""
        return unquote(urlsplit(self.path).path).removeprefix(f"/{NAME}").strip("/")

    def refused(self):
        signed = f"Credential={KEY}/" in self.headers.get("Authorization", "")
        if not signed or self.server.away:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.say(503 if self.server.away else 403)
            return True
        return False

    def do_PUT(self):
        if not self.refused():
            self.server.files[self.key] = self.rfile.read(int(self.headers["Content-Length"]))
            self.say(200)

    def do_GET(self):
        if self.refused():
            return
        if not self.key:
            rows = "".join(ROW.format(key=key, size=len(content)) for key, content in self.server.files.items())
            self.say(200, LISTED.format(name=NAME, rows=rows).encode())
        elif self.key in self.server.files:
            self.say(200, self.server.files[self.key])
        else:
            self.say(404)

    def do_POST(self):
        """Several at once, as a list of keys."""
        if not self.refused():
            told = self.rfile.read(int(self.headers["Content-Length"])).decode()
            keys = re.findall("<Key>(.*?)</Key>", told)
            for key in keys:
                self.server.files.pop(key, None)
            rows = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self.say(200, DELETED.format(rows=rows).encode())

    def log_message(self, *_said):
        """Nothing: a test says what matters."""


class Server(ThreadingHTTPServer):
    """Running at `url` with its `files`; `away` True: it answers that it cannot."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.files: dict[str, bytes] = {}
        self.away = False


@contextmanager
def bucket():
    with serving(Server()) as running:
        yield running
