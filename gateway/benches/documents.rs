//! What policy documents cost: a check of one of 500 lines, as an editor asks for it at each keystroke; and compiling all
//! that lie in the folders given, or else in the collection of real ones, scanned, bound and compiled:
//! `cargo bench -p gateway [-- FOLDER…]`. The figures are the least of many rounds.
#![allow(clippy::print_stdout, reason = "a program that prints what it measured")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use apim::{PolicyDocument, PolicyFormat};
use gateway::authoring::{File, GatewayKind, Project};
use sim::Clock;

const ROUNDS: u32 = 20;

/// Ten lines of a document, as authors write them.
const LINES: &str = r#"        <set-variable name="token" value="@(context.Request.Headers.GetValueOrDefault("Authorization","").Split(' ').Last())" />
        <choose>
            <when condition="@(context.Variables.GetValueOrDefault<string>("token") != "" && context.Request.Method == "POST")">
                <set-header name="X-Caller" exists-action="override">
                    <value>@{ var body = context.Request.Body.As<JObject>(preserveContent: true); return (string)body["caller"] ?? "none"; }</value>
                </set-header>
            </when>
        </choose>
        <set-query-parameter name="v"><value>@(string.Join(",", new [] { 1, 2, 3 }.Where(n => n > 1).Select(n => n.ToString())))</value></set-query-parameter>
        <!-- the next ten -->
"#;

fn main() {
    check();
    compile();
}

fn check() {
    let inside = LINES.repeat(49);
    let sections = "    <backend><base /></backend>\n    <outbound><base /></outbound>\n    <on-error><base /></on-error>";
    let text = format!(
        "<policies>\n    <inbound>\n        <base />\n{inside}    </inbound>\n{sections}\n</policies>\n"
    );
    let file = File { name: "apis/a/policy.xml".to_owned(), text };
    let (clock, mut least, mut found) = (Clock::system(), Duration::MAX, 0);
    for _ in 0..ROUNDS {
        let started = clock.elapsed();
        let project = Project::new(std::slice::from_ref(&file), GatewayKind::Classic);
        found = project.check(&file).problems.len();
        least = least.min(clock.elapsed().saturating_sub(started));
    }
    let lines = file.text.lines().count();
    println!("a document of {lines} lines, {found} problems: {:.1} ms", least.as_secs_f64() * 1000.0);
}

fn compile() {
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
