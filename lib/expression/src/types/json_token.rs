//! Where a JSON token stands: its parent, siblings and path, and what is added beside it.

use super::json::{TOKEN_NAME, copied, option, token, tokens};
use crate::failure::{Outcome, exception, throw};
use crate::json::{self, Token};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::run::sequence::collect;
use crate::stack::deep;
use crate::value::Value;

/// The tokens around it, and its place among them.
fn place(token: &Token) -> Option<(Token, Vec<Token>, usize)> {
    let parent = token.parent()?;
    let siblings = parent.tokens();
    let at = siblings.iter().position(|other| other.identity() == token.identity())?;
    Some((parent, siblings, at))
}

fn sibling(c: Call<'_>, step: isize) -> Outcome {
    let found = place(token(c.value(0))?)
        .and_then(|(_, siblings, at)| siblings.get(at.checked_add_signed(step)?).cloned());
    option(found)
}

fn siblings(c: Call<'_>, after: bool) -> Outcome {
    let Some((_, all, at)) = place(token(c.value(0))?) else { return tokens(Vec::new(), TOKEN_NAME) };
    let range = if after { all.get(at + 1..) } else { all.get(..at) };
    tokens(range.unwrap_or_default().to_vec(), TOKEN_NAME)
}

fn ancestors(c: Call<'_>, with_self: bool) -> Outcome {
    let first = token(c.value(0))?.clone();
    let start = if with_self { Some(first) } else { first.parent() };
    tokens(std::iter::successors(start, Token::parent).collect(), TOKEN_NAME)
}

/// `a.b[0]['c d']`
fn path(c: Call<'_>) -> Outcome {
    let mut parts = Vec::new();
    let mut at = Some(token(c.value(0))?.clone());
    while let Some(now) = at {
        if let Some(name) = now.property_name() {
            let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'));
            parts.push(if plain { format!(".{name}") } else { format!("['{}']", name.replace('\'', "\\'")) });
        } else if let Some((parent, _, index)) = place(&now)
            && parent.kind() == 2
        {
            parts.push(format!("[{index}]"));
        }
        at = now.parent();
        if at.is_none() && now.property_name().is_some() {
            parts.pop();
        }
    }
    let path: String = parts.into_iter().rev().collect();
    Ok(Value::text(path.strip_prefix('.').unwrap_or(&path)))
}

fn add_beside(m: &mut Machine<'_>, c: Call<'_>, after: bool) -> Outcome {
    m.charge(64)?;
    let Some((parent, _, at)) = place(token(c.value(0))?) else {
        return throw("System.InvalidOperationException", "The parent is missing.");
    };
    insert(&parent, at + usize::from(after), json::content(c.value(1))?)
}

/// Adds a child where it is wanted.
pub fn insert(parent: &Token, at: usize, child: Token) -> Outcome {
    let kind = child.kind();
    let refused = match parent.kind() {
        1 => kind != 4,
        2 => kind == 4,
        _ => {
            let message = format!("{} cannot have multiple values.", parent.type_name());
            return Err(exception("Newtonsoft.Json.JsonException", message));
        }
    };
    if refused {
        let message = format!("Can not add {} to {}.", child.type_name(), parent.type_name());
        return throw("System.ArgumentException", message);
    }
    if kind != 4 {
        parent.insert(at, child);
        return Ok(Value::Null);
    }
    let name = child.property_name().unwrap_or_default();
    if !parent.insert_property(at, child) {
        let message = format!(
            "Can not add property {name} to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object."
        );
        return throw("System.ArgumentException", message);
    }
    Ok(Value::Null)
}

fn replace_all(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    m.charge(64)?;
    let target = token(c.value(0))?;
    fixed(target)?;
    target.clear();
    insert(target, usize::MAX, json::content(c.value(1))?)
}

/// A property has one value, always.
pub fn fixed(target: &Token) -> Outcome<()> {
    if target.kind() == 4 {
        let message = format!("Cannot add or remove items from {}.", target.type_name());
        return Err(exception("Newtonsoft.Json.JsonException", message));
    }
    Ok(())
}

/// `Merge`: objects by their names, arrays one after the other; what is null changes nothing that is there.
fn merge(m: &mut Machine<'_>, target: &Token, content: &Value) -> Outcome<()> {
    match (target.kind(), content) {
        (1, Value::Json(other)) if other.kind() == 1 => {
            for property in other.tokens() {
                let (Some(name), Some(value)) = (property.property_name(), property.property_value()) else {
                    continue;
                };
                match target.get(&name) {
                    Some(old) if matches!(old.kind(), 1 | 2) && old.kind() == value.kind() => {
                        deep(|| merge(m, &old, &Value::Json(value)))?;
                    }
                    Some(_) if value.kind() == 10 => {}
                    _ => target.set(&name, copied(m, &value)?),
                }
            }
        }
        (2, Value::Json(other)) if other.kind() == 2 => {
            for item in other.tokens() {
                target.push(copied(m, &item)?);
            }
        }
        (2, Value::Array(_) | Value::List(_) | Value::Sequence(_)) => {
            for item in collect(m, content)? {
                target.push(json::content(&item)?);
            }
        }
        _ => {}
    }
    Ok(())
}

const MEMBERS: &[(&str, Run)] = &[
    ("string Path { get; }", |_, c| path(c)),
    ("JToken Root { get; }", |_, c| {
        option(std::iter::successors(Some(token(c.value(0))?.clone()), Token::parent).last())
    }),
    ("JToken Next { get; }", |_, c| sibling(c, 1)),
    ("JToken Previous { get; }", |_, c| sibling(c, -1)),
    ("IEnumerable<JToken> Ancestors()", |_, c| ancestors(c, false)),
    ("IEnumerable<JToken> AncestorsAndSelf()", |_, c| ancestors(c, true)),
    ("IEnumerable<JToken> AfterSelf()", |_, c| siblings(c, true)),
    ("IEnumerable<JToken> BeforeSelf()", |_, c| siblings(c, false)),
    ("void AddAfterSelf(object content)", |m, c| add_beside(m, c, true)),
    ("void AddBeforeSelf(object content)", |m, c| add_beside(m, c, false)),
];

/// What every token has.
pub const PLACE: TypeRow = row("Newtonsoft.Json.Linq.IJsonPlace", MEMBERS);

/// What tokens with children have.
pub const CHANGES: TypeRow = row(
    "Newtonsoft.Json.Linq.IJsonChanges",
    &[
        ("void AddFirst(object content)", |m, c| {
            m.charge(64)?;
            insert(token(c.value(0))?, 0, json::content(c.value(1))?)
        }),
        ("void ReplaceAll(object content)", replace_all),
        ("void Merge(object content)", |m, c| {
            merge(m, token(c.value(0))?, c.value(1))?;
            Ok(Value::Null)
        }),
        ("IEnumerable<JToken> DescendantsAndSelf()", |m, c| {
            let first = token(c.value(0))?;
            let mut found = vec![first.clone()];
            first.descendants(&mut found);
            m.charge(found.len() * 24)?;
            tokens(found, TOKEN_NAME)
        }),
    ],
);

const fn row(name: &'static str, members: &'static [(&'static str, Run)]) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases: &[], members, missing: &[] }
}
