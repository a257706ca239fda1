//! The .NET types that expressions may use: one file and one line each.

mod bit_converter;
mod certificate;
mod character;
mod checked;
mod collections;
mod convert;
mod cryptography;
mod date_time;
mod decimal;
mod dictionary;
mod encoding;
mod enumeration;
mod exceptions;
mod guid;
mod hash_set;
mod host;
mod ip_address;
mod json;
mod json_convert;
mod json_token;
mod jwt;
mod linq;
mod linq_groups;
mod linq_numbers;
mod linq_order;
mod linq_projections;
mod linq_sets;
mod lists;
mod math;
mod md5;
mod object;
mod primitive;
mod queue;
mod regex;
mod regex_pattern;
mod rsa;
mod string;
mod string_builder;
mod string_compare;
mod string_search;
mod symmetric;
mod system;
mod time_span;
mod time_zone;
mod uri;
mod windows_zones;
mod xml;
mod xml_name;

use crate::registry::TypeRow;
use crate::ty::Type;
use crate::value::{Native, Value};

/// What can be made of a call's constant arguments once, before any evaluation.
pub use regex_pattern::prepare;

/// All types.
pub const ROWS: &[&TypeRow] = &[
    &bit_converter::BIT_CONVERTER,
    &bit_converter::OF_NUMBERS,
    &certificate::OID,
    &certificate::X500_DISTINGUISHED_NAME,
    &certificate::X509_CERTIFICATE,
    &certificate::X509_CERTIFICATE_2,
    &certificate::X509_NAME_TYPE,
    &character::BOOL,
    &character::CHAR,
    &character::CHAR_TESTS,
    &checked::CHECKED,
    &collections::ARRAY,
    &collections::I_COLLECTION,
    &collections::I_ENUMERABLE,
    &collections::I_ENUMERABLE_0,
    &collections::I_LIST,
    &collections::I_READ_ONLY_COLLECTION,
    &collections::LIST,
    &convert::CONVERT,
    &cryptography::HASH_ALGORITHM,
    &cryptography::HMAC,
    &cryptography::HMAC_MD5,
    &cryptography::HMAC_SHA1,
    &cryptography::HMAC_SHA256,
    &cryptography::HMAC_SHA384,
    &cryptography::HMAC_SHA512,
    &cryptography::KEYED_HASH_ALGORITHM,
    &cryptography::MD5,
    &cryptography::RNG_CRYPTO_SERVICE_PROVIDER,
    &cryptography::SHA1,
    &cryptography::SHA1_MANAGED,
    &cryptography::SHA256,
    &cryptography::SHA256_MANAGED,
    &cryptography::SHA384,
    &cryptography::SHA384_MANAGED,
    &cryptography::SHA512,
    &cryptography::SHA512_MANAGED,
    &date_time::DATE_SHARED,
    &date_time::DATE_TIME,
    &date_time::DATE_TIME_KIND,
    &date_time::DATE_TIME_OFFSET,
    &date_time::DAY_OF_WEEK,
    &date_time::OFFSET_SHARED,
    &decimal::DECIMAL,
    &dictionary::DICTIONARY,
    &dictionary::I_DICTIONARY,
    &dictionary::I_READ_ONLY_DICTIONARY,
    &dictionary::KEY_VALUE_PAIR,
    &encoding::ENCODING,
    &enumeration::ENUM,
    &exceptions::ARGUMENT,
    &exceptions::ARGUMENT_NULL,
    &exceptions::ARGUMENT_OUT_OF_RANGE,
    &exceptions::ARITHMETIC,
    &exceptions::CRYPTOGRAPHIC,
    &exceptions::DIVIDE_BY_ZERO,
    &exceptions::EXCEPTION,
    &exceptions::FORMAT,
    &exceptions::INDEX_OUT_OF_RANGE,
    &exceptions::INVALID_CAST,
    &exceptions::INVALID_OPERATION,
    &exceptions::JSON,
    &exceptions::JSON_READER,
    &exceptions::KEY_NOT_FOUND,
    &exceptions::NOT_IMPLEMENTED,
    &exceptions::NOT_SUPPORTED,
    &exceptions::NULL_REFERENCE,
    &exceptions::OVERFLOW,
    &exceptions::REGEX_PARSE,
    &exceptions::TIME_ZONE_NOT_FOUND,
    &exceptions::URI_FORMAT,
    &exceptions::XML,
    &guid::GUID,
    &hash_set::HASH_SET,
    &host::API,
    &host::BACKEND,
    &host::BODY,
    &host::CONTEXT,
    &host::DEPLOYMENT,
    &host::GATEWAY,
    &host::GRAPHQL,
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
    &ip_address::ADDRESS_FAMILY,
    &ip_address::IP_ADDRESS,
    &json::ARRAY,
    &json::CONTAINER,
    &json::CONVERT,
    &json::FORMATTING,
    &json::OBJECT,
    &json::PROPERTY,
    &json::TOKEN,
    &json::TOKEN_TYPE,
    &json::VALUE,
    &json_convert::OF_OBJECTS,
    &json_convert::OF_STRUCTURES,
    &json_convert::TYPED,
    &json_token::CHANGES,
    &json_token::PLACE,
    &jwt::AUTHORIZATION,
    &jwt::BASIC,
    &jwt::JWT,
    &linq::ENUMERABLE,
    &linq::STRING_COMPARER,
    &linq_groups::GROUPS,
    &linq_groups::I_GROUPING,
    &linq_groups::I_LOOKUP,
    &linq_numbers::NUMBERS,
    &linq_order::I_ORDERED_ENUMERABLE,
    &linq_order::ORDERS,
    &linq_projections::PROJECTIONS,
    &linq_sets::SETS,
    &lists::ARRAY,
    &lists::LIST,
    &math::COMPARED,
    &math::MATH,
    &math::MIDPOINT_ROUNDING,
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
    &primitive::BYTE,
    &primitive::DOUBLE,
    &primitive::DOUBLE_MEMBERS,
    &primitive::FLOAT,
    &primitive::FLOAT_MEMBERS,
    &primitive::INT,
    &primitive::LONG,
    &primitive::SBYTE,
    &primitive::SHORT,
    &primitive::UINT,
    &primitive::ULONG,
    &primitive::USHORT,
    &queue::QUEUE,
    &queue::STACK,
    &queue::TUPLE,
    &queue::TUPLE_1,
    &queue::TUPLE_2,
    &queue::TUPLE_3,
    &queue::TUPLE_4,
    &regex::CAPTURE,
    &regex::GROUP,
    &regex::GROUPS,
    &regex::MATCH,
    &regex::OPTIONS,
    &regex::REGEX,
    &rsa::ASYMMETRIC_ALGORITHM,
    &rsa::HASH_ALGORITHM_NAME,
    &rsa::RSA,
    &rsa::RSA_CNG,
    &rsa::RSA_ENCRYPTION_PADDING,
    &rsa::RSA_SIGNATURE_PADDING,
    &string::SPLIT_OPTIONS,
    &string::STRING,
    &string_builder::STRING_BUILDER,
    &string_builder::STRING_READER,
    &string_builder::STRING_WRITER,
    &string_compare::COMPARED,
    &string_compare::COMPARISON,
    &string_search::SEARCHED,
    &symmetric::CIPHER_MODE,
    &symmetric::PADDING_MODE,
    &symmetric::SYMMETRIC_ALGORITHM,
    &system::RANDOM,
    &system::WEB_UTILITY,
    &time_span::TIME_SPAN,
    &time_zone::TIME_ZONE_INFO,
    &uri::URI,
    &uri::URI_PARTIAL,
    &xml::X_ATTRIBUTE,
    &xml::X_CONTAINER,
    &xml::X_DOCUMENT,
    &xml::X_ELEMENT,
    &xml::X_NODE,
    &xml::X_OBJECT,
    &xml_name::EXTENSIONS,
    &xml_name::LOAD_OPTIONS,
    &xml_name::SAVE_OPTIONS,
    &xml_name::XML_NODE_TYPE,
    &xml_name::X_CDATA,
    &xml_name::X_COMMENT,
    &xml_name::X_CONVERSIONS,
    &xml_name::X_DECLARATION,
    &xml_name::X_NAME,
    &xml_name::X_NAMESPACE,
    &xml_name::X_PROCESSING_INSTRUCTION,
    &xml_name::X_TEXT,
    &xml_name::X_TEXTS,
];

pub use checked::NAME as CHECKED;

/// Types that Azure allows and that have no row yet.
pub const ALLOWED: &[&str] = &[
    "Newtonsoft.Json.Linq.JConstructor",
    "Newtonsoft.Json.Linq.JRaw",
    "System.Security.Cryptography.RSACertificateExtensions",
    "System.Security.Cryptography.X509Certificates.PublicKey",
    "System.Security.Cryptography.X509Certificates.X509ContentType",
    "System.TimeZone",
    "System.TimeZoneInfo.AdjustmentRule",
    "System.TimeZoneInfo.TransitionTime",
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
    ("System.Net.IPAddress", "Any"),
    ("System.Net.IPAddress", "Broadcast"),
    ("System.Net.IPAddress", "HostToNetworkOrder"),
    ("System.Net.IPAddress", "IPv6Any"),
    ("System.Net.IPAddress", "IPv6Loopback"),
    ("System.Net.IPAddress", "Loopback"),
    ("System.Net.IPAddress", "MapToIPv4"),
    ("System.Net.IPAddress", "NetworkToHostOrder"),
    ("System.Net.IPAddress", "None"),
    ("System.Xml.Linq.XDocument", "Load"),
];

/// A JSON web token as expressions see it; neither its signature nor its times are checked.
pub fn jwt(text: &str) -> Option<Value> {
    jwt::jwt(text)
}

pub use certificate::Certificate;

/// A certificate in DER or PEM as expressions see it, with its private key in PKCS #8 if it has one.
pub fn certificate(content: &[u8], private_key: Option<&[u8]>) -> Option<Value> {
    certificate::certificate(content, private_key).map(Value::native)
}

/// Whether the properties of this type are the host's.
pub fn is_host(name: &str) -> bool {
    !name.contains('.')
}

/// What enumerating a native object yields.
pub fn elements(native: &dyn Native) -> Vec<Value> {
    let object = native.as_any();
    if let Some(group) = object.downcast_ref::<linq_groups::Grouping>() {
        return group.items.clone();
    }
    object
        .downcast_ref::<linq_groups::Lookup>()
        .map_or_else(Vec::new, |lookup| lookup.groups.values().cloned().collect())
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
        Some("System.TimeSpan") => time_span::parse(text),
        Some("System.Guid") => guid::parse(text, "input"),
        _ => crate::run::convert::cast(ty, text.clone()),
    }
}
