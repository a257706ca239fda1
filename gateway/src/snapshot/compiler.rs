//! From the model of a service to its compiled form.
//!
//! Policies are compiled together with the fragments, named values and backends that they refer to. While those are
//! as they were, documents that did not change are taken from the form before, and so is everything of which no document
//! changed in any scope; else everything is compiled again.

use std::sync::Arc;

use apim::Shared;
use diagnostic::Diagnostic;
use foldhash::HashMap;
use http::HeaderName;

use super::{Api, Operation, Policies, Product, Service, Subscriptions};
use crate::backend::{BackendUrl, Entities};
use crate::document::{self, Document, Library, Setting, codes, data_source, fragment_steps};
use crate::graphql::{Endpoint, Graph};
use crate::pipeline::{Effective, ScopeKind};
use crate::published::Published;
use crate::routing::{Operations, Template};
use crate::validation::Schemas;

/// Compiles one service with what there was before, the newest first.
pub(super) fn service(
    model: &Shared<apim::Service>,
    before: &[Arc<Service>],
) -> Result<Service, Vec<Diagnostic>> {
    let known = before.iter().map(AsRef::as_ref).find(|known| has_same_library(&known.model, model));
    let entities = known.map_or_else(
        // What is served counts for circuits, not what was only checked.
        || Arc::new(Entities::compile(model, before.last().map(|served| &*served.entities))),
        |known| Arc::clone(&known.entities),
    );
    let library = Library {
        fragments: &model.fragments,
        named_values: &model.named_values,
        backends: Some(&entities),
        gateway: model.gateway,
    };
    let mut compiler = Compiler { library, known, problems: Vec::new() };
    compiler.fragments();
    let global = compiler.global(model.policy.as_ref());
    let products = compiler.products(&model.products);
    let apis = compiler.apis(&model.apis, &global, &products);
    if !compiler.problems.is_empty() {
        return Err(compiler.problems);
    }
    let schemas = known.filter(|known| known.model.schemas == model.schemas).map(|known| &known.schemas);
    let subscriptions = known.filter(|known| known.model.subscriptions == model.subscriptions);
    let subscriptions = subscriptions.map(|known| &known.subscriptions);
    Ok(Service {
        policy: Arc::new(Effective::join(&[&global])),
        schemas: schemas.map_or_else(|| Arc::new(Schemas::new(&model.schemas)), Arc::clone),
        subscriptions: subscriptions.map_or_else(|| Arc::new(by_key(model)), Arc::clone),
        model: with_models_of(model, &apis),
        entities,
        global,
        products,
        apis,
    })
}

/// Everything that policies refer to is the same.
fn has_same_library(one: &apim::Service, other: &apim::Service) -> bool {
    one.id == other.id
        && one.gateway == other.gateway
        && one.fragments == other.fragments
        && one.named_values == other.named_values
        && one.backends == other.backends
        && one.certificates == other.certificates
}

/// The model with the very APIs that the compiled ones were made from: a model that came over the wire equals the one
/// before, but is another object.
fn with_models_of(model: &Shared<apim::Service>, apis: &Published) -> Shared<apim::Service> {
    let mut model = model.clone();
    if !model.apis.iter().zip(apis.iter()).all(|(own, api)| own.is(&api.model)) {
        model.apis = apis.iter().map(|api| api.model.clone()).collect();
    }
    model
}

fn by_key(model: &apim::Service) -> Subscriptions {
    let mut by_key = HashMap::default();
    for subscription in &model.subscriptions {
        let subscription = Arc::new(subscription.clone());
        for key in [&subscription.primary_key, &subscription.secondary_key] {
            by_key.insert(key.reveal().as_bytes().into(), Arc::clone(&subscription));
        }
    }
    by_key
}

/// Collects the problems of a whole service instead of stopping at the first.
struct Compiler<'a> {
    library: Library<'a>,
    /// The form before, whose policies had the same library.
    known: Option<&'a Service>,
    problems: Vec<Diagnostic>,
}

/// What an API and its operations lie in.
struct Around<'a> {
    global: &'a Arc<Document>,
    products: Vec<Arc<Product>>,
    /// The global document of the form before.
    global_before: Option<&'a Arc<Document>>,
}

/// What an operation lies in.
struct Within<'a> {
    api: &'a apim::Api,
    around: &'a Around<'a>,
    document: Option<&'a Arc<Document>>,
    policies: &'a Arc<Policies>,
    /// All documents are those that the API had before.
    is_same: bool,
}

impl<'a> Compiler<'a> {
    /// Compiles all fragments, for what is wrong in those that nobody includes yet.
    fn fragments(&mut self) {
        if self.known.is_some() {
            return;
        }
        for fragment in self.library.fragments {
            let setting = Setting { scope: ScopeKind::Operation, url_template: None, library: self.library };
            let found = fragment_steps(fragment, setting, document::Within::default()).1;
            self.problems.extend(found.into_iter().filter(Diagnostic::is_error));
        }
    }

    fn global(&mut self, policy: Option<&apim::PolicyDocument>) -> Arc<Document> {
        if let Some(known) = self.known.filter(|known| known.model.policy.as_ref() == policy) {
            return Arc::clone(&known.global);
        }
        Arc::new(self.document(policy, ScopeKind::Global).unwrap_or_else(Document::default_global))
    }

    fn products(&mut self, products: &[apim::Product]) -> Vec<Arc<Product>> {
        let known = self.known.map(|known| known.products.as_slice()).unwrap_or_default();
        let known: HashMap<&str, &Arc<Product>> =
            known.iter().map(|product| (product.name.as_str(), product)).collect();
        let product = |product: &apim::Product| match known.get(product.name.as_str()) {
            Some(known) if known.model == *product => Arc::clone(known),
            known => {
                let known = known.filter(|known| known.model.policy == product.policy);
                let document = match known {
                    Some(known) => known.document.clone(),
                    None => self.document(product.policy.as_ref(), ScopeKind::Product).map(Arc::new),
                };
                Arc::new(Product { model: product.clone(), document })
            }
        };
        products.iter().map(product).collect()
    }

    fn apis(
        &mut self,
        apis: &[Shared<apim::Api>],
        global: &Arc<Document>,
        products: &[Arc<Product>],
    ) -> Published {
        let of = |api: &'a Arc<Api>| ((api.name.as_str(), api.revision.as_str()), api);
        let known = self.known;
        let global_before = known.map(|known| &known.global);
        let known: HashMap<_, _> = known.into_iter().flat_map(|known| known.apis.iter().map(of)).collect();
        let mut holders = holders(products);
        let mut published = Published::default();
        for api in apis {
            // Each revision of an API is in its products.
            let products = holders.entry(api.name.to_ascii_lowercase()).or_default().clone();
            let known = known.get(&(api.name.as_str(), api.revision.as_str())).copied();
            let around = Around { global, products, global_before };
            published.insert(match known {
                Some(known) if known.model == *api && around.is_as_of(known) => Arc::clone(known),
                known => Arc::new(self.api(api, &around, known)),
            });
        }
        published
    }

    /// Compiles an API; `known` is what it was.
    fn api(&mut self, api: &Shared<apim::Api>, around: &Around<'_>, known: Option<&'a Arc<Api>>) -> Api {
        let schemas = known.filter(|known| known.model.schemas == api.schemas).map(|known| &known.schemas);
        let with_document = known.filter(|known| known.model.policy == api.policy);
        let document = match with_document {
            Some(known) => known.document.clone(),
            None => self.document(api.policy.as_ref(), ScopeKind::Api).map(Arc::new),
        };
        let same = with_document.filter(|known| around.has_documents_of(known));
        let policies = same.map_or_else(
            || Arc::new(around.policies(document.as_slice())),
            |known| Arc::clone(&known.policies),
        );
        let within =
            Within { api, around, document: document.as_ref(), policies: &policies, is_same: same.is_some() };
        let operations = same.filter(|known| known.model.operations == api.operations);
        let operations = operations.map(|known| Arc::clone(&known.operations));
        let operations = operations.unwrap_or_else(|| Arc::new(self.operations(&within, known)));
        Api {
            path: api.path.trim_matches('/').to_owned(),
            key_header: self.key_header(api),
            backend: api.service_url.as_deref().map(|url| BackendUrl::parse(url).map(Arc::new)),
            products: around.products.clone(),
            operations,
            schemas: schemas.map_or_else(|| Arc::new(Schemas::new(&api.schemas)), Arc::clone),
            graphql: self.graphql(api),
            policies,
            document,
            model: api.clone(),
        }
    }

    fn operations(&mut self, within: &Within<'_>, known: Option<&'a Arc<Api>>) -> Operations<Operation> {
        let known = known.map(|known| known.operations.all()).unwrap_or_default();
        let known: HashMap<&str, &Arc<Operation>> =
            known.into_iter().map(|operation| (operation.name.as_str(), operation)).collect();
        let mut operations = Operations::default();
        for operation in &within.api.operations {
            let compiled = match known.get(operation.name.as_str()) {
                Some(known) if within.is_same && known.model == *operation => Arc::clone(known),
                known => Arc::new(self.operation(operation, within, known.copied())),
            };
            if let Some(template) = self.template(within.api, operation) {
                operations.insert(&operation.method, template, compiled);
            }
        }
        operations
    }

    fn operation(
        &mut self,
        operation: &Shared<apim::Operation>,
        within: &Within<'_>,
        known: Option<&Arc<Operation>>,
    ) -> Operation {
        let known = known.filter(|known| {
            known.model.policy == operation.policy && known.model.url_template == operation.url_template
        });
        let document = match known {
            Some(known) => known.document.clone(),
            None => self.operation_document(operation).map(Arc::new),
        };
        let policies = match &document {
            None => Arc::clone(within.policies),
            Some(own) => {
                let narrow: Vec<_> = [own].into_iter().chain(within.document).cloned().collect();
                Arc::new(within.around.policies(&narrow))
            }
        };
        Operation { model: operation.clone(), policies, document }
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

impl Around<'_> {
    /// The effective policies of documents in these scopes, from the narrowest on.
    fn policies(&self, narrow: &[Arc<Document>]) -> Policies {
        Policies::join(narrow, &self.products, self.global)
    }

    /// The documents are those that an API had around it.
    fn has_documents_of(&self, known: &Api) -> bool {
        let same = |one: &Arc<Product>, other: &Arc<Product>| {
            let documents = one.document.as_ref().zip(other.document.as_ref());
            one.name == other.name
                && one.document.is_some() == other.document.is_some()
                && documents.is_none_or(|(one, other)| Arc::ptr_eq(one, other))
        };
        self.global_before.is_some_and(|before| Arc::ptr_eq(before, self.global))
            && known.products.len() == self.products.len()
            && known.products.iter().zip(&self.products).all(|(one, other)| same(one, other))
    }

    /// All is what an API had around it.
    fn is_as_of(&self, known: &Api) -> bool {
        let same = |(one, other)| Arc::ptr_eq(one, other);
        self.has_documents_of(known) && known.products.iter().zip(&self.products).all(same)
    }
}

/// The products that hold APIs, by the API's name in lower case.
fn holders(products: &[Arc<Product>]) -> HashMap<String, Vec<Arc<Product>>> {
    let mut holders: HashMap<String, Vec<Arc<Product>>> = HashMap::default();
    for product in products {
        for api in &product.apis {
            let held = holders.entry(api.to_ascii_lowercase()).or_default();
            if !held.last().is_some_and(|last| Arc::ptr_eq(last, product)) {
                held.push(Arc::clone(product));
            }
        }
    }
    holders
}
