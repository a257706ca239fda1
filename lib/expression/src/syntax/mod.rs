//! The text of an expression and its syntax tree: C# 7 as far as it can stand in a method body.

pub mod ast;
mod initializers;
pub mod lexer;
mod numbers;
pub mod parser;
mod primary;
mod query;
mod statements;
