//! The functions that XSLT adds to XPath's.
//! <https://www.w3.org/TR/xslt-10/#add-func>

use crate::error::Error;
use crate::instructions::INSTRUCTIONS;
use crate::stylesheet::MSXSL;
use crate::tree::{Forest, Node, QName};
use crate::xpath::{Call, Function, Value, find};

/// EXSLT's namespace of `node-set`.
const EXSLT: &str = "http://exslt.org/common";

/// The functions.
pub const ADDED: &[Function] = &[
    Function::new("current", 0..=0, |call| Ok(Value::Nodes(vec![call.focus.current]))),
    Function::new("element-available", 1..=1, |call| {
        let name = call.text(0)?;
        let known = |(known, _): &(&str, _)| name.split_once(':').is_some_and(|(_, local)| local == *known);
        Ok(INSTRUCTIONS.iter().any(known).into())
    }),
    Function::new("format-number", 2..=3, format_number),
    Function::new("function-available", 1..=1, |call| Ok(function_available(&call.text(0)?).into())),
    Function::new("generate-id", 0..=1, |call| Ok(call.node()?.map_or_else(String::new, identifier).into())),
    Function::new("key", 2..=2, key),
    Function::new("system-property", 1..=1, |call| {
        let name = call.text(0)?;
        Ok(match local(&name) {
            "version" => Value::Number(1.0),
            "vendor" => Value::Text("Microsoft".to_owned()),
            "vendor-url" => Value::Text("http://www.microsoft.com".to_owned()),
            _ => Value::Text(String::new()),
        })
    }),
    Function::new("unparsed-entity-uri", 1..=1, |_| Ok(Value::Text(String::new()))),
    Function { namespace: MSXSL, ..Function::new("node-set", 1..=1, node_set) },
    Function { namespace: EXSLT, ..Function::new("node-set", 1..=1, node_set) },
];

/// The part of a name behind its prefix.
fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

fn function_available(name: &str) -> bool {
    match name.split_once(':') {
        None => find(&QName::local(name)).is_some(),
        Some((_, local)) => local == "node-set",
    }
}

/// A name that no other node has.
fn identifier(node: Node) -> String {
    format!("id{}n{}s{}", node.tree, node.index, node.namespace)
}

fn format_number(call: &Call<'_, '_>) -> Result<Value, Error> {
    let number = call.argument(0)?.number(&call.run.forest);
    let format = if call.arguments.len() > 2 { call.text(2)? } else { String::new() };
    let symbols = call.run.sheet.formats.get(local(&format));
    if symbols.is_none() && !format.is_empty() {
        return Err(Error::evaluation(format!("there is no decimal format '{format}'")));
    }
    let default = crate::decimal_format::Symbols::default();
    Ok(symbols.unwrap_or(&default).format(number, &call.text(1)?)?.into())
}

fn key(call: &Call<'_, '_>) -> Result<Value, Error> {
    let name = call.text(0)?;
    let values = match call.argument(1)? {
        Value::Nodes(nodes) => nodes.iter().map(|node| call.run.forest.string(*node)).collect(),
        _ => vec![call.text(1)?],
    };
    let root = Forest::root(call.focus.node);
    Ok(Value::Nodes(call.run.key(root, local(&name), &values)?))
}

fn node_set(call: &Call<'_, '_>) -> Result<Value, Error> {
    match call.argument(0)? {
        Value::Fragment(root) => Ok(Value::Nodes(vec![*root])),
        Value::Nodes(nodes) => Ok(Value::Nodes(nodes.clone())),
        _ => Err(Error::evaluation("node-set() takes a result tree fragment")),
    }
}
