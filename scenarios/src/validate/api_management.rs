//! The API Management service and what it publishes.

use diagnostic::Diagnostic;

use super::{World, unique};
use crate::findings::Findings;
use crate::model::{Api, ApiManagement, Operation, Sku, Text};
use crate::{codes, suggest};

const METHODS: [&str; 8] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

pub(super) fn check(world: &World, findings: &mut Findings) {
    let Some(service) = &world.document.api_management else { return };
    if !service.publisher_email.contains('@') {
        let message = format!("`{}` is no mail address", *service.publisher_email);
        let problem = Diagnostic::new(codes::INVALID_NAME, message).help("Azure sends notifications there");
        findings.add(&service.publisher_email, problem);
    }
    join(world, service, findings);
    service.apis.iter().for_each(|api| check_api(world, api, findings));
    unique("APIs", service.apis.iter().map(|api| &api.name), findings);
    unique("APIs on the path", service.apis.iter().map(|api| &api.path), findings);
    unique("products", service.products.iter().map(|product| &product.name), findings);
    unique("subscriptions", service.subscriptions.iter().map(|subscription| &subscription.name), findings);
    references(service, findings);
}

fn join(world: &World, service: &ApiManagement, findings: &mut Findings) {
    let Some(join) = &service.join else { return };
    world.known_subnet(&join.subnet, findings);
    if matches!(*service.sku, Sku::Basic | Sku::Standard) {
        let message = format!("the {} tier cannot join a virtual network", service.sku.as_str());
        let problem = Diagnostic::new(codes::UNSUPPORTED, message).help("take Developer or Premium");
        findings.add(&service.sku, problem);
    }
}

fn check_api(world: &World, api: &Api, findings: &mut Findings) {
    if api.path.starts_with('/') || api.path.ends_with('/') || api.path.contains(' ') {
        let problem =
            Diagnostic::new(codes::INVALID_NAME, format!("`{}` cannot be an API's path", *api.path))
                .help("write it without slashes at the ends and without blanks, such as `nginx`");
        findings.add(&api.path, problem);
    }
    if !(api.service_url.starts_with("http://") || api.service_url.starts_with("https://")) {
        let message = format!("`{}` is no address of a back end", *api.service_url);
        let problem =
            Diagnostic::new(codes::INVALID_NAME, message).help("begin with `http://` or `https://`");
        findings.add(&api.service_url, problem);
    }
    world.known_services(&api.service_url, findings);
    api.operations.iter().for_each(|operation| check_operation(operation, findings));
    unique("operations", api.operations.iter().map(|operation| &operation.name), findings);
}

fn check_operation(operation: &Operation, findings: &mut Findings) {
    if !METHODS.contains(&operation.method.as_str()) {
        let problem =
            Diagnostic::new(codes::UNKNOWN_VALUE, format!("`{}` is no HTTP method", *operation.method))
                .help(suggest::did_you_mean(&operation.method, METHODS));
        findings.add(&operation.method, problem);
    }
    if !operation.url_template.starts_with('/') {
        let message = format!("`{}` is no URL template", *operation.url_template);
        let problem = Diagnostic::new(codes::INVALID_NAME, message).help("begin with `/`");
        findings.add(&operation.url_template, problem);
    }
}

/// Names of APIs and products that others refer to.
fn references(service: &ApiManagement, findings: &mut Findings) {
    let apis = || service.apis.iter().map(|api| api.name.as_str());
    let products = || service.products.iter().map(|product| product.name.as_str());
    for product in &service.products {
        for wanted in &product.apis {
            known("API", wanted, apis(), findings);
        }
        unique("links to the API", &product.apis, findings);
    }
    for subscription in &service.subscriptions {
        known("product", &subscription.product, products(), findings);
    }
}

fn known<'n>(what: &str, wanted: &Text, names: impl Iterator<Item = &'n str>, findings: &mut Findings) {
    let names: Vec<&str> = names.collect();
    if !names.contains(&wanted.as_str()) {
        let problem = Diagnostic::new(codes::MISSING_REFERENCE, format!("there is no {what} `{}`", **wanted))
            .help(suggest::did_you_mean(wanted, names));
        findings.add(wanted, problem);
    }
}
