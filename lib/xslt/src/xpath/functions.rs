//! The function library: one table, XPath's own functions and those that XSLT adds.
//! <https://www.w3.org/TR/1999/REC-xpath-19991116/#corelib> and <https://www.w3.org/TR/xslt-10/#add-func>
//!
//! **Differs from Azure:** documents have no document type, so that `id()` and `unparsed-entity-uri()` find nothing.

use std::ops::RangeInclusive;

use super::{Focus, Value};
use crate::error::Error;
use crate::functions::ADDED;
use crate::run::Run;
use crate::tree::{Node, QName, XML};

/// A function.
#[derive(Debug)]
pub struct Function {
    /// The namespace; empty for those without prefix.
    pub namespace: &'static str,
    /// The name.
    pub name: &'static str,
    /// How many arguments it takes.
    pub arguments: RangeInclusive<usize>,
    /// It comes to a number.
    pub is_number: bool,
    /// What it does.
    pub run: fn(&Call<'_, '_>) -> Result<Value, Error>,
}

/// A call of a function.
#[derive(Debug)]
pub struct Call<'r, 's> {
    pub run: &'r Run<'s>,
    pub focus: Focus,
    pub arguments: Vec<Value>,
}

impl Function {
    /// A function without prefix.
    pub const fn new(
        name: &'static str,
        arguments: RangeInclusive<usize>,
        run: fn(&Call<'_, '_>) -> Result<Value, Error>,
    ) -> Self {
        Self { namespace: "", name, arguments, is_number: false, run }
    }

    /// The same, that comes to a number.
    const fn number(self) -> Self {
        Self { is_number: true, ..self }
    }
}

/// The function of that name.
pub fn find(name: &QName) -> Option<&'static Function> {
    let mut all = CORE.iter().chain(ADDED);
    all.find(|function| function.name == &*name.local && function.namespace == &*name.namespace)
}

/// XPath's own functions.
const CORE: &[Function] = &[
    Function::new("boolean", 1..=1, |call| Ok(call.first()?.boolean().into())),
    Function::new("ceiling", 1..=1, |call| Ok(call.number()?.ceil().into())).number(),
    Function::new("concat", 2..=usize::MAX, concat),
    Function::new("contains", 2..=2, |call| Ok(call.text(0)?.contains(&call.text(1)?).into())),
    Function::new("count", 1..=1, |call| Ok(from_usize(call.first()?.clone().nodes()?.len()))).number(),
    Function::new("false", 0..=0, |_| Ok(false.into())),
    Function::new("floor", 1..=1, |call| Ok(call.number()?.floor().into())).number(),
    Function::new("id", 1..=1, |_| Ok(Value::Nodes(Vec::new()))),
    Function::new("lang", 1..=1, lang),
    Function::new("last", 0..=0, |call| Ok(from_usize(call.focus.size))).number(),
    Function::new("local-name", 0..=1, |call| {
        Ok(call.name()?.map_or_else(String::new, |name| name.local.to_string()).into())
    }),
    Function::new("name", 0..=1, |call| {
        Ok(call.node()?.map_or_else(String::new, |node| call.run.forest.written_name(node)).into())
    }),
    Function::new("namespace-uri", 0..=1, |call| {
        Ok(call.name()?.map_or_else(String::new, |name| name.namespace.to_string()).into())
    }),
    Function::new("normalize-space", 0..=1, |call| {
        let text = call.text_or_here()?;
        let words: Vec<&str> = text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
        Ok(words.join(" ").into())
    }),
    Function::new("not", 1..=1, |call| Ok((!call.first()?.boolean()).into())),
    Function::new("number", 0..=1, |call| match call.arguments.first() {
        Some(value) => Ok(value.number(&call.run.forest).into()),
        None => Ok(Value::from(call.text_or_here()?).number(&call.run.forest).into()),
    })
    .number(),
    Function::new("position", 0..=0, |call| Ok(from_usize(call.focus.position))).number(),
    Function::new("round", 1..=1, |call| Ok(round(call.number()?).into())).number(),
    Function::new("starts-with", 2..=2, |call| Ok(call.text(0)?.starts_with(&*call.text(1)?).into())),
    Function::new("string", 0..=1, |call| Ok(call.text_or_here()?.into())),
    Function::new("string-length", 0..=1, |call| Ok(from_usize(call.text_or_here()?.chars().count())))
        .number(),
    Function::new("substring", 2..=3, substring),
    Function::new("substring-after", 2..=2, |call| {
        let (text, part) = (call.text(0)?, call.text(1)?);
        Ok(text.split_once(&*part).map_or("", |(_, after)| after).to_owned().into())
    }),
    Function::new("substring-before", 2..=2, |call| {
        let (text, part) = (call.text(0)?, call.text(1)?);
        Ok(text.split_once(&*part).map_or("", |(before, _)| before).to_owned().into())
    }),
    Function::new("sum", 1..=1, |call| {
        let nodes = call.first()?.clone().nodes()?;
        let values = nodes.iter().map(|node| super::number_of(&call.run.forest.string(*node)));
        Ok(values.fold(0.0, |sum, value| sum + value).into())
    })
    .number(),
    Function::new("translate", 3..=3, translate),
    Function::new("true", 0..=0, |_| Ok(true.into())),
];

impl Call<'_, '_> {
    /// The argument at a place.
    pub fn argument(&self, place: usize) -> Result<&Value, Error> {
        self.arguments.get(place).ok_or_else(|| Error::evaluation("an argument is missing"))
    }

    fn first(&self) -> Result<&Value, Error> {
        self.argument(0)
    }

    fn number(&self) -> Result<f64, Error> {
        Ok(self.first()?.number(&self.run.forest))
    }

    /// An argument as a string.
    pub fn text(&self, place: usize) -> Result<String, Error> {
        let text = self.argument(place)?.string(&self.run.forest);
        self.run.work(text.len() / 64)?;
        Ok(text)
    }

    fn text_or_here(&self) -> Result<String, Error> {
        match self.arguments.first() {
            Some(_) => self.text(0),
            None => Ok(self.run.forest.string(self.focus.node)),
        }
    }

    /// The first node of the argument; without one, the context node.
    pub fn node(&self) -> Result<Option<Node>, Error> {
        match self.arguments.first() {
            Some(value) => Ok(value.clone().nodes()?.first().copied()),
            None => Ok(Some(self.focus.node)),
        }
    }

    fn name(&self) -> Result<Option<QName>, Error> {
        Ok(self.node()?.and_then(|node| self.run.forest.name(node)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn from_usize(count: usize) -> Value {
    Value::Number(count as f64)
}

/// To the nearest whole number, halves up.
fn round(value: f64) -> f64 {
    let floor = value.floor();
    if value - floor >= 0.5 { value.ceil() } else { floor }
}

fn concat(call: &Call<'_, '_>) -> Result<Value, Error> {
    let mut whole = String::new();
    for place in 0..call.arguments.len() {
        whole.push_str(&call.text(place)?);
        call.run.fits(whole.len())?;
    }
    Ok(whole.into())
}

/// The characters whose places are at least the second argument, as many as the third says.
#[expect(clippy::cast_precision_loss, reason = "places are far below 2^52")]
fn substring(call: &Call<'_, '_>) -> Result<Value, Error> {
    let forest = &call.run.forest;
    let text = call.text(0)?;
    let from = round(call.argument(1)?.number(forest));
    let until = match call.arguments.get(2) {
        Some(length) => from + round(length.number(forest)),
        None => f64::INFINITY,
    };
    let inside = |place: usize| (place as f64) >= from && (place as f64) < until;
    let kept = text.chars().enumerate().filter(|(before, _)| inside(before + 1));
    Ok(kept.map(|(_, character)| character).collect::<String>().into())
}

fn translate(call: &Call<'_, '_>) -> Result<Value, Error> {
    let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    call.run.work(text.len().saturating_mul(from.len()) / 16)?;
    let to: Vec<char> = to.chars().collect();
    let changed =
        text.chars().filter_map(|character| match from.chars().position(|known| known == character) {
            Some(place) => to.get(place).copied(),
            None => Some(character),
        });
    Ok(changed.collect::<String>().into())
}

/// The language of the context node is the wanted one, or a part of it.
fn lang(call: &Call<'_, '_>) -> Result<Value, Error> {
    let (forest, wanted) = (&call.run.forest, call.text(0)?.to_ascii_lowercase());
    let mut around = std::iter::once(call.focus.node).chain(forest.ancestors(call.focus.node));
    let name = QName::new(XML, "lang");
    let said = around.find_map(|node| {
        forest.attributes(node).find(|attribute| forest.name(*attribute).as_ref() == Some(&name))
    });
    let said = said.map(|attribute| forest.string(attribute).to_ascii_lowercase());
    let fits =
        |said: &str| said.strip_prefix(&*wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    Ok(said.is_some_and(|said| fits(&said)).into())
}
