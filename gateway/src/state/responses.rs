//! Answers that are kept for requests that ask the same.
//! <https://learn.microsoft.com/azure/api-management/cache-store-policy>

use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};

use crate::body::Body;
use crate::context::Response;

/// How long an answer may be that is kept, as in Azure.
pub const LONGEST: usize = 2 << 20;
/// How much is kept in all, in bytes.
const SIZE: usize = 256 << 20;
/// How many answers are kept.
const ANSWERS: usize = 10_000;

/// The built-in cache of answers.
#[derive(Default)]
pub struct Responses {
    kept: HashMap<String, Kept>,
    size: usize,
}

/// An answer, and until when it is good.
#[derive(Clone)]
pub struct Kept {
    /// The status code.
    pub status: StatusCode,
    /// The words after the code, where they are not the usual ones.
    pub reason: Option<hyper::ext::ReasonPhrase>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Until when it is good, in milliseconds since 1970.
    pub until: i64,
}

impl Responses {
    /// The answer of a key, if it is still good.
    pub fn get(&self, key: &str, now: i64) -> Option<Kept> {
        self.kept.get(key).filter(|kept| kept.until > now).cloned()
    }

    /// Keeps an answer, unless it is too long or there are too many.
    pub fn put(&mut self, key: String, kept: Kept, now: i64) {
        if kept.body.len() > LONGEST {
            return;
        }
        self.remove(&key);
        if self.kept.len() >= ANSWERS || self.size + kept.body.len() > SIZE {
            self.kept.retain(|_, kept| kept.until > now);
            self.size = self.kept.values().map(|kept| kept.body.len()).sum();
        }
        if self.kept.len() < ANSWERS && self.size + kept.body.len() <= SIZE {
            self.size += kept.body.len();
            self.kept.insert(key, kept);
        }
    }

    fn remove(&mut self, key: &str) {
        if let Some(kept) = self.kept.remove(key) {
            self.size -= kept.body.len();
        }
    }
}

impl Kept {
    /// An answer as it is, without its body.
    pub fn head(response: &Response, until: i64) -> Self {
        let mut headers = response.headers.clone();
        headers.remove(CONTENT_LENGTH);
        let (status, reason) = (response.status, response.reason.clone());
        Self { status, reason, headers, body: Bytes::new(), until }
    }

    /// The answer once more.
    pub fn response(&self) -> Response {
        let Self { status, reason, headers, body, .. } = self.clone();
        Response { status, reason, headers, body: Body::full(body) }
    }
}

/// What is kept may be secret.
impl fmt::Debug for Responses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responses").field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(length: usize, until: i64) -> Kept {
        let (status, headers) = (StatusCode::OK, HeaderMap::new());
        Kept { status, reason: None, headers, body: Bytes::from(vec![0; length]), until }
    }

    #[test]
    fn answers_are_good_until_their_time_is_over_and_not_too_long() {
        let mut responses = Responses::default();
        responses.put("a".to_owned(), kept(LONGEST, 10), 0);
        responses.put("b".to_owned(), kept(LONGEST + 1, 10), 0);
        assert!(responses.get("a", 9).is_some() && responses.get("a", 10).is_none());
        assert!(responses.get("b", 0).is_none());
        responses.put("a".to_owned(), kept(1, 20), 10);
        assert_eq!(responses.size, 1);
    }
}
