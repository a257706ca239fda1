//! The .NET types that expressions may use: one file and one line each.

mod collections;
mod cryptography;
mod date_time;
mod host;
mod json;
mod linq;
mod object;
mod primitive;
mod regex;
mod string;
mod system;

use crate::registry::TypeRow;
use crate::ty::Type;
use crate::value::{Native, Value};

/// All types.
pub const ROWS: &[&TypeRow] = &[
    &collections::ARRAY,
    &collections::DICTIONARY,
    &collections::HASH_SET,
    &collections::I_COLLECTION,
    &collections::I_DICTIONARY,
    &collections::I_ENUMERABLE,
    &collections::I_LIST,
    &collections::I_READ_ONLY_COLLECTION,
    &collections::I_READ_ONLY_DICTIONARY,
    &collections::KEY_VALUE_PAIR,
    &collections::LIST,
    &cryptography::HASH_ALGORITHM,
    &cryptography::HMAC_SHA1,
    &cryptography::HMAC_SHA256,
    &cryptography::HMAC_SHA384,
    &cryptography::HMAC_SHA512,
    &cryptography::SHA1,
    &cryptography::SHA1_MANAGED,
    &cryptography::SHA256,
    &cryptography::SHA256_MANAGED,
    &cryptography::SHA384,
    &cryptography::SHA512,
    &cryptography::SHA512_MANAGED,
    &date_time::DATE_SHARED,
    &date_time::DATE_TIME,
    &date_time::DATE_TIME_KIND,
    &date_time::DATE_TIME_OFFSET,
    &date_time::DAY_OF_WEEK,
    &date_time::OFFSET_SHARED,
    &date_time::TIME_SPAN,
    &host::API,
    &host::BODY,
    &host::CONTEXT,
    &host::DEPLOYMENT,
    &host::GATEWAY,
    &host::GROUP,
    &host::IDENTITY,
    &host::LAST_ERROR,
    &host::OPERATION,
    &host::PRODUCT,
    &host::PRODUCT_STATE,
    &host::REQUEST,
    &host::RESPONSE,
    &host::SUBSCRIPTION,
    &host::SUBSCRIPTION_KEY_PARAMETER_NAMES,
    &host::URL,
    &host::USER,
    &host::WORKSPACE,
    &json::ARRAY,
    &json::CONTAINER,
    &json::CONVERT,
    &json::FORMATTING,
    &json::OBJECT,
    &json::PROPERTY,
    &json::TOKEN,
    &json::TOKEN_OPERATORS,
    &json::TOKEN_TYPE,
    &json::VALUE,
    &linq::ENUMERABLE,
    &linq::STRING_COMPARER,
    &object::ACTION_0,
    &object::ACTION_1,
    &object::ACTION_2,
    &object::COMPARISON,
    &object::FUNC_1,
    &object::FUNC_2,
    &object::FUNC_3,
    &object::FUNC_4,
    &object::NULLABLE,
    &object::OBJECT,
    &object::PREDICATE,
    &primitive::BOOL,
    &primitive::BYTE,
    &primitive::CHAR,
    &primitive::DECIMAL,
    &primitive::DOUBLE,
    &primitive::FLOAT,
    &primitive::INT,
    &primitive::LONG,
    &primitive::SBYTE,
    &primitive::SHORT,
    &primitive::UINT,
    &primitive::ULONG,
    &primitive::USHORT,
    &regex::CAPTURE,
    &regex::GROUP,
    &regex::GROUPS,
    &regex::MATCH,
    &regex::OPTIONS,
    &regex::REGEX,
    &string::COMPARISON,
    &string::SPLIT_OPTIONS,
    &string::STRING,
    &system::ARGUMENT,
    &system::ARGUMENT_NULL,
    &system::ARGUMENT_OUT_OF_RANGE,
    &system::BIT_CONVERTER,
    &system::CONVERT,
    &system::DIVIDE_BY_ZERO,
    &system::ENCODING,
    &system::EXCEPTION,
    &system::FORMAT,
    &system::GUID,
    &system::INDEX_OUT_OF_RANGE,
    &system::INVALID_CAST,
    &system::INVALID_OPERATION,
    &system::JSON,
    &system::JSON_READER,
    &system::KEY_NOT_FOUND,
    &system::MATH,
    &system::MIDPOINT_ROUNDING,
    &system::NULL_REFERENCE,
    &system::OVERFLOW,
    &system::RANDOM,
    &system::URI_ESCAPES,
    &system::WEB_UTILITY,
];

/// Types that Azure allows and that have no row yet.
pub const ALLOWED: &[&str] = &[
    "Authorization",
    "BasicAuthCredentials",
    "Jwt",
    "System.Text.StringBuilder",
    "System.Net.IPAddress",
    "System.Security.Cryptography.HashAlgorithmName",
    "System.Security.Cryptography.RSACng",
    "System.Security.Cryptography.X509Certificates.X509Certificate",
    "System.Security.Cryptography.X509Certificates.X509Certificate2",
    "Newtonsoft.Json.Linq.JConstructor",
    "Newtonsoft.Json.Linq.JRaw",
    "System.Security.Cryptography.AsymmetricAlgorithm",
    "System.Security.Cryptography.CipherMode",
    "System.Security.Cryptography.HMACMD5",
    "System.Security.Cryptography.MD5",
    "System.Security.Cryptography.Oid",
    "System.Security.Cryptography.PaddingMode",
    "System.Security.Cryptography.RNGCryptoServiceProvider",
    "System.Security.Cryptography.RSA",
    "System.Security.Cryptography.RSAEncryptionPadding",
    "System.Security.Cryptography.RSACertificateExtensions",
    "System.Security.Cryptography.RSASignaturePadding",
    "System.Security.Cryptography.SymmetricAlgorithm",
    "System.Security.Cryptography.X509Certificates.PublicKey",
    "System.Security.Cryptography.X509Certificates.X500DistinguishedName",
    "System.Security.Cryptography.X509Certificates.X509ContentType",
    "System.Security.Cryptography.X509Certificates.X509NameType",
    "System.IO.StringReader",
    "System.IO.StringWriter",
    "System.TimeZone",
    "System.TimeZoneInfo",
    "System.Tuple",
    "System.UriPartial",
    "System.Xml.Linq.XAttribute",
    "System.Xml.Linq.XCData",
    "System.Xml.Linq.XComment",
    "System.Xml.Linq.XContainer",
    "System.Xml.Linq.XDeclaration",
    "System.Xml.Linq.XDocument",
    "System.Xml.Linq.XElement",
    "System.Xml.Linq.XName",
    "System.Xml.Linq.XNamespace",
    "System.Xml.Linq.XNode",
    "System.Xml.Linq.XObject",
    "System.Xml.Linq.XText",
    "System.Xml.XmlNodeType",
    "System.Collections.Generic.Queue",
    "System.Collections.Generic.Stack",
    "System.Array.AsReadOnly",
    "System.Enum",
];

/// Members of allowed types that Azure refuses.
pub const REFUSED_MEMBERS: &[(&str, &str)] = &[
    ("System.DateTime", "ParseExact"),
    ("System.DateTime", "TryParse"),
    ("System.DateTime", "TryParseExact"),
    ("System.DateTime", "ToUniversalTime"),
    ("System.DateTime", "ToLocalTime"),
    ("System.DateTime", "Kind"),
    ("System.DateTime", "SpecifyKind"),
    ("System.Text.RegularExpressions.Regex", "Escape"),
    ("System.Object", "GetType"),
];

/// Whether the properties of this type are the host's.
pub fn is_host(name: &str) -> bool {
    !name.contains('.')
}

/// What enumerating a native object yields.
pub fn elements(native: &dyn Native) -> Vec<Value> {
    debug_assert!(!native.type_name().is_empty());
    Vec::new()
}

/// The static type of what enumerating a type yields that is no `IEnumerable<T>`.
pub fn element_of(name: &str) -> Option<Type> {
    debug_assert!(!name.is_empty());
    None
}

/// The date that a JSON string means.
pub fn parse_iso(text: &Value) -> Option<Value> {
    let Value::String(text) = text else { return None };
    let text = text.ascii().filter(|text| text.len() >= 19 && text.as_bytes().get(10) == Some(&b'T'))?;
    let (ticks, offset) = date_time::read(text)?;
    let kind = match offset {
        None => crate::time::Kind::Unspecified,
        Some(0) if text.ends_with('Z') => crate::time::Kind::Utc,
        Some(_) => crate::time::Kind::Local,
    };
    let ticks = ticks - i64::from(offset.unwrap_or(0)) * 60 * crate::time::SECOND;
    Some(Value::DateTime(crate::time::DateTime { ticks, kind }))
}

/// A date, time span or identifier in a text.
pub fn convert_text(text: &Value, ty: &Type) -> crate::failure::Outcome {
    match ty.name() {
        Some("System.DateTime") => date_time::parse(text),
        Some("System.DateTimeOffset") => date_time::parse_offset(text),
        Some("System.TimeSpan") => date_time::parse_span(text),
        Some("System.Guid") => system::parse_guid(text),
        _ => crate::run::convert::cast(ty, text.clone()),
    }
}
