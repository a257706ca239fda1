//! Authorizations (connections) of an authorization provider: as whom tokens are asked for.
//! <https://learn.microsoft.com/rest/api/apimanagement/authorization>
//!
//! **Differs from Azure:** nobody signs in here: a login link leads to the identity provider's own page, and the
//! authorization code that its answer holds is what `confirmConsentCode` takes. Client secrets are never shown.

use apim::{Authorization, Consent, Principal, Secret};
use arm::ErrorResponse;
use serde_json::json;

use super::authorization_providers::{self, Settings, texts};
use super::{authorization_access_policies, validation};
use crate::engine::{
    Action, ActionCall, Answer, Definition, Draft, Example, Fidelity, Listing, Model, Resource, Store, Verb,
    array, property, set, set_default, take, text,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/authorizationProviders/authorizations",
    summary: "As whom the credential manager gets tokens for backends.",
    modelled: "2024-05-01",
    names: validation::NAME_256,
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    actions: &[
        Action::new("confirmConsentCode", "confirmConsentCode/action", confirm),
        Action::new("getLoginLinks", "getLoginLinks/action", login_links),
    ],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("consent is the authorization code of the identity provider"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/authorizationProviders/example-provider/authorizations/example-authorization",
        body: r#"{"properties": {"authorizationType": "OAuth2", "oauth2grantType": "ClientCredentials", "parameters": {"clientId": "c", "clientSecret": "s"}}}"#,
        patch: None,
        after: &[],
    }],
    defaults,
    check,
    view: |_, _, shown| {
        take(shown, &["properties", "parameters", "clientSecret"]);
        take(shown, &["properties", CODE]);
    },
    ..Definition::CHILD
};

/// Where the proof of consent is kept.
const CODE: &str = "consentCode";

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let kept = |path: &[&str]| text(draft.before(), path).map(str::to_owned);
    let (secret, code) = (kept(&["parameters", "clientSecret"]), kept(&[CODE]));
    let body = &mut draft.body;
    for written in [CODE, "error", "status"] {
        take(body, &["properties", written]);
    }
    if let (Some(secret), true) = (secret, property(body, &["properties", "parameters"]).is_object()) {
        set_default(body, &["properties", "parameters", "clientSecret"], secret);
    }
    let needed = text(body, &["properties", "oauth2grantType"])
        .is_some_and(|grant| grant.eq_ignore_ascii_case("AuthorizationCode"));
    match code {
        Some(code) if needed => set(body, &["properties", CODE], code),
        None if needed => {
            set(body, &["properties", "status"], "Error");
            let message = "This connection is not authenticated.";
            let error = json!({"code": "Unauthenticated", "message": message});
            set(body, &["properties", "error"], error);
            return Ok(());
        }
        _ => {}
    }
    set(body, &["properties", "status"], "Connected");
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let properties = draft.properties();
    let kind = text(properties, &["authorizationType"]).unwrap_or_default();
    if !kind.eq_ignore_ascii_case("OAuth2") {
        return Err(validation::field("authorizationType", "The authorizationType must be OAuth2."));
    }
    if !property(properties, &["parameters"]).is_null() && texts(&properties["parameters"]).is_none() {
        return Err(validation::field("parameters", "Parameters must be texts."));
    }
    validation::url(property(properties, &["parameters"]), "tokenUrl")?;
    let provider = draft.id.parent().and_then(|provider| draft.tx.get(&provider));
    let Some(settings) = provider.as_deref().and_then(|provider| Settings::of(provider, properties)) else {
        let message = "The oauth2grantType must be one of the authorization provider's grantTypes.";
        return Err(validation::field("oauth2grantType", message));
    };
    for name in ["clientId", "clientSecret"] {
        if settings.get(name).is_none() {
            return Err(validation::field("parameters", format!("The parameter {name} is required.")));
        }
    }
    Ok(())
}

/// Where somebody agrees that the service gets tokens.
fn login_links(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let provider = call.resource.id.parent().and_then(|provider| call.tx.get(&provider));
    let settings = provider.as_deref().and_then(|of| Settings::of(of, call.resource.properties()));
    let Some(settings) = settings.filter(|settings| settings.grant == "authorizationCode") else {
        let message = "Only authorizations of the grant type AuthorizationCode have login links.";
        return Err(validation::field("oauth2grantType", message));
    };
    let url = settings.authorization_url();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("response_type", "code");
    query.append_pair("client_id", settings.get("clientId").unwrap_or_default());
    query.append_pair("redirect_uri", settings.redirect_url());
    if let Some(scopes) = settings.scopes() {
        query.append_pair("scope", &scopes);
    }
    query.append_pair("state", &call.world.config.ids.hex(32));
    let mark = if url.contains('?') { '&' } else { '?' };
    Ok(Answer::json(200, json!({"loginLink": format!("{url}{mark}{}", query.finish())})))
}

/// Somebody has agreed.
fn confirm(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let body = call.world.call.json()?;
    let Some(code) = text(&body, &[CODE]).filter(|code| code.len() <= 4_096) else {
        return Err(validation::field(CODE, "ConsentCode of at most 4096 characters is required."));
    };
    let mut authorization = call.resource.as_ref().clone();
    let grant = text(authorization.properties(), &["oauth2grantType"]).unwrap_or_default();
    if !grant.eq_ignore_ascii_case("AuthorizationCode") {
        let message = "Only authorizations of the grant type AuthorizationCode need consent.";
        return Err(validation::field("oauth2grantType", message));
    }
    set(&mut authorization.body, &["properties", CODE], code);
    set(&mut authorization.body, &["properties", "status"], "Connected");
    take(&mut authorization.body, &["properties", "error"]);
    authorization.etag = call.world.config.ids.hex(16);
    call.tx.put(authorization);
    Ok(Answer::empty(200))
}

/// The authorizations of a service, as the gateway knows them.
pub fn models(store: &Store, service: &Resource) -> Vec<Authorization> {
    let providers = store.of_type(authorization_providers::DEFINITION.name, Some(&service.id));
    let found = providers.flat_map(|provider| {
        let own = store.of_type(DEFINITION.name, Some(&provider.id));
        own.filter_map(|authorization| model(store, (service, provider), authorization))
    });
    found.collect()
}

fn model(
    store: &Store,
    (service, provider): (&Resource, &Resource),
    authorization: &Resource,
) -> Option<Authorization> {
    let properties = authorization.properties();
    let settings = Settings::of(provider, properties)?;
    let code = settings.grant == "authorizationCode";
    let mut form = Vec::new();
    for (field, name) in [("client_id", "clientId"), ("client_secret", "clientSecret")] {
        form.push((field.to_owned(), Secret::new(settings.get(name).unwrap_or_default())));
    }
    if code {
        form.push(("redirect_uri".to_owned(), Secret::new(settings.redirect_url())));
    } else if let Some(scopes) = settings.scopes() {
        form.push(("scope".to_owned(), Secret::new(&scopes)));
    }
    let access = store.of_type(authorization_access_policies::DEFINITION.name, Some(&authorization.id));
    let principals: Vec<Principal> = access.map(|found| principal(found)).collect();
    let own = text(&service.body, &["identity", "principalId"]);
    Some(Authorization {
        provider: provider.id.name().to_owned(),
        name: authorization.id.name().to_owned(),
        token_url: settings.token_url(),
        form,
        consent: match text(properties, &[CODE]) {
            _ if !code => Consent::NotNeeded,
            None => Consent::Missing,
            Some(code) => Consent::Given(Secret::new(code)),
        },
        open_to_service: own
            .is_some_and(|own| principals.iter().any(|known| known.object_id.eq_ignore_ascii_case(own))),
        principals,
    })
}

fn principal(access: &Resource) -> Principal {
    let own = |name: &str| text(access.properties(), &[name]).unwrap_or_default().to_owned();
    let app_ids = array(access.properties(), &["appIds"]).iter();
    Principal {
        tenant_id: own("tenantId"),
        object_id: own("objectId"),
        app_ids: app_ids.filter_map(|id| id.as_str().map(str::to_owned)).collect(),
    }
}
