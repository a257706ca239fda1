//! A scenario that was read and found right.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diagnostic::Diagnostic;

use crate::assets::Assets;
use crate::findings::Findings;
use crate::model::{Check, Document, Lesson, Step};
use crate::source::{self, Files, Source};
use crate::{catalog, codes, compile, suggest, validate, yaml};

/// A scenario: what to build, how it is told, and what must be true of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(crate) document: Document,
    pub(crate) assets: Assets,
    source: Source,
}

/// What is wrong with a scenario, and the texts that the problems are in.
#[derive(Debug, thiserror::Error)]
#[error("{}", first(diagnostics))]
pub struct LoadError {
    /// The problems, in the order of the text. Never empty.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts by [`Diagnostic::source`].
    pub texts: BTreeMap<String, String>,
}

/// Reads a scenario of the catalog by its id, or a scenario file or its folder by its path.
pub fn load(reference: &str) -> Result<Scenario, LoadError> {
    let source = find(reference)
        .map_err(|problem| LoadError { diagnostics: vec![problem], texts: BTreeMap::new() })?;
    Scenario::read(source)
}

impl Scenario {
    /// Reads and checks a scenario file and the files it names.
    pub fn read(source: Source) -> Result<Self, LoadError> {
        let document: Document = match yaml::read(&source.name, &source.text) {
            Ok(document) => document,
            Err(problem) => return Err(LoadError::new(vec![problem], &source, BTreeMap::new())),
        };
        let mut findings = Findings::new(&source);
        let assets = Assets::load(&document, &source, &mut findings);
        validate::check(&document, &assets, &mut findings);
        let diagnostics = findings.into_diagnostics();
        if diagnostics.is_empty() {
            Ok(Self { document, assets, source })
        } else {
            Err(LoadError::new(diagnostics, &source, assets.texts))
        }
    }

    /// Short name; also the value of the tag `apimlab-scenario`.
    pub fn name(&self) -> &str {
        &self.document.name
    }

    /// What it is called.
    pub fn title(&self) -> &str {
        &self.document.title
    }

    /// What it builds and teaches.
    pub fn summary(&self) -> &str {
        &self.document.summary
    }

    /// The Azure region of everything in it.
    pub fn location(&self) -> &str {
        &self.document.location
    }

    /// The resource group that holds everything.
    pub fn resource_group(&self) -> &str {
        &self.document.resource_group
    }

    /// The API Management service's name, if there is one.
    pub fn api_management(&self) -> Option<&str> {
        self.document.api_management.as_ref().map(|service| service.name.as_str())
    }

    /// The managed cluster's name, if there is one.
    pub fn cluster(&self) -> Option<&str> {
        self.document.cluster.as_ref().map(|cluster| cluster.name.as_str())
    }

    /// What shall exist: ARM, Microsoft Graph and Kubernetes requests to be, in the order of the story.
    pub fn nodes(&self, subscription_id: &str) -> Vec<cloud::Node> {
        compile::nodes(&self.document, &self.assets, subscription_id)
    }

    /// Image patterns and the local commands that stand in for them in the sandbox.
    pub fn workloads(&self) -> Vec<(String, Vec<String>)> {
        self.document.workloads.clone().into_iter().collect()
    }

    /// How it is built, told step by step.
    pub fn steps(&self) -> &[Step] {
        &self.document.steps
    }

    /// What must be true of it.
    pub fn checks(&self) -> &[Check] {
        &self.document.checks
    }

    /// Failures to bring about, see and repair.
    pub fn lessons(&self) -> &[Lesson] {
        &self.document.lessons
    }

    /// The scenario file and the files beside it.
    pub const fn source(&self) -> &Source {
        &self.source
    }
}

impl LoadError {
    fn new(diagnostics: Vec<Diagnostic>, source: &Source, mut texts: BTreeMap<String, String>) -> Self {
        texts.insert(source.name.clone(), source.text.clone());
        Self { diagnostics, texts }
    }

    /// The text that `problem` is in.
    pub fn text(&self, problem: &Diagnostic) -> Option<&str> {
        self.texts.get(&problem.source).map(String::as_str)
    }
}

fn first(diagnostics: &[Diagnostic]) -> String {
    match diagnostics {
        [] => "the scenario cannot be read".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

fn find(reference: &str) -> Result<Source, Diagnostic> {
    if let Some(source) = catalog::find(reference) {
        return Ok(source);
    }
    let path = Path::new(reference);
    let file = if path.is_dir() { path.join(catalog::SCENARIO_FILE) } else { path.to_owned() };
    if !file.exists() {
        return Err(unknown(reference));
    }
    let text = source::read_file(&file).map_err(|reason| {
        Diagnostic::new(codes::MISSING_FILE, format!("cannot read `{}`: {reason}", file.display()))
            .help("give a scenario file, its folder, or an id from `apimlab scenario list`")
    })?;
    let folder = file.parent().map_or_else(PathBuf::new, Path::to_owned);
    Ok(Source { name: file.display().to_string(), text, files: Files::Folder(folder) })
}

fn unknown(reference: &str) -> Diagnostic {
    let shown: String = reference.chars().take(120).collect();
    let by_name = catalog::ids().find(|id| id.rsplit('/').next() == Some(reference));
    let help = by_name.or_else(|| suggest::nearest(reference, catalog::ids())).map_or_else(
        || {
            "`apimlab scenario list` shows the catalog; a path must lead to a scenario file or its folder"
                .to_owned()
        },
        |id| format!("did you mean `{id}`?"),
    );
    Diagnostic::new(codes::UNKNOWN_SCENARIO, format!("there is no scenario `{shown}`")).help(help)
}
