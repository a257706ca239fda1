//! C# as it stands in a policy document: entities that count as characters, and the way back to them.

use std::ops::Range;

use super::scanner::character;

/// C# without entities.
#[derive(Debug)]
pub struct Decoded {
    /// The text.
    pub text: String,
    /// Where the text is shifted: the offset in the text behind an entity, and in the document.
    shifts: Vec<(usize, usize)>,
}

impl Decoded {
    /// Replaces the entities in a text; an `&` that begins none stays, as C# has it.
    pub fn new(raw: &str) -> Self {
        let mut decoded = Self { text: String::with_capacity(raw.len()), shifts: Vec::new() };
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('&') {
            decoded.text.push_str(before);
            let entity = after.split_once(';').map(|(entity, _)| entity).filter(|entity| entity.len() <= 10);
            if let Some((found, entity)) = entity.and_then(|entity| Some((character(entity)?, entity))) {
                decoded.text.push(found);
                rest = after.get(entity.len() + 1..).unwrap_or_default();
                decoded.shifts.push((decoded.text.len(), raw.len() - rest.len()));
            } else {
                decoded.text.push('&');
                rest = after;
            }
        }
        decoded.text.push_str(rest);
        decoded
    }

    /// A text that has no entities, whatever it looks like.
    pub fn verbatim(raw: &str) -> Self {
        Self { text: raw.to_owned(), shifts: Vec::new() }
    }

    /// Where a part of the text stands in the document.
    pub fn origin(&self, span: &Range<usize>) -> Range<usize> {
        let back = |offset: usize| {
            let at = self.shifts.partition_point(|(text, _)| *text <= offset);
            let last = at.checked_sub(1).and_then(|at| self.shifts.get(at));
            last.map_or(offset, |(text, raw)| raw + (offset - text))
        };
        back(span.start)..back(span.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_characters_and_places_lead_back() {
        let raw = "a &amp;&amp; b & c == &quot;d&quot;";
        let decoded = Decoded::new(raw);
        assert_eq!(decoded.text, "a && b & c == \"d\"");
        let at = decoded.text.find("b &").expect("b");
        assert_eq!(&raw[decoded.origin(&(at..at + 1))], "b");
        let at = decoded.text.find('d').expect("d");
        assert_eq!(&raw[decoded.origin(&(at..at + 1))], "d");
    }
}
