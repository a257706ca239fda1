//! URL templates of operations: `/orders/{id}/lines/{*rest}?expand={expand}`.
//!
//! **Differs from Azure:** how letter case counts is not documented; here literal segments match whatever their case.

use std::fmt;

/// A URL template, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The segments of the path.
    pub segments: Vec<Segment>,
    /// What the query must hold.
    pub query: Vec<QueryPattern>,
}

/// One segment of a template's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// This text, lower case.
    Literal(String),
    /// A parameter, with the texts around it where it does not fill the segment.
    Parameter {
        /// What stands before it, lower case.
        before: String,
        /// What stands behind it, lower case.
        after: String,
    },
    /// The rest of the path.
    Wildcard,
}

/// One query parameter of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryPattern {
    name: String,
    /// The value that it must have; `None` for any.
    value: Option<String>,
}

/// A template that cannot be matched, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTemplate(String);

impl Template {
    /// Takes a template apart.
    ///
    /// # Errors
    /// Braces that do not pair, or a wildcard that is not at the end.
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        let invalid = |why: &str| InvalidTemplate(format!("the URL template `{text}` is not valid: {why}"));
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let path = path.strip_prefix('/').unwrap_or(path);
        let segments: Vec<Segment> = if path.is_empty() {
            Vec::new()
        } else {
            path.split('/').map(Segment::parse).collect::<Result<_, _>>().map_err(invalid)?
        };
        if segments.iter().rev().skip(1).any(|segment| *segment == Segment::Wildcard) {
            return Err(invalid("a wildcard must be the last segment"));
        }
        let query = query.split('&').filter(|part| !part.is_empty()).map(QueryPattern::parse).collect();
        Ok(Self { segments, query })
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Wildcard);
        }
        let Some((before, rest)) = text.split_once('{') else {
            return if text.contains('}') {
                Err("a closing brace has no opening one")
            } else {
                Ok(Self::Literal(decoded(text)))
            };
        };
        let Some((name, after)) = rest.split_once('}') else { return Err("a brace is not closed") };
        if before.contains('}') || name.contains('{') || after.contains(['{', '}']) {
            return Err("a segment holds one parameter at most");
        }
        if name.trim_start_matches('*').is_empty() {
            return Err("a parameter has no name");
        }
        if name.starts_with('*') {
            return if before.is_empty() && after.is_empty() {
                Ok(Self::Wildcard)
            } else {
                Err("a wildcard must fill its segment")
            };
        }
        Ok(Self::Parameter { before: decoded(before), after: decoded(after) })
    }

    /// A parameter segment matches `text`, which is decoded and lower case.
    pub fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == text,
            Self::Parameter { before, after } => text
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|value| !value.is_empty()),
            Self::Wildcard => true,
        }
    }

    /// How much of the segment is fixed: more specific segments are tried first.
    pub fn fixed(&self) -> usize {
        match self {
            Self::Literal(literal) => literal.len(),
            Self::Parameter { before, after } => before.len() + after.len(),
            Self::Wildcard => 0,
        }
    }
}

impl QueryPattern {
    fn parse(text: &str) -> Self {
        let (name, value) = text.split_once('=').unwrap_or((text, "{value}"));
        let parameter = value.starts_with('{') && value.ends_with('}');
        Self { name: name.to_owned(), value: (!parameter).then(|| value.to_owned()) }
    }

    /// The query holds the parameter.
    pub fn accepts(&self, query: &str) -> bool {
        form_urlencoded::parse(query.as_bytes()).any(|(name, value)| {
            name.eq_ignore_ascii_case(&self.name)
                && self.value.as_ref().is_none_or(|expected| *expected == *value)
        })
    }
}

/// Percent-decoded and lower case, as segments are compared.
pub fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().to_lowercase()
}

impl fmt::Display for InvalidTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidTemplate {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_that_cannot_match_say_why() {
        for (text, reason) in [
            ("/a/{b", "not closed"),
            ("/a/b}", "no opening"),
            ("/{}", "no name"),
            ("/{a}{b}", "one parameter"),
            ("/*/a", "last segment"),
            ("/x{*rest}", "fill its segment"),
        ] {
            let error = Template::parse(text).expect_err(text).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
