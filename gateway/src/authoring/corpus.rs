//! What the sandbox makes of many documents: how far each gets, and what is missing for the others.
//!
//! Samples hold places that somebody or some program fills in before they are saved. Saving refuses what stands there
//! as Azure does; here it counts as unresolved, like a named value that the folder does not define.

use std::collections::BTreeMap;

use diagnostic::Diagnostic;

use super::project::{File, Project, is_data};
use crate::document::codes;
use crate::document::examine::{Around, Examined};
use crate::document::place::is_place;
use crate::policies::GatewayKind;

/// How far the documents get.
#[derive(Debug, Default)]
pub struct Counts {
    /// How many there are.
    pub documents: usize,
    /// How many can be taken apart into tags, attributes, texts and expressions.
    pub scanned: usize,
    /// How many of those are policy documents, fragments or pieces of them; their expressions count for themselves.
    pub parsed: usize,
    /// How many of those have nothing that Azure would refuse.
    pub compiled: usize,
    /// The expressions of all.
    pub expressions: usize,
    /// Those that are C#.
    pub expressions_parsed: usize,
    /// Those that have types.
    pub expressions_bound: usize,
    /// What keeps documents and expressions back, or is not executed; the most frequent first.
    pub missing: Vec<Missing>,
    /// What the folder refers to and does not define: named values, backends, fragments, places to fill in.
    pub unresolved: BTreeMap<&'static str, usize>,
    /// The documents that did not compile, each with what is wrong.
    pub refused: Vec<(String, Vec<Diagnostic>)>,
}

/// Something that is missing.
#[derive(Debug, PartialEq, Eq)]
pub struct Missing {
    /// What.
    pub feature: String,
    /// How often it is used.
    pub uses: usize,
    /// In how many documents.
    pub documents: usize,
}

/// Goes through all documents of a folder.
pub fn count(files: &[File]) -> Counts {
    let project = Project::new(files, GatewayKind::Classic);
    let mut counts = Counts::default();
    let mut missing: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for file in files.iter().filter(|file| !is_data(&file.name)) {
        let examined = project.examine(file, Around::Anything);
        counts.add(file, &examined);
        let mut features: BTreeMap<String, usize> = BTreeMap::new();
        for problem in examined.found.iter().filter(|problem| unresolved(file, problem).is_none()) {
            if problem.is_error() || problem.code == codes::NOT_IMPLEMENTED {
                *features.entry(feature(problem)).or_default() += 1;
            }
        }
        for (feature, uses) in features {
            let known = missing.entry(feature).or_default();
            *known = (known.0 + uses, known.1 + 1);
        }
    }
    counts.missing = missing
        .into_iter()
        .map(|(feature, (uses, documents))| Missing { feature, uses, documents })
        .collect();
    counts.missing.sort_by_key(|missing| std::cmp::Reverse((missing.documents, missing.uses)));
    counts
}

impl Counts {
    fn add(&mut self, file: &File, examined: &Examined) {
        let Examined { kind, found, expressions } = examined;
        self.documents += 1;
        let wrong: Vec<Diagnostic> = found
            .iter()
            .filter(|problem| problem.is_error() && unresolved(file, problem).is_none())
            .cloned()
            .collect();
        // Where an expression does not end, what else are expressions is a guess; the tags are found all the same.
        if expressions.open == 0 {
            self.expressions += expressions.found;
            self.expressions_parsed += expressions.parsed;
            self.expressions_bound += expressions.bound;
        }
        for kind in found.iter().filter_map(|problem| unresolved(file, problem)) {
            *self.unresolved.entry(kind).or_default() += 1;
        }
        // A name without a value may stand for markup: then it is all that can be said.
        let only_names = wrong.is_empty() && !found.is_empty();
        let scanned =
            kind.is_some() || only_names || found.iter().all(|problem| problem.code != codes::SYNTAX);
        let parsed = kind.is_some() || only_names;
        self.scanned += usize::from(scanned);
        self.parsed += usize::from(parsed);
        self.compiled += usize::from(parsed && wrong.is_empty());
        if !wrong.is_empty() {
            self.refused.push((file.name.clone(), wrong));
        }
    }
}

/// What the problem refers to that is not there.
fn unresolved(file: &File, problem: &Diagnostic) -> Option<&'static str> {
    match problem.code {
        codes::NAMED_VALUE => Some("named values"),
        codes::FRAGMENT if problem.message.ends_with("does not exist.") => Some("fragments"),
        codes::BACKEND => Some("backends"),
        codes::VALUE | expression::code::UNKNOWN_NAME if is_place(written(file, problem)) => {
            Some("placeholders")
        }
        _ => None,
    }
}

/// What the author wrote where the problem is.
fn written<'f>(file: &'f File, problem: &Diagnostic) -> &'f str {
    let span = problem.span.as_ref().and_then(|span| file.text.get(span.bytes.clone()));
    span.unwrap_or_default().trim()
}

/// What a problem is about, without the place.
fn feature(problem: &Diagnostic) -> String {
    match problem.message.strip_prefix("Error in element '") {
        Some(rest) => rest.split_once(": ").map_or(rest, |(_, message)| message).to_owned(),
        None => problem.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_count_as_far_as_they_get() {
        for (inside, (scanned, parsed, compiled), (found, bound)) in [
            ("<set-body>@(1)</set-body>", (1, 1, 1), (1, 1)),
            ("<set-body>@(1 +)</set-body>", (1, 1, 0), (1, 0)),
            ("<set-body>@(RETRY_COUNT + 1)</set-body>", (1, 1, 1), (1, 1)),
            ("<set-body>@(nobody + 1)</set-body>", (1, 1, 0), (1, 0)),
            ("<set-backend-service base-url='' />", (1, 1, 1), (0, 0)),
            ("<retry count='{n}' interval='1' condition='@(true)'><base /></retry>", (1, 1, 1), (1, 1)),
            ("<{{unknown}} />", (1, 1, 1), (0, 0)),
            ("<set-body>", (0, 0, 0), (0, 0)),
        ] {
            let text = format!("<policies><inbound>{inside}</inbound></policies>");
            let counts = count(&[File { name: "a.xml".to_owned(), text: text.clone() }]);
            let got = (counts.scanned, counts.parsed, counts.compiled);
            assert_eq!(got, (scanned, parsed, compiled), "{text}: {counts:#?}");
            assert_eq!((counts.expressions, counts.expressions_bound), (found, bound), "{text}: {counts:#?}");
        }
        let counts = count(&[File { name: "a.xml".to_owned(), text: "<a />".to_owned() }]);
        assert_eq!((counts.scanned, counts.parsed), (1, 0));
    }
}
