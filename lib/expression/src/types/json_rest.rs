//! The less common members of `JToken`, `JContainer`, `JObject` and `JArray`.

use super::json::{json_of, token};
use super::json_convert::to;
use crate::failure::{Outcome, exception};
use crate::json::{Data, Token};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::stack::deep;
use crate::ty::Type;
use crate::value::Value;

const fn row(name: &'static str, members: &'static [(&'static str, Run)]) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases: &[], members, missing: &[] }
}

fn option(token: Option<Token>) -> Outcome {
    Ok(token.map_or(Value::Null, Value::Json))
}

/// The containers above, nearest first.
fn above(token: &Token) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut next = token.parent();
    while let Some(parent) = next {
        next = parent.parent();
        found.push(parent);
    }
    found
}

/// The place of a token among the children of its parent.
fn position(token: &Token) -> Option<(Token, usize)> {
    let parent = token.parent()?;
    let at = parent.tokens().iter().position(|other| other.identity() == token.identity())?;
    Some((parent, at))
}

fn tokens(items: Vec<Token>) -> Outcome {
    Ok(Value::array(Type::named(super::json::TOKEN_NAME), items.into_iter().map(Value::Json).collect()))
}

fn sibling(c: Call<'_>, step: isize) -> Outcome {
    let found = position(token(c.value(0))?);
    option(found.and_then(|(parent, at)| parent.tokens().get(at.checked_add_signed(step)?).cloned()))
}

/// Adds a token beside another one; in objects, whose order cannot be chosen, at the end.
fn beside(m: &mut Machine<'_>, c: Call<'_>, after: usize) -> Outcome {
    m.charge(64)?;
    let Some((parent, at)) = position(token(c.value(0))?) else {
        return Err(exception("System.InvalidOperationException", "The parent is missing."));
    };
    let new = json_of(c.value(1));
    if parent.kind() == 1 {
        parent.add_property(new);
    } else {
        parent.insert(at + after, new);
    }
    Ok(Value::Null)
}

macro_rules! nullable {
    ($(($ty:literal, $known:expr)),*) => {
        [$(
            (concat!("static implicit operator JToken(", $ty, "? value)"), (|_, c| Ok(Value::Json(json_of(c.value(0))))) as Run)
        ),*]
    };
}

const NULLABLE: [(&str, Run); 12] = nullable![
    ("int", Type::INT),
    ("long", Type::LONG),
    ("bool", Type::BOOL),
    ("double", Type::DOUBLE),
    ("float", Type::FLOAT),
    ("decimal", Type::DECIMAL),
    ("short", Type::SHORT),
    ("uint", Type::UINT),
    ("DateTime", Type::named("System.DateTime")),
    ("DateTimeOffset", Type::named("System.DateTimeOffset")),
    ("TimeSpan", Type::named("System.TimeSpan")),
    ("Guid", Type::named("System.Guid"))
];

pub const NULLABLE_OPERATORS: TypeRow = row("Newtonsoft.Json.Linq.IJsonConversions", &NULLABLE);

pub const TOKEN: TypeRow = row(
    "Newtonsoft.Json.Linq.JToken",
    &[
        ("JToken Root { get; }", |_, c| {
            let this = token(c.value(0))?;
            Ok(Value::Json(above(this).pop().unwrap_or_else(|| this.clone())))
        }),
        ("JToken Next { get; }", |_, c| sibling(c, 1)),
        ("JToken Previous { get; }", |_, c| sibling(c, -1)),
        ("IEnumerable<JToken> Ancestors()", |_, c| tokens(above(token(c.value(0))?))),
        ("IEnumerable<JToken> AncestorsAndSelf()", |_, c| {
            let this = token(c.value(0))?;
            tokens(std::iter::once(this.clone()).chain(above(this)).collect())
        }),
        ("void AddAfterSelf(object content)", |m, c| beside(m, c, 1)),
        ("void AddBeforeSelf(object content)", |m, c| beside(m, c, 0)),
        ("IEnumerable<T> Children<T>()", |_, c| {
            let ty = c.ty(0);
            let children = token(c.value(0))?.tokens().into_iter().map(Value::Json);
            Ok(Value::array(
                ty.clone(),
                children.filter(|child| crate::run::convert::is(&ty, child)).collect(),
            ))
        }),
        ("IEnumerable<U> Values<U>()", |_, c| {
            let ty = c.ty(0);
            let values =
                token(c.value(0))?.tokens().into_iter().map(|child| child.property_value().unwrap_or(child));
            let values = values.map(|value| to(&Value::Json(value), &ty)).collect::<Outcome<_>>()?;
            Ok(Value::array(ty, values))
        }),
    ],
);

/// Puts what another object has into one: objects and arrays are merged, nulls are left out.
fn merge(target: &Token, content: &Token) {
    match (target.data(), content.data()) {
        (Data::Object(_), Data::Object(properties)) => {
            for (name, property) in properties {
                let Some(new) = property.property_value() else { continue };
                match target.get(&name) {
                    Some(old) if old.kind() == new.kind() && matches!(old.kind(), 1 | 2) => {
                        deep(|| merge(&old, &new));
                    }
                    Some(_) if new.kind() == 10 => {}
                    _ => target.set(&name, new.deep_clone()),
                }
            }
        }
        (Data::Array(_), Data::Array(items)) => {
            for item in items {
                target.push(item.deep_clone());
            }
        }
        _ => {}
    }
}

pub const CONTAINER: TypeRow = row(
    "Newtonsoft.Json.Linq.JContainer",
    &[
        ("void Merge(object content)", |m, c| {
            let (target, content) = (token(c.value(0))?, json_of(c.value(1)));
            let size = content.json(false).len();
            m.charge(size * 8)?;
            m.ticks(size as u64 / 8)?;
            merge(target, &content);
            Ok(Value::Null)
        }),
        ("IEnumerable<JToken> DescendantsAndSelf()", |m, c| {
            let this = token(c.value(0))?;
            let mut found = vec![this.clone()];
            this.descendants(&mut found);
            m.charge(found.len() * size_of::<Value>())?;
            tokens(found)
        }),
    ],
);

pub const ARRAY: TypeRow = row(
    "Newtonsoft.Json.Linq.JArray",
    &[
        ("int IndexOf(JToken item)", |_, c| {
            let wanted = match c.value(1) {
                Value::Json(wanted) => wanted.clone(),
                _ => return Ok(Value::Int(-1)),
            };
            let at = token(c.value(0))?.tokens().iter().position(|item| item.deep_equals(&wanted));
            Ok(Value::Int(at.map_or(-1, |at| at as i32)))
        }),
        ("bool Contains(JToken item)", |_, c| match c.value(1) {
            Value::Json(wanted) => {
                Ok(Value::Bool(token(c.value(0))?.tokens().iter().any(|item| item.deep_equals(wanted))))
            }
            _ => Ok(Value::Bool(false)),
        }),
    ],
);
