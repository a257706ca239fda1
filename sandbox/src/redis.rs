//! The Redis that a gateway is told to count in, as it is named on a command line and in `sandbox.json`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The word for no Redis.
const NONE: &str = "none";

/// A Redis (`redis://…`, `rediss://…` or a connection string of Azure), or `none`. It may have a password in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Redis {
    text: String,
    address: Option<apim::Redis>,
}

impl Redis {
    /// What is wanted if something is; else what there was.
    pub(crate) fn or_as_before(wanted: Option<Self>, before: Option<Self>) -> Option<Self> {
        wanted.or(before).filter(|redis| redis.address.is_some())
    }

    /// Where it is; `None` for none.
    pub fn address(&self) -> Option<&apim::Redis> {
        self.address.as_ref()
    }

    /// As it was named, with its password.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl FromStr for Redis {
    type Err = apim::RedisError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = if text == NONE { None } else { Some(text.parse()?) };
        Ok(Self { text: text.to_owned(), address })
    }
}

impl TryFrom<String> for Redis {
    type Error = apim::RedisError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Redis> for String {
    fn from(redis: Redis) -> Self {
        redis.text
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Redis").field(&self.address).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redis(text: &str) -> Redis {
        text.parse().expect("a Redis")
    }

    #[test]
    fn a_sandbox_goes_on_with_its_redis_until_it_is_told_otherwise() {
        let (one, two) = (Some(redis("redis://:secret@one")), Some(redis("two:6379,password=secret")));
        for (wanted, before, after) in [
            (None, None, None),
            (None, one.clone(), one.clone()),
            (two.clone(), one.clone(), two.clone()),
            (Some(redis(NONE)), one.clone(), None),
            (Some(redis(NONE)), None, None),
        ] {
            assert_eq!(Redis::or_as_before(wanted, before), after);
        }
        let kept = serde_json::to_string(&one).expect("it serializes");
        assert_eq!(serde_json::from_str::<Option<Redis>>(&kept).expect("it is read"), one);
        assert!(!format!("{one:?}{two:?}").contains("secret"));
    }
}
