//! A file with tests of a policy.

use std::collections::BTreeMap;

use scenarios::Located;
use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TestFile {
    /// The policy, from the file's folder; the file of the same name unless given.
    pub policy: Option<String>,
    /// Files of fragments, by the fragments' names.
    #[serde(default)]
    pub fragments: BTreeMap<String, String>,
    /// Named values of all tests.
    #[serde(default)]
    pub named_values: BTreeMap<String, String>,
    /// The tests.
    pub tests: Vec<Case>,
}

/// A test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The client's request.
    #[serde(default)]
    pub request: Request,
    /// Variables that are there before the policy.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Named values besides those of the file.
    #[serde(default)]
    pub named_values: BTreeMap<String, String>,
    /// What backends answer: the first that fits counts.
    #[serde(default)]
    pub backend: Vec<Answer>,
    /// What should come of it.
    pub expect: Expected,
}

/// A request.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// `GET` unless given.
    pub method: Option<String>,
    /// `https://localhost/` unless given.
    pub url: Option<String>,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

/// What a backend answers, be it asked by `forward-request` or by `send-request`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The method that it answers; any unless given.
    pub method: Option<String>,
    /// How the URL begins that it answers; any unless given.
    pub url: Option<String>,
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// The headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// How often it answers; always unless given.
    pub times: Option<usize>,
}

/// What should come of it; what is left out may be anything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The response's status.
    pub status: Option<Located<u16>>,
    /// Headers of the response; null for one that must not be there.
    #[serde(default)]
    pub headers: BTreeMap<String, Located<Option<String>>>,
    /// The response's body.
    pub body: Option<Located<String>>,
    /// Variables, as text.
    #[serde(default)]
    pub variables: BTreeMap<String, Located<Option<String>>>,
    /// All calls to backends, in their order.
    pub calls: Option<Located<Vec<Called>>>,
}

/// A call to a backend.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// The method.
    pub method: Option<Located<String>>,
    /// The whole URL.
    pub url: Option<Located<String>>,
    /// Headers; null for one that must not be there.
    #[serde(default)]
    pub headers: BTreeMap<String, Located<Option<String>>>,
    /// The body.
    pub body: Option<Located<String>>,
}

fn ok() -> u16 {
    200
}
