"""git over http for the tests: git's own http-backend behind a small server, with a token for whoever wants to push."""

import base64
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit


class GitHandler(BaseHTTPRequestHandler):
    """Serves the bare repositories below `server.root` to people whose token is in `server.tokens` (token to name)."""

    server: "GitServer"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer_git()

    def do_POST(self) -> None:
        self.answer_git()

    def body(self) -> bytes:
        """What was sent; git sends long packs in chunks."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def answer_git(self) -> None:
        """By way of git http-backend, as any web server would."""
        body, name = self.body(), self.git_user()
        if self.server.moved:
            return self.reply(301, b"", {"Location": self.server.moved + self.path})
        if self.server.forbidden and name:
            return self.reply(403, b"no", {})
        if name is None and (self.server.private or "git-receive-pack" in self.path):
            return self.reply(401, b"who are you?", {"WWW-Authenticate": 'Basic realm="git"'})
        address = urlsplit(self.path)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PATH_INFO": unquote(address.path),
            "QUERY_STRING": address.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_USER": name or "",
            "REMOTE_ADDR": "127.0.0.1",
        }
        if not self.server.old_protocol:
            environment["HTTP_GIT_PROTOCOL"] = environment["GIT_PROTOCOL"] = self.headers.get("Git-Protocol", "")
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n") if line)
        status = int(headers.pop("Status", "200").split()[0])
        return self.reply(status, content, headers)

    def git_user(self) -> str | None:
        """Who it is, by the password."""
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return None
        return self.server.tokens.get(base64.b64decode(given).decode().partition(":")[2])

    def reply(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        """Send it."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        self.server.log.append(f"{format % args}")


class GitServer(ThreadingHTTPServer):
    """On a port of loopback, for as long as the context."""

    daemon_threads = True
    handler: type[GitHandler] = GitHandler

    def __init__(self, root: Path, tokens: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), self.handler)
        self.root, self.tokens = root, tokens
        self.private = self.forbidden = self.old_protocol = False
        self.moved = ""  # where every request is sent
        self.log: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


def bare_repository(root: Path, name: str, folder: Path) -> Path:
    """A new bare repository `root/name`, whose branch main has one commit with what is in `folder`."""
    bare = root / name
    run = {"check": True, "capture_output": True}
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare)], **run)
    subprocess.run(["git", "-C", str(bare), "config", "http.receivepack", "true"], **run)
    around = ["git", f"--git-dir={bare}", f"--work-tree={folder}"]
    index = {**os.environ, "GIT_INDEX_FILE": str(bare / "first-index")}
    identity = ["-c", "user.name=A User", "-c", "user.email=user@example.com"]
    subprocess.run([*around, "add", "--all"], env=index, cwd=folder, **run)
    subprocess.run([*around, *identity, "commit", "--quiet", "--message", "Begin"], env=index, cwd=folder, **run)
    return bare
