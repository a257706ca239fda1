//! `X509Certificate2`: what `context.Request.Certificate` and `context.Deployment.Certificates` hold.
//!
//! **Differs from Azure:** whom a certificate chain may end at, the host says; it is never checked for revocation.
//! Of the formats that certificates come in there are DER and PEM, not PFX.

use std::any::Any;
use std::fmt::Write as _;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use super::host::row;
use super::rsa::Rsa;
use crate::failure::{Outcome, Throw, exception};
use crate::registry::{Call, Form, TypeRow};
use crate::run::Machine;
use crate::text::Str;
use crate::time::{DateTime, Kind};
use crate::value::{Native, Value};

const NAME: &str = "System.Security.Cryptography.X509Certificates.X509Certificate2";

/// A certificate, with its private key if that is known.
pub struct Certificate {
    der: Vec<u8>,
    subject: String,
    issuer: String,
    serial: String,
    thumbprint: Vec<u8>,
    not_before: i64,
    not_after: i64,
    version: u32,
    signature: String,
    public_key: Vec<u8>,
    private_key: Option<Vec<u8>>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "X509Certificate2({})", self.subject)
    }
}

impl Certificate {
    /// Reads a certificate in DER or PEM.
    pub fn read(content: &[u8]) -> Option<Self> {
        certificate(content, None)
    }

    /// Whose it is, as .NET writes it.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Who issued it, as .NET writes it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The serial number in hexadecimal digits.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The SHA-1 thumbprint in hexadecimal digits.
    pub fn thumbprint(&self) -> String {
        hex(&self.thumbprint)
    }

    /// From when to when it is valid, in milliseconds since 1970.
    pub fn validity(&self) -> (i64, i64) {
        (self.not_before, self.not_after)
    }

    /// The common name of whose it is.
    pub fn common_name(&self) -> String {
        simple_name(&self.subject)
    }
}

impl Native for Certificate {
    fn type_name(&self) -> &'static str {
        NAME
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Str {
        let date = |milliseconds| DateTime::unix(milliseconds).format("G").unwrap_or_default();
        Str::from(format!(
            "[Subject]\n  {}\n\n[Issuer]\n  {}\n\n[Serial Number]\n  {}\n\n[Not Before]\n  {}\n\n[Not After]\n  {}\n\n[Thumbprint]\n  {}\n",
            self.subject,
            self.issuer,
            self.serial,
            date(self.not_before),
            date(self.not_after),
            hex(&self.thumbprint)
        ))
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// How `X500DistinguishedName` abbreviates the attributes of a name.
fn attribute(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "S",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "T",
        "2.5.4.42" => "G",
        "2.5.4.43" => "I",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "E",
        _ => return None,
    })
}

/// A name as .NET writes it: the last part first, with quotes where they are needed.
fn distinguished(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in name.iter_rdn() {
        let shown = part.iter().map(|entry| {
            let oid = entry.attr_type().to_id_string();
            let key = attribute(&oid).map_or(format!("OID.{oid}"), str::to_owned);
            let value = entry.as_str().unwrap_or_default();
            let quoted = value.is_empty()
                || value.trim() != value
                || value.contains([',', '+', '=', '"', '\n', '<', '>', '#', ';']);
            if quoted {
                format!("{key}=\"{}\"", value.replace('"', "\"\""))
            } else {
                format!("{key}={value}")
            }
        });
        parts.push(shown.collect::<Vec<_>>().join(" + "));
    }
    parts.reverse();
    parts.join(", ")
}

/// A certificate in DER or PEM, with its private key in PKCS #8 if it has one.
pub fn certificate(content: &[u8], private_key: Option<&[u8]>) -> Option<Certificate> {
    let der = pem(content).unwrap_or_else(|| content.to_vec());
    let (_, parsed) = X509Certificate::from_der(&der).ok()?;
    let validity = parsed.validity();
    Some(Certificate {
        subject: distinguished(parsed.subject()),
        issuer: distinguished(parsed.issuer()),
        serial: hex(parsed
            .raw_serial()
            .strip_prefix(&[0])
            .filter(|rest| !rest.is_empty())
            .unwrap_or(parsed.raw_serial())),
        thumbprint: digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &der).as_ref().to_vec(),
        not_before: validity.not_before.timestamp().saturating_mul(1000),
        not_after: validity.not_after.timestamp().saturating_mul(1000),
        version: parsed.version().0.saturating_add(1),
        signature: parsed.signature_algorithm.algorithm.to_id_string(),
        public_key: parsed.public_key().raw.to_vec(),
        private_key: private_key.map(<[u8]>::to_vec),
        der: der.clone(),
    })
}

fn pem(content: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(content).ok()?;
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

fn unreadable() -> Throw {
    exception(
        "System.Security.Cryptography.CryptographicException",
        "Cannot find the requested object. (The sandbox reads certificates in DER and PEM, not PFX.)",
    )
}

fn create(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    certificate(&c.bytes(0)?, None).map(Value::native).ok_or_else(unreadable)
}

fn this(c: Call<'_>) -> Outcome<&Certificate> {
    c.native(0)
}

fn shown(c: Call<'_>, show: impl FnOnce(&Certificate) -> String) -> Outcome {
    Ok(Value::text(&show(this(c)?)))
}

/// Expressions see local times; the gateway's zone is UTC.
fn local(milliseconds: i64) -> Value {
    Value::DateTime(DateTime { kind: Kind::Local, ..DateTime::unix(milliseconds) })
}

fn verify(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (certificate, now) = (this(c)?, m.host.now());
    let valid = (certificate.not_before..=certificate.not_after).contains(&now);
    Ok(Value::Bool(valid && m.host.trusts(&certificate.der)))
}

/// One attribute of a name: the common name, or else the first.
fn simple_name(name: &str) -> String {
    let part = name.split(", ").find(|part| part.starts_with("CN=")).or_else(|| name.split(", ").next());
    part.and_then(|part| part.split_once('=')).map_or("", |(_, value)| value).trim_matches('"').to_owned()
}

pub const X509_CERTIFICATE: TypeRow = row(
    "System.Security.Cryptography.X509Certificates.X509Certificate",
    &[
        ("string Issuer { get; }", |_, c| shown(c, |it| it.issuer.clone())),
        ("string Subject { get; }", |_, c| shown(c, |it| it.subject.clone())),
        ("byte[] GetCertHash()", |_, c| Ok(Value::bytes(&this(c)?.thumbprint))),
        ("string GetCertHashString()", |_, c| shown(c, |it| hex(&it.thumbprint))),
        ("string GetSerialNumberString()", |_, c| shown(c, |it| it.serial.clone())),
        ("string GetPublicKeyString()", |_, c| shown(c, |it| hex(&super::rsa::pkcs1(&it.public_key)))),
        ("byte[] GetPublicKey()", |_, c| Ok(Value::bytes(&super::rsa::pkcs1(&this(c)?.public_key)))),
        ("byte[] GetRawCertData()", |_, c| Ok(Value::bytes(&this(c)?.der))),
        ("string GetRawCertDataString()", |_, c| shown(c, |it| hex(&it.der))),
        ("string GetEffectiveDateString()", |m, c| {
            let date = local(this(c)?.not_before);
            crate::run::convert::text(m, &date).map(Value::String)
        }),
        ("string GetExpirationDateString()", |m, c| {
            let date = local(this(c)?.not_after);
            crate::run::convert::text(m, &date).map(Value::String)
        }),
        ("string GetFormat()", |_, _| Ok(Value::text("X509"))),
        ("void Dispose()", |_, _| Ok(Value::Null)),
    ],
    &["Export", "GetKeyAlgorithm", "GetSerialNumber", "Handle", "GetName", "GetIssuerName"],
);

pub const X509_CERTIFICATE_2: TypeRow = TypeRow {
    bases: &["X509Certificate"],
    form: Form::Class,
    ..row(
        NAME,
        &[
            ("new(byte[] rawData)", create),
            ("new(byte[] rawData, string password)", create),
            ("string FriendlyName { get; }", |_, _| Ok(Value::text(""))),
            ("bool HasPrivateKey { get; }", |_, c| Ok(Value::Bool(this(c)?.private_key.is_some()))),
            ("DateTime NotAfter { get; }", |_, c| Ok(local(this(c)?.not_after))),
            ("DateTime NotBefore { get; }", |_, c| Ok(local(this(c)?.not_before))),
            ("byte[] RawData { get; }", |_, c| Ok(Value::bytes(&this(c)?.der))),
            ("string SerialNumber { get; }", |_, c| shown(c, |it| it.serial.clone())),
            ("string Thumbprint { get; }", |_, c| shown(c, |it| hex(&it.thumbprint))),
            ("int Version { get; }", |_, c| Ok(Value::Int(this(c)?.version as i32))),
            ("Oid SignatureAlgorithm { get; }", |_, c| Ok(Value::native(Oid(this(c)?.signature.clone())))),
            ("X500DistinguishedName SubjectName { get; }", |_, c| {
                Ok(Value::native(Name(this(c)?.subject.clone())))
            }),
            ("X500DistinguishedName IssuerName { get; }", |_, c| {
                Ok(Value::native(Name(this(c)?.issuer.clone())))
            }),
            ("string GetNameInfo(X509NameType nameType, bool forIssuer)", |_, c| {
                shown(c, |it| simple_name(if c.flag(2) { &it.issuer } else { &it.subject }))
            }),
            ("bool Verify()", verify),
            ("bool VerifyNoRevocation()", verify),
            ("static RSA GetRSAPublicKey(this X509Certificate2 certificate)", |_, c| {
                Ok(Value::native(Rsa::public(&this(c)?.public_key)))
            }),
            ("static RSA GetRSAPrivateKey(this X509Certificate2 certificate)", |_, c| {
                match &this(c)?.private_key {
                    Some(key) => Rsa::private(key).map(Value::native),
                    None => Ok(Value::Null),
                }
            }),
        ],
        &["PrivateKey", "PublicKey", "Extensions", "Archived", "GetCertContentType", "Import", "Reset"],
    )
};

#[derive(Debug)]
struct Oid(String);

impl Native for Oid {
    fn type_name(&self) -> &'static str {
        OID.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub const OID: TypeRow = TypeRow {
    form: Form::Class,
    ..row(
        "System.Security.Cryptography.Oid",
        &[
            ("new(string oid)", |_, c| Ok(Value::native(Oid(c.text(0)?.to_string())))),
            ("string Value { get; }", |_, c| Ok(Value::text(&c.native::<Oid>(0)?.0))),
            ("string FriendlyName { get; }", |_, c| {
                let oid = c.native::<Oid>(0)?;
                Ok(match oid.0.as_str() {
                    "1.2.840.113549.1.1.1" => Value::text("RSA"),
                    "1.2.840.113549.1.1.5" => Value::text("sha1RSA"),
                    "1.2.840.113549.1.1.11" => Value::text("sha256RSA"),
                    "1.2.840.113549.1.1.12" => Value::text("sha384RSA"),
                    "1.2.840.113549.1.1.13" => Value::text("sha512RSA"),
                    "1.2.840.10045.4.3.2" => Value::text("sha256ECDSA"),
                    _ => Value::Null,
                })
            }),
        ],
        &["FromFriendlyName", "FromOidValue"],
    )
};

#[derive(Debug)]
struct Name(String);

impl Native for Name {
    fn type_name(&self) -> &'static str {
        X500_DISTINGUISHED_NAME.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub const X500_DISTINGUISHED_NAME: TypeRow = TypeRow {
    form: Form::Class,
    ..row(
        "System.Security.Cryptography.X509Certificates.X500DistinguishedName",
        &[("string Name { get; }", |_, c| Ok(Value::text(&c.native::<Name>(0)?.0)))],
        &["Decode", "Format", "RawData", "Oid"],
    )
};

pub const X509_NAME_TYPE: TypeRow = TypeRow {
    form: Form::Enum(&[
        ("SimpleName", 0),
        ("EmailName", 1),
        ("UpnName", 2),
        ("DnsName", 3),
        ("DnsFromAlternativeName", 4),
        ("UrlName", 5),
    ]),
    ..row("System.Security.Cryptography.X509Certificates.X509NameType", &[], &[])
};
