//! Subscriptions and their keys.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A subscription: two keys, and what they open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// The identifier in the service.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// What the keys open.
    pub scope: Scope,
    /// The state; only active ones open anything.
    pub state: SubscriptionState,
    /// The name of the user that owns it.
    pub owner: Option<String>,
    /// When it was made, in milliseconds since 1970.
    pub created: Option<i64>,
    /// When it began, in the same way.
    pub starts: Option<i64>,
    /// When it was ended, in the same way.
    pub ends: Option<i64>,
    /// The primary key.
    pub primary_key: Key,
    /// The secondary key, equal in rights.
    pub secondary_key: Key,
}

impl Subscription {
    /// An active subscription that nobody owns.
    pub fn active(name: &str, scope: Scope, [primary_key, secondary_key]: [Key; 2]) -> Self {
        Self {
            name: name.to_owned(),
            display_name: name.to_owned(),
            scope,
            state: SubscriptionState::Active,
            owner: None,
            created: None,
            starts: None,
            ends: None,
            primary_key,
            secondary_key,
        }
    }
}

/// What a subscription's keys open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// All APIs.
    AllApis,
    /// The API with this name.
    Api(String),
    /// The APIs of the product with this name.
    Product(String),
}

/// The state of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SubscriptionState {
    /// Usable.
    Active,
    /// Blocked by the publisher.
    Suspended,
    /// Waiting for approval.
    Submitted,
    /// Refused by the publisher.
    Rejected,
    /// Called off by the subscriber.
    Cancelled,
    /// Past its end date.
    Expired,
}

/// A subscription key. Its debug form does not show it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key(String);

impl Key {
    /// A key with this text.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key's text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Subscription {
    /// When it began, in milliseconds since 1970, if that is known: quotas are replenished from then on.
    pub fn started(&self) -> Option<i64> {
        self.starts.or(self.created)
    }
}

impl SubscriptionState {
    /// Reads a state as Azure spells it; anything unknown opens nothing.
    pub fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "active" => Self::Active,
            "submitted" => Self::Submitted,
            "rejected" => Self::Rejected,
            "cancelled" => Self::Cancelled,
            "expired" => Self::Expired,
            _ => Self::Suspended,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", Key::new("secret")), "Key(***)");
    }
}
