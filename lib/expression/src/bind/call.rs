//! Calls: which overload, with which type arguments.

use super::{Bind, Binder, Bound, Variable, implicit};
use crate::code;
use crate::registry::{Method, MethodKind, Parameter, ParameterMode, ancestry, registry};
use crate::run::convert;
use crate::run::function::Place;
use crate::run::node::{Found, Lookup, Node};
use crate::syntax::ast::{Argument, Bytes, Expr, ExprKind, Lambda, Mode, TypeSyntax};
use crate::ty::Type;
use crate::value::Value;

/// An argument before an overload is chosen.
enum Given<'a> {
    Value(Bound),
    Lambda(&'a Lambda),
    /// A method group.
    Group(&'a Expr),
    Default,
    Out(Option<Place>, Option<Type>, &'a Argument),
}

struct Supplied<'a> {
    name: Option<&'a str>,
    given: Given<'a>,
    at: Bytes,
}

/// An overload that takes the arguments.
struct Candidate {
    method: &'static Method,
    known: Vec<(&'static str, Type)>,
    /// For each argument, the parameter's index.
    order: Vec<usize>,
    expanded: bool,
}

/// What calls are made on.
pub(super) struct Callee<'a> {
    pub methods: Vec<&'static Method>,
    pub owner: Type,
    pub receiver: Option<Bound>,
    pub name: &'a str,
    pub types: Vec<Type>,
    pub at: &'a Bytes,
}

impl Binder<'_> {
    pub(super) fn known(&self, method: &Method, owner: &Type) -> Vec<(&'static str, Type)> {
        method.owner.generics.iter().copied().zip(owner.arguments().iter().cloned()).collect()
    }

    /// A property or field, and the base type that has it.
    pub(super) fn instance_property(&self, ty: &Type, name: &str) -> Option<(&'static Method, Type)> {
        ancestry(ty).into_iter().find_map(|base| {
            let methods = registry().get(base.name()?)?.members.get(name)?;
            let method = methods.iter().find(|method| method.kind == MethodKind::Property)?;
            Some((*method, base))
        })
    }

    pub(super) fn call(&mut self, target: &Expr, arguments: &[Argument], at: &Bytes) -> Bind<Bound> {
        match &target.kind {
            ExprKind::Member { target, name, types, name_at } => {
                self.call_member(target, (name, types, name_at), arguments)
            }
            ExprKind::Name(name, _) => {
                if let Some(variable) = self.variable(name) {
                    return self.call_variable(&variable, name, arguments, at);
                }
                let message = format!("The name '{name}' does not exist in the current context");
                self.fail(code::UNKNOWN_NAME, message, &target.at)
            }
            _ => {
                let bound = self.expr(target)?;
                self.invoke(bound, arguments, at)
            }
        }
    }

    fn call_variable(
        &mut self,
        variable: &Variable,
        name: &str,
        arguments: &[Argument],
        at: &Bytes,
    ) -> Bind<Bound> {
        let target = super::expression::read(variable.place);
        let Some(signature) = &variable.function else {
            return self.invoke(Bound::new(target, variable.ty.clone()), arguments, at);
        };
        let mut nodes = Vec::new();
        for (index, (parameter, ty, default)) in signature.parameters.iter().enumerate() {
            let named = arguments.iter().find(|argument| argument.name.as_deref() == Some(parameter));
            let positional = arguments.get(index).filter(|argument| argument.name.is_none());
            match (named.or(positional), default) {
                (Some(argument), _) => nodes.push(self.expr_as(&argument.value, ty)?.node),
                (None, Some(value)) => nodes.push(Node::Constant(value.clone())),
                (None, None) => {
                    let message = format!(
                        "There is no argument given that corresponds to the required parameter '{parameter}' of '{name}'"
                    );
                    return self.fail(code::ARGUMENTS, message, at);
                }
            }
        }
        if arguments.len() > signature.parameters.len() {
            let message = format!("No overload for method '{name}' takes {} arguments", arguments.len());
            return self.fail(code::ARGUMENTS, message, at);
        }
        Ok(Bound::new(Node::Invoke(Box::new(target), nodes), signature.returns.clone()))
    }

    fn invoke(&mut self, target: Bound, arguments: &[Argument], at: &Bytes) -> Bind<Bound> {
        let Some((parameters, result)) = target.ty.delegate() else {
            return self.fail(code::ARGUMENTS, "Method name expected", at);
        };
        if parameters.len() != arguments.len() {
            let message = format!("Delegate '{}' does not take {} arguments", target.ty, arguments.len());
            return self.fail(code::ARGUMENTS, message, at);
        }
        let mut nodes = Vec::new();
        for (ty, argument) in parameters.iter().zip(arguments) {
            nodes.push(self.expr_as(&argument.value, ty)?.node);
        }
        Ok(Bound::new(Node::Invoke(Box::new(target.node), nodes), result))
    }

    fn call_member(
        &mut self,
        target: &Expr,
        (name, types, at): (&str, &[TypeSyntax], &Bytes),
        arguments: &[Argument],
    ) -> Bind<Bound> {
        let types = types.iter().map(|ty| self.ty(ty)).collect::<Bind<Vec<_>>>()?;
        if let Some(owner) = self.type_named(target)? {
            let methods: Vec<_> = ancestry(&owner)
                .iter()
                .filter_map(|base| registry().get(base.name()?)?.members.get(name))
                .flatten()
                .copied()
                .filter(|method| matches!(method.kind, MethodKind::Static | MethodKind::Extension))
                .collect();
            if methods.is_empty() {
                return self.no_member(&owner, name, at);
            }
            let callee = Callee { methods, owner, receiver: None, name, types, at };
            return self.resolve(callee, arguments);
        }
        let receiver = self.expr(target)?;
        self.call_on(receiver, (name, types, at), arguments)
    }

    fn call_on(
        &mut self,
        receiver: Bound,
        (name, types, at): (&str, Vec<Type>, &Bytes),
        arguments: &[Argument],
    ) -> Bind<Bound> {
        let ty = receiver.ty.clone();
        if name == "Invoke" && ty.delegate().is_some() {
            return self.invoke(receiver, arguments, at);
        }
        if let Some((_, property)) = self.instance_property(&ty, name)
            && property.delegate().is_some()
        {
            let target = self.property(receiver, name, at)?;
            return self.invoke(target, arguments, at);
        }
        let mut methods = Vec::new();
        for base in ancestry(&ty) {
            let members = base.name().and_then(|base| registry().get(base)?.members.get(name));
            let instance = members.into_iter().flatten().filter(|m| m.kind == MethodKind::Instance);
            methods.extend(instance.map(|method| (*method, base.clone())));
        }
        methods.extend(
            registry().extensions.get(name).into_iter().flatten().map(|method| (*method, Type::Void)),
        );
        if methods.is_empty() {
            return self.no_member(&ty, name, at);
        }
        let callee = Callee {
            owner: ty,
            methods: methods.iter().map(|(method, _)| *method).collect(),
            receiver: Some(receiver),
            name,
            types,
            at,
        };
        self.resolve(callee, arguments)
    }

    fn supply<'a>(&mut self, arguments: &'a [Argument]) -> Bind<Vec<Supplied<'a>>> {
        let mut supplied = Vec::new();
        for argument in arguments {
            let given = match (&argument.mode, &argument.value.kind) {
                (Mode::Declare(ty, _), _) => {
                    let ty = ty.as_ref().map(|ty| self.ty(ty)).transpose()?;
                    Given::Out(None, ty, argument)
                }
                (Mode::Out | Mode::Ref, ExprKind::Name(name, _)) => {
                    let variable = self.variable(name);
                    let known = variable.map(|variable| (variable.place, variable.ty));
                    match known {
                        Some((place, ty)) => Given::Out(Some(place), Some(ty), argument),
                        None if name == "_" => Given::Out(None, None, argument),
                        None => {
                            let message = format!("The name '{name}' does not exist in the current context");
                            return self.fail(code::UNKNOWN_NAME, message, &argument.value.at);
                        }
                    }
                }
                (Mode::Out | Mode::Ref, _) => {
                    let message = "A ref or out value must be an assignable variable";
                    return self.fail(code::ARGUMENTS, message, &argument.value.at);
                }
                (_, ExprKind::Lambda(lambda)) => Given::Lambda(lambda),
                (_, ExprKind::Default(None)) => Given::Default,
                (_, ExprKind::Member { .. } | ExprKind::Name(..)) if self.is_group(&argument.value)? => {
                    Given::Group(&argument.value)
                }
                _ => Given::Value(self.expr(&argument.value)?),
            };
            supplied.push(Supplied { name: argument.name.as_deref(), given, at: argument.value.at.clone() });
        }
        Ok(supplied)
    }

    /// Chooses the overload and makes the call.
    pub(super) fn resolve(&mut self, callee: Callee<'_>, arguments: &[Argument]) -> Bind<Bound> {
        let supplied = self.supply(arguments)?;
        let mut problem = None;
        let mut candidates: Vec<Candidate> = Vec::new();
        for method in &callee.methods {
            // Extensions only count if no method of the type itself applies.
            if method.kind == MethodKind::Extension
                && callee.receiver.is_some()
                && !candidates.is_empty()
                && candidates.iter().any(|c| c.method.kind != MethodKind::Extension)
            {
                break;
            }
            for expanded in [false, true] {
                match self.applicable(&callee, method, &supplied, expanded) {
                    Ok(Some(candidate)) => {
                        candidates.push(candidate);
                        break;
                    }
                    Ok(None) => {}
                    Err(found) => problem = Some(found),
                }
            }
        }
        let best = (0..candidates.len()).find(|one| {
            (0..candidates.len())
                .all(|other| *one == other || self.better(&candidates[*one], &candidates[other], &supplied))
        });
        match best.or(if candidates.is_empty() { None } else { Some(0) }) {
            Some(best) => {
                let candidate = candidates.swap_remove(best);
                self.make_call(callee, candidate, supplied)
            }
            None => match problem {
                Some(problem) => Err(problem),
                None => self.no_overload(&callee, &supplied),
            },
        }
    }

    fn no_overload<T>(&self, callee: &Callee<'_>, supplied: &[Supplied<'_>]) -> Bind<T> {
        let name = callee.name;
        let takes = |method: &&'static Method| {
            method.parameters.len()
                - usize::from(method.kind == MethodKind::Extension && callee.receiver.is_some())
        };
        if let Some(only) = callee.methods.first()
            && callee.methods.iter().any(|method| takes(method) == supplied.len())
        {
            let skip = usize::from(only.kind == MethodKind::Extension && callee.receiver.is_some());
            for (index, argument) in supplied.iter().enumerate() {
                let Some(parameter) = only.parameters.get(index + skip) else { continue };
                if let Given::Value(bound) = &argument.given
                    && !parameter.ty.is_open()
                    && implicit(&bound.ty, bound.constant(), &parameter.ty).is_none()
                {
                    let message = format!(
                        "Argument {}: cannot convert from '{}' to '{}'",
                        index + 1,
                        bound.ty,
                        parameter.ty
                    );
                    return self.fail(code::ARGUMENTS, message, &argument.at);
                }
            }
            let message = format!(
                "The type arguments for method '{name}' cannot be inferred from the usage. Try specifying the type arguments explicitly."
            );
            return self.fail(code::ARGUMENTS, message, callee.at);
        }
        let message = format!("No overload for method '{name}' takes {} arguments", supplied.len());
        self.fail(code::ARGUMENTS, message, callee.at)
    }

    fn applicable(
        &mut self,
        callee: &Callee<'_>,
        method: &'static Method,
        supplied: &[Supplied<'_>],
        expanded: bool,
    ) -> Bind<Option<Candidate>> {
        let parameters = parameters(callee, method);
        let is_params = parameters.last().is_some_and(|p| p.mode == ParameterMode::Params);
        if expanded && !is_params {
            return Ok(None);
        }
        let Some(order) = order(parameters, supplied, expanded) else { return Ok(None) };
        let own = method.generics.get(method.owner.generics.len()..).unwrap_or_default();
        let generic = !method.owner.generics.is_empty();
        let mut bases = generic.then(|| ancestry(&callee.owner)).into_iter().flatten();
        let owner = bases.find(|base| base.is(method.owner.name));
        let mut known = owner.map(|base| self.known(method, &base)).unwrap_or_default();
        if !callee.types.is_empty() {
            if callee.types.len() != own.len() {
                return Ok(None);
            }
            known.extend(own.iter().copied().zip(callee.types.iter().cloned()));
        }
        if let (MethodKind::Extension, Some(receiver), Some(first)) =
            (method.kind, &callee.receiver, method.parameters.first())
        {
            super::lambda::unify(&first.ty, &receiver.ty, &mut known);
            if implicit(&receiver.ty, None, &first.ty.with(&known)).is_none()
                || super::convert::is_numeric(&receiver.ty)
            {
                return Ok(None);
            }
        }
        let types = |known: &Vec<_>| {
            order.iter().map(|at| expand(parameters, *at, expanded).with(known)).collect::<Vec<Type>>()
        };
        for (argument, at) in supplied.iter().zip(&order) {
            let ty = expand(parameters, *at, expanded);
            match &argument.given {
                Given::Value(bound) => super::lambda::unify(&ty, &bound.ty, &mut known),
                Given::Out(_, Some(out), _) => super::lambda::unify(&ty, out, &mut known),
                _ => {}
            }
        }
        for (argument, ty) in supplied.iter().zip(types(&known)) {
            if !self.fits(argument, &ty, &mut known)? {
                return Ok(None);
            }
        }
        let open = method.generics.iter().any(|generic| !known.iter().any(|(name, _)| name == generic));
        Ok((!open).then_some(Candidate { method, known, order, expanded }))
    }

    /// Whether an argument fits a parameter; lambdas and method groups tell type arguments.
    fn fits(
        &mut self,
        argument: &Supplied<'_>,
        ty: &Type,
        known: &mut Vec<(&'static str, Type)>,
    ) -> Bind<bool> {
        match &argument.given {
            Given::Lambda(lambda) => {
                let Some((inputs, _)) = ty.delegate() else { return Ok(false) };
                if inputs.len() != lambda.parameters.len() {
                    return Ok(false);
                }
                let ty = ty.with(known);
                let (_, actual) = self.lambda(lambda, &ty, &argument.at)?;
                super::lambda::unify(&ty, &actual, known);
            }
            Given::Group(tree) => {
                let Some((inputs, _)) = ty.delegate() else { return Ok(false) };
                let ty = ty.with(known);
                let lambda = super::group::lambda(tree, inputs.len());
                let Ok((_, actual)) = self.lambda(&lambda, &ty, &argument.at) else { return Ok(false) };
                super::lambda::unify(&ty, &actual, known);
            }
            Given::Value(bound) if !ty.is_open() && implicit(&bound.ty, bound.constant(), ty).is_none() => {
                return Ok(false);
            }
            _ => {}
        }
        Ok(true)
    }

    fn better(&self, one: &Candidate, other: &Candidate, supplied: &[Supplied<'_>]) -> bool {
        let mut wins = false;
        for (index, argument) in supplied.iter().enumerate() {
            let ty = |candidate: &Candidate| {
                let skip = skip(candidate.method, candidate.order.len(), supplied.len());
                let parameters = candidate.method.parameters.get(skip..).unwrap_or_default();
                let at = candidate.order.get(index).copied().unwrap_or_default();
                expand(parameters, at, candidate.expanded).with(&candidate.known)
            };
            let (a, b) = (ty(one), ty(other));
            if a == b {
                continue;
            }
            let better = match &argument.given {
                Given::Value(bound) if bound.ty == a => true,
                Given::Value(bound) if bound.ty == b => false,
                _ => closer(&a, &b),
            };
            if !better {
                return false;
            }
            wins = true;
        }
        let length = |candidate: &Candidate| candidate.method.parameters.len();
        wins || (!one.expanded && other.expanded)
            || (one.method.generics.len() < other.method.generics.len())
            || (one.expanded == other.expanded && length(one) < length(other))
    }

    /// The object that a method is called on, as its first argument.
    fn receiver(
        &self,
        method: &'static Method,
        receiver: Option<Bound>,
        (known, at): (&[(&'static str, Type)], &Bytes),
    ) -> Option<Node> {
        let receiver = receiver?;
        let first = method.parameters.first().filter(|_| method.kind == MethodKind::Extension);
        let to = first.map_or_else(|| receiver.ty.clone(), |first| first.ty.with(known));
        Some(self.convert(receiver, &to, at).map_or(Node::Constant(Value::Null), |bound| bound.node))
    }

    fn make_call(
        &mut self,
        callee: Callee<'_>,
        candidate: Candidate,
        supplied: Vec<Supplied<'_>>,
    ) -> Bind<Bound> {
        let method = candidate.method;
        let parameters = parameters(&callee, method);
        let known = candidate.known;
        let mut slots: Vec<Option<Node>> = parameters.iter().map(|_| None).collect();
        let mut extra = Vec::new();
        let mut outs = Vec::new();
        for (argument, at) in supplied.into_iter().zip(&candidate.order) {
            let ty = expand(parameters, *at, candidate.expanded).with(&known);
            let node = match argument.given {
                Given::Value(bound) => self.convert(bound, &ty, &argument.at)?.node,
                Given::Lambda(lambda) => self.lambda(lambda, &ty, &argument.at)?.0,
                Given::Group(tree) => self.expr_as(tree, &ty)?.node,
                Given::Default => Node::Constant(convert::default(&ty)),
                Given::Out(place, _, syntax) => {
                    let place = match (&syntax.mode, place) {
                        (Mode::Declare(_, name), _) if name != "_" => {
                            Some(self.declare(name, ty, &argument.at)?)
                        }
                        (_, place) => place,
                    };
                    outs.push(place);
                    Node::Constant(Value::Null)
                }
            };
            let in_params = candidate.expanded && *at + 1 == parameters.len();
            if in_params {
                extra.push(node);
            } else if let Some(slot) = slots.get_mut(*at) {
                *slot = Some(node);
            }
        }
        let mut nodes = Vec::new();
        if matches!(method.kind, MethodKind::Instance | MethodKind::Extension | MethodKind::Indexer) {
            nodes.extend(self.receiver(method, callee.receiver, (&known, callee.at)));
        }
        let mut extra = Some(extra);
        for (slot, parameter) in slots.into_iter().zip(parameters) {
            nodes.push(match (slot, parameter.mode) {
                (Some(node), _) => node,
                (None, ParameterMode::Params) => {
                    let element = expand(parameters, parameters.len() - 1, true).with(&known);
                    Node::Array(element, extra.take().unwrap_or_default())
                }
                (None, _) => Node::Constant(default(parameter, &known)),
            });
        }
        let types = method
            .generics
            .iter()
            .filter_map(|g| known.iter().find(|(name, _)| name == g))
            .map(|(_, ty)| ty.clone());
        let call = looked_up(method, nodes, types.collect());
        let node = if outs.is_empty() { call } else { Node::Out(Box::new(call), outs) };
        Ok(Bound::new(node, method.returns.with(&known)))
    }
}

/// A call; one step where it asks a dictionary of `context` for a constant key.
fn looked_up(method: &'static Method, mut nodes: Vec<Node>, types: Vec<Type>) -> Node {
    if let Some(target) = nodes.first_mut() {
        *target = std::mem::replace(target, Node::Context).bare(|node| matches!(node, Node::Path(_)));
    }
    crate::types::prepare(method, &mut nodes);
    let constant = nodes.iter().skip(1).all(|node| matches!(node, Node::Constant(_)));
    let (true, [Node::Path(path), Node::Constant(Value::String(key)), ..]) =
        (constant && method.owner.name == "System.Collections.Generic.IReadOnlyDictionary", nodes.as_slice())
    else {
        return Node::Call(method, nodes, types);
    };
    let (path, key) = (path.clone(), key.clone());
    let of_lists = |ty: &Type| ty.arguments().iter().any(|argument| matches!(argument, Type::Array(_)));
    let (found, absent) = match (method.name.as_str(), &method.returns, types.last()) {
        ("[]", ..) => (Found::Value, Node::Call(method, nodes, types)),
        ("GetValueOrDefault", Type::Parameter(_), Some(ty)) => {
            let absent = nodes.pop().filter(|_| nodes.len() == 2);
            (Found::Cast(ty.clone()), absent.unwrap_or_else(|| Node::Constant(convert::default(ty))))
        }
        ("GetValueOrDefault", ..) => {
            let lists = method.parameters.first().is_some_and(|parameter| of_lists(&parameter.ty));
            let absent = nodes.pop().filter(|_| nodes.len() == 2);
            let found = if lists { Found::Joined } else { Found::Value };
            (found, absent.unwrap_or(Node::Constant(Value::Null)))
        }
        _ => return Node::Call(method, nodes, types),
    };
    Node::Lookup(Box::new(Lookup { path, key, found, otherwise: absent }))
}

fn parameters(callee: &Callee<'_>, method: &'static Method) -> &'static [Parameter] {
    let skip = usize::from(method.kind == MethodKind::Extension && callee.receiver.is_some());
    method.parameters.get(skip..).unwrap_or_default()
}

fn skip(method: &Method, order: usize, supplied: usize) -> usize {
    usize::from(
        method.kind == MethodKind::Extension && order == supplied && method.parameters.len() > supplied,
    )
}

/// The type that an argument for the parameter at `at` must have.
fn expand(parameters: &[Parameter], at: usize, expanded: bool) -> Type {
    let Some(parameter) = parameters.get(at) else { return Type::OBJECT };
    match &parameter.ty {
        Type::Array(element) if expanded && parameter.mode == ParameterMode::Params => (**element).clone(),
        ty => ty.clone(),
    }
}

fn order(parameters: &[Parameter], supplied: &[Supplied<'_>], expanded: bool) -> Option<Vec<usize>> {
    let mut order = Vec::new();
    for (index, argument) in supplied.iter().enumerate() {
        let at = match argument.name {
            Some(name) => parameters.iter().position(|parameter| parameter.name == name)?,
            None if expanded => index.min(parameters.len() - 1),
            None if index < parameters.len() => index,
            None => return None,
        };
        let out = matches!(argument.given, Given::Out(..));
        if out != (parameters.get(at)?.mode == ParameterMode::Out) {
            return None;
        }
        order.push(at);
    }
    let complete = parameters.iter().enumerate().all(|(at, parameter)| {
        order.contains(&at)
            || parameter.default.is_some()
            || (expanded && parameter.mode == ParameterMode::Params)
    });
    complete.then_some(order)
}

/// What a parameter without argument gets.
fn default(parameter: &Parameter, known: &[(&'static str, Type)]) -> Value {
    match &parameter.default {
        Some(value @ Value::Int(_)) => {
            crate::run::arithmetic::convert(&parameter.ty, value, false).unwrap_or(Value::Null)
        }
        Some(value) => value.clone(),
        None => convert::default(&parameter.ty.with(known)),
    }
}

/// Whether converting to `a` is better than converting to `b`.
fn closer(a: &Type, b: &Type) -> bool {
    if let (Some((_, a)), Some((_, b))) = (a.delegate(), b.delegate()) {
        return closer(&a, &b);
    }
    let forward = implicit(a, None, b).is_some();
    let backward = implicit(b, None, a).is_some();
    if forward != backward {
        return forward;
    }
    let signed = |ty: &Type| matches!(*ty, Type::INT | Type::LONG | Type::SHORT | Type::SBYTE);
    signed(a) && !signed(b)
}
