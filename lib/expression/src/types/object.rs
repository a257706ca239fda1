//! `System.Object`, `Nullable` and the delegate types.

use crate::failure::{null_reference, throw};
use crate::registry::{Form, TypeRow};
use crate::run::convert;
use crate::value::{Key, Value};

pub const OBJECT: TypeRow = TypeRow {
    name: "System.Object",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: &[
        ("new()", |_, _| Ok(Value::array(crate::ty::Type::OBJECT, Vec::new()))),
        ("string ToString()", |m, c| match c.value(0) {
            Value::Null => Err(null_reference()),
            value => convert::text(m, value).map(Value::String),
        }),
        ("bool Equals(object obj)", |_, c| match c.value(0) {
            Value::Null => Err(null_reference()),
            value => Ok(Value::Bool(convert::equal(value, c.value(1)))),
        }),
        ("static bool Equals(object objA, object objB)", |_, c| {
            Ok(Value::Bool(convert::equal(c.value(0), c.value(1))))
        }),
        ("static bool ReferenceEquals(object objA, object objB)", |_, c| {
            Ok(Value::Bool(c.value(0).same_object(c.value(1))))
        }),
        ("int GetHashCode()", |_, c| match c.value(0) {
            Value::Null => Err(null_reference()),
            Value::Int(value) => Ok(Value::Int(*value)),
            value => Ok(Value::Int(hash(&Key::of(value)))),
        }),
    ],
    missing: &["GetType", "MemberwiseClone"],
};

fn hash(key: &Key) -> i32 {
    use std::hash::{Hash, Hasher};
    let mut hasher = std::hash::DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish() as i32
}

pub const NULLABLE: TypeRow = TypeRow {
    name: "System.Nullable",
    generics: &["T"],
    form: Form::Struct,
    bases: &[],
    members: &[
        ("bool HasValue { get; }", |_, c| Ok(Value::Bool(!c.value(0).is_null()))),
        ("T Value { get; }", |_, c| match c.value(0) {
            Value::Null => throw("System.InvalidOperationException", "Nullable object must have a value."),
            value => Ok(value.clone()),
        }),
        ("T GetValueOrDefault()", |_, c| match c.value(0) {
            Value::Null => Ok(convert::default(&c.ty(0))),
            value => Ok(value.clone()),
        }),
        ("T GetValueOrDefault(T defaultValue)", |_, c| match c.value(0) {
            Value::Null => Ok(c.value(1).clone()),
            value => Ok(value.clone()),
        }),
        ("string ToString()", |m, c| convert::text(m, c.value(0)).map(Value::String)),
    ],
    missing: &[],
};

const fn delegate(name: &'static str, generics: &'static [&'static str]) -> TypeRow {
    TypeRow { name, generics, form: Form::Class, bases: &[], members: &[], missing: &["Invoke"] }
}

pub const ACTION_0: TypeRow = delegate("System.Action", &[]);
pub const ACTION_1: TypeRow = delegate("System.Action", &["A"]);
pub const ACTION_2: TypeRow = delegate("System.Action", &["A", "B"]);
pub const COMPARISON: TypeRow = delegate("System.Comparison", &["T"]);
pub const FUNC_1: TypeRow = delegate("System.Func", &["R"]);
pub const FUNC_2: TypeRow = delegate("System.Func", &["A", "R"]);
pub const FUNC_3: TypeRow = delegate("System.Func", &["A", "B", "R"]);
pub const FUNC_4: TypeRow = delegate("System.Func", &["A", "B", "C", "R"]);
pub const PREDICATE: TypeRow = delegate("System.Predicate", &["T"]);
