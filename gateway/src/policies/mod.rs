//! The policies: one file per element, and this table of them.
//!
//! A row says how an element is written, where it may appear, how faithful it is, and how it is compiled. Validation,
//! the reference and the tests of the examples come from the rows.
//! <https://learn.microsoft.com/azure/api-management/api-management-policies>

mod base;
mod forward_request;
mod known;
mod return_response;
mod set_backend_service;
mod set_header;

#[cfg(test)]
pub mod examples;

use diagnostic::Diagnostic;

use crate::document::{Compiler, Element};
use crate::pipeline::{ScopeKind, Section, Step};

pub use known::{NAMES as KNOWN, is_known};

/// All policies, sorted by name.
pub static POLICIES: &[&Definition] = &[
    &base::DEFINITION,
    &forward_request::DEFINITION,
    &return_response::DEFINITION,
    &set_backend_service::DEFINITION,
    &set_header::DEFINITION,
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
    /// Its children, in the order in which they must come.
    pub children: &'static [Child],
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
    /// Values that Azure takes and the sandbox does not; `*` for all.
    pub refused: &'static [&'static str],
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

/// How often a child may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurs {
    /// Once or not at all.
    AtMostOnce,
    /// Any number of times.
    Repeated,
}

/// What is between a child's tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// Text.
    Text,
    /// Text or elements, as they are.
    Anything,
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
pub static ID: Attribute = Attribute {
    name: "id",
    summary: "Names the element in `context.LastError.PolicyId`.",
    kind: ValueKind::Text,
    presence: Presence::Optional,
    refused: &[],
};

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
