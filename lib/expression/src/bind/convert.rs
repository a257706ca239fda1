//! Implicit and explicit conversions.

use super::{Bind, Binder, Bound};
use crate::code;
use crate::registry::{Method, MethodKind, ancestry, registry};
use crate::run::arithmetic;
use crate::run::convert::is_value_type;
use crate::run::node::Node;
use crate::syntax::ast::Bytes;
use crate::ty::Type;
use crate::value::Value;

/// How a value becomes one of another type.
pub enum Conversion {
    Identity,
    Numeric(Type),
    User(&'static Method),
    /// The result of a user-defined conversion is converted once more.
    UserThen(&'static Method, Box<Conversion>),
    Unbox,
}

/// The implicit numeric conversions: from, to.
fn widens(from: &Type, to: &Type) -> bool {
    const ORDER: [Type; 8] = [
        Type::BYTE,
        Type::SHORT,
        Type::INT,
        Type::LONG,
        Type::FLOAT,
        Type::DOUBLE,
        Type::DECIMAL,
        Type::ULONG,
    ];
    let signed: &[Type] = match *from {
        Type::SBYTE => &ORDER[1..7],
        Type::BYTE => &ORDER[1..8],
        Type::SHORT => &ORDER[2..7],
        Type::USHORT | Type::CHAR => &ORDER[2..8],
        Type::INT | Type::UINT => &ORDER[3..8],
        Type::LONG | Type::ULONG => &ORDER[4..7],
        Type::FLOAT => &ORDER[5..6],
        _ => &[],
    };
    if *from == Type::INT && *to == Type::ULONG {
        return false;
    }
    let unsigned = match *to {
        Type::USHORT => matches!(*from, Type::BYTE | Type::CHAR),
        Type::UINT => matches!(*from, Type::BYTE | Type::USHORT | Type::CHAR),
        _ => false,
    };
    unsigned || signed.contains(to)
}

pub fn is_numeric(ty: &Type) -> bool {
    const NUMBERS: [Type; 12] = [
        Type::SBYTE,
        Type::BYTE,
        Type::SHORT,
        Type::USHORT,
        Type::INT,
        Type::UINT,
        Type::LONG,
        Type::ULONG,
        Type::FLOAT,
        Type::DOUBLE,
        Type::DECIMAL,
        Type::CHAR,
    ];
    NUMBERS.contains(ty)
}

pub fn is_enum(ty: &Type) -> bool {
    ty.name()
        .and_then(|name| registry().get(name))
        .is_some_and(|definition| matches!(definition.row.form, crate::registry::Form::Enum(_)))
}

/// The implicit conversion from one type to another; `constant` is the value if it is known.
pub fn implicit(from: &Type, constant: Option<&Value>, to: &Type) -> Option<Conversion> {
    standard(from, constant, to).or_else(|| user(from, to, MethodKind::Implicit))
}

fn standard(from: &Type, constant: Option<&Value>, to: &Type) -> Option<Conversion> {
    if from == to {
        return Some(Conversion::Identity);
    }
    if *from == Type::Void || *to == Type::Void {
        return None;
    }
    if *from == Type::Null {
        return (to.nullable_of().is_some() || !is_value_type(to)).then_some(Conversion::Identity);
    }
    if *to == Type::OBJECT {
        return Some(Conversion::Identity);
    }
    if let Some(inner) = to.nullable_of() {
        let from = from.nullable_of().unwrap_or(from);
        return standard(from, constant, inner);
    }
    if widens(from, to) {
        return Some(Conversion::Numeric(to.clone()));
    }
    if let Some(value) =
        constant.and_then(|value| if *from == Type::CHAR { None } else { arithmetic::wide(value) })
    {
        let integral =
            is_numeric(to) && !matches!(*to, Type::FLOAT | Type::DOUBLE | Type::DECIMAL | Type::CHAR);
        if *from == Type::INT && integral && arithmetic::fits(to, value) {
            return Some(Conversion::Numeric(to.clone()));
        }
        if *from == Type::LONG && *to == Type::ULONG && value >= 0 {
            return Some(Conversion::Numeric(to.clone()));
        }
        if *from == Type::INT && value == 0 && is_enum(to) {
            return Some(Conversion::Numeric(to.clone()));
        }
    }
    if let (Type::Fields(_, from), Type::Fields(_, to)) = (from, to) {
        let same = from.len() == to.len() && from.iter().zip(to.iter()).all(|((_, a), (_, b))| a == b);
        return same.then_some(Conversion::Identity);
    }
    reference(from, to).then_some(Conversion::Identity)
}

/// Whether a reference of one type is one of the other: a base, an interface, or by variance.
fn reference(from: &Type, to: &Type) -> bool {
    if let (Type::Array(from), Type::Array(to)) = (from, to) {
        return from == to || (!is_value_type(from) && !is_value_type(to) && reference(from, to));
    }
    ancestry(from).iter().any(|base| {
        base == to
            || (base.name().is_some()
                && base.name() == to.name()
                && matches!(
                    base.name(),
                    Some(
                        "System.Collections.Generic.IEnumerable"
                            | "System.Collections.Generic.IReadOnlyCollection"
                    )
                )
                && base.arguments().iter().zip(to.arguments()).all(|(from, to)| {
                    from == to || (!is_value_type(from) && (*to == Type::OBJECT || reference(from, to)))
                }))
    })
}

fn user(from: &Type, to: &Type, kind: MethodKind) -> Option<Conversion> {
    let name = if kind == MethodKind::Implicit { "op_Implicit" } else { "op_Explicit" };
    let own = ancestry(from);
    let other = ancestry(to.nullable_of().unwrap_or(to));
    let operators =
        own.iter().chain(&other).filter_map(|ty| registry().get(ty.name()?)?.members.get(name)).flatten();
    let mut second = None;
    for method in operators {
        let Some(parameter) = method.parameters.first() else { continue };
        if parameter.ty != *from && !own.contains(&parameter.ty) && !widens(from, &parameter.ty) {
            continue;
        }
        if parameter.ty == Type::OBJECT {
            continue;
        }
        if method.returns == *to {
            return Some(Conversion::User(method));
        }
        if second.is_none()
            && let Some(then) = standard(&method.returns, None, to)
        {
            second = Some(Conversion::UserThen(method, Box::new(then)));
        }
    }
    second
}

fn apply(conversion: Conversion, node: Node) -> Node {
    match conversion {
        Conversion::Identity | Conversion::Unbox => node,
        Conversion::Numeric(to) => match &node {
            Node::Constant(value) => arithmetic::convert(&to, value, false).map_or(node, Node::Constant),
            _ => Node::Numeric(to, false, Box::new(node)),
        },
        Conversion::User(method) => Node::Call(method, vec![node], Vec::new()),
        Conversion::UserThen(method, then) => apply(*then, Node::Call(method, vec![node], Vec::new())),
    }
}

impl Binder<'_> {
    /// Converts implicitly, or fails as the compiler does.
    pub(super) fn convert(&self, bound: Bound, to: &Type, at: &Bytes) -> Bind<Bound> {
        match implicit(&bound.ty, bound.constant(), to) {
            Some(conversion) => Ok(Bound::new(apply(conversion, bound.node), to.clone())),
            None => self.fail(code::CONVERSION, self.refusal(&bound, to), at),
        }
    }

    fn refusal(&self, bound: &Bound, to: &Type) -> String {
        let from = &bound.ty;
        if *from == Type::Null {
            return format!("Cannot convert null to '{to}' because it is a non-nullable value type");
        }
        if let (Some(value), true) =
            (bound.constant().and_then(arithmetic::wide), is_numeric(to) && *from == Type::INT)
        {
            return format!("Constant value '{value}' cannot be converted to a '{to}'");
        }
        let message = format!("Cannot implicitly convert type '{from}' to '{to}'");
        if self.explicit(from, to).is_some() {
            return format!("{message}. An explicit conversion exists (are you missing a cast?)");
        }
        message
    }

    fn explicit(&self, from: &Type, to: &Type) -> Option<Conversion> {
        let plain = |ty: &Type| ty.nullable_of().unwrap_or(ty).clone();
        let (from_plain, to_plain) = (plain(from), plain(to));
        let number = |ty: &Type| is_numeric(ty) || is_enum(ty);
        if number(&from_plain) && number(&to_plain) {
            return Some(Conversion::Numeric(to_plain));
        }
        let down = *from == Type::OBJECT || reference(to, from) || from_plain == to_plain;
        let interface = |ty: &Type| {
            ty.name()
                .and_then(|name| registry().get(name))
                .is_some_and(|definition| definition.row.form == crate::registry::Form::Interface)
        };
        let across = (interface(from) && !is_value_type(to)) || (interface(to) && !is_value_type(from));
        if down || across {
            return Some(Conversion::Unbox);
        }
        user(from, to, MethodKind::Explicit).or_else(|| user(from, to, MethodKind::Implicit))
    }

    /// `(T)value`
    pub(super) fn cast(&self, bound: Bound, to: &Type, at: &Bytes) -> Bind<Bound> {
        if let Some(conversion) = implicit(&bound.ty, bound.constant(), to) {
            return Ok(Bound::new(apply(conversion, bound.node), to.clone()));
        }
        let node = match self.explicit(&bound.ty, to) {
            Some(Conversion::Unbox) => {
                if bound.ty.nullable_of().is_some() {
                    let value = Node::Cast(to.clone(), Box::new(bound.node));
                    return Ok(Bound::new(value, to.clone()));
                }
                Node::Cast(to.clone(), Box::new(bound.node))
            }
            Some(Conversion::Numeric(ty)) if self.checked => Node::Numeric(ty, true, Box::new(bound.node)),
            Some(conversion) => apply(conversion, bound.node),
            None => {
                let message = format!("Cannot convert type '{}' to '{to}'", bound.ty);
                return self.fail(code::CONVERSION, message, at);
            }
        };
        Ok(Bound::new(node, to.clone()))
    }

    /// The type that all of these convert to.
    pub(super) fn common(&self, types: &[(Type, Option<Value>)]) -> Option<Type> {
        types
            .iter()
            .map(|(ty, _)| ty)
            .find(|candidate| {
                **candidate != Type::Null
                    && types.iter().all(|(ty, value)| implicit(ty, value.as_ref(), candidate).is_some())
            })
            .cloned()
    }
}
