//! Where a Redis is, and how one signs in there: as Azure's connection strings say it, or as a URL.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-cache-external>
//!
//! **Differs from Azure:** of the options in a connection string those that say where the cache is and how to sign in are
//! used; the others, such as time limits, are the gateway's own.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

/// The port of Redis, plain and encrypted.
const PORTS: (u16, u16) = (6379, 6380);

/// The address of a Redis. Its debug form does not show the password.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Redis {
    /// The name or address of the machine.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The connection is encrypted.
    pub tls: bool,
    /// Who signs in, if not the usual user.
    pub user: Option<String>,
    /// What they sign in with.
    pub password: Option<String>,
    /// The number of the database.
    pub database: i64,
}

/// Why a text is no address of a Redis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedisError {
    /// It says no host.
    #[error("there is no host: write redis://HOST:PORT, or HOST:PORT,password=…,ssl=True")]
    NoHost,
    /// A part is not what it should be. The password is not repeated.
    #[error("`{0}` is not a {1}")]
    Invalid(String, &'static str),
}

impl Redis {
    fn at(place: &str, tls: bool) -> Result<Self, RedisError> {
        let port_of = |text: &str| {
            let port = text.parse().ok().filter(|port| *port > 0);
            port.ok_or_else(|| RedisError::Invalid(text.to_owned(), "port"))
        };
        let usual = if tls { PORTS.1 } else { PORTS.0 };
        let (host, port) = match place.rsplit_once(':') {
            // The last colon of an IPv6 address is one of its own unless brackets end before it.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port_of(port)?),
            _ => (place, usual),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(RedisError::NoHost);
        }
        Ok(Self { host: host.to_owned(), port, tls, user: None, password: None, database: 0 })
    }

    /// `redis://user:password@host:port/database`, with `rediss` for TLS.
    fn from_url(rest: &str, tls: bool) -> Result<Self, RedisError> {
        let (rest, _) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (account, place) = match authority.rsplit_once('@') {
            Some((account, place)) => (Some(account), place),
            None => (None, authority),
        };
        let mut address = Self::at(place, tls)?;
        if let Some(account) = account {
            let (user, password) = account.split_once(':').unwrap_or((account, ""));
            (address.user, address.password) = (decoded(user), decoded(password));
        }
        if !path.is_empty() {
            address.database = database(path)?;
        }
        Ok(address)
    }

    /// `host:port,password=…,ssl=True,abortConnect=False`.
    fn from_connection_string(text: &str) -> Result<Self, RedisError> {
        let mut parts = text.split(',').map(str::trim);
        let place = parts.next().unwrap_or_default();
        let options: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
        let option = |name: &str| {
            let mut named = options.iter().filter(|(known, _)| known.trim().eq_ignore_ascii_case(name));
            named.next_back().map(|(_, value)| value.trim())
        };
        let mut address = Self::at(place, option("ssl").is_some_and(|ssl| ssl.eq_ignore_ascii_case("true")))?;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (address.user, address.password) = (option("user").and_then(some), option("password").and_then(some));
        address.database = option("defaultDatabase").map_or(Ok(0), database)?;
        Ok(address)
    }
}

fn decoded(text: &str) -> Option<String> {
    Some(percent_decode_str(text).decode_utf8_lossy().into_owned()).filter(|text| !text.is_empty())
}

fn database(text: &str) -> Result<i64, RedisError> {
    let number = text.parse().ok().filter(|number| (0..=i64::from(u16::MAX)).contains(number));
    number.ok_or_else(|| RedisError::Invalid(text.to_owned(), "number of a database"))
}

impl FromStr for Redis {
    type Err = RedisError;

    fn from_str(text: &str) -> Result<Self, RedisError> {
        let text = text.trim();
        match text.split_once("://") {
            Some(("redis", rest)) => Self::from_url(rest, false),
            Some(("rediss", rest)) => Self::from_url(rest, true),
            Some((scheme, _)) => Err(RedisError::Invalid(scheme.to_owned(), "scheme: use redis or rediss")),
            None => Self::from_connection_string(text),
        }
    }
}

/// Without what signs in.
impl fmt::Display for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, database, .. } = self;
        let scheme = if self.tls { "rediss" } else { "redis" };
        if host.contains(':') {
            return write!(f, "{scheme}://[{host}]:{port}/{database}");
        }
        write!(f, "{scheme}://{host}:{port}/{database}")
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, shown: &str, account: (Option<&str>, Option<&str>)) {
        let address: Redis = text.parse().expect("an address");
        assert_eq!(address.to_string(), shown);
        assert_eq!((address.user.as_deref(), address.password.as_deref()), account, "{text}");
        assert!(!format!("{address:?}").contains("secret"), "{text}");
    }

    #[test]
    fn addresses_are_read_from_urls_and_connection_strings() {
        check("redis://127.0.0.1", "redis://127.0.0.1:6379/0", (None, None));
        check("redis://:secret%21@[::1]:7000/3", "redis://[::1]:7000/3", (None, Some("secret!")));
        check("rediss://me:secret@cache", "rediss://cache:6380/0", (Some("me"), Some("secret")));
        check(
            "cache:6380,password=secret=,ssl=True,abortConnect=False",
            "rediss://cache:6380/0",
            (None, Some("secret=")),
        );
        check(
            "localhost,defaultDatabase=2, SSL = false ,user=me",
            "redis://localhost:6379/2",
            (Some("me"), None),
        );
    }

    #[test]
    fn what_is_no_address_says_why_without_secrets() {
        for (text, why) in [
            ("", "there is no host"),
            ("redis://:secret@", "there is no host"),
            ("http://cache", "`http` is not a scheme"),
            ("cache:port,password=secret", "`port` is not a port"),
            ("redis://:secret@cache/x", "`x` is not a number"),
        ] {
            let error = text.parse::<Redis>().expect_err("no address").to_string();
            assert!(error.contains(why) && !error.contains("secret"), "{text}: {error}");
        }
    }
}
