//! `apimlab policy explain API[/OPERATION]`: the effective policy as the running sandbox has it, each element with the
//! scope and the document that it comes from.

use serde::Deserialize;

use crate::args::Output;
use crate::commands::Context;
use crate::daemon;
use crate::exit::Exit;

/// What `policy explain` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The API, or the API and one of its operations
    #[arg(value_name = "API[/OPERATION]")]
    operation: String,
    /// The product that requests come through [default: none]
    #[arg(long)]
    product: Option<String>,
    /// How to print it
    #[arg(short, long, default_value = "table")]
    output: Output,
}

/// An element of the policy.
#[derive(Debug, Deserialize)]
struct Element {
    section: String,
    scope: String,
    document: String,
    line: usize,
    column: usize,
    text: String,
}

/// Prints.
pub async fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let (api, operation) = match args.operation.split_once('/') {
        Some((api, operation)) => (api, Some(operation)),
        None => (args.operation.as_str(), None),
    };
    let mut wanted = vec![("api", api)];
    wanted.extend(operation.map(|operation| ("operation", operation)));
    wanted.extend(args.product.as_deref().map(|product| ("product", product)));
    let policy = running.admin.policy(&wanted).await?;
    match args.output {
        Output::Json => context.report.json("EffectivePolicy", &policy),
        Output::Table => context.report.data(&text(&serde_json::from_value::<Vec<Element>>(policy)?)),
    }
    Ok(Exit::Done)
}

/// The policy as a document, with a comment wherever the document changes.
fn text(elements: &[Element]) -> String {
    let sections = ["inbound", "backend", "outbound", "on-error"].map(|section| {
        let within = elements.iter().filter(|element| element.section == section).map(placed);
        match within.collect::<String>().as_str() {
            "" => format!("    <{section} />\n"),
            within => format!("    <{section}>\n{within}    </{section}>\n"),
        }
    });
    format!("<policies>\n{}</policies>\n", sections.concat())
}

fn placed(element: &Element) -> String {
    let Element { scope, document, line, column, text, .. } = element;
    let place = if document.is_empty() { "Azure's own" } else { document };
    format!("        <!-- {scope}: {place}:{line}:{column} -->\n        {text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_element_says_where_it_comes_from() {
        let element = Element {
            section: "inbound".to_owned(),
            scope: "api".to_owned(),
            document: "/apis/a/policies/policy".to_owned(),
            line: 3,
            column: 10,
            text: "<set-method>GET</set-method>".to_owned(),
        };
        let text = text(&[element]);
        assert!(
            text.contains(
                "        <!-- api: /apis/a/policies/policy:3:10 -->\n        <set-method>GET</set-method>\n"
            ),
            "{text}"
        );
        assert!(text.contains("    <outbound />\n"), "{text}");
    }
}
