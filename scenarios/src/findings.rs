//! Collects what is wrong with a scenario, so that a user sees all of it at once.

use diagnostic::Diagnostic;

use crate::located::Located;
use crate::source::Source;

/// More than anybody reads at once.
const MAX_FINDINGS: usize = 50;

/// What was found so far in one scenario file.
#[derive(Debug)]
pub(crate) struct Findings<'s> {
    source: &'s Source,
    found: Vec<Diagnostic>,
}

impl<'s> Findings<'s> {
    pub(crate) const fn new(source: &'s Source) -> Self {
        Self { source, found: Vec::new() }
    }

    /// Adds a problem with the value `at` of the scenario file.
    pub(crate) fn add<T>(&mut self, at: &Located<T>, problem: Diagnostic) {
        let text = &self.source.text;
        self.push(problem.at(text, at.bytes(text)).of(&self.source.name));
    }

    /// Adds a problem that already says where it is.
    pub(crate) fn push(&mut self, problem: Diagnostic) {
        if self.found.len() < MAX_FINDINGS {
            self.found.push(problem);
        }
    }

    /// Everything found, in the order of the text.
    pub(crate) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|problem| problem.span.as_ref().map_or(usize::MAX, |span| span.bytes.start));
        self.found
    }
}
