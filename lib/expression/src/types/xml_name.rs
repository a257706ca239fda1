//! `XName`, `XNamespace`, texts, comments, the conversions of values, and `System.Xml.Linq.Extensions`.

use std::any::Any;

use super::xml::{ELEMENT_NAME, class, this, value};
use crate::failure::{Outcome, null_argument, null_reference};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::sequence::collect;
use crate::run::{Machine, convert};
use crate::text::Str;
use crate::ty::Type;
use crate::value::{Native, Value};
use crate::xml::{Kind, Name, Node, XML, XMLNS};

#[derive(Debug)]
struct XName(Name);

impl Native for XName {
    fn type_name(&self) -> &'static str {
        X_NAME.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_value(&self) -> bool {
        true
    }

    fn text(&self) -> Str {
        Str::from(self.0.to_string())
    }
}

#[derive(Debug)]
struct XNamespace(String);

impl Native for XNamespace {
    fn type_name(&self) -> &'static str {
        X_NAMESPACE.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_value(&self) -> bool {
        true
    }

    fn text(&self) -> Str {
        Str::from(self.0.as_str())
    }
}

/// The name in an argument of the type `XName`.
pub fn given(value: &Value) -> Outcome<Name> {
    match value {
        Value::String(text) => checked(Name::read(&text.text())),
        Value::Native(native) => match native.as_any().downcast_ref::<XName>() {
            Some(name) => Ok(name.0.clone()),
            None => Err(null_reference()),
        },
        _ => Err(null_argument("name")),
    }
}

/// A name whose local part may stand in a document.
fn checked(name: Name) -> Outcome<Name> {
    let good = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{b7}');
    let first = name.local.chars().next();
    let message = match (first, name.local.chars().find(|c| !good(*c))) {
        (Some(first), _) if good(first) && !(first.is_alphabetic() || first == '_') => {
            format!(
                "Name cannot begin with the '{first}' character, hexadecimal value 0x{:02X}.",
                u32::from(first)
            )
        }
        (Some(first), _) if !good(first) => {
            format!(
                "Name cannot begin with the '{first}' character, hexadecimal value 0x{:02X}.",
                u32::from(first)
            )
        }
        (_, Some(other)) => format!(
            "The '{other}' character, hexadecimal value 0x{:02X}, cannot be included in a name.",
            u32::from(other)
        ),
        _ => return Ok(name),
    };
    crate::failure::throw("System.Xml.XmlException", message)
}

pub fn name(name: Name) -> Value {
    Value::native(XName(name))
}

pub fn namespace(space: &str) -> Value {
    Value::native(XNamespace(space.to_owned()))
}

/// A value as content of an element or attribute.
pub fn xml_text(m: &mut Machine<'_>, value: &Value) -> Outcome<String> {
    Ok(match value {
        Value::Bool(value) => value.to_string(),
        Value::DateTime(date) => date.format("yyyy-MM-ddTHH:mm:ss.FFFFFFFK")?,
        Value::DateTimeOffset(date) => date.format("yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz")?,
        Value::Double(value) if value.is_infinite() => if *value > 0.0 { "INF" } else { "-INF" }.to_owned(),
        other => convert::text(m, other)?.text().into_owned(),
    })
}

fn local(c: Call<'_>) -> Outcome<&XName> {
    c.native(0)
}

fn get(c: Call<'_>) -> Outcome {
    if c.value(0).is_null() {
        return Ok(Value::Null);
    }
    given(c.value(0)).map(name)
}

fn within(_: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let space = c.native::<XNamespace>(0)?;
    match c.value(1) {
        Value::String(local) => checked(Name::new(&space.0, &local.text())).map(name),
        _ => Err(null_argument("localName")),
    }
}

pub const X_NAME: TypeRow = class(
    "System.Xml.Linq.XName",
    &[],
    &[
        ("string LocalName { get; }", |_, c| Ok(Value::text(&local(c)?.0.local))),
        ("XNamespace Namespace { get; }", |_, c| Ok(namespace(&local(c)?.0.space))),
        ("string NamespaceName { get; }", |_, c| Ok(Value::text(&local(c)?.0.space))),
        ("static XName Get(string expandedName)", |_, c| get(c)),
        ("static XName Get(string localName, string namespaceName)", |_, c| {
            Ok(name(Name::new(&c.text(1)?.text(), &c.text(0)?.text())))
        }),
        ("static implicit operator XName(string expandedName)", |_, c| get(c)),
    ],
    &[],
);

pub const X_NAMESPACE: TypeRow = class(
    "System.Xml.Linq.XNamespace",
    &[],
    &[
        ("string NamespaceName { get; }", |_, c| Ok(Value::text(&c.native::<XNamespace>(0)?.0))),
        ("static XNamespace Get(string namespaceName)", |_, c| Ok(namespace(&c.text(0)?.text()))),
        ("static XNamespace None { get; }", |_, _| Ok(namespace(""))),
        ("static XNamespace Xml { get; }", |_, _| Ok(namespace(XML))),
        ("static XNamespace Xmlns { get; }", |_, _| Ok(namespace(XMLNS))),
        ("XName GetName(string localName)", within),
        ("static implicit operator XNamespace(string namespaceName)", |_, c| match c.value(0) {
            Value::String(text) => Ok(namespace(&text.text())),
            _ => Ok(Value::Null),
        }),
        ("static XName operator +(XNamespace ns, string localName)", within),
    ],
    &[],
);

#[derive(Debug)]
struct Declaration(String);

impl Native for Declaration {
    fn type_name(&self) -> &'static str {
        X_DECLARATION.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Str {
        Str::from(format!("<?xml {}?>", self.0))
    }
}

/// The text of an `XDeclaration`.
pub fn declaration(value: &Value) -> Outcome<String> {
    match value {
        Value::Native(native) => {
            native.as_any().downcast_ref::<Declaration>().map(|it| it.0.clone()).ok_or_else(null_reference)
        }
        _ => Err(null_reference()),
    }
}

pub fn declared(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::native(Declaration(text.to_owned())) }
}

fn declared_part(c: Call<'_>, part: &str) -> Outcome {
    let text = declaration(c.value(0))?;
    let found = text.split_once(part).and_then(|(_, rest)| {
        let rest = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next()?;
        rest.get(1..)?.split(quote).next()
    });
    Ok(found.map_or(Value::Null, Value::text))
}

pub const X_DECLARATION: TypeRow = class(
    "System.Xml.Linq.XDeclaration",
    &[],
    &[
        ("new(string version, string encoding, string standalone)", |_, c| {
            let mut parts = Vec::new();
            for (at, part) in ["version", "encoding", "standalone"].iter().enumerate() {
                if let Value::String(text) = c.value(at) {
                    parts.push(format!("{part}=\"{text}\""));
                }
            }
            Ok(Value::native(Declaration(parts.join(" "))))
        }),
        ("string Version { get; }", |_, c| declared_part(c, "version")),
        ("string Encoding { get; }", |_, c| declared_part(c, "encoding")),
        ("string Standalone { get; }", |_, c| declared_part(c, "standalone")),
    ],
    &[],
);

fn text_node(c: Call<'_>, kind: Kind) -> Outcome {
    match c.value(0) {
        Value::String(text) => Ok(Node::content(kind, &text.text()).object()),
        _ => Err(null_argument("value")),
    }
}

pub const X_TEXT: TypeRow = class(
    "System.Xml.Linq.XText",
    &["XNode"],
    &[("new(string value)", |_, c| text_node(c, Kind::Text)), ("string Value { get; set; }", value)],
    &[],
);

pub const X_CDATA: TypeRow = class(
    "System.Xml.Linq.XCData",
    &["XText"],
    &[("new(string value)", |_, c| text_node(c, Kind::CData))],
    &[],
);

pub const X_COMMENT: TypeRow = class(
    "System.Xml.Linq.XComment",
    &["XNode"],
    &[("new(string value)", |_, c| text_node(c, Kind::Comment)), ("string Value { get; set; }", value)],
    &[],
);

pub const X_PROCESSING_INSTRUCTION: TypeRow = class(
    "System.Xml.Linq.XProcessingInstruction",
    &["XNode"],
    &[
        ("new(string target, string data)", |_, c| {
            let node = Node::content(Kind::Instruction, &c.text(1)?.text());
            node.set_name(Name::new("", &c.text(0)?.text()));
            Ok(node.object())
        }),
        ("string Data { get; set; }", value),
        ("string Target { get; }", |_, c| Ok(Value::text(&this(c)?.name().local))),
    ],
    &[],
);

const fn enumeration(name: &'static str, members: &'static [(&'static str, i32)]) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Enum(members), bases: &[], members: &[], missing: &[] }
}

pub const SAVE_OPTIONS: TypeRow = enumeration(
    "System.Xml.Linq.SaveOptions",
    &[("None", 0), ("DisableFormatting", 1), ("OmitDuplicateNamespaces", 2)],
);

pub const LOAD_OPTIONS: TypeRow = enumeration(
    "System.Xml.Linq.LoadOptions",
    &[("None", 0), ("PreserveWhitespace", 1), ("SetBaseUri", 2), ("SetLineInfo", 4)],
);

pub const XML_NODE_TYPE: TypeRow = enumeration(
    "System.Xml.XmlNodeType",
    &[
        ("None", 0),
        ("Element", 1),
        ("Attribute", 2),
        ("Text", 3),
        ("CDATA", 4),
        ("ProcessingInstruction", 7),
        ("Comment", 8),
        ("Document", 9),
        ("DocumentType", 10),
    ],
);

/// A duration of XML Schema, such as `P1DT2H3M4.5S`, in days and smaller.
fn duration(text: &str) -> Option<Value> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (days, clock) = text.strip_prefix('P')?.split_once('T').unwrap_or((text.strip_prefix('P')?, ""));
    let mut ticks = 0.0;
    for (part, units) in [(days, "D"), (clock, "HMS")] {
        let mut rest = part;
        for unit in units.chars() {
            let Some((number, after)) = rest.split_once(unit) else { continue };
            let width = match unit {
                'D' => 86_400.0,
                'H' => 3600.0,
                'M' => 60.0,
                _ => 1.0,
            };
            ticks += number.parse::<f64>().ok()? * width * 1e7;
            rest = after;
        }
        if !rest.is_empty() {
            return None;
        }
    }
    let ticks = if negative { -ticks } else { ticks } as i64;
    (text.len() > 1).then_some(Value::TimeSpan(crate::time::TimeSpan { ticks }))
}

/// `(T)element` and `(T)attribute`
fn to(c: Call<'_>, ty: &Type) -> Outcome {
    if c.value(0).is_null() {
        let nullable = ty.nullable_of().is_some() || *ty == Type::STRING;
        return if nullable { Ok(Value::Null) } else { Err(null_argument("element")) };
    }
    let text = this(c)?.value();
    let plain = ty.nullable_of().unwrap_or(ty);
    let trimmed = text.trim();
    match *plain {
        Type::STRING => Ok(Value::text(&text)),
        Type::BOOL => match trimmed.to_lowercase().as_str() {
            "1" | "true" => Ok(Value::Bool(true)),
            "0" | "false" => Ok(Value::Bool(false)),
            _ => Err(crate::failure::format_exception(&format!(
                "The string '{trimmed}' is not a valid Boolean value."
            ))),
        },
        Type::DOUBLE if trimmed == "INF" => Ok(Value::Double(f64::INFINITY)),
        Type::DOUBLE if trimmed == "-INF" => Ok(Value::Double(f64::NEG_INFINITY)),
        _ => {
            let text = Value::text(trimmed);
            if crate::run::arithmetic::is_number(plain) {
                super::primitive::parse(plain, &text)
            } else {
                let word = if plain.is("System.TimeSpan") { "a valid TimeSpan" } else { "a valid AllXsd" };
                let refused = format!("The string '{trimmed}' is not {word} value.");
                let parsed = if plain.is("System.TimeSpan") {
                    duration(trimmed)
                } else {
                    super::convert_text(&text, plain).ok()
                };
                match parsed {
                    Some(value) => Ok(value),
                    None if plain.is("System.TimeSpan") || plain.is("System.DateTimeOffset") => {
                        Err(crate::failure::format_exception(&refused))
                    }
                    None => super::convert_text(&text, plain),
                }
            }
        }
    }
}

macro_rules! conversions {
    ($(($ty:literal, $known:expr)),*) => {
        [$(
            (concat!("static explicit operator ", $ty, "(XElement element)"), (|_, c| to(c, &$known)) as Run),
            (concat!("static explicit operator ", $ty, "(XAttribute attribute)"), (|_, c| to(c, &$known)) as Run),
            (concat!("static explicit operator ", $ty, "?(XElement element)"), (|_, c| to(c, &Type::nullable($known))) as Run),
            (concat!("static explicit operator ", $ty, "?(XAttribute attribute)"), (|_, c| to(c, &Type::nullable($known))) as Run)
        ),*]
    };
}

const CONVERSIONS: [(&str, Run); 48] = conversions![
    ("bool", Type::BOOL),
    ("int", Type::INT),
    ("long", Type::LONG),
    ("uint", Type::UINT),
    ("ulong", Type::ULONG),
    ("double", Type::DOUBLE),
    ("float", Type::FLOAT),
    ("decimal", Type::DECIMAL),
    ("DateTime", Type::named("System.DateTime")),
    ("DateTimeOffset", Type::named("System.DateTimeOffset")),
    ("TimeSpan", Type::named("System.TimeSpan")),
    ("Guid", Type::named("System.Guid"))
];

pub const X_CONVERSIONS: TypeRow =
    class("System.Xml.Linq.IXmlConversions", &["IXmlTexts"], &CONVERSIONS, &[]);

pub const X_TEXTS: TypeRow = class(
    "System.Xml.Linq.IXmlTexts",
    &[],
    &[
        ("static explicit operator string(XElement element)", |_, c| to(c, &Type::STRING)),
        ("static explicit operator string(XAttribute attribute)", |_, c| to(c, &Type::STRING)),
    ],
    &[],
);

/// Applies a member of one node to each node of a sequence.
fn each(m: &mut Machine<'_>, c: Call<'_>, (element, member): (&'static str, Run)) -> Outcome {
    let mut found = Vec::new();
    for item in collect(m, c.value(0))? {
        let arguments: Vec<_> = std::iter::once(item).chain(c.arguments.iter().skip(1).cloned()).collect();
        let part = member(m, Call { arguments: &arguments, types: &[] })?;
        found.extend(collect(m, &part)?);
    }
    Ok(Value::array(Type::named(element), found))
}

fn member(row: &TypeRow, signature: &str) -> Run {
    let found = row.members.iter().find(|(text, _)| *text == signature);
    found.map_or((|_, _| Ok(Value::Null)) as Run, |(_, run)| *run)
}

fn remove_all(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    for item in collect(m, c.value(0))? {
        this(Call { arguments: &[item], types: &[] })?.remove();
    }
    Ok(Value::Null)
}

macro_rules! over {
    ($row:ident, $element:expr, $signature:literal) => {
        |m, c| each(m, c, ($element, member(&super::xml::$row, $signature)))
    };
}

const ATTRIBUTE_NAME: &str = "System.Xml.Linq.XAttribute";
const NODE_NAME: &str = "System.Xml.Linq.XNode";

pub const EXTENSIONS: TypeRow = class(
    "System.Xml.Linq.Extensions",
    &[],
    &[
        (
            "static IEnumerable<XElement> Elements<T>(this IEnumerable<T> source)",
            over!(X_CONTAINER, ELEMENT_NAME, "IEnumerable<XElement> Elements()"),
        ),
        (
            "static IEnumerable<XElement> Elements<T>(this IEnumerable<T> source, XName name)",
            over!(X_CONTAINER, ELEMENT_NAME, "IEnumerable<XElement> Elements(XName name)"),
        ),
        (
            "static IEnumerable<XElement> Descendants<T>(this IEnumerable<T> source)",
            over!(X_CONTAINER, ELEMENT_NAME, "IEnumerable<XElement> Descendants()"),
        ),
        (
            "static IEnumerable<XElement> Descendants<T>(this IEnumerable<T> source, XName name)",
            over!(X_CONTAINER, ELEMENT_NAME, "IEnumerable<XElement> Descendants(XName name)"),
        ),
        (
            "static IEnumerable<XNode> Nodes<T>(this IEnumerable<T> source)",
            over!(X_CONTAINER, NODE_NAME, "IEnumerable<XNode> Nodes()"),
        ),
        (
            "static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source)",
            over!(X_ELEMENT, ATTRIBUTE_NAME, "IEnumerable<XAttribute> Attributes()"),
        ),
        (
            "static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source, XName name)",
            over!(X_ELEMENT, ATTRIBUTE_NAME, "IEnumerable<XAttribute> Attributes(XName name)"),
        ),
        (
            "static IEnumerable<XElement> Ancestors<T>(this IEnumerable<T> source)",
            over!(X_NODE, ELEMENT_NAME, "IEnumerable<XElement> Ancestors()"),
        ),
        ("static void Remove(this IEnumerable<XNode> source)", remove_all),
        ("static void Remove(this IEnumerable<XAttribute> source)", remove_all),
    ],
    &["InDocumentOrder", "DescendantsAndSelf", "AncestorsAndSelf", "DescendantNodes"],
);
