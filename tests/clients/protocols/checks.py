"""Real clients of four protocols, with the gateway between them and their backends. `N passed, N failed`."""

import http.client
import os
import subprocess
import sys
import threading
import traceback

import grpc
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.sync.client import connect

from backends import BOUND, EVENTS, Grpc, Http, WebSocket
from service import Service

from sandbox import Sandbox, host_of  # noqa: E402 (`service` says where it is)


class Lab:
    """The backends, the gateway's addresses, and its authority's certificate."""

    def __init__(self, environment):
        self.http, self.socket, self.grpc = Http(), WebSocket(), Grpc()
        Service(environment).fill(self.http.port, self.socket.port, self.grpc.port)
        self.host, self.port = host_of(environment)
        self.url = f"{self.host}:{self.port}"
        self.secure = "localhost:" + environment["APIMLAB_GATEWAY_HTTPS_URL"].rstrip("/").rsplit(":", 1)[-1]
        with open(environment["APIMLAB_CA_FILE"], "rb") as file:
            self.roots = file.read()


def same(found, expected):
    """Fails where two values differ."""
    if found != expected:
        raise AssertionError(f"{found!r}, expected {expected!r}")


def events_come_one_by_one(lab):
    connection = http.client.HTTPConnection(lab.host, lab.port, timeout=BOUND)
    connection.request("GET", "/feed/events")
    answer = connection.getresponse()
    same((answer.status, answer.getheader("content-type")), (200, "text/event-stream"))
    for number in range(EVENTS):
        same((answer.readline(), answer.readline()), (f"data: {number}\n".encode(), b"\n"))
        lab.http.pace.seen.release()
    same(answer.read(), b"")


def events_come_one_by_one_to_curl(lab):
    command = ["curl", "-sN", "--max-time", str(BOUND * 2), f"http://{lab.url}/feed/events"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as curl:
        for number in range(EVENTS):
            same((curl.stdout.readline(), curl.stdout.readline()), (f"data: {number}\n".encode(), b"\n"))
            lab.http.pace.seen.release()
        same((curl.stdout.read(), curl.wait()), (b"", 0))


def web_socket_carries_text_and_bytes(lab):
    large = os.urandom(300_000)
    with connect(f"ws://{lab.url}/socket?q=1", subprotocols=["echo"], max_size=None) as socket:
        same(socket.subprotocol, "echo")
        same(socket.recv(BOUND), "/echo?q=1")
        for message in ["grüße", b"\0\1", large, ""]:
            socket.send(message)
            same(socket.recv(BOUND), message)
        if not socket.ping().wait(BOUND):
            raise AssertionError("no pong")


def graphql_queries_have_answers_and_errors(lab):
    client = Client(transport=AIOHTTPTransport(f"http://{lab.url}/books"), fetch_schema_from_transport=True)
    query = gql("query ($id: ID!) { book(id: $id) { id title } }")
    query.variable_values = {"id": "5"}
    same(client.execute(query), {"book": {"id": "5", "title": "Dune"}})
    try:
        Client(transport=AIOHTTPTransport(f"http://{lab.url}/books")).execute(gql("{ nothing }"))
    except TransportQueryError as error:
        same(len(error.errors), 1)
    else:
        raise AssertionError("a field that is not there has an answer")


def graphql_subscriptions_hear_of_mutations(lab):
    def mutate():
        client = Client(transport=AIOHTTPTransport(f"http://{lab.url}/books"))
        while not heard.wait(0.1):
            client.execute(gql('mutation { add(title: "Emma") { id } }'))

    heard = threading.Event()
    socket = WebsocketsTransport(f"ws://{lab.url}/books", subprotocols=["graphql-transport-ws"])
    writer = threading.Thread(target=mutate)
    writer.start()
    try:
        for event in Client(transport=socket).subscribe(gql("subscription { added { id title } }")):
            same(event, {"added": {"id": "7", "title": "Emma"}})
            break
    finally:
        heard.set()
        writer.join()


def plain(lab):
    return grpc.insecure_channel(lab.url)


def secure(lab):
    return grpc.secure_channel(lab.secure, grpc.ssl_channel_credentials(lab.roots))


def grpc_unary(channel, _):
    answer, call = channel.unary_unary("/test.Greeter/Hello").with_call(b"you", timeout=BOUND, metadata=[("who", "me")])
    same(answer, b"hello you")
    same((dict(call.initial_metadata())["first"], dict(call.trailing_metadata())["last"]), ("1", "me"))
    large = b"x" * 3_000_000
    same(channel.unary_unary("/test.Greeter/Hello")(large, timeout=BOUND), b"hello " + large)


def grpc_server_stream(channel, lab):
    seen = []
    for message in channel.unary_stream("/test.Greeter/Count")(b"4", timeout=BOUND):
        seen.append(message)
        lab.grpc.pace.seen.release()
    same(seen, [b"0", b"1", b"2", b"3"])


def grpc_client_stream(channel, _):
    same(channel.stream_unary("/test.Greeter/Join")(iter([b"a", b"b", b"c"]), timeout=BOUND), b"a+b+c")


def grpc_both_directions_at_once(channel, _):
    answered = threading.Semaphore(1)

    def messages():
        for message in [b"a", b"b", b"c"]:
            if not answered.acquire(timeout=BOUND):
                return
            yield message

    seen = []
    for message in channel.stream_stream("/test.Greeter/Chat")(messages(), timeout=BOUND):
        seen.append(message)
        answered.release()
    same(seen, [b"re: a", b"re: b", b"re: c"])


def refused(call, expected):
    """Fails unless the call ends with this status."""
    try:
        call()
    except grpc.RpcError as error:
        same(error.code(), expected)
        return error
    raise AssertionError(f"an answer instead of {expected}")


def grpc_error_status(channel, _):
    call = channel.unary_unary("/test.Greeter/Fail")
    same(refused(lambda: call(b"bread", timeout=BOUND), grpc.StatusCode.NOT_FOUND).details(), "no bread")


def grpc_deadline_cancels_the_backend(channel, lab):
    lab.grpc.cancelled.clear()
    call = channel.unary_unary("/test.Greeter/Sleep")
    refused(lambda: call(b"", timeout=0.5), grpc.StatusCode.DEADLINE_EXCEEDED)
    if not lab.grpc.cancelled.wait(BOUND):
        raise AssertionError("the backend goes on")


def grpc_statuses_of_the_gateway(channel, _):
    hello = channel.unary_unary("/test.Greeter/Hello")
    refused(lambda: hello(b"", timeout=BOUND, metadata=[("who", "nobody")]), grpc.StatusCode.UNAUTHENTICATED)
    other = channel.unary_unary("/other.Service/Hello")
    refused(lambda: other(b"", timeout=BOUND), grpc.StatusCode.UNIMPLEMENTED)


OF_HTTP = [
    events_come_one_by_one,
    events_come_one_by_one_to_curl,
    web_socket_carries_text_and_bytes,
    graphql_queries_have_answers_and_errors,
    graphql_subscriptions_hear_of_mutations,
]
OF_GRPC = [
    grpc_unary,
    grpc_server_stream,
    grpc_client_stream,
    grpc_both_directions_at_once,
    grpc_error_status,
    grpc_deadline_cancels_the_backend,
    grpc_statuses_of_the_gateway,
]


def over(check, way):
    """The check of gRPC over a channel of its own."""
    def run(lab):
        with way(lab) as channel:
            check(channel, lab)
    run.__name__ = f"{check.__name__} ({way.__name__})"
    return run


def passes(check, lab):
    """Whether the check holds; says why not."""
    try:
        check(lab)
    except Exception:  # A client may fail in any way; each is a check that failed.
        print(f"FAILED: {check.__name__}\n{traceback.format_exc(limit=-4)}", flush=True)
        return False
    print(f"    {check.__name__.replace('_', ' ')}", flush=True)
    return True


def main():
    sandbox = Sandbox(sys.argv[1])
    try:
        lab = Lab(sandbox.start().environment())
        checks = OF_HTTP + [over(check, way) for way in (plain, secure) for check in OF_GRPC]
        results = [passes(check, lab) for check in checks]
    finally:
        sandbox.remove()
    print(f"protocols: {sum(results)} passed, {len(results) - sum(results)} failed")
    sys.stdout.flush()
    os._exit(0 if all(results) else 1)  # The backends' threads need not end.


main()
