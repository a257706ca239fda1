//! The configuration as it is served: immutable, compiled, swapped as a whole.
//!
//! What did not change keeps its compiled form: services, APIs, operations. A snapshot in which one service does not
//! compile is refused as a whole, so the good one before it stays.

mod compiler;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use apim::Shared;
use diagnostic::Diagnostic;
use foldhash::HashMap;
use http::HeaderName;
use network::Place;

use crate::backend::{BackendUrl, Entities, Entity};
use crate::document::{Document, codes};
use crate::graphql::Endpoint;
use crate::pipeline::Effective;
use crate::published::{Asked, Published};
use crate::routing::Operations;
use crate::server::tunnel::Protocol;
use crate::validation::Schemas;

/// All services, compiled.
#[derive(Debug, Default)]
pub struct Compiled {
    services: Vec<Arc<Service>>,
    by_host: HashMap<String, Arc<Service>>,
}

/// A service, compiled.
pub struct Service {
    /// The model that it was compiled from.
    pub model: Shared<apim::Service>,
    /// The policy of requests that reach no API.
    pub policy: Arc<Effective>,
    /// The schemas that its policies refer to.
    pub schemas: Arc<Schemas>,
    entities: Arc<Entities>,
    global: Arc<Document>,
    products: Vec<Arc<Product>>,
    apis: Published,
    subscriptions: Arc<Subscriptions>,
}

/// Subscriptions by their keys.
type Subscriptions = HashMap<Box<[u8]>, Arc<apim::Subscription>>;

/// An API, compiled: what its model says, and what that means.
#[derive(Debug)]
pub struct Api {
    /// The model that it was compiled from.
    pub model: Shared<apim::Api>,
    /// The path without slashes at its ends.
    pub path: String,
    /// The header that carries the key.
    pub key_header: HeaderName,
    /// Where requests go, or why they cannot.
    pub backend: Option<Result<Arc<BackendUrl>, String>>,
    /// The products that hold the API.
    pub products: Vec<Arc<Product>>,
    /// The operations.
    pub operations: Arc<Operations<Operation>>,
    /// The schemas that they refer to.
    pub schemas: Arc<Schemas>,
    /// Who answers, if it is an API of GraphQL.
    pub graphql: Option<Endpoint>,
    /// The policy of requests that reach no operation.
    pub policies: Arc<Policies>,
    document: Option<Arc<Document>>,
}

/// An operation, compiled: what its model says, and its policies.
#[derive(Debug)]
pub struct Operation {
    /// The model that it was compiled from.
    pub model: Shared<apim::Operation>,
    /// Its effective policies.
    pub policies: Arc<Policies>,
    document: Option<Arc<Document>>,
}

/// A product, compiled: what its model says, and its policy.
#[derive(Debug)]
pub struct Product {
    /// The model that it was compiled from.
    pub model: apim::Product,
    document: Option<Arc<Document>>,
}

/// The effective policies of an operation: one for each product that a request may come through.
#[derive(Debug)]
pub struct Policies {
    plain: Arc<Effective>,
    by_product: Vec<(String, Arc<Effective>)>,
}

impl Compiled {
    /// Compiles a snapshot, taking from the one before and from what was checked what did not change.
    ///
    /// # Errors
    /// What is wrong in the policies, of all services.
    pub fn compile(
        snapshot: apim::Snapshot,
        before: &Self,
        checked: Option<&Arc<Service>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut compiled = Self::default();
        let mut problems = Vec::new();
        for model in snapshot.services {
            match Service::renew(&model, &before.and(checked, &model.id)) {
                Ok(service) => compiled.add(service),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(compiled) } else { Err(problems) }
    }

    /// The compiled forms of a service that there are: what was checked, and what is served.
    pub fn and(&self, checked: Option<&Arc<Service>>, id: &str) -> Vec<Arc<Service>> {
        let served = self.services.iter();
        checked.into_iter().chain(served).filter(|known| known.model.id == id).cloned().collect()
    }

    /// The service that answers on a host. Any name of this machine leads to the one service there is.
    ///
    /// **Differs from Azure:** there a host that is nobody's does not resolve, or its connection is closed; here it
    /// finds nothing and answers 404.
    pub fn service(&self, host: &str) -> Option<&Arc<Service>> {
        if let Some(service) = self.by_host.get(host) {
            return Some(service);
        }
        match self.services.as_slice() {
            [only] if is_loopback(host) || only.model.gateway == apim::GatewayKind::SelfHosted => Some(only),
            _ => None,
        }
    }

    /// All services.
    pub fn services(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.services.iter()
    }

    fn add(&mut self, service: Arc<Service>) {
        for host in &service.model.host_names {
            self.by_host.insert(host.to_ascii_lowercase(), Arc::clone(&service));
        }
        self.services.push(service);
    }
}

impl Service {
    /// The compiled form of a service: one that there is already, if its model is the same.
    ///
    /// # Errors
    /// What is wrong in its policies and URL templates.
    pub fn renew(model: &Shared<apim::Service>, before: &[Arc<Self>]) -> Result<Arc<Self>, Vec<Diagnostic>> {
        match before.iter().find(|known| known.model == *model) {
            Some(known) => Ok(Arc::clone(known)),
            None => Self::compile(model, before).map(Arc::new),
        }
    }

    /// Compiles one service. Of what there was `before`, the newest first, it takes what did not change, and keeps the
    /// circuits of what did.
    ///
    /// # Errors
    /// What is wrong in its policies and URL templates.
    pub fn compile(model: &Shared<apim::Service>, before: &[Arc<Self>]) -> Result<Self, Vec<Diagnostic>> {
        compiler::service(model, before)
    }

    /// What is wrong in its schemas of XML.
    pub fn schema_problems(&self) -> Vec<Diagnostic> {
        let own = self.schemas.xml.problems().into_iter().map(|found| (String::new(), found));
        let apis = self.apis.iter().flat_map(|api| {
            let found = api.schemas.xml.problems().into_iter();
            found.map(|found| (format!("apis/{}/", api.name), found))
        });
        let problem = |(of, (name, why)): (String, (&str, String))| {
            Diagnostic::new(codes::XML_SCHEMA, format!("the schema `{name}` cannot be used: {why}"))
                .of(format!("{of}schemas/{name}"))
        };
        own.chain(apis).map(problem).collect()
    }

    /// The API that a request is for, and what follows the API's part of its path.
    pub fn api<'p>(&self, asked: &Asked<'p>) -> Option<(&Arc<Api>, &'p str)> {
        self.apis.find(asked)
    }

    /// The current revision of the API with an identifier.
    pub fn api_named(&self, name: &str) -> Option<&Arc<Api>> {
        self.apis.iter().find(|api| api.current && api.name.eq_ignore_ascii_case(name))
    }

    /// The policy documents of all scopes.
    pub fn documents(&self) -> Vec<&apim::PolicyDocument> {
        let apim::Service { apis, products, policy, .. } = &*self.model;
        let operations =
            apis.iter().flat_map(|api| &api.operations).filter_map(|known| known.policy.as_ref());
        let resolvers = apis.iter().flat_map(|api| &api.resolvers).filter_map(|known| known.policy.as_ref());
        let apis = apis.iter().filter_map(|api| api.policy.as_ref());
        let products = products.iter().filter_map(|product| product.policy.as_ref());
        operations.chain(resolvers).chain(apis).chain(products).chain(policy).collect()
    }

    /// The subscription that a key belongs to.
    pub fn subscription(&self, key: &[u8]) -> Option<&Arc<apim::Subscription>> {
        self.subscriptions.get(key)
    }

    /// The backend with this identifier.
    pub fn backend(&self, name: &str) -> Option<&Arc<Entity>> {
        self.entities.get(name)
    }

    /// The certificate with this identifier.
    pub fn certificate(&self, name: &str) -> Option<&apim::Certificate> {
        self.model.certificates.iter().find(|known| known.name.eq_ignore_ascii_case(name.trim()))
    }

    /// From where the service reaches backends.
    pub fn place(&self) -> &Place {
        &self.model.place
    }
}

impl Api {
    /// Requests on connections of this scheme are for it; `protocol` is what the client wants to speak.
    pub fn takes(&self, scheme: apim::Scheme, protocol: Protocol) -> bool {
        let socket = if scheme == apim::Scheme::Https { apim::Scheme::Wss } else { apim::Scheme::Ws };
        self.schemes.contains(&scheme) || (protocol == Protocol::WebSocket && self.schemes.contains(&socket))
    }

    /// It is one of GraphQL that resolvers answer for.
    pub fn has_resolvers(&self) -> bool {
        matches!(self.graphql, Some(Endpoint::Resolvers(_)))
    }

    /// Its requests become WebSocket connections, or may.
    pub fn is_websocket(&self) -> bool {
        self.schemes.iter().any(|scheme| matches!(scheme, apim::Scheme::Ws | apim::Scheme::Wss))
    }
}

impl Deref for Api {
    type Target = apim::Api;

    fn deref(&self) -> &apim::Api {
        &self.model
    }
}

impl Deref for Operation {
    type Target = apim::Operation;

    fn deref(&self) -> &apim::Operation {
        &self.model
    }
}

impl Deref for Product {
    type Target = apim::Product;

    fn deref(&self) -> &apim::Product {
        &self.model
    }
}

impl Policies {
    /// The effective policy of a request that came through a product, or through none.
    pub fn of(&self, product: Option<&Product>) -> &Arc<Effective> {
        product
            .and_then(|product| self.by_product.iter().find(|(name, _)| *name == product.name))
            .map_or(&self.plain, |(_, policy)| policy)
    }

    fn join(narrow: &[Arc<Document>], products: &[Arc<Product>], global: &Document) -> Self {
        let with = |product: Option<&Arc<Document>>| {
            let chain: Vec<&Document> =
                narrow.iter().chain(product).map(AsRef::as_ref).chain([global]).collect();
            Arc::new(Effective::join(&chain))
        };
        let by_product = products
            .iter()
            .filter(|product| product.document.is_some())
            .map(|product| (product.name.clone(), with(product.document.as_ref())))
            .collect();
        Self { plain: with(None), by_product }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Keys must not show.
impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("id", &self.model.id).finish_non_exhaustive()
    }
}
