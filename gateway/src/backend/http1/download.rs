//! The body of an answer, as its framing says (RFC 9112, 6 and 7).

use std::io::Error;

use bytes::{Buf as _, Bytes, BytesMut};
use http::HeaderMap;
use memchr::memchr;

use super::{fields, invalid};

/// How long the line of a chunk's size may be, with what extends it.
const LINE: usize = 4 * 1024;
/// How much is read at once of what ends with the connection.
const CLOSE: usize = 32 * 1024;
/// How long trailers may be.
const TRAILERS: usize = 64 * 1024;
/// How many there may be.
const FIELDS: usize = 100;

/// What is left of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Download {
    /// Nothing.
    Over,
    /// So many bytes.
    Length(u64),
    /// Whatever comes until the connection closes.
    Close,
    /// Chunks.
    Chunked(Chunk),
}

/// Where in the chunks the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk {
    /// In the line of a size.
    Size,
    /// In a chunk, so many bytes before its end.
    Data(u64),
    /// Behind the last byte of a chunk.
    End,
    /// In the trailers.
    Trailers,
}

/// What comes next.
#[derive(Debug)]
pub enum Part {
    Data(Bytes),
    Trailers(HeaderMap),
    End,
    /// About so many bytes must be read first.
    More(usize),
}

impl Download {
    pub fn chunked() -> Self {
        Self::Chunked(Chunk::Size)
    }

    pub fn ends_with_connection(self) -> bool {
        self == Self::Close
    }

    /// The next part of what came.
    ///
    /// # Errors
    /// It is not framed as it should be.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Part, Error> {
        loop {
            match self {
                Self::Over | Self::Length(0) => return Ok(Part::End),
                Self::Close if input.is_empty() => return Ok(Part::More(CLOSE)),
                Self::Close => return Ok(Part::Data(input.split().freeze())),
                Self::Length(left) => return Ok(data(left, input)),
                Self::Chunked(Chunk::Data(left)) => {
                    let part = data(left, input);
                    if *left == 0 {
                        *self = Self::Chunked(Chunk::End);
                    }
                    return Ok(part);
                }
                Self::Chunked(Chunk::End) => match input.as_ref() {
                    [b'\r', b'\n', ..] => {
                        input.advance(2);
                        *self = Self::chunked();
                    }
                    [] | [b'\r'] => return Ok(Part::More(0)),
                    _ => return Err(invalid("a chunk is longer than its size")),
                },
                Self::Chunked(Chunk::Size) => match size(input)? {
                    Some(0) => *self = Self::Chunked(Chunk::Trailers),
                    Some(size) => *self = Self::Chunked(Chunk::Data(size)),
                    None => return Ok(Part::More(0)),
                },
                Self::Chunked(Chunk::Trailers) => {
                    let Some(trailers) = trailers(input)? else { return Ok(Part::More(0)) };
                    *self = Self::Over;
                    if !trailers.is_empty() {
                        return Ok(Part::Trailers(trailers));
                    }
                }
            }
        }
    }
}

fn data(left: &mut u64, input: &mut BytesMut) -> Part {
    let most = usize::try_from(*left).unwrap_or(usize::MAX);
    if input.is_empty() {
        // A little more than there is tells that there is no more.
        return Part::More(most.saturating_add(64));
    }
    let bytes = input.split_to(most.min(input.len())).freeze();
    *left = left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    Part::Data(bytes)
}

fn size(input: &mut BytesMut) -> Result<Option<u64>, Error> {
    let Some(at) = memchr(b'\n', input) else {
        return if input.len() > LINE {
            Err(invalid("the line of a chunk's size is too long"))
        } else {
            Ok(None)
        };
    };
    let line = input.split_to(at + 1);
    let line = line.strip_suffix(b"\r\n").filter(|line| line.len() <= LINE);
    let digits = line.and_then(|line| line.split(|byte| matches!(byte, b';' | b' ' | b'\t')).next());
    let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let text = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    match text.and_then(|digits| u64::from_str_radix(digits, 16).ok()) {
        Some(size) => Ok(Some(size)),
        None => Err(invalid("a chunk has no size")),
    }
}

fn trailers(input: &mut BytesMut) -> Result<Option<HeaderMap>, Error> {
    if input.starts_with(b"\r\n") {
        input.advance(2);
        return Ok(Some(HeaderMap::new()));
    }
    let Some(at) = memchr::memmem::find(input, b"\r\n\r\n") else {
        return if input.len() > TRAILERS { Err(invalid("the trailers are too long")) } else { Ok(None) };
    };
    let block = input.split_to(at + 4).freeze();
    let mut room = [httparse::EMPTY_HEADER; FIELDS];
    match httparse::parse_headers(&block, &mut room).map_err(invalid)? {
        httparse::Status::Complete((_, found)) => fields(&block, found).map(Some),
        httparse::Status::Partial => Err(invalid("the trailers end too early")),
    }
}
