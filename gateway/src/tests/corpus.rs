//! Real policy documents, where they are there to be read: how far each gets, and what there is
//! to say about it.

use std::path::{Path, PathBuf};

use crate::authoring::{self, File, GatewayKind, Project};

/// The documents that Azure refuses too, and why.
const REFUSED: &[(&str, &str)] = &[
    (
        "examples__Call-out-to-an-HTTP-endpoint-and-cache-the-response.policy.xml",
        "a program that writes XML has been over it: `\"latlong=\"\"\"` is no C#, and a string goes over the end of a line",
    ),
    (
        "examples__DELETE-a-from-to-blobStorage-account.xml",
        "`MatchedParameters(…)`: the property is called like a method",
    ),
    ("examples__Extract-value-from-XML.xml", "`XmlReader` is not on the list of allowed types"),
    (
        "examples__GET-a-file-from-blobStorage-account.xml",
        "`MatchedParameters(…)`: the property is called like a method",
    ),
    (
        "examples__Get-OAuth2-access-token-from-AAD-using-client-id-and-certificate-using-key-vault-manage-identity.xml",
        "`{{cachetime}]` is no named value, and no number",
    ),
    (
        "examples__Loopback-request-for-service-at-same-API-Management-service.xml",
        "a program that writes XML has been over it: `\"…Key=\"\"\"` is no C#",
    ),
    (
        "examples__PUT-a-file-to-blobStorage-account.xml",
        "`MatchedParameters(…)`: the property is called like a method",
    ),
    (
        "examples__Pre-authorize-requests-based-on-HTTP-method-with-validate-jwt.policy.xml",
        "a program that writes XML has been over it: `\"patch=\"\"\"` is no C#",
    ),
    (
        "examples__Return-a-blob-URL-signed-with-a-user-delegation-SAS-token.xml",
        "`AddSeconds` of a text; `XmlDocument` is not on the list of allowed types",
    ),
    (
        "samples__load-balancing__apim-policies__aca-backend-pool-load-balancing-with-retry-tracked.xml",
        "texts in single quotes, which C# has for characters",
    ),
];

#[test]
fn real_documents_get_through_or_say_what_is_missing() {
    let files = files();
    if files.is_empty() {
        eprintln!("skipped: there are no documents");
        return;
    }
    let counts = authoring::count(&files);
    eprintln!("{counts:#?}");
    assert_eq!(counts.documents, files.len());
    assert_eq!((counts.scanned, counts.parsed), (counts.documents, counts.documents));
    assert!(counts.expressions_bound * 100 >= counts.expressions * 97);
    let refused: Vec<&str> =
        counts.refused.iter().map(|(name, _)| name.rsplit('/').next().unwrap_or(name)).collect();
    for name in &refused {
        assert!(
            REFUSED.iter().any(|(listed, _)| listed == name),
            "{name} is refused, and not listed with a reason"
        );
    }
    assert!(REFUSED.iter().all(|(_, reason)| !reason.is_empty()));
    assert_eq!(counts.compiled + refused.len(), counts.documents);
    for (name, problems) in &counts.refused {
        assert!(problems.iter().all(|problem| problem.span.is_some()), "{name}: {problems:#?}");
    }
}

#[test]
fn advice_is_given_with_a_place_and_a_way_out() {
    let files = files();
    let project = Project::new(&files, GatewayKind::SelfHosted);
    for file in &files {
        for problem in project.check(file).problems {
            assert!(problem.span.is_some(), "{problem}");
            assert!(problem.is_error() || problem.help.is_some() || problem.code == "APL0425", "{problem}");
        }
    }
}

/// The documents, if they are there.
pub fn files() -> Vec<File> {
    let mut paths = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/policies"), &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).ok()?;
        Some(File { name: path.to_string_lossy().into_owned(), text })
    };
    paths.iter().filter_map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
