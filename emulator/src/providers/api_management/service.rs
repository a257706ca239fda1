//! API Management services: <https://learn.microsoft.com/rest/api/apimanagement/api-management-service>.
//!
//! **Differs from Azure:** a new service has no sample API (`echo-api`, whose back end would be on the internet) and
//! no sample products (`starter`, `unlimited`); additional locations, certificates and availability zones are stored
//! and do nothing; a subnet without a network security group is taken, where Azure gives
//! up after half an hour. How Azure words that a service is on the platform stv2 already is not known.

use std::time::Duration;

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::{
    backups, deleted_services, groups, policy_validation, service_view, user_tokens, users, validation,
};
use crate::engine::{
    Action, ActionCall, Announce, Answer, Definition, Draft, Example, Fidelity, Kind, LongRunning, Model,
    Names, Operation, Removal, Timing, array, operation_headers, property, set, set_default, take, text,
};
use crate::providers::managed_identity::assigned;

/// A join or another change of a classic tier.
const CHANGING: Timing = Timing { azure: Duration::from_mins(20), state: "Updating" };

/// Properties that only the service writes.
const READ_ONLY: &[&str] = &[
    "targetProvisioningState",
    "createdAtUtc",
    "gatewayUrl",
    "gatewayRegionalUrl",
    "portalUrl",
    "managementApiUrl",
    "scmUrl",
    "developerPortalUrl",
    "publicIPAddresses",
    "privateIPAddresses",
    "outboundPublicIPAddresses",
    "platformVersion",
];

/// The tiers, with the most units of each.
pub const TIERS: &[(&str, u64)] = &[
    ("Basic", 2),
    ("BasicV2", 10),
    ("Consumption", 0),
    ("Developer", 1),
    ("Premium", 31),
    ("PremiumV2", 30),
    ("Standard", 4),
    ("StandardV2", 10),
];

/// A tag that has a service served as another kind of gateway would: `self-hosted` skips the policies that a
/// self-hosted gateway does not have. Azure keeps the tag and makes nothing of it.
pub const GATEWAY_TAG: &str = "apimlab-gateway";

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service",
    summary: "An API Management service with its gateway.",
    modelled: "2024-05-01",
    names: Names::Rule {
        min: 1,
        max: 50,
        accepts: |name| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.ends_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        },
        rule: "letters, digits and `-`, a letter first, a letter or digit last",
    },
    actions: &[
        Action::new(
            "applynetworkconfigurationupdates",
            "applynetworkconfigurationupdates/action",
            apply_network_updates,
        ),
        Action::new("backup", "backup/action", backups::back_up),
        Action::new("getssotoken", "getssotoken/action", user_tokens::administrator),
        Action::new("migrateToStv2", "migrateToStv2/action", migrate),
        Action::new("restore", "restore/action", backups::restore),
        Action::new("validatePolicies", "validatePolicies/action", policy_validation::validate),
    ],
    long_running: LongRunning {
        create: Some(Timing { azure: Duration::from_mins(45), state: "Activating" }),
        update: Some(CHANGING),
        delete: Some(Timing { azure: Duration::from_mins(5), state: "Terminating" }),
        announce: Announce::OperationResults,
    },
    feeds: &[Model::ApiManagement, Model::Network],
    fidelity: Fidelity::Approximate(
        "no sample API and products; one location; joins a subnet without a network security group",
    ),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim",
        body: r#"{"location": "westus2", "sku": {"name": "Developer", "capacity": 1},
            "properties": {"publisherName": "Example", "publisherEmail": "owner@example.com"}}"#,
        patch: Some(r#"{"properties": {"publisherName": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    provision,
    removed,
    view: service_view::view,
    ..Definition::TRACKED
};

fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let created = text(draft.before(), &["createdAtUtc"]).map(str::to_owned);
    let created = created.unwrap_or_else(|| draft.world.call.now.rfc3339());
    let restored = restore(draft)?;
    let body = &mut draft.body;
    for name in READ_ONLY {
        take(body, &["properties", name]);
    }
    take(body, &["properties", "restore"]);
    set(body, &["properties", "createdAtUtc"], restored.unwrap_or(created));
    let sender = "apimgmt-noreply@mail.windowsazure.com";
    set_default(body, &["properties", "notificationSenderEmail"], sender);
    set_default(body, &["properties", "virtualNetworkType"], "None");
    set_default(body, &["properties", "publicNetworkAccess"], "Enabled");
    set_default(body, &["properties", "natGatewayState"], "Disabled");
    set_default(body, &["properties", "disableGateway"], false);
    set_default(body, &["properties", "developerPortalStatus"], "Enabled");
    set_default(body, &["properties", "legacyPortalStatus"], "Disabled");
    set_default(body, &["properties", "apiVersionConstraint"], json!({"minApiVersion": null}));
    set_default(body, &["properties", "customProperties"], custom_properties());
    if text(body, &["properties", "virtualNetworkType"]).is_some_and(|mode| mode.eq_ignore_ascii_case("None"))
    {
        take(body, &["properties", "virtualNetworkConfiguration"]);
    }
    assigned::fill(draft).map(|_| ())
}

fn custom_properties() -> Value {
    let base = "Microsoft.WindowsAzure.ApiManagement.Gateway";
    json!({
        (format!("{base}.Security.Protocols.Tls10")): "False",
        (format!("{base}.Security.Protocols.Tls11")): "False",
        (format!("{base}.Security.Protocols.Ssl30")): "False",
        (format!("{base}.Security.Ciphers.TripleDes168")): "False",
        (format!("{base}.Security.Backend.Protocols.Tls10")): "False",
        (format!("{base}.Security.Backend.Protocols.Tls11")): "False",
        (format!("{base}.Security.Backend.Protocols.Ssl30")): "False",
        (format!("{base}.Protocols.Server.Http2")): "False",
    })
}

/// Brings back a soft-deleted service, if that was asked for: then the rest of the body does not count.
fn restore(draft: &mut Draft<'_, '_>) -> Result<Option<String>, ErrorResponse> {
    if draft.existing.is_some() {
        return Ok(None);
    }
    let name = draft.id.name().to_owned();
    let deleted = deleted_services::named(draft.tx, &name);
    let wanted = property(draft.properties(), &["restore"]).as_bool() == Some(true);
    match deleted {
        None if wanted => {
            let message = format!("Api service {name} cannot be restored: it was not soft-deleted.");
            Err(ErrorResponse::new(404, "ServiceUndeleteNotPossible", message))
        }
        None => Ok(None),
        Some(_) if !wanted => {
            let message = format!(
                "Api service {name} was soft-deleted. In order to create the new service with the same name, you have to either undelete the service or purge it. See https://aka.ms/apimsoftdelete."
            );
            Err(ErrorResponse::new(400, "ServiceAlreadyExistsInSoftDeletedState", message))
        }
        Some(deleted) => {
            let created = deleted_services::bring_back(draft, &deleted);
            Ok(Some(created))
        }
    }
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    check_sku(draft)?;
    validation::required(draft, "publisherName", 100)?;
    validation::required(draft, "publisherEmail", 100)?;
    if !text(draft.properties(), &["publisherEmail"]).is_some_and(|email| email.contains('@')) {
        return Err(validation::field("publisherEmail", "PublisherEmail is not a valid e-mail address."));
    }
    if draft.existing.is_none() {
        let twin = draft
            .tx
            .of_type(DEFINITION.name, None)
            .any(|other| other.id.name().eq_ignore_ascii_case(draft.id.name()));
        if twin {
            let message = format!(
                "The service name '{}' is already in use. Please select a different name.",
                draft.id.name()
            );
            return Err(ErrorResponse::new(409, "ServiceNameAlreadyInUse", message));
        }
        if text(draft.properties(), &["publicNetworkAccess"]) == Some("Disabled") {
            let message = "Blocking all public network access by setting property publicNetworkAccess of API Management service is not enabled during service creation.";
            return Err(ErrorResponse::new(400, "NotSupported", message));
        }
    }
    check_network(draft)
}

fn check_sku(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(name) = text(&draft.body, &["sku", "name"]) else {
        return Err(validation::field("sku", "Sku is required."));
    };
    let Some((name, most)) = TIERS.iter().find(|(tier, _)| tier.eq_ignore_ascii_case(name)) else {
        return Err(validation::field("sku.name", format!("The sku '{name}' is not valid.")));
    };
    let least = u64::from(*most > 0);
    match property(&draft.body, &["sku", "capacity"]).as_u64() {
        Some(capacity) if (least..=*most).contains(&capacity) => Ok(()),
        _ => Err(validation::field(
            "sku.capacity",
            format!("The capacity of a service of the tier {name} must be a number from {least} to {most}."),
        )),
    }
}

/// A service that joins a virtual network names a subnet that is there and that the caller may use.
fn check_network(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let mode = text(draft.properties(), &["virtualNetworkType"]).unwrap_or_default();
    if mode.eq_ignore_ascii_case("None") {
        return Ok(());
    }
    if !["External", "Internal"].iter().any(|known| known.eq_ignore_ascii_case(mode)) {
        return Err(validation::field(
            "virtualNetworkType",
            format!("'{mode}' is not None, External or Internal."),
        ));
    }
    let tier = text(&draft.body, &["sku", "name"]).unwrap_or_default();
    if ["Basic", "BasicV2", "Consumption", "Standard"].iter().any(|none| none.eq_ignore_ascii_case(tier)) {
        let message = format!("A service of the tier {tier} cannot be joined to a virtual network.");
        return Err(ErrorResponse::new(400, "VirtualNetworkNotSupported", message));
    }
    let path = ["virtualNetworkConfiguration", "subnetResourceId"];
    let Some(id) = text(draft.properties(), &path) else {
        let message = "VirtualNetworkConfiguration with SubnetResourceId is required.";
        return Err(validation::field("virtualNetworkConfiguration", message));
    };
    let Some(subnet) = draft
        .tx
        .find(id)
        .filter(|found| found.id.resource_type().is("Microsoft.Network/virtualNetworks/subnets"))
    else {
        let message = format!("The subnet '{id}' could not be found.");
        return Err(ErrorResponse::new(400, "SubnetNotFound", message).target(path.join(".")));
    };
    if !tier.ends_with("V2") && !array(subnet.properties(), &["delegations"]).is_empty() {
        let message =
            format!("The subnet '{id}' is delegated; a service of the tier {tier} needs one that is not.");
        return Err(ErrorResponse::new(400, "SubnetWithDelegationNotSupported", message));
    }
    let action = draft.action();
    let linked = ("Microsoft.Network/virtualNetworks/subnets/join/action", &subnet.id);
    crate::engine::authorization::check_linked(draft.tx, draft.world.call, &action, linked)
}

/// What every service has from the start.
fn provision(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let service = draft.id.clone();
    groups::make_built_in(draft, &service);
    users::make_administrator(draft, &service);
    validation::compile(draft)
}

fn removed(removal: &mut Removal<'_, '_>) {
    deleted_services::remember(removal);
}

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn apply_network_updates(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let id = call.world.config.ids.uuid();
    let operation = Operation::begin(id, Kind::Action, &call.resource, CHANGING, call.world.call);
    call.tx.put_operation(operation.clone());
    Ok(operation_headers(Answer::empty(202), &operation, &call.resource, call.world.call))
}

/// Every service is on the newest platform from the start.
fn migrate(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let body = call.world.call.json()?;
    let mode = text(&body, &["mode"]).unwrap_or("PreserveIp");
    if !["NewIP", "PreserveIp"].iter().any(|known| known.eq_ignore_ascii_case(mode)) {
        return Err(validation::field("mode", format!("The mode '{mode}' is neither PreserveIp nor NewIP.")));
    }
    let message = format!(
        "Api service {} cannot be migrated to stv2: its platform is not stv1.",
        call.resource.id.name()
    );
    Err(ErrorResponse::new(400, "MigrateToStv2NotApplicable", message))
}
