"""HTTP/1 to the letter (RFC 9112): what cannot be read in one way only is malformed."""

import re
from dataclasses import dataclass

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([\x21-\x7e]+) HTTP/1\.([01])")
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([0-9]{3})(?: [^\r\n]*)?")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
MOST = 1 << 20


class Malformed(Exception):
    """It can be read in more than one way, or in none."""


@dataclass
class Message:
    """A message without its framing."""

    start: tuple
    fields: list
    body: bytes = b""
    until_close: bool = False

    def all(self, name):
        """The values of a header."""
        return [value for known, value in self.fields if known == name]

    def has(self, name, word):
        """One of the header's words, without regard to case."""
        return any(word == part.strip().lower() for value in self.all(name) for part in value.split(b","))


def request(data):
    """The first request in the bytes and what follows it; `None` if there is more to come."""
    found = request_head(data)
    if found is None:
        return None
    message, rest = found
    coded, length = message.all(b"transfer-encoding"), message.all(b"content-length")
    if len(message.all(b"host")) > 1 or (message.start[2] == b"1" and not message.all(b"host")):
        raise Malformed("hosts")
    if coded and (length or message.start[2] == b"0" or [value.lower() for value in coded] != [b"chunked"]):
        raise Malformed("coding")
    if len(length) > 1:
        raise Malformed("lengths")
    return framed(message, rest, coded, length or [b"0"])


def request_head(data):
    """The first request in the bytes, without a body, and what follows its head."""
    return head(data, REQUEST_LINE)


def response(data, to_head=False):
    """The first response in the bytes and what follows it; one without a length has the rest as its body so far."""
    found = head(data, STATUS_LINE)
    if found is None:
        return None
    message, rest = found
    status = int(message.start[1])
    if to_head or status < 200 or status in (204, 304):
        return message, rest
    coded, length = message.all(b"transfer-encoding"), message.all(b"content-length")
    if not coded and not length:
        message.body, message.until_close = rest, True
        return message, b""
    return framed(message, rest, coded, length)


def head(data, first):
    """A message without a body and what follows its head."""
    end = data.find(b"\r\n\r\n")
    known = data if end < 0 else data[: end + 2]
    lines = known.split(b"\r\n")
    if any(control in line for line in lines[:-1] for control in (b"\r", b"\n", b"\0")) or b"\n" in lines[-1]:
        raise Malformed("line ends")
    start = first.fullmatch(lines[0])
    if start is None and len(lines) > 1:
        raise Malformed(f"first line {lines[0]!r}")
    if end < 0:
        return None
    return Message(start.groups(), [field(line) for line in lines[1:-1]]), data[end + 4 :]


def field(line):
    """Name and value."""
    found = FIELD.fullmatch(line)
    if found is None:
        raise Malformed(f"field {line!r}")
    return found[1].lower(), found[2]


def framed(message, rest, coded, length):
    """The message with its body and what follows."""
    if coded:
        found = chunks(rest)
        if found is None:
            return None
        message.body, rest = found
        return message, rest
    if not re.fullmatch(rb"[0-9]{1,18}", length[0]):
        raise Malformed(f"length {length[0]!r}")
    size = int(length[0])
    if len(rest) < size:
        return None
    message.body = rest[:size]
    return message, rest[size:]


def chunks(data):
    """A body in chunks and what follows."""
    body = b""
    while True:
        line, end, data = data.partition(b"\r\n")
        if b"\n" in line or b"\r" in line[:-1]:
            raise Malformed("line ends of chunks")
        if not end:
            return None
        size = CHUNK.fullmatch(line)
        if size is None:
            raise Malformed(f"chunk {line!r}")
        size = int(size[1], 16)
        if size == 0:
            return trailers(body, data)
        if size > MOST:
            raise Malformed("a chunk without bounds")
        if data[size : size + 2] not in (b"\r\n", b"\r", b""):
            raise Malformed("the end of a chunk")
        if len(data) < size + 2:
            return None
        body, data = body + data[:size], data[size + 2 :]


def trailers(body, data):
    """A body and what follows the fields behind it."""
    while True:
        line, end, data = data.partition(b"\r\n")
        if b"\n" in line:
            raise Malformed("line ends of trailers")
        if not end:
            return None
        if not line:
            return body, data
        field(line)
