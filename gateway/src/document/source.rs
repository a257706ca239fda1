//! The author's text with its named values in place, and the way back to the author's lines and columns.
//!
//! `{{name}}` is replaced in the text before anything looks at it, so a value can be a part of an attribute, of an
//! expression, or a whole element. What has no value stays as it is and is reported where it stands. Messages quote
//! what the author wrote, never what a named value holds.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-properties>

use std::borrow::Cow;
use std::ops::Range;

use apim::NamedValue;
use diagnostic::{Diagnostic, Position};

use super::{SIZE, codes};

/// How much larger than a document it may become with its named values.
const GROWTH: usize = 4;

/// A text and where its parts come from.
#[derive(Debug)]
pub struct Source<'a> {
    written: &'a str,
    text: Cow<'a, str>,
    pieces: Vec<Piece>,
    /// Where the author's lines begin.
    lines: Vec<usize>,
}

/// A named value in its place.
#[derive(Debug)]
struct Piece {
    text: Range<usize>,
    written: Range<usize>,
}

impl<'a> Source<'a> {
    /// Puts named values in their places.
    ///
    /// # Errors
    /// The text is too large, before or after.
    pub fn expand(written: &'a str, named_values: &[NamedValue]) -> Result<Self, Diagnostic> {
        if written.len() > SIZE {
            let message = format!("the policy document is larger than {} KiB", SIZE / 1024);
            return Err(Diagnostic::new(codes::LIMIT, message));
        }
        let lines = std::iter::once(0).chain(written.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut source = Self { written, text: Cow::Borrowed(written), pieces: Vec::new(), lines };
        let mut from = 0;
        let mut expanded = String::new();
        while let Some((name, span)) = reference(written, from, named_values) {
            expanded
                .push_str(&written[source.pieces.last().map_or(0, |piece| piece.written.end)..span.start]);
            let start = expanded.len();
            expanded.push_str(name.value.reveal());
            from = span.end;
            source.pieces.push(Piece { text: start..expanded.len(), written: span });
            if expanded.len() > SIZE * GROWTH {
                let message =
                    format!("the document is larger than {} KiB with its named values", SIZE * GROWTH / 1024);
                return Err(Diagnostic::new(codes::LIMIT, message));
            }
        }
        if let Some(last) = source.pieces.last() {
            expanded.push_str(&written[last.written.end..]);
            source.text = Cow::Owned(expanded);
        }
        Ok(source)
    }

    /// The text with its named values.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the author wrote a part of the text.
    pub fn origin(&self, span: &Range<usize>) -> Range<usize> {
        let before_start = self.pieces.partition_point(|piece| piece.text.start <= span.start);
        let before_end = self.pieces.partition_point(|piece| piece.text.start < span.end);
        let start = match before_start.checked_sub(1).and_then(|at| self.pieces.get(at)) {
            None => span.start,
            Some(piece) if span.start < piece.text.end => piece.written.start,
            Some(piece) => piece.written.end + (span.start - piece.text.end),
        };
        let end = match before_end.checked_sub(1).and_then(|at| self.pieces.get(at)) {
            None => span.end,
            Some(piece) => piece.written.end + span.end.saturating_sub(piece.text.end),
        };
        start..end.max(start)
    }

    /// The line and column where the author wrote it.
    pub fn position(&self, offset: usize) -> Position {
        let at = self.written.floor_char_boundary(self.origin(&(offset..offset)).start);
        let line = self.lines.partition_point(|start| *start <= at);
        let start = line.checked_sub(1).and_then(|before| self.lines.get(before)).copied().unwrap_or(0);
        let column = self.written.get(start..at).map_or(0, |before| before.chars().count()) + 1;
        Position { line, column }
    }

    /// A part of the text as the author wrote it.
    pub fn as_written(&self, span: &Range<usize>) -> &'a str {
        self.written.get(self.origin(span)).unwrap_or_default()
    }

    /// A problem at its place in the author's text.
    pub fn problem(&self, code: &'static str, span: &Range<usize>, message: String) -> Diagnostic {
        Diagnostic::new(code, message).at(self.written, self.origin(span))
    }
}

/// The name in the first `{{name}}` of a text, and where that stands.
pub fn named_value(text: &str) -> Option<(&str, Range<usize>)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("{{")?;
        let rest = &text[start + 2..];
        let name = rest.split_once("}}").map_or("", |(name, _)| name);
        let plain = |found: char| found.is_ascii_alphanumeric() || matches!(found, '-' | '_' | '.');
        if !name.is_empty() && name.chars().all(plain) {
            return Some((name, start..start + name.len() + 4));
        }
        from = start + 1;
    }
}

fn reference<'v>(
    text: &str,
    mut from: usize,
    known: &'v [NamedValue],
) -> Option<(&'v NamedValue, Range<usize>)> {
    loop {
        let (name, span) = named_value(text.get(from..)?)?;
        let span = from + span.start..from + span.end;
        if let Some(found) = known.iter().find(|known| known.name == name) {
            return Some((found, span));
        }
        from = span.end;
    }
}

#[cfg(test)]
mod tests {
    use apim::Secret;

    use super::*;

    #[test]
    fn named_values_stand_in_the_text_and_places_lead_back() {
        let named_values = [("a", "12345"), ("b-c.d", ""), ("e", "{{a}}")].map(|(name, value)| NamedValue {
            name: name.to_owned(),
            value: Secret::new(value),
            secret: false,
        });
        let written = "x{{a}}\ny{{b-c.d}}z {{unknown}} {{{a}} {{e}}!";
        let source = Source::expand(written, &named_values).expect("a source");
        assert_eq!(source.text(), "x12345\nyz {{unknown}} {{{a}} {{a}}!".replace("{{{a}}", "{12345"));
        for (found, expected) in
            [("x", "x"), ("12345", "{{a}}"), ("z", "z"), ("{{unknown}}", "{{unknown}}"), ("!", "!")]
        {
            let start = source.text().find(found).expect(found);
            assert_eq!(source.as_written(&(start..start + found.len())), expected, "{found}");
        }
        let z = source.text().find('z').expect("z");
        assert_eq!(source.position(z), Position { line: 2, column: 11 });
    }

    #[test]
    fn positions_are_those_of_the_text() {
        let written = "a\n\nåb\r\nc";
        let source = Source::expand(written, &[]).expect("a source");
        for offset in 0..=written.len() + 1 {
            assert_eq!(source.position(offset), Position::of(written, offset), "{offset}");
        }
    }
}
