//! Environment files.

use crate::{CredentialSource, Environment, Error};

fn load(text: &str) -> Result<Environment, Error> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("prod.yaml");
    std::fs::write(&path, text).expect("a file");
    Environment::load(&path).map(|mut environment| {
        // The rest of the test need not know where the file was.
        environment.ca_file = environment
            .ca_file
            .map(|file| file.strip_prefix(directory.path()).expect("beside the file").to_owned());
        environment
    })
}

const YAML: &str = "
name: stand-in
resourceManager: https://127.0.0.1:8443
audience: https://management.azure.com
authority: https://127.0.0.1:8443
graph: https://127.0.0.1:8443
graphAudience: https://graph.microsoft.com
tenantId: 22222222-2222-2222-2222-222222222222
subscriptionId: 11111111-1111-1111-1111-111111111111
caFile: ca.pem
credential:
  clientSecret:
    clientId: 33333333-3333-3333-3333-333333333333
    clientSecret: canary
";

#[test]
fn yaml_and_json_are_read_and_secrets_are_not_printed() {
    let environment = load(YAML).expect("an environment");
    assert_eq!(environment.name, "stand-in");
    assert_eq!(environment.ca_file.as_deref(), Some(std::path::Path::new("ca.pem")));
    assert!(matches!(environment.credential, Some(CredentialSource::ClientSecret { .. })));
    assert!(!format!("{environment:?}").contains("canary"));
    let json = serde_json::to_string(&Environment { ca_file: None, ..environment }).expect("json");
    assert_eq!(load(&json).expect("an environment").subscription_id, super::server::SUBSCRIPTION);
    let cli = format!("{}credential: azureCli\n", YAML.split("credential:").next().expect("a part"));
    assert!(matches!(load(&cli).expect("an environment").credential, Some(CredentialSource::AzureCli)));
}

#[test]
fn a_broken_file_is_refused_with_its_place() {
    let cases = [
        (YAML.replace("caFile", "caFiel"), "prod.yaml:10:1: "),
        ("name: [".to_owned(), "prod.yaml:1:"),
        ("name: x\n".to_owned(), "resourceManager"),
        (YAML.replace("stand-in", "{a: b}"), "prod.yaml:2:7"),
    ];
    for (text, expected) in cases {
        let error = load(&text).expect_err("refused").to_string();
        assert!(error.contains(expected), "{expected} in {error}");
        assert!(!error.contains("canary"), "{error}");
    }
    assert!(matches!(Environment::load(std::path::Path::new("/nowhere/x.yaml")), Err(Error::File { .. })));
}
