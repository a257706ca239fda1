//! `$search`: words and phrases with `AND`, `OR`, `NOT` and parentheses.

use super::Text;

impl Text<'_> {
    pub(super) fn search(&mut self) -> Result<(), String> {
        self.deeper(|text| {
            loop {
                text.term()?;
                text.space();
                let joined = text.keyword("AND") || text.keyword("OR");
                // Nothing between two words is `AND`.
                if !joined && (text.rest().is_empty() || text.peek() == Some(')')) {
                    return Ok(());
                }
            }
        })
    }

    fn term(&mut self) -> Result<(), String> {
        if self.keyword("NOT") {
            return self.deeper(Self::term);
        }
        match self.peek() {
            Some('(') => {
                self.advance(1);
                self.search()?;
                self.expect(')')
            }
            Some('"') => {
                let inside = self.rest().get(1..).unwrap_or_default();
                match inside.find('"') {
                    Some(end) if end > 0 => {
                        self.advance(end + 2);
                        Ok(())
                    }
                    _ => Err(self.wrong("a phrase has no end")),
                }
            }
            _ => {
                let end = self.rest().find([' ', '(', ')', '"', ';']).unwrap_or(self.rest().len());
                match self.rest().get(..end).unwrap_or_default() {
                    "" | "AND" | "OR" => Err(self.wrong("a word is expected")),
                    _ => {
                        self.advance(end);
                        Ok(())
                    }
                }
            }
        }
    }
}
