//! Kubernetes versions: <https://learn.microsoft.com/azure/aks/supported-kubernetes-versions>.
//!
//! **Differs from Azure:** the version is a label; what runs is the sandbox's own Kubernetes.

use arm::ErrorResponse;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::engine::{Answer, Call};

/// Minor versions with their newest patch, sorted.
const VERSIONS: &[(&str, &str)] =
    &[("1.31", "1.31.13"), ("1.32", "1.32.9"), ("1.33", "1.33.5"), ("1.34", "1.34.1")];

/// The minor version of a cluster that asks for none.
pub const DEFAULT: &str = "1.34";

/// The patch version that a request for `1.34` or `1.34.0` gets; `None` if the minor version is not supported.
pub fn resolve(wanted: &str) -> Option<String> {
    let wanted = wanted.trim_start_matches('v');
    let minor: String = wanted.split('.').take(2).collect::<Vec<_>>().join(".");
    let (_, newest) = VERSIONS.iter().find(|(known, _)| *known == minor)?;
    let patch = wanted.split('.').nth(2);
    match patch {
        None => Some((*newest).to_owned()),
        Some(patch) => patch.parse::<u32>().is_ok().then(|| wanted.to_owned()),
    }
}

/// A version as something to compare.
pub fn order(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

/// What a version can be upgraded to: newer patches of its minor version, and the next minor version.
pub fn upgrades(from: &str) -> Vec<&'static str> {
    let from = order(from);
    let minor = |version: &[u32]| version.get(1).copied().unwrap_or_default();
    let newer = |version: &&'static str| {
        let version = order(version);
        version > from && minor(&version) <= minor(&from).saturating_add(1)
    };
    VERSIONS.iter().map(|(_, patch)| *patch).filter(newer).collect()
}

/// The versions that are not newer than one.
pub fn up_to(version: &str) -> impl Iterator<Item = &'static str> {
    let most = order(version);
    VERSIONS.iter().map(|(_, patch)| *patch).filter(move |patch| order(patch) <= most)
}

/// The versions that there are.
pub fn supported() -> String {
    VERSIONS.iter().map(|(minor, _)| *minor).collect::<Vec<_>>().join(", ")
}

/// The versions of a region.
#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
pub fn list(_: &Emulator, _: &Call) -> Result<Answer, ErrorResponse> {
    let values: Vec<Value> = VERSIONS
        .iter()
        .map(|(minor, patch)| {
            json!({
                "version": minor,
                "isDefault": *minor == DEFAULT,
                "isPreview": null,
                "capabilities": {"supportPlan": ["KubernetesOfficial"]},
                "patchVersions": {*patch: {"upgrades": []}},
            })
        })
        .collect();
    Ok(Answer::json(200, json!({"values": values})))
}
