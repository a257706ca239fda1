//! The only printer: data to stdout, everything that is said to people to stderr.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use diagnostic::Diagnostic;
use serde::Serialize;
use serde_json::json;

use crate::config::Config;
use crate::exit::{Exit, Failure};

/// Where a program reports what it cannot do.
const BUGS: &str = "https://github.com/apimlab/apimlab/issues";

/// The printer of one run.
#[derive(Debug)]
pub struct Report {
    colour: bool,
    quiet: bool,
    lock: Mutex<()>,
}

impl Report {
    /// A printer as the configuration wants it.
    pub fn new(config: &Config) -> Self {
        let colour = config.colour && io::stderr().is_terminal();
        Self { colour, quiet: config.quiet, lock: Mutex::default() }
    }

    /// A printer for the time before there is a configuration.
    pub fn plain() -> Self {
        Self { colour: false, quiet: false, lock: Mutex::default() }
    }

    /// Data: a text that ends with a line break if it is not empty.
    pub fn data(&self, text: &str) {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        self.raw(format!("{text}{end}").as_bytes());
    }

    /// Data as it is.
    pub fn raw(&self, bytes: &[u8]) {
        let _one_at_a_time = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stdout = io::stdout().lock();
        // A reader that has seen enough (`| head`) is no error.
        drop(stdout.write_all(bytes).and_then(|()| stdout.flush()));
    }

    /// Data for programs, in the envelope that all commands share.
    pub fn json(&self, kind: &str, data: &impl Serialize) {
        let envelope = json!({ "schemaVersion": 1, "kind": kind, "data": data, "warnings": [] });
        self.data(&format!("{envelope:#}"));
    }

    /// Data in columns. The last column is not padded.
    pub fn table(&self, rows: &[Vec<String>]) {
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        self.data(&rows.iter().map(line).collect::<String>());
    }

    /// Something for people.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// Something for people that is worth a mark: done, unchanged, failed, under way.
    pub fn mark(&self, mark: Mark, text: &str) {
        let (sign, code) = match mark {
            Mark::Done => ("✓", "32"),
            Mark::Unchanged => ("=", "2"),
            Mark::Failed => ("✗", "31"),
            Mark::Waiting => ("…", "2"),
            Mark::Skipped => ("-", "33"),
        };
        let sign = if self.colour { Cow::from(format!("\x1b[{code}m{sign}\x1b[0m")) } else { sign.into() };
        if matches!(mark, Mark::Failed) {
            self.complain(&format!("  {sign} {text}"));
        } else {
            self.say(&format!("  {sign} {text}"));
        }
    }

    /// A question; the answer is what the user typed.
    pub fn ask(&self, question: &str) -> Option<String> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let one_at_a_time = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stderr = io::stderr().lock();
        drop(write!(stderr, "{question} ").and_then(|()| stderr.flush()));
        drop((stderr, one_at_a_time));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok()?;
        Some(answer.trim().to_owned())
    }

    /// An error, with what to do about it. Gives the code to end with.
    pub fn error(&self, error: &anyhow::Error) -> Exit {
        let exit = Exit::of(error);
        if let Some(load) = error.downcast_ref::<scenarios::LoadError>() {
            for problem in &load.diagnostics {
                self.diagnostic(problem, load.text(problem));
            }
            return exit;
        }
        if let Some(cloud::Error::EnvironmentFile(problem)) = error.downcast_ref::<cloud::Error>() {
            let text = std::fs::read_to_string(&problem.source).ok();
            self.diagnostic(problem, text.as_deref());
            return exit;
        }
        self.complain(&format!("{} {}", self.level("error:", "1;31"), told(error)));
        let help = error.chain().find_map(|cause| cause.downcast_ref::<Failure>()?.help.clone());
        if let Some(help) = help {
            self.complain(&format!("{} {help}", self.level("help:", "1;36")));
        }
        if exit == Exit::Bug {
            self.complain(&format!("this is a bug in apimlab; please report it: {BUGS}"));
        }
        exit
    }

    /// A problem in a user's text, with the line it is in.
    pub fn diagnostic(&self, problem: &Diagnostic, text: Option<&str>) {
        let renderer = if self.colour { Renderer::styled() } else { Renderer::plain() };
        self.complain(&render(&renderer, problem, text));
    }

    fn level(&self, word: &'static str, code: &str) -> Cow<'static, str> {
        if self.colour { format!("\x1b[{code}m{word}\x1b[0m").into() } else { word.into() }
    }

    fn complain(&self, text: &str) {
        let _one_at_a_time = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stderr = io::stderr().lock();
        drop(writeln!(stderr, "{text}"));
    }
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It was done, it is right.
    Done,
    /// Nothing had to be done.
    Unchanged,
    /// It failed, it is wrong.
    Failed,
    /// It is under way.
    Waiting,
    /// It was not done.
    Skipped,
}

/// An error and its causes. Some errors repeat their cause in their own words; once is enough.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match cause.trim() {
        cause if told.contains(cause) => told,
        cause if told.is_empty() => cause.to_owned(),
        cause => format!("{told}: {cause}"),
    })
}

fn render(renderer: &Renderer, problem: &Diagnostic, text: Option<&str>) -> String {
    let level = if problem.is_error() { Level::ERROR } else { Level::WARNING };
    let title = level.primary_title(problem.message.as_str()).id(problem.code);
    let mut group = match (text, &problem.span) {
        (Some(text), Some(span)) if span.bytes.end <= text.len() => {
            let annotation = AnnotationKind::Primary.span(span.bytes.clone());
            Group::with_title(title)
                .element(Snippet::source(text).path(problem.source.as_str()).annotation(annotation))
        }
        (_, Some(span)) => Group::with_title(title).element(
            Origin::path(problem.source.as_str()).line(span.start.line).char_column(span.start.column),
        ),
        _ if problem.source.is_empty() => Group::with_title(title),
        _ => Group::with_title(title).element(Origin::path(problem.source.as_str())),
    };
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_code_place_line_and_help() {
        let text = "name: x\nnetwrok: {}\n";
        let problem = Diagnostic::new("APL0001", "unknown key `netwrok`")
            .at(text, 8..15)
            .of("scenario.yaml")
            .help("did you mean `network`?");
        let shown = render(&Renderer::plain(), &problem, Some(text));
        for part in
            ["error[APL0001]", "scenario.yaml:2:1", "netwrok: {}", "^^^^^^^", "did you mean `network`?"]
        {
            assert!(shown.contains(part), "{part} in\n{shown}");
        }
        assert!(!shown.contains('\x1b'));
        let without = render(&Renderer::plain(), &problem, None);
        assert!(without.contains("scenario.yaml:2:1"), "{without}");
    }

    #[test]
    fn a_cause_is_told_once() {
        let cause = || anyhow::anyhow!("connection refused");
        let cases = [
            (cause(), "connection refused"),
            (cause().context("deploying"), "deploying: connection refused"),
            (cause().context("deploying: connection refused"), "deploying: connection refused"),
        ];
        for (error, expected) in cases {
            assert_eq!(told(&error), expected);
        }
    }

    #[test]
    fn a_problem_without_a_place_is_shown_as_well() {
        let shown = render(&Renderer::plain(), &Diagnostic::new("APL0002", "no such scenario"), None);
        assert!(shown.contains("error[APL0002]: no such scenario"), "{shown}");
    }
}
