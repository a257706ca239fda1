//! `new`: objects, arrays, anonymous types, tuples and their initializers.

use std::sync::Arc;

use super::call::Callee;
use super::{Bind, Binder, Bound};
use crate::code;
use crate::registry::{MethodKind, registry};
use crate::run::function::Place;
use crate::run::node::Node;
use crate::syntax::ast::{Argument, Bytes, Expr, ExprKind, Initializer, Mode, Target};
use crate::ty::{Shape, Type};

impl Binder<'_> {
    pub(super) fn creation(&mut self, tree: &Expr) -> Bind<Bound> {
        let at = &tree.at;
        match &tree.kind {
            ExprKind::New { ty, arguments, initializer } => {
                let ty = self.ty(ty)?;
                let bound = self.construct(&ty, arguments, at)?;
                match initializer {
                    Some(initializer) => self.initialize(bound, initializer, at),
                    None => Ok(bound),
                }
            }
            ExprKind::Anonymous(fields) => {
                let mut names = Vec::new();
                let mut nodes = Vec::new();
                for (name, value) in fields {
                    let bound = self.expr(value)?;
                    if bound.ty == Type::Null || bound.ty == Type::Void {
                        let message = format!("Cannot assign '{}' to anonymous type property", bound.ty);
                        return self.fail(code::CONVERSION, message, &value.at);
                    }
                    names.push((name.clone(), bound.ty));
                    nodes.push(bound.node);
                }
                let ty = Type::Fields(Shape::Anonymous, names.into());
                Ok(Bound::new(Node::Record(ty.clone(), nodes), ty))
            }
            ExprKind::Tuple(parts) => {
                let mut names = Vec::new();
                let mut nodes = Vec::new();
                for (index, (name, value)) in parts.iter().enumerate() {
                    let bound = self.expr(value)?;
                    names.push((name.clone().unwrap_or_else(|| format!("Item{}", index + 1)), bound.ty));
                    nodes.push(bound.node);
                }
                let ty = Type::Fields(Shape::Tuple, names.into());
                Ok(Bound::new(Node::Record(ty.clone(), nodes), ty))
            }
            ExprKind::Array { element, size, items } => {
                let element = element.as_ref().map(|ty| self.ty(ty)).transpose()?;
                self.array(element, size.as_deref(), items.as_deref(), at)
            }
            _ => self.fail(code::SYNTAX, "Invalid expression term", at),
        }
    }

    fn array(
        &mut self,
        element: Option<Type>,
        size: Option<&Expr>,
        items: Option<&[Expr]>,
        at: &Bytes,
    ) -> Bind<Bound> {
        let Some(items) = items else {
            let element = element.unwrap_or(Type::OBJECT);
            let Some(size) = size else {
                return self.fail(
                    code::SYNTAX,
                    "Array creation must have array size or array initializer",
                    at,
                );
            };
            let size = self.expr_as(size, &Type::INT)?;
            let node = Node::SizedArray(element.clone(), Box::new(size.node));
            return Ok(Bound::new(node, Type::Array(Arc::new(element))));
        };
        if let Some(element) = element {
            let nodes =
                items.iter().map(|item| Ok(self.expr_as(item, &element)?.node)).collect::<Bind<_>>()?;
            return Ok(Bound::new(Node::Array(element.clone(), nodes), Type::Array(Arc::new(element))));
        }
        let bound = items.iter().map(|item| self.expr(item)).collect::<Bind<Vec<_>>>()?;
        let types: Vec<_> = bound.iter().map(|bound| (bound.ty.clone(), bound.constant().cloned())).collect();
        let Some(element) = self.common(&types) else {
            return self.fail(code::CONVERSION, "No best type found for implicitly-typed array", at);
        };
        let mut nodes = Vec::new();
        for (bound, item) in bound.into_iter().zip(items) {
            nodes.push(self.convert(bound, &element, &item.at)?.node);
        }
        Ok(Bound::new(Node::Array(element.clone(), nodes), Type::Array(Arc::new(element))))
    }

    fn construct(&mut self, ty: &Type, arguments: &[Argument], at: &Bytes) -> Bind<Bound> {
        let Some(definition) = ty.name().and_then(|name| registry().get(name)) else {
            return self.fail(code::SYNTAX, format!("Cannot create an instance of '{ty}'"), at);
        };
        if let (Some(_), [only]) = (ty.delegate(), arguments) {
            return self.expr_as(&only.value, ty);
        }
        let methods: Vec<_> = definition.members.get(".ctor").into_iter().flatten().copied().collect();
        debug_assert!(methods.iter().all(|method| method.kind == MethodKind::Constructor));
        if methods.is_empty() {
            let name = definition.row.name;
            if definition.row.missing.contains(&"new") {
                return self.missing(&format!("a constructor of '{name}'"), at);
            }
            let message = format!("Cannot create an instance of the abstract type or interface '{ty}'");
            return self.fail(code::ARGUMENTS, message, at);
        }
        let short = ty.to_string();
        let callee =
            Callee { methods, owner: ty.clone(), receiver: None, name: &short, types: Vec::new(), at };
        let bound = self.resolve(callee, arguments)?;
        Ok(Bound::new(bound.node, ty.clone()))
    }

    fn initialize(&mut self, bound: Bound, initializer: &Initializer, at: &Bytes) -> Bind<Bound> {
        let slot = self.temporary();
        let ty = bound.ty.clone();
        let mut nodes = vec![Node::Set(Place::Local(slot), Box::new(bound.node))];
        self.receivers.push((slot, ty.clone()));
        let filled = self.fill(initializer, &mut nodes, at);
        self.receivers.pop();
        filled?;
        nodes.push(Node::Local(slot));
        Ok(Bound::new(Node::Sequence(nodes), ty))
    }

    fn fill(&mut self, initializer: &Initializer, nodes: &mut Vec<Node>, at: &Bytes) -> Bind<()> {
        let receiver = || Box::new(Expr { kind: ExprKind::Receiver, at: at.clone() });
        match initializer {
            Initializer::Items(items) => {
                for values in items {
                    let arguments: Vec<_> = values.iter().map(plain).collect();
                    let target = ExprKind::Member {
                        target: receiver(),
                        name: "Add".to_owned(),
                        types: Vec::new(),
                        name_at: at.clone(),
                    };
                    let target = Expr { kind: target, at: at.clone() };
                    nodes.push(self.call(&target, &arguments, at)?.node);
                }
            }
            Initializer::Members(members) => {
                for (target, value) in members {
                    let (kind, at) = match target {
                        Target::Member(name, at) => (
                            ExprKind::Member {
                                target: receiver(),
                                name: name.clone(),
                                types: Vec::new(),
                                name_at: at.clone(),
                            },
                            at.clone(),
                        ),
                        Target::Index(arguments, at) => {
                            (ExprKind::Index(receiver(), arguments.clone()), at.clone())
                        }
                    };
                    let target = Expr { kind, at: at.clone() };
                    if let ExprKind::Nested(inner) = &value.kind {
                        let bound = self.expr(&target)?;
                        nodes.push(self.initialize(bound, inner, &at)?.node);
                    } else {
                        nodes.push(self.assign("=", &target, value, &at)?.node);
                    }
                }
            }
        }
        Ok(())
    }
}

fn plain(value: &Expr) -> Argument {
    Argument { name: None, mode: Mode::Value, value: value.clone() }
}
