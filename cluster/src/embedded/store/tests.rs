//! Versions, history, finalizers and durability of the store.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use aks::Write;
use serde_json::json;

use super::*;

/// Storage in memory that can be told to fail.
#[derive(Default)]
pub struct Memory {
    pub kept: Mutex<BTreeMap<(String, String), Vec<u8>>>,
    pub broken: AtomicBool,
}

impl Storage for Memory {
    fn load(&self, cluster: &str) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
        let kept = self.kept.lock().expect("lock");
        let own = kept.iter().filter(|((of, _), _)| of == cluster);
        Ok(own.map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }

    fn commit(&self, writes: Vec<Write>) -> Pin<Box<dyn Future<Output = Result<(), StorageError>> + Send>> {
        if self.broken.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(StorageError("disk full".into()))));
        }
        let mut kept = self.kept.lock().expect("lock");
        for write in writes {
            match write.value {
                Some(value) => kept.insert((write.cluster, write.key), value),
                None => kept.remove(&(write.cluster, write.key)),
            };
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn clear(&self, cluster: &str) -> Result<(), StorageError> {
        self.kept.lock().expect("lock").retain(|(of, _), _| of != cluster);
        Ok(())
    }
}

fn open(storage: &Arc<Memory>) -> Arc<Store> {
    let clock = sim::Clock::manual(sim::Timestamp::from_unix_seconds(1_764_027_151));
    let storage = Arc::clone(storage) as Arc<dyn Storage>;
    Store::open("/clusters/a", storage, clock, sim::Ids::sequence()).expect("the store opens")
}

fn pod(name: &str) -> Object {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
           "spec": {"nodeName": ""}})
}

#[test]
fn a_new_object_gets_what_the_server_owns() {
    let store = open(&Arc::default());
    let made = store.create("pods", pod("a")).expect("created");
    assert_eq!(made["metadata"]["creationTimestamp"], "2025-11-24T23:32:31Z");
    assert_eq!(made["metadata"]["generation"], 1);
    assert_eq!(made["metadata"]["resourceVersion"], "2");
    assert!(made["metadata"]["uid"].as_str().is_some_and(|uid| uid.len() == 36));
    assert!(matches!(store.create("pods", pod("a")), Err(StoreError::AlreadyExists { .. })));
    let mut nameless = pod("");
    nameless["metadata"]["generateName"] = "web-".into();
    let names: Vec<String> = (0..3)
        .map(|_| {
            let made = store.create("pods", nameless.clone()).expect("created");
            made["metadata"]["name"].as_str().expect("a name").to_owned()
        })
        .collect();
    assert!(names.iter().all(|name| name.len() == 9 && name.starts_with("web-")), "{names:?}");
}

#[test]
fn an_update_counts_generations_and_writes_nothing_for_nothing() {
    let store = open(&Arc::default());
    store.create("pods", pod("a")).expect("created");
    let before = store.version();
    store.update("pods", "default", "a", |_| ()).expect("nothing");
    assert_eq!(store.version(), before);
    let spec = store.update("pods", "default", "a", |pod| pod["spec"]["nodeName"] = "n".into());
    assert_eq!(spec.expect("updated")["metadata"]["generation"], 2);
    let status = store.update("pods", "default", "a", |pod| {
        pod["status"] = json!({"phase": "Running"});
        pod["metadata"]["uid"] = "other".into();
    });
    let status = status.expect("updated");
    assert_eq!(status["metadata"]["generation"], 2);
    assert_ne!(status["metadata"]["uid"], "other", "the identity stays");
    assert!(matches!(store.update("pods", "default", "b", |_| ()), Err(StoreError::NotFound { .. })));
}

#[test]
fn deletion_waits_for_pods_and_finalizers() {
    let store = open(&Arc::default());
    store.create("pods", pod("a")).expect("created");
    let marked = store.delete("pods", "default", "a").expect("deleted").expect("it stays");
    assert_eq!(marked["metadata"]["deletionGracePeriodSeconds"], 30);
    assert_eq!(marked["metadata"]["deletionTimestamp"], "2025-11-24T23:33:01Z");
    store.remove("pods", "default", "a");
    assert!(store.get("pods", "default", "a").is_none());

    let map = json!({"metadata": {"name": "m", "namespace": "default", "finalizers": ["example.com/f"]}});
    store.create("configmaps", map).expect("created");
    assert!(store.delete("configmaps", "default", "m").expect("deleted").is_some());
    store
        .update("configmaps", "default", "m", |map| map["metadata"]["finalizers"] = json!([]))
        .expect("updated");
    assert!(store.get("configmaps", "default", "m").is_none());

    let namespace = json!({"metadata": {"name": "n"}, "spec": {"finalizers": ["kubernetes"]}});
    store.create("namespaces", namespace).expect("created");
    let marked = store.delete("namespaces", "", "n").expect("deleted").expect("it stays");
    assert_eq!(marked["status"]["phase"], "Terminating");
    store.remove("namespaces", "", "n");
    assert!(store.get("namespaces", "", "n").is_none());
}

#[test]
fn changes_are_told_in_order_until_the_history_ends() {
    let store = open(&Arc::default());
    let start = store.version();
    store.create("pods", pod("a")).expect("created");
    store.delete_after(("pods", "default", "a"), Some(0)).expect("deleted");
    let kinds: Vec<ChangeKind> =
        store.changes_after(start).expect("history").iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Added, ChangeKind::Deleted]);
    store.create("pods", pod("b")).expect("created");
    for turn in 0..HISTORY {
        store.update("pods", "default", "b", |pod| pod["spec"]["turn"] = turn.into()).expect("updated");
    }
    assert!(store.changes_after(start).is_err());
    assert_eq!(store.changes_after(store.version()).map(|changes| changes.len()), Ok(0));
}

#[tokio::test]
async fn objects_and_versions_survive_a_restart() {
    let storage = Arc::<Memory>::default();
    let store = open(&storage);
    store.create("pods", pod("a")).expect("created");
    store.create("pods", pod("b")).expect("created");
    store.delete_after(("pods", "default", "b"), Some(0)).expect("deleted");
    store.durable().await.expect("on disk");
    let before = store.version();
    drop(store);
    let store = open(&storage);
    assert!(store.version() > before);
    assert_eq!(store.list("pods", Some("default")).0.len(), 1);
    assert!(store.changes_after(before).is_err(), "a watch from before has to list again");
}

#[tokio::test]
async fn a_failed_write_is_told_and_made_good_by_the_next_one() {
    let storage = Arc::<Memory>::default();
    let store = open(&storage);
    storage.broken.store(true, Ordering::Relaxed);
    store.create("pods", pod("a")).expect("created in memory");
    assert!(store.durable().await.is_err());
    storage.broken.store(false, Ordering::Relaxed);
    store.create("pods", pod("b")).expect("created");
    store.durable().await.expect("on disk");
    assert_eq!(open(&storage).list("pods", None).0.len(), 2);
}
