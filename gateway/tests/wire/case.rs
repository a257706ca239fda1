//! Wire cases as text: what is configured, what the client sends, what it gets, and what the backend saw.
//!
//! `== configuration NAME` and `== case NAME` begin a block; what a line of a case means is told by how it begins:
//!
//! | line | meaning |
//! | --- | --- |
//! | `with: NAME` | the configuration; lines of one may also stand in the case itself |
//! | `covers: 3.1.2 3.1.3` | the lines of `lines.txt` that it shows |
//! | `over: 1` | over this version of HTTP only |
//! | `answer: LINE`, `answer| TEXT` | what the backend answers from here on: head, body; `answer: silent`, `answer: close` |
//! | `advance: SECONDS` | time passes before the request; `meanwhile: SECONDS` while the backend has it |
//! | `> LINE`, `>| TEXT` | the request: its head, its body |
//! | `raw: TEXT` | the same to the byte, with `\r`, `\n`, `\0` and `\xNN`; several lines are one text |
//! | `raw*N: TEXT` | so many times the text |
//! | `<100` | the gateway asks for the body first; otherwise it must not |
//! | `< 200`, `< name: value`, `<! name` | the status, a header that is there, one that is not |
//! | `<| TEXT`, `<~ TEXT`, `<closes` | the whole body, a part of it, and the end of the connection |
//! | `= LINE`, `=! name`, `=| TEXT`, `= nothing` | what the backend saw |

use std::collections::BTreeMap;

/// The cases of one file.
#[derive(Debug, Default)]
pub struct Suite {
    configurations: BTreeMap<String, Vec<String>>,
    pub cases: Vec<Case>,
}

/// Requests that follow each other on one connection to a gateway of their own.
#[derive(Debug, Default, Clone)]
pub struct Case {
    pub name: String,
    pub configuration: Vec<String>,
    pub covers: Vec<String>,
    /// Over this version of HTTP only.
    pub over: Option<u8>,
    pub exchanges: Vec<Exchange>,
}

/// A request, and what comes of it.
#[derive(Debug, Default, Clone)]
pub struct Exchange {
    pub answer: Option<Answer>,
    pub advance: u64,
    pub meanwhile: Option<u64>,
    pub head: Vec<String>,
    pub body: String,
    pub raw: Option<Vec<u8>>,
    pub continues: bool,
    pub status: u16,
    pub headers: Vec<String>,
    pub absent: Vec<String>,
    pub text: Option<String>,
    pub parts: Vec<String>,
    pub closes: bool,
    pub seen: Option<Seen>,
}

/// What the backend answers.
#[derive(Debug, Default, Clone)]
pub struct Answer {
    pub head: Vec<String>,
    pub body: String,
}

/// What the backend is to have seen.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    pub lines: Vec<String>,
    pub absent: Vec<String>,
    pub body: Option<String>,
}

/// Reads a file of cases.
pub fn parse(text: &str) -> Suite {
    let mut suite = Suite::default();
    let mut configuration = None;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with("# ") {
        } else if let Some(name) = line.strip_prefix("== configuration ") {
            configuration = Some(name.to_owned());
            suite.configurations.insert(name.to_owned(), Vec::new());
        } else if let Some(name) = line.strip_prefix("== case ") {
            configuration = None;
            suite.cases.push(Case { name: name.to_owned(), ..Case::default() });
        } else if let Some(lines) = configuration.as_ref().and_then(|name| suite.configurations.get_mut(name))
        {
            configured(lines, line);
        } else if let Some(name) = line.strip_prefix("with: ") {
            let known = suite.configurations.get(name).unwrap_or_else(|| panic!("no configuration {name}"));
            last(&mut suite.cases).configuration.extend(known.iter().cloned());
        } else {
            last(&mut suite.cases).line(line);
        }
    }
    suite
}

/// The text with its escapes resolved.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (kind, behind) = rest.split_first().expect("something behind a backslash");
        rest = behind;
        bytes.push(match kind {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b'\\' => b'\\',
            b'x' => {
                let (digits, behind) = rest.split_at(2);
                rest = behind;
                u8::from_str_radix(std::str::from_utf8(digits).expect("digits"), 16).expect("digits")
            }
            other => panic!("no escape {}", char::from(*other)),
        });
    }
    bytes
}

fn last<T>(items: &mut [T]) -> &mut T {
    items.last_mut().expect("a block begins with `== `")
}

fn configured(lines: &mut Vec<String>, line: &str) {
    match line.strip_prefix("  ") {
        Some(more) => lines.last_mut().expect("a line to go on").push_str(more.trim_start()),
        None => lines.push(line.to_owned()),
    }
}

impl Case {
    fn line(&mut self, line: &str) {
        if let Some(lines) = line.strip_prefix("covers: ") {
            self.covers.extend(lines.split(' ').map(str::to_owned));
        } else if let Some(version) = line.strip_prefix("over: ") {
            self.over = Some(version.parse().expect("a version"));
        } else if !self.request_line(line) && !self.outcome_line(line) {
            assert!(self.exchanges.is_empty(), "{}: what is `{line}`?", self.name);
            configured(&mut self.configuration, line);
        }
    }

    /// What comes before an outcome; behind one, it begins the next exchange.
    fn request_line(&mut self, line: &str) -> bool {
        let marks = ["answer: ", "answer| ", "advance: ", "meanwhile: ", "> ", ">| ", "raw: ", "raw*"];
        let Some(mark) = marks.iter().find(|mark| line.starts_with(**mark)) else { return false };
        if self.exchanges.last().is_none_or(|exchange| exchange.status != 0 || exchange.closes) {
            self.exchanges.push(Exchange::default());
        }
        let exchange = last(&mut self.exchanges);
        let text = &line[mark.len()..];
        match *mark {
            "answer: " => exchange.answer.get_or_insert_default().head.push(text.to_owned()),
            "answer| " => exchange.answer.get_or_insert_default().body.push_str(text),
            "advance: " => exchange.advance = text.parse().expect("seconds"),
            "meanwhile: " => exchange.meanwhile = Some(text.parse().expect("seconds")),
            "> " => exchange.head.push(text.to_owned()),
            ">| " => exchange.body.push_str(text),
            "raw*" => {
                let (times, text) = text.split_once(": ").expect("how often, and what");
                let bytes = unescape(text).repeat(times.parse().expect("a number"));
                exchange.raw.get_or_insert_default().extend(bytes);
            }
            _ => exchange.raw.get_or_insert_default().extend(unescape(text)),
        }
        true
    }

    fn outcome_line(&mut self, line: &str) -> bool {
        let Some(exchange) = self.exchanges.last_mut() else { return false };
        if line == "<closes" {
            exchange.closes = true;
        } else if line == "<100" {
            exchange.continues = true;
        } else if line == "= nothing" {
            exchange.seen = Some(Seen::default());
        } else if let Some((mark, text)) = line.split_once(' ') {
            let text = text.to_owned();
            match mark {
                "<" if exchange.status == 0 => exchange.status = text.parse().expect("a status"),
                "<" => exchange.headers.push(text),
                "<!" => exchange.absent.push(text),
                "<|" => exchange.text.get_or_insert_default().push_str(&text),
                "<~" => exchange.parts.push(text),
                "=" => exchange.seen.get_or_insert_default().lines.push(text),
                "=!" => exchange.seen.get_or_insert_default().absent.push(text),
                "=|" => exchange.seen.get_or_insert_default().body.get_or_insert_default().push_str(&text),
                _ => return false,
            }
        } else if line == "<|" {
            exchange.text = Some(String::new());
        } else {
            return false;
        }
        true
    }
}
