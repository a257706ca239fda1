//! Operators and assignments.

use super::convert::{is_enum, is_numeric};
use super::{Bind, Binder, Bound, implicit};
use crate::code;
use crate::registry::{Method, MethodKind, registry};
use crate::run::function::Place;
use crate::run::node::{Node, Op};
use crate::run::{arithmetic, convert};
use crate::syntax::ast::{Bytes, Expr, ExprKind};
use crate::text::Text;
use crate::ty::Type;
use crate::value::Value;

fn op(sign: &str) -> Op {
    match sign {
        "+" => Op::Add,
        "-" => Op::Subtract,
        "*" => Op::Multiply,
        "/" => Op::Divide,
        "%" => Op::Remainder,
        "&" => Op::And,
        "|" => Op::Or,
        "^" => Op::Xor,
        "<<" => Op::Left,
        ">>" => Op::Right,
        "<" => Op::Less,
        "<=" => Op::LessEqual,
        "==" => Op::Equal,
        "!=" => Op::NotEqual,
        ">" => Op::Greater,
        _ => Op::GreaterEqual,
    }
}

impl Binder<'_> {
    pub(super) fn binary(
        &mut self,
        sign: &'static str,
        left: &Expr,
        right: &Expr,
        at: &Bytes,
    ) -> Bind<Bound> {
        match sign {
            "&&" | "||" => {
                let (left, right) = (self.condition(left)?, self.condition(right)?);
                Ok(Bound::new(Node::Short(sign == "||", Box::new(left), Box::new(right)), Type::BOOL))
            }
            "??" => self.coalesce(left, right, at),
            _ => {
                let left = self.expr(left)?;
                let right = self.expr(right)?;
                self.operate(sign, left, right, at)
            }
        }
    }

    fn coalesce(&mut self, left: &Expr, right: &Expr, at: &Bytes) -> Bind<Bound> {
        let left = self.expr(left)?;
        if convert::is_value_type(&left.ty) && left.ty.nullable_of().is_none() {
            return self.no_operator("??", &left.ty, &left.ty, at);
        }
        let throws = matches!(right.kind, ExprKind::Throw(_));
        let bound = match &right.kind {
            ExprKind::Default(None) => self.expr_as(right, &left.ty.clone())?,
            _ => self.expr(right)?,
        };
        let plain = left.ty.nullable_of().cloned();
        let candidates = [plain.unwrap_or_else(|| left.ty.clone()), left.ty.clone(), bound.ty.clone()];
        let fits = |ty: &&Type| {
            throws
                || (implicit(&bound.ty, bound.constant(), ty).is_some()
                    && (left.ty.nullable_of() == Some(*ty) || implicit(&left.ty, None, ty).is_some()))
        };
        let Some(ty) = candidates.iter().filter(|ty| **ty != Type::Null).find(fits).cloned() else {
            return self.no_operator("??", &left.ty, &bound.ty, at);
        };
        let left = if left.ty.nullable_of() == Some(&ty) { left } else { self.convert(left, &ty, at)? };
        let right = if throws { bound } else { self.convert(bound, &ty, &right.at)? };
        Ok(Bound::new(Node::Coalesce(Box::new(left.node), Box::new(right.node)), ty))
    }

    fn no_operator<T>(&self, sign: &str, left: &Type, right: &Type, at: &Bytes) -> Bind<T> {
        let message =
            format!("Operator '{sign}' cannot be applied to operands of type '{left}' and '{right}'");
        self.fail(code::OPERATOR, message, at)
    }

    /// An operator that the left operand's type has.
    fn user_operator(&self, sign: &str, left: &Type, right: &Type) -> Option<&'static Method> {
        let fits = |method: &&&'static Method| {
            method.kind == MethodKind::Operator
                && method.parameters.first().is_some_and(|first| first.ty == *left)
                && method.parameters.get(1).is_some_and(|second| second.ty == *right)
        };
        let of = |ty: &Type| registry().get(ty.name()?)?.members.get(sign)?.iter().find(fits).copied();
        of(left).or_else(|| of(right))
    }

    pub(super) fn operate(
        &mut self,
        sign: &'static str,
        left: Bound,
        right: Bound,
        at: &Bytes,
    ) -> Bind<Bound> {
        if let Some(method) = self.user_operator(sign, &left.ty, &right.ty) {
            let call = Node::Call(method, vec![left.node, right.node], Vec::new());
            return Ok(Bound::new(call, method.returns.clone()));
        }
        let text = left.ty == Type::STRING || right.ty == Type::STRING;
        if sign == "+" && text && left.ty != Type::Void && right.ty != Type::Void {
            return Ok(concat(left, right));
        }
        let comparison = matches!(sign, "==" | "!=" | "<" | ">" | "<=" | ">=");
        let (a, b) = (
            left.ty.nullable_of().unwrap_or(&left.ty).clone(),
            right.ty.nullable_of().unwrap_or(&right.ty).clone(),
        );
        let lifted = left.ty.nullable_of().is_some() || right.ty.nullable_of().is_some();
        if let Some(ty) = self.promoted(sign, &left, &right, (&a, &b)) {
            return self.numeric(sign, (left, right), &ty, at);
        }
        if a == Type::BOOL && b == Type::BOOL && matches!(sign, "&" | "|" | "^") {
            let node = Node::Arithmetic(op(sign), Box::new(left.node), Box::new(right.node));
            return Ok(Bound::new(node, Type::BOOL));
        }
        if (is_enum(&a) || is_enum(&b)) && !matches!(sign, "==" | "!=") && a == b {
            let constants = (left.constant(), right.constant());
            return Ok(if comparison {
                Bound::new(Node::Compare(op(sign), Box::new(left.node), Box::new(right.node)), Type::BOOL)
            } else if let (Some(one), Some(other)) = constants
                && let Ok(value) = arithmetic::binary(op(sign), one, other)
                && matches!(value, Value::Enum(..))
            {
                Bound::new(Node::Constant(value), a)
            } else {
                Bound::new(Node::Arithmetic(op(sign), Box::new(left.node), Box::new(right.node)), a)
            });
        }
        if let Some(bound) = self.times(sign, (&a, &b)) {
            let (ty, compare) = bound;
            let (left, right) = if a != b && implicit(&a, None, &b).is_some() {
                (self.convert(left, &b, at)?, right)
            } else if a != b && implicit(&b, None, &a).is_some() {
                let right = self.convert(right, &a, at)?;
                (left, right)
            } else {
                (left, right)
            };
            let (left, right) = (Box::new(left.node), Box::new(right.node));
            return Ok(match (compare, lifted) {
                (true, _) => Bound::new(Node::Compare(op(sign), left, right), Type::BOOL),
                (false, true) => Bound::new(Node::Lifted(op(sign), left, right), Type::nullable(ty)),
                (false, false) => Bound::new(Node::Arithmetic(op(sign), left, right), ty),
            });
        }
        if matches!(sign, "==" | "!=") {
            return self.compared(sign, left, right, at);
        }
        self.no_operator(sign, &left.ty, &right.ty, at)
    }

    /// The type that both operands of a numeric operator are converted to.
    fn promoted(&self, sign: &str, left: &Bound, right: &Bound, (a, b): (&Type, &Type)) -> Option<Type> {
        let null = |ty: &Type| *ty == Type::Null;
        if null(a) && is_numeric(b) && matches!(sign, "<" | ">" | "<=" | ">=" | "+" | "-" | "*" | "/") {
            return Some(b.clone());
        }
        if null(b) && is_numeric(a) && matches!(sign, "<" | ">" | "<=" | ">=" | "+" | "-" | "*" | "/") {
            return Some(a.clone());
        }
        // A JToken compares with a number through its conversion operators.
        let through = |from: &Type, to: &Type| {
            (!is_numeric(from) && is_numeric(to) && from.is("Newtonsoft.Json.Linq.JValue"))
                .then(|| to.clone())
        };
        if let Some(ty) = through(a, b).or_else(|| through(b, a)) {
            return Some(ty);
        }
        if !is_numeric(a) || !is_numeric(b) {
            return None;
        }
        if matches!(sign, "<<" | ">>") {
            return Some(if matches!(*a, Type::LONG | Type::ULONG | Type::UINT) {
                a.clone()
            } else {
                Type::INT
            });
        }
        for ty in [Type::DECIMAL, Type::DOUBLE, Type::FLOAT, Type::ULONG, Type::LONG] {
            if *a == ty || *b == ty {
                let fit =
                    |bound: &Bound, own: &Type| *own == ty || implicit(own, bound.constant(), &ty).is_some();
                return (fit(left, a) && fit(right, b)).then_some(ty);
            }
        }
        if *a == Type::UINT || *b == Type::UINT {
            let fit = |bound: &Bound, own: &Type| implicit(own, bound.constant(), &Type::UINT).is_some();
            return Some(if fit(left, a) && fit(right, b) { Type::UINT } else { Type::LONG });
        }
        Some(Type::INT)
    }

    fn numeric(
        &mut self,
        sign: &'static str,
        (left, right): (Bound, Bound),
        ty: &Type,
        at: &Bytes,
    ) -> Bind<Bound> {
        let lifted = left.ty.nullable_of().is_some() || right.ty.nullable_of().is_some();
        let target = if lifted || left.ty == Type::Null || right.ty == Type::Null {
            Type::nullable(ty.clone())
        } else {
            ty.clone()
        };
        let shift = matches!(sign, "<<" | ">>");
        let left = self.convert(left, &target, at)?;
        let right =
            if shift { self.convert(right, &Type::INT, at)? } else { self.convert(right, &target, at)? };
        if let (Node::Constant(a), Node::Constant(b)) = (&left.node, &right.node)
            && !a.is_null()
            && !b.is_null()
            && !matches!(sign, "==" | "!=" | "<" | ">" | "<=" | ">=")
        {
            return match arithmetic::binary(op(sign), a, b) {
                Ok(value) => Ok(Bound::new(Node::Constant(value), ty.clone())),
                Err(_) => self.fail(code::OPERATOR, "Division by constant zero", at),
            };
        }
        let (left, right) = (Box::new(left.node), Box::new(right.node));
        let ints = target == Type::INT;
        Ok(match sign {
            "==" | "!=" | "<" | ">" | "<=" | ">=" if ints => {
                Bound::new(Node::CompareInts(op(sign), left, right), Type::BOOL)
            }
            "==" | "!=" => Bound::new(Node::Equal(sign == "!=", left, right), Type::BOOL),
            "<" | ">" | "<=" | ">=" => Bound::new(Node::Compare(op(sign), left, right), Type::BOOL),
            "+" | "-" | "*" if self.checked && target == *ty => self.checked(sign, [*left, *right], target),
            _ if target != *ty => Bound::new(Node::Lifted(op(sign), left, right), target),
            _ if ints && !shift => Bound::new(Node::Ints(op(sign), left, right), target),
            _ => Bound::new(Node::Arithmetic(op(sign), left, right), target),
        })
    }

    /// An operation that fails where integers overflow.
    fn checked(&self, sign: &'static str, operands: [Node; 2], ty: Type) -> Bound {
        let methods = registry().get(crate::types::CHECKED).and_then(|row| row.members.get(sign));
        let method = methods.into_iter().flatten().find(|method| method.returns == ty);
        let node = match (method, operands) {
            (Some(method), operands) => Node::Call(method, operands.into(), Vec::new()),
            (None, [left, right]) => Node::Arithmetic(op(sign), Box::new(left), Box::new(right)),
        };
        Bound::new(node, ty)
    }

    /// Operators between times: the result's type, and whether it is a comparison.
    fn times(&self, sign: &str, (a, b): (&Type, &Type)) -> Option<(Type, bool)> {
        let (date, offset, span) = ("System.DateTime", "System.DateTimeOffset", "System.TimeSpan");
        let time = |ty: &Type| ty.is(date) || ty.is(offset) || ty.is(span);
        if !(time(a) && time(b)) {
            return None;
        }
        let mixed = a == b || (a.is(date) && b.is(offset)) || (a.is(offset) && b.is(date));
        match sign {
            "<" | ">" | "<=" | ">=" if mixed => Some((Type::BOOL, true)),
            "+" | "-" if b.is(span) => Some((a.clone(), false)),
            "-" if mixed => Some((Type::named(span), false)),
            _ => None,
        }
    }

    pub(super) fn equality(
        &mut self,
        sign: &'static str,
        left: Bound,
        right: Bound,
        at: &Bytes,
    ) -> Bind<Bound> {
        let negated = sign == "!=";
        let (a, b) = (left.ty.clone(), right.ty.clone());
        let value = |ty: &Type| convert::is_value_type(ty.nullable_of().unwrap_or(ty));
        let by_value = |ty: &Type| {
            *ty == Type::STRING
                || ty.is("System.Uri")
                || matches!(ty.name(), Some("System.Xml.Linq.XName" | "System.Xml.Linq.XNamespace"))
        };
        let same = |left: Bound, right: Bound| {
            Ok(Bound::new(Node::Same(negated, Box::new(left.node), Box::new(right.node)), Type::BOOL))
        };
        let equal = |left: Bound, right: Bound| {
            Ok(Bound::new(Node::Equal(negated, Box::new(left.node), Box::new(right.node)), Type::BOOL))
        };
        if a == Type::Null || b == Type::Null {
            let other = if a == Type::Null { &b } else { &a };
            if value(other) && other.nullable_of().is_none() {
                // Always false, with a warning in C#.
                return equal(left, right);
            }
            return same(left, right);
        }
        if by_value(&a) && (a == b) {
            return equal(left, right);
        }
        if by_value(&a) && b == Type::STRING && implicit(&b, None, &a).is_some() {
            let right = self.convert(right, &a, at)?;
            return equal(left, right);
        }
        if by_value(&b) && a == Type::STRING && implicit(&a, None, &b).is_some() {
            let left = self.convert(left, &b, at)?;
            return equal(left, right);
        }
        if value(&a) && value(&b) {
            let (plain_a, plain_b) = (a.nullable_of().unwrap_or(&a), b.nullable_of().unwrap_or(&b));
            if plain_a == plain_b {
                return equal(left, right);
            }
            if implicit(&a, left.constant(), plain_b).is_some() {
                let left = self.convert(left, &b, at)?;
                return equal(left, right);
            }
            if implicit(&b, right.constant(), plain_a).is_some() {
                let right = self.convert(right, &a, at)?;
                return equal(left, right);
            }
            return self.no_operator(sign, &a, &b, at);
        }
        let token = |ty: &Type| ty.name().is_some_and(|name| name.starts_with("Newtonsoft.Json.Linq."));
        if (token(&a) && by_value(&b)) || (token(&b) && by_value(&a)) {
            // The string operator applies where both convert: only an explicit conversion leads from JToken.
            return self.token_equality((left, right), negated, at);
        }
        if value(&a) || value(&b) {
            return self.no_operator(sign, &a, &b, at);
        }
        if implicit(&a, None, &b).is_some() || implicit(&b, None, &a).is_some() {
            return same(left, right);
        }
        self.no_operator(sign, &a, &b, at)
    }

    /// `token == "text"`: the text becomes a new token, so only references are compared.
    fn token_equality(&self, (left, right): (Bound, Bound), negated: bool, at: &Bytes) -> Bind<Bound> {
        let token = Type::named("Newtonsoft.Json.Linq.JToken");
        let (left, right) = (self.convert(left, &token, at)?, self.convert(right, &token, at)?);
        Ok(Bound::new(Node::Same(negated, Box::new(left.node), Box::new(right.node)), Type::BOOL))
    }

    pub(super) fn unary(&mut self, sign: &'static str, operand: &Expr, at: &Bytes) -> Bind<Bound> {
        if matches!(sign, "++" | "--") {
            return self.step(sign, operand, false, at);
        }
        if sign == "!" {
            let node = self.condition(operand)?;
            return Ok(Bound::new(Node::Not(Box::new(node)), Type::BOOL));
        }
        let bound = self.expr(operand)?;
        let ty = bound.ty.nullable_of().unwrap_or(&bound.ty).clone();
        if ty.is("System.TimeSpan") && sign == "-" {
            return Ok(Bound::new(Node::Negate(Box::new(bound.node)), ty));
        }
        if is_enum(&ty) && sign == "~" {
            return Ok(Bound::new(Node::Complement(Box::new(bound.node)), ty));
        }
        let real = matches!(ty, Type::DOUBLE | Type::FLOAT | Type::DECIMAL);
        if !is_numeric(&ty) || (sign == "~" && real) {
            let message = format!("Operator '{sign}' cannot be applied to operand of type '{}'", bound.ty);
            return self.fail(code::OPERATOR, message, at);
        }
        let promoted = match ty {
            Type::UINT if sign == "-" => match bound.constant() {
                Some(Value::UInt(2_147_483_648)) => {
                    return Ok(Bound::new(Node::Constant(Value::Int(i32::MIN)), Type::INT));
                }
                _ => Type::LONG,
            },
            Type::ULONG if sign == "-" => match bound.constant() {
                Some(Value::ULong(9_223_372_036_854_775_808)) => {
                    return Ok(Bound::new(Node::Constant(Value::Long(i64::MIN)), Type::LONG));
                }
                _ => {
                    return self.fail(
                        code::OPERATOR,
                        "Operator '-' is ambiguous on an operand of type 'ulong'",
                        at,
                    );
                }
            },
            Type::LONG | Type::ULONG | Type::UINT => ty,
            _ if real => ty,
            _ => Type::INT,
        };
        let bound =
            if bound.ty.nullable_of().is_some() { bound } else { self.convert(bound, &promoted, at)? };
        let node = match (sign, bound.constant()) {
            ("-", Some(value)) => Node::Constant(arithmetic::negate(value).unwrap_or(Value::Null)),
            ("~", Some(value)) => Node::Constant(arithmetic::complement(value)),
            ("-", None) => Node::Negate(Box::new(bound.node)),
            ("~", None) => Node::Complement(Box::new(bound.node)),
            _ => bound.node,
        };
        Ok(Bound::new(node, bound.ty))
    }

    /// `x++` and `++x`
    pub(super) fn step(&mut self, sign: &str, operand: &Expr, postfix: bool, at: &Bytes) -> Bind<Bound> {
        let old = self.temporary();
        let current = self.expr(operand)?;
        let ty = current.ty.clone();
        let keep = Node::Set(Place::Local(old), Box::new(current.node));
        let one = Bound::new(Node::Constant(Value::Int(1)), Type::INT);
        let sum = self.operate(
            if sign == "++" { "+" } else { "-" },
            Bound::new(Node::Local(old), ty.clone()),
            one,
            at,
        )?;
        let sum = self.cast(sum, &ty, at)?;
        let store = self.store(operand, sum)?;
        let mut nodes = vec![keep, store.node];
        if postfix {
            nodes.push(Node::Local(old));
        }
        Ok(Bound::new(Node::Sequence(nodes), ty))
    }

    pub(super) fn assign(
        &mut self,
        sign: &'static str,
        target: &Expr,
        value: &Expr,
        at: &Bytes,
    ) -> Bind<Bound> {
        if sign == "=" {
            let ty = self.target_type(target)?;
            let value = self.expr_as(value, &ty)?;
            return self.store(target, value);
        }
        let current = self.expr(target)?;
        let ty = current.ty.clone();
        if sign == "??=" {
            let value = self.expr_as(value, &ty)?;
            let store = self.store(target, value)?;
            return Ok(Bound::new(Node::Coalesce(Box::new(current.node), Box::new(store.node)), ty));
        }
        let value = self.expr(value)?;
        let sign = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"]
            .into_iter()
            .find(|plain| sign.strip_suffix('=') == Some(plain))
            .unwrap_or("+");
        let sum = self.operate(sign, current, value, at)?;
        let sum = self.cast(sum, &ty, at)?;
        self.store(target, sum)
    }

    fn target_type(&mut self, target: &Expr) -> Bind<Type> {
        match &target.kind {
            ExprKind::Index(inner, arguments) => {
                let bound = self.index(inner, arguments, &target.at)?;
                Ok(bound.ty)
            }
            _ => Ok(self.expr(target)?.ty),
        }
    }

    fn store(&mut self, target: &Expr, value: Bound) -> Bind<Bound> {
        let at = &target.at;
        let ty = value.ty.clone();
        match &target.kind {
            ExprKind::Name(name, _) => match self.variable(name) {
                Some(variable) if variable.constant.is_none() => {
                    let value = self.convert(value, &variable.ty, at)?;
                    Ok(Bound::new(Node::Set(variable.place, Box::new(value.node)), variable.ty))
                }
                _ => {
                    let message =
                        "The left-hand side of an assignment must be a variable, property or indexer";
                    self.fail(code::CONVERSION, message, at)
                }
            },
            ExprKind::Index(inner, arguments) => {
                let bound = self.index(inner, arguments, at)?;
                match bound.node {
                    Node::Element(items, index) => {
                        let value = self.convert(value, &bound.ty, at)?;
                        Ok(Bound::new(Node::SetElement(items, index, Box::new(value.node)), bound.ty))
                    }
                    Node::Call(method, nodes, types) if method.writable => {
                        let value = self.convert(value, &bound.ty, at)?;
                        Ok(setter(method, nodes, (types, value)))
                    }
                    _ => self.fail(
                        code::CONVERSION,
                        "Property or indexer cannot be assigned to -- it is read only",
                        at,
                    ),
                }
            }
            ExprKind::Member { target: inner, name, name_at, .. } => {
                let receiver = self.expr(inner)?;
                if let Some((method, owner)) = self.instance_property(&receiver.ty, name)
                    && method.writable
                {
                    let known = self.known(method, &owner);
                    let value = self.convert(value, &method.returns.with(&known), at)?;
                    return Ok(setter(method, vec![receiver.node], (owner.arguments().to_vec(), value)));
                }
                let message = format!(
                    "Property or indexer '{}.{name}' cannot be assigned to -- it is read only",
                    receiver.ty
                );
                self.fail(code::CONVERSION, message, name_at)
            }
            _ => {
                debug_assert!(ty != Type::Void);
                let message = "The left-hand side of an assignment must be a variable, property or indexer";
                self.fail(code::CONVERSION, message, at)
            }
        }
    }

    pub(super) fn index(
        &mut self,
        target: &Expr,
        arguments: &[crate::syntax::ast::Argument],
        at: &Bytes,
    ) -> Bind<Bound> {
        let bound = self.expr(target)?;
        if let Type::Array(element) = bound.ty.clone() {
            let [only] = arguments else {
                return self.fail(code::ARGUMENTS, "Wrong number of indices inside []; expected 1", at);
            };
            let index = self.expr(&only.value)?;
            let index = if implicit(&index.ty, index.constant(), &Type::INT).is_some() {
                self.convert(index, &Type::INT, &only.value.at)?
            } else {
                self.convert(index, &Type::LONG, &only.value.at)?
            };
            let node = Node::Element(Box::new(bound.node), Box::new(index.node));
            return Ok(Bound::new(node, (*element).clone()));
        }
        let methods: Vec<_> = crate::registry::ancestry(&bound.ty)
            .iter()
            .filter_map(|base| registry().get(base.name()?)?.members.get("[]"))
            .flatten()
            .copied()
            .filter(|method| method.kind == MethodKind::Indexer)
            .collect();
        if methods.is_empty() {
            let message = format!("Cannot apply indexing with [] to an expression of type '{}'", bound.ty);
            return self.fail(code::OPERATOR, message, at);
        }
        let owner = bound.ty.clone();
        let callee = super::call::Callee {
            methods,
            owner,
            receiver: Some(bound),
            name: "this",
            types: Vec::new(),
            at,
        };
        self.resolve(callee, arguments)
    }
}

fn setter(
    method: &'static crate::registry::Method,
    mut nodes: Vec<Node>,
    (types, value): (Vec<Type>, Bound),
) -> Bound {
    nodes.push(value.node);
    Bound::new(Node::Call(method, nodes, types), value.ty)
}

fn concat(left: Bound, right: Bound) -> Bound {
    if let (Node::Constant(a), Node::Constant(b)) = (&left.node, &right.node)
        && let Some(text) = constant_text(a, b)
    {
        return Bound::new(Node::Constant(Value::String(text.interned())), Type::STRING);
    }
    let mut parts = match left.node.bare(|node| matches!(node, Node::Concat(_))) {
        Node::Concat(parts) if left.ty == Type::STRING => parts,
        other => vec![other],
    };
    match (parts.last_mut(), &right.node) {
        // Literals next to each other are one.
        (Some(Node::Constant(Value::String(a))), Node::Constant(Value::String(b)))
            if left.ty == Type::STRING =>
        {
            let mut text = Text::default();
            text.push(a);
            text.push(b);
            *a = text.finish().interned();
        }
        _ => parts.push(right.node),
    }
    Bound::new(Node::Concat(parts), Type::STRING)
}

fn constant_text(a: &Value, b: &Value) -> Option<crate::text::Str> {
    let mut text = Text::default();
    for value in [a, b] {
        match value {
            Value::String(part) => text.push(part),
            Value::Null => {}
            _ => return None,
        }
    }
    Some(text.finish())
}
