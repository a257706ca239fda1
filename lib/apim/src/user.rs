//! Users of a service, and the groups that they are in.

use serde::{Deserialize, Serialize};

/// Somebody who subscribes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The identifier in the service.
    pub name: String,
    /// The address for mail.
    pub email: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// What the publisher wrote down.
    pub note: Option<String>,
    /// When the user came, in milliseconds since 1970.
    pub registered: Option<i64>,
    /// How the user signs in.
    pub identities: Vec<UserIdentity>,
    /// The groups that the user is in.
    pub groups: Vec<Group>,
}

/// A user as an identity provider knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    /// The identifier there.
    pub id: String,
    /// The provider, such as `Basic` or `Aad`.
    pub provider: String,
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The identifier in the service.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
}
