//! Real policy documents, where they are there to be read: how far each gets, and what there is
//! to say about it.

use std::path::{Path, PathBuf};

use crate::authoring::{self, File, GatewayKind, Project};

#[test]
fn real_documents_get_through_or_say_what_is_missing() {
    let files = files();
    if files.is_empty() {
        eprintln!("skipped: there are no documents");
        return;
    }
    let counts = authoring::count(&files);
    eprintln!("{counts:#?}");
    assert_eq!(counts.documents, files.len());
    assert!(counts.scanned * 100 >= counts.documents * 99, "{} of {}", counts.scanned, counts.documents);
    for (name, problems) in &counts.refused {
        assert!(problems.iter().all(|problem| problem.span.is_some()), "{name}: {problems:#?}");
    }
}

#[test]
fn advice_is_given_with_a_place_and_a_way_out() {
    let files = files();
    let project = Project::new(&files, GatewayKind::SelfHosted);
    for file in &files {
        for problem in project.check(file).problems {
            assert!(problem.span.is_some(), "{problem}");
            assert!(problem.is_error() || problem.help.is_some() || problem.code == "APL0425", "{problem}");
        }
    }
}

/// The documents, if they are there.
pub fn files() -> Vec<File> {
    let mut paths = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/policies"), &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).ok()?;
        Some(File { name: path.to_string_lossy().into_owned(), text })
    };
    paths.iter().filter_map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
