//! The files that a scenario file names: Kubernetes YAML and policy documents.

use std::collections::BTreeMap;

use diagnostic::Diagnostic;
use serde_json::Value;

use crate::findings::Findings;
use crate::located::Located;
use crate::model::{Document, LessonStep, Text};
use crate::source::Source;
use crate::{codes, yaml};

/// Kinds that live outside namespaces, as far as a scenario may apply them.
const CLUSTER_SCOPED: [&str; 8] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "IngressClass",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
];

/// The contents of the files that a scenario names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assets {
    /// Kubernetes objects by file.
    pub manifests: BTreeMap<String, Vec<Value>>,
    /// Policy documents by file.
    pub policies: BTreeMap<String, String>,
    /// Texts of the files that have problems, by the name used in messages.
    pub texts: BTreeMap<String, String>,
}

impl Assets {
    /// Reads the files that `document` names; what is wrong with them goes to `findings`.
    pub(crate) fn load(document: &Document, source: &Source, findings: &mut Findings) -> Self {
        let mut assets = Self::default();
        for file in manifests(document) {
            if !assets.manifests.contains_key(file.as_str()) {
                assets.load_manifest(file, source, findings);
            }
        }
        for file in policies(document) {
            match source.files.read(file) {
                Ok(text) => _ = assets.policies.insert(file.to_string(), text),
                Err(reason) => findings.add(file, missing(file, &reason)),
            }
        }
        assets
    }

    fn load_manifest(&mut self, file: &Text, source: &Source, findings: &mut Findings) {
        let text = match source.files.read(file) {
            Ok(text) => text,
            Err(reason) => return findings.add(file, missing(file, &reason)),
        };
        let problems = match yaml::read_all::<Option<Located<Value>>>(file, &text) {
            Ok(documents) => {
                let (objects, problems) = objects(file, &text, documents);
                self.manifests.insert(file.to_string(), objects);
                problems
            }
            Err(problem) => vec![problem],
        };
        for problem in problems {
            self.texts.insert(file.to_string(), text.clone());
            findings.push(problem);
        }
    }

    /// The objects of the files that the scenario deploys, in order.
    pub(crate) fn objects<'a>(&'a self, document: &'a Document) -> impl Iterator<Item = &'a Value> {
        document.kubernetes.iter().filter_map(|file| self.manifests.get(file.as_str())).flatten()
    }
}

/// The objects of a file with their namespaces, and what is wrong with them.
fn objects(file: &str, text: &str, documents: Vec<Option<Located<Value>>>) -> (Vec<Value>, Vec<Diagnostic>) {
    let (mut objects, mut problems) = (Vec::new(), Vec::new());
    for document in documents.into_iter().flatten().filter(|document| !document.is_null()) {
        match object(&document) {
            Ok(object) => objects.push(object),
            Err(problem) => problems.push(problem.at(text, document.bytes(text)).of(file)),
        }
    }
    if objects.is_empty() && problems.is_empty() {
        problems.push(invalid("the file holds no Kubernetes object").of(file));
    }
    (objects, problems)
}

fn object(document: &Value) -> Result<Value, Diagnostic> {
    let field =
        |pointer: &str| document.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let kind = field("/kind").ok_or_else(|| invalid("a Kubernetes object needs `kind`"))?;
    if field("/apiVersion").is_none() {
        return Err(invalid("a Kubernetes object needs `apiVersion`"));
    }
    if kind == "List" {
        return Err(invalid("a List is no object")
            .help("write each object as a document of its own, divided by `---`"));
    }
    if field("/metadata/name").is_none() {
        return Err(invalid("a Kubernetes object needs `metadata.name`"));
    }
    let mut object = document.clone();
    if !CLUSTER_SCOPED.contains(&kind)
        && field("/metadata/namespace").is_none()
        && let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut)
    {
        metadata.insert("namespace".to_owned(), Value::from("default"));
    }
    Ok(object)
}

fn manifests(document: &Document) -> Vec<&Text> {
    let mut files: Vec<&Text> = document.kubernetes.iter().collect();
    for lesson in &document.lessons {
        applied(&lesson.steps, &mut files);
    }
    files
}

fn applied<'d>(steps: &'d [LessonStep], files: &mut Vec<&'d Text>) {
    for step in steps {
        match step {
            LessonStep::Apply(file) => files.push(file),
            LessonStep::Load(load) => applied(&load.meanwhile, files),
            _ => {}
        }
    }
}

fn policies(document: &Document) -> Vec<&Text> {
    let Some(service) = &document.api_management else { return Vec::new() };
    let apis = service.apis.iter().flat_map(|api| {
        api.policy.iter().chain(api.operations.iter().filter_map(|operation| operation.policy.as_ref()))
    });
    apis.chain(service.products.iter().filter_map(|product| product.policy.as_ref())).collect()
}

fn missing(file: &str, reason: &str) -> Diagnostic {
    Diagnostic::new(codes::MISSING_FILE, format!("cannot read `{file}`: {reason}"))
        .help("paths are relative to the folder of the scenario file")
}

fn invalid(message: &str) -> Diagnostic {
    Diagnostic::new(codes::INVALID_MANIFEST, message)
        .help("compare with the output of `kubectl create … --dry-run=client -o yaml`")
}
