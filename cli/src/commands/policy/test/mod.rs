//! `apimlab policy test`: runs the tests beside policies, without a sandbox. A file `X.policy-test.yaml` holds the tests
//! of `X.xml`, or of the policy that it names.

mod expectation;
mod file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diagnostic::Diagnostic;
use sandbox::authoring::{self, BranchUse, File, Given, Trial, TrialAnswer, Tried};
use serde_json::{Value, json};

use super::lint::problem;
use crate::args::Output;
use crate::commands::Context;
use crate::exit::{Exit, Failure};
use crate::report::Mark;
use file::{Answer, Case, TestFile};

/// How the name of a file with tests ends.
const ENDING: &str = ".policy-test.yaml";

/// How deep folders are searched.
const DEPTH: usize = 16;

/// What `policy test` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files with tests, `*.policy-test.yaml`, and folders with such files
    #[arg(default_value = ".", value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// How to print
    #[arg(short, long, default_value = "table")]
    output: Output,
}

/// What became of one test.
struct Outcome {
    file: String,
    name: String,
    problems: Vec<Diagnostic>,
}

/// All branches of `choose`, by document and place; whether each was taken and passed over.
type Coverage = BTreeMap<(String, usize, String), (bool, bool)>;

/// Runs them.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let mut names = Vec::new();
    for path in &args.paths {
        if path.is_dir() { search(path, DEPTH, &mut names)? } else { names.push(path.clone()) }
    }
    names.sort();
    if names.is_empty() {
        let message = format!("there is no file *{ENDING}");
        return Err(Failure::new(Exit::BadInput, message)
            .help("name files, or a folder with such files")
            .into());
    }
    let (mut outcomes, mut coverage) = (Vec::new(), Coverage::new());
    for name in &names {
        outcomes.extend(run_file(name, context, &mut coverage).await?);
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.problems.is_empty()).count();
    if args.output == Output::Json {
        context.report.json("PolicyTest", &data(&outcomes, &coverage, failed));
    } else {
        let branches = coverage.iter().filter(|(_, (taken, _))| *taken).count();
        for ((document, line, name), _) in coverage.iter().filter(|(_, (taken, _))| !taken) {
            context
                .report
                .mark(Mark::Skipped, &format!("no test takes {name} of the choose in {document}:{line}"));
        }
        let all = outcomes.len();
        let say = format!("{all} tests, {failed} failed; {branches} of {} branches taken", coverage.len());
        context.report.say(&say);
    }
    Ok(if failed > 0 { Exit::Wrong } else { Exit::Done })
}

fn data(outcomes: &[Outcome], coverage: &Coverage, failed: usize) -> Value {
    let tests = outcomes.iter().map(|outcome| {
        let problems: Vec<Value> = outcome.problems.iter().map(problem).collect();
        json!({"file": outcome.file, "name": outcome.name, "passed": problems.is_empty(), "problems": problems})
    });
    let branches = coverage.iter().map(|((document, line, name), (taken, passed))| {
        json!({"document": document, "line": line, "branch": name, "taken": taken, "passedOver": passed})
    });
    json!({"tests": tests.collect::<Vec<_>>(), "failed": failed, "branches": branches.collect::<Vec<_>>()})
}

async fn run_file(path: &Path, context: &Context, coverage: &mut Coverage) -> anyhow::Result<Vec<Outcome>> {
    let name = path.display().to_string();
    let text = read(path)?;
    let file: TestFile = match scenarios::read_yaml(&name, &text) {
        Ok(file) => file,
        Err(problem) => {
            context.report.diagnostic(&problem, Some(&text));
            return Ok(vec![Outcome { file: name, name: "the file".to_owned(), problems: vec![problem] }]);
        }
    };
    let policy = match &file.policy {
        Some(policy) => path.with_file_name(policy),
        None => PathBuf::from(format!("{}.xml", name.strip_suffix(ENDING).unwrap_or(&name))),
    };
    let policy = File { name: policy.display().to_string(), text: read(&policy)? };
    let mut fragments = Vec::new();
    for (fragment, at) in &file.fragments {
        fragments.push(File { name: format!("{fragment}.xml"), text: read(&path.with_file_name(at))? });
    }
    let mut outcomes = Vec::new();
    for case in &file.tests {
        let trial = trial(&file, case, (&policy, &fragments));
        let problems = match authoring::attempt(&trial, &context.clock).await {
            Err(problems) => problems,
            Ok(tried) => {
                note(&tried, coverage);
                expectation::differences(case, &tried, (&name, &text))
            }
        };
        let mark = if problems.is_empty() { Mark::Done } else { Mark::Failed };
        context.report.mark(mark, &format!("{name}: {}", case.name));
        for problem in &problems {
            let texts = [(&name, &text), (&policy.name, &policy.text)];
            let of = texts.into_iter().find(|(known, _)| **known == problem.source);
            context.report.diagnostic(problem, of.map(|(_, text)| text.as_str()));
        }
        outcomes.push(Outcome { file: name.clone(), name: case.name.clone(), problems });
    }
    Ok(outcomes)
}

fn trial(file: &TestFile, case: &Case, (policy, fragments): (&File, &[File])) -> Trial {
    let pairs = |map: &BTreeMap<String, String>| map.clone().into_iter().collect::<Vec<_>>();
    let mut named_values = file.named_values.clone();
    named_values.extend(case.named_values.clone());
    let request = &case.request;
    let given = Given {
        method: request.method.clone().unwrap_or_default(),
        url: request.url.clone().unwrap_or_default(),
        headers: pairs(&request.headers),
        body: request.body.clone(),
        variables: pairs(&case.variables),
        ..Given::default()
    };
    let answer = |answer: &Answer| TrialAnswer {
        method: answer.method.clone(),
        url: answer.url.clone(),
        status: answer.status,
        headers: pairs(&answer.headers),
        body: answer.body.clone(),
        times: answer.times,
    };
    let answers = case.backend.iter().map(answer).collect();
    Trial {
        policy: policy.clone(),
        fragments: fragments.to_vec(),
        named_values: pairs(&named_values),
        given,
        answers,
    }
}

fn note(tried: &Tried, coverage: &mut Coverage) {
    for BranchUse { document, line, name, taken } in tried.branches() {
        let known = coverage.entry((document, line, name)).or_default();
        if taken { known.0 = true } else { known.1 = true }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::new(Exit::BadInput, format!("{} cannot be read: {error}", path.display())).into()
    })
}

fn search(folder: &Path, depth: usize, names: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)?.flatten() {
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && depth > 0 {
            search(&path, depth - 1, names)?;
        } else if kind.is_file() && entry.file_name().to_string_lossy().ends_with(ENDING) {
            names.push(path);
        }
    }
    Ok(())
}
