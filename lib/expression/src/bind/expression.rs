//! Binds expressions.

use super::{Bind, Binder, Bound};
use crate::code;
use crate::registry::{MethodKind, registry};
use crate::run::convert;
use crate::run::function::Place;
use crate::run::node::{Hole, Node};
use crate::syntax::ast::{Bytes, Expr, ExprKind, Part, Pattern, TypeSyntax};
use crate::ty::Type;
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn expr(&mut self, tree: &Expr) -> Bind<Bound> {
        self.work += 1;
        if self.work > super::WORK {
            return self.fail(code::SYNTAX, "An expression is too long or complex to compile", &tree.at);
        }
        let mut bound = crate::stack::deep(|| self.expr_here(tree))?;
        if self.noting && bound.node.is_telling() && tree.at.len() < self.source.trim().len() {
            bound.node = Node::Noted(tree.at.clone(), Box::new(bound.node));
        }
        Ok(bound)
    }

    fn expr_here(&mut self, tree: &Expr) -> Bind<Bound> {
        let at = &tree.at;
        match &tree.kind {
            ExprKind::Literal(value) => Ok(Bound::new(Node::Constant(value.clone()), value.ty())),
            ExprKind::Interpolated(parts) => self.interpolated(parts),
            ExprKind::Name(name, _) => self.name(name, at),
            ExprKind::Member { target, name, name_at, .. } => self.member(target, name, name_at),
            ExprKind::Call(target, arguments) => self.call(target, arguments, at),
            ExprKind::Index(target, arguments) => self.index(target, arguments, at),
            ExprKind::Unary(sign, operand) => self.unary(sign, operand, at),
            ExprKind::Postfix(sign, operand) => self.step(sign, operand, true, at),
            ExprKind::Binary(sign, left, right) => self.binary(sign, left, right, at),
            ExprKind::Assign(sign, target, value) => self.assign(sign, target, value, at),
            ExprKind::Ternary(condition, yes, no) => self.ternary(condition, yes, no, at),
            ExprKind::Cast(ty, operand) => {
                let ty = self.ty(ty)?;
                if ty.delegate().is_some() && matches!(operand.kind, ExprKind::Lambda(_)) {
                    return self.expr_as(operand, &ty);
                }
                let bound = self.expr(operand)?;
                self.cast(bound, &ty, at)
            }
            ExprKind::As(operand, ty) => {
                let ty = self.ty(ty)?;
                let bound = self.expr(operand)?;
                Ok(Bound::new(Node::As(ty.clone(), Box::new(bound.node)), ty))
            }
            ExprKind::Is(operand, pattern) => {
                let bound = self.expr(operand)?;
                self.pattern(bound, pattern, at)
            }
            ExprKind::Conditional(target, rest) => self.conditional(target, rest),
            ExprKind::Receiver => match self.receivers.last() {
                Some((slot, ty)) => Ok(Bound::new(Node::Local(*slot), ty.clone())),
                None => self.fail(code::SYNTAX, "Invalid expression term '?.'", at),
            },
            ExprKind::Throw(value) => {
                let bound = self.expr(value)?;
                Ok(Bound::new(Node::Throw(Box::new(bound.node)), Type::Null))
            }
            _ => self.special(tree),
        }
    }

    fn special(&mut self, tree: &Expr) -> Bind<Bound> {
        let at = &tree.at;
        match &tree.kind {
            ExprKind::Default(Some(ty)) => {
                let ty = self.ty(ty)?;
                Ok(Bound::new(Node::Constant(convert::default(&ty)), ty))
            }
            ExprKind::Default(None) => Ok(Bound::new(Node::Constant(Value::Null), Type::Null)),
            ExprKind::NameOf(name) => {
                Ok(Bound::new(Node::Constant(crate::syntax::parser::literal(name)), Type::STRING))
            }
            ExprKind::Checked(checked, value) => self.in_context(*checked, |binder| binder.expr(value)),
            ExprKind::TypeOf => self.fail(
                code::NOT_ALLOWED,
                "Usage of type 'System.Type' is not supported within expressions",
                at,
            ),
            ExprKind::TypeName(ty) => {
                let ty = self.ty(ty)?;
                let message = format!("'{ty}' is a type, which is not valid in the given context");
                self.fail(code::UNKNOWN_NAME, message, at)
            }
            ExprKind::Lambda(_) => self.fail(
                code::CONVERSION,
                "Cannot assign lambda expression to an implicitly-typed variable",
                at,
            ),
            ExprKind::Nested(_) => self.fail(code::SYNTAX, "Invalid expression term '{'", at),
            _ => self.creation(tree),
        }
    }

    /// An expression that must be a `bool`.
    pub(super) fn condition(&mut self, tree: &Expr) -> Bind<Node> {
        let bound = self.expr(tree)?;
        Ok(self.convert(bound, &Type::BOOL, &tree.at)?.node)
    }

    /// An expression that must have this type; lambdas take theirs from it.
    pub(super) fn expr_as(&mut self, tree: &Expr, ty: &Type) -> Bind<Bound> {
        match &tree.kind {
            ExprKind::Lambda(lambda) => {
                let (node, _) = self.lambda(lambda, ty, &tree.at)?;
                Ok(Bound::new(node, ty.clone()))
            }
            ExprKind::Default(None) => Ok(Bound::new(Node::Constant(convert::default(ty)), ty.clone())),
            ExprKind::Member { .. } | ExprKind::Name(..)
                if ty.delegate().is_some() && self.is_group(tree)? =>
            {
                Ok(Bound::new(self.group(tree, ty)?, ty.clone()))
            }
            ExprKind::Throw(_) => Ok(Bound::new(self.expr(tree)?.node, ty.clone())),
            _ => {
                let bound = self.expr(tree)?;
                self.convert(bound, ty, &tree.at)
            }
        }
    }

    /// Binds inside `checked` or `unchecked`.
    pub(super) fn in_context<T>(
        &mut self,
        checked: bool,
        bind: impl FnOnce(&mut Self) -> Bind<T>,
    ) -> Bind<T> {
        let outer = std::mem::replace(&mut self.checked, checked);
        let bound = bind(self);
        self.checked = outer;
        bound
    }

    fn name(&mut self, name: &str, at: &Bytes) -> Bind<Bound> {
        if let Some(variable) = self.variable(name) {
            if let Some(value) = variable.constant {
                return Ok(Bound::new(Node::Constant(value), variable.ty));
            }
            return Ok(Bound::new(read(variable.place), variable.ty));
        }
        if name == "context" {
            return Ok(Bound::new(Node::Context, Type::named("IContext")));
        }
        if registry().find(name, 0).is_some() {
            let message = format!("'{name}' is a type, which is not valid in the given context");
            return self.fail(code::UNKNOWN_NAME, message, at);
        }
        let known = crate::types::ALLOWED.iter().any(|full| full.rsplit('.').next() == Some(name));
        if known || super::REFUSED.iter().any(|(short, _)| *short == name) {
            return self.unknown_type(name, at);
        }
        let message = format!("The name '{name}' does not exist in the current context");
        self.fail(code::UNKNOWN_NAME, message, at)
    }

    /// The type that an expression names, if it does.
    pub(super) fn type_named(&mut self, tree: &Expr) -> Bind<Option<Type>> {
        if let ExprKind::TypeName(ty) = &tree.kind {
            return self.ty(ty).map(Some);
        }
        let Some((path, types)) = dotted(tree) else { return Ok(None) };
        let first = path.split('.').next().unwrap_or_default();
        if first == "context" || self.variable(first).is_some() {
            return Ok(None);
        }
        let types = types.iter().map(|ty| self.ty(ty)).collect::<Bind<Vec<_>>>()?;
        if let Some(full) = registry().find(&path, types.len()) {
            return Ok(Some(Type::generic(full, types)));
        }
        let known = crate::types::ALLOWED.contains(&path.as_str())
            || super::REFUSED.iter().any(|(short, full)| *full == path || *short == path);
        if known { self.unknown_type(&path, &tree.at) } else { Ok(None) }
    }

    fn member(&mut self, target: &Expr, name: &str, at: &Bytes) -> Bind<Bound> {
        if let Some(ty) = self.type_named(target)? {
            return self.static_member(&ty, name, at);
        }
        let bound = self.expr(target)?;
        self.property(bound, name, at)
    }

    fn static_member(&mut self, ty: &Type, name: &str, at: &Bytes) -> Bind<Bound> {
        if let Some(definition) = ty.name().and_then(|name| registry().get(name)) {
            if let crate::registry::Form::Enum(members) = definition.row.form
                && let Some((_, value)) = members.iter().find(|(member, _)| *member == name)
            {
                return Ok(Bound::new(Node::Constant(Value::Enum(definition.row.name, *value)), ty.clone()));
            }
            let owners = crate::registry::ancestry(ty);
            let found = owners
                .iter()
                .filter_map(|owner| registry().get(owner.name()?)?.members.get(name))
                .flatten()
                .find(|method| method.kind == MethodKind::StaticProperty);
            if let Some(method) = found {
                let known = self.known(method, ty);
                return Ok(Bound::new(
                    Node::Call(method, Vec::new(), ty.arguments().to_vec()),
                    method.returns.with(&known),
                ));
            }
        }
        self.no_member(ty, name, at)
    }

    pub(super) fn property(&mut self, target: Bound, name: &str, at: &Bytes) -> Bind<Bound> {
        if let Type::Fields(_, fields) = &target.ty {
            let position = fields.iter().position(|(field, _)| field == name).or_else(|| {
                name.strip_prefix("Item")?
                    .parse::<usize>()
                    .ok()?
                    .checked_sub(1)
                    .filter(|at| *at < fields.len())
            });
            if let Some(position) = position {
                let ty = fields.get(position).map_or(Type::OBJECT, |(_, ty)| ty.clone());
                return Ok(Bound::new(Node::Field(position, Box::new(target.node)), ty));
            }
        }
        if let Some((method, owner)) = self.instance_property(&target.ty, name) {
            let known = self.known(method, &owner);
            let ty = method.returns.with(&known);
            if ty.is_open() {
                return self.no_member(&target.ty, name, at);
            }
            if crate::types::is_host(method.owner.name) {
                return Ok(Bound::new(host_property(method, target.node), ty));
            }
            return Ok(Bound::new(Node::Call(method, vec![target.node], owner.arguments().to_vec()), ty));
        }
        let group = crate::registry::ancestry(&target.ty)
            .iter()
            .filter_map(|ty| registry().get(ty.name()?)?.members.get(name))
            .flatten()
            .any(|method| method.kind == MethodKind::Instance);
        if group {
            return self.missing(&format!("the method '{name}' of an object without a call of it"), at);
        }
        self.no_member(&target.ty, name, at)
    }

    pub(super) fn no_member<T>(&self, ty: &Type, name: &str, at: &Bytes) -> Bind<T> {
        for base in crate::registry::ancestry(ty) {
            let Some(definition) = base.name().and_then(|name| registry().get(name)) else { continue };
            if definition.row.missing.contains(&name) {
                return self.missing(&format!("the member '{name}' of '{}'", definition.row.name), at);
            }
        }
        if crate::types::REFUSED_MEMBERS.iter().any(|(owner, member)| ty.is(owner) && *member == name) {
            let full = convert::full_name(ty);
            let message =
                format!("Usage of member '{name}' of type '{full}' is not supported within expressions");
            return self.fail(code::NOT_ALLOWED, message, at);
        }
        // Whoever reads a property has found it: this is a call.
        if self.instance_property(ty, name).is_some() {
            let message = format!("Non-invocable member '{ty}.{name}' cannot be used like a method.");
            return self.fail(code::UNKNOWN_NAME, message, at);
        }
        let message = format!(
            "'{ty}' does not contain a definition for '{name}' and no accessible extension method '{name}' accepting a first argument of type '{ty}' could be found (are you missing a using directive or an assembly reference?)"
        );
        self.fail(code::UNKNOWN_NAME, message, at)
    }

    fn conditional(&mut self, target: &Expr, rest: &Expr) -> Bind<Bound> {
        let target = self.expr(target)?;
        let slot = self.temporary();
        let ty = target.ty.nullable_of().unwrap_or(&target.ty).clone();
        self.receivers.push((slot, ty));
        let rest = self.expr(rest);
        self.receivers.pop();
        let rest = rest?;
        let plain = convert::is_value_type(&rest.ty) && rest.ty.nullable_of().is_none();
        let ty = if plain { Type::nullable(rest.ty) } else { rest.ty };
        Ok(Bound::new(Node::Conditional(slot, Box::new(target.node), Box::new(rest.node)), ty))
    }

    fn ternary(&mut self, condition: &Expr, yes: &Expr, no: &Expr, at: &Bytes) -> Bind<Bound> {
        let condition = self.condition(condition)?;
        let (yes_at, no_at) = (&yes.at, &no.at);
        let (throws_yes, throws_no) =
            (matches!(yes.kind, ExprKind::Throw(_)), matches!(no.kind, ExprKind::Throw(_)));
        let (yes, no) = (self.expr(yes)?, self.expr(no)?);
        let types = [(yes.ty.clone(), yes.constant().cloned()), (no.ty.clone(), no.constant().cloned())];
        let ty = if throws_yes {
            no.ty.clone()
        } else if throws_no {
            yes.ty.clone()
        } else if let Some(ty) = self.common(&types) {
            ty
        } else {
            let (a, b) = (&types[0].0, &types[1].0);
            let message = format!(
                "Type of conditional expression cannot be determined because there is no implicit conversion between '{a}' and '{b}'"
            );
            return self.fail(code::CONVERSION, message, at);
        };
        let yes = if throws_yes { yes } else { self.convert(yes, &ty, yes_at)? };
        let no = if throws_no { no } else { self.convert(no, &ty, no_at)? };
        Ok(Bound::new(Node::Ternary(Box::new(condition), Box::new(yes.node), Box::new(no.node)), ty))
    }

    pub(super) fn pattern(&mut self, bound: Bound, pattern: &Pattern, at: &Bytes) -> Bind<Bound> {
        let node = match pattern {
            Pattern::Type(ty) => match self.ty(ty) {
                Ok(ty) => Node::Is(ty, Box::new(bound.node)),
                Err(problem) => match self.type_as_constant(ty) {
                    Some(constant) => return self.constant_pattern(bound, constant, at),
                    None => return Err(problem),
                },
            },
            Pattern::Declaration(ty, name) => {
                let ty = self.ty(ty)?;
                let place = self.declare(name, ty.clone(), at)?;
                Node::IsSet(ty, place, Box::new(bound.node))
            }
            Pattern::Var(name) => {
                let place = self.declare(name, bound.ty.clone(), at)?;
                Node::Sequence(vec![
                    Node::Set(place, Box::new(bound.node)),
                    Node::Constant(Value::Bool(true)),
                ])
            }
            Pattern::Constant(value) => {
                let value = self.expr(value)?;
                return self.constant_pattern(bound, value, at);
            }
        };
        Ok(Bound::new(node, Type::BOOL))
    }

    /// `x is JTokenType.Null` looks like a type.
    fn type_as_constant(&mut self, ty: &TypeSyntax) -> Option<Bound> {
        let crate::syntax::ast::TypeKind::Named(path, _) = &ty.kind else { return None };
        let (owner, member) = path.rsplit_once('.')?;
        let full = registry().find(owner, 0)?;
        self.static_member(&Type::named(full), member, &ty.at).ok()
    }

    fn constant_pattern(&mut self, bound: Bound, value: Bound, at: &Bytes) -> Bind<Bound> {
        let ty = bound.ty.nullable_of().unwrap_or(&bound.ty).clone();
        let value = if bound.ty == Type::OBJECT || value.ty == Type::Null {
            value
        } else {
            self.convert(value, &ty, at)?
        };
        Ok(Bound::new(Node::Equal(false, Box::new(bound.node), Box::new(value.node)), Type::BOOL))
    }

    fn interpolated(&mut self, parts: &[Part]) -> Bind<Bound> {
        let mut holes = Vec::new();
        for part in parts {
            holes.push(match part {
                Part::Text(text) => Hole::Text(text.clone()),
                Part::Hole { value, alignment, format } => {
                    let bound = self.expr(value)?;
                    let mut width = 0;
                    if let Some(tree) = alignment {
                        let bound = self.expr_as(tree, &Type::INT)?;
                        let Node::Constant(Value::Int(constant)) = bound.node else {
                            return self.fail(code::CONVERSION, "A constant value is expected", &tree.at);
                        };
                        width = constant;
                    }
                    let format = format.clone();
                    Hole::Value { value: bound.node, alignment: width, format }
                }
            });
        }
        Ok(Bound::new(Node::Interpolate(holes), Type::STRING))
    }
}

pub(super) fn read(place: Place) -> Node {
    match place {
        Place::Local(at) => Node::Local(at),
        Place::Cell(at) => Node::Cell(at),
    }
}

fn host_property(method: &'static crate::registry::Method, target: Node) -> Node {
    match target.bare(|node| matches!(node, Node::Path(_))) {
        Node::Context => Node::Path(vec![&method.name]),
        Node::Path(mut path) => {
            path.push(&method.name);
            Node::Path(path)
        }
        other => Node::Property(&method.name, Box::new(other)),
    }
}

/// `A.B.C`, with the type arguments of the last name.
fn dotted(tree: &Expr) -> Option<(String, Vec<TypeSyntax>)> {
    match &tree.kind {
        ExprKind::Name(name, types) => Some((name.clone(), types.clone())),
        ExprKind::Member { target, name, types, .. } => {
            let (path, none) = dotted(target)?;
            none.is_empty().then(|| (format!("{path}.{name}"), types.clone()))
        }
        _ => None,
    }
}
