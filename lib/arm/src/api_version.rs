//! The `api-version` query parameter.

use std::fmt;
use std::str::FromStr;

/// A well-formed api-version: a date, with or without a suffix such as `-preview`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion(String);

impl ApiVersion {
    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The date part, `2024-05-01`.
    pub fn date(&self) -> &str {
        &self.0[..10]
    }
}

impl FromStr for ApiVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let well_formed = text.len() >= 10
            && text.is_ascii()
            && text.bytes().take(10).enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
            && (text.len() == 10
                || (text.as_bytes()[10] == b'-'
                    && text[11..]
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')));
        if well_formed { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_are_dates_with_an_optional_suffix() {
        for good in ["2024-05-01", "2022-05-01-preview", "2020-12-01-privatepreview"] {
            assert!(good.parse::<ApiVersion>().is_ok(), "{good}");
        }
        for bad in ["", "latest", "2024-5-1", "2024-05-01preview", "2024-05-0é", "20240501ab"] {
            assert!(bad.parse::<ApiVersion>().is_err(), "{bad}");
        }
    }
}
