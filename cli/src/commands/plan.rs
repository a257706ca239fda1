//! `apimlab plan`: what `apply` would change.

use cloud::{Action, Change, FieldChange, Plan};
use serde_json::Value;

use super::{Context, FIRST_SCENARIO};
use crate::args::Output;
use crate::deploy;
use crate::exit::Exit;
use crate::target::TargetArgs;

/// What `plan` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A scenario of the catalog, or a scenario file or its folder
    #[arg(default_value = FIRST_SCENARIO)]
    pub scenario: String,
    /// How to print the plan; `json` includes the requests
    #[arg(short, long, default_value = "table")]
    pub output: Output,
    /// End with code 2 when something would be changed
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Where
    #[command(flatten)]
    pub target: TargetArgs,
}

/// Plans.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let scenario = scenarios::load(&args.scenario)?;
    let target = args.target.resolve(context).await?;
    let plan = cloud::plan(&target.client, &scenario.nodes(target.subscription())).await?;
    match args.output {
        Output::Json => context.report.json("Plan", &plan),
        Output::Table => {
            context.report.data(&text(&plan));
            context.report.say(&deploy::counts(&plan));
            // The sandbox costs nothing.
            let costs = if target.sandbox.is_some() { Vec::new() } else { deploy::cost_lines(&plan) };
            for line in costs {
                context.report.say(&line);
            }
        }
    }
    if plan.count(Action::Blocked) > 0 {
        return Ok(Exit::Wrong);
    }
    Ok(if args.detailed_exitcode && plan.has_changes() { Exit::Differences } else { Exit::Done })
}

fn text(plan: &Plan) -> String {
    plan.changes.iter().flat_map(lines).fold(String::new(), |all, line| all + &line + "\n")
}

fn lines(change: &Change) -> Vec<String> {
    let sign = match change.action {
        Action::Create => '+',
        Action::Update => '~',
        Action::Unchanged => '=',
        Action::Delete => '-',
        Action::Blocked => '!',
    };
    let reason = change.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let first = format!("{sign} {}{reason}", change.title);
    // What is made anew is all new; the differences are what a reader looks for.
    let fields = change.fields.iter().filter(|_| change.action == Action::Update).map(field);
    std::iter::once(first).chain(fields).collect()
}

fn field(field: &FieldChange) -> String {
    let shown = |value: &Option<Value>| match value {
        None => "(none)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    match (field.sensitive, field.known_after) {
        (true, _) => format!("    {}: (secret)", field.path),
        (false, true) => format!("    {}: {} -> (known after apply)", field.path, shown(&field.from)),
        (false, false) => format!("    {}: {} -> {}", field.path, shown(&field.from), shown(&field.to)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_is_printed_and_a_secret_is_not() {
        let difference = FieldChange {
            path: "properties.path".to_owned(),
            from: Some(json!("old")),
            to: Some(json!("canary")),
            sensitive: false,
            known_after: false,
        };
        let secret = FieldChange { sensitive: true, ..difference.clone() };
        let later = FieldChange { known_after: true, ..difference.clone() };
        assert_eq!(field(&difference), "    properties.path: old -> canary");
        assert!(!field(&secret).contains("canary"));
        assert!(field(&later).ends_with("old -> (known after apply)"));
    }
}
