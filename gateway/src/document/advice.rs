//! What is right for Azure and probably wrong for its author: each piece of advice has a code, a place and a way out.

use std::sync::LazyLock;

use diagnostic::Diagnostic;
use fancy_regex::Regex;

use super::examine::Kind;
use super::source::Source;
use super::{Attribute, Element, Setting, codes, expression};
use crate::pipeline::{ScopeKind, Section};

/// Attributes and headers that hold secrets.
const SECRETS: &[&str] =
    &["authorization", "ocp-apim-subscription-key", "x-functions-key", "api-key", "x-api-key", "password"];

/// A body that is read and not kept.
static CONSUMPTION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(CONSUMING).ok());

/// The same as a pattern.
const CONSUMING: &str = r"context\.(Request|Response)\.Body\??\.(As<[^()]*>\(\s*\)|As<[^()]*>\(\s*(preserveContent:\s*)?false\s*\)|AsFormUrlEncodedContent\(\s*\))";

/// What is worth knowing about a document.
pub fn advice(root: &Element, source: &Source<'_>, about: (Kind, Setting<'_>)) -> Vec<Diagnostic> {
    let (kind, setting) = about;
    let mut advisor = Advisor { source, found: Vec::new() };
    advisor.element(root);
    if kind == Kind::Document && !matches!(setting.scope, ScopeKind::Global | ScopeKind::Resolver) {
        advisor.bases(root);
    }
    advisor.found
}

struct Advisor<'a> {
    source: &'a Source<'a>,
    found: Vec<Diagnostic>,
}

impl Advisor<'_> {
    fn element(&mut self, element: &Element) {
        for attribute in &element.attributes {
            self.expression(element, &attribute.value, attribute.value_span.start);
        }
        for text in element.texts() {
            let blanks = text.value.len() - text.value.trim_start().len();
            self.expression(element, text.value.trim_start(), text.span.start + blanks);
        }
        self.secrets(element);
        if element.name == "choose" {
            self.branches(element);
        }
        for child in element.elements() {
            self.element(child);
        }
    }

    fn expression(&mut self, element: &Element, value: &str, start: usize) {
        if !expression::begins(value) {
            return;
        }
        let place = |found: &fancy_regex::Match<'_>| {
            // Places in an expression with entities are near, not exact.
            start + found.start()..start + found.end()
        };
        let consumption = CONSUMPTION.as_ref().and_then(|rule| rule.find(value).ok().flatten());
        if let Some(span) = consumption.as_ref().map(place).filter(|_| element.name != "set-body") {
            let message = "this consumes the body: whatever reads it later, the backend or the client included, gets nothing";
            self.warn(codes::CONSUMED, span, message, "pass `preserveContent: true`, or set the body anew");
        }
    }

    /// Branches behind one that always runs, branches that never do, and conditions that were asked before.
    fn branches(&mut self, choose: &Element) {
        let mut asked: Vec<&str> = Vec::new();
        let mut always = false;
        for branch in choose.elements() {
            let condition = branch.attributes.iter().find(|attribute| attribute.name == "condition");
            let text = condition.map_or("", |condition| condition.value.trim());
            let why = match constant(text) {
                _ if always => "a branch before it always runs",
                Some(false) => "its condition is always false",
                None if !text.is_empty() && asked.contains(&text) => {
                    "a branch before it has the same condition"
                }
                _ => "",
            };
            if !why.is_empty() {
                let message = format!("this branch never runs: {why}");
                self.warn(
                    codes::UNREACHABLE,
                    branch.name_span.clone(),
                    &message,
                    "remove it, or change its condition",
                );
            }
            always |= constant(text) == Some(true);
            asked.push(text);
        }
    }

    fn bases(&mut self, root: &Element) {
        for section in Section::ALL {
            let name = section.as_str();
            let (span, what) = match root.elements().find(|element| element.name == name) {
                None => (root.name_span.clone(), format!("there is no `{name}` section")),
                Some(found) if found.elements().all(|element| element.name != "base") => {
                    (found.name_span.clone(), format!("the section `{name}` has no `<base />`"))
                }
                Some(_) => continue,
            };
            let message = format!("{what}, so what broader scopes say there does not apply");
            self.warn(codes::NO_BASE, span, &message, "add `<base />` where their policies should run");
        }
    }

    fn secrets(&mut self, element: &Element) {
        let clear = |text: &str| {
            let text = text.trim();
            !text.is_empty() && !text.contains("{{") && !expression::begins(text)
        };
        let is_secret = |name: &str| SECRETS.iter().any(|secret| name.trim().eq_ignore_ascii_case(secret));
        let attribute = |known: &&Attribute| is_secret(&known.name) && clear(&known.value);
        let mut spans: Vec<_> =
            element.attributes.iter().filter(attribute).map(|found| found.value_span.clone()).collect();
        let named = element.attribute("name").is_some_and(is_secret);
        let holds = match element.name.as_str() {
            "set-header" | "set-query-parameter" => named,
            "issuer-signing-keys" | "decryption-keys" => true,
            _ => false,
        };
        for child in element.elements().filter(|_| holds) {
            let texts = child.texts().filter(|text| clear(&text.value));
            spans.extend(texts.map(|text| {
                let blanks = text.value.len() - text.value.trim_start().len();
                text.span.start + blanks..text.span.end
            }));
        }
        for span in spans {
            // A value that a named value put there is not in the author's text.
            if self.source.as_written(&span).contains("{{") {
                continue;
            }
            let message = "a secret stands here in clear: everybody who may read the policy sees it";
            self.warn(
                codes::CLEAR_SECRET,
                span,
                message,
                "put it into a secret named value and write `{{name}}`",
            );
        }
    }

    fn warn(&mut self, code: &'static str, span: std::ops::Range<usize>, message: &str, help: &str) {
        self.found.push(self.source.problem(code, &span, message.to_owned()).help(help).warning());
    }
}

/// The value of a condition that is the same for all requests.
fn constant(condition: &str) -> Option<bool> {
    let inner = condition.strip_prefix("@(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(condition);
    match inner.trim() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}
