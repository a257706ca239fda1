//! What compiling policy documents costs: all that lie in the folders given, or else in the collection of real ones,
//! scanned, bound and compiled: `cargo bench -p gateway [-- FOLDER…]`. The figure is the least of many rounds.
#![allow(clippy::print_stdout, reason = "a program that prints what it measured")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use apim::{PolicyDocument, PolicyFormat};
use sim::Clock;

const ROUNDS: u32 = 20;

fn main() {
    let mut folders: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(PathBuf::from).collect();
    if folders.is_empty() {
        folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/policies"));
    }
    let mut documents = Vec::new();
    for folder in &folders {
        collect(folder, &mut documents);
    }
    if documents.is_empty() {
        println!("skipped: there are no policy documents in {folders:?}");
        return;
    }
    let (clock, mut least, mut compiled) = (Clock::system(), Duration::MAX, 0);
    for _ in 0..ROUNDS {
        let started = clock.elapsed();
        compiled = documents.iter().filter(|document| gateway::check(document).is_ok()).count();
        least = least.min(clock.elapsed().saturating_sub(started));
    }
    let size: usize = documents.iter().map(|document| document.text.len()).sum();
    println!(
        "{} documents of {} KiB, {compiled} compile: {:.1} ms",
        documents.len(),
        size / 1024,
        least.as_secs_f64() * 1000.0
    );
}

fn collect(folder: &Path, documents: &mut Vec<PolicyDocument>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, documents);
        } else if let Ok(text) = std::fs::read_to_string(&path)
            && text.contains("<policies")
        {
            let path = path.to_string_lossy().into_owned();
            documents.push(PolicyDocument { path, format: PolicyFormat::RawXml, text });
        }
    }
}
