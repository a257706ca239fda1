//! `apimlab policy eval '@(…)'`: what an expression says about a request that is given by flags or a file.

use std::path::{Path, PathBuf};

use sandbox::authoring::{self, Evaluated, Given};
use serde::Deserialize;
use serde_json::json;

use super::files;
use crate::args::Output;
use crate::commands::Context;
use crate::exit::{Exit, Failure};

/// What `policy eval` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The expression: `@(…)`, `@{ … }`, or what is between; `-` reads it from the standard input
    expression: String,
    /// A file with the request as JSON: method, url, headers, body, variables, response {status, headers, body}
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// The method
    #[arg(long)]
    method: Option<String>,
    /// The URL that was called
    #[arg(long)]
    url: Option<String>,
    /// A header of the request
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The body of the request
    #[arg(long)]
    body: Option<String>,
    /// A variable, a text
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// The status of the answer; without it there is no answer yet
    #[arg(long)]
    status: Option<u16>,
    /// A header of the answer
    #[arg(long = "response-header", value_name = "NAME: VALUE", value_parser = header, requires = "status")]
    response_headers: Vec<(String, String)>,
    /// The body of the answer
    #[arg(long, requires = "status")]
    response_body: Option<String>,
    /// How to print the value
    #[arg(short, long, default_value = "table")]
    output: Output,
}

/// A request in a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Request {
    method: Option<String>,
    url: Option<String>,
    headers: std::collections::BTreeMap<String, String>,
    body: String,
    variables: std::collections::BTreeMap<String, String>,
    response: Option<Answer>,
}

/// An answer in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

/// Evaluates.
pub fn exec(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let given = given(args)?;
    let expression = match args.expression.as_str() {
        "-" => files::text(Path::new("-"))?,
        expression => expression.to_owned(),
    };
    match authoring::evaluate(&expression, &given, &context.clock) {
        Err(problems) => {
            for problem in problems {
                context.report.diagnostic(&problem.of("expression"), Some(expression.trim()));
            }
            Ok(Exit::BadInput)
        }
        Ok(Evaluated::Failed(exception)) => {
            match args.output {
                Output::Json => context.report.json("PolicyEvaluation", &json!({ "exception": exception })),
                Output::Table => context.report.say(&exception),
            }
            Ok(Exit::Wrong)
        }
        Ok(Evaluated::Value(ty, value)) => {
            match args.output {
                Output::Json => {
                    context.report.json("PolicyEvaluation", &json!({ "type": ty, "value": value }));
                }
                Output::Table => {
                    context.report.data(value.as_deref().unwrap_or("null"));
                    context.report.say(&format!("({ty})"));
                }
            }
            Ok(Exit::Done)
        }
    }
}

fn given(args: &Args) -> anyhow::Result<Given> {
    let file = match &args.request {
        None => Request::default(),
        Some(path) => {
            let text = files::text(path)?;
            serde_json::from_str(&text).map_err(|error| {
                Failure::new(Exit::BadInput, format!("{} is no request: {error}", path.display()))
            })?
        }
    };
    let answer = file.response;
    let (status, answer_headers, answer_body) = match answer {
        None => (None, Vec::new(), String::new()),
        Some(answer) => (Some(answer.status), answer.headers.into_iter().collect(), answer.body),
    };
    let both = |from: Vec<(String, String)>, more: &[(String, String)]| {
        from.into_iter().chain(more.iter().cloned()).collect::<Vec<_>>()
    };
    Ok(Given {
        method: args.method.clone().or(file.method).unwrap_or_default(),
        url: args.url.clone().or(file.url).unwrap_or_default(),
        headers: both(file.headers.into_iter().collect(), &args.headers),
        body: args.body.clone().unwrap_or(file.body),
        variables: both(file.variables.into_iter().collect(), &args.variables),
        status: args.status.or(status),
        response_headers: both(answer_headers, &args.response_headers),
        response_body: args.response_body.clone().unwrap_or(answer_body),
    })
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a header is written `name: value`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a variable is written `name=value`")?;
    Ok((name.to_owned(), value.to_owned()))
}
