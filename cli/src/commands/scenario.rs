//! `apimlab scenario list|show|schema`: what there is to deploy, and how to write more.

use scenarios::Scenario;
use serde_json::json;

use super::Context;
use crate::args::Output;
use crate::exit::Exit;

/// What `scenario` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the scenarios that come with the program
    List {
        /// How to print them
        #[arg(short, long, default_value = "table")]
        output: Output,
    },
    /// Tell what a scenario builds, step by step
    Show {
        /// A scenario of the catalog, or a scenario file or its folder
        name: String,
        /// How to print it
        #[arg(short, long, default_value = "table")]
        output: Output,
    },
    /// Print the JSON Schema of scenario files
    Schema,
}

/// Prints.
pub fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    match &args.what {
        What::List { output } => list(*output, context),
        What::Show { name, output } => show(&scenarios::load(name)?, *output, context),
        What::Schema => context.report.data(&format!("{:#}", scenarios::schema())),
    }
    Ok(Exit::Done)
}

fn list(output: Output, context: &Context) {
    let catalog = scenarios::catalog();
    match output {
        Output::Json => context.report.json("ScenarioList", &catalog),
        Output::Table => {
            let rows = catalog.into_iter().map(|entry| vec![entry.id, entry.title]);
            let header = vec!["ID".to_owned(), "TITLE".to_owned()];
            context.report.table(&std::iter::once(header).chain(rows).collect::<Vec<_>>());
        }
    }
}

fn show(scenario: &Scenario, output: Output, context: &Context) {
    if output == Output::Json {
        let steps: Vec<_> = scenario
            .steps()
            .iter()
            .map(|step| json!({ "title": step.title, "narration": step.narration }))
            .collect();
        let checks: Vec<_> = scenario
            .checks()
            .iter()
            .map(|check| json!({ "id": check.id.to_string(), "title": check.title }))
            .collect();
        let shown = json!({
            "name": scenario.name(), "title": scenario.title(), "summary": scenario.summary(),
            "location": scenario.location(), "resourceGroup": scenario.resource_group(),
            "steps": steps, "checks": checks,
        });
        return context.report.json("Scenario", &shown);
    }
    context.report.data(&text(scenario).join("\n"));
}

fn text(scenario: &Scenario) -> Vec<String> {
    let mut lines =
        vec![scenario.title().to_owned(), String::new(), scenario.summary().trim().to_owned(), String::new()];
    for (number, step) in scenario.steps().iter().enumerate() {
        lines.push(format!("{}. {}", number + 1, step.title));
        lines.extend(step.narration.trim().lines().map(|line| format!("   {line}")));
        lines.push(String::new());
    }
    lines.push("Checks".to_owned());
    lines.extend(scenario.checks().iter().map(|check| format!("  {}", check.title)));
    lines
}
