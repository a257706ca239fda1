"""Load from one core, and what it costs a proxy on the other."""

import glob
import json
import os
import shutil
import socket
import subprocess
import tempfile

from policies import KEYS
from ports import free_port, listens, wait_for
from sandbox import key_text

SIZES = {"s64": 64, "m10k": 10 * 1024, "l1m": 1024 * 1024}
TOOLS = {"nginx": "nginx", "haproxy": "haproxy", "wrk": "wrk", "h2load": "nghttp2-client", "valgrind": "valgrind", "strace": "strace"}


# The core of the proxy, and the core of the load and the backend; no core is all of them.
APART, TOGETHER, FREE = ("1", "0"), ("1", "1"), (None, None)


class Bench:
    """A backend, a folder, and where the proxy and everything else run."""

    def __init__(self, program, backend, cores=APART):
        self.program, self.cores = os.path.abspath(program), cores
        self.folder = tempfile.mkdtemp(prefix="apimlab-bench-")
        self.keys = self.write("keys", "".join(key_text(number) + "\n" for number in range(KEYS)))
        self.backend_port = free_port()
        address = f"127.0.0.1:{self.backend_port}"
        self.backend = subprocess.Popen([*self.on_load_core(), os.path.abspath(backend), address], start_new_session=True)
        wait_for(lambda: listens(self.backend_port), "the backend")

    def close(self):
        """Ends the backend and removes the folder."""
        self.backend.kill()
        self.backend.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        """A file of this run."""
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """Writes a file of this run; its path."""
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def on_proxy_core(self):
        """What pins a command to the core of the proxy."""
        return pinned(self.cores[0])

    def on_load_core(self):
        """What pins a command to the core of the load."""
        return pinned(self.cores[1])

    def ask(self, proxy, path=None, key=None, seconds=60):
        """The head and body of one answer, as text."""
        key = key_text(5) if key is None else key
        request = f"GET {path or proxy.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nOcp-Apim-Subscription-Key: {key}\r\n\r\n"
        with socket.create_connection((proxy.host, proxy.port), seconds) as connection:
            connection.sendall(request.encode())
            parts = iter(lambda: connection.recv(65536), b"")
            head, _, body = b"".join(parts).decode(errors="replace").partition("\r\n\r\n")
            return head, body

    def answers(self, proxy):
        """The proxy answers with 200."""
        try:
            return " 200 " in self.ask(proxy)[0].partition("\r\n")[0]
        except OSError:
            return False

    def load(self, proxy, path, seconds, connections):
        """What wrk saw."""
        environment = dict(os.environ, BENCH_PATH=path, BENCH_KEYS=self.keys)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "request.lua")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, f"http://{proxy.host}:{proxy.port}"]
        ran = subprocess.run([*self.on_load_core(), *command], env=environment, capture_output=True, text=True, timeout=seconds + 60)
        lines = [line for line in ran.stdout.splitlines() if line.startswith("RESULT ")]
        if not lines:
            raise RuntimeError(f"wrk: {ran.stdout} {ran.stderr}")
        seen = json.loads(lines[0].removeprefix("RESULT "))
        if seen["refused"] or seen["failed"] or seen["bytes"] < seen["requests"] * SIZES[path.rsplit("/", 1)[1]]:
            raise RuntimeError(f"{proxy.name} {path}: not every answer was whole: {seen}")
        return seen

    def measure(self, proxy, path, seconds, connections=32):
        """What wrk saw and what it cost: CPU microseconds a request, user and system, of all threads."""
        before = cpu(proxy.pids())
        seen = self.load(proxy, path, seconds, connections)
        after = cpu(proxy.pids())
        seen["cpu"] = (after - before) / 1000 / seen["requests"]
        seen["rate"] = seen["requests"] * 1e6 / seen["microseconds"]
        return seen


def pinned(core):
    """What comes before a command that runs on one core; before others on the machine where that is allowed."""
    first = ["nice", "-n", "-10"] if os.geteuid() == 0 else []
    return first + ([] if core is None else ["taskset", "-c", core])


def cpu(pids):
    """Nanoseconds that all threads of some processes were on a CPU."""
    total = 0
    for pid in pids:
        for file in glob.glob(f"/proc/{pid}/task/*/schedstat"):
            try:
                with open(file, encoding="utf-8") as statistics:
                    total += int(statistics.read().split()[0])
            except OSError:
                pass
    return total


def memory(pids):
    """KiB of memory that some processes hold for themselves: their proportional share of what they have mapped."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as rollup:
                total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except OSError:
            pass
    return total


def missing(tools):
    """The tools that are not installed, and how to get them; nothing if all are there."""
    lost = [tool for tool in tools if shutil.which(tool) is None]
    if not lost:
        return None
    return f"{', '.join(lost)} not installed: apt-get install {' '.join(TOOLS[tool] for tool in lost)}"
