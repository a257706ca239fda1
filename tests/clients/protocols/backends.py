"""Backends on loopback that wait until the client has what they sent: nothing between them may keep it back."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from websockets.sync.server import serve

BOUND = 10
EVENTS = 5


class Pace:
    """Lets a backend send one thing more each time the client has seen one."""

    def __init__(self):
        self.seen = threading.Semaphore(0)

    def wait(self):
        """Whether the client saw what was sent, in time."""
        return self.seen.acquire(timeout=BOUND)


class Http:
    """Events at `/events`, books at `/books/ID`, and the answer to what is sent to `/add`."""

    def __init__(self):
        self.pace = Pace()
        pace = self.pace

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path == "/events":
                    return self.events()
                return self.say({"id": self.path.rsplit("/", 1)[-1], "title": "Dune"})

            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.say({"id": "7", "title": "Emma"})

            def say(self, value):
                text = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def events(self):
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for number in range(EVENTS):
                    event = f"data: {number}\n\n".encode()
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
                    self.wfile.flush()
                    if not pace.wait():
                        return
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class WebSocket:
    """Sends back what it gets, and the path that it was asked for at first."""

    def __init__(self):
        def echo(connection):
            connection.send(connection.request.path)
            for message in connection:
                connection.send(message)

        self.server = serve(echo, "127.0.0.1", 0, subprotocols=["echo"], max_size=None)
        self.port = self.server.socket.getsockname()[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Grpc:
    """`test.Greeter`, whose messages are plain bytes."""

    def __init__(self):
        self.pace = Pace()
        self.cancelled = threading.Event()
        handlers = {
            "Hello": grpc.unary_unary_rpc_method_handler(self.hello),
            "Count": grpc.unary_stream_rpc_method_handler(self.count),
            "Join": grpc.stream_unary_rpc_method_handler(lambda requests, _: b"+".join(requests)),
            "Chat": grpc.stream_stream_rpc_method_handler(self.chat),
            "Fail": grpc.unary_unary_rpc_method_handler(self.fail),
            "Sleep": grpc.unary_unary_rpc_method_handler(self.sleep),
        }
        self.server = grpc.server(ThreadPoolExecutor(16))
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Greeter", handlers),))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def hello(self, request, context):
        """Greets, with what the client said about itself at the end."""
        context.send_initial_metadata((("first", "1"),))
        asked = dict(context.invocation_metadata())
        context.set_trailing_metadata((("last", asked.get("who", "-")),))
        return b"hello " + request

    def count(self, request, _):
        """Numbers, each when the one before was seen."""
        for number in range(int(request)):
            yield str(number).encode()
            if not self.pace.wait():
                return

    @staticmethod
    def chat(requests, _):
        """An answer to each message as it comes."""
        for request in requests:
            yield b"re: " + request

    @staticmethod
    def fail(request, context):
        """An error that names what was asked for."""
        context.abort(grpc.StatusCode.NOT_FOUND, "no " + request.decode())

    def sleep(self, _, context):
        """Nothing, until the client gives up."""
        context.add_callback(self.cancelled.set)
        self.cancelled.wait(BOUND)
        return b""
