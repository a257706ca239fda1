//! The configuration as it is served: immutable, compiled, swapped as a whole.
//!
//! A service that did not change keeps its compiled form. A snapshot in which one service does not compile is
//! refused as a whole, so the good one before it stays.

use std::fmt;
use std::sync::Arc;

use diagnostic::Diagnostic;
use foldhash::HashMap;
use http::HeaderName;
use network::Place;

use crate::backend::{BackendUrl, Entities, Entity};
use crate::document::{Document, Library, Setting, Within, codes, data_source, fragment_steps};
use crate::graphql::{Endpoint, Graph};
use crate::pipeline::{Effective, ScopeKind};

use crate::published::{Asked, Published};
use crate::routing::{Operations, Template};
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
    pub model: apim::Service,
    /// The policy of requests that reach no API.
    pub policy: Arc<Effective>,
    /// The schemas that its policies refer to.
    pub schemas: Schemas,
    entities: Entities,
    apis: Published,
    subscriptions: HashMap<Box<[u8]>, Arc<apim::Subscription>>,
}

/// An API, compiled.
#[derive(Debug)]
pub struct Api {
    /// The identifier.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// What it is called with.
    pub kind: apim::ApiKind,
    /// The revision.
    pub revision: String,
    /// Requests that name no revision come to this one.
    pub current: bool,
    /// Which version it is.
    pub version: Option<apim::ApiVersion>,
    /// The path without slashes at its ends.
    pub path: String,
    /// The schemes.
    pub schemes: Vec<apim::Scheme>,
    /// The header that carries the key, in the author's spelling.
    pub key_header_text: String,
    /// The header that carries the key.
    pub key_header: HeaderName,
    /// The query parameter that carries the key.
    pub key_query: String,
    /// A key is needed unless an open product holds the API.
    pub subscription_required: bool,
    /// Where requests go, or why they cannot.
    pub backend: Option<Result<Arc<BackendUrl>, String>>,
    /// The products that hold the API.
    pub products: Vec<Arc<Product>>,
    /// The operations.
    pub operations: Operations<Operation>,
    /// The schemas that they refer to.
    pub schemas: Schemas,
    /// Who answers, if it is an API of GraphQL.
    pub graphql: Option<Endpoint>,
    /// The policy of requests that reach no operation.
    pub policies: Arc<Policies>,
}

/// An operation, compiled.
#[derive(Debug)]
pub struct Operation {
    /// The identifier.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// The method.
    pub method: String,
    /// The template of its URL, as it is written.
    pub url_template: String,
    /// What it declares of its messages.
    pub contract: apim::Contract,
    /// Its effective policies.
    pub policies: Arc<Policies>,
}

/// A product, compiled.
#[derive(Debug)]
pub struct Product {
    /// The identifier.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// A key is needed.
    pub subscription_required: bool,
    /// The publisher approves of each subscription.
    pub approval_required: bool,
    /// How many subscriptions a user may have.
    pub subscriptions_limit: Option<i32>,
    /// The groups that see it.
    pub groups: Vec<apim::Group>,
    apis: Vec<String>,
    document: Option<Document>,
}

/// The effective policies of an operation: one for each product that a request may come through.
#[derive(Debug)]
pub struct Policies {
    plain: Arc<Effective>,
    by_product: Vec<(String, Arc<Effective>)>,
}

impl Compiled {
    /// Compiles a snapshot, taking from the one before what did not change.
    ///
    /// # Errors
    /// What is wrong in the policies, of all services.
    pub fn compile(snapshot: apim::Snapshot, before: &Self) -> Result<Self, Vec<Diagnostic>> {
        let mut compiled = Self::default();
        let mut problems = Vec::new();
        for model in snapshot.services {
            let known = before.services.iter().find(|service| service.model.id == model.id);
            let service = match known {
                Some(known) if known.model == model => Ok(Arc::clone(known)),
                known => Service::compile(&model, known.map(AsRef::as_ref)).map(Arc::new),
            };
            match service {
                Ok(service) => compiled.add(service),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(compiled) } else { Err(problems) }
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
    /// Compiles one service; `before` is what it was, whose circuits it keeps.
    ///
    /// # Errors
    /// What is wrong in its policies and URL templates.
    pub fn compile(model: &apim::Service, before: Option<&Self>) -> Result<Self, Vec<Diagnostic>> {
        let entities = Entities::compile(model, before.map(|before| &before.entities));
        let library = Library {
            fragments: &model.fragments,
            named_values: &model.named_values,
            backends: Some(&entities),
            gateway: model.gateway,
        };
        let mut compiler = Compiler { library, problems: Vec::new() };
        compiler.fragments();
        let global = compiler.document(model.policy.as_ref(), ScopeKind::Global);
        let global = global.unwrap_or_else(Document::default_global);
        let products: Vec<Arc<Product>> =
            model.products.iter().map(|product| Arc::new(compiler.product(product))).collect();
        let mut apis = Published::default();
        for api in &model.apis {
            apis.insert(Arc::new(compiler.api(api, &products, &global)));
        }
        if !compiler.problems.is_empty() {
            return Err(compiler.problems);
        }
        let policy = Arc::new(Effective::join(&[&global]));
        let schemas = Schemas::new(&model.schemas);
        let subscriptions = subscriptions(model);
        Ok(Self { policy, schemas, entities, apis, subscriptions, model: model.clone() })
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
        let apim::Service { apis, products, policy, .. } = &self.model;
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

    /// Its requests become WebSocket connections, or may.
    pub fn is_websocket(&self) -> bool {
        self.schemes.iter().any(|scheme| matches!(scheme, apim::Scheme::Ws | apim::Scheme::Wss))
    }
}

impl Policies {
    /// The effective policy of a request that came through a product, or through none.
    pub fn of(&self, product: Option<&Product>) -> &Arc<Effective> {
        product
            .and_then(|product| self.by_product.iter().find(|(name, _)| *name == product.name))
            .map_or(&self.plain, |(_, policy)| policy)
    }

    fn join(narrow: &[&Document], products: &[Arc<Product>], global: &Document) -> Self {
        let with = |product: Option<&Document>| {
            let chain: Vec<&Document> = narrow.iter().copied().chain(product).chain([global]).collect();
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

/// Collects the problems of a whole service instead of stopping at the first.
struct Compiler<'a> {
    library: Library<'a>,
    problems: Vec<Diagnostic>,
}

impl Compiler<'_> {
    /// Compiles all fragments, for what is wrong in those that nobody includes yet.
    fn fragments(&mut self) {
        for fragment in self.library.fragments {
            let setting = Setting { scope: ScopeKind::Operation, url_template: None, library: self.library };
            let found = fragment_steps(fragment, setting, Within::default()).1;
            self.problems.extend(found.into_iter().filter(Diagnostic::is_error));
        }
    }

    fn document(&mut self, document: Option<&apim::PolicyDocument>, scope: ScopeKind) -> Option<Document> {
        self.compile(document?, Setting { scope, url_template: None, library: self.library })
    }

    fn operation_document(&mut self, operation: &apim::Operation) -> Option<Document> {
        let url_template = Some(operation.url_template.as_str());
        let setting = Setting { scope: ScopeKind::Operation, url_template, library: self.library };
        self.compile(operation.policy.as_ref()?, setting)
    }

    fn compile(&mut self, document: &apim::PolicyDocument, setting: Setting<'_>) -> Option<Document> {
        Document::compile(document, setting).map_err(|found| self.report(found)).ok()
    }

    /// A fragment is compiled wherever it is included; its problems are reported once.
    fn report(&mut self, found: Vec<Diagnostic>) {
        for problem in found {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }

    fn product(&mut self, product: &apim::Product) -> Product {
        Product {
            name: product.name.clone(),
            display_name: product.display_name.clone(),
            subscription_required: product.subscription_required,
            approval_required: product.approval_required,
            subscriptions_limit: product.subscriptions_limit,
            groups: product.groups.clone(),
            apis: product.apis.clone(),
            document: self.document(product.policy.as_ref(), ScopeKind::Product),
        }
    }

    fn api(&mut self, api: &apim::Api, products: &[Arc<Product>], global: &Document) -> Api {
        let document = self.document(api.policy.as_ref(), ScopeKind::Api);
        let narrow: Vec<&Document> = document.iter().collect();
        let products: Vec<Arc<Product>> =
            products.iter().filter(|product| product.holds(&api.name)).cloned().collect();
        let policies = Arc::new(Policies::join(&narrow, &products, global));
        let mut operations = Operations::default();
        for operation in &api.operations {
            let policies = match self.operation_document(operation) {
                None => Arc::clone(&policies),
                Some(own) => {
                    let chain: Vec<&Document> = std::iter::once(&own).chain(narrow.iter().copied()).collect();
                    Arc::new(Policies::join(&chain, &products, global))
                }
            };
            if let Some(template) = self.template(api, operation) {
                let compiled = Arc::new(Operation {
                    name: operation.name.clone(),
                    display_name: operation.display_name.clone(),
                    method: operation.method.clone(),
                    url_template: operation.url_template.clone(),
                    contract: operation.contract.clone(),
                    policies,
                });
                operations.insert(&operation.method, template, compiled);
            }
        }
        Api {
            name: api.name.clone(),
            display_name: api.display_name.clone(),
            kind: api.kind,
            revision: api.revision.clone(),
            current: api.current,
            version: api.version.clone(),
            path: api.path.trim_matches('/').to_owned(),
            schemes: api.schemes.clone(),
            key_header: self.key_header(api),
            key_header_text: api.key_header.clone(),
            key_query: api.key_query.clone(),
            subscription_required: api.subscription_required,
            backend: api.service_url.as_deref().map(|url| BackendUrl::parse(url).map(Arc::new)),
            products,
            operations,
            schemas: Schemas::new(&api.schemas),
            graphql: self.graphql(api),
            policies,
        }
    }

    /// A GraphQL API without resolvers leaves everything to its backend.
    fn graphql(&mut self, api: &apim::Api) -> Option<Endpoint> {
        if api.kind != apim::ApiKind::GraphQl {
            return None;
        }
        if api.resolvers.is_empty() && api.service_url.is_some() {
            return Some(Endpoint::Backend);
        }
        let schema = api.schemas.iter().find(|schema| schema.content_type.contains("graphql"));
        let Some(schema) = schema else { return Some(Endpoint::Resolvers(None)) };
        let mut graph = Graph::new(&schema.document)
            .map_err(|why| {
                let of = format!("apis/{}/schemas/{}", api.name, schema.name);
                self.problems.push(Diagnostic::new(codes::SCHEMA, why).of(of));
            })
            .ok()?;
        for resolver in &api.resolvers {
            let document = resolver.policy.as_ref();
            let compiled = document.map(|document| data_source(document, self.library));
            let source = compiled.transpose().map_err(|found| self.report(found)).ok();
            graph.insert((&resolver.type_name, &resolver.field), source.flatten().flatten());
        }
        Some(Endpoint::Resolvers(Some(Box::new(graph))))
    }

    fn template(&mut self, api: &apim::Api, operation: &apim::Operation) -> Option<Template> {
        let problem = |message: String| {
            Diagnostic::new(codes::TEMPLATE, message)
                .of(format!("apis/{}/operations/{}", api.name, operation.name))
        };
        Template::parse(&operation.url_template)
            .map_err(|error| self.problems.push(problem(error.to_string())))
            .ok()
    }

    fn key_header(&mut self, api: &apim::Api) -> HeaderName {
        HeaderName::try_from(&api.key_header).unwrap_or_else(|_| {
            let message = format!("`{}` is not a header name for subscription keys", api.key_header);
            self.problems.push(Diagnostic::new(codes::KEY_HEADER, message).of(format!("apis/{}", api.name)));
            HeaderName::from_static("ocp-apim-subscription-key")
        })
    }
}

impl Api {
    /// It is one of GraphQL that resolvers answer for.
    pub fn has_resolvers(&self) -> bool {
        matches!(self.graphql, Some(Endpoint::Resolvers(_)))
    }
}

impl Product {
    fn holds(&self, api: &str) -> bool {
        self.apis.iter().any(|name| name.eq_ignore_ascii_case(api))
    }
}

fn subscriptions(model: &apim::Service) -> HashMap<Box<[u8]>, Arc<apim::Subscription>> {
    let mut by_key = HashMap::default();
    for subscription in &model.subscriptions {
        let subscription = Arc::new(subscription.clone());
        for key in [&subscription.primary_key, &subscription.secondary_key] {
            by_key.insert(key.reveal().as_bytes().into(), Arc::clone(&subscription));
        }
    }
    by_key
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
