"""Raw requests of HTTP/1 that software reads in different ways, most of them with another request inside.

What a case is follows from reading it to the letter: one request (what is inside is its body), several that the client
sends one after the other, one that is not whole, or none that anybody should take."""

import http1

# As `Transfer-Encoding` is spelled by those who want only one of two to see it.
CODINGS = [
    b"Transfer-Encoding: chunked", b"Transfer-Encoding:chunked", b"Transfer-Encoding:\tchunked", b"Transfer-Encoding:  chunked  ",
    b"transfer-encoding: CHUNKED", b"tRANSFER-ENCODING: chunKed", b"Transfer-Encoding : chunked", b"Transfer-Encoding\t: chunked",
    b" Transfer-Encoding: chunked", b"\tTransfer-Encoding: chunked", b"Transfer-Encoding\r: chunked", b"Transfer-Encoding\0: chunked",
    b"\0Transfer-Encoding: chunked", b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding:\x0cchunked", b"Transfer-Encoding: chunked\x0b",
    b"Transfer-Encoding: chunked\x0c", b"Transfer-Encoding: chunked\0", b"Transfer-Encoding: \0chunked", b"Transfer-Encoding: chu\0nked",
    b"Transfer-Encoding:\n chunked", b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding:\r\n\tchunked", b"Transfer-Encoding: chunked\r",
    b"Transfer-Encoding: chunked\n", b"X: y\nTransfer-Encoding: chunked", b"X: y\rTransfer-Encoding: chunked",
    b"X: y\r\n Transfer-Encoding: chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunkedx", b"Transfer-Encoding: chunk",
    b'Transfer-Encoding: "chunked"', b"Transfer-Encoding: 'chunked'", b"Transfer-Encoding: chunked;a=b", b"Transfer-Encoding: chunked,",
    b"Transfer-Encoding: ,chunked", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, gzip",
    b"Transfer-Encoding: identity", b"Transfer-Encoding: deflate", b"Transfer-Encoding:", b"Transfer-Encoding: \xa0chunked",
    b"Transfer-Encoding: chunked\xff", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x", b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", b"Transfer-Encoding:\r\nTransfer-Encoding: chunked",
    b"Transfer_Encoding: chunked", b"TransferEncoding: chunked", b"Transfer.Encoding: chunked", b"Transfer-Enc\xc4\xb1ding: chunked",
    b"Content-Encoding: chunked", b"TE: chunked", b"Transfer-Encoding; chunked", b"Transfer-Encoding chunked",
]

# As lengths are written; `N` is the true one.
LENGTHS = [
    b"N", b"+N", b"-N", b"0N", b"000000000000000000000000N", b"0xN", b"N.0", b"Ne0", b"N,N", b"N, N", b"N,0", b"0,N", b"N 0", b"0 N", b"N;",
    b"N;a=b", b'"N"', b"N\t", b"\tN", b"N\x0b", b"\x0bN", b"N\0", b"\0N", b"N\r", b"\rN", b"Na", b"aN", b"a", b"", b"-0", b"+0", b"-1", b"0_N",
    b"\xa0N", b"N\xa0", b"\xef\xbc\x95N", b"18446744073709551616", b"99999999999999999999999", b"9223372036854775808",
    b"N\r\nContent-Length: N", b"N\r\nContent-Length: 0", b"0\r\nContent-Length: N", b"N\r\nContent-Length: +N", b"\r\nContent-Length: N",
    b"N\r\nContent-Length:", b"N\nContent-Length: 0", b"0\nContent-Length: N", b"\r\n N", b"\r\n\tN", b"N\r\n 0",
]

LENGTH_NAMES = [
    b"Content-Length :", b"Content-Length\t:", b" Content-Length:", b"\tContent-Length:", b"Content_Length:", b"ContentLength:",
    b"Content-Length\0:", b"\0Content-Length:", b"Content-Length\r:", b"Content-Length\r\n:", b"content-LENGTH:", b"Content-Length;",
    b"X: y\nContent-Length:", b"X: y\rContent-Length:", b"X: y\r\n Content-Length:",
]

# A chunk's line, `S` is the size; then what a chunk ends with.
SIZES = [
    b"S\r\n", b"0S\r\n", b"00000000S\r\n", b"0000000000000000000000S\r\n", b"0xS\r\n", b"+S\r\n", b"-S\r\n", b" S\r\n", b"\tS\r\n", b"S \r\n",
    b"S\t\r\n", b"S;\r\n", b"S;a\r\n", b"S;a=b\r\n", b'S;a="b"\r\n', b"S ;a=b\r\n", b'S;a="\n"\r\n', b"S;a\n\r\n", b"S;a\rb\r\n", b"S;a\r\r\n",
    b"S;\0\r\n", b"S;" + b"a" * 5000 + b"\r\n", b"S\n", b"S\r", b"S\r\r\n", b"\nS\r\n", b"\r\nS\r\n", b"S,S\r\n", b"S S\r\n", b"S_0\r\n", b"S.0\r\n",
    b"Sg\r\n", b"gS\r\n", b"\r\n", b"100000000S\r\n", b"10000000000000000S\r\n", b"FFFFFFFFFFFFFFFF\r\n", b"8000000000000000\r\n",
    b"FFFFFFFFFFFFFFFFS\r\n", b"S\0\r\n", b"S\x0b\r\n", b"\xefS\r\n", b'"S"\r\n', b"S:\r\n", b"S\xa0\r\n",
]
CHUNK_ENDS = [b"", b"\n", b"\r", b"X\r\n", b"XX", b"\r\n\r\n", b"\n\r\n", b"\r\r\n", b" \r\n", b"\0\r\n"]
LAST_CHUNKS = [
    b"00\r\n\r\n", b"0000000000000000000\r\n\r\n", b"0;a=b\r\n\r\n", b"0 \r\n\r\n", b"-0\r\n\r\n", b"+0\r\n\r\n", b"0x0\r\n\r\n", b"0\n\n", b"0\r\n\n", b"0\n\r\n",
    b"0\r\r\n\r\n", b"0\r\nA: b\r\n\r\n", b"0\r\nContent-Length: 50\r\n\r\n", b"0\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\nHost: elsewhere\r\n\r\n",
    b"0\r\nA : b\r\n\r\n", b"0\r\nA: b\n\r\n", b"0\r\nA: b\r\n c\r\n\r\n", b"0\r\nA: \0\r\n\r\n", b"0\r\nno colon\r\n\r\n", b"0\r\n: b\r\n\r\n",
    b"0\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"0\r\nA: " + b"b" * 100_000 + b"\r\n\r\n", b"0\r\n\r", b"0\r\n",
]

# The first line; `$P` is the path and `$H` the host.
LINES = [
    b"GET  $P HTTP/1.1", b"GET $P  HTTP/1.1", b"GET\t$P\tHTTP/1.1", b"GET\t$P HTTP/1.1", b"GET $P\tHTTP/1.1", b" GET $P HTTP/1.1", b"\tGET $P HTTP/1.1",
    b"\r\nGET $P HTTP/1.1", b"\r\n\r\n\r\nGET $P HTTP/1.1", b"\nGET $P HTTP/1.1", b"\rGET $P HTTP/1.1", b"\0GET $P HTTP/1.1", b"GET $P HTTP/1.1 ",
    b"GET $P HTTP/1.1\t", b"GET $P HTTP/1.1\r", b"GET $P HTTP/1.1\0", b"GET $P HTTP/1.2", b"GET $P HTTP/2.0", b"GET $P HTTP/0.9", b"GET $P HTTP/1.10",
    b"GET $P HTTP/01.1", b"GET $P HTTP/1.1x", b"GET $P HTTP/1.", b"GET $P HTTP/1", b"GET $P HTTP/ 1.1", b"GET $P http/1.1", b"GET $P HTTPS/1.1",
    b"GET $P HTTP/1,1", b"GET $P", b"GET $P ", b"GET", b"GET $P x HTTP/1.1", b"GET $P HTTP/1.1 HTTP/1.1", b"GET $P\0 HTTP/1.1", b"GET $P\x01 HTTP/1.1",
    b"GET $P\x7f HTTP/1.1", b"GET $P\x0b HTTP/1.1", b"GET $P\xff HTTP/1.1", b"GET $P\xc3\xa9 HTTP/1.1", b"GET $P#a HTTP/1.1", b"GET $P?a#b HTTP/1.1",
    b"GET $P%00 HTTP/1.1", b"GET $P%0d%0aX:%20y HTTP/1.1", b"GET $P%20HTTP/1.1%0d%0a HTTP/1.1", b"GET $P%zz HTTP/1.1", b"GET $P\\x HTTP/1.1",
    b'GET $P"<> HTTP/1.1', b"GET $P;a=b HTTP/1.1", b"GET /.$P HTTP/1.1", b"GET //$P HTTP/1.1", b"GET * HTTP/1.1", b"OPTIONS * HTTP/1.1",
    b"GET http://$H$P HTTP/1.1", b"GET HTTP://$H$P HTTP/1.1", b"GET http://elsewhere$P HTTP/1.1", b"GET http://a@$H$P HTTP/1.1",
    b"GET http://$H:80$P HTTP/1.1", b"GET http://$H:x$P HTTP/1.1", b"GET http://$P HTTP/1.1", b"GET http:$P HTTP/1.1", b"GET ftp://$H$P HTTP/1.1",
    b"GET $H$P HTTP/1.1", b"GET @$H$P HTTP/1.1", b"get $P HTTP/1.1", b"G(T $P HTTP/1.1", b"GE\0T $P HTTP/1.1", b"GET: $P HTTP/1.1", b"PRI $P HTTP/2.0",
    b"PRI * HTTP/2.0", b"CONNECT $H:80 HTTP/1.1", b"CONNECT $P HTTP/1.1", b"GET $P?" + b"a" * 70_000 + b" HTTP/1.1", b"G" * 9000 + b" $P HTTP/1.1",
]

HOSTS = [
    None, b"Host:", b"Host: $H\r\nHost: $H", b"Host: $H\r\nHost: elsewhere", b"Host: elsewhere\r\nHost: $H", b"Host: $H, $H", b"Host: $H:x", b"Host: $H/a",
    b"Host: a@$H", b"Host: $H $H", b"Host: $H\0", b"Host: \0$H", b"Host: $H\x01", b"Host:\r\n $H", b"Host : $H", b" Host: $H", b"Host\r\n: $H", b"host: $H\r\nHOST: $H",
    b"Host: $H#a", b"Host: $H?a", b"Host: [$H]", b"Host: [::1", b"Host: $H\\", b'Host: "$H"', b"Host: $H\xff", b"Host: $H.", b"Host: %48", b"X: y\nHost: $H",
]

FIELDS = [
    b"no colon", b": no name", b"a b: c", b"a\0: c", b"a\x01: c", b"a\x08: c", b"a\x0b: c", b"a\x0c: c", b"a\x1f: c", b"a\x7f: c", b"a(: c", b'a": c',
    b"a/: c", b"a[: c", b"a@: c", b"a\xc3\xa9: c", b"a: \0", b"a: \x01", b"a: \x08", b"a: \x0b", b"a: \x1f", b"a: \x7f", b"a: b\rc: d", b"a: b\nc: d",
    b"a: b\r\n c", b"a: b\r\n\tc", b"a: b\r\n \r\n", b" ", b"\t", b"a: b\r", b"a: b\n", b"\n", b"\r", b"\r\r\n", b"a: b\r\r\nc: d", b"a: \xff\xfe",
    b"\xef\xbb\xbfa: b", b"Connection: Content-Length", b"Connection: Transfer-Encoding", b"Connection: Host", b"Connection: close, Host",
    b"Connection: keep-alive, close", b"Connection: \0", b"Connection: a b", b"Keep-Alive: timeout=0, max=0", b"Proxy-Connection: close", b"TE: trailers",
    b"TE: chunked, trailers", b"Trailer: Content-Length", b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Upgrade: TLS/1.0\r\nConnection: Upgrade", b"Expect: 100-continue", b"Expect: 100-Continue, x", b"Expect: x", b"Expect: 100-continue\r\nExpect: 100-continue",
    b"Expect:", b"X-HTTP-Method-Override: HEAD", b"Content_Length: 0", b"content-length_: 0", b"Range: bytes=0-0", b"Content-Range: bytes 0-0/1",
    b"X-Forwarded-For: a\r\nX_Forwarded_For: b", b"Content-Type: multipart/byteranges; boundary=a", b"A: " + b"b" * 70_000, b"A: b\r\n" * 101 + b"A: b",
]

METHODS = [b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"TRACE", b"PUT", b"PATCH", b"POST", b"CONNECT", b"FOO", b"post"]

# What a backend answers that is not well, or whose answer has another one behind it; `$E` is that.
ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n$E", b"HTTP/1.1 204 No Content\r\n\r\n$E", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n$E",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n$E", b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n$E",
    b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n$E", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$E",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n3\r\nabc\r\n0\r\n\r\n$E",
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc$E", b"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc$E",
    b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc$E", b"HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nabc$E", b"HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc$E",
    b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551619\r\n\r\nabc$E", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n$E",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n$E", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc$E",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$E",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n$E", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n$E",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n$E", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n$E",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n$E", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n$E",
    b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n$E", b"HTTP/1.1 200 OK\r\nA: b\rC: d\r\nContent-Length: 0\r\n\r\n$E",
    b"HTTP/1.1 200 OK\r\nA: \0\r\nContent-Length: 0\r\n\r\n$E", b"HTTP/1.1 200 OK\r\nA\0: b\r\nContent-Length: 0\r\n\r\n$E", b"HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n$E",
    b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n$E", b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n$E", b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n$E",
    b"HTTP/1.1 100 Continue\r\n\r\n$E", b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n$E", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n$E",
    b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n$E", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$E", b"HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n$E",
    b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n$E", b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n$E", b"junk\r\n\r\n$E", b"$E$E",
    b"HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 3\r\n\r\nabc$E", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc$E",
]


class Case:
    """The bytes of one case and what they are to the letter."""

    def __init__(self, number, title, data):
        self.number, self.title, self.data = number, title, data
        self.to_head = data.startswith(b"HEAD ")
        self.body = None
        try:
            found = http1.request(data)
        except http1.Malformed:
            self.kind = "none"
            return
        if found is None:
            self.kind = "part"
        elif found[1]:
            self.kind = "several"
        else:
            self.kind, self.body = "one", found[0].body


class Maker:
    """Makes the cases for requests below a path."""

    def __init__(self, prefix, host):
        self.prefix, self.host, self.cases = prefix, host, []

    def path(self, name):
        """The path of a request that belongs to the next case."""
        return b"%s/%s-%d" % (self.prefix, name, len(self.cases))

    def hidden(self):
        """A request that must not become one."""
        return b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (self.path(b"evil"), self.host)

    def filled(self, line):
        """The line with its path and host."""
        return line.replace(b"$P", self.path(b"case")).replace(b"$H", self.host)

    def add(self, title, data):
        """Another case."""
        self.cases.append(Case(len(self.cases), title, data))

    def request(self, fields, body=b"", method=b"POST", version=b"1.1"):
        """A request with these lines in its head."""
        lines = b"".join(line + b"\r\n" for line in fields)
        line = b"%s %s HTTP/%s\r\nHost: %s\r\n" % (method, self.path(b"case"), version, self.host)
        return line + lines + b"\r\n" + body

    def chunked(self, data, size=b"S\r\n", end=b"\r\n", last=b"0\r\n\r\n"):
        """A body of one chunk."""
        return size.replace(b"S", b"%x" % len(data)) + data + end + last

    def codings(self):
        """A coding and a length that contradict each other, and codings alone."""
        for coding in CODINGS:
            ended = b"0\r\n\r\n" + self.hidden()
            length = b"Content-Length: %d" % len(ended)
            self.add(b"length, then " + coding, self.request([length, coding], ended))
            ended = b"0\r\n\r\n" + self.hidden()
            self.add(coding + b", then length", self.request([coding, length], ended))
            self.add(b"a short length and " + coding, self.request([b"Content-Length: 4", coding], self.chunked(self.hidden())))
            self.add(coding, self.request([coding], self.chunked(self.hidden())))

    def lengths(self):
        """Lengths and their names."""
        for text in LENGTHS:
            hidden = self.hidden()
            value = text.replace(b"N", b"%d" % len(hidden))
            self.add(b"length " + text, self.request([b"Content-Length: " + value], hidden))
        for name in LENGTH_NAMES:
            hidden = self.hidden()
            self.add(name, self.request([b"%s %d" % (name, len(hidden))], hidden))

    def chunks(self):
        """What is between the chunks."""
        coded = [b"Transfer-Encoding: chunked"]
        for size in SIZES:
            self.add(b"size " + size[:40], self.request(coded, self.chunked(self.hidden(), size)))
        for end in CHUNK_ENDS:
            self.add(b"end of a chunk " + end, self.request(coded, self.chunked(self.hidden(), end=end)))
        for last in LAST_CHUNKS:
            self.add(b"last chunk " + last[:40], self.request(coded, self.chunked(self.hidden(), last=last)))

    def heads(self):
        """First lines, hosts and other fields."""
        for line in LINES:
            self.add(line[:60], self.filled(line) + b"\r\nHost: %s\r\n\r\n" % self.host)
        for host in HOSTS:
            line = b"" if host is None else self.filled(host) + b"\r\n"
            self.add(b"host " + (host or b"none"), b"GET %s HTTP/1.1\r\n%s\r\n" % (self.path(b"case"), line))
        for field in FIELDS:
            hidden = self.hidden()
            self.add(b"field " + field[:60], self.request([field, b"Content-Length: %d" % len(hidden)], hidden))

    def methods(self):
        """Methods with bodies, versions, and what keeps a connection."""
        for method in METHODS:
            hidden = self.hidden()
            self.add(method + b" with a length", self.request([b"Content-Length: %d" % len(hidden)], hidden, method))
            self.add(method + b" in chunks", self.request([b"Transfer-Encoding: chunked"], self.chunked(self.hidden()), method))
        for version in [b"1.0", b"1.1"]:
            for field in [b"Connection: keep-alive", b"Connection: close", b"Connection: x", b"X: y"]:
                hidden = self.hidden()
                self.add(version + b" " + field, self.request([field, b"Content-Length: %d" % len(hidden)], hidden, version=version))
                self.add(version + b" in chunks " + field, self.request([field, b"Transfer-Encoding: chunked"], self.chunked(self.hidden()), version=version))
        self.add(b"two requests", self.request([], method=b"GET") + self.hidden())
        self.add(b"two requests, the first closes", self.request([b"Connection: close"], method=b"GET") + self.hidden())
        for ends in [(b"\n", b"\n"), (b"\r\n", b"\n"), (b"\n", b"\r\n"), (b"\r", b"\r"), (b"\r\n", b"\r\r\n"), (b"\r\r\n", b"\r\n")]:
            head = ends[0].join([b"GET %s HTTP/1.1" % self.path(b"case"), b"Host: " + self.host, b""]) + ends[1]
            self.add(b"lines that end in %r and %r" % ends, head)


def all_answers(prefix, host):
    """A request for each answer of a backend."""
    maker = Maker(prefix.encode(), host.encode())
    for answer in ANSWERS:
        maker.add(answer[:80], maker.request([], method=b"GET"))
    return maker.cases


def all_cases(prefix, host):
    """All cases for requests below a path."""
    maker = Maker(prefix.encode(), host.encode())
    for family in [maker.codings, maker.lengths, maker.chunks, maker.heads, maker.methods]:
        family()
    return maker.cases
