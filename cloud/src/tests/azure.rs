//! A server that plays Azure: Resource Manager, Graph, and a cluster, as far as the tests go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azure_types::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::server::{Reply, SUBSCRIPTION, Seen, Server};
use crate::node::{ArmMethod, Node, NodeKind};

/// Contributor.
const ROLE: &str = "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c";
pub(super) const CANARY: &str = "canary-secret-text";

/// What there is.
#[derive(Default)]
pub(super) struct World {
    pub(super) resources: BTreeMap<String, Value>,
    pub(super) applications: Vec<Value>,
    pub(super) principals: Vec<Value>,
    pub(super) objects: BTreeMap<String, Value>,
    /// How often a new principal is not known yet.
    pub(super) replication: usize,
    /// How often a Service is looked at before it has its address.
    pub(super) looks: usize,
    /// The warning about every Service.
    pub(super) warning: Option<String>,
    /// How many polls an operation takes.
    pub(super) polls: usize,
    /// Running operations: resource and polls left.
    operations: BTreeMap<String, (String, usize)>,
    ids: usize,
    /// What requests have that Azure's types of their resources do not allow.
    wrong: Vec<String>,
}

/// The server and what it holds.
pub(super) struct Azure {
    pub(super) server: Server,
    world: Arc<Mutex<World>>,
}

impl Azure {
    pub(super) async fn start() -> Self {
        let world = Arc::new(Mutex::new(World { polls: 2, ..World::default() }));
        let shared = world.clone();
        let server = Server::start(move |seen| locked(&shared).answer(seen)).await;
        Self { server, world }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.world)
    }

    /// The writes so far, as `METHOD path`.
    pub(super) fn writes(&self) -> Vec<String> {
        let is_write = |line: &String| {
            !line.starts_with("GET")
                && !line.starts_with("HEAD")
                && !line.ends_with("listClusterUserCredential")
        };
        self.server.requests().into_iter().filter(is_write).collect()
    }
}

impl Drop for Azure {
    fn drop(&mut self) {
        let wrong = std::mem::take(&mut self.world().wrong);
        assert!(wrong.is_empty() || std::thread::panicking(), "not as Azure's types:\n{}", wrong.join("\n"));
    }
}

impl World {
    fn answer(&mut self, seen: &Seen) -> Reply {
        let origin = format!("http://{}", seen.headers["host"].to_str().unwrap());
        match seen.path.as_str() {
            path if path.starts_with("/v1.0/") => self.graph(seen),
            path if path.starts_with("/k8s/") => self.cluster(seen),
            path if path.starts_with("/operations/") => self.operation(path),
            _ => self.arm(seen, &origin),
        }
    }

    fn arm(&mut self, seen: &Seen, origin: &str) -> Reply {
        assert!(seen.query.contains("api-version="), "{seen:?}");
        let id = seen.path.to_lowercase();
        match seen.method.as_str() {
            "GET" => match self.resources.get(&id) {
                Some(resource) => Reply::new(200, resource.clone()),
                None => not_found(),
            },
            "HEAD" => Reply::new(if self.resources.contains_key(&id) { 204 } else { 404 }, Value::Null),
            "POST" => {
                let config = json!({
                    "current-context": "c",
                    "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
                    "clusters": [{"name": "k", "cluster": {"server": format!("{origin}/k8s")}}],
                    "users": [{"name": "u", "user": {"token": "cluster-token"}}],
                });
                Reply::new(
                    200,
                    json!({"kubeconfigs": [{"name": "c", "value": STANDARD.encode(config.to_string())}]}),
                )
            }
            "DELETE" => {
                self.resources.retain(|key, _| key != &id && !key.starts_with(&format!("{id}/")));
                Reply::new(202, Value::Null).header("location", self.begin(&id, origin))
            }
            method => self.write(seen, method, (&id, origin)),
        }
    }

    fn write(&mut self, seen: &Seen, method: &str, (id, origin): (&str, &str)) -> Reply {
        let (path, query) = (seen.path.as_str(), seen.query.as_str());
        self.wrong.extend(azure_types::check_request(Request { method, path, query }, &seen.body));
        if let Some(principal) = seen.body.pointer("/properties/principalId") {
            if self.principals.iter().all(|known| &known["id"] != principal) {
                let message = "Principal is an application; its service principal is another one.";
                return Reply::new(400, json!({"error": {"code": "PrincipalNotFound", "message": message}}));
            }
            if self.replication > 0 {
                self.replication -= 1;
                return Reply::new(
                    400,
                    json!({"error": {"code": "PrincipalNotFound", "message": "not there"}}),
                );
            }
        }
        let status = if self.resources.contains_key(id) { 200 } else { 201 };
        let mut resource = json!({"id": seen.path});
        if method == "PATCH" {
            match self.resources.get(id) {
                Some(there) => resource = there.clone(),
                None => return not_found(),
            }
        }
        merge(&mut resource, &seen.body);
        if let Some(profile) = resource.pointer_mut("/properties/servicePrincipalProfile") {
            assert_eq!(profile["secret"], CANARY);
            profile.as_object_mut().unwrap().remove("secret");
        }
        let is_long = id.ends_with("/managedclusters/c") || id.ends_with("/service/a");
        let state = if is_long { "Updating" } else { "Succeeded" };
        merge(&mut resource, &json!({"properties": {"provisioningState": state}}));
        self.resources.insert(id.to_owned(), resource.clone());
        let reply = Reply::new(status, resource);
        if is_long { reply.header("azure-asyncoperation", self.begin(id, origin)) } else { reply }
    }

    /// All operations end, and later ones are short.
    pub(super) fn finish(&mut self) {
        self.polls = 2;
        for (_, left) in self.operations.values_mut() {
            *left = 1;
        }
    }

    fn begin(&mut self, id: &str, origin: &str) -> String {
        self.ids += 1;
        let path = format!("/operations/{}", self.ids);
        self.operations.insert(path.clone(), (id.to_owned(), self.polls));
        format!("{origin}{path}?sig=1")
    }

    fn operation(&mut self, path: &str) -> Reply {
        let Some((id, left)) = self.operations.get_mut(path) else { return not_found() };
        if *left > 0 {
            *left -= 1;
            return Reply::new(202, json!({"status": "InProgress"}));
        }
        if let Some(resource) = self.resources.get_mut(id.as_str()) {
            resource["properties"]["provisioningState"] = "Succeeded".into();
        }
        Reply::new(200, json!({"status": "Succeeded"}))
    }

    fn graph(&mut self, seen: &Seen) -> Reply {
        let parts: Vec<&str> = seen.path.trim_start_matches("/v1.0/").split('/').collect();
        self.ids += 1;
        let fresh = |kind: &str| format!("{kind}-{}", self.ids);
        let collection =
            if parts[0] == "applications" { &mut self.applications } else { &mut self.principals };
        match (seen.method.as_str(), parts.as_slice()) {
            ("GET", [_]) => {
                let (_, filter) = form_urlencoded::parse(seen.query.as_bytes()).next().expect("a filter");
                let (key, value) = filter.split_once(" eq ").expect("an equation");
                let value = value.trim_matches('\'').replace("''", "'");
                let found: Vec<&Value> =
                    collection.iter().filter(|object| object[key] == value.as_str()).collect();
                Reply::new(200, json!({"value": found}))
            }
            ("POST", [_]) => {
                let mut object = json!({"id": fresh("object"), "passwordCredentials": []});
                if parts[0] == "applications" {
                    object["appId"] = fresh("app").into();
                }
                merge(&mut object, &seen.body);
                collection.push(object.clone());
                Reply::new(201, object)
            }
            ("POST", [_, id, "addPassword"]) => {
                let mut password = json!({"keyId": fresh("key")});
                merge(&mut password, &seen.body["passwordCredential"]);
                let owner = collection.iter_mut().find(|object| object["id"] == *id).expect("the owner");
                owner["passwordCredentials"].as_array_mut().unwrap().push(password.clone());
                password["secretText"] = CANARY.into();
                Reply::new(200, password)
            }
            ("POST", [_, id, "removePassword"]) => {
                let owner = collection.iter_mut().find(|object| object["id"] == *id).expect("the owner");
                let passwords = owner["passwordCredentials"].as_array_mut().unwrap();
                passwords.retain(|password| password["keyId"] != seen.body["keyId"]);
                Reply::new(204, Value::Null)
            }
            ("DELETE", [_, id]) => {
                collection.retain(|object| object["id"] != *id);
                Reply::new(204, Value::Null)
            }
            _ => Reply::new(400, json!({"error": {"code": "Request_BadRequest", "message": "?"}})),
        }
    }

    fn cluster(&mut self, seen: &Seen) -> Reply {
        assert_eq!(seen.headers["authorization"], "Bearer cluster-token");
        if seen.path.ends_with("/events") {
            let event = |message: &String| {
                json!({
                    "type": "Warning", "reason": "SyncLoadBalancerFailed", "message": message,
                    "involvedObject": {"kind": "Service", "name": "web"},
                })
            };
            return Reply::new(200, json!({"items": self.warning.iter().map(event).collect::<Vec<_>>()}));
        }
        match seen.method.as_str() {
            "PATCH" => {
                assert_eq!(seen.headers["content-type"], "application/apply-patch+yaml");
                assert_eq!(seen.query, "fieldManager=apimlab&force=true");
                let object = self.objects.entry(seen.path.clone()).or_default();
                merge(object, &seen.body);
                Reply::new(200, object.clone())
            }
            _ => match self.objects.get_mut(&seen.path) {
                Some(object) => {
                    // The load balancer is there when somebody looks again.
                    let shown = object.clone();
                    self.looks = self.looks.saturating_sub(1);
                    if object["kind"] == "Service" && self.looks == 0 {
                        merge(
                            object,
                            &json!({"status": {"loadBalancer": {"ingress": [{"ip": "10.10.1.5"}]}}}),
                        );
                    }
                    Reply::new(200, shown)
                }
                None => Reply::new(404, json!({"kind": "Status", "message": "not found"})),
            },
        }
    }
}

fn not_found() -> Reply {
    Reply::new(404, json!({"error": {"code": "ResourceNotFound", "message": "not found"}}))
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, Value::Object(_)) => {
            *into = json!({});
            merge(into, from);
        }
        (into, from) => *into = from.clone(),
    }
}

fn locked(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn group_id() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg")
}

pub(super) fn provider(path: &str) -> String {
    format!("{}/providers/{path}", group_id())
}

pub(super) fn node(key: &str, kind: NodeKind) -> Node {
    Node {
        key: key.to_owned(),
        title: format!("the {key}"),
        kind,
        depends: Vec::new(),
        minutes: 1,
        monthly_usd: None,
        cost_note: None,
    }
}

pub(super) fn resource(key: &str, id: String, body: Value) -> Node {
    node(
        key,
        NodeKind::Arm {
            id,
            api_version: "2024-05-01".to_owned(),
            body,
            method: ArmMethod::Put,
            if_match_any: key.starts_with("api"),
            read_only: Vec::new(),
        },
    )
}

/// A small system with one of everything, in no useful order.
pub(super) fn system() -> Vec<Node> {
    let service = provider("Microsoft.ApiManagement/service/a");
    let mut join =
        resource("apim/join", service.clone(), json!({"properties": {"virtualNetworkType": "External"}}));
    join.depends = vec!["api/x".to_owned()];
    if let NodeKind::Arm { method, if_match_any, .. } = &mut join.kind {
        (*method, *if_match_any) = (ArmMethod::Patch, false);
    }
    vec![
        join,
        resource(
            "api/x",
            format!("{service}/apis/x"),
            json!({"properties": {
                "path": "x",
                "serviceUrl": {"$format": "http://{}", "args": [{"$ref": "service/default/web.address"}]},
            }}),
        ),
        resource("product/x", format!("{service}/products/p/apis/x"), json!({})),
        node(
            "kubernetes/Service/default/web",
            NodeKind::KubernetesObject {
                cluster: "cluster".to_owned(),
                object: json!({
                    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
                    "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
                }),
            },
        ),
        resource(
            "cluster",
            provider("Microsoft.ContainerService/managedClusters/c"),
            json!({"location": "West US 2", "properties": {"servicePrincipalProfile": {
                "clientId": {"$ref": "app.appId"},
                "secret": {"$secret": "password.secretText"},
            }}}),
        ),
        resource(
            "role",
            provider("Microsoft.Authorization/roleAssignments/r"),
            json!({"properties": {"principalId": {"$ref": "sp.objectId"}, "roleDefinitionId": ROLE}}),
        ),
        node("password", NodeKind::Password { owner: "app".to_owned(), display_name: "cluster".to_owned() }),
        node("sp", NodeKind::ServicePrincipal { application: "app".to_owned() }),
        node("app", NodeKind::Application { display_name: "o'app".to_owned() }),
        resource(
            "apim",
            service,
            json!({"location": "westus2", "sku": {"name": "Developer", "capacity": 1},
                "properties": {"publisherName": "N", "publisherEmail": "n@example.com"}}),
        ),
        resource("group", group_id(), json!({"location": "westus2", "tags": {"apimlab-scenario": "test"}})),
    ]
}
