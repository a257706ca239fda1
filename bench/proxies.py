"""The proxies that are compared. Each one does the same work between a client and one backend:

a key among 1,000 is looked up (401 without one) and limited in its rate (never reached); the key's header goes out, the
subscription's name, the client's address and the backend's host come in; `/shop/v1/…` becomes `/int/…`; `Server` and
`X-Powered-By` go out of the answer, `X-Gateway` comes in.
"""

import os
import signal
import subprocess

from policies import KEYS, fill, subscription
from ports import free_port, wait_for
from sandbox import Sandbox, host_of, key_text


class Proxy:
    """A proxy that runs on one core with one worker."""

    name = ""
    path = "/shop/v1/s64"

    def __init__(self, bench):
        self.bench = bench
        self.process = None
        self.host, self.port = "127.0.0.1", free_port()

    def command(self):
        """What starts it in the foreground."""
        raise NotImplementedError

    def start(self, prefix=None):
        """Starts it behind a prefix, such as the one that pins it to its core, and waits until it answers."""
        prefix = self.bench.on_proxy_core() if prefix is None else prefix
        log = open(self.bench.path(self.name + ".log"), "ab")
        self.process = subprocess.Popen([*prefix, *self.command()], stdout=log, stderr=log, start_new_session=True)
        wait_for(lambda: self.bench.answers(self), self.name, 60)
        return self

    def stop(self):
        """Ends it in order, so that a tool it runs under can say what it saw."""
        if self.process is None:
            return
        for pid in session(self.process.pid):
            send(pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            for pid in session(self.process.pid):
                send(pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def be_quiet(self):
        """Does nothing but the work from now on, where it does more in ordinary service."""

    def remove(self):
        """Ends it for good."""
        self.stop()

    def pids(self):
        """Its processes."""
        return session(self.process.pid)


class Nginx(Proxy):
    """nginx with a map of keys and `limit_req`."""

    name = "nginx"
    TEMPLATE = """
worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.err crit;
events {{ worker_connections 15000; }}
http {{
  access_log off; proxy_http_version 1.1; proxy_buffers 8 32k; proxy_max_temp_file_size 0;
  client_body_temp_path {folder}/n1; proxy_temp_path {folder}/n2; fastcgi_temp_path {folder}/n3;
  uwsgi_temp_path {folder}/n4; scgi_temp_path {folder}/n5;
  keepalive_requests 1000000000; keepalive_timeout 600;
  map_hash_max_size 8192; map_hash_bucket_size 128;
  upstream backend {{ server 127.0.0.1:{backend}; keepalive 1024; keepalive_requests 1000000000; }}
  map $http_ocp_apim_subscription_key $subscription {{ default ""; include {keys}; }}
  limit_req_zone $subscription zone=limit:10m rate=1000000r/s;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location /shop/v1/ {{
      if ($subscription = "") {{ return 401; }}
      limit_req zone=limit burst=1000000 nodelay;
      proxy_set_header Connection ""; proxy_set_header Ocp-Apim-Subscription-Key "";
      proxy_set_header X-Sub-Id $subscription; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header Host backend.internal; proxy_hide_header X-Powered-By;
      add_header X-Gateway 1; proxy_pass http://backend/int/;
    }}
  }}
}}
"""

    def command(self):
        lines = (f"{key_text(number)} {subscription(number)};\n" for number in range(KEYS))
        keys = self.bench.write("nginx.map", "".join(lines))
        config = self.TEMPLATE.format(folder=self.bench.folder, backend=self.bench.backend_port, keys=keys, port=self.port)
        return ["nginx", "-p", self.bench.folder, "-c", self.bench.write("nginx.conf", config)]


class Haproxy(Proxy):
    """HAProxy with a map of keys and a stick table."""

    name = "haproxy"
    TEMPLATE = """
global
  nbthread 1
  maxconn 9900
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 60s
  timeout http-keep-alive 600s
  http-reuse always
frontend clients
  bind 127.0.0.1:{port} backlog 4096
  stick-table type string len 32 size 10k expire 60s store http_req_rate(10s)
  http-request set-var(txn.subscription) req.hdr(ocp-apim-subscription-key),map_str({keys})
  http-request deny deny_status 401 unless {{ var(txn.subscription) -m found }}
  http-request track-sc0 var(txn.subscription)
  http-request deny deny_status 429 if {{ sc0_http_req_rate gt 1000000000 }}
  http-request del-header ocp-apim-subscription-key
  http-request set-header x-sub-id %[var(txn.subscription)]
  http-request set-header x-forwarded-for %[src]
  http-request set-header host backend.internal
  http-request replace-path /shop/v1/(.*) /int/\\1
  http-response del-header server
  http-response del-header x-powered-by
  http-response set-header x-gateway 1
  default_backend backend
backend backend
  server one 127.0.0.1:{backend} pool-max-conn 2000
"""

    def command(self):
        lines = (f"{key_text(number)} {subscription(number)}\n" for number in range(KEYS))
        keys = self.bench.write("haproxy.map", "".join(lines))
        config = self.TEMPLATE.format(keys=keys, port=self.port, backend=self.bench.backend_port)
        return ["haproxy", "-db", "-f", self.bench.write("haproxy.cfg", config)]


class Apimlab(Proxy):
    """The gateway, in a sandbox that was filled over ARM."""

    name = "apimlab"

    def __init__(self, bench, filled=None):
        super().__init__(bench)
        self.sandbox = Sandbox(bench.program)
        try:
            self.sandbox.start()
            environment = self.sandbox.environment()
            (filled or fill)(environment, bench.backend_port)
            self.host, self.port = host_of(environment)
        finally:
            self.sandbox.stop()

    def command(self):
        return [*self.sandbox.command(), "serve"]

    def be_quiet(self):
        # Some requests of every second leave a trace: many of those that come slowly, under a tool that counts.
        self.sandbox.run("traces", "--sample", "0")

    def remove(self):
        self.stop()
        self.sandbox.remove()


class Direct(Proxy):
    """The backend itself."""

    name = "direct"
    path = "/int/s64"

    def __init__(self, bench):
        super().__init__(bench)
        self.port = bench.backend_port

    def pids(self):
        return [self.bench.backend.pid]


ALL = {proxy.name: proxy for proxy in (Apimlab, Nginx, Haproxy)}


def session(leader):
    """All processes of the session that a process leads."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8") as stat:
                    if int(stat.read().rsplit(")", 1)[1].split()[3]) == leader:
                        found.append(int(entry))
            except (OSError, IndexError):
                pass
    return found


def send(pid, number):
    """Sends a signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except OSError:
        pass
