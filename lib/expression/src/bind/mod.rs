//! Gives every name, member and conversion its meaning, with C#'s static types, and compiles the tree that runs.

mod call;
mod convert;
mod expression;
mod group;
mod jump;
mod lambda;
mod object;
mod operator;
mod statement;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diagnostic::Diagnostic;

use crate::Environment;
use crate::code;
use crate::registry::registry;
use crate::run::function::{Body, Function, Place};
use crate::run::node::Node;
use crate::syntax::ast::{Bytes, Expr, Stmt, TypeKind, TypeSyntax};
use crate::ty::{Shape, Type};
use crate::value::Value;

pub use convert::implicit;

pub type Bind<T> = Result<T, Box<Diagnostic>>;

/// An expression with its type.
pub struct Bound {
    pub node: Node,
    pub ty: Type,
}

/// What binding asks for per text at most; nested lambdas are bound more than once.
const WORK: usize = 100_000;

pub struct Binder<'s> {
    source: &'s str,
    captured: HashSet<String>,
    functions: Vec<Scope>,
    receivers: Vec<(usize, Type)>,
    work: usize,
    /// Whether the values of parts are written down.
    noting: bool,
    /// Whether integers must not overflow here.
    checked: bool,
    /// What is right and probably not meant.
    warnings: Vec<Diagnostic>,
}

/// What binding makes of a text.
pub struct Compiled {
    pub function: Function,
    pub ty: Type,
    /// What is right and probably not meant.
    pub warnings: Vec<Diagnostic>,
}

/// The function that is being bound.
#[derive(Default)]
struct Scope {
    names: Vec<HashMap<String, Variable>>,
    locals: usize,
    cells: usize,
    captures: Vec<(usize, usize)>,
    /// What `return` must give; unknown while a lambda's result is inferred.
    returns: Option<Type>,
    returned: Vec<Type>,
    loops: usize,
    breakable: usize,
    /// How many labels there are, and those in sight.
    labels: usize,
    jumps: jump::Jumps,
}

#[derive(Clone)]
struct Variable {
    place: Place,
    ty: Type,
    constant: Option<Value>,
    function: Option<Arc<Signature>>,
}

/// A local function's parameters and result.
struct Signature {
    parameters: Vec<(String, Type, Option<Value>)>,
    returns: Type,
}

/// Types of .NET that expressions may not use.
const REFUSED: [(&str, &str); 54] = [
    ("CultureInfo", "System.Globalization.CultureInfo"),
    ("DateTimeStyles", "System.Globalization.DateTimeStyles"),
    ("NumberStyles", "System.Globalization.NumberStyles"),
    ("Environment", "System.Environment"),
    ("Console", "System.Console"),
    ("File", "System.IO.File"),
    ("Directory", "System.IO.Directory"),
    ("Path", "System.IO.Path"),
    ("MemoryStream", "System.IO.MemoryStream"),
    ("StreamReader", "System.IO.StreamReader"),
    ("Stream", "System.IO.Stream"),
    ("HttpClient", "System.Net.Http.HttpClient"),
    ("WebClient", "System.Net.WebClient"),
    ("Thread", "System.Threading.Thread"),
    ("Task", "System.Threading.Tasks.Task"),
    ("Type", "System.Type"),
    ("Activator", "System.Activator"),
    ("Process", "System.Diagnostics.Process"),
    ("HttpUtility", "System.Web.HttpUtility"),
    ("XmlDocument", "System.Xml.XmlDocument"),
    ("GC", "System.GC"),
    ("Assembly", "System.Reflection.Assembly"),
    ("XmlReader", "System.Xml.XmlReader"),
    ("XmlWriter", "System.Xml.XmlWriter"),
    ("XmlNode", "System.Xml.XmlNode"),
    ("XmlConvert", "System.Xml.XmlConvert"),
    ("XmlSerializer", "System.Xml.Serialization.XmlSerializer"),
    ("XPathDocument", "System.Xml.XPath.XPathDocument"),
    ("UriKind", "System.UriKind"),
    ("UriBuilder", "System.UriBuilder"),
    ("NameValueCollection", "System.Collections.Specialized.NameValueCollection"),
    ("HttpStatusCode", "System.Net.HttpStatusCode"),
    ("Dns", "System.Net.Dns"),
    ("Stopwatch", "System.Diagnostics.Stopwatch"),
    ("Debug", "System.Diagnostics.Debug"),
    ("Aes", "System.Security.Cryptography.Aes"),
    ("AesManaged", "System.Security.Cryptography.AesManaged"),
    ("CryptoStream", "System.Security.Cryptography.CryptoStream"),
    ("RSACryptoServiceProvider", "System.Security.Cryptography.RSACryptoServiceProvider"),
    ("JsonSerializerSettings", "Newtonsoft.Json.JsonSerializerSettings"),
    ("JsonTextReader", "Newtonsoft.Json.JsonTextReader"),
    ("IFormatProvider", "System.IFormatProvider"),
    ("Version", "System.Version"),
    ("Buffer", "System.Buffer"),
    ("Interlocked", "System.Threading.Interlocked"),
    ("SortedDictionary", "System.Collections.Generic.SortedDictionary"),
    ("SortedList", "System.Collections.Generic.SortedList"),
    ("SortedSet", "System.Collections.Generic.SortedSet"),
    ("LinkedList", "System.Collections.Generic.LinkedList"),
    ("Lazy", "System.Lazy"),
    ("ArrayList", "System.Collections.ArrayList"),
    ("Hashtable", "System.Collections.Hashtable"),
    ("BigInteger", "System.Numerics.BigInteger"),
    ("StringSegment", "Microsoft.Extensions.Primitives.StringSegment"),
];

/// Compiles an expression.
pub fn expression(
    (source, environment): (&str, &Environment),
    tree: &Expr,
    captured: HashSet<String>,
) -> Bind<Compiled> {
    let mut binder = Binder::new((source, environment), captured);
    let bound = match &environment.result {
        Some(ty) => binder.expr_as(tree, ty)?,
        None => binder.expr(tree)?,
    };
    if bound.ty == Type::Void {
        return binder.fail(code::CONVERSION, "Cannot implicitly convert type 'void' to 'object'", &tree.at);
    }
    let (function, ty) = (binder.finish(Vec::new(), Body::Value(bound.node)), bound.ty);
    Ok(Compiled { function, ty, warnings: binder.warnings })
}

/// Compiles the statements of a block.
pub fn block(
    (source, environment): (&str, &Environment),
    tree: &[Stmt],
    captured: HashSet<String>,
) -> Bind<Compiled> {
    let mut binder = Binder::new((source, environment), captured);
    binder.scope().returns.clone_from(&environment.result);
    let statements = binder.statements(tree)?;
    if !statement::ends(tree) {
        let at = source.len()..source.len();
        return binder.fail(code::FLOW, "not all code paths return a value", &at);
    }
    let ty = binder.scope().returned.first().cloned().unwrap_or(Type::OBJECT);
    let function = binder.finish(Vec::new(), Body::Block(statements));
    Ok(Compiled { function, ty, warnings: binder.warnings })
}

impl<'s> Binder<'s> {
    fn new((source, environment): (&'s str, &Environment), captured: HashSet<String>) -> Self {
        let first = Scope { names: vec![HashMap::new()], ..Scope::default() };
        let (receivers, warnings, noting) = (Vec::new(), Vec::new(), environment.parts);
        let functions = vec![first];
        Self { source, captured, functions, receivers, work: 0, noting, checked: false, warnings }
    }

    fn finish(&mut self, parameters: Vec<Place>, body: Body) -> Function {
        let scope = self.functions.pop().unwrap_or_default();
        Function { parameters, locals: scope.locals, cells: scope.cells, captures: scope.captures, body }
    }

    fn fail<T>(&self, code: &'static str, message: impl Into<String>, at: &Bytes) -> Bind<T> {
        Err(Box::new(Diagnostic::new(code, message).at(self.source, at.clone())))
    }

    /// Says what is right and probably not meant; once, however often the place is bound.
    fn warn(&mut self, code: &'static str, message: &str, at: &Bytes) {
        let help = "cast it, `(string)context.Variables[\"…\"]`, or use \
                    `context.Variables.GetValueOrDefault<string>(\"…\")`";
        let warning = Diagnostic::new(code, message).help(help).at(self.source, at.clone()).warning();
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// `==` and `!=`, with C#'s warnings CS0252 and CS0253 for a text beside something that is not known to be one.
    fn compared(&mut self, sign: &'static str, left: Bound, right: Bound, at: &Bytes) -> Bind<Bound> {
        let side = match (left.ty == Type::STRING, right.ty == Type::STRING) {
            (false, true) if left.ty != Type::Null => Some("left"),
            (true, false) if right.ty != Type::Null => Some("right"),
            _ => None,
        };
        let bound = self.equality(sign, left, right, at)?;
        if let (Some(side), Node::Same(..)) = (side, &bound.node) {
            let message = format!(
                "Possible unintended reference comparison; to get a value comparison, cast the {side} hand side to \
                 type 'string'"
            );
            self.warn(code::REFERENCE, &message, at);
        }
        Ok(bound)
    }

    fn missing<T>(&self, what: &str, at: &Bytes) -> Bind<T> {
        let message = format!("{what} is not implemented by the sandbox");
        let help = "Azure has it; the coverage ledger lists what expressions may use here";
        let problem = Diagnostic::new(code::NOT_IMPLEMENTED, message).help(help);
        Err(Box::new(problem.at(self.source, at.clone())))
    }

    fn scope(&mut self) -> &mut Scope {
        if self.functions.is_empty() {
            self.functions.push(Scope::default());
        }
        let last = self.functions.len() - 1;
        &mut self.functions[last]
    }

    fn temporary(&mut self) -> usize {
        let scope = self.scope();
        scope.locals += 1;
        scope.locals - 1
    }

    fn declare(&mut self, name: &str, ty: Type, at: &Bytes) -> Bind<Place> {
        if self.scope().names.iter().any(|names| names.contains_key(name)) {
            let message =
                format!("A local variable or function named '{name}' is already defined in this scope");
            return self.fail(code::UNKNOWN_NAME, message, at);
        }
        let captured = self.captured.contains(name);
        let scope = self.scope();
        let count = if captured { &mut scope.cells } else { &mut scope.locals };
        *count += 1;
        let place = if captured { Place::Cell(*count - 1) } else { Place::Local(*count - 1) };
        let variable = Variable { place, ty, constant: None, function: None };
        if let Some(names) = scope.names.last_mut() {
            names.insert(name.to_owned(), variable);
        }
        Ok(place)
    }

    /// A variable by its name, as the innermost function reaches it.
    fn variable(&mut self, name: &str) -> Option<Variable> {
        let found = |scope: &Scope| scope.names.iter().rev().find_map(|names| names.get(name).cloned());
        let level = self.functions.iter().rposition(|scope| found(scope).is_some())?;
        let mut variable = self.functions.get(level).and_then(found)?;
        for scope in self.functions.iter_mut().skip(level + 1) {
            let Place::Cell(outer) = variable.place else { break };
            let known = scope.captures.iter().find(|(from, _)| *from == outer).map(|(_, to)| *to);
            let inner = known.unwrap_or_else(|| {
                scope.cells += 1;
                scope.captures.push((outer, scope.cells - 1));
                scope.cells - 1
            });
            variable.place = Place::Cell(inner);
        }
        Some(variable)
    }

    fn nested<T>(&mut self, bind: impl FnOnce(&mut Self) -> Bind<T>) -> Bind<T> {
        self.scope().names.push(HashMap::new());
        let bound = bind(self);
        self.scope().names.pop();
        bound
    }

    fn ty(&self, syntax: &TypeSyntax) -> Bind<Type> {
        Ok(match &syntax.kind {
            TypeKind::Array(element) => Type::Array(Arc::new(self.ty(element)?)),
            TypeKind::Nullable(inner) => Type::nullable(self.ty(inner)?),
            TypeKind::Tuple(parts) => {
                let mut fields = Vec::new();
                for (index, (ty, name)) in parts.iter().enumerate() {
                    let name = name.clone().unwrap_or_else(|| format!("Item{}", index + 1));
                    fields.push((name, self.ty(ty)?));
                }
                Type::Fields(Shape::Tuple, fields.into())
            }
            TypeKind::Named(name, arguments) => {
                if name == "void" {
                    return Ok(Type::Void);
                }
                let arguments =
                    arguments.iter().map(|argument| self.ty(argument)).collect::<Bind<Vec<_>>>()?;
                match registry().find(name, arguments.len()) {
                    Some(full) => Type::generic(full, arguments),
                    None => return self.unknown_type(name, &syntax.at),
                }
            }
        })
    }

    fn unknown_type<T>(&self, name: &str, at: &Bytes) -> Bind<T> {
        let simple = name.rsplit('.').next().unwrap_or(name);
        if let Some(full) = crate::types::ALLOWED.iter().find(|full| full.rsplit('.').next() == Some(simple))
        {
            return self.missing(&format!("the type '{full}'"), at);
        }
        if let Some((_, full)) = REFUSED.iter().find(|(short, full)| *short == simple || *full == name) {
            let message = format!("Usage of type '{full}' is not supported within expressions");
            return self.fail(code::NOT_ALLOWED, message, at);
        }
        let message = format!(
            "The type or namespace name '{simple}' could not be found (are you missing a using directive or an assembly reference?)"
        );
        self.fail(code::UNKNOWN_NAME, message, at)
    }
}

impl Bound {
    fn new(node: Node, ty: Type) -> Self {
        Self { node, ty }
    }

    fn constant(&self) -> Option<&Value> {
        match &self.node {
            Node::Constant(value) => Some(value),
            _ => None,
        }
    }
}
