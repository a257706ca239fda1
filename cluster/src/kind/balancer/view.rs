//! What the cluster has, kept up to date by watching it.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt as _, TryStreamExt as _};
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::object::{name, namespace, text};

/// The kinds that are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The nodes, with their addresses.
    Node,
    /// The Services.
    Service,
    /// Which Pods are behind Services.
    EndpointSlice,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Node, Self::Service, Self::EndpointSlice];

    /// As requests name it.
    pub fn resource(self) -> ApiResource {
        ApiResource::from_gvk(&match self {
            Self::Node => GroupVersionKind::gvk("", "v1", "Node"),
            Self::Service => GroupVersionKind::gvk("", "v1", "Service"),
            Self::EndpointSlice => GroupVersionKind::gvk("discovery.k8s.io", "v1", "EndpointSlice"),
        })
    }
}

/// A picture of the cluster.
#[derive(Clone)]
pub struct View {
    objects: Arc<Mutex<Objects>>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Objects {
    listed: BTreeMap<Kind, BTreeMap<Key, Arc<Value>>>,
    /// What a list that is not complete yet has so far.
    arriving: BTreeMap<Kind, BTreeMap<Key, Arc<Value>>>,
}

/// Namespace and name.
type Key = (String, String);

impl View {
    /// Starts to watch; what watches ends with the returned set.
    pub fn start(client: &kube::Client) -> (Self, JoinSet<()>) {
        let view = Self { objects: Arc::default(), changed: watch::Sender::new(0) };
        let mut watching = JoinSet::new();
        for kind in Kind::ALL {
            let (view, api) = (view.clone(), Api::all_with(client.clone(), &kind.resource()));
            watching.spawn(async move { view.watch(kind, api).await });
        }
        (view, watching)
    }

    /// Notified of every change.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// All kinds have been listed.
    pub fn is_complete(&self) -> bool {
        self.with(|objects| Kind::ALL.iter().all(|kind| objects.listed.contains_key(kind)))
    }

    /// All objects of a kind, by namespace and name.
    pub fn list(&self, kind: Kind) -> Vec<Arc<Value>> {
        self.with(|objects| objects.listed.get(&kind).map(|all| all.values().cloned().collect()))
            .unwrap_or_default()
    }

    /// Takes over what the server has answered to a change, which the watch tells later.
    pub fn put(&self, kind: Kind, object: Value) {
        self.with(|objects| objects.put(kind, object));
    }

    async fn watch(&self, kind: Kind, api: Api<DynamicObject>) {
        let mut events = watcher::watcher(api, watcher::Config::default()).default_backoff().boxed();
        loop {
            match events.try_next().await {
                Ok(Some(event)) => self.event(kind, event),
                Ok(None) => return,
                // The stream goes on by itself, after a while.
                Err(error) => tracing::debug!(?kind, %error, "a watch is interrupted"),
            }
        }
    }

    fn event(&self, kind: Kind, event: Event<DynamicObject>) {
        let object = |object: DynamicObject| serde_json::to_value(object).unwrap_or_default();
        self.with(|objects| match event {
            Event::Init => drop(objects.arriving.insert(kind, BTreeMap::new())),
            Event::InitApply(one) => {
                let one = object(one);
                objects.arriving.entry(kind).or_default().insert(key(&one), Arc::new(one));
            }
            Event::InitDone => {
                let complete = objects.arriving.remove(&kind).unwrap_or_default();
                objects.listed.insert(kind, complete);
            }
            Event::Apply(one) => objects.put(kind, object(one)),
            Event::Delete(one) => {
                objects.listed.entry(kind).or_default().remove(&key(&object(one)));
            }
        });
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
    }

    fn with<T>(&self, what: impl FnOnce(&mut Objects) -> T) -> T {
        what(&mut self.objects.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Objects {
    /// Keeps what is newer: an answer to a change may be here before the watch tells of what was before it.
    fn put(&mut self, kind: Kind, object: Value) {
        let listed = self.listed.entry(kind).or_default();
        let key = key(&object);
        if listed.get(&key).is_none_or(|known| version(known) <= version(&object)) {
            listed.insert(key, Arc::new(object));
        }
    }
}

fn key(object: &Value) -> Key {
    (namespace(object).to_owned(), name(object).to_owned())
}

fn version(object: &Value) -> u64 {
    text(&object["metadata"]["resourceVersion"]).parse().unwrap_or(0)
}
