//! Simple types: texts with facets, lists and unions of them.
//! <https://www.w3.org/TR/xmlschema-2/>

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use fancy_regex::Regex;

use super::lexical::{BuiltIn, Kind, White, compare, decimal, float};

/// A simple type.
#[derive(Debug)]
pub struct Simple {
    /// Its name as it is said, with its namespace; empty for one without.
    pub name: String,
    pub variety: Variety,
    pub white: White,
    /// The facets of each step from the built-in type to this one.
    pub facets: Vec<Facet>,
}

#[derive(Debug)]
pub enum Variety {
    Atomic(&'static BuiltIn),
    List(Arc<Simple>),
    Union(Vec<Arc<Simple>>),
}

#[derive(Debug, Clone)]
pub enum Facet {
    Length(Option<usize>, Option<usize>),
    /// One of these; a step has them together.
    Patterns(Vec<Regex>),
    Enumeration(Vec<String>),
    /// The order to the limit must not be one of these two.
    Limit(String, [Ordering; 2]),
    TotalDigits(usize),
    FractionDigits(usize),
}

impl Simple {
    /// A built-in type.
    pub fn of(built_in: &'static BuiltIn) -> Self {
        let name = format!("{}:{}", super::XS, built_in.name);
        Self { name, variety: Variety::Atomic(built_in), white: built_in.white, facets: Vec::new() }
    }

    /// What facets mean for it.
    pub fn kind(&self) -> Kind {
        match &self.variety {
            Variety::Atomic(built_in) => built_in.kind,
            Variety::List(_) => Kind::List,
            Variety::Union(_) => Kind::Other,
        }
    }

    /// What a text breaks.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self, text: &str) -> Result<(), String> {
        let text = self.normal(text);
        let good = match &self.variety {
            Variety::Atomic(built_in) => (built_in.is)(&text),
            Variety::List(item) => {
                text.split(' ').filter(|item| !item.is_empty()).all(|text| item.check(text).is_ok())
            }
            Variety::Union(members) => members.iter().any(|member| member.check(&text).is_ok()),
        };
        if !good {
            let name = self.name.rsplit(':').next().unwrap_or_default();
            return Err(format!("The string '{}' is not a valid {name} value.", shown(&text)));
        }
        self.facets.iter().try_for_each(|facet| self.facet(facet, &text))
    }

    /// A text with the white space that the type leaves.
    pub fn normal<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let white = |letter: char| matches!(letter, '\t' | '\n' | '\r');
        match self.white {
            White::Preserve => Cow::Borrowed(text),
            White::Replace => Cow::Owned(text.replace(white, " ")),
            White::Collapse => {
                let parts = text.split([' ', '\t', '\n', '\r']).filter(|part| !part.is_empty());
                Cow::Owned(parts.collect::<Vec<_>>().join(" "))
            }
        }
    }

    fn facet(&self, facet: &Facet, text: &str) -> Result<(), String> {
        let digits = || decimal(text).unwrap_or_default();
        let (good, name) = match facet {
            Facet::Length(least, most) => {
                let length = self.length(text);
                let name = match (least, most) {
                    (Some(least), Some(most)) if least == most => "Length",
                    (Some(least), _) if length < *least => "MinLength",
                    _ => "MaxLength",
                };
                (least.is_none_or(|least| length >= least) && most.is_none_or(|most| length <= most), name)
            }
            Facet::Patterns(patterns) => {
                (patterns.iter().any(|pattern| pattern.is_match(text).unwrap_or(false)), "Pattern")
            }
            Facet::Enumeration(values) => (values.iter().any(|value| self.same(value, text)), "Enumeration"),
            Facet::Limit(limit, wrong) => {
                let order = self.order(text, limit);
                let name = match wrong {
                    [Ordering::Less, Ordering::Less] => "MinInclusive",
                    [Ordering::Less, _] => "MinExclusive",
                    [_, Ordering::Greater] => "MaxInclusive",
                    _ => "MaxExclusive",
                };
                (order.is_some_and(|order| !wrong.contains(&order)), name)
            }
            Facet::TotalDigits(most) => (digits().1.len() + digits().2.len() <= *most, "TotalDigits"),
            Facet::FractionDigits(most) => (digits().2.len() <= *most, "FractionDigits"),
        };
        if good { Ok(()) } else { Err(format!("The {name} constraint failed.")) }
    }

    fn length(&self, text: &str) -> usize {
        match self.kind() {
            Kind::List => text.split(' ').filter(|item| !item.is_empty()).count(),
            Kind::Bytes(length) => length(text),
            _ => text.chars().count(),
        }
    }

    fn order(&self, left: &str, right: &str) -> Option<Ordering> {
        match self.kind() {
            Kind::Float => float(left)?.partial_cmp(&float(right)?),
            _ => compare(left, right),
        }
    }

    /// Whether two texts are one value.
    pub fn same(&self, left: &str, right: &str) -> bool {
        let (left, right) = (self.normal(left), self.normal(right));
        left == right
            || matches!(self.kind(), Kind::Decimal | Kind::Float)
                && self.order(&left, &right) == Some(Ordering::Equal)
    }
}

/// So much of a text that messages stay short.
fn shown(text: &str) -> String {
    const MOST: usize = 200;
    text.chars().take(MOST).collect()
}
