//! What `+`, `-` and `*` do inside `checked`.

use crate::failure::throw;
use crate::registry::{Form, Run, TypeRow};
use crate::run::arithmetic;
use crate::run::node::Op;
use crate::ty::Type;

/// A name that no text can have.
pub const NAME: &str = "System.<checked>";

macro_rules! operators {
    ($(($ty:literal $known:ident)),* $(,)?) => {
        [$(
            (concat!("static ", $ty, " operator +(", $ty, " a, ", $ty, " b)"), (|_, c| apply(c.value(0), Op::Add, c.value(1), &Type::$known)) as Run),
            (concat!("static ", $ty, " operator -(", $ty, " a, ", $ty, " b)"), (|_, c| apply(c.value(0), Op::Subtract, c.value(1), &Type::$known)) as Run),
            (concat!("static ", $ty, " operator *(", $ty, " a, ", $ty, " b)"), (|_, c| apply(c.value(0), Op::Multiply, c.value(1), &Type::$known)) as Run)
        ),*]
    };
}

fn apply(
    left: &crate::value::Value,
    op: Op,
    right: &crate::value::Value,
    ty: &Type,
) -> crate::failure::Outcome {
    let (Some(a), Some(b)) = (arithmetic::wide(left), arithmetic::wide(right)) else {
        return arithmetic::binary(op, left, right);
    };
    let exact = match op {
        Op::Add => a.checked_add(b),
        Op::Subtract => a.checked_sub(b),
        _ => a.checked_mul(b),
    };
    match exact {
        Some(exact) if arithmetic::fits(ty, exact) => arithmetic::binary(op, left, right),
        _ => throw("System.OverflowException", "Arithmetic operation resulted in an overflow."),
    }
}

const OPERATORS: [(&str, Run); 12] = operators![("int" INT), ("uint" UINT), ("long" LONG), ("ulong" ULONG)];

pub const CHECKED: TypeRow =
    TypeRow { name: NAME, generics: &[], form: Form::Class, bases: &[], members: &OPERATORS, missing: &[] };
