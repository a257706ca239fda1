//! What .NET itself answers: thousands of expressions that `make oracle` asked a real runtime, asked again here.
//!
//! `oracle/answers.tsv` has a question and .NET's answer a line. An answer that differs is listed in
//! `oracle/differences.tsv` with ours and the reason; a difference that is not listed, and one that is listed but gone,
//! fails the test. `oracle/wordings.tsv` has messages that .NET 8 words differently from the runtime that was asked.
//! `ORACLE=write cargo test -p expression --test oracle` writes the list anew, with `?` where a reason is wanted.
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends that way")]
#![allow(clippy::disallowed_methods, reason = "who changes the list says so in the environment")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use expression::{Environment, Failure, Form, Host, Limits, Memory, Type, Value, compile};

/// Differences that may be listed, in per cent of the questions.
const LISTED: usize = 1;

struct World;

impl Host for World {
    fn context(&self) -> Value {
        Memory::new(Type::named("IContext")).value()
    }

    fn now(&self) -> i64 {
        1_700_000_000_000
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for unit in text.encode_utf16() {
        escape_unit(&mut out, unit);
    }
    out
}

fn escape_unit(out: &mut String, unit: u16) {
    match u8::try_from(unit).map(char::from) {
        Ok(c @ ('\\' | '"')) => out.extend(['\\', c]),
        Ok('\n') => out.push_str("\\n"),
        Ok('\r') => out.push_str("\\r"),
        Ok('\t') => out.push_str("\\t"),
        Ok(c @ ' '..='~') => out.push(c),
        _ => write!(out, "\\u{unit:04x}").expect("a string takes it"),
    }
}

/// The value as `oracle/Answer.cs` prints it.
fn show(value: &Value, depth: usize) -> String {
    if depth > 5 {
        return "...".to_owned();
    }
    let each =
        |items: &[Value]| items.iter().map(|item| show(item, depth + 1)).collect::<Vec<_>>().join(", ");
    let plain = || {
        expression::text(value, &World, &Limits::default())
            .map_or_else(|failure| format!("? {failure}"), |text| escape(&text))
    };
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => {
            let mut out = String::from("\"");
            text.units().iter().for_each(|unit| escape_unit(&mut out, *unit));
            out + "\""
        }
        Value::Char(unit) => {
            let mut out = String::from("char ");
            escape_unit(&mut out, *unit);
            out
        }
        Value::DateTime(time) => format!("DateTime {} {:?}", time.ticks, time.kind),
        Value::DateTimeOffset(time) => format!("DateTimeOffset {} {}", time.ticks, time.offset),
        Value::Exception(e) => {
            format!("{} {}", e.ty.rsplit('.').next().unwrap_or(e.ty), escape(&e.message.to_string()))
        }
        Value::Array(items) | Value::List(items)
            if matches!(value, Value::Array(_)) || value.ty().to_string().starts_with("List<") =>
        {
            let elements = items.lock().clone();
            format!("{} {{{}}}", value.ty(), each(&elements))
        }
        Value::List(items) => {
            let elements = items.lock().clone();
            format!("sequence {{{}}}", each(&elements))
        }
        Value::Dictionary(entries) if value.ty().to_string().starts_with("Dictionary<") => {
            let entries: Vec<_> = entries.lock().values().cloned().collect();
            let pair = |(k, v): &(Value, Value)| format!("{}: {}", show(k, depth + 1), show(v, depth + 1));
            format!("{} {{{}}}", value.ty(), entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Value::Dictionary(entries) => {
            let keys: Vec<_> = entries.lock().values().map(|(key, _)| key.clone()).collect();
            format!("sequence {{{}}}", each(&keys))
        }
        Value::Record(_) if value.ty().to_string().starts_with('<') => format!("anonymous {}", plain()),
        Value::Record(_) if value.ty().to_string().starts_with('(') => format!("tuple {}", plain()),
        _ => format!("{} {}", value.ty(), plain()),
    }
}

fn ours(question: &str) -> String {
    let (form, text) = match question.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(block) => (Form::Block, block),
        None => (Form::Expression, question),
    };
    // Values do not change when those of parts are told: every other question asks for them.
    match compile(text, form, &Environment { result: None, parts: text.len() % 2 == 0 }) {
        Err(problems) => {
            let problem = problems.first().expect("a refusal has a reason");
            format!("# {}: {}", problem.code, escape(&problem.message))
        }
        Ok(compiled) => match compiled.evaluate(&World, &Limits::default()) {
            Ok(value) => format!("= {}", show(&value, 0)),
            Err(Failure::Exception { ty, message }) => format!("! {ty}: {}", escape(&message)),
            Err(Failure::Limit(what)) => format!("limit of {what}"),
        },
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

fn rows(file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap_or_default();
    let rows = text.lines().filter(|line| !line.starts_with("//"));
    rows.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// What `*` stands for in `pattern`, if the text is of that form.
fn stars(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    for part in parts {
        match rest.rfind(part) {
            Some(at) if !part.is_empty() => rest = &rest[at + part.len()..],
            Some(_) => rest = "",
            None => return false,
        }
    }
    rest.is_empty()
}

struct Wordings(Vec<Vec<String>>);

impl Wordings {
    fn equal(&self, theirs: &str, ours: &str) -> bool {
        if theirs.starts_with('#') {
            return ours.starts_with('#');
        }
        let reworded = |row: &Vec<String>| stars(&row[0], theirs) && stars(&row[1], ours);
        theirs == ours || self.0.iter().any(reworded)
    }
}

/// What the answers show: the list as it would be, how long it is, and what is wrong with the one there is.
struct Comparison {
    list: String,
    differences: usize,
    faults: Vec<String>,
}

fn compared(answers: &[Vec<String>], mut listed: BTreeMap<String, (String, String)>) -> Comparison {
    let wordings = Wordings(rows("wordings.tsv"));
    let mut list = String::from("// question\tours\treason\n");
    let (mut differences, mut faults) = (0, Vec::new());
    for row in answers {
        let (question, theirs) = (&row[0], &row[1]);
        let ours = std::panic::catch_unwind(|| ours(question)).unwrap_or_else(|_| "panic".to_owned());
        let known = listed.remove(question);
        if wordings.equal(theirs, &ours) {
            if known.is_some() {
                faults.push(format!("{question}\n  is listed but equal: {ours}"));
            }
            continue;
        }
        differences += 1;
        let reason = known.as_ref().map_or("?", |(_, reason)| reason);
        writeln!(list, "{question}\t{ours}\t{reason}").expect("a string takes it");
        if reason == "?" || known.as_ref().is_some_and(|(answer, _)| *answer != ours) {
            faults.push(format!("{question}\n  .NET {theirs}\n  ours {ours}"));
        }
    }
    faults.extend(listed.keys().map(|question| format!("{question}\n  is listed but was not asked")));
    Comparison { list, differences, faults }
}

#[test]
fn expressions_evaluate_as_net_evaluates_them() {
    let answers = rows("answers.tsv");
    assert!(answers.len() >= 5_000, "{} answers", answers.len());
    let listed = rows("differences.tsv").into_iter();
    let listed = listed.map(|row| (row[0].clone(), (row[1].clone(), row[2].clone()))).collect();
    let Comparison { list, differences, faults } = compared(&answers, listed);
    if std::env::var("ORACLE").is_ok_and(|what| what == "write") {
        std::fs::write(folder().join("differences.tsv"), list).expect("a writable folder");
        std::fs::write(std::env::temp_dir().join("oracle-faults.txt"), faults.join("\n"))
            .expect("a writable folder");
    }
    eprintln!("{} questions, {differences} differences", answers.len());
    let shown = faults.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} faults; the first are:\n{shown}", faults.len());
    assert!(differences * 100 <= answers.len() * LISTED, "{differences} of {} are listed", answers.len());
}
