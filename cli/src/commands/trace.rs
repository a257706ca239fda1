//! `apimlab trace`: sends a request and shows what the policies did to it, or shows an earlier trace.

use std::fmt::Write;

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::{Context, curl};
use crate::admin::Admin;
use crate::args::Output;
use crate::daemon;
use crate::exit::{Exit, Failure};

/// Asks the gateway for a trace.
const ASK: HeaderName = HeaderName::from_static("apimlab-trace");

/// Says which trace it is.
const TRACE_ID: &str = "apim-trace-id";

/// What `trace` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show this trace instead of sending a request; `latest` for the newest
    #[arg(long, value_name = "ID", conflicts_with = "url", required_unless_present = "url")]
    pub id: Option<String>,
    /// Where the request starts: `internet`, or a subnet by name or ARM id
    #[arg(long, value_name = "PLACE", default_value = "internet")]
    pub from: String,
    /// The method [default: GET, with -d POST]
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub method: Option<Method>,
    /// A header, `Name: value`; may be repeated
    #[arg(short = 'H', long = "header", value_name = "HEADER", value_parser = curl::header)]
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body
    #[arg(short, long, value_name = "DATA")]
    pub data: Option<String>,
    /// Show policies that did not run as well
    #[arg(short, long)]
    pub all: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
    /// The URL at the gateway; a path alone is one of the only service
    pub url: Option<String>,
}

/// Sends and prints.
pub async fn exec(args: Args, context: &Context) -> anyhow::Result<Exit> {
    let running = daemon::expect(&context.config).await?;
    let id = match (&args.id, &args.url) {
        (Some(id), _) => id.clone(),
        (None, url) => {
            let url = whole(url.as_deref().unwrap_or_default(), &running.admin).await?;
            let request = request(&args, url);
            let answer = curl::send(&request, context, &running).await?;
            let id = answer.headers().get(TRACE_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
            let status = answer.status();
            id.ok_or_else(|| {
                let message = format!("the answer is {status} and has no trace");
                Failure::new(Exit::Wrong, message).help("the URL must be one of an API Management service")
            })?
        }
    };
    let trace = running.admin.trace(&id).await?;
    match args.output {
        Output::Json => context.report.json("Trace", &trace),
        Output::Table => context.report.data(&tree(&trace, args.all)),
    }
    Ok(Exit::Done)
}

/// The URL of a path, where there is one service to mean.
async fn whole(url: &str, admin: &Admin) -> anyhow::Result<String> {
    if !url.starts_with('/') {
        return Ok(url.to_owned());
    }
    let status = admin.status().await?;
    match status.services.as_slice() {
        [service] => Ok(format!("http://{}{url}", service.host_names.first().map_or("", String::as_str))),
        services => {
            let message = format!("`{url}` is a path, and there are {} services here", services.len());
            Err(Failure::new(Exit::Usage, message).help("give the whole URL").into())
        }
    }
}

fn request(args: &Args, url: String) -> curl::Args {
    let mut headers = args.headers.clone();
    headers.push((ASK, HeaderValue::from_static("1")));
    let (from, method, data) = (args.from.clone(), args.method.clone(), args.data.clone());
    curl::Args { from, include: false, method, headers, data, silent: true, max_time: 300, url }
}

/// The trace for people.
fn tree(trace: &Value, all: bool) -> String {
    let mut tree = Tree { text: String::new(), all, document: String::new() };
    let [method, url, id] = ["method", "url", "id"].map(|name| text(&trace[name]));
    tree.line(0, &format!("{method} {url} → {} in {}", trace["status"], duration(&trace["microseconds"])));
    tree.line(0, &format!("trace {id}"));
    let known = ["api", "revision", "operation", "product", "subscription"].into_iter();
    let known = known.filter(|name| !trace[name].is_null());
    let known: Vec<String> = known.map(|name| format!("{name} {}", text(&trace[name]))).collect();
    tree.line(0, &known.join(", "));
    let mut section = "";
    for policy in trace["policies"].as_array().into_iter().flatten() {
        let of = policy["section"].as_str().unwrap_or_default();
        if of != section && (all || policy["outcome"] != "skipped") {
            tree.line(0, of);
            section = of;
        }
        tree.policy(policy, 1);
    }
    if let Some(error) = trace["error"].as_str() {
        tree.line(0, &format!("error: {error}"));
    }
    tree.text
}

struct Tree {
    text: String,
    all: bool,
    /// The document of the line before.
    document: String,
}

impl Tree {
    fn line(&mut self, depth: usize, text: &str) {
        if !text.is_empty() {
            // Writing to a string does not fail.
            let _ = writeln!(self.text, "{}{text}", "  ".repeat(depth));
        }
    }

    fn policy(&mut self, policy: &Value, depth: usize) {
        let [name, outcome, scope, why, document] =
            ["policy", "outcome", "scope", "why", "document"].map(|name| text(&policy[name]));
        if outcome == "skipped" && !self.all {
            return;
        }
        let place = format!("{scope} {}:{}", policy["line"], policy["column"]);
        let place = if document == self.document { place } else { format!("{place} of {document}") };
        self.document = document;
        match outcome.as_str() {
            "skipped" => self.line(depth, &format!("- {name} ({place}) did not run: {why}")),
            "failed" => self.line(depth, &format!("✗ {name} ({place}) failed: {why}")),
            ran => {
                let took = duration(&policy["microseconds"]);
                let answered = if ran == "answered" { ", answered the request" } else { "" };
                self.line(depth, &format!("✓ {name} ({place}) {took}{answered}"));
            }
        }
        for expression in list(&policy["expressions"]) {
            self.expression(expression, depth + 1);
        }
        for branch in list(&policy["branches"]) {
            let held = match branch["held"].as_bool() {
                Some(true) => "yes",
                Some(false) => "no",
                None => "was not asked",
            };
            self.line(depth + 1, &format!("? {}: {held}", text(&branch["name"])));
            for expression in list(&branch["condition"]) {
                self.expression(expression, depth + 2);
            }
        }
        for message in list(&policy["messages"]) {
            self.line(depth + 1, &format!("\" {}", text(message)));
        }
        for change in list(&policy["changes"]) {
            let [what, before, after] = ["what", "before", "after"].map(|name| text(&change[name]));
            self.line(depth + 1, &format!("~ {what}: {before} → {after}"));
        }
        for inner in list(&policy["policies"]) {
            self.policy(inner, depth + 1);
        }
    }

    fn expression(&mut self, expression: &Value, depth: usize) {
        let value = match expression["error"].as_str() {
            Some(error) => format!("✗ {error}"),
            None => text(&expression["value"]),
        };
        self.line(depth, &format!("= {} is {value}", flat(&text(&expression["text"]))));
        for part in list(&expression["parts"]) {
            self.line(depth + 1, &format!("{} is {}", flat(&text(&part["text"])), text(&part["value"])));
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// On one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn duration(microseconds: &Value) -> String {
    let microseconds = microseconds.as_u64().unwrap_or_default();
    match microseconds {
        0..1_000 => format!("{microseconds} µs"),
        _ => format!("{}.{} ms", microseconds / 1_000, microseconds % 1_000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_trace_is_a_tree() {
        let place = |policy: &str, outcome: &str| {
            json!({"policy": policy, "outcome": outcome, "scope": "api", "section": "inbound", "line": 2,
                "column": 3, "document": "p.xml", "microseconds": 12, "why": "`when[1]` held"})
        };
        let mut choose = place("choose", "ran");
        let condition =
            json!([{"text": "@(a\n == b)", "value": "True", "parts": [{"text": "a", "value": "1"}]}]);
        choose["branches"] = json!([{"name": "when[1]", "held": true, "condition": condition}]);
        choose["policies"] = json!([place("set-method", "skipped")]);
        choose["changes"] = json!([{"what": "variables.n", "before": null, "after": "1"}]);
        let trace = json!({"method": "GET", "url": "http://x/", "status": 200, "microseconds": 1_250, "id": "i",
            "api": "a", "policies": [choose]});
        let expected = "GET http://x/ → 200 in 1.2 ms\ntrace i\napi a\ninbound\n  ✓ choose (api 2:3 of p.xml) 12 µs\n    \
            ? when[1]: yes\n      = @(a == b) is True\n        a is 1\n    ~ variables.n: (none) → 1\n";
        assert_eq!(tree(&trace, false), expected);
        let all = format!("{expected}    - set-method (api 2:3) did not run: `when[1]` held\n");
        assert_eq!(tree(&trace, true), all);
    }
}
