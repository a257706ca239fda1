//! Certificates that policies use: <https://learn.microsoft.com/rest/api/apimanagement/certificate>.
//!
//! **Differs from Azure:** key vaults are a file on this machine.

use arm::ErrorResponse;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sim::Timestamp;

use super::{key_vault, validation};
use crate::engine::{
    Action, ActionCall, Answer, Definition, Draft, Example, Fidelity, Listing, Model, Removal, Resource,
    Store, Verb, array, set, take, text,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/certificates",
    summary: "A certificate with its private key, for backends and tokens.",
    modelled: "2024-05-01",
    names: validation::NAME_256,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    actions: &[Action::new("refreshSecret", "refreshSecret/action", refresh)],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("key vaults are a file on this machine"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/certificates/example-certificate",
        body: r#"{"properties": {"data": "MIIEDAIBAzCCA8IGCSqGSIb3DQEHAaCCA7MEggOvMIIDqzCCAmIGCSqGSIb3DQEHBqCCAlMwggJPAgEAMIICSAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhQQlDpSU85+AICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEFCwOX5gX3/RGAyMbvQDJU+AggHgMLYfGr3HzhWnYzcq7WZTMq4amQCCzTf4WOf7js1GLR9oh7kxzZtaq1bhLURoDEhzW2kWVR5CRrzweza3oxjMzHl24M+S6itLR65TeZ9KGtYzdySWR614bz4/REErOOJBDirZowjCzOOICIavxNp7MiuQQ15Z4u4GZdYjW/e+Vr/0GfoOhCcBhtj2PxMPp4D97LV5YAFKXK8k324KuHPPbrfPloAkInyaSoDfcjvmfY9flS35wlvRIZu1fNN8erQNrtDy3zHsG6/VCHpQ2lNka8zQrPfeofQ4BUq/RkIwOAPNGBdwT2GnN+rYBM6CXHpzvG8ApbarggS7nQK7JuFOi112c8QZHnqQx4OIXTtOQelmdJBicMgX0yayaJn77cyNZ6bCx1Kw147I+oO0sIqXG0Qum0rHl9BwEAsI0bFYXUp3Yn1dDocHklfk0j5o8pMhu+5hAB1vkLRmNhcvE8vVCeazm9QsT0SQpuAIi43if3Bb/JCvyJg11oORSrO63UmyJsCKhEHeWcfkqPnQThA/2POSUQlk8qILgeF5VaIvUnvoXKSgV8Fi8i6LGfWs/wIilSc6Yz7Epfb7iJIEE0fUq2LHbWky512tkxt/SmjvrCC/jJRN/G9NG7G9HQtOC4LEMIIBQQYJKoZIhvcNAQcBoIIBMgSCAS4wggEqMIIBJgYLKoZIhvcNAQwKAQKgge8wgewwVwYJKoZIhvcNAQUNMEowKQYJKoZIhvcNAQUMMBwECH1TwbiVduPyAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQatibSF4RK4o8dLOCyvSzCASBkDBhr0AklFcJNsYKdiFiQQL8cZ3/6q+IXp7lbRylm6ssc9B9ei7PlhlrVYwQtpcTK6x7JfE0gEPuzECuGtNilM4m7fZEidH1N3/HJmVNyhOwUBsetWuDirjv/J+sgJV5C7yqMB2i+zMLm4H66VcOPeIIPNuVwMKXS4hwsShmyvs38dNLgBB+DtZjmkBBnUqGcTElMCMGCSqGSIb3DQEJFTEWBBQxmfjLHyXZFyXIucAwAI3HV/MyWTBBMDEwDQYJYIZIAWUDBAIBBQAEIEgk4bu99hfIhXf6WBztbM6h+oCxNVEn9odu1hXzteCbBAgUZnvse0zBEgICCAA=", "password": "secret"}}"#,
        patch: None,
        after: &[],
    }],
    defaults: read,
    provision: validation::compile,
    removable: |removal: &Removal<'_, '_>| {
        let name = removal.resource.id.name();
        validation::compile_without(removal, &format!("Certificate '{name}'"), |service| {
            service.certificates.retain(|known| !known.name.eq_ignore_ascii_case(name));
        })
    },
    view,
    ..Definition::CHILD
};

/// What is kept of the file, and not shown.
const HIDDEN: [&str; 3] = ["certificate", "chain", "privateKey"];

/// Reads the file; it is not kept.
fn read(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let (file, password) = if key_vault::is_reference(draft.properties()) {
        (key_vault::of_draft(draft)?, String::new())
    } else {
        key_vault::forget(&mut draft.body);
        let own = |name: &str| text(draft.properties(), &[name]).unwrap_or_default().to_owned();
        (own("data"), own("password"))
    };
    open(&mut draft.body, draft.id.name(), (&file, &password))
}

/// Takes the certificate from its key vault once more.
fn refresh(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let (mut certificate, secret) = key_vault::refreshed(call)?;
    if let Some(secret) = secret {
        let name = certificate.id.name().to_owned();
        open(&mut certificate.body, &name, (&secret, ""))?;
    }
    call.tx.put(certificate.clone());
    validation::check_service(call.world.config, call.tx, &certificate.id)?;
    Ok(Answer::resource(200, &certificate, call.tx))
}

/// Puts what a PFX file holds in its place.
fn open(body: &mut Value, name: &str, (file, password): (&str, &str)) -> Result<(), ErrorResponse> {
    let file: String = file.split_whitespace().collect();
    if file.is_empty() {
        return Err(validation::field("data", "Data is required."));
    }
    let file = STANDARD.decode(file).map_err(|_| validation::field("data", "Data is not Base64."))?;
    let found = apim::Certificate::from_pfx(name, &file, password)
        .map_err(|error| validation::field("data", error.to_string()))?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&found.der)
        .map_err(|_| validation::field("data", "The certificate cannot be read."))?;
    let ends = Timestamp::from_unix_seconds(parsed.validity().not_after.timestamp());
    let chain: Vec<String> = found.chain.iter().map(|der| STANDARD.encode(der)).collect();
    let key = found.private_key.as_ref().map(|key| STANDARD.encode(key.reveal()));
    take(body, &["properties", "data"]);
    take(body, &["properties", "password"]);
    set(body, &["properties", "subject"], parsed.subject().to_string());
    set(body, &["properties", "thumbprint"], thumbprint(&found.der));
    set(body, &["properties", "expirationDate"], ends.rfc3339());
    set(body, &["properties", "certificate"], STANDARD.encode(&found.der));
    set(body, &["properties", "chain"], chain);
    set(body, &["properties", "privateKey"], key);
    Ok(())
}

fn thumbprint(der: &[u8]) -> String {
    use std::fmt::Write as _;
    digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

fn view(_: &Resource, _: &Store, shown: &mut Value) {
    for name in HIDDEN {
        take(shown, &["properties", name]);
    }
}

/// The certificate, as the gateway knows it.
pub fn model(resource: &Resource) -> Option<apim::Certificate> {
    let properties = resource.properties();
    let decode = |text: &str| STANDARD.decode(text).ok();
    let chain = array(properties, &["chain"]).iter().filter_map(|der| decode(der.as_str()?));
    Some(apim::Certificate {
        name: resource.id.name().to_owned(),
        der: decode(text(properties, &["certificate"])?)?,
        chain: chain.collect(),
        private_key: text(properties, &["privateKey"]).and_then(decode).map(apim::PrivateKey::new),
    })
}
