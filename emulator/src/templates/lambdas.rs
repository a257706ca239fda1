//! Functions that call a lambda for each element, and functions that a template defines:
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-lambda>,
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/user-defined-functions>.

use std::cmp::Ordering;

use arm::ErrorResponse;
use serde_json::{Map, Value, json};

use super::expression::Expression;
use super::scope::Scope;
use super::{functions, invalid};
use crate::engine::{Store, array, property, text};

/// The functions that take a lambda.
const NAMES: &[&str] = &["filter", "groupby", "map", "mapvalues", "reduce", "sort", "toobject"];

/// A lambda: the names of its variables, and what it gives.
struct Lambda<'e> {
    names: Vec<&'e str>,
    gives: &'e Expression,
}

impl<'e> Lambda<'e> {
    fn read(expression: Option<&'e Expression>) -> Option<Self> {
        let Expression::Call(name, arguments) = expression? else { return None };
        let (gives, names) = arguments.split_last().filter(|_| name.eq_ignore_ascii_case("lambda"))?;
        let names = names.iter().map(|name| match name {
            Expression::Literal(Value::String(name)) => Some(name.as_str()),
            _ => None,
        });
        Some(Self { names: names.collect::<Option<_>>()?, gives })
    }
}

/// Calls a function that takes lambdas; `None` if this is none.
pub fn call(
    scope: &Scope<'_>,
    (name, arguments): (&str, &[Expression]),
    store: &Store,
    depth: usize,
) -> Option<Result<Value, ErrorResponse>> {
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()).then(|| run(scope, (&name, arguments), store, depth))
}

fn run(
    scope: &Scope<'_>,
    (name, arguments): (&str, &[Expression]),
    store: &Store,
    depth: usize,
) -> Result<Value, ErrorResponse> {
    let wrong = || invalid(format!("The template function '{name}' has invalid arguments"));
    let of = scope.run(arguments.first().ok_or_else(wrong)?, store, depth)?;
    let apply = |lambda: &Lambda<'_>, values: &[&Value]| {
        let mut inside = scope.clone();
        inside.lambdas.extend(
            lambda.names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), (*value).clone())),
        );
        inside.step()?;
        inside.run(lambda.gives, store, depth + 1)
    };
    let lambda = |at: usize| Lambda::read(arguments.get(at)).ok_or_else(wrong);
    if let ("mapvalues", Value::Object(object)) = (name, &of) {
        let lambda = lambda(1)?;
        return object
            .iter()
            .map(|(key, value)| Ok((key.clone(), apply(&lambda, &[value])?)))
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object);
    }
    let list = of.as_array().ok_or_else(wrong)?;
    match name {
        "map" | "filter" => {
            let lambda = lambda(1)?;
            let mut made = Vec::new();
            for (at, item) in list.iter().enumerate() {
                let given = apply(&lambda, &[item, &json!(at)])?;
                match name {
                    "map" => made.push(given),
                    _ if functions::truth(&given).ok_or_else(wrong)? => made.push(item.clone()),
                    _ => {}
                }
            }
            Ok(json!(made))
        }
        "reduce" => {
            let start = scope.run(arguments.get(1).ok_or_else(wrong)?, store, depth)?;
            let lambda = lambda(2)?;
            list.iter()
                .enumerate()
                .try_fold(start, |so_far, (at, item)| apply(&lambda, &[&so_far, item, &json!(at)]))
        }
        "sort" => {
            let lambda = lambda(1)?;
            sort(list.clone(), |a, b| functions::truth(&apply(&lambda, &[a, b])?).ok_or_else(wrong))
        }
        "toobject" | "groupby" => {
            let (key, value) = (lambda(1)?, Lambda::read(arguments.get(2)));
            let pairs = list.iter().map(|item| {
                let key = apply(&key, &[item])?.as_str().map(str::to_owned).ok_or_else(wrong)?;
                Ok((key, value.as_ref().map_or_else(|| Ok(item.clone()), |value| apply(value, &[item]))?))
            });
            Ok(Value::Object(keyed(name == "groupby", pairs.collect::<Result<_, ErrorResponse>>()?)))
        }
        _ => Err(wrong()),
    }
}

/// An object of the pairs; grouped, each value is a list.
fn keyed(grouped: bool, pairs: Vec<(String, Value)>) -> Map<String, Value> {
    let mut made = Map::new();
    for (key, value) in pairs {
        match made.get_mut(&key).filter(|_| grouped).and_then(Value::as_array_mut) {
            Some(group) => group.push(value),
            None => drop(made.insert(key, if grouped { json!([value]) } else { value })),
        }
    }
    made
}

/// Sorts by "a comes before b"; a stable insertion, as the comparison may fail and may contradict itself.
fn sort(
    list: Vec<Value>,
    before: impl Fn(&Value, &Value) -> Result<bool, ErrorResponse>,
) -> Result<Value, ErrorResponse> {
    let mut failed = None;
    let mut sorted: Vec<Value> = Vec::with_capacity(list.len());
    for item in list {
        let at = sorted.partition_point(|other| match before(&item, other) {
            Ok(first) => !first,
            Err(error) => {
                failed = Some(error);
                false
            }
        });
        sorted.insert(at, item);
    }
    failed.map_or_else(|| Ok(json!(sorted)), Err)
}

/// Calls a function that the template defines; `None` if it defines none of this name.
pub fn call_own(
    scope: &Scope<'_>,
    (name, values): (&str, &[Value]),
    store: &Store,
    depth: usize,
) -> Option<Result<Value, ErrorResponse>> {
    let (namespace, member) = name.split_once('.')?;
    let space = array(scope.template, &["functions"])
        .iter()
        .find(|space| text(space, &["namespace"]).is_some_and(|own| own.eq_ignore_ascii_case(namespace)))?;
    let members = property(space, &["members"]).as_object()?;
    let (_, function) = members.iter().find(|(own, _)| own.eq_ignore_ascii_case(member))?;
    let declared = array(function, &["parameters"]);
    if declared.len().cmp(&values.len()) != Ordering::Equal {
        return Some(Err(invalid(format!("The function '{name}' takes {} arguments", declared.len()))));
    }
    // Such a function sees its own parameters only.
    let mut inside = scope.clone();
    inside.lambdas.clear();
    inside.parameters = declared
        .iter()
        .zip(values)
        .map(|(declared, value)| {
            (text(declared, &["name"]).unwrap_or_default().to_ascii_lowercase(), value.clone())
        })
        .collect();
    Some(inside.value(property(function, &["output", "value"]), store, depth + 1))
}
