//! Merging into a user's file, and leaving it as it was.

use std::fs;
use std::time::Duration;

use sim::{Clock, Timestamp};

use super::*;

const ADMIN: &str = "apiVersion: v1
kind: Config
clusters:
- name: c
  cluster:
    certificate-authority-data: Q0E=
    server: https://c-control-plane:6443
users:
- name: kubernetes-admin
  user:
    client-certificate-data: Q0VSVA==
    client-key-data: S0VZ
";
const OTHERS: &str = "apiVersion: v1
kind: Config
clusters:
- name: prod
  cluster: {server: 'https://prod'}
users:
- name: me
  user: {token: '0123'}
contexts:
- name: prod
  context: {cluster: prod, user: me}
current-context: prod
";

fn credentials() -> Credentials {
    Credentials::read("c-control-plane", ADMIN).expect("credentials")
}

fn read(path: &std::path::Path) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(path).expect("a file")).expect("YAML")
}

#[test]
fn the_kubeconfig_has_the_asked_for_names_and_server() {
    let names = Names { cluster: "myaks".to_owned(), user: "u".to_owned(), context: "myaks".to_owned() };
    let text = credentials().kubeconfig(&names, "https://127.0.0.1:4711").expect("a kubeconfig");
    let config: Value = serde_saphyr::from_str(&text).expect("YAML");
    assert_eq!(config["clusters"][0]["cluster"]["server"], "https://127.0.0.1:4711");
    assert_eq!(config["clusters"][0]["cluster"]["certificate-authority-data"], "Q0E=");
    assert_eq!(config["contexts"][0]["context"]["user"], "u");
    assert_eq!(config["users"][0]["user"]["client-key-data"], "S0VZ");
    assert_eq!(config["current-context"], "myaks");
}

#[test]
fn a_file_without_certificates_is_refused() {
    for text in ["kind: Config\n", "clusters: 7\n", "- a\n", ": :"] {
        assert!(Credentials::read("n", text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn what_was_merged_is_removed_without_a_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    for before in [None, Some(OTHERS)] {
        let path = folder.path().join("deep/config");
        drop(fs::remove_file(&path));
        if let Some(text) = before {
            fs::write(&path, text).expect("a file");
        }
        let file = File::new(&path, &Clock::system());
        for server in ["https://127.0.0.1:1", "https://127.0.0.1:2"] {
            file.merge("c", &credentials(), server).await.expect("merged");
            let merged = read(&path);
            assert_eq!(merged["current-context"], "kind-c");
            let clusters = merged["clusters"].as_array().expect("a list");
            assert_eq!(clusters.len(), 1 + usize::from(before.is_some()));
            assert_eq!(clusters.last().expect("ours")["cluster"]["server"], server);
        }
        file.remove("other").await.expect("nothing to remove");
        file.remove("c").await.expect("removed");
        match before {
            None => assert!(!path.exists()),
            Some(text) => assert_eq!(read(&path), serde_saphyr::from_str::<Value>(text).expect("YAML")),
        }
        file.remove("c").await.expect("nothing to remove");
        assert!(!folder.path().join("deep/config.lock").exists());
    }
}

#[tokio::test]
async fn a_file_that_is_no_kubeconfig_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    for text in ["- a\n- b\n", "clusters: 7\n", "a: [\n"] {
        fs::write(&path, text).expect("a file");
        let merged = File::new(&path, &Clock::system()).merge("c", &credentials(), "https://x").await;
        assert!(merged.is_err(), "{text}");
        assert_eq!(fs::read_to_string(&path).expect("the file"), text);
    }
}

#[tokio::test]
async fn a_lock_is_respected_until_it_is_stale() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let lock = folder.path().join("config.lock");
    fs::write(&lock, "").expect("a lock");
    let made = fs::metadata(&lock).and_then(|lock| lock.modified()).expect("a time");
    let clock = Clock::manual(Timestamp::from(made));
    let merging = tokio::spawn({
        let file = File::new(&path, &clock);
        async move { file.merge("c", &credentials(), "https://x").await }
    });
    for _ in 0..200 {
        clock.advance(Duration::from_millis(50));
        tokio::task::yield_now().await;
    }
    let error = merging.await.expect("it ends").expect_err("locked").to_string();
    assert!(error.contains("config.lock"), "{error}");
    let later = Clock::manual(Timestamp::from(made).after(Duration::from_secs(61)));
    File::new(&path, &later).merge("c", &credentials(), "https://x").await.expect("the lock was stale");
    assert!(path.exists() && !lock.exists());
}
