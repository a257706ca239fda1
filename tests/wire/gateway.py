"""`apimlab gateway` on a configuration of its own, and what else these lanes start."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench"))

from ports import listens, wait_for  # noqa: E402

METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"]
HEALTH = "/status-0123456789abcdef"


def api(path, port, policy=None):
    """An API without keys at `/path`, whose backend listens on a port."""
    operations = [
        {"name": f"{method}{at}", "displayName": method, "method": method, "urlTemplate": template, "policy": None,
         "contract": dict.fromkeys(["templateParameters", "queryParameters", "headers", "representations", "responses"], [])}
        for method in METHODS for at, template in enumerate(["/", "/{*rest}"])
    ]
    document = {"path": f"/apis/{path}/policy", "format": "rawXml", "text": policy} if policy else None
    return {
        "name": path, "displayName": path, "kind": "http", "path": path, "revision": "1", "current": True, "version": None,
        "schemes": ["http", "https"], "serviceUrl": f"http://127.0.0.1:{port}", "subscriptionRequired": False,
        "keyHeader": "Ocp-Apim-Subscription-Key", "keyQuery": "subscription-key", "operations": operations, "schemas": [],
        "resolvers": [], "policy": document,
    }


def configuration(apis):
    """What a gateway is told: one service with these APIs, under every host name."""
    service = {
        "id": "/services/wire", "name": "wire", "location": "westeurope", "gateway": "selfHosted", "hostNames": [],
        "place": "internet", "public": True, "apis": apis,
    }
    empty = ["products", "subscriptions", "users", "fragments", "namedValues", "schemas", "certificates", "backends", "authorizations"]
    return {"revision": "1", "snapshot": {"services": [service | {name: [] for name in empty} | {"policy": None}]}}


class Processes:
    """A folder and the processes that write into it; both are gone at the end."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="apimlab-wire-")
        os.chmod(self.folder, 0o755)
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.terminate()
        for process in reversed(self.running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        """A file of this run."""
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """Writes a file of this run; its path."""
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def start(self, name, command, port, seconds=30, **options):
        """Starts a process that listens on a port, and waits until it does."""
        with open(self.path(name + ".log"), "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options)
        self.running.append(process)
        wait_for(lambda: process.poll() is not None or listens(port), name, seconds)
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended: {self.log(name)}")
        return process

    def log(self, name):
        """The end of what a process printed."""
        with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]

    def gateway(self, program, name, apis, port, *more):
        """Starts a gateway that serves these APIs."""
        config = self.write(name + ".json", json.dumps(configuration(apis)))
        command = [program, "gateway", "--config", config, "--listen", f"127.0.0.1:{port}", *more]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("APIMLAB_")}
        return self.start(name, command, port, env=environment | {"RUST_LOG": os.environ.get("RUST_LOG", "warn")})
