//! `Newtonsoft.Json` and `Newtonsoft.Json.Linq`.

use crate::failure::{
    Outcome, Throw, exception, format_exception, null_argument, null_reference, out_of_range,
};
use crate::json::{self, Token};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::{Machine, arithmetic, convert};
use crate::ty::Type;
use crate::value::Value;

const fn row(
    name: &'static str,
    bases: &'static [&'static str],
    members: &'static [(&'static str, Run)],
    missing: &'static [&'static str],
) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases, members, missing }
}

pub const FORMATTING: TypeRow = TypeRow {
    name: "Newtonsoft.Json.Formatting",
    generics: &[],
    form: Form::Enum(&[("None", 0), ("Indented", 1)]),
    bases: &[],
    members: &[],
    missing: &[],
};

pub const TOKEN_TYPE: TypeRow = TypeRow {
    name: "Newtonsoft.Json.Linq.JTokenType",
    generics: &[],
    form: Form::Enum(&[
        ("None", 0),
        ("Object", 1),
        ("Array", 2),
        ("Constructor", 3),
        ("Property", 4),
        ("Comment", 5),
        ("Integer", 6),
        ("Float", 7),
        ("String", 8),
        ("Boolean", 9),
        ("Null", 10),
        ("Undefined", 11),
        ("Date", 12),
        ("Raw", 13),
        ("Bytes", 14),
        ("Guid", 15),
        ("Uri", 16),
        ("TimeSpan", 17),
    ]),
    bases: &[],
    members: &[],
    missing: &[],
};

pub fn token(value: &Value) -> Outcome<&Token> {
    match value {
        Value::Json(token) => Ok(token),
        _ => Err(null_reference()),
    }
}

pub fn json_of(value: &Value) -> Token {
    if value.is_null() { Token::value(Value::Null) } else { json::from_value(value) }
}

/// A value that becomes part of a tree: one that is part of a tree already is copied.
fn given(m: &mut Machine<'_>, value: &Value) -> Outcome<Token> {
    if let Value::Json(token) = value
        && token.parent().is_some()
    {
        return copied(m, token);
    }
    Ok(json_of(value))
}

/// A copy that nothing else holds.
pub fn copied(m: &mut Machine<'_>, token: &Token) -> Outcome<Token> {
    let (mut tokens, mut waiting) = (0_usize, vec![token.clone()]);
    while let Some(token) = waiting.pop() {
        tokens += 1;
        waiting.extend(token.tokens());
    }
    m.ticks(tokens as u64 * 8)?;
    m.charge(tokens.saturating_mul(320))?;
    Ok(token.deep_clone())
}

pub fn option(token: Option<Token>) -> Outcome {
    Ok(token.map_or(Value::Null, Value::Json))
}

fn parse(m: &mut Machine<'_>, c: Call<'_>, only: Option<&str>) -> Outcome {
    let Value::String(text) = c.value(0) else { return Err(null_argument("s")) };
    m.json(&text.text())?;
    if let Some(only) = only {
        let (open, other, article, what) = match only {
            "JObject" => ('{', '[', "an object", "StartArray"),
            _ => ('[', '{', "an array", "StartObject"),
        };
        debug_assert_ne!(open, other);
        if text.text().trim_start().starts_with(other) {
            let message = format!(
                "Error reading {only} from JsonReader. Current JsonReader item is not {article}: {what}. Path '', line 1, position 1."
            );
            return Err(exception("Newtonsoft.Json.JsonReaderException", message));
        }
    }
    let parsed = json::parse_as(&text.text(), true, only.unwrap_or("JToken"))?;
    let name = parsed.type_name().rsplit('.').next().unwrap_or_default();
    match only {
        Some(only) if only != name => {
            let what = match parsed.kind() {
                1 => "StartObject",
                2 => "StartArray",
                6 => "Integer",
                7 => "Float",
                9 => "Boolean",
                10 => "Null",
                _ => "String",
            };
            let message = format!(
                "Error reading {only} from JsonReader. Current JsonReader item is not {}: {what}. Path '', line 1, position {}.",
                if only == "JObject" { "an object" } else { "an array" },
                if what.starts_with("Start") { 1 } else { text.len() }
            );
            Err(exception("Newtonsoft.Json.JsonReaderException", message))
        }
        _ => Ok(Value::Json(parsed)),
    }
}

fn indexed(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let target = token(c.value(0))?;
    m.charge(if c.sets(2) { 640 } else { 0 })?;
    match (c.value(1), target.kind()) {
        (Value::String(name), 1) => {
            if c.sets(2) {
                target.set(&name.text(), given(m, c.value(2))?);
                return Ok(c.value(2).clone());
            }
            option(target.get(&name.text()))
        }
        (Value::Int(at), 2) => {
            let at = usize::try_from(*at).unwrap_or(usize::MAX);
            if c.sets(2) && target.set_item(at, given(m, c.value(2))?) {
                return Ok(c.value(2).clone());
            }
            target.item(at).map(Value::Json).ok_or_else(|| {
                out_of_range(
                    "Index was out of range. Must be non-negative and less than the size of the collection.",
                    "index",
                )
            })
        }
        (Value::Null, 1) => Err(null_argument("propertyName")),
        (key, kind) => Err(wrong_key(m, key, kind)),
    }
}

fn childless() -> Throw {
    let message = "Cannot access child value on Newtonsoft.Json.Linq.JValue.";
    exception("System.InvalidOperationException", message)
}

/// The first or last child; a value has none at all.
fn child(c: Call<'_>, last: bool) -> Outcome {
    let parent = token(c.value(0))?;
    if parent.scalar().is_some() {
        return Err(childless());
    }
    let children = parent.tokens();
    option(if last { children.last() } else { children.first() }.cloned())
}

/// `FromObject` of a type that only some objects become.
fn from_object(c: Call<'_>, only: &str) -> Outcome {
    if c.value(0).is_null() {
        return Err(null_argument("o"));
    }
    let made = json_of(c.value(0));
    if !only.is_empty() && !made.type_name().ends_with(only) {
        let kind = convert::enum_name("Newtonsoft.Json.Linq.JTokenType", made.kind());
        let message = format!("Object serialized to {kind}. {only} instance expected.");
        return Err(exception("System.ArgumentException", message));
    }
    Ok(Value::Json(made))
}

fn wrong_key(m: &mut Machine<'_>, key: &Value, kind: i32) -> Throw {
    let text = convert::text(m, key).unwrap_or_else(|_| crate::text::Str::from(""));
    let shown = if matches!(key, Value::String(_)) { format!("\"{text}\"") } else { text.to_string() };
    match kind {
        1 => exception(
            "System.ArgumentException",
            format!(
                "Accessed JObject values with invalid key value: {shown}. Object property name expected."
            ),
        ),
        2 => exception(
            "System.ArgumentException",
            format!("Accessed JArray values with invalid key value: {shown}. Array position index expected."),
        ),
        4 => exception(
            "System.InvalidOperationException",
            "Cannot access child value on Newtonsoft.Json.Linq.JProperty.",
        ),
        _ => childless(),
    }
}

fn select(c: Call<'_>) -> Outcome<Vec<Token>> {
    let Value::String(path) = c.value(1) else { return Err(null_argument("expression")) };
    json::select(token(c.value(0))?, &path.text(), c.flag(2))
}

fn first(c: Call<'_>) -> Outcome {
    let mut found = select(c)?.into_iter();
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(exception("Newtonsoft.Json.JsonException", "Path returned multiple tokens.")),
        (found, None) => option(found),
    }
}

fn text(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let indented = arithmetic::integer(c.value(1)) == 1;
    let text = token(c.value(0))?.json(indented);
    m.string(text)
}

pub fn tokens(items: Vec<Token>, element: &'static str) -> Outcome {
    Ok(Value::array(Type::named(element), items.into_iter().map(Value::Json).collect()))
}

pub const TOKEN_NAME: &str = "Newtonsoft.Json.Linq.JToken";

pub const TOKEN: TypeRow = row(
    TOKEN_NAME,
    &["IJsonConversions", "IJsonObjectConversions", "IJsonPlace", "IEnumerable<JToken>"],
    &[
        ("static JToken Parse(string json)", |m, c| parse(m, c, None)),
        ("static JToken FromObject(object o)", |_, c| from_object(c, "")),
        ("static bool DeepEquals(JToken t1, JToken t2)", |_, c| {
            Ok(Value::Bool(match (c.value(0), c.value(1)) {
                (Value::Json(a), Value::Json(b)) => a.deep_equals(b),
                (a, b) => a.is_null() && b.is_null(),
            }))
        }),
        ("JToken this[object key] { get; set; }", indexed),
        ("JTokenType Type { get; }", |_, c| {
            Ok(Value::Enum("Newtonsoft.Json.Linq.JTokenType", token(c.value(0))?.kind()))
        }),
        ("JToken Parent { get; }", |_, c| option(token(c.value(0))?.parent())),
        ("bool HasValues { get; }", |_, c| Ok(Value::Bool(!token(c.value(0))?.tokens().is_empty()))),
        ("JToken First { get; }", |_, c| child(c, false)),
        ("JToken Last { get; }", |_, c| child(c, true)),
        ("T Value<T>(object key)", |m, c| {
            let found = indexed(m, c)?;
            if found.is_null() {
                Ok(convert::default(&c.ty(0)))
            } else {
                super::json_convert::value(&found, &c.ty(0))
            }
        }),
        ("static U Value<U>(this IEnumerable<JToken> value)", |_, c| match c.value(0) {
            Value::Null => Err(null_argument("value")),
            value => super::json_convert::value(value, &c.ty(0)),
        }),
        ("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source)", |m, c| {
            let items = match c.value(0) {
                Value::Json(token) => token.tokens().into_iter().map(Value::Json).collect(),
                other => crate::run::sequence::collect(m, other)?,
            };
            let items = items
                .iter()
                .map(|item| super::json_convert::value(item, &c.ty(0)))
                .collect::<Outcome<_>>()?;
            Ok(Value::array(c.ty(0), items))
        }),
        ("T ToObject<T>()", |m, c| super::json_convert::deserialize(m, token(c.value(0))?, &c.ty(0))),
        ("JToken SelectToken(string path)", |_, c| first(c)),
        ("JToken SelectToken(string path, bool errorWhenNoMatch)", |_, c| first(c)),
        ("IEnumerable<JToken> SelectTokens(string path, bool errorWhenNoMatch)", |_, c| {
            tokens(select(c)?, TOKEN_NAME)
        }),
        ("IEnumerable<JToken> SelectTokens(string path)", |_, c| tokens(select(c)?, TOKEN_NAME)),
        ("IEnumerable<JToken> Children()", |_, c| tokens(token(c.value(0))?.tokens(), TOKEN_NAME)),
        ("JToken DeepClone()", |m, c| Ok(Value::Json(copied(m, token(c.value(0))?)?))),
        ("void Remove()", |_, c| parented(token(c.value(0))?.remove())),
        ("void Replace(JToken value)", |m, c| parented(token(c.value(0))?.replace(given(m, c.value(1))?))),
        ("string ToString(Formatting formatting)", text),
    ],
    &["CreateReader", "WriteTo"],
);

fn parented(done: bool) -> Outcome {
    if done {
        return Ok(Value::Null);
    }
    Err(exception("System.InvalidOperationException", "The parent is missing."))
}

pub const CONTAINER: TypeRow = row(
    "Newtonsoft.Json.Linq.JContainer",
    &["JToken", "IJsonChanges"],
    &[
        ("int Count { get; }", |_, c| Ok(Value::Int(token(c.value(0))?.tokens().len() as i32))),
        ("IEnumerable<JToken> Descendants()", |m, c| {
            let mut found = Vec::new();
            token(c.value(0))?.descendants(&mut found);
            m.charge(found.len() * 64)?;
            tokens(found, TOKEN_NAME)
        }),
        ("void RemoveAll()", |_, c| {
            super::json_token::fixed(token(c.value(0))?)?;
            token(c.value(0))?.clear();
            Ok(Value::Null)
        }),
        ("void Add(object content)", |m, c| add(m, token(c.value(0))?, c.value(1))),
    ],
    &[],
);

fn add(m: &mut Machine<'_>, target: &Token, content: &Value) -> Outcome {
    m.charge(224)?;
    let content = match content {
        Value::Json(_) => Value::Json(given(m, content)?),
        other => other.clone(),
    };
    super::json_token::insert(target, usize::MAX, json::content(&content)?)
}

/// The contents of `new JObject(…)`: sequences are unfolded.
pub fn fill(m: &mut Machine<'_>, target: &Token, content: &Value) -> Outcome<()> {
    match content {
        Value::Array(items) if items.element() == Type::BYTE => {
            add(m, target, content)?;
        }
        Value::Array(_) | Value::List(_) | Value::Sequence(_) => {
            for item in crate::run::sequence::collect(m, content)? {
                fill(m, target, &item)?;
            }
        }
        Value::Json(token) if token.kind() == 2 && target.kind() == 1 => {
            for item in token.tokens() {
                add(m, target, &Value::Json(item))?;
            }
        }
        other => {
            add(m, target, other)?;
        }
    }
    Ok(())
}

pub const OBJECT: TypeRow = row(
    "Newtonsoft.Json.Linq.JObject",
    &["JContainer"],
    &[
        ("new()", |m, _| m.charge(224).map(|()| Value::Json(Token::object()))),
        ("new(JObject other)", |m, c| Ok(Value::Json(copied(m, token(c.value(0))?)?))),
        ("new(params object[] content)", |m, c| {
            let object = Token::object();
            fill(m, &object, c.value(0))?;
            Ok(Value::Json(object))
        }),
        ("static JObject Parse(string json)", |m, c| parse(m, c, Some("JObject"))),
        ("static JObject FromObject(object o)", |_, c| from_object(c, "JObject")),
        ("JToken this[string propertyName] { get; set; }", indexed),
        ("bool ContainsKey(string propertyName)", |_, c| {
            Ok(Value::Bool(token(c.value(0))?.get(&c.text(1)?.text()).is_some()))
        }),
        ("void Add(string propertyName, JToken value)", |m, c| {
            let Value::String(name) = c.value(1) else { return Err(null_argument("name")) };
            let property = Token::property(&name.text(), given(m, c.value(2))?);
            add(m, token(c.value(0))?, &Value::Json(property))
        }),
        ("bool Remove(string propertyName)", |_, c| {
            Ok(Value::Bool(
                token(c.value(0))?
                    .property_token(&c.text(1)?.text())
                    .is_some_and(|property| property.remove()),
            ))
        }),
        ("JToken GetValue(string propertyName)", |_, c| {
            let target = token(c.value(0))?;
            option(looked_up(c).and_then(|name| target.get(&name)))
        }),
        ("JToken GetValue(string propertyName, StringComparison comparison)", |_, c| {
            let target = token(c.value(0))?;
            let Some(name) = looked_up(c) else { return Ok(Value::Null) };
            let exact = target.get(&name);
            if exact.is_some() || c.integer(2) % 2 == 0 {
                return option(exact);
            }
            let same = |p: &Token| {
                p.property_name().is_some_and(|other| other.to_lowercase() == name.to_lowercase())
            };
            option(target.tokens().into_iter().find(same).and_then(|property| property.property_value()))
        }),
        ("bool TryGetValue(string propertyName, out JToken value)", |m, c| {
            let found = token(c.value(0))?.get(&c.text(1)?.text());
            let good = found.is_some();
            m.rare().outs.push(found.map_or(Value::Null, Value::Json));
            Ok(Value::Bool(good))
        }),
        ("JProperty Property(string name)", |_, c| {
            let target = token(c.value(0))?;
            option(looked_up(c).and_then(|name| target.property_token(&name)))
        }),
        ("IEnumerable<JProperty> Properties()", |_, c| {
            tokens(token(c.value(0))?.tokens(), "Newtonsoft.Json.Linq.JProperty")
        }),
        ("IEnumerable<JToken> PropertyValues()", |_, c| {
            tokens(token(c.value(0))?.tokens().iter().filter_map(Token::property_value).collect(), TOKEN_NAME)
        }),
    ],
    &[],
);

fn position(c: Call<'_>) -> Outcome<i32> {
    let Value::Json(item) = c.value(1) else { return Ok(-1) };
    let all = token(c.value(0))?.tokens();
    Ok(all.iter().position(|other| other.identity() == item.identity()).map_or(-1, |at| at as i32))
}

/// The name of a property that is looked for; there is none without a name.
fn looked_up(c: Call<'_>) -> Option<String> {
    match c.value(1) {
        Value::String(name) => Some(name.text().into_owned()),
        _ => None,
    }
}

pub const ARRAY: TypeRow = row(
    "Newtonsoft.Json.Linq.JArray",
    &["JContainer"],
    &[
        ("new()", |m, _| m.charge(224).map(|()| Value::Json(Token::array(Vec::new())))),
        ("new(JArray other)", |_, c| Ok(Value::Json(token(c.value(0))?.deep_clone()))),
        ("new(object content)", |m, c| {
            let array = Token::array(Vec::new());
            fill(m, &array, c.value(0))?;
            Ok(Value::Json(array))
        }),
        ("new(params object[] content)", |m, c| {
            let array = Token::array(Vec::new());
            fill(m, &array, c.value(0))?;
            Ok(Value::Json(array))
        }),
        ("static JArray Parse(string json)", |m, c| parse(m, c, Some("JArray"))),
        ("static JArray FromObject(object o)", |_, c| from_object(c, "JArray")),
        ("JToken this[int index] { get; set; }", indexed),
        ("void Add(JToken item)", |m, c| add(m, token(c.value(0))?, c.value(1))),
        ("void Insert(int index, JToken item)", |m, c| {
            let target = token(c.value(0))?;
            let Ok(at) = usize::try_from(c.integer(1)) else {
                let message =
                    "Index was out of range. Must be non-negative and less than the size of the collection.";
                return Err(out_of_range(message, "index"));
            };
            if at > target.tokens().len() {
                return Err(out_of_range("Index must be within the bounds of the List.", "index"));
            }
            target.insert(at, given(m, c.value(2))?);
            Ok(Value::Null)
        }),
        ("int IndexOf(JToken item)", |_, c| Ok(Value::Int(position(c)?))),
        ("bool Contains(JToken item)", |_, c| Ok(Value::Bool(position(c)? >= 0))),
        ("bool Remove(JToken item)", |_, c| {
            Ok(Value::Bool(matches!(c.value(1), Value::Json(item) if item.remove())))
        }),
        ("void RemoveAt(int index)", |_, c| {
            let at = usize::try_from(c.integer(1)).unwrap_or(usize::MAX);
            match token(c.value(0))?.item(at) {
                Some(item) => Ok(Value::Bool(item.remove())),
                None if c.integer(1) < 0 => Err(out_of_range("Index is less than 0.", "index")),
                None => Err(out_of_range("Index is equal to or greater than Count.", "index")),
            }
        }),
        ("void Clear()", |_, c| {
            token(c.value(0))?.clear();
            Ok(Value::Null)
        }),
    ],
    &[],
);

pub const PROPERTY: TypeRow = row(
    "Newtonsoft.Json.Linq.JProperty",
    &["JContainer"],
    &[
        ("new(string name, object content)", |m, c| {
            let value = match c.value(1) {
                content @ Value::Sequence(_) => {
                    let array = Token::array(Vec::new());
                    fill(m, &array, content)?;
                    array
                }
                Value::Null => json_of(&Value::Null),
                other @ Value::Json(_) => given(m, other)?,
                other => json::content(other)?,
            };
            m.charge(96)?;
            if value.kind() == 4 {
                let message = "Can not add Newtonsoft.Json.Linq.JProperty to Newtonsoft.Json.Linq.JProperty.";
                return Err(exception("System.ArgumentException", message));
            }
            let Value::String(name) = c.value(0) else { return Err(null_argument("name")) };
            Ok(Value::Json(Token::property(&name.text(), value)))
        }),
        ("string Name { get; }", |_, c| {
            Ok(Value::text(&token(c.value(0))?.property_name().unwrap_or_default()))
        }),
        ("JToken Value { get; set; }", |m, c| {
            let target = token(c.value(0))?;
            if c.sets(1) {
                target.set_property_value(given(m, c.value(1))?);
            }
            option(target.property_value())
        }),
    ],
    &[],
);

/// A value that JSON has, and no array of them.
fn single(value: &Value) -> Outcome {
    let made = if value.is_null() { json_of(value) } else { json::content(value)? };
    if made.scalar().is_none() {
        let name = convert::full_name(&value.ty());
        let message = format!("Could not determine JSON object type for type {name}.");
        return Err(exception("System.ArgumentException", message));
    }
    Ok(Value::Json(made))
}

pub const VALUE: TypeRow = row(
    "Newtonsoft.Json.Linq.JValue",
    &["JToken"],
    &[
        ("new(JValue other)", |_, c| Ok(Value::Json(token(c.value(0))?.deep_clone()))),
        ("new(char value)", |_, c| Ok(Value::Json(json_of(c.value(0))))),
        ("new(object value)", |_, c| single(c.value(0))),
        ("string ToString(string format)", |m, c| {
            let value = token(c.value(0))?.scalar().unwrap_or(Value::Null);
            super::primitive::formatted(m, Call { arguments: &[value, c.value(1).clone()], ..c })
        }),
        ("static JValue CreateString(string value)", |_, c| Ok(Value::Json(json_of(c.value(0))))),
        ("static JValue CreateNull()", |_, _| Ok(Value::Json(Token::value(Value::Null)))),
        ("object Value { get; }", |_, c| Ok(token(c.value(0))?.scalar().unwrap_or(Value::Null))),
    ],
    &["CreateUndefined", "CreateComment"],
);

pub const CONVERT: TypeRow = row(
    "Newtonsoft.Json.JsonConvert",
    &[],
    &[
        ("static string SerializeObject(object value)", |m, c| {
            let text = json_of(c.value(0)).json(false);
            m.string(text)
        }),
        ("static string SerializeObject(object value, Formatting formatting)", |m, c| {
            let text = json_of(c.value(0)).json(c.integer(1) == 1);
            m.string(text)
        }),
        ("static T DeserializeObject<T>(string value)", |m, c| {
            if c.text(0)?.text().trim().is_empty() {
                return Ok(Value::Null);
            }
            let Value::Json(parsed) = parse(m, c, None)? else { return Err(format_exception("")) };
            super::json_convert::deserialize(m, &parsed, &c.ty(0))
        }),
        ("static object DeserializeObject(string value)", |m, c| {
            if matches!(c.value(0), Value::String(text) if text.text().trim().is_empty()) {
                return Ok(Value::Null);
            }
            let parsed = parse(m, c, None)?;
            Ok(token(&parsed)?.scalar().unwrap_or(parsed))
        }),
    ],
    &[],
);
