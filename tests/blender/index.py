"""A package index of this test's own, on this computer, that can stall and break off."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


class Index:
    """Serves the wheels of a folder. trouble: what happens in the midst of av: "stall", "break", or nothing."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.trouble = ""
        self.served: list[str] = []
        self.url = ""

    def variables(self) -> dict[str, str]:
        """The variables by which pip uses this index alone."""
        only = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": self.url, "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"}
        return only | {"PIP_TRUSTED_HOST": "127.0.0.1"}  # pip keeps nothing that came by plain http otherwise

    def page(self, name: str) -> bytes:
        """The links to a package's wheels."""
        links = []
        for path in self.folder.glob("*.whl"):
            if path.name.partition("-")[0].lower() == name:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                links.append(f'<a href="../../files/{path.name}#sha256={digest}">{path.name}</a>')
        return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()


@contextmanager
def serving(folder: Path) -> Iterator[Index]:
    """An index that runs while the block does."""
    index = Index(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = [unquote(part) for part in self.path.split("/") if part]
            if parts[:1] == ["files"]:
                self.send_wheel(index.folder / parts[1])
            else:
                self.send(index.page(parts[-1]), "text/html")

        def send(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def send_wheel(self, path: Path) -> None:
            content = path.read_bytes()
            index.served.append(path.name.partition("-")[0])
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "max-age=31536000, immutable")
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.end_headers()
            if not index.trouble or not path.name.startswith("av-"):
                self.wfile.write(content)
                return
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            deadline = time.monotonic() + 120
            while index.trouble == "stall" and time.monotonic() < deadline:
                time.sleep(0.05)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index.url = f"http://127.0.0.1:{server.server_port}/simple/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield index
    finally:
        index.trouble = ""
        server.shutdown()
        server.server_close()
