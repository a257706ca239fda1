//! What a scenario file must mean to be deployable: one file per block, each a list of questions to the document.
//!
//! Everything found is reported at once, each with its place, a code and a hint. What only Azure can know (quotas,
//! names that somebody else has) is not asked here.

mod api_management;
mod checks;
mod cluster;
mod kubernetes;
mod lessons;
mod names;
mod network;
mod probe;
mod role_assignments;
mod steps;

use std::collections::BTreeSet;

use diagnostic::Diagnostic;

use crate::assets::Assets;
use crate::findings::Findings;
use crate::model::{Document, Text};
use crate::template::{ServiceName, Template};
use crate::{codes, compile, suggest};

/// One block's questions.
type Row = fn(&World, &mut Findings);

const ROWS: &[Row] = &[
    names::check,
    network::check,
    cluster::check,
    role_assignments::check,
    kubernetes::check,
    api_management::check,
    steps::check,
    checks::check,
    lessons::check,
];

/// What the questions are asked about.
struct World<'s> {
    document: &'s Document,
    /// Keys of everything that will exist.
    keys: BTreeSet<String>,
    /// Services of type `LoadBalancer` in the Kubernetes YAML files, of lessons too.
    balanced: BTreeSet<ServiceName>,
    /// Every Kubernetes YAML file could be read, so what is not in `balanced` does not exist.
    files_read: bool,
}

/// Finds what is wrong with a scenario.
pub(crate) fn check(document: &Document, assets: &Assets, findings: &mut Findings) {
    let nodes = compile::nodes(document, assets, "00000000-0000-0000-0000-000000000000");
    // An assignment with a mistake makes no node; the mistake is reported, not everything that names it.
    let assignments = document.role_assignments.iter().map(|role| format!("roleAssignment/{}", *role.name));
    let world = World {
        document,
        keys: nodes.into_iter().map(|node| node.key).chain(assignments).collect(),
        balanced: kubernetes::load_balancers(assets),
        files_read: kubernetes::all_read(document, assets),
    };
    for row in ROWS {
        row(&world, findings);
    }
}

impl World<'_> {
    /// The key `wanted` is that of something that will exist.
    fn known_key(&self, wanted: &Text, findings: &mut Findings) {
        let known = match wanted.strip_suffix('*') {
            Some(prefix) => self.keys.iter().any(|key| key.starts_with(prefix)),
            None => self.keys.contains(wanted.as_str()),
        };
        let unread = !self.files_read && wanted.starts_with("kubernetes/");
        if !known && !unread {
            let problem = Diagnostic::new(
                codes::MISSING_REFERENCE,
                format!("nothing in this file has the key `{}`", **wanted),
            )
            .help(suggest::did_you_mean(wanted, self.keys.iter().map(String::as_str)));
            findings.add(wanted, problem);
        }
    }

    /// The text's placeholders name Services with an address.
    fn known_services(&self, text: &Text, findings: &mut Findings) {
        let template = match Template::parse(text) {
            Ok(template) => template,
            Err(reason) => {
                let problem = Diagnostic::new(codes::INVALID_PLACEHOLDER, reason)
                    .help("write `{service/NAMESPACE/NAME}` for the address of a Kubernetes Service");
                return findings.add(text, problem);
            }
        };
        if !self.files_read {
            return;
        }
        for service in template.services().filter(|service| !self.balanced.contains(service)) {
            let message =
                format!("no Kubernetes file has a Service of type LoadBalancer `{}`", service.key());
            let known: Vec<String> = self.balanced.iter().map(ServiceName::key).collect();
            let help = suggest::did_you_mean(&service.key(), known.iter().map(String::as_str));
            findings.add(text, Diagnostic::new(codes::MISSING_REFERENCE, message).help(help));
        }
    }

    /// A block that `needed_by` cannot do without.
    fn needs(&self, block: &str, at: &Text, needed_by: &str, findings: &mut Findings) {
        let there = match block {
            "network" => self.document.network.is_some(),
            "identity" => self.document.identity.is_some(),
            "cluster" => self.document.cluster.is_some(),
            _ => true,
        };
        if !there {
            let problem =
                Diagnostic::new(codes::MISSING_BLOCK, format!("{needed_by} needs the block `{block}`"))
                    .help(format!("add `{block}:` to the file"));
            findings.add(at, problem);
        }
    }

    /// The subnet is one of the network's.
    fn known_subnet(&self, wanted: &Text, findings: &mut Findings) {
        let Some(network) = &self.document.network else {
            return self.needs("network", wanted, "a subnet", findings);
        };
        let names = || network.subnets.iter().map(|subnet| subnet.name.as_str());
        if !names().any(|name| name.eq_ignore_ascii_case(wanted)) {
            let message = format!("the network has no subnet `{}`", **wanted);
            let problem = Diagnostic::new(codes::MISSING_REFERENCE, message)
                .help(suggest::did_you_mean(wanted, names()));
            findings.add(wanted, problem);
        }
    }
}

/// Names that must not occur twice, compared as Azure does: without letter case.
fn unique<'t>(what: &str, names: impl IntoIterator<Item = &'t Text>, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.to_lowercase()) {
            let problem =
                Diagnostic::new(codes::DUPLICATE_NAME, format!("there are two {what} `{}`", **name))
                    .help("give one of them another name");
            findings.add(name, problem);
        }
    }
}
