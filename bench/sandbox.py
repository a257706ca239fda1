"""A sandbox with something to serve, filled over ARM as any client would."""

import base64
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

from ports import wait_for

# Whoever ends a program with a plain `kill` also ends what it started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

SERVICE = "bench"
GROUP = "bench"
API_VERSION = "2024-05-01"


class Arm:
    """The sandbox's control plane, with a token."""

    def __init__(self, environment):
        self.origin = urllib.parse.urlsplit(environment["APIMLAB_ARM_URL"])
        self.root = "/subscriptions/" + environment["APIMLAB_SUBSCRIPTION_ID"]
        trust = ssl.create_default_context(cafile=environment["APIMLAB_CA_FILE"])
        self.connection = http.client.HTTPSConnection(self.origin.hostname, self.origin.port, timeout=60, context=trust)
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials",
            "client_id": environment["APIMLAB_CLIENT_ID"],
            "client_secret": environment["APIMLAB_CLIENT_SECRET"],
            "scope": environment["APIMLAB_ARM_URL"].rstrip("/") + "/.default",
        })
        self.connection.request("POST", f"/{environment['APIMLAB_TENANT_ID']}/oauth2/v2.0/token", form,
                                {"content-type": "application/x-www-form-urlencoded"})
        self.token = json.load(self.connection.getresponse())["access_token"]

    def send(self, method, path, body, version=API_VERSION):
        """The answer to a request on a path below the subscription, which has to succeed."""
        self.connection.request(method, f"{self.root}{path}?api-version={version}", json.dumps(body),
                                {"authorization": "Bearer " + self.token, "content-type": "application/json", "if-match": "*"})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode(errors='replace')[:600]}")
        return json.loads(text) if text else None

    def put(self, path, properties):
        """Makes a part of the service."""
        service = f"/resourceGroups/{GROUP}/providers/Microsoft.ApiManagement/service/{SERVICE}"
        return self.send("PUT", f"{service}/{path}", {"properties": properties})

    def put_service(self):
        """Makes the service, and waits until it is there."""
        self.send("PUT", f"/resourceGroups/{GROUP}", {"location": "westeurope"}, "2022-09-01")
        service = f"/resourceGroups/{GROUP}/providers/Microsoft.ApiManagement/service/{SERVICE}"
        self.send("PUT", service, {
            "location": "westeurope",
            "sku": {"name": "Premium", "capacity": 1},
            "properties": {"publisherName": "Bench", "publisherEmail": "bench@example.com"},
        })
        wait_for(lambda: self.send("GET", service, None)["properties"]["provisioningState"] == "Succeeded", "the service")

    def put_policy(self, scope, document):
        """Sets the policy of a scope of the service; the empty scope is the service itself."""
        self.put(f"{scope}policies/policy", {"format": "rawxml", "value": document})


class Sandbox:
    """`apimlab serve` on a state folder of its own."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="apimlab-bench-")
        self.process = None

    def command(self):
        """What starts it."""
        return [self.program, "--state-dir", os.path.join(self.folder, "state"), "--ports", "auto"]

    def start(self, prefix=(), pace="instant"):
        """Starts it, and returns when it listens."""
        log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen([*prefix, *self.command(), "serve", "--pace", pace], stdout=subprocess.PIPE, stderr=log,
                                        start_new_session=True)
        line = self.process.stdout.readline()
        if b"ready" not in line:
            raise RuntimeError(f"the sandbox did not start: {line.decode()}")
        return self

    def environment(self):
        """What `apimlab status -o env` prints, by name."""
        pairs = (line.split("=", 1) for line in self.run("status", "-o", "env").splitlines() if "=" in line)
        return {name: value.strip("'") for name, value in pairs}

    def run(self, *arguments):
        """What another command prints about it."""
        return subprocess.run([*self.command(), *arguments], capture_output=True, text=True, check=True).stdout

    def stop(self):
        """Ends it; its state stays."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def remove(self):
        """Ends it and forgets its state."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def host_of(environment):
    """Where the gateway listens: host and port."""
    url = urllib.parse.urlsplit(environment["APIMLAB_GATEWAY_URL"])
    return url.hostname, url.port


def key_text(number):
    """The key of a subscription: 32 digits that do not repeat."""
    return base64.b16encode(number.to_bytes(4, "big") * 4).decode().lower()
