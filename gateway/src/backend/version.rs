//! Which version of HTTP is spoken with a backend.
//! <https://learn.microsoft.com/azure/api-management/forward-request-policy>

/// The versions that a call may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum HttpVersion {
    /// HTTP/1.1.
    #[default]
    One,
    /// HTTP/2 where TLS agrees on it, else HTTP/1.1.
    TwoOrOne,
    /// HTTP/2; without TLS the gateway knows beforehand that the backend speaks it (RFC 9113, 3.3).
    Two,
}

impl HttpVersion {
    /// What it is called in `http-version`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "1" => Some(Self::One),
            "2or1" => Some(Self::TwoOrOne),
            "2" => Some(Self::Two),
            _ => None,
        }
    }

    /// What TLS is offered.
    pub(super) fn protocols(self) -> Vec<Vec<u8>> {
        let (one, two) = (b"http/1.1".to_vec(), b"h2".to_vec());
        match self {
            Self::One => vec![one],
            Self::TwoOrOne => vec![two, one],
            Self::Two => vec![two],
        }
    }

    /// What is spoken on a connection to a backend without TLS: there is nothing to agree with.
    pub(super) fn in_the_clear(self) -> Self {
        if self == Self::Two { Self::Two } else { Self::One }
    }
}
