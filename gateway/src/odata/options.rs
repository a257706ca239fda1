//! The query options of the system, and keys in paths.

use super::Text;

/// Where an option may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Nested,
}

/// What is wrong with the query of a URL.
///
/// # Errors
/// The first thing.
pub fn query(query: &str) -> Result<(), String> {
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        // Names without a dollar are the service's own, and those with an at are values for later.
        if let Some(alias) = name.strip_prefix('@') {
            if !alias.contains('.') {
                let mut text = Text::new(&value);
                text.expression()?;
                text.end()?;
            }
            continue;
        }
        if !name.starts_with('$') {
            continue;
        }
        if seen.contains(&name) {
            return Err(format!("The query option '{name}' is there more than once."));
        }
        let mut text = Text::new(&value);
        option(&name, Place::Top, &mut text)?;
        text.end()?;
        seen.push(name);
    }
    Ok(())
}

/// What is wrong with the keys in a path, each in parentheses after its segment.
///
/// # Errors
/// The first thing.
pub fn key(segment: &str) -> Result<(), String> {
    let Some(at) = segment.find('(') else { return Ok(()) };
    let mut text = Text::new(segment);
    text.advance(at + 1);
    text.arguments()?;
    text.end()
}

fn option(name: &str, place: Place, text: &mut Text<'_>) -> Result<(), String> {
    match (name, place) {
        ("$compute", _) | ("$apply", Place::Top) => text.balanced(),
        ("$count", _) => text.flag(),
        ("$expand", _) => text.expand(),
        ("$filter", _) => text.condition(),
        ("$orderby", _) => text.order(),
        ("$search", _) => text.search(),
        ("$select", _) => text.select(),
        ("$skip" | "$top", _) => text.count(),
        ("$levels", Place::Nested) => text.levels(),
        ("$index", Place::Top) => text.integer(),
        ("$format" | "$id" | "$schemaversion", Place::Top) => text.something(),
        ("$deltatoken" | "$skiptoken", Place::Top) => {
            text.anything();
            Ok(())
        }
        _ => Err(format!("The query option '{name}' is not supported.")),
    }
}

impl Text<'_> {
    fn flag(&mut self) -> Result<(), String> {
        if self.keyword("true") || self.keyword("false") {
            Ok(())
        } else {
            Err(self.wrong("true or false is expected"))
        }
    }

    fn count(&mut self) -> Result<(), String> {
        self.space();
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        if self.advance(digits).parse::<u64>().is_ok() {
            Ok(())
        } else {
            Err(self.wrong("a number that is not negative is expected"))
        }
    }

    fn integer(&mut self) -> Result<(), String> {
        self.eat('-');
        self.count()
    }

    fn levels(&mut self) -> Result<(), String> {
        if self.keyword("max") { Ok(()) } else { self.count() }
    }

    fn something(&mut self) -> Result<(), String> {
        if self.rest().trim().is_empty() {
            return Err(self.wrong("a value is expected"));
        }
        self.anything();
        Ok(())
    }

    fn anything(&mut self) {
        self.advance(self.rest().len());
    }

    /// Anything in which parentheses close, up to where the option ends.
    fn balanced(&mut self) -> Result<(), String> {
        let (mut open, mut quoted, start) = (0_u32, false, self.at);
        while let Some(letter) = self.peek() {
            match letter {
                '\'' => quoted = !quoted,
                '(' if !quoted => open += 1,
                ')' | ';' if !quoted && open == 0 => break,
                ')' if !quoted => open -= 1,
                _ => {}
            }
            self.advance(letter.len_utf8());
        }
        if quoted || open > 0 || self.at == start {
            Err(self.wrong("the end is not expected"))
        } else {
            Ok(())
        }
    }

    fn order(&mut self) -> Result<(), String> {
        loop {
            self.expression()?;
            let _ = self.keyword("asc") || self.keyword("desc");
            if !self.eat(',') {
                return Ok(());
            }
        }
    }

    fn select(&mut self) -> Result<(), String> {
        self.items(|text| {
            if text.eat('*') {
                return Ok(());
            }
            text.properties()?;
            text.nested()
        })
    }

    fn expand(&mut self) -> Result<(), String> {
        self.items(|text| {
            if !text.eat('*') {
                text.properties()?;
            } else if text.peek() == Some('/') {
                text.advance(1);
                text.name()?;
            }
            text.nested()
        })
    }

    fn items(&mut self, item: fn(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.deeper(|text| {
            loop {
                text.space();
                item(text)?;
                if !text.eat(',') {
                    return Ok(());
                }
            }
        })
    }

    /// Names with slashes between them; the last may be a star.
    fn properties(&mut self) -> Result<(), String> {
        loop {
            // `Model.*` are all operations of a namespace.
            let rest = self.rest();
            let all =
                rest.find(".*").filter(|end| !rest.get(..*end).unwrap_or_default().contains([',', '/', '(']));
            if let Some(end) = all {
                self.advance(end + 2);
                return Ok(());
            }
            self.name()?;
            if self.peek() != Some('/') {
                return Ok(());
            }
            self.advance(1);
        }
    }

    /// The options of an item, in parentheses.
    fn nested(&mut self) -> Result<(), String> {
        if !self.eat('(') {
            return Ok(());
        }
        self.deeper(|text| {
            loop {
                text.space();
                let name = text.word().to_owned();
                text.advance(name.len());
                text.expect('=')?;
                option(&name, Place::Nested, text)?;
                if !text.eat(';') {
                    return text.expect(')');
                }
            }
        })
    }
}
