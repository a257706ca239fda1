//! What was used of a quota by key, as the control plane asks for it and changes it.
//! <https://learn.microsoft.com/rest/api/apimanagement/quota-by-counter-keys>

/// Which counter is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaKey {
    /// The ARM id of the service.
    pub service: String,
    /// The value of the policy's `counter-key`.
    pub key: String,
}

/// What was used in the period that is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuotaCounter {
    /// The calls.
    pub calls: u64,
    /// The bytes of bodies.
    pub bytes: u64,
    /// When the period began, in milliseconds since 1970.
    pub start: i64,
    /// When it ends, in the same way; `None` for never.
    pub end: Option<i64>,
}

/// What is to be set; what is `None` stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuotaChange {
    /// Only in the period that began then, in milliseconds since 1970.
    pub start: Option<i64>,
    /// The calls.
    pub calls: Option<u64>,
    /// The bytes of bodies.
    pub bytes: Option<u64>,
}
