//! Method groups: methods that stand for delegates, as in `names.Select(int.Parse)` and `found.ForEach(list.Add)`.
//! <https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/conversions#108-method-group-conversions>
//!
//! **Differs from Azure:** the object whose method it is must be a name, a literal or a property of such.

use std::sync::Arc;

use super::{Bind, Binder};
use crate::registry::{MethodKind, ancestry, registry};
use crate::run::node::Node;
use crate::syntax::ast::{Argument, Body, Expr, ExprKind, Lambda, Mode};
use crate::text::Str;
use crate::ty::Type;
use crate::value::{Exception, Value};

/// The object that a delegate keeps; no name that somebody writes.
const RECEIVER: &str = "<receiver>";

impl Binder<'_> {
    /// Whether an expression names methods: of a type or an object, or a local function.
    pub(super) fn is_group(&mut self, tree: &Expr) -> Bind<bool> {
        match &tree.kind {
            ExprKind::Name(name, _) => {
                Ok(self.variable(name).is_some_and(|variable| variable.function.is_some()))
            }
            ExprKind::Member { target, name, .. } => Ok(match self.type_named(target)? {
                Some(owner) => has_method(&owner, name, MethodKind::Static),
                None => self.is_of_object(target, name),
            }),
            _ => Ok(false),
        }
    }

    fn is_of_object(&mut self, target: &Expr, name: &str) -> bool {
        if !is_simple(target) {
            return false;
        }
        let Ok(bound) = self.expr(target) else { return false };
        self.instance_property(&bound.ty, name).is_none()
            && (has_method(&bound.ty, name, MethodKind::Instance) || registry().extensions.contains_key(name))
    }

    /// A method group as a delegate.
    pub(super) fn group(&mut self, tree: &Expr, ty: &Type) -> Bind<Node> {
        let count = ty.delegate().map_or(0, |(inputs, _)| inputs.len());
        if let ExprKind::Member { target, name, types, name_at } = &tree.kind
            && self.type_named(target)?.is_none()
        {
            let (name, types, name_at) = (name.clone(), types.clone(), name_at.clone());
            let kept = Expr { kind: ExprKind::Name(RECEIVER.to_owned(), Vec::new()), at: target.at.clone() };
            let kind = ExprKind::Member { target: Box::new(kept), name, types, name_at };
            return self.group_of_object(target, &Expr { kind, at: tree.at.clone() }, (ty, count));
        }
        Ok(self.lambda(&lambda(tree, count), ty, &tree.at)?.0)
    }

    /// The object is the one of the moment when the delegate is made: `(receiver => x => receiver.Method(x))(target)`.
    fn group_of_object(&mut self, target: &Expr, tree: &Expr, (ty, count): (&Type, usize)) -> Bind<Node> {
        let receiver = self.expr(target)?;
        let body = Expr { kind: ExprKind::Lambda(Box::new(lambda(tree, count))), at: tree.at.clone() };
        let maker = Lambda { parameters: vec![(None, RECEIVER.to_owned())], body: Body::Expr(body) };
        let maker_type = Type::generic("System.Func", vec![receiver.ty.clone(), ty.clone()]);
        self.captured.insert(RECEIVER.to_owned());
        let (maker, _) = self.lambda(&maker, &maker_type, &tree.at)?;
        let ExprKind::Member { name, .. } = &tree.kind else { return Ok(maker) };
        let object = if has_method(&receiver.ty, name, MethodKind::Instance) {
            Node::Coalesce(Box::new(receiver.node), Box::new(Node::Throw(Box::new(no_object(name)))))
        } else {
            receiver.node
        };
        Ok(Node::Invoke(Box::new(maker), vec![object]))
    }
}

/// What .NET throws for a delegate of no object; methods that types override are looked up in the object first.
fn no_object(method: &str) -> Node {
    let (ty, message) = match method {
        "ToString" | "Equals" | "GetHashCode" => {
            ("System.NullReferenceException", "Object reference not set to an instance of an object.")
        }
        _ => ("System.ArgumentException", "Delegate to an instance method cannot have null 'this'."),
    };
    let exception = Exception { ty, message: Str::literal(message), inner: Value::Null };
    Node::Constant(Value::Exception(Arc::new(exception)))
}

/// A name, a literal, or a property of such: it can be bound more than once without making binding long.
fn is_simple(tree: &Expr) -> bool {
    match &tree.kind {
        ExprKind::Name(..) | ExprKind::Literal(_) => true,
        ExprKind::Member { target, .. } => is_simple(target),
        _ => false,
    }
}

fn has_method(owner: &Type, name: &str, kind: MethodKind) -> bool {
    ancestry(owner)
        .iter()
        .filter_map(|owner| registry().get(owner.name()?)?.members.get(name))
        .flatten()
        .any(|method| method.kind == kind)
}

/// A method group as a lambda with `count` parameters.
pub(super) fn lambda(tree: &Expr, count: usize) -> Lambda {
    let names: Vec<String> = (0..count).map(|index| format!("<{index}>")).collect();
    let argument = |name: &String| Argument {
        name: None,
        mode: Mode::Value,
        value: Expr { kind: ExprKind::Name(name.clone(), Vec::new()), at: tree.at.clone() },
    };
    let call = ExprKind::Call(Box::new(tree.clone()), names.iter().map(argument).collect());
    Lambda {
        parameters: names.iter().map(|name| (None, name.clone())).collect(),
        body: Body::Expr(Expr { kind: call, at: tree.at.clone() }),
    }
}
