//! Real policy documents, where they are there to be read: none may make the compiler fail in any other way than with a
//! diagnostic that says where.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use apim::{PolicyDocument, PolicyFormat};

use crate::document::{Document, Library, Setting};
use crate::pipeline::ScopeKind;

#[test]
fn real_documents_compile_or_say_what_is_missing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/policies");
    let mut files = Vec::new();
    collect(&folder, &mut files);
    if files.is_empty() {
        eprintln!("skipped: there are no documents");
        return;
    }
    let (mut documents, mut compiled) = (0, 0);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        if !text.contains("<policies") {
            continue;
        }
        documents += 1;
        let path = file.to_string_lossy().into_owned();
        let document = PolicyDocument { path, format: PolicyFormat::RawXml, text };
        let setting = Setting { scope: ScopeKind::Api, url_template: None, library: Library::default() };
        match Document::compile(&document, setting) {
            Ok(_) => compiled += 1,
            Err(problems) => {
                for problem in problems {
                    assert!(problem.span.is_some(), "{problem}");
                    let message = problem.message.split_once(": ").map_or("", |(_, message)| message);
                    *reasons.entry(format!("{} {message}", problem.code)).or_default() += 1;
                }
            }
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    eprintln!("{compiled} of {documents} documents compile");
    for (reason, count) in reasons.iter().take(60) {
        eprintln!("{count:5} {reason}");
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
