//! The answer to a call, wherever it was made from, and whether it is the expected one.

use super::report::Seen;
use crate::model::ExpectedResponse;

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Somebody answered.
    Answer(Answer),
    /// Nothing that listens there can be reached from here; says why.
    Unreachable(String),
    /// It could not be found out; says why.
    Failed(String),
}

/// An HTTP answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Outcome {
    /// Compares with what is expected.
    pub(super) fn judge(&self, expect: &ExpectedResponse) -> Seen {
        match self {
            Self::Failed(reason) => Err(reason.clone()),
            Self::Unreachable(reason) if expect.unreachable => Ok(format!("unreachable: {reason}")),
            Self::Unreachable(reason) => Err(format!("no answer: {reason}")),
            Self::Answer(answer) if expect.unreachable => {
                Err(format!("answered {}, and should be unreachable", answer.status))
            }
            Self::Answer(answer) => answer.judge(expect),
        }
    }
}

impl Answer {
    fn judge(&self, expect: &ExpectedResponse) -> Seen {
        if let Some(status) = expect.status.filter(|status| *status != self.status) {
            return Err(format!("answered {} instead of {status}: {}", self.status, self.beginning()));
        }
        if let Some(text) = expect.body_contains.as_ref().filter(|text| !self.body.contains(text.as_str())) {
            return Err(format!("the body does not contain `{text}`: {}", self.beginning()));
        }
        for (name, value) in &expect.headers {
            let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
            match found {
                Some((_, found)) if found == value => {}
                Some((_, found)) => {
                    return Err(format!("the header `{name}` is `{found}` instead of `{value}`"));
                }
                None => return Err(format!("the header `{name}` is missing")),
            }
        }
        Ok(format!("answered {}", self.status))
    }

    /// The body's first line, as far as it fits into a report.
    fn beginning(&self) -> String {
        let line = self.body.lines().find(|line| !line.trim().is_empty()).unwrap_or("(empty body)");
        line.chars().take(160).collect()
    }

    /// Reads what `curl -i` prints: head, blank line, body. Interim answers (`100 Continue`) are left out.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        loop {
            let (head, body) = split_head(rest)?;
            let mut lines = head.lines();
            let status = lines.next()?.strip_prefix("HTTP/")?.split_whitespace().nth(1)?.parse().ok()?;
            if (100..200).contains(&status) {
                rest = body;
                continue;
            }
            let headers = lines.filter_map(|line| line.split_once(':'));
            let headers =
                headers.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
            return Some(Self { status, headers, body: body.to_owned() });
        }
    }
}

/// Head and body; a Pod's log may have lost the carriage returns.
fn split_head(text: &str) -> Option<(&str, &str)> {
    text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).or_else(|| Some((text.trim_end(), "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect(status: Option<u16>, body: Option<&str>, unreachable: bool) -> ExpectedResponse {
        ExpectedResponse {
            status,
            body_contains: body.map(str::to_owned),
            headers: [("Server".to_owned(), "nginx".to_owned())]
                .into_iter()
                .filter(|_| !unreachable)
                .collect(),
            unreachable,
        }
    }

    #[test]
    fn answers_are_compared_with_what_is_expected() {
        let answer = |status, body: &str| {
            let headers = vec![("server".to_owned(), "nginx".to_owned())];
            Outcome::Answer(Answer { status, headers, body: body.to_owned() })
        };
        let gone = || Outcome::Unreachable("no route".to_owned());
        let cases = [
            (answer(200, "Welcome"), expect(Some(200), Some("Welcome"), false), true),
            (answer(500, "Welcome"), expect(Some(200), None, false), false),
            (answer(200, "Bye"), expect(Some(200), Some("Welcome"), false), false),
            (
                Outcome::Answer(Answer { status: 200, ..Answer::default() }),
                expect(Some(200), None, false),
                false,
            ),
            (gone(), expect(None, None, true), true),
            (gone(), expect(Some(200), None, false), false),
            (answer(200, ""), expect(None, None, true), false),
            (Outcome::Failed("no proxy".to_owned()), expect(None, None, true), false),
        ];
        for (outcome, expect, ok) in cases {
            assert_eq!(outcome.judge(&expect).is_ok(), ok, "{outcome:?} {expect:?}");
        }
    }

    #[test]
    fn the_output_of_curl_is_read() {
        let read =
            |text: &str| Answer::parse(text).map(|answer| (answer.status, answer.headers.len(), answer.body));
        assert_eq!(
            read("HTTP/1.1 200 OK\r\nA: b\r\n\r\nx\r\n\r\ny"),
            Some((200, 1, "x\r\n\r\ny".to_owned()))
        );
        assert_eq!(
            read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n"),
            Some((404, 0, String::new()))
        );
        assert_eq!(read("HTTP/1.1 204 No Content\nA: b\n\n"), Some((204, 1, String::new())));
        assert_eq!(read("curl: (7) Failed to connect"), None);
        assert_eq!(read(""), None);
    }
}
