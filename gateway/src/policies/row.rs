//! What a row of the policy table says: how an element is written, where it may stand, how faithful it is, and how it
//! is compiled. What the published XML schemas say of an element can be said here, and little more.

pub use apim::GatewayKind;
use diagnostic::Diagnostic;

use crate::document::{Compiler, Element};
use crate::pipeline::{ScopeKind, Section, Step};

/// What a policy is.
pub struct Definition {
    /// The element's name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// The sections where it may appear; none if it is only ever a part of another policy, or of a resolver.
    pub sections: &'static [Section],
    /// The scopes whose documents may hold it.
    pub scopes: &'static [ScopeKind],
    /// The gateways that have it.
    pub gateways: &'static [GatewayKind],
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
    /// What its absence means, where that can be written as a value.
    pub default: Option<&'static str>,
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
    /// Any text but none.
    NotEmpty,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A whole number of any size.
    Whole,
    /// A whole number of 32 bits without a sign.
    Unsigned,
    /// A whole number that is not negative.
    NonNegative,
    /// A whole number that is more than zero.
    Positive,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A date and a time.
    DateTime,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A text that this accepts, and what it should be.
    Shape(fn(&str) -> bool, &'static str),
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
    /// Once.
    Once,
    /// Once or not at all.
    AtMostOnce,
    /// Once or more often.
    AtLeastOnce,
    /// Any number of times.
    Repeated,
    /// At least, and at most, so many times.
    Between(usize, usize),
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
    /// These elements, in this order.
    Children(&'static [Child]),
    /// These elements, in any order.
    AnyOrder(&'static [Child]),
    /// The same with text, or an expression, between them.
    WithText(&'static Self),
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
    /// Why it is checked but not executed: requests that get to it are answered with 500.
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

/// All scopes of requests.
pub const EVERYWHERE: &[ScopeKind] =
    &[ScopeKind::Global, ScopeKind::Workspace, ScopeKind::Product, ScopeKind::Api, ScopeKind::Operation];

/// All scopes of requests but workspaces.
pub const NOT_IN_WORKSPACES: &[ScopeKind] =
    &[ScopeKind::Global, ScopeKind::Product, ScopeKind::Api, ScopeKind::Operation];

/// All gateways.
pub const EVERY_GATEWAY: &[GatewayKind] = &[
    GatewayKind::Classic,
    GatewayKind::V2,
    GatewayKind::Consumption,
    GatewayKind::SelfHosted,
    GatewayKind::Workspace,
];

/// All gateways but that of the Consumption tier.
pub const NOT_IN_CONSUMPTION: &[GatewayKind] =
    &[GatewayKind::Classic, GatewayKind::V2, GatewayKind::SelfHosted, GatewayKind::Workspace];

/// All gateways but those of workspaces.
pub const NOT_IN_WORKSPACE_GATEWAYS: &[GatewayKind] =
    &[GatewayKind::Classic, GatewayKind::V2, GatewayKind::Consumption, GatewayKind::SelfHosted];

impl Definition {
    /// The sandbox executes it, faithfully or not quite.
    pub fn is_executed(&self) -> bool {
        !matches!(self.fidelity, Fidelity::Refused(_))
    }
}

impl Attribute {
    /// A literal that must be there.
    pub const fn required(name: &'static str, summary: &'static str, kind: ValueKind) -> Self {
        Self { presence: Presence::Required, ..Self::optional(name, summary, kind) }
    }

    /// A literal that may be there.
    pub const fn optional(name: &'static str, summary: &'static str, kind: ValueKind) -> Self {
        let (presence, form) = (Presence::Optional, Form::Literal);
        Self { name, summary, kind, presence, form, default: None, refused: &[] }
    }

    /// The same, as an expression too.
    #[must_use]
    pub const fn or_expression(self) -> Self {
        Self { form: Form::Expression, ..self }
    }

    /// The same, with what its absence means.
    #[must_use]
    pub const fn or_else(self, value: &'static str) -> Self {
        Self { default: Some(value), ..self }
    }

    /// The same, without these values.
    #[must_use]
    pub const fn but_not(self, refused: &'static [&'static str]) -> Self {
        Self { refused, ..self }
    }
}

impl Child {
    /// A child without attributes.
    pub const fn new(name: &'static str, occurs: Occurs, content: Content) -> Self {
        Self { name, occurs, attributes: &[], content }
    }

    /// A child that holds nothing but its attributes.
    pub const fn empty(name: &'static str, occurs: Occurs, attributes: &'static [Attribute]) -> Self {
        Self { name, occurs, attributes, content: Content::Nothing }
    }
}

impl Occurs {
    /// At least, and at most, so many times.
    pub fn limits(self) -> (usize, usize) {
        match self {
            Self::Once => (1, 1),
            Self::AtMostOnce => (0, 1),
            Self::AtLeastOnce => (1, usize::MAX),
            Self::Repeated => (0, usize::MAX),
            Self::Between(least, most) => (least, most),
        }
    }
}

impl Content {
    /// Its elements.
    pub fn children(self) -> &'static [Child] {
        match self {
            Self::Children(children) | Self::AnyOrder(children) => children,
            Self::WithText(elements) => elements.children(),
            _ => &[],
        }
    }
}

impl ValueKind {
    /// The value is of this kind.
    ///
    /// # Errors
    /// What it should be.
    pub fn accepts(self, value: &str) -> Result<(), String> {
        let text = value.trim_matches([' ', '\t', '\r', '\n']);
        let fits = match self {
            Self::Text => true,
            Self::NotEmpty => !value.is_empty(),
            Self::Integer => text.parse::<i32>().is_ok(),
            Self::Long => text.parse::<i64>().is_ok(),
            Self::Whole => whole(text).is_some(),
            Self::Unsigned => text.parse::<u32>().is_ok() || text == "-0",
            Self::NonNegative => whole(text).is_some_and(|(negative, digits)| !negative || digits.is_empty()),
            Self::Positive => whole(text).is_some_and(|(negative, digits)| !negative && !digits.is_empty()),
            Self::Number => number(text),
            Self::Boolean => matches!(text, "true" | "false" | "1" | "0"),
            Self::DateTime => date_time(text),
            Self::OneOf(words) => words.contains(&value),
            Self::Shape(fits, _) => fits(value),
        };
        if fits { Ok(()) } else { Err(self.expected()) }
    }

    /// The type, and what .NET's schema validation says of a value that is not of it.
    pub fn verdict(self, value: &str) -> (&'static str, String) {
        let not_valid = |what: &str| format!("The string '{value}' is not a valid {what} value.");
        match self {
            Self::Text | Self::NotEmpty => ("String", "The MinLength constraint failed.".to_owned()),
            Self::Integer => ("http://www.w3.org/2001/XMLSchema:int", not_valid("Int32")),
            Self::Long => ("http://www.w3.org/2001/XMLSchema:long", not_valid("Int64")),
            Self::Whole => ("http://www.w3.org/2001/XMLSchema:integer", not_valid("Integer")),
            Self::Unsigned => ("http://www.w3.org/2001/XMLSchema:unsignedInt", not_valid("UInt32")),
            Self::NonNegative => {
                ("http://www.w3.org/2001/XMLSchema:nonNegativeInteger", not_valid("Integer"))
            }
            Self::Positive => ("http://www.w3.org/2001/XMLSchema:positiveInteger", not_valid("Integer")),
            Self::Number => ("http://www.w3.org/2001/XMLSchema:double", not_valid("Double")),
            Self::Boolean => ("http://www.w3.org/2001/XMLSchema:boolean", not_valid("Boolean")),
            Self::DateTime => ("http://www.w3.org/2001/XMLSchema:dateTime", not_valid("XsdDateTime")),
            Self::OneOf(_) => ("String", "The Enumeration constraint failed.".to_owned()),
            Self::Shape(..) => ("String", "The Pattern constraint failed.".to_owned()),
        }
    }

    /// What a value that is not of this kind should be.
    fn expected(self) -> String {
        match self {
            Self::Text => String::new(),
            Self::NotEmpty => "it is empty".to_owned(),
            Self::Integer | Self::Long | Self::Whole => "it is not a whole number".to_owned(),
            Self::Unsigned | Self::NonNegative => "it is not a whole number of zero or more".to_owned(),
            Self::Positive => "it is not a whole number of one or more".to_owned(),
            Self::Number => "it is not a number".to_owned(),
            Self::Boolean => "it is neither 'true' nor 'false'".to_owned(),
            Self::DateTime => "it is not a date with a time, such as '2024-05-01T00:00:00Z'".to_owned(),
            Self::OneOf(words) => format!("it is none of '{}'", words.join("', '")),
            Self::Shape(_, expected) => format!("it is not {expected}"),
        }
    }
}

/// The sign and the digits, without leading zeros, of a whole number.
fn whole(text: &str) -> Option<(bool, &str)> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| (text.starts_with('-'), digits.trim_start_matches('0')))
}

/// XML Schema's numbers are Rust's, but for the names of those that are none.
fn number(text: &str) -> bool {
    match text {
        "INF" | "-INF" | "NaN" => true,
        _ => text.parse::<f64>().is_ok() && !text.contains(['i', 'I', 'n', 'N']),
    }
}

/// `2024-05-01T12:30:00`, with a fraction of the seconds and a time zone if there is one.
fn date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let in_range = |part: &str, least: u32, most: u32| {
        part.len() == 2 && part.parse().is_ok_and(|value: u32| (least..=most).contains(&value))
    };
    let mut parts = date.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let clock = time.get(..8).unwrap_or_default();
    let mut parts = clock.splitn(3, ':');
    let (Some(hour), Some(minute), Some(second)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let rest = time.get(8..).unwrap_or_default();
    let fraction =
        rest.strip_prefix('.').map(|rest| rest.trim_start_matches(|found: char| found.is_ascii_digit()));
    let zone = fraction.unwrap_or(rest);
    let offset = |zone: &str| {
        zone.split_once(':').is_some_and(|(hour, minute)| in_range(hour, 0, 14) && in_range(minute, 0, 59))
    };
    year.len() == 4
        && year.parse::<u16>().is_ok_and(|year| year > 0)
        && in_range(month, 1, 12)
        && in_range(day, 1, 31)
        && in_range(hour, 0, 24)
        && in_range(minute, 0, 59)
        && in_range(second, 0, 59)
        && (zone.is_empty() || zone == "Z" || zone.strip_prefix(['+', '-']).is_some_and(offset))
}
