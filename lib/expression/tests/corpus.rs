//! The expressions of real policy documents: how many compile, and why the others do not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use expression::{Environment, Form};

/// Expressions that the C# compiler or Azure refuses as well: document, how many, why.
const REFUSED: [(&str, usize, &str); 9] = [
    (
        "Call-out-to-an-HTTP-endpoint-and-cache-the-response",
        5,
        "quotation marks were doubled: \"latlong=\"\"\"",
    ),
    ("-blobStorage-account", 3, "MatchedParameters is no method"),
    ("Extract-value-from-XML", 1, "System.Xml.XmlReader is not allowed"),
    ("Loopback-request-for-service", 1, "quotation marks were doubled"),
    ("Pre-authorize-requests-based-on-HTTP-method-with-validate-jwt", 2, "quotation marks were doubled"),
    ("Return-a-blob-URL-signed-with-a-user-delegation-SAS-token", 2, "AddSeconds of a string; XmlDocument"),
    ("aca-backend-pool-load-balancing-with-retry-tracked", 3, "'Retry-After' is no character"),
    ("inference-api-policy-with-retry-tracked", 1, "RETRY_COUNT is filled in before it is uploaded"),
    ("inference-failover__apim-policies__inference-api-policy.xml", 1, "RETRY_COUNT, as above"),
];

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            documents(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            found.push(path);
        }
    }
}

/// The text inside `@(…)` and `@{…}`: brackets are matched outside of strings and comments.
fn expressions(document: &str) -> Vec<(Form, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = document[at..].find('@') {
        let start = at + next + 1;
        at = start;
        let before = document[..start - 1].chars().rev().find(|c| !c.is_whitespace());
        let (form, open, close) = match document[start..].chars().next() {
            Some('(') => (Form::Expression, '(', ')'),
            Some('{') => (Form::Block, '{', '}'),
            _ => continue,
        };
        if !matches!(before, Some('"' | '\'' | '>' | '[')) {
            continue;
        }
        if let Some(length) = matching(&document[start..], open, close) {
            let text = &document[start + 1..start + length];
            let text = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
            found.push((form, text.replace("&apos;", "'").replace("&amp;", "&")));
            at = start + length;
        }
    }
    found
}

/// The document with a number for each named value, which the corpus does not define.
fn expanded(document: &str) -> String {
    let mut out = String::new();
    let mut rest = document;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        match after.split_once("}}") {
            Some((name, tail)) if name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c)) => {
                out.push('1');
                rest = tail;
            }
            _ => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out + rest
}

fn matching(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    let mut characters = text.char_indices().peekable();
    let mut previous = ' ';
    while let Some((at, c)) = characters.next() {
        match c {
            '"' | '\'' => {
                let verbatim = previous == '@';
                while let Some((_, inner)) = characters.next() {
                    if inner == '\\' && !verbatim {
                        characters.next();
                    } else if inner == c {
                        break;
                    }
                }
            }
            '/' if characters.peek().is_some_and(|(_, next)| *next == '/') => {
                while characters.peek().is_some_and(|(_, next)| *next != '\n') {
                    characters.next();
                }
            }
            _ if c == open => depth += 1,
            _ if c == close => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        previous = c;
    }
    None
}

#[test]
fn the_expressions_of_real_documents_compile() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/policies");
    let mut files = Vec::new();
    documents(&folder, &mut files);
    if files.is_empty() {
        eprintln!("skipped: there is no corpus at {}", folder.display());
        return;
    }
    files.sort();
    let (mut all, mut compiled) = (0_usize, 0_usize);
    let mut refused: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut known = BTreeMap::new();
    for file in &files {
        let text = expanded(&String::from_utf8_lossy(&std::fs::read(file).unwrap()));
        for (form, source) in expressions(&text) {
            all += 1;
            match expression::compile(&source, form, &Environment::default()) {
                Ok(_) => compiled += 1,
                Err(problems) => {
                    let problem = &problems[0];
                    let name = file.display().to_string();
                    let reason = REFUSED.iter().find(|(part, ..)| name.contains(part));
                    *known
                        .entry(reason.map_or(name.clone(), |(part, ..)| (*part).to_owned()))
                        .or_insert(0_usize) += 1;
                    let key = format!("{} {}", problem.code, problem.message);
                    let start = problem.span.as_ref().map_or(0, |span| span.bytes.start);
                    let near: String = source.get(start..).unwrap_or_default().chars().take(60).collect();
                    let entry = refused
                        .entry(key)
                        .or_insert((0, format!("{near} | {}", file.file_name().unwrap().display())));
                    entry.0 += 1;
                }
            }
        }
    }
    let mut refused: Vec<_> = refused.into_iter().collect();
    refused.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (reason, (count, near)) in &refused {
        eprintln!("{count:4} {reason}\n       near: {}", near.replace('\n', " "));
    }
    eprintln!("{} documents, {all} expressions, {compiled} compile", files.len());
    let expected: BTreeMap<_, _> =
        REFUSED.iter().map(|(part, count, _)| ((*part).to_owned(), *count)).collect();
    assert_eq!(known, expected, "{compiled} of {all} expressions compile");
}
