//! A folder of policies: documents, fragments, and the named values that they refer to, where it says what they are.
//!
//! Folders as `APIOps` writes them say by their names what a document is for: `apis/{api}/policy.xml`,
//! `apis/{api}/operations/{operation}/policy.xml`, `products/{product}/policy.xml`, `policyFragments/{fragment}/…`.

use std::collections::HashSet;

use apim::{Fragment, NamedValue, PolicyDocument, PolicyFormat};
use diagnostic::{Diagnostic, Position};

use crate::document::examine::{Around, Examined, Kind, examine};
use crate::document::expression::begins;
use crate::document::{Attribute, Element, Library, Setting, codes, visit};
use crate::pipeline::ScopeKind;
use crate::policies::backend_id::{NAMES, not_found};
use crate::policies::{self, GatewayKind};

/// A policy text with its name.
#[derive(Debug, Clone)]
pub struct File {
    /// The path.
    pub name: String,
    /// The text.
    pub text: String,
}

/// What policies may refer to.
#[derive(Debug)]
pub struct Project {
    fragments: Vec<Fragment>,
    named_values: Vec<NamedValue>,
    unknown: HashSet<String>,
    backends: Vec<String>,
    gateway: GatewayKind,
}

/// What there is to say about a file.
#[derive(Debug)]
pub struct Checked {
    /// The file.
    pub name: String,
    /// What is wrong, and what is worth knowing.
    pub problems: Vec<Diagnostic>,
}

impl Project {
    /// What these files define.
    pub fn new(files: &[File], gateway: GatewayKind) -> Self {
        let mut project = Self {
            fragments: Vec::new(),
            named_values: Vec::new(),
            unknown: HashSet::new(),
            backends: Vec::new(),
            gateway,
        };
        for file in files {
            if is_named_value(&file.name) {
                project.named_value(&file.text);
            } else if is_data(&file.name) {
                project.backends.extend(backend_name(&file.name));
            } else if let Some(name) = fragment_name(file) {
                project.fragments.push(Fragment { name, document: document(file) });
            }
        }
        project
    }

    /// Checks a file as Azure does when it is saved, and says what is worth knowing besides. Nothing is said about files
    /// that hold no policy.
    pub fn check(&self, file: &File) -> Checked {
        let name = file.name.clone();
        if is_data(&file.name) {
            return Checked { name, problems: Vec::new() };
        }
        let mut problems = self.examine(file, Around::Strict).found;
        problems.retain(|problem| problem.source == file.name && !self.is_known(file, problem));
        problems.extend(self.beyond(file));
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.bytes.start));
        problems.dedup();
        Checked { name, problems }
    }

    /// Examines a file at the scope that its folder says, or at the first one that its policies are for.
    pub fn examine(&self, file: &File, around: Around) -> Examined {
        let document = document(file);
        let library =
            Library { fragments: &self.fragments, named_values: &self.named_values, ..Library::default() };
        let at = |scope| examine(&document, Setting { scope, url_template: None, library }, around);
        if let Some(scope) = scope_of(&file.name) {
            return at(scope);
        }
        let fits = |examined: &Examined| examined.found.iter().all(|problem| problem.code != codes::SCOPE);
        let first = at(ScopeKind::Api);
        if fits(&first) {
            return first;
        }
        let others = [ScopeKind::Product, ScopeKind::Global, ScopeKind::Operation];
        others.into_iter().map(at).find(fits).unwrap_or(first)
    }

    /// The problem is about a named value whose value is kept elsewhere, or about a backend, which the compiler does not
    /// know the folder's of.
    fn is_known(&self, file: &File, problem: &Diagnostic) -> bool {
        if problem.code == codes::BACKEND {
            return true;
        }
        let Some(span) = &problem.span else { return false };
        let written = file.text.get(span.bytes.clone()).unwrap_or_default();
        let name = written.trim_start_matches('{').split('}').next().unwrap_or_default();
        problem.code == codes::NAMED_VALUE && self.unknown.contains(name)
    }

    fn named_value(&mut self, text: &str) {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return };
        let property = |name: &str| value.get("properties").unwrap_or(&value).get(name)?.as_str();
        let Some(name) = property("displayName") else { return };
        match property("value") {
            Some(value) => {
                self.named_values.push(NamedValue {
                    name: name.to_owned(),
                    value: apim::Secret::new(value),
                    secret: false,
                });
            }
            None => drop(self.unknown.insert(name.to_owned())),
        }
    }

    /// Policies that the chosen kind of gateway does not have, which are an error where they cannot be saved, and backends
    /// that the folder does not have.
    fn beyond(&self, file: &File) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        visit(&file.text, PolicyFormat::RawXml, |element| {
            let row = policies::find(&element.name).filter(|row| !row.gateways.contains(&self.gateway));
            if let Some(row) = row {
                let message =
                    format!("the {} does not have the policy `{}`", self.gateway.as_str(), row.name);
                let mut problem = Diagnostic::new(codes::GATEWAY, message);
                if self.gateway != GatewayKind::Consumption {
                    problem = problem.warning();
                }
                found.push(problem.at(&file.text, element.name_span.clone()).of(&file.name));
            }
            found.extend(NAMES.iter().filter_map(|name| self.unknown_backend(file, element, name)));
        });
        found
    }

    fn unknown_backend(&self, file: &File, element: &Element, name: &str) -> Option<Diagnostic> {
        let attribute = element.attributes.iter().find(|attribute| attribute.name == name)?;
        let Attribute { value, value_span, .. } = attribute;
        let known = self.backends.iter().any(|known| known.eq_ignore_ascii_case(value.trim()));
        if self.backends.is_empty() || known || begins(value) || value.contains("{{") {
            return None;
        }
        let Position { line, column } = Position::of(&file.text, element.name_span.start);
        let message = format!(
            "Error in element '{}' on line {line}, column {column}: {}",
            element.name,
            not_found(value)
        );
        let problem = Diagnostic::new(codes::BACKEND, message).at(&file.text, value_span.clone());
        Some(problem.of(&file.name).help(format!("the folder has: {}", self.backends.join(", "))))
    }
}

/// The text as a document: one that is XML is read as either format would be.
fn document(file: &File) -> PolicyDocument {
    PolicyDocument { path: file.name.clone(), format: PolicyFormat::RawXml, text: file.text.clone() }
}

fn is_named_value(name: &str) -> bool {
    name.ends_with("namedValueInformation.json")
}

/// A file that says what policies may refer to, and holds none.
pub fn is_data(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".json")
}

/// The backend that a file of `backends/{backend}/` is about.
fn backend_name(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split(['/', '\\']).collect();
    match parts.as_slice() {
        [.., "backends", name, "backendInformation.json"] => Some((*name).to_owned()),
        _ => None,
    }
}

/// The name by which a fragment is included.
fn fragment_name(file: &File) -> Option<String> {
    let document = document(file);
    let setting = Setting { scope: ScopeKind::Api, url_template: None, library: Library::default() };
    let root = file.text.contains("<fragment").then(|| examine(&document, setting, Around::Strict))?;
    let parts: Vec<&str> = file.name.split(['/', '\\']).collect();
    let folder = parts.iter().rev().skip_while(|part| **part != "policyFragments").count();
    let named = match parts.get(folder..) {
        Some([folder, _]) if folder_is_given(&parts) => Some(*folder),
        _ => parts.last().map(|last| last.split("__").last().unwrap_or(last)),
    };
    let name = named?.trim_end_matches(".xml").trim_end_matches(".policy");
    (root.kind == Some(Kind::Fragment)).then(|| name.to_owned())
}

fn folder_is_given(parts: &[&str]) -> bool {
    parts.contains(&"policyFragments")
}

/// The scope that the folders of a document say.
fn scope_of(name: &str) -> Option<ScopeKind> {
    let parts: Vec<&str> = name.split(['/', '\\']).collect();
    match parts.as_slice() {
        [.., "operations", _, "policy.xml"] => Some(ScopeKind::Operation),
        [.., "apis", _, "policy.xml"] => Some(ScopeKind::Api),
        [.., "products", _, "policy.xml"] => Some(ScopeKind::Product),
        _ => None,
    }
}
