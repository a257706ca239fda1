//! What stylesheets make of documents, compared with the tables in `cases`, and those with `xsltproc` where it is
//! installed.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test ends that way, or says that it skipped"
)]

mod bounds;
mod cases {
    pub mod expressions;
    pub mod stylesheets;
}

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use cases::expressions::{DOCUMENT, EXPRESSIONS};
use cases::stylesheets::CASES;
use xslt::Stylesheet;

/// A stylesheet with the namespaces that the cases use.
fn sheet(inside: &str) -> String {
    let namespaces = "xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" xmlns:p=\"urn:p\" \
                      xmlns:exsl=\"http://exslt.org/common\"";
    format!(
        "<xsl:stylesheet version=\"1.0\" exclude-result-prefixes=\"p exsl\" {namespaces}>{inside}</xsl:stylesheet>"
    )
}

fn expressions() -> String {
    let value = |(expression, _): &(&str, &str)| {
        let escaped = expression.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        format!("<xsl:value-of select=\"{escaped}\"/><xsl:text>&#10;</xsl:text>")
    };
    let values: String = EXPRESSIONS.iter().map(value).collect();
    sheet(&format!(
        "<xsl:output method=\"text\"/><xsl:template match=\"/\"><xsl:for-each select=\"r\">{values}</xsl:for-each></xsl:template>"
    ))
}

fn ours(sheet: &str, document: &str) -> String {
    let compiled = Stylesheet::compile(sheet).unwrap_or_else(|problems| panic!("{sheet}: {problems:?}"));
    compiled.transform(document, &[]).unwrap_or_else(|error| format!("error: {error}"))
}

/// What `xsltproc` says, or `None` where it is not installed.
fn theirs(name: &str, sheet: &str, document: &str) -> Option<String> {
    let file = |end: &str| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.{end}"));
    fs::write(file("xsl"), sheet).expect("a stylesheet in the folder for tests");
    fs::write(file("xml"), document).expect("a document in the folder for tests");
    let output = Command::new("xsltproc").arg(file("xsl")).arg(file("xml")).output().ok()?;
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

/// Without what two processors may write differently: the declaration, the end of an empty tag, new lines.
fn alike(text: &str) -> String {
    let text = match text.strip_prefix("<?xml version") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, rest)| rest),
        None => text,
    };
    text.replace("\r\n", "\n").replace(" />", "/>").trim_matches('\n').to_owned()
}

#[test]
fn expressions_come_to_what_xpath_says() {
    let text = ours(&expressions(), DOCUMENT);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), EXPRESSIONS.len(), "{text}");
    let wrong: Vec<_> =
        EXPRESSIONS.iter().zip(lines).filter(|((_, expected), found)| expected != found).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn stylesheets_make_what_the_table_says() {
    let mut wrong = Vec::new();
    for case in CASES {
        let found = ours(&sheet(case.sheet), case.document);
        if found != case.result {
            wrong.push(format!("{}:\n  {found:?}\n  {:?}\n", case.title, case.result));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join(""));
}

#[test]
fn another_processor_agrees_with_the_tables() {
    let Some(text) = theirs("expressions", &expressions(), DOCUMENT) else {
        eprintln!("skipped: xsltproc is not installed");
        return;
    };
    let mut wrong = Vec::new();
    for ((expression, expected), found) in EXPRESSIONS.iter().zip(text.lines()) {
        let same = expected == &found || expected.parse::<f64>().is_ok_and(|_| close(expected, found));
        if !same {
            wrong.push(format!("{expression}: {found:?} instead of {expected:?}\n"));
        }
    }
    for (place, case) in CASES.iter().enumerate().filter(|(_, case)| !case.alone) {
        let found = theirs(&format!("case{place}"), &sheet(case.sheet), case.document).unwrap_or_default();
        if alike(&found) != alike(case.result) {
            wrong.push(format!("{}:\n  {:?}\n  {:?}\n", case.title, alike(&found), alike(case.result)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join(""));
}

/// Processors write different numbers of digits.
fn close(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (one.parse::<f64>(), other.parse::<f64>()) else { return false };
    (one - other).abs() < 1e-9 * one.abs()
}
