//! Every resource that is answered, in any test, and every example of a request, against Azure's published types.
//!
//! The definitions are not part of the project; without them nothing is checked, and the test of all rows says so.

use std::sync::atomic::{AtomicUsize, Ordering};

use azure_types::{Body, Request, check_answer, mutants, published};
use serde_json::Value;

use super::Answer;

/// How many bodies were checked.
static CHECKED: AtomicUsize = AtomicUsize::new(0);
/// How many were asked for with an older api-version than the definition's.
static OLDER: AtomicUsize = AtomicUsize::new(0);

/// How many mistakes were made in right bodies, and which were not found.
#[derive(Default)]
pub struct Mistakes {
    made: usize,
    missed: Vec<String>,
}

/// Checks what an answer shows.
#[track_caller]
pub fn check(method: &str, path: &str, answer: &Answer) {
    if answer.status > 299 {
        return;
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    for checked in check_answer(Request { method, path, query }, &answer.body) {
        let counter = if checked.is_ok() { &CHECKED } else { &OLDER };
        counter.fetch_add(1, Ordering::Relaxed);
        let wrong = checked.unwrap_or_default();
        assert!(wrong.is_empty(), "{method} {path}:\n{}\n{}", wrong.join("\n"), answer.body);
    }
}

/// Checks a request that a row shows as an example.
#[track_caller]
pub fn check_request(kind: &str, body: &Value) {
    let definition = published().and_then(|types| types.get(kind)).filter(|_| !body.is_null());
    let wrong = definition.map(|definition| definition.check(body, Body::Put)).unwrap_or_default();
    let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{kind}:\n{}\n{body}", lines.join("\n"));
}

impl Mistakes {
    /// Renames and mistypes each property of a right answer.
    pub fn make(&mut self, kind: &str, body: &Value) {
        let Some(definition) = published().and_then(|types| types.get(kind)) else { return };
        for mutant in mutants(definition, body) {
            self.made += 1;
            if definition.check(&mutant.body, Body::Answer).is_empty() {
                self.missed.push(format!("{kind} {}", mutant.mistake));
            }
        }
    }

    /// Nearly all of them are found.
    pub fn check(&self) {
        if published().is_none() {
            eprintln!("skipped: Azure's type definitions are not here");
            return;
        }
        let (checked, older) = (CHECKED.load(Ordering::Relaxed), OLDER.load(Ordering::Relaxed));
        eprintln!("{checked} answered resources checked so far, {older} of older api-versions skipped");
        eprintln!("{} of {} mistakes in answers found", self.made - self.missed.len(), self.made);
        assert!(self.made > 500, "{} mistakes", self.made);
        assert!(self.missed.len() * 100 <= self.made, "not found:\n{}", self.missed.join("\n"));
    }
}
