//! What is wrong with a body, and where.

use std::fmt;

/// A place in a body, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Such as `properties.subnets[0].name`.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No property has this name; one may have a similar one.
    Unknown(Option<String>),
    /// A required property is not there.
    Missing,
    /// A request sets what only Azure sets.
    ReadOnly,
    /// An answer shows what Azure keeps to itself.
    WriteOnly,
    /// Another kind of value is expected.
    Kind {
        /// In words.
        expected: String,
        /// In words.
        found: String,
    },
    /// The kind is right, the value is not.
    Value(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", if self.path.is_empty() { "the body" } else { &self.path })?;
        match &self.problem {
            Problem::Unknown(None) => write!(out, "unknown property"),
            Problem::Unknown(Some(near)) => write!(out, "unknown property (did you mean `{near}`?)"),
            Problem::Missing => write!(out, "required property missing"),
            Problem::ReadOnly => write!(out, "read-only property in a request"),
            Problem::WriteOnly => write!(out, "write-only property in an answer"),
            Problem::Kind { expected, found } => write!(out, "{expected} expected, {found} found"),
            Problem::Value(what) => write!(out, "{what}"),
        }
    }
}

/// The known name that an unknown one may mean: the same in another letter case, or at most two letters away.
pub(crate) fn near<'n>(unknown: &str, known: impl Iterator<Item = &'n String>) -> Option<String> {
    let ranked = known.map(|name| {
        let same = name.eq_ignore_ascii_case(unknown);
        (if same { 0 } else { distance(unknown, name).max(1) }, name)
    });
    ranked.filter(|(distance, _)| *distance <= 2).min().map(|(_, name)| name.clone())
}

/// How many letters have to be added, removed or changed.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, wanted) in row.iter_mut().skip(1).zip(other.chars()) {
            let changed = diagonal + usize::from(letter != wanted);
            diagonal = *cell;
            left = changed.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
