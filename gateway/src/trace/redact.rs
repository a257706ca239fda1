//! Secrets stay out of traces: by the names of headers and parameters, and wherever their values turn up.

use http::HeaderMap;

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// How long a value in a trace may be, in bytes.
const LENGTH: usize = 1_024;

/// A secret that is shorter is taken out only where it is all there is.
const TELLING: usize = 4;

/// Headers whose values are secret.
const HEADERS: [&str; 9] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "ocp-apim-subscription-key",
    "apim-debug-authorization",
    "api-key",
    "x-api-key",
    "x-functions-key",
];

/// The secrets of one request.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    names: Vec<String>,
    values: Vec<String>,
}

impl Redaction {
    /// Values under this name are secret too.
    pub fn name(&mut self, name: &str) {
        self.names.push(name.to_ascii_lowercase());
    }

    /// This value is secret.
    pub fn value(&mut self, value: &str) {
        if !value.is_empty() && !self.values.iter().any(|known| known == value) {
            self.values.push(value.to_owned());
            // A secret that holds another goes first.
            self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        }
    }

    /// What is secret elsewhere is secret here.
    pub fn values(&mut self, other: &Self) {
        other.values.iter().for_each(|value| self.value(value));
    }

    /// What headers hold under secret names, in whole and without the scheme before it.
    pub fn headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            if self.is_secret(name.as_str()) {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                if let Some((_, credentials)) = value.split_once(' ') {
                    self.value(credentials);
                }
                self.value(&value);
            }
        }
    }

    /// What a query holds under secret names.
    pub fn query(&mut self, query: &str) {
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if self.is_secret(&name) {
                self.value(&value);
            }
        }
    }

    /// Values under this name are secret.
    pub fn is_secret(&self, name: &str) -> bool {
        HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name))
            || self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The text without secrets, and not too long.
    pub fn clean(&self, text: &mut String) {
        for secret in &self.values {
            if text == secret {
                REDACTED.clone_into(text);
            } else if secret.len() >= TELLING && text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), REDACTED);
            }
        }
        if text.len() > LENGTH {
            let end = (0..=LENGTH).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(end);
            text.push('…');
        }
    }
}
