//! The syntax tree.

use std::ops::Range;

use crate::text::Str;
use crate::value::Value;

/// Byte offsets into the source.
pub type Bytes = Range<usize>;

/// A type as written.
#[derive(Debug, Clone)]
pub struct TypeSyntax {
    pub kind: TypeKind,
    pub at: Bytes,
}

#[derive(Debug, Clone)]
pub enum TypeKind {
    /// `System.Collections.Generic.List<string>`
    Named(String, Vec<TypeSyntax>),
    Array(Box<TypeSyntax>),
    Nullable(Box<TypeSyntax>),
    Tuple(Vec<(TypeSyntax, Option<String>)>),
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    pub kind: ExprKind,
    pub at: Bytes,
}

#[derive(Debug, Clone)]
pub enum ExprKind {
    Literal(Value),
    Interpolated(Vec<Part>),
    Name(String, Vec<TypeSyntax>),
    Member {
        target: Box<Expr>,
        name: String,
        types: Vec<TypeSyntax>,
        name_at: Bytes,
    },
    /// What follows `?.` or `?[`, with [`ExprKind::Receiver`] for what stands before it.
    Conditional(Box<Expr>, Box<Expr>),
    Receiver,
    Call(Box<Expr>, Vec<Argument>),
    Index(Box<Expr>, Vec<Argument>),
    Unary(&'static str, Box<Expr>),
    Postfix(&'static str, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Assign(&'static str, Box<Expr>, Box<Expr>),
    Ternary(Box<Expr>, Box<Expr>, Box<Expr>),
    Cast(TypeSyntax, Box<Expr>),
    As(Box<Expr>, TypeSyntax),
    Is(Box<Expr>, Pattern),
    New {
        ty: TypeSyntax,
        arguments: Vec<Argument>,
        initializer: Option<Initializer>,
    },
    Anonymous(Vec<(String, Expr)>),
    /// `new T[n] {..}`; no type for `new[] {..}`.
    Array {
        element: Option<TypeSyntax>,
        size: Option<Box<Expr>>,
        items: Option<Vec<Expr>>,
    },
    Lambda(Box<Lambda>),
    Tuple(Vec<(Option<String>, Expr)>),
    Throw(Box<Expr>),
    Default(Option<TypeSyntax>),
    TypeOf,
    NameOf(String),
    /// `checked(…)`; `false` for `unchecked(…)`.
    Checked(bool, Box<Expr>),
    /// A type where an expression is expected, such as the `string` of `string.Empty`.
    TypeName(TypeSyntax),
    /// `{ … }` after `=` in an object initializer.
    Nested(Box<Initializer>),
}

#[derive(Debug, Clone)]
pub enum Part {
    Text(Str),
    Hole { value: Box<Expr>, alignment: Option<Box<Expr>>, format: Option<String> },
}

#[derive(Debug, Clone)]
pub enum Pattern {
    Type(TypeSyntax),
    Declaration(TypeSyntax, String),
    Constant(Box<Expr>),
    Var(String),
}

#[derive(Debug, Clone)]
pub struct Argument {
    pub name: Option<String>,
    pub mode: Mode,
    pub value: Expr,
}

#[derive(Debug, Clone)]
pub enum Mode {
    Value,
    Out,
    Ref,
    /// `out var x`, `out int x`
    Declare(Option<TypeSyntax>, String),
}

#[derive(Debug, Clone)]
pub enum Initializer {
    /// `{ A = 1, ["b"] = 2 }`
    Members(Vec<(Target, Expr)>),
    /// `{ 1, 2 }`, `{ { "a", 1 } }`
    Items(Vec<Vec<Expr>>),
}

#[derive(Debug, Clone)]
pub enum Target {
    Member(String, Bytes),
    Index(Vec<Argument>, Bytes),
}

#[derive(Debug, Clone)]
pub struct Lambda {
    pub parameters: Vec<(Option<TypeSyntax>, String)>,
    pub body: Body,
}

#[derive(Debug, Clone)]
pub enum Body {
    Expr(Expr),
    Block(Vec<Stmt>),
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Stmt {
    pub kind: StmtKind,
    pub at: Bytes,
}

#[derive(Debug, Clone)]
pub enum StmtKind {
    Empty,
    Expr(Expr),
    Block(Vec<Stmt>),
    /// `checked { … }`; `false` for `unchecked { … }`.
    Checked(bool, Vec<Stmt>),
    /// No type for `var`.
    Declare {
        ty: Option<TypeSyntax>,
        constant: bool,
        names: Vec<(String, Option<Expr>, Bytes)>,
    },
    /// No type for `var`.
    Deconstruct(Vec<(Option<TypeSyntax>, String)>, Expr),
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    While(Expr, Box<Stmt>),
    Do(Box<Stmt>, Expr),
    For {
        init: Vec<Stmt>,
        condition: Option<Expr>,
        step: Vec<Expr>,
        body: Box<Stmt>,
    },
    Foreach {
        ty: Option<TypeSyntax>,
        name: String,
        source: Expr,
        body: Box<Stmt>,
    },
    Switch(Expr, Vec<Section>),
    Return(Option<Expr>),
    /// `name:`, without the statement that it stands before.
    Label(String),
    Goto(Jump),
    Break,
    Continue,
    Throw(Option<Expr>),
    Try {
        body: Vec<Stmt>,
        catches: Vec<Catch>,
        finally: Option<Vec<Stmt>>,
    },
    Using(Box<Stmt>, Box<Stmt>),
    Function(Box<LocalFunction>),
}

/// Where a `goto` leads.
#[derive(Debug, Clone)]
pub enum Jump {
    Label(String),
    Case(Expr),
    Default,
}

#[derive(Debug, Clone)]
pub struct Section {
    pub labels: Vec<(Option<Pattern>, Option<Expr>)>,
    pub body: Vec<Stmt>,
    pub at: Bytes,
}

#[derive(Debug, Clone)]
pub struct Catch {
    pub ty: Option<TypeSyntax>,
    pub name: Option<String>,
    pub filter: Option<Expr>,
    pub body: Vec<Stmt>,
}

#[derive(Debug, Clone)]
pub struct LocalFunction {
    pub returns: TypeSyntax,
    pub name: String,
    pub parameters: Vec<(TypeSyntax, String, Option<Expr>)>,
    pub body: Body,
}
