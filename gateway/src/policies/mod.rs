//! The policies: one file per element, and this table of them.
//!
//! A row says how an element is written, where it may appear, how faithful it is, and how it is compiled. Validation,
//! the reference and the tests of the examples come from the rows.
//! <https://learn.microsoft.com/azure/api-management/api-management-policies>

mod authentication_basic;
mod base;
mod cache_lookup_value;
mod cache_remove_value;
mod cache_store_value;
mod check_header;
mod choose;
mod cors;
mod find_and_replace;
mod forward_request;
mod include_fragment;
mod ip_filter;
mod known;
mod mock_response;
mod quota;
mod quota_by_key;
mod rate_limit;
mod rate_limit_by_key;
mod retry;
mod return_response;
mod rewrite_uri;
mod send_request;
mod set_backend_service;
mod set_body;
mod set_header;
mod set_method;
mod set_query_parameter;
mod set_status;
mod set_variable;
mod trace;

#[cfg(test)]
pub mod examples;

use diagnostic::Diagnostic;

use crate::document::{Compiler, Element};
use crate::pipeline::{ScopeKind, Section, Step};

pub use known::{NAMES as KNOWN, is_known};

/// All policies, sorted by name.
pub static POLICIES: &[&Definition] = &[
    &authentication_basic::DEFINITION,
    &base::DEFINITION,
    &cache_lookup_value::DEFINITION,
    &cache_remove_value::DEFINITION,
    &cache_store_value::DEFINITION,
    &check_header::DEFINITION,
    &choose::DEFINITION,
    &cors::DEFINITION,
    &find_and_replace::DEFINITION,
    &forward_request::DEFINITION,
    &include_fragment::DEFINITION,
    &ip_filter::DEFINITION,
    &mock_response::DEFINITION,
    &quota::DEFINITION,
    &quota_by_key::DEFINITION,
    &rate_limit::DEFINITION,
    &rate_limit_by_key::DEFINITION,
    &retry::DEFINITION,
    &return_response::DEFINITION,
    &rewrite_uri::DEFINITION,
    &send_request::DEFINITION,
    &set_backend_service::DEFINITION,
    &set_body::DEFINITION,
    &set_header::DEFINITION,
    &set_method::DEFINITION,
    &set_query_parameter::DEFINITION,
    &set_status::DEFINITION,
    &set_variable::DEFINITION,
    &trace::DEFINITION,
];

/// What a policy is: how it is written, where it may appear, how faithful it is, and how to compile it.
pub struct Definition {
    /// The element's name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// The sections where it may appear.
    pub sections: &'static [Section],
    /// The scopes whose documents may hold it.
    pub scopes: &'static [ScopeKind],
    /// Its attributes besides `id`.
    pub attributes: &'static [Attribute],
    /// What is between its tags.
    pub content: Content,
    /// How close it is to Azure's.
    pub fidelity: Fidelity,
    /// Uses that run as tests.
    pub examples: &'static [Example],
    /// Compiles an element that passed the checks of the row.
    pub compile: fn(&Element, &mut Compiler<'_>) -> Result<Step, Diagnostic>,
}

/// An attribute of a policy.
#[derive(Debug)]
pub struct Attribute {
    /// The name.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub summary: &'static str,
    /// What its value may be.
    pub kind: ValueKind,
    /// Whether it must be there.
    pub presence: Presence,
    /// Whether an expression may stand there.
    pub form: Form,
    /// Values that Azure takes and the sandbox does not; `*` for all.
    pub refused: &'static [&'static str],
}

/// How a value may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Literal,
    /// As it is, or as an expression.
    Expression,
}

/// What an attribute's value may be.
#[derive(Debug, Clone, Copy)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// Whether something must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It may.
    Optional,
}

/// A child element of a policy.
#[derive(Debug)]
pub struct Child {
    /// The name.
    pub name: &'static str,
    /// How often it may be there.
    pub occurs: Occurs,
    /// Its attributes.
    pub attributes: &'static [Attribute],
    /// What is between its tags.
    pub content: Content,
}

/// How often a child may be there, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurs {
    /// Once or not at all, at its place in the order.
    AtMostOnce,
    /// Any number of times, at its place in the order.
    Repeated,
    /// Any number of times, anywhere among its siblings.
    Anywhere,
}

/// What is between an element's tags.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// Text without expressions.
    Literal,
    /// Text, or an expression.
    Text,
    /// Text, an expression, or elements as they are.
    Anything,
    /// These elements, in the order in which they must come.
    Children(&'static [Child]),
    /// Any policies; the row that holds them compiles them.
    Policies,
    /// What the policy of that name has; its row says the rest.
    Policy,
}

/// How close a policy is to Azure's.
#[derive(Debug, Clone, Copy)]
pub enum Fidelity {
    /// No known difference.
    Faithful,
    /// What differs.
    Approximate(&'static str),
    /// Why it is refused.
    Refused(&'static str),
}

/// A use of a policy: what it makes of a request and of the backend's answer.
#[derive(Debug)]
pub struct Example {
    /// What it shows.
    pub title: &'static str,
    /// The section that `fragment` is in; the others hold `<base />`.
    pub section: Section,
    /// The policy and what is around it.
    pub fragment: &'static str,
    /// The client's request: request line and headers.
    pub request: &'static [&'static str],
    /// Lines of the request that the backend gets; `!` before a line that it must not get. Empty if it gets none.
    pub seen: &'static [&'static str],
    /// The backend's answer: status line and headers. Its body is `backend`.
    pub answer: &'static [&'static str],
    /// Lines of the response that the client gets, the body last; `!` before a line that it must not get.
    pub response: &'static [&'static str],
}

/// The attribute that every policy has.
pub static ID: Attribute =
    Attribute::optional("id", "Names the element in `context.LastError.PolicyId`.", ValueKind::Text);

const EVERYWHERE: &[ScopeKind] =
    &[ScopeKind::Global, ScopeKind::Product, ScopeKind::Api, ScopeKind::Operation];

/// The row of the policy called `name`.
pub fn find(name: &str) -> Option<&'static Definition> {
    POLICIES.binary_search_by(|row| row.name.cmp(name)).ok().and_then(|at| POLICIES.get(at).copied())
}

/// The names of all policies that Azure has, for messages.
pub fn names() -> String {
    known::NAMES.join(", ")
}

impl Attribute {
    /// A literal that must be there.
    pub const fn required(name: &'static str, summary: &'static str, kind: ValueKind) -> Self {
        let presence = Presence::Required;
        Self { name, summary, kind, presence, form: Form::Literal, refused: &[] }
    }

    /// A literal that may be there.
    pub const fn optional(name: &'static str, summary: &'static str, kind: ValueKind) -> Self {
        let presence = Presence::Optional;
        Self { name, summary, kind, presence, form: Form::Literal, refused: &[] }
    }

    /// The same, as an expression too.
    #[must_use]
    pub const fn or_expression(self) -> Self {
        Self { form: Form::Expression, ..self }
    }

    /// The same, without these values.
    #[must_use]
    pub const fn but_not(self, refused: &'static [&'static str]) -> Self {
        Self { refused, ..self }
    }
}

impl ValueKind {
    /// The value is of this kind.
    ///
    /// # Errors
    /// What it should be.
    pub fn accepts(self, value: &str) -> Result<(), String> {
        let fits = match self {
            Self::Text => true,
            Self::Integer => value.trim().parse::<i32>().is_ok(),
            Self::Boolean => matches!(value.trim(), "true" | "false" | "1" | "0"),
            Self::OneOf(words) => words.contains(&value),
        };
        match self {
            _ if fits => Ok(()),
            Self::Text => Ok(()),
            Self::Integer => Err("it is not a whole number".to_owned()),
            Self::Boolean => Err("it is neither 'true' nor 'false'".to_owned()),
            Self::OneOf(words) => Err(format!("it is none of '{}'", words.join("', '"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_complete_and_known_to_azure() {
        assert!(POLICIES.is_sorted_by_key(|row| row.name));
        assert!(known::NAMES.is_sorted());
        for row in POLICIES {
            assert!(is_known(row.name), "{}", row.name);
            assert!(!row.sections.is_empty() && !row.scopes.is_empty(), "{}", row.name);
            assert!(!row.examples.is_empty(), "{} has no example", row.name);
            assert!(row.summary.ends_with('.'), "{}", row.name);
        }
    }
}
