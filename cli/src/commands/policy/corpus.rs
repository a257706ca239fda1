//! `apimlab policy corpus DIR`: how many documents of a folder the sandbox can run, and what is missing for the others.

use std::path::PathBuf;

use sandbox::authoring::{self, Counts};
use serde_json::{Value, json};

use super::files;
use super::lint::problem;
use crate::args::Output;
use crate::commands::Context;
use crate::exit::Exit;

/// What `policy corpus` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How to print the counts
    #[arg(short, long, default_value = "table")]
    output: Output,
}

/// Counts.
pub fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let files = files::read(std::slice::from_ref(&args.folder))?;
    let counts = authoring::count(&files);
    match args.output {
        Output::Json => context.report.data(&format!("{:#}", data(&counts))),
        Output::Table => table(&counts, context),
    }
    Ok(Exit::Done)
}

fn data(counts: &Counts) -> Value {
    let missing = counts.missing.iter().map(
        |missing| json!({ "feature": missing.feature, "uses": missing.uses, "documents": missing.documents }),
    );
    let refused = counts.refused.iter().map(|(name, problems)| {
        json!({ "document": name, "problems": problems.iter().map(problem).collect::<Vec<_>>() })
    });
    json!({
        "documents": counts.documents,
        "scanned": counts.scanned,
        "parsed": counts.parsed,
        "compiled": counts.compiled,
        "expressions": counts.expressions,
        "expressionsParsed": counts.expressions_parsed,
        "expressionsBound": counts.expressions_bound,
        "missing": missing.collect::<Vec<_>>(),
        "unresolved": counts.unresolved,
        "refused": refused.collect::<Vec<_>>(),
    })
}

fn table(counts: &Counts, context: &Context) {
    let of = |count: usize, all: usize| {
        let share = if all == 0 { 100.0 } else { ratio(count, all) };
        format!("{count} ({share:.1} %)")
    };
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let documents = counts.documents;
    context.report.table(&[
        row("documents", documents.to_string()),
        row("scanned", of(counts.scanned, documents)),
        row("parsed", of(counts.parsed, documents)),
        row("compiled", of(counts.compiled, documents)),
        row("expressions", counts.expressions.to_string()),
        row("expressions parsed", of(counts.expressions_parsed, counts.expressions)),
        row("expressions bound", of(counts.expressions_bound, counts.expressions)),
    ]);
    for (kind, count) in &counts.unresolved {
        context.report.data(&format!("not in the folder: {count} uses of {kind}"));
    }
    if counts.missing.is_empty() {
        return;
    }
    let header = ["USES", "DOCUMENTS", "MISSING"].map(str::to_owned).to_vec();
    let rows = counts.missing.iter().map(|missing| {
        vec![missing.uses.to_string(), missing.documents.to_string(), missing.feature.clone()]
    });
    context.report.table(&std::iter::once(header).chain(rows).collect::<Vec<_>>());
}

#[expect(clippy::cast_precision_loss, reason = "counts of documents are small")]
fn ratio(count: usize, all: usize) -> f64 {
    100.0 * count as f64 / all as f64
}
