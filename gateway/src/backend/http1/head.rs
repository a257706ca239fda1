//! Heads: of requests as they are written, of answers as they are read (RFC 9112, 2 to 5).

use std::io::{Error, Write as _};
use std::mem::MaybeUninit;

use bytes::{BufMut, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Response, StatusCode, Version};
use hyper::ext::ReasonPhrase;
use memchr::memchr;

use super::download::Download;
use super::{fields, invalid};
use crate::backend::forward::Outgoing;

/// How long an answer's head may be.
const BYTES: usize = 64 * 1024;
/// How many fields it may have.
const FIELDS: usize = 100;

/// What an answer depends on.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Only for the head: no body follows whatever the head says.
    head_only: bool,
    /// For another protocol.
    upgrade: bool,
}

/// The head of an answer.
#[derive(Debug)]
pub struct Head {
    pub response: Response<()>,
    pub download: Download,
    pub persistent: bool,
}

impl Asked {
    pub fn of(request: &Outgoing) -> Self {
        let upgrade = request.headers().contains_key(http::header::UPGRADE);
        Self { head_only: request.method() == Method::HEAD, upgrade }
    }
}

impl Head {
    /// Another answer follows (RFC 9110, 15.2).
    pub fn is_interim(&self) -> bool {
        let status = self.response.status();
        status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS
    }
}

/// How the body of a request is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none, and methods like this seldom have one.
    None,
    /// So many bytes.
    Length(u64),
    /// In chunks.
    Chunked,
}

/// Writes a request's head. Its own fields about the framing are replaced by what is true.
pub fn write(request: &Outgoing, framing: Framing, out: &mut BytesMut) {
    out.reserve(512);
    out.put_slice(request.method().as_str().as_bytes());
    out.put_u8(b' ');
    let uri = request.uri();
    match (uri.scheme(), uri.path_and_query()) {
        (None, Some(target)) => out.put_slice(target.as_str().as_bytes()),
        _ => out.put_slice(uri.to_string().as_bytes()),
    }
    out.put_slice(b" HTTP/1.1\r\n");
    for (name, value) in request.headers() {
        if name == CONTENT_LENGTH || name == TRANSFER_ENCODING {
            continue;
        }
        line(out, name.as_str().as_bytes(), value.as_bytes());
    }
    match framing {
        Framing::None => {}
        Framing::Length(length) => {
            // Writing to memory does not fail.
            let _ = write!(out.writer(), "content-length: {length}\r\n");
        }
        Framing::Chunked => line(out, b"transfer-encoding", b"chunked"),
    }
    out.put_slice(b"\r\n");
}

fn line(out: &mut BytesMut, name: &[u8], value: &[u8]) {
    out.reserve(name.len() + value.len() + 4);
    out.put_slice(name);
    out.put_slice(b": ");
    out.put_slice(value);
    out.put_slice(b"\r\n");
}

/// Takes an answer's head from what came; `None` if it is not whole yet.
///
/// # Errors
/// It is none, or too long.
pub fn read(input: &mut BytesMut, asked: Asked) -> Result<Option<Head>, Error> {
    let Some(length) = end(input) else {
        let is_too_long = input.len() > BYTES;
        return if is_too_long { Err(invalid("the head of the answer is too long")) } else { Ok(None) };
    };
    let block = input.split_to(length).freeze();
    let mut room = [const { MaybeUninit::uninit() }; FIELDS];
    let mut parsed = httparse::Response::new(&mut []);
    let outcome =
        httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, &block, &mut room);
    let httparse::Status::Complete(_) = outcome.map_err(invalid)? else {
        return Err(invalid("the head of the answer ends too early"));
    };
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(parsed.code.unwrap_or_default()).map_err(invalid)?;
    if parsed.version == Some(0) {
        *response.version_mut() = Version::HTTP_10;
    }
    *response.headers_mut() = fields(&block, parsed.headers)?;
    let reason = parsed.reason.filter(|reason| Some(*reason) != response.status().canonical_reason());
    if let Some(reason) = reason.and_then(|reason| ReasonPhrase::try_from(reason.as_bytes()).ok()) {
        response.extensions_mut().insert(reason);
    }
    let (download, unambiguous) = download(&mut response, asked)?;
    let persistent =
        unambiguous && download != Download::Close && is_persistent(response.version(), response.headers());
    Ok(Some(Head { response, download, persistent }))
}

/// Where the head ends: behind the first empty line.
fn end(input: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = memchr(b'\n', input.get(from..)?) {
        from += at + 1;
        match input.get(from..)? {
            [b'\n', ..] => return Some(from + 1),
            [b'\r', b'\n', ..] => return Some(from + 2),
            _ => {}
        }
    }
    None
}

/// How the body is framed (RFC 9112, 6.3), and whether there is only one way to read that.
fn download(response: &mut Response<()>, asked: Asked) -> Result<(Download, bool), Error> {
    let status = response.status();
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return if asked.upgrade { Ok((Download::Over, false)) } else { Err(invalid(UNASKED)) };
    }
    if asked.head_only
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    {
        return Ok((Download::Over, true));
    }
    let version = response.version();
    let headers = response.headers_mut();
    if let Some(last) = headers.get_all(TRANSFER_ENCODING).iter().next_back() {
        let chunked = version == Version::HTTP_11 && ends_with_chunked(last);
        let unambiguous = headers.remove(CONTENT_LENGTH).is_none();
        return Ok((if chunked { Download::chunked() } else { Download::Close }, unambiguous && chunked));
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let Some(first) = lengths.next() else { return Ok((Download::Close, true)) };
    let length = length(first)?;
    for other in lengths {
        if self::length(other)? != length {
            return Err(invalid("the answer has more than one length"));
        }
    }
    Ok((Download::Length(length), true))
}

const UNASKED: &str = "the backend switched protocols without being asked to";

fn ends_with_chunked(value: &HeaderValue) -> bool {
    let last = value.as_bytes().rsplit(|byte| *byte == b',').next().unwrap_or_default();
    last.trim_ascii().eq_ignore_ascii_case(b"chunked")
}

/// A length; the same one several times in a list counts once.
fn length(value: &HeaderValue) -> Result<u64, Error> {
    let mut known = None;
    for item in value.as_bytes().split(|byte| *byte == b',') {
        let item = item.trim_ascii();
        let digits = item.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(item).ok()).flatten();
        let length: u64 =
            digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| invalid("a bad length"))?;
        if known.is_some_and(|known| known != length) {
            return Err(invalid("the answer has more than one length"));
        }
        known = Some(length);
    }
    known.ok_or_else(|| invalid("a bad length"))
}

fn is_persistent(version: Version, headers: &HeaderMap) -> bool {
    let says = |what: &str| {
        let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case(what))
    };
    if version == Version::HTTP_10 {
        return says("keep-alive");
    }
    !headers.contains_key(CONNECTION) || !says("close")
}
