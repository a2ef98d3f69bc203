"""A hub of our own on this machine, with one repository."""

from __future__ import annotations

import hashlib
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "some/model"


class Hub:
    """As much of the hub as its library asks for.

    Attributes:
        files: of the repository, by name; whatever name it is asked for by.
        refuses: status and error code of answers to paths that hold a text.
        asked: method and path of each request.
        pause: seconds in the middle of weights.
        address: to be asked at, once ``server`` serves.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.refuses: dict[str, tuple[int, str]] = {}
        self.asked: list[str] = []
        self.pause = 0.0
        hub_itself = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub_itself.answer(self)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0]
        self.asked.append(f"{request.command} {path}")
        status, code = next((self.refuses[part] for part in self.refuses if part in path), (200, ""))
        if status != 200:
            content, headers = b"{}", {"X-Error-Code": code, "X-Error-Message": "no"}
        elif path.startswith("/api/models/"):
            siblings = [{"rfilename": name, "size": len(content)} for name, content in self.files.items()]
            content = json.dumps({"id": NAME, "sha": COMMIT, "siblings": siblings, "private": False}).encode()
            headers = {"Content-Type": "application/json"}
        else:
            content = self.files[path.rpartition(f"/resolve/{COMMIT}/")[2]]
            headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        request.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command == "GET":
            half = len(content) // 2
            request.wfile.write(content[:half])
            time.sleep(self.pause if path.endswith(".safetensors") else 0)
            request.wfile.write(content[half:])
