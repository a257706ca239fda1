//! A stand-in for Azure, as small as the article's scenario allows: resources are what was written, a load balancer
//! needs the role, the gateway needs the virtual network. Each of these laws can be broken by name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use azure_types::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::server::{Asked, Reply, Server, start};

const PRINCIPAL: &str = "22222222-0000-0000-0000-000000000001";
const APPLICATION: &str = "22222222-0000-0000-0000-000000000002";
const CLIENT: &str = "22222222-0000-0000-0000-000000000003";
const WELCOME: &str = "<h1>Welcome to nginx!</h1>";

/// The stand-in.
pub(crate) struct Fake {
    pub(crate) server: Server,
    pub(crate) state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(crate) struct State {
    /// ARM resources by lower-case path.
    pub(crate) resources: BTreeMap<String, Value>,
    /// Kubernetes objects by path.
    pub(crate) objects: BTreeMap<String, Value>,
    directory: BTreeMap<&'static str, Value>,
    broken: BTreeSet<&'static str>,
    pods: u32,
    calls: u32,
    /// What requests have that Azure's types of their resources do not allow.
    wrong: Vec<String>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        let wrong = std::mem::take(&mut self.state().wrong);
        assert!(wrong.is_empty() || std::thread::panicking(), "not as Azure's types:\n{}", wrong.join("\n"));
    }
}

impl Fake {
    /// A stand-in in which these laws do not hold.
    pub(crate) async fn without(laws: &[&'static str]) -> Self {
        let state =
            Arc::new(Mutex::new(State { broken: laws.iter().copied().collect(), ..State::default() }));
        let shared = state.clone();
        let server = start(move |origin, asked| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            state.answer(origin, asked)
        })
        .await;
        Self { server, state }
    }

    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn holds(&self, law: &str) -> bool {
        !self.broken.contains(law)
    }

    fn answer(&mut self, origin: &str, asked: &Asked) -> Reply {
        let path = asked.uri.path();
        match asked.uri.host() {
            Some("blog-apim.azure-api.net") => self.gateway(path),
            Some(host) if host.starts_with("10.") => self.private_address(),
            _ if path.starts_with("/v1.0/") => self.graph(asked),
            _ if path.starts_with("/k8s/") => self.kubernetes(asked, &path["/k8s".len()..]),
            _ if path.ends_with("/listClusterUserCredential") => credential(origin),
            _ => self.arm(asked, &path.to_lowercase()),
        }
    }

    fn gateway(&mut self, path: &str) -> Reply {
        self.calls += 1;
        if path != "/nginx/" {
            return Reply::new(404, json!({"statusCode": 404, "message": "Resource not found"}));
        }
        let failed = !self.holds("no call is lost") && self.calls.is_multiple_of(400);
        if failed || (self.holds("the gateway needs the network") && !self.joined()) {
            return Reply::new(500, json!({"statusCode": 500, "message": "Internal server error"}));
        }
        Reply::new(200, WELCOME)
    }

    fn joined(&self) -> bool {
        let mut services = self.resources.iter().filter(|(path, _)| path.ends_with("/service/blog-apim"));
        services.any(|(_, service)| service["properties"]["virtualNetworkType"] == "External")
    }

    fn private_address(&self) -> Reply {
        if !self.holds("a private address is private") {
            return Reply::new(200, WELCOME);
        }
        let headers = vec![("x-apimlab-unreachable", "1")];
        Reply { headers, ..Reply::new(502, "10.10.1.5 is a private address") }
    }

    fn graph(&mut self, asked: &Asked) -> Reply {
        let collection = asked.uri.path().rsplit('/').next().unwrap_or_default();
        match (asked.method.as_str(), collection) {
            ("GET", collection) => {
                let found: Vec<&Value> = self.directory.get(collection).into_iter().collect();
                Reply::new(200, json!({"value": found}))
            }
            ("POST", "applications") => {
                let mut application = asked.body.clone();
                application["id"] = APPLICATION.into();
                application["appId"] = CLIENT.into();
                self.directory.insert("applications", application.clone());
                Reply::new(201, application)
            }
            ("POST", "servicePrincipals") => {
                let principal = json!({"id": PRINCIPAL, "appId": CLIENT, "passwordCredentials": []});
                self.directory.insert("servicePrincipals", principal.clone());
                Reply::new(201, principal)
            }
            ("POST", "addPassword") => {
                let name = &asked.body["passwordCredential"]["displayName"];
                let entry = json!({"displayName": name, "keyId": "k"});
                if let Some(principal) = self.directory.get_mut("servicePrincipals") {
                    principal["passwordCredentials"] = json!([entry]);
                }
                Reply::new(200, json!({"displayName": name, "keyId": "k", "secretText": "canary"}))
            }
            _ => Reply::new(501, json!({"error": {"code": "NotImplemented", "message": asked.uri.path()}})),
        }
    }

    fn arm(&mut self, asked: &Asked, path: &str) -> Reply {
        let missing =
            || Reply::new(404, json!({"error": {"code": "ResourceNotFound", "message": "no such resource"}}));
        match asked.method.as_str() {
            "GET" | "HEAD" => {
                self.resources.get(path).map_or_else(missing, |found| Reply::new(200, found.clone()))
            }
            "DELETE" => {
                let gone = self.resources.remove(path).is_some();
                Reply::new(if gone { 200 } else { 204 }, Value::Null)
            }
            "PUT" if self.is_refused(asked, path) => {
                let message = format!("Principal {} does not exist", asked.body["properties"]["principalId"]);
                Reply::new(400, json!({"error": {"code": "PrincipalNotFound", "message": message}}))
            }
            method => {
                let (path_given, query) = (asked.uri.path(), asked.uri.query().unwrap_or_default());
                let request = Request { method, path: path_given, query };
                self.wrong.extend(azure_types::check_request(request, &asked.body));
                let resource =
                    self.resources.entry(path.to_owned()).or_insert_with(|| json!({"properties": {}}));
                merge(resource, &asked.body);
                resource["id"] = asked.uri.path().into();
                resource["properties"]["provisioningState"] = "Succeeded".into();
                Reply::new(200, resource.clone())
            }
        }
    }

    fn is_refused(&self, asked: &Asked, path: &str) -> bool {
        path.contains("/roleassignments/")
            && asked.body["properties"]["principalId"] != PRINCIPAL
            && self.holds("a role is for a service principal")
    }

    fn may_balance(&self) -> bool {
        !self.holds("a load balancer needs the role")
            || self.resources.iter().any(|(path, resource)| {
                path.contains("/roleassignments/") && resource["properties"]["principalId"] == PRINCIPAL
            })
    }

    fn kubernetes(&mut self, asked: &Asked, path: &str) -> Reply {
        let missing = || Reply::new(404, json!({"kind": "Status", "code": 404, "message": "not found"}));
        self.balance();
        match asked.method.as_str() {
            "PATCH" => self.apply(path, &asked.body),
            "DELETE" => {
                let gone = self.objects.remove(path);
                self.replace_pods();
                gone.map_or_else(missing, |object| Reply::new(200, object))
            }
            _ if path.ends_with("/log") => Reply::new(200, self.log()),
            _ if path.ends_with("/events") => Reply::new(200, json!({"items": self.events()})),
            _ if path.ends_with("/pods") => {
                let prefix = format!("{path}/private-api-");
                let pods = self.objects.iter().filter(|(path, _)| path.starts_with(&prefix));
                Reply::new(200, json!({"items": pods.map(|(_, pod)| pod).collect::<Vec<_>>()}))
            }
            _ => self.objects.get(path).map_or_else(missing, |object| Reply::new(200, object.clone())),
        }
    }

    fn apply(&mut self, path: &str, object: &Value) -> Reply {
        let mut object = object.clone();
        match object["kind"].as_str() {
            Some("Deployment") => object["status"] = json!({"readyReplicas": 2, "updatedReplicas": 2}),
            Some("Pod") => {
                let exit = if self.holds("the subnet reaches the address") { 0 } else { 28 };
                let state = json!({"terminated": {"exitCode": exit}});
                object["status"] = json!({"phase": "Succeeded", "containerStatuses": [{"state": state}]});
            }
            _ => {}
        }
        self.objects.insert(path.to_owned(), object.clone());
        self.replace_pods();
        Reply::new(200, object)
    }

    fn log(&self) -> String {
        if self.holds("the subnet reaches the address") {
            format!("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n{WELCOME}")
        } else {
            "curl: (28) Connection timed out".to_owned()
        }
    }

    /// Gives Services their addresses, if the cluster may.
    fn balance(&mut self) {
        if self.may_balance() {
            for (last, (_, service)) in
                self.objects.iter_mut().filter(|(_, o)| o["kind"] == "Service").rev().enumerate()
            {
                if service.get("status").is_none() {
                    service["status"] =
                        json!({"loadBalancer": {"ingress": [{"ip": format!("10.10.1.{}", 5 + last)}]}});
                }
            }
        }
    }

    fn events(&self) -> Vec<Value> {
        let pending = self
            .objects
            .values()
            .filter(|object| object["kind"] == "Service" && object.get("status").is_none());
        let message =
            "does not have authorization to perform action 'Microsoft.Network/virtualNetworks/subnets/read'";
        pending
            .filter(|_| self.holds("a refusal is told"))
            .map(|service| {
                let about = json!({"kind": "Service", "name": service["metadata"]["name"]});
                json!({"type": "Warning", "reason": "SyncLoadBalancerFailed", "message": message, "involvedObject": about})
            })
            .collect()
    }

    /// Two Pods, each new one with an address of its own.
    fn replace_pods(&mut self) {
        let folder = "/api/v1/namespaces/default/pods/private-api-";
        while self.objects.contains_key("/apis/apps/v1/namespaces/default/deployments/private-api")
            && self.objects.keys().filter(|path| path.starts_with(folder)).count() < 2
            && (self.pods < 2 || self.holds("a Pod is replaced"))
        {
            self.pods += 1;
            let number = self.pods;
            let pod = json!({
                "metadata": {"name": format!("private-api-{number}"), "uid": number.to_string()},
                "status": {"podIP": format!("10.244.0.{number}"), "conditions": [{"type": "Ready", "status": "True"}]},
            });
            self.objects.insert(format!("{folder}{number}"), pod);
        }
    }
}

fn credential(origin: &str) -> Reply {
    let config = json!({
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": format!("{origin}/k8s")}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    });
    let value = STANDARD.encode(config.to_string());
    Reply::new(200, json!({"kubeconfigs": [{"name": "clusterUser", "value": value}]}))
}

fn merge(target: &mut Value, change: &Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(change)) => {
            for (name, value) in change {
                merge(target.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (target, change) => *target = change.clone(),
    }
}
