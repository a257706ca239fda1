//! Literals: numbers, texts, dates and identifiers.

use super::Text;

/// What stands before a text in quotes that is no string.
const PREFIXES: [&str; 4] = ["binary", "duration", "geography", "geometry"];

impl<'a> Text<'a> {
    /// A literal other than `true`, `false` and `null`, if one is next.
    pub(super) fn literal(&mut self) -> Result<bool, String> {
        self.space();
        if self.peek() == Some('\'') {
            return self.quoted().map(|()| true);
        }
        let run = self.run();
        let number = run.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '.');
        if is_guid(run) || matches!(run, "INF" | "NaN" | "-INF") {
            self.advance(run.len());
            return Ok(true);
        }
        if number && run.len() > 1 || run.starts_with(|first: char| first.is_ascii_digit()) {
            if !(is_number(run) || is_moment(run)) {
                // A minus may stand before anything.
                return if run.starts_with('-') { Ok(false) } else { Err(self.wrong("this is no literal")) };
            }
            self.advance(run.len());
            return Ok(true);
        }
        self.prefixed()
    }

    /// Letters as in numbers, dates and identifiers.
    fn run(&self) -> &'a str {
        let rest = self.rest();
        let mut before = ' ';
        let end = rest.find(|letter: char| {
            let sign = letter == '+' && matches!(before, 'e' | 'E' | '0'..='9');
            before = letter;
            !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | ':') || sign)
        });
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// A text in quotes; two quotes are one in it.
    fn quoted(&mut self) -> Result<(), String> {
        let start = self.at;
        self.advance(1);
        loop {
            let Some(end) = self.rest().find('\'') else {
                self.at = start;
                return Err(self.wrong("a text has no end"));
            };
            self.advance(end + 1);
            if self.peek() != Some('\'') {
                return Ok(());
            }
            self.advance(1);
        }
    }

    /// `duration'P1D'`, `Model.Color'Red'`.
    fn prefixed(&mut self) -> Result<bool, String> {
        let rest = self.rest();
        let end = rest.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '.')));
        let name = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let known = PREFIXES.contains(&name) || name.contains('.');
        if known && rest.get(name.len()..).is_some_and(|rest| rest.starts_with('\'')) {
            self.advance(name.len());
            return self.quoted().map(|()| true);
        }
        Ok(false)
    }
}

fn is_guid(text: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.into_iter().all(hex)
}

/// A number; the letters at its end are those of versions before the fourth.
fn is_number(text: &str) -> bool {
    let text = text.trim_end_matches(['L', 'M', 'm', 'd', 'f', 'l']);
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'))
        && text.parse::<f64>().is_ok()
}

/// A date, a time of day, or both with an offset.
fn is_moment(text: &str) -> bool {
    let shaped = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    let is_time = |text: &str| {
        let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = (1..=12).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
        digits && (shaped(clock, "00:00") || shaped(clock, "00:00:00"))
    };
    let Some((date, rest)) = text.split_once('T') else {
        return shaped(text.strip_prefix('-').unwrap_or(text), "0000-00-00") || is_time(text);
    };
    let time = rest.strip_suffix('Z').or_else(|| {
        let at = rest.rfind(['+', '-'])?;
        let offset = rest.get(at + 1..)?;
        shaped(offset, "00:00").then_some(rest.get(..at)?)
    });
    shaped(date.strip_prefix('-').unwrap_or(date), "0000-00-00") && time.is_some_and(is_time)
}
