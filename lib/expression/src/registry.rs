//! The allowed .NET types and their members, read from the rows in `types/`.
//!
//! A row states its members as C# signatures beside the code that runs them; this module turns the signatures into
//! what the binder resolves calls against.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use crate::failure::{Outcome, null_argument, null_reference};
use crate::run::{Machine, arithmetic};
use crate::syntax::ast::{TypeKind, TypeSyntax};
use crate::syntax::lexer::{self, Kind};
use crate::syntax::parser::Parser;
use crate::text::Str;
use crate::ty::Type;
use crate::value::{Native, Value};

/// What runs a member: `arguments` begins with the object for instance members.
pub type Run = fn(&mut Machine<'_>, Call<'_>) -> Outcome;

/// The arguments of a call.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub arguments: &'a [Value],
    /// Type arguments: of the type, then of the method.
    pub types: &'a [Type],
}

/// A .NET type: one per file in `types/`.
pub struct TypeRow {
    /// Full name without arity.
    pub name: &'static str,
    pub generics: &'static [&'static str],
    pub form: Form,
    /// Base type and interfaces, the base first.
    pub bases: &'static [&'static str],
    pub members: &'static [(&'static str, Run)],
    /// Members that Azure has and the sandbox has not.
    pub missing: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Class,
    Struct,
    Interface,
    Enum(&'static [(&'static str, i32)]),
}

/// A member as the binder sees it.
pub struct Method {
    pub owner: &'static TypeRow,
    pub kind: MethodKind,
    pub name: String,
    pub generics: Vec<&'static str>,
    pub returns: Type,
    pub parameters: Vec<Parameter>,
    pub writable: bool,
    pub run: Run,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodKind {
    Static,
    Instance,
    Extension,
    Property,
    StaticProperty,
    Indexer,
    Constructor,
    Implicit,
    Explicit,
    Operator,
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub ty: Type,
    pub mode: ParameterMode,
    pub default: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterMode {
    Value,
    Params,
    Out,
}

/// A row with its members.
pub struct Definition {
    pub row: &'static TypeRow,
    pub bases: Vec<Type>,
    pub members: HashMap<String, Vec<&'static Method>>,
    /// What it derives from, with its type parameters as they are.
    ancestry: OnceLock<Vec<Type>>,
}

pub struct Registry {
    definitions: HashMap<&'static str, Definition>,
    simple: HashMap<(&'static str, usize), &'static str>,
    pub extensions: HashMap<String, Vec<&'static Method>>,
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::read);

pub fn registry() -> &'static Registry {
    &REGISTRY
}

impl Registry {
    fn read() -> Self {
        let mut registry =
            Self { definitions: HashMap::new(), simple: HashMap::new(), extensions: HashMap::new() };
        for row in crate::types::ROWS {
            let simple = row.name.rsplit('.').next().unwrap_or(row.name);
            registry.simple.insert((simple, row.generics.len()), row.name);
        }
        for row in crate::types::ROWS {
            let bases = row.bases.iter().filter_map(|text| registry.ty_text(text, row.generics)).collect();
            let mut definition =
                Definition { row, bases, members: HashMap::new(), ancestry: OnceLock::new() };
            for (signature, run) in row.members {
                let Some(method) = registry.signature(row, signature, *run) else {
                    debug_assert!(false, "the signature `{signature}` of {} does not parse", row.name);
                    continue;
                };
                let method: &'static Method = Box::leak(Box::new(method));
                if method.kind == MethodKind::Extension {
                    registry.extensions.entry(method.name.clone()).or_default().push(method);
                }
                definition.members.entry(method.name.clone()).or_default().push(method);
            }
            registry.define(definition);
        }
        registry
    }

    /// Rows of the same name, such as `Tuple<A>` and `Tuple<A, B>`, are one definition.
    fn define(&mut self, definition: Definition) {
        let Some(known) = self.definitions.get_mut(definition.row.name) else {
            self.definitions.insert(definition.row.name, definition);
            return;
        };
        for (name, methods) in definition.members {
            known.members.entry(name).or_default().extend(methods);
        }
        let more = definition.row.generics.len() > known.row.generics.len();
        if more || (known.bases.is_empty() && !definition.bases.is_empty()) {
            (known.row, known.bases) = (definition.row, definition.bases);
        }
    }

    pub fn get(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name)
    }

    /// The full name of a type by its simple or full name.
    pub fn find(&self, name: &str, arity: usize) -> Option<&'static str> {
        if let Some(full) = Type::keyword(name) {
            return Some(full);
        }
        if let Some(full) = self.simple.get(&(name, arity)) {
            return Some(full);
        }
        let simple = name.rsplit('.').next()?;
        let full = self.simple.get(&(simple, arity))?;
        // `Linq.JObject` is right below `using Newtonsoft.Json`.
        let suffix = full.strip_suffix(name)?;
        (suffix.is_empty() || suffix.ends_with('.')).then_some(*full)
    }

    fn ty_text(&self, text: &'static str, generics: &[&'static str]) -> Option<Type> {
        let tokens = lexer::tokens(text).ok()?;
        let syntax = Parser::new(text, tokens).ty().ok()?;
        self.ty(&syntax, generics)
    }

    fn ty(&self, syntax: &TypeSyntax, generics: &[&'static str]) -> Option<Type> {
        Some(match &syntax.kind {
            TypeKind::Named(name, arguments) => {
                if let Some(parameter) = generics.iter().find(|generic| *generic == name) {
                    return Some(Type::Parameter(parameter));
                }
                if name == "void" {
                    return Some(Type::Void);
                }
                let full = self.find(name, arguments.len())?;
                let arguments = arguments.iter().map(|a| self.ty(a, generics)).collect::<Option<_>>()?;
                Type::generic(full, arguments)
            }
            TypeKind::Array(element) => Type::Array(self.ty(element, generics)?.into()),
            TypeKind::Nullable(inner) => Type::nullable(self.ty(inner, generics)?),
            TypeKind::Tuple(_) => return None,
        })
    }

    fn signature(&self, row: &'static TypeRow, text: &'static str, run: Run) -> Option<Method> {
        let tokens = lexer::tokens(text).ok()?;
        let mut reader = Reader { text, parser: Parser::new(text, tokens), generics: row.generics.to_vec() };
        reader.method(self, row, run)
    }
}

struct Reader<'s> {
    text: &'static str,
    parser: Parser<'s>,
    generics: Vec<&'static str>,
}

impl Reader<'_> {
    fn method(&mut self, registry: &Registry, row: &'static TypeRow, run: Run) -> Option<Method> {
        let is_static = self.parser.eat("static");
        let mut method = Method {
            owner: row,
            kind: if is_static { MethodKind::Static } else { MethodKind::Instance },
            name: String::new(),
            generics: row.generics.to_vec(),
            returns: Type::generic(row.name, row.generics.iter().map(|g| Type::Parameter(g)).collect()),
            parameters: Vec::new(),
            writable: false,
            run,
        };
        if self.parser.eat("new") {
            method.kind = MethodKind::Constructor;
            ".ctor".clone_into(&mut method.name);
        } else if self.parser.is("implicit") || self.parser.is("explicit") {
            let implicit = self.parser.eat("implicit");
            self.parser.at += 1 + usize::from(!implicit);
            method.kind = if implicit { MethodKind::Implicit } else { MethodKind::Explicit };
            method.returns = self.ty(registry)?;
            (if implicit { "op_Implicit" } else { "op_Explicit" }).clone_into(&mut method.name);
        } else {
            self.named(registry, &mut method, is_static)?;
        }
        if matches!(method.kind, MethodKind::Property | MethodKind::StaticProperty) {
            return Some(method);
        }
        let close = if self.parser.eat("[") { "]" } else { "(" };
        if close == "(" {
            self.parser.expect("(").ok()?;
        }
        let close = if close == "(" { ")" } else { close };
        while !self.parser.is(close) {
            let parameter = self.parameter(registry, &mut method)?;
            method.parameters.push(parameter);
            if !self.parser.eat(",") {
                break;
            }
        }
        self.parser.expect(close).ok()?;
        method.writable = self.text.contains("set;");
        Some(method)
    }

    fn named(&mut self, registry: &Registry, method: &mut Method, is_static: bool) -> Option<()> {
        self.scan_generics();
        method.generics.clone_from(&self.generics);
        method.returns = self.ty(registry)?;
        if self.parser.eat("operator") {
            method.kind = MethodKind::Operator;
            let at = self.parser.here();
            self.text.get(at)?.clone_into(&mut method.name);
            self.parser.at += 1;
        } else if self.parser.eat("this") {
            method.kind = MethodKind::Indexer;
            "[]".clone_into(&mut method.name);
        } else {
            method.name = self.parser.identifier().ok()?;
            if self.parser.eat("<") {
                while !self.parser.eat(">") {
                    self.parser.at += 1;
                }
            }
        }
        if self.parser.is("{") {
            method.kind = if is_static { MethodKind::StaticProperty } else { MethodKind::Property };
            method.writable = self.text.contains("set;");
        }
        Some(())
    }

    /// Finds `Name<A, B>(`: the type parameters are needed before the result's type is read.
    fn scan_generics(&mut self) {
        let Some(open) = self.text.find('(') else { return };
        let Some(head) = self.text.get(..open).and_then(|head| head.strip_suffix('>')) else { return };
        let Some(start) = head.rfind('<') else { return };
        self.generics.extend(head.get(start + 1..).unwrap_or_default().split(',').map(str::trim));
    }

    fn ty(&mut self, registry: &Registry) -> Option<Type> {
        let syntax = self.parser.ty().ok()?;
        registry.ty(&syntax, &self.generics)
    }

    fn parameter(&mut self, registry: &Registry, method: &mut Method) -> Option<Parameter> {
        let mut mode = ParameterMode::Value;
        if self.parser.eat("this") {
            method.kind = MethodKind::Extension;
        } else if self.parser.eat("params") {
            mode = ParameterMode::Params;
        } else if self.parser.eat("out") {
            mode = ParameterMode::Out;
        }
        let ty = self.ty(registry)?;
        let name = self.parser.identifier().ok()?;
        let mut default = None;
        if self.parser.eat("=") {
            default = Some(match self.parser.kind() {
                Kind::Literal(value) => value.clone(),
                Kind::Word(word) if word == "true" || word == "false" => Value::Bool(word == "true"),
                _ => Value::Null,
            });
            self.parser.at += 1;
        }
        Some(Parameter { name, ty, mode, default })
    }
}

/// The type and everything it derives from, nearest first.
pub fn ancestry(ty: &Type) -> Vec<Type> {
    let Type::Named(name, arguments) = ty else { return ancestors(ty) };
    let Some(definition) = registry().get(name) else { return ancestors(ty) };
    let generics = definition.row.generics;
    let known = definition.ancestry.get_or_init(|| {
        ancestors(&Type::generic(name, generics.iter().copied().map(Type::Parameter).collect()))
    });
    if arguments.is_empty() {
        return known.clone();
    }
    let given: Vec<_> = generics.iter().copied().zip(arguments.iter().cloned()).collect();
    std::iter::once(ty.clone()).chain(known.iter().skip(1).map(|base| base.with(&given))).collect()
}

fn ancestors(ty: &Type) -> Vec<Type> {
    let mut found = vec![ty.clone()];
    let mut at = 0;
    while let Some(next) = found.get(at).cloned() {
        at += 1;
        for base in bases(&next) {
            if !found.contains(&base) {
                found.push(base);
            }
        }
    }
    if !found.contains(&Type::OBJECT) {
        found.push(Type::OBJECT);
    }
    found
}

fn bases(ty: &Type) -> Vec<Type> {
    match ty {
        Type::Array(element) => {
            let of = |name| Type::generic(name, vec![(**element).clone()]);
            vec![
                of("System.Collections.Generic.IList"),
                of("System.Collections.Generic.IReadOnlyCollection"),
                Type::named("System.Array"),
            ]
        }
        Type::Named(name, arguments) => {
            let Some(definition) = registry().get(name) else { return Vec::new() };
            let known: Vec<_> =
                definition.row.generics.iter().copied().zip(arguments.iter().cloned()).collect();
            definition.bases.iter().map(|base| base.with(&known)).collect()
        }
        _ => Vec::new(),
    }
}

impl<'a> Call<'a> {
    /// The argument at `at`.
    pub fn value(&self, at: usize) -> &'a Value {
        self.arguments.get(at).unwrap_or(&Value::Null)
    }

    /// A string that may not be null.
    pub fn text(&self, at: usize) -> Outcome<&'a Str> {
        match self.value(at) {
            Value::String(text) => Ok(text),
            _ if at == 0 => Err(null_reference()),
            _ => Err(null_argument("value")),
        }
    }

    /// A whole number.
    pub fn integer(&self, at: usize) -> i64 {
        arithmetic::integer(self.value(at))
    }

    /// Whether the argument is `true`.
    pub fn flag(&self, at: usize) -> bool {
        matches!(self.value(at), Value::Bool(true))
    }

    /// Whether there are more than `count` arguments: a setter has one more than its getter.
    pub fn sets(&self, count: usize) -> bool {
        self.arguments.len() > count
    }

    /// A type argument.
    pub fn ty(&self, at: usize) -> Type {
        self.types.get(at).cloned().unwrap_or(Type::OBJECT)
    }

    /// An object that only its own file knows.
    pub fn native<T: Native>(&self, at: usize) -> Outcome<&'a T> {
        match self.value(at) {
            Value::Native(object) => object.as_any().downcast_ref().ok_or_else(null_reference),
            _ => Err(null_reference()),
        }
    }

    /// The bytes of a byte array.
    pub fn bytes(&self, at: usize) -> Outcome<Vec<u8>> {
        match self.value(at) {
            Value::Array(items) => {
                Ok(items.lock().iter().map(|item| arithmetic::integer(item) as u8).collect())
            }
            _ => Err(null_argument("bytes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Members of the same name that take the same.
    fn twins<'m>(methods: impl Iterator<Item = &'m &'static Method>) -> Vec<String> {
        let mut known = std::collections::HashSet::new();
        let mut twins = Vec::new();
        for method in methods {
            let takes: Vec<_> = method.parameters.iter().map(|p| p.ty.to_string()).collect();
            let converts = matches!(method.kind, MethodKind::Explicit | MethodKind::Implicit);
            let returns = converts.then(|| method.returns.clone());
            let key = (method.name.clone(), takes, method.generics.len(), returns.map(|ty| ty.to_string()));
            if !known.insert(key.clone()) {
                twins.push(format!("{}.{key:?}", method.owner.name));
            }
        }
        twins
    }

    #[test]
    fn no_member_is_stated_twice() {
        let own = registry().definitions.values().flat_map(|d| twins(d.members.values().flatten()));
        let extensions = registry().extensions.values().flat_map(|methods| twins(methods.iter()));
        let twins: Vec<_> = own.chain(extensions).collect();
        assert!(twins.is_empty(), "{twins:#?}");
    }
}
