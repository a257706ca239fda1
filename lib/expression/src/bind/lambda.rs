//! Lambdas, and what their types tell about type arguments.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Bind, Binder, Scope};
use crate::code;
use crate::registry::ancestry;
use crate::run::function::Body as Compiled;
use crate::run::node::Node;
use crate::syntax::ast::{Body, Bytes, Lambda};
use crate::ty::Type;

impl Binder<'_> {
    /// A lambda as a delegate type; where that type's result is open, the lambda's own result is inferred.
    pub(super) fn lambda(&mut self, lambda: &Lambda, ty: &Type, at: &Bytes) -> Bind<(Node, Type)> {
        let Some((inputs, result)) = ty.delegate() else {
            let message =
                format!("Cannot convert lambda expression to type '{ty}' because it is not a delegate type");
            return self.fail(code::CONVERSION, message, at);
        };
        if inputs.len() != lambda.parameters.len() {
            let message = format!("Delegate '{ty}' does not take {} arguments", lambda.parameters.len());
            return self.fail(code::ARGUMENTS, message, at);
        }
        if inputs.iter().any(Type::is_open) {
            let message = "The type arguments cannot be inferred from the usage. Try specifying the type arguments explicitly.";
            return self.fail(code::ARGUMENTS, message, at);
        }
        let level = self.functions.len();
        let bound = self.lambda_body(lambda, &inputs, &result);
        self.functions.truncate(level + 1);
        let bound = bound.map(|(places, body, actual)| (self.finish(places, body), actual));
        self.functions.truncate(level);
        let (function, actual) = bound?;
        let actual = match ty {
            Type::Named(name @ "System.Func", _) => {
                let mut types = inputs;
                types.push(actual);
                Type::generic(name, types)
            }
            other => other.clone(),
        };
        Ok((Node::Lambda(actual.clone(), Arc::new(function)), actual))
    }

    fn lambda_body(
        &mut self,
        lambda: &Lambda,
        inputs: &[Type],
        result: &Type,
    ) -> Bind<(Vec<crate::run::function::Place>, Compiled, Type)> {
        let returns = (!result.is_open()).then(|| result.clone());
        self.functions.push(Scope {
            names: vec![HashMap::new()],
            returns: returns.clone(),
            ..Scope::default()
        });
        let mut places = Vec::new();
        for ((written, name), input) in lambda.parameters.iter().zip(inputs) {
            let ty = written.as_ref().map(|ty| self.ty(ty)).transpose()?.unwrap_or_else(|| input.clone());
            places.push(self.declare(name, ty, &(0..0))?);
        }
        match &lambda.body {
            Body::Expr(tree) => {
                let bound = match &returns {
                    Some(Type::Void) | None => self.expr(tree)?,
                    Some(ty) => self.expr_as(tree, ty)?,
                };
                let ty = returns.unwrap_or(bound.ty);
                Ok((places, Compiled::Value(bound.node), ty))
            }
            Body::Block(tree) => {
                let statements = self.statements(tree)?;
                let returned: Vec<_> = self.scope().returned.iter().map(|ty| (ty.clone(), None)).collect();
                let ty = returns.or_else(|| self.common(&returned)).unwrap_or(Type::OBJECT);
                Ok((places, Compiled::Block(statements), ty))
            }
        }
    }
}

/// Learns type arguments from an argument's type.
pub(super) fn unify(parameter: &Type, argument: &Type, known: &mut Vec<(&'static str, Type)>) {
    if *argument == Type::Null || !parameter.is_open() {
        return;
    }
    match parameter {
        Type::Parameter(name) => {
            let found = known.iter_mut().find(|(other, _)| other == name);
            match found {
                None => known.push((name, argument.clone())),
                Some((_, ty))
                    if super::implicit(ty, None, argument).is_some()
                        && super::implicit(argument, None, ty).is_none() =>
                {
                    *ty = argument.clone();
                }
                Some(_) => {}
            }
        }
        Type::Array(element) => {
            if let Type::Array(actual) = argument {
                unify(element, actual, known);
            }
        }
        Type::Named(name, inner) => {
            let same: Vec<_> = ancestry(argument).into_iter().filter(|base| base.is(name)).collect();
            // A type that is a sequence in two ways tells nothing.
            if let [only] = same.as_slice() {
                for (parameter, argument) in inner.iter().zip(only.arguments()) {
                    if !argument.is_open() {
                        unify(parameter, argument, known);
                    }
                }
            }
        }
        _ => {}
    }
}
