//! Where a policy expression ends: `@(…)` and `@{…}` hold C#, with quotes, `<` and `&` as C# has them.
//!
//! Only the lexical shape of C# is followed here: strings of all kinds, characters, comments and brackets. XML
//! entities count as the characters that they stand for.
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions>

/// How deep brackets may nest.
const DEPTH: usize = 256;

/// The text begins, after blanks, with an expression.
pub fn begins(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("@(") || text.starts_with("@{")
}

/// The offset behind the expression that begins at the start of `text`; `None` if it does not end.
pub fn end(text: &str) -> Option<usize> {
    let closer = match text.as_bytes() {
        [b'@', b'(', ..] => ')',
        [b'@', b'{', ..] => '}',
        _ => return None,
    };
    let mut code = Code { text, at: 2, depth: 0 };
    code.block(closer)?;
    Some(code.at)
}

struct Code<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Code<'_> {
    /// Reads up to and with `closer`.
    fn block(&mut self, closer: char) -> Option<()> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        loop {
            match self.next()? {
                found if found == closer => break,
                '(' => self.block(')')?,
                '[' => self.block(']')?,
                '{' => self.block('}')?,
                ')' | ']' | '}' => return None,
                '"' => self.string()?,
                '\'' => self.character()?,
                '/' if self.take('/') => self.line_comment(),
                '/' if self.take('*') => self.block_comment()?,
                '@' if self.take('"') => self.verbatim()?,
                '@' if self.take('$') && self.take('"') => self.interpolated(Escape::Doubled)?,
                '$' if self.take('"') => self.interpolated(Escape::Backslash)?,
                '$' if self.take('@') && self.take('"') => self.interpolated(Escape::Doubled)?,
                _ => {}
            }
        }
        self.depth -= 1;
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                '"' => return Some(()),
                '\\' => drop(self.next()?),
                '\n' => return None,
                _ => {}
            }
        }
    }

    fn character(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                '\'' => return Some(()),
                '\\' => drop(self.next()?),
                '\n' => return None,
                _ => {}
            }
        }
    }

    fn verbatim(&mut self) -> Option<()> {
        loop {
            if self.next()? == '"' && !self.take('"') {
                return Some(());
            }
        }
    }

    fn interpolated(&mut self, escape: Escape) -> Option<()> {
        loop {
            match self.next()? {
                '"' if escape == Escape::Doubled && self.take('"') => {}
                '"' => return Some(()),
                '\\' if escape == Escape::Backslash => drop(self.next()?),
                '\n' if escape == Escape::Backslash => return None,
                '{' if !self.take('{') => self.block('}')?,
                _ => {}
            }
        }
    }

    fn line_comment(&mut self) {
        while !matches!(self.next(), None | Some('\n')) {}
    }

    fn block_comment(&mut self) -> Option<()> {
        loop {
            if self.next()? == '*' && self.take('/') {
                return Some(());
            }
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let before = self.at;
        if self.next() == Some(wanted) {
            return true;
        }
        self.at = before;
        false
    }

    fn next(&mut self) -> Option<char> {
        let rest = self.text.get(self.at..)?;
        let (found, length) = decode(rest)?;
        self.at += length;
        Some(found)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    Backslash,
    Doubled,
}

/// The first character of `text` and how many bytes stand for it; a lone `&` is just that.
fn decode(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    if first == '&' {
        for (entity, character) in super::scanner::ENTITIES {
            if let Some(rest) = text[1..].strip_prefix(entity)
                && rest.starts_with(';')
            {
                return Some((*character, entity.len() + 2));
            }
        }
    }
    Some((first, first.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_end_where_csharp_says() {
        for expression in [
            "@(1)",
            r#"@(context.Variables["a"] + ")")"#,
            r"@(context.Variables[&quot;a)&quot;])",
            r#"@("\")")"#,
            r#"@(@"c:\" + @"""")"#,
            r#"@($"{a["x)"]}}}" + $@"\{b}")"#,
            "@(')')",
            "@{ // it's )}\n return a < b && c > d; /* }' */ }",
            "@{ var d = new Dictionary<string, int[]> { }; return d; }",
        ] {
            let text = format!("{expression}\" rest)}}");
            assert_eq!(end(&text), Some(expression.len()), "{expression}");
        }
        for open in ["@(", "@(]", "@(\"abc)", "@{ (} )", "plain", "@(\"\n\")"] {
            assert_eq!(end(open), None, "{open}");
        }
        assert_eq!(end(&"@(".repeat(100_000)), None);
    }
}
