//! What a test expected and what came of it.

use std::collections::BTreeMap;
use std::fmt::Debug;

use diagnostic::Diagnostic;
use sandbox::authoring::{TrialMessage, Tried};
use scenarios::Located;

use super::file::{Called, Case};

/// A test did not get what it expected.
const CODE: &str = "APL0601";

/// What differs, each at its place in the file with the tests.
pub fn differences(case: &Case, tried: &Tried, file: (&str, &str)) -> Vec<Diagnostic> {
    let mut found = Differences { file, found: Vec::new() };
    let expected = &case.expect;
    let response = &tried.response;
    found.compare("the status", expected.status.as_ref(), &response.status);
    found.compare("the body", expected.body.as_ref(), &response.body);
    found.named("the header", &expected.headers, |name| header(response, name));
    let variable = |name: &str| tried.variables.iter().find(|(known, _)| known == name);
    found.named("the variable", &expected.variables, |name| variable(name).map(|(_, value)| value.clone()));
    if let Some(calls) = &expected.calls {
        found.compare_calls(calls, &tried.calls);
    }
    if let (Some(error), false) = (&tried.trace.error, found.found.is_empty()) {
        let help = format!("the policy failed: {error}");
        found.found = found.found.into_iter().map(|problem| problem.help(help.clone())).collect();
    }
    found.found
}

struct Differences<'f> {
    file: (&'f str, &'f str),
    found: Vec<Diagnostic>,
}

impl Differences<'_> {
    fn wrong<T>(&mut self, at: &Located<T>, message: String) {
        let (name, text) = self.file;
        self.found.push(Diagnostic::new(CODE, message).at(text, at.bytes(text)).of(name));
    }

    fn compare<T: PartialEq + Debug>(&mut self, what: &str, expected: Option<&Located<T>>, found: &T) {
        if let Some(expected) = expected.filter(|expected| ***expected != *found) {
            self.wrong(expected, format!("{what} is {found:?}, expected {:?}", **expected));
        }
    }

    fn named(
        &mut self,
        what: &str,
        expected: &BTreeMap<String, Located<Option<String>>>,
        found: impl Fn(&str) -> Option<String>,
    ) {
        for (name, value) in expected {
            match (&**value, found(name)) {
                (None, Some(found)) => {
                    self.wrong(value, format!("{what} `{name}` is {found:?}, expected none"));
                }
                (Some(text), None) => {
                    self.wrong(value, format!("{what} `{name}` is not there, expected {text:?}"));
                }
                (Some(text), Some(found)) if *text != found => {
                    self.wrong(value, format!("{what} `{name}` is {found:?}, expected {text:?}"));
                }
                _ => {}
            }
        }
    }

    fn compare_calls(&mut self, expected: &Located<Vec<Called>>, calls: &[TrialMessage]) {
        if expected.len() != calls.len() {
            let made: Vec<String> =
                calls.iter().map(|call| format!("{} {}", call.method, call.url)).collect();
            let message =
                format!("{} calls were made, expected {}: {}", calls.len(), expected.len(), made.join(", "));
            self.wrong(expected, message);
        }
        for (expected, call) in expected.iter().zip(calls) {
            self.compare("the method", expected.method.as_ref(), &call.method);
            self.compare("the URL", expected.url.as_ref(), &call.url);
            self.compare("the body", expected.body.as_ref(), &call.body);
            self.named("the header", &expected.headers, |name| header(call, name));
        }
    }
}

/// The values of a header, in one text.
fn header(message: &TrialMessage, name: &str) -> Option<String> {
    let values = message.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(","))
}
