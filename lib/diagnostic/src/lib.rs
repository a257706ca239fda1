//! What is wrong in a text that a user wrote: a stable code, a message, where it is, and what to do about it.
//!
//! Policies, expressions and scenario files all report their problems as [`Diagnostic`]s. Printing them with the
//! offending line is the command line's work; the control plane puts the same facts into an error body.
#![deny(missing_docs)]

use std::fmt;
use std::ops::Range;

/// One problem in a user's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable identifier such as `APL0102`; never reused for another problem.
    pub code: &'static str,
    /// What is wrong: a lower-case fragment without a final period, user input in backticks.
    pub message: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
    /// The part of the text that is wrong.
    pub span: Option<Span>,
    /// What the text is: a file name, or a resource's path. Empty if the text has no name of its own.
    pub source: String,
    /// Whether the text can be used in spite of it.
    pub severity: Severity,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The text works, but perhaps not as its author thinks.
    Warning,
    /// The text cannot be used.
    Error,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Byte offsets into the text.
    pub bytes: Range<usize>,
    /// Where the part begins.
    pub start: Position,
}

/// A place in a text as editors count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

impl Diagnostic {
    /// A problem without a position yet.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let severity = Severity::Error;
        Self { code, message: message.into(), help: None, span: None, source: String::new(), severity }
    }

    /// Says that the text can be used all the same.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The text cannot be used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says which part of `text` is wrong.
    #[must_use]
    pub fn at(mut self, text: &str, bytes: Range<usize>) -> Self {
        self.span = Some(Span::new(text, bytes));
        self
    }

    /// Says which text it is.
    #[must_use]
    pub fn of(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }
}

impl Span {
    /// The part `bytes` of `text`, with the whole of the characters that it cuts; offsets beyond the text are moved to
    /// its end.
    pub fn new(text: &str, bytes: Range<usize>) -> Self {
        let end = text.ceil_char_boundary(bytes.end);
        let start = text.floor_char_boundary(bytes.start.min(end));
        Self { start: Position::of(text, start), bytes: start..end }
    }
}

impl Position {
    /// The place of the byte `offset` in `text`.
    pub fn of(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }

    /// The byte offset of this place in `text`, or the text's end if it has no such place.
    pub fn offset(self, text: &str) -> usize {
        let line_start = match self.line {
            0 | 1 => 0,
            line => text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1),
        };
        let column = self.column.saturating_sub(1);
        text[line_start..].char_indices().nth(column).map_or(text.len(), |(at, _)| line_start + at)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.source.is_empty() {
            write!(f, "{}:", self.source)?;
        }
        if let Some(span) = &self.span {
            write!(f, "{}: ", span.start)?;
        } else if !self.source.is_empty() {
            f.write_str(" ")?;
        }
        write!(f, "{} [{}]", self.message, self.code)
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "åb\ncd";
        assert_eq!(Position::of(text, 0), Position { line: 1, column: 1 });
        assert_eq!(Position::of(text, text.len()), Position { line: 2, column: 3 });
        assert_eq!(Position { line: 1, column: 2 }.offset(text), 2);
        assert_eq!(Position { line: 9, column: 1 }.offset(text), text.len());
    }

    #[test]
    fn spans_hold_whole_characters_of_the_text() {
        for (bytes, expected) in [(0..1, 0..2), (1..2, 0..2), (2..3, 2..3), (2..9, 2..3), (7..9, 3..3)] {
            assert_eq!(Span::new("åb", bytes.clone()).bytes, expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_diagnostic_prints_file_line_and_column() {
        let problem = Diagnostic::new("APL0001", "unknown key `nmae`").at("a:\n  nmae: x", 5..9).of("s.yaml");
        assert_eq!(problem.to_string(), "s.yaml:2:3: unknown key `nmae` [APL0001]");
    }
}
