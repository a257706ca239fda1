//! `apimlab policy lint FILE…`: what Azure says when a policy is saved, and what is worth knowing besides. Folders are
//! searched; in those of `APIOps`, fragments and named values are found where they are.

use std::path::PathBuf;

use clap::ValueEnum;
use diagnostic::Diagnostic;
use sandbox::authoring::{Checked, GatewayKind, Project};
use serde_json::{Value, json};

use super::{files, sarif};
use crate::commands::Context;
use crate::exit::Exit;

/// What `policy lint` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Documents, fragments, and folders of them; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The path that the standard input has in an editor: it says the scope, as `apis/NAME/policy.xml` does
    #[arg(long, value_name = "PATH")]
    stdin_path: Option<String>,
    /// The gateway that they are for
    #[arg(long, default_value = "classic")]
    gateway: Gateway,
    /// Warnings count as errors
    #[arg(long)]
    deny_warnings: bool,
    /// How to print what was found
    #[arg(short, long, default_value = "text")]
    output: Format,
}

/// A kind of gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Gateway {
    Classic,
    V2,
    Consumption,
    SelfHosted,
    Workspace,
}

/// How what was found is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For services that show findings in code: SARIF 2.1.0.
    Sarif,
}

/// Checks.
pub fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut files = files::read(&args.files)?;
    for file in &mut files {
        // Editors do not count the mark at the beginning.
        file.text = file.text.trim_start_matches('\u{feff}').to_owned();
        if let Some(path) = args.stdin_path.as_ref().filter(|_| file.name == files::STDIN_NAME) {
            file.name.clone_from(path);
        }
    }
    let project = Project::new(&files, args.gateway.kind());
    let checked: Vec<Checked> = files.iter().map(|file| project.check(file)).collect();
    let all = || checked.iter().flat_map(|checked| &checked.problems);
    let errors = all().filter(|problem| problem.is_error()).count();
    let warnings = all().count() - errors;
    match args.output {
        Format::Text => {
            for (file, checked) in files.iter().zip(&checked) {
                for problem in &checked.problems {
                    context.report.diagnostic(problem, Some(&file.text));
                }
            }
            let of =
                |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
            let counts = [of(files.len(), "file"), of(errors, "error"), of(warnings, "warning")];
            context.report.say(&counts.join(", "));
        }
        Format::Json => {
            let problems: Vec<Value> = all().map(problem).collect();
            let data =
                json!({ "files": files.len(), "errors": errors, "warnings": warnings, "problems": problems });
            context.report.json("PolicyLint", &data);
        }
        Format::Sarif => context.report.data(&format!("{:#}", sarif::log(all()))),
    }
    let wrong = errors > 0 || (args.deny_warnings && warnings > 0);
    Ok(if wrong { Exit::Wrong } else { Exit::Done })
}

/// A problem as a program reads it.
pub fn problem(problem: &Diagnostic) -> Value {
    let place = problem.span.as_ref().map(|span| (span.start.line, span.start.column));
    json!({
        "file": problem.source,
        "line": place.map(|(line, _)| line),
        "column": place.map(|(_, column)| column),
        "severity": if problem.is_error() { "error" } else { "warning" },
        "code": problem.code,
        "message": problem.message,
        "help": problem.help,
    })
}

impl Gateway {
    fn kind(self) -> GatewayKind {
        match self {
            Self::Classic => GatewayKind::Classic,
            Self::V2 => GatewayKind::V2,
            Self::Consumption => GatewayKind::Consumption,
            Self::SelfHosted => GatewayKind::SelfHosted,
            Self::Workspace => GatewayKind::Workspace,
        }
    }
}
