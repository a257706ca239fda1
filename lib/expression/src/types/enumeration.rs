//! `System.Enum`: members of an enumeration by their names.

use crate::failure::{Outcome, null_argument, throw};
use crate::registry::{Call, Form, TypeRow, registry};
use crate::run::{Machine, convert};
use crate::ty::Type;
use crate::value::Value;

/// The member of an enumeration that a text names.
fn member(ty: &Type, text: &str, ignore_case: bool) -> Option<Value> {
    let definition = registry().get(ty.name()?)?;
    let Form::Enum(members) = definition.row.form else { return None };
    let mut value = 0;
    for name in text.split(',').map(str::trim) {
        let same = |known: &str| known == name || (ignore_case && known.eq_ignore_ascii_case(name));
        let found = members.iter().find(|(known, _)| same(known)).map(|(_, value)| *value);
        value |= found.or_else(|| name.parse().ok())?;
    }
    Some(Value::Enum(definition.row.name, value))
}

fn parse_enum(c: Call<'_>) -> Outcome {
    let Value::String(text) = c.value(0) else { return Err(null_argument("value")) };
    member(&c.ty(0), &text.text(), c.flag(1)).map_or_else(
        || throw("System.ArgumentException", format!("Requested value '{text}' was not found.")),
        Ok,
    )
}

fn try_enum(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let found = match c.value(0) {
        Value::String(text) => member(&c.ty(0), &text.text(), c.flag(1)),
        _ => None,
    };
    let good = found.is_some();
    m.rare().outs.push(found.unwrap_or_else(|| convert::default(&c.ty(0))));
    Ok(Value::Bool(good))
}

pub const ENUM: TypeRow = TypeRow {
    name: "System.Enum",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: &[
        ("static T Parse<T>(string value)", |_, c| parse_enum(c)),
        ("static T Parse<T>(string value, bool ignoreCase)", |_, c| parse_enum(c)),
        ("static bool TryParse<T>(string value, out T result)", try_enum),
        ("static bool TryParse<T>(string value, bool ignoreCase, out T result)", try_enum),
    ],
    missing: &[],
};
