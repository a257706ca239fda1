"""Both ends of a smuggling case: a backend that records what it saw, and a client that says exactly what it is told."""

import re
import socket
import threading
import time

import http1

NAME = re.compile(rb"(case|evil|mark|victim)-([0-9]+)")
# A connection on which nothing more came for so long has nothing to say.
QUIET = 1.0
# What passes between two pieces.
PAUSE = 0.01
# The most that one case may take.
PATIENCE = 8.0


class Backend:
    """Reads requests to the letter, records them and answers each with its name."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.requests = []
        self.malformed = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Serves whoever comes until the listener closes."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def close(self):
        """Takes no more connections."""
        self.listener.close()

    def take(self, number):
        """The names and bodies of what came for a case, once."""
        with self.lock:
            found = [(name, body) for name, known, body in self.requests if known == number]
            self.requests = [request for request in self.requests if request[1] != number]
            return found

    def take_malformed(self):
        """What came and could not be read, once."""
        with self.lock:
            found, self.malformed = self.malformed, []
            return found

    def serve(self, connection):
        """Answers requests on one connection."""
        data, asked = b"", False
        with connection:
            try:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while True:
                    found = http1.request(data) if data else None
                    if found is None:
                        asked = asked or self.ask(connection, data)
                        more = connection.recv(65536)
                        if not more:
                            return
                        data += more
                        continue
                    message, data = found
                    asked = False
                    connection.sendall(self.answer(message))
            except http1.Malformed as error:
                with self.lock:
                    self.malformed.append((str(error), data))
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                pass

    @staticmethod
    def ask(connection, data):
        """Asks for the body if that is expected; whether it did."""
        found = http1.request_head(data) if data else None
        if found is None or not found[0].has(b"expect", b"100-continue"):
            return False
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def answer(self, message):
        """Records a request; the answer that names it."""
        method, target, _ = message.start
        found = NAME.search(target)
        name, number = (found[1].decode(), int(found[2])) if found else ("?", -1)
        with self.lock:
            self.requests.append((name, number, message.body))
        body = b"" if method == b"HEAD" else b"seen"
        return b"HTTP/1.1 200 OK\r\nX-Saw: %s-%d\r\nContent-Length: 4\r\n\r\n%s" % (name.encode(), number, body)


class Answering(Backend):
    """Answers each case with what is not well, and with an answer that nobody asked for behind it."""

    def __init__(self, answers):
        self.answers = answers
        super().__init__()

    def answer(self, message):
        """Records a request; its answer."""
        usual = super().answer(message)
        name, number, _ = self.requests[-1]
        if name != "case":
            return usual
        evil = b"HTTP/1.1 200 OK\r\nX-Saw: evil-%d\r\nContent-Length: 4\r\n\r\nevil" % number
        return self.answers[number].replace(b"$E", evil)


def converse(port, pieces, to_head, last, quiet=QUIET):
    """Sends pieces one after the other and reads what is answered, until the answer to the last request, the end, or silence.

    Returns the answers as (status, name that the backend gave), and whether the connection is closed."""
    answers, received, closed = [], b"", False
    end = time.monotonic() + PATIENCE
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(quiet)
        try:
            for at, piece in enumerate(pieces):
                time.sleep(PAUSE if at else 0)
                connection.sendall(piece)
        except OSError:
            pass
        while time.monotonic() < end:
            try:
                more = connection.recv(65536)
            except TimeoutError:
                break
            except OSError:
                closed = True
                break
            closed = not more
            received = read(received + more, answers, to_head, closed)
            if closed or (answers and answers[-1][1] == last):
                break
    if received and not answers:
        answers.append((0, None))
    return answers, closed


def read(received, answers, to_head, closed):
    """Takes whole answers out of what was received; the rest."""
    while received:
        try:
            found = http1.response(received, to_head and not any(status >= 200 for status, _ in answers))
        except http1.Malformed:
            # A version of HTTP without heads, or another protocol.
            answers.append((0, None))
            return b""
        if found is None or (found[0].until_close and not closed):
            return received
        message, received = found
        status = int(message.start[1])
        if status >= 200 or status == 101:
            saw = message.all(b"x-saw")
            answers.append((status, saw[0].decode() if saw else None))
    return received
