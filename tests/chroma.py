"""A real Chroma server on loopback, that can be stopped and started again over the same folder."""

import contextlib
import json
import random
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

DEADLINE_SECONDS = 60.0
DATABASE = "/api/v2/tenants/default_tenant/databases/default_database"


class ChromaServer:
    """`chroma run` on a free port, with its data in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        run = ["run", "--host", "127.0.0.1", "--port", str(self.port), "--path", str(self._folder)]
        code = "import sys; from chromadb.cli.cli import app; sys.exit(app())"
        self._process = process = subprocess.Popen(
            [sys.executable, "-c", code, *run],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self.ask("/api/v2/heartbeat")
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                break
        self.stop()
        raise AssertionError("Chroma's server did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
            return json.loads(answer.read())

    def collections(self) -> dict[str, int]:
        """How many records each collection holds."""
        found = self.ask(f"{DATABASE}/collections")
        return {one["name"]: self.ask(f"{DATABASE}/collections/{one['id']}/count") for one in found}

    def remove(self, name: str) -> None:
        self.ask(f"{DATABASE}/collections/{name}", "DELETE")


def _free_port() -> int:
    """One below those that systems hand out, so that no test that runs meanwhile is given it."""
    for port in random.sample(range(20_000, 32_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no free port was found")
