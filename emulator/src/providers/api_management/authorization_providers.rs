//! Authorization providers: where the credential manager gets tokens for backends.
//! <https://learn.microsoft.com/rest/api/apimanagement/authorization-provider>
//!
//! **Differs from Azure:** Microsoft Entra (`aad`) and what says its `tokenUrl` itself (`oauth2`) are known, the other
//! identity providers are refused. Client secrets are never shown.

use arm::ErrorResponse;
use serde_json::{Map, Value, json};

use super::validation;
use crate::engine::{
    Definition, Draft, Example, Fidelity, Listing, Model, Resource, Verb, property, set_default, take, text,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/authorizationProviders",
    summary: "Where the credential manager gets tokens for backends.",
    modelled: "2024-05-01",
    names: validation::NAME_256,
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    listing: Listing::Plain,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("no identity providers but aad and those with a tokenUrl"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/authorizationProviders/example-provider",
        body: r#"{"properties": {"displayName": "Example", "identityProvider": "oauth2", "oauth2": {"grantTypes": {"clientCredentials": {"tokenUrl": "http://10.10.1.5/token", "scopes": "orders.read"}}}}}"#,
        patch: None,
        after: &[],
    }],
    defaults,
    check,
    view: |_, _, shown| {
        for grant in GRANTS {
            take(shown, &["properties", "oauth2", "grantTypes", grant, "clientSecret"]);
        }
    },
    ..Definition::CHILD
};

/// The parts of `grantTypes`.
const GRANTS: [&str; 2] = ["authorizationCode", "clientCredentials"];
/// Where people sign in to Microsoft Entra.
const LOGIN: &str = "https://login.microsoftonline.com";

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    for grant in GRANTS {
        let path = ["oauth2", "grantTypes", grant, "clientSecret"];
        let kept = text(draft.before(), &path).map(str::to_owned);
        let written = ["properties", "oauth2", "grantTypes", grant];
        if let (Some(kept), true) = (kept, property(&draft.body, &written).is_object()) {
            set_default(
                &mut draft.body,
                &["properties", "oauth2", "grantTypes", grant, "clientSecret"],
                kept,
            );
        }
    }
    let service = draft.id.parent().map(|service| service.name().to_lowercase()).unwrap_or_default();
    let redirect = format!("https://authorization-manager.consent.azure-apim.net/redirect/apim/{service}");
    set_default(&mut draft.body, &["properties", "oauth2", "redirectUrl"], redirect);
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "displayName", 300)?;
    validation::required(draft, "identityProvider", 100)?;
    let properties = draft.properties();
    let grants = property(properties, &["oauth2", "grantTypes"]);
    let known = GRANTS.iter().filter(|grant| grants.get(**grant).is_some()).count();
    if known == 0 || grants.as_object().is_none_or(|grants| grants.len() > known) {
        let message = "GrantTypes must hold authorizationCode, clientCredentials, or both.";
        return Err(validation::field("oauth2.grantTypes", message));
    }
    for grant in GRANTS.iter().filter_map(|grant| grants.get(*grant)) {
        let Some(grant) = texts(grant) else {
            return Err(validation::field(
                "oauth2.grantTypes",
                "The settings of a grant type must be texts.",
            ));
        };
        for name in ["authorizationUrl", "loginUri", "refreshUrl", "tokenUrl"] {
            validation::url(&json!(grant), name)?;
        }
        if !is_entra(properties) && !grant.contains_key("tokenUrl") {
            let provider = text(properties, &["identityProvider"]).unwrap_or_default();
            let what = format!("The identity provider '{provider}' without a tokenUrl");
            return Err(ErrorResponse::not_implemented(&what));
        }
    }
    Ok(())
}

/// An object with nothing but texts.
pub fn texts(settings: &Value) -> Option<&Map<String, Value>> {
    settings.as_object().filter(|settings| settings.values().all(Value::is_string))
}

fn is_entra(properties: &Value) -> bool {
    text(properties, &["identityProvider"]).is_some_and(|provider| provider.eq_ignore_ascii_case("aad"))
}

/// The settings of a grant: the provider's, and over them those of an authorization.
pub struct Settings<'a> {
    /// `authorizationCode` or `clientCredentials`.
    pub grant: &'static str,
    provider: &'a Resource,
    own: &'a Value,
}

impl<'a> Settings<'a> {
    /// Of an authorization; `None` if the provider has no such grant.
    pub fn of(provider: &'a Resource, authorization: &'a Value) -> Option<Self> {
        let named = text(authorization, &["oauth2grantType"]).unwrap_or_default();
        let grant = GRANTS.into_iter().find(|grant| grant.eq_ignore_ascii_case(named))?;
        property(provider.properties(), &["oauth2", "grantTypes", grant]).as_object()?;
        Some(Self { grant, provider, own: authorization })
    }

    /// A setting.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let shared = || text(self.provider.properties(), &["oauth2", "grantTypes", self.grant, name]);
        text(self.own, &["parameters", name]).or_else(shared)
    }

    /// Where browsers come back to.
    pub fn redirect_url(&self) -> &'a str {
        text(self.provider.properties(), &["oauth2", "redirectUrl"]).unwrap_or_default()
    }

    /// The scopes, with spaces between them.
    pub fn scopes(&self) -> Option<String> {
        let scopes = self.get("scopes").map(|scopes| scopes.replace(',', " "));
        let resource = || Some(format!("{}/.default", self.get("resourceUri")?.trim_end_matches('/')));
        scopes.or_else(|| resource().filter(|_| is_entra(self.provider.properties())))
    }

    /// Where tokens are asked for.
    pub fn token_url(&self) -> String {
        self.get("tokenUrl").map_or_else(|| self.entra("token"), str::to_owned)
    }

    /// Where people agree.
    pub fn authorization_url(&self) -> String {
        self.get("authorizationUrl").map_or_else(|| self.entra("authorize"), str::to_owned)
    }

    fn entra(&self, endpoint: &str) -> String {
        let login = self.get("loginUri").unwrap_or(LOGIN).trim_end_matches('/');
        format!("{login}/{}/oauth2/v2.0/{endpoint}", self.get("tenantId").unwrap_or("common"))
    }
}
