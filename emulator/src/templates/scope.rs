//! What expressions of a template can see.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Map, Value, json};
use sim::{Ids, Timestamp};

use super::expression::{self, Expression, in_brackets};
use super::{functions, invalid, lambdas};
use crate::engine::{Store, show, text};
use crate::providers;

/// How deep values and variables may nest.
const DEPTH: usize = 64;
/// The most values that are evaluated for one deployment.
const STEPS: u32 = 1_000_000;
/// The longest loop.
const LOOPS: u64 = 800;

/// What expressions of a template can see.
#[derive(Clone)]
pub struct Scope<'t> {
    /// The template.
    pub template: &'t Value,
    /// The parameters' values, by their names in lower case.
    pub parameters: Map<String, Value>,
    /// The resource group or the subscription that is deployed to.
    pub target: ResourceId,
    /// The tenant.
    pub tenant: String,
    /// The cloud, as `environment()` describes it.
    pub environment: Value,
    /// When the deployment began.
    pub now: Timestamp,
    /// The deployment: its name, its mode and the like.
    pub deployment: Value,
    /// The resources of the template: names and symbols, in lower case, with the ids.
    pub names: Vec<(String, ResourceId)>,
    /// The loops around: name and index.
    pub loops: Vec<(String, u64)>,
    /// The variables of the lambdas around: name and value.
    pub lambdas: Vec<(String, Value)>,
    /// What `list…` functions gave, and the one that is wanted next.
    pub lists: Rc<RefCell<Lists>>,
    /// How many values were evaluated.
    pub steps: Rc<Cell<u32>>,
}

/// Answers of actions, by the resource's key and the function's name in lower case.
#[derive(Default)]
pub struct Lists {
    /// Those that are there.
    pub given: HashMap<(String, String), Value>,
    /// The one that an evaluation stopped at.
    pub wanted: Option<(ResourceId, String)>,
}

impl Scope<'_> {
    /// A value with all its expressions evaluated.
    pub fn evaluate(&self, value: &Value, store: &Store) -> Result<Value, ErrorResponse> {
        self.value(value, store, 0)
    }

    /// One more value is evaluated.
    pub fn step(&self) -> Result<(), ErrorResponse> {
        self.steps.set(self.steps.get().saturating_add(1));
        if self.steps.get() > STEPS {
            return Err(invalid("The template takes too long to evaluate"));
        }
        Ok(())
    }

    /// The same, for what lies `depth` deep in what is evaluated.
    pub fn value(&self, value: &Value, store: &Store, depth: usize) -> Result<Value, ErrorResponse> {
        if depth > DEPTH {
            return Err(invalid("The template nests too deeply, or a variable refers to itself"));
        }
        self.step()?;
        match value {
            Value::String(text) => self.text(text, store, depth),
            Value::Array(list) => list
                .iter()
                .map(|item| self.value(item, store, depth + 1))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Value::Object(object) => self.object(object, store, depth),
            other => Ok(other.clone()),
        }
    }

    fn text(&self, text: &str, store: &Store, depth: usize) -> Result<Value, ErrorResponse> {
        match in_brackets(text) {
            Some(expression) => self.run(&expression::parse(expression)?, store, depth + 1),
            None if text.starts_with("[[") && text.ends_with(']') => {
                Ok(json!(text.get(1..).unwrap_or_default()))
            }
            None => Ok(json!(text)),
        }
    }

    fn object(
        &self,
        object: &Map<String, Value>,
        store: &Store,
        depth: usize,
    ) -> Result<Value, ErrorResponse> {
        let mut made = Map::new();
        for (key, value) in object {
            if let ("copy", Some(loops)) = (key.as_str(), value.as_array()) {
                for copy in loops {
                    let name = text(copy, &["name"]).unwrap_or_default().to_owned();
                    made.insert(name, self.copies(copy, store, depth)?);
                }
                continue;
            }
            let key = match self.text(key, store, depth)? {
                Value::String(key) => key,
                other => functions::plain(&other),
            };
            made.insert(key, self.value(value, store, depth + 1)?);
        }
        Ok(Value::Object(made))
    }

    /// The elements that a `copy` in values makes.
    pub fn copies(&self, copy: &Value, store: &Store, depth: usize) -> Result<Value, ErrorResponse> {
        let name = text(copy, &["name"]).unwrap_or_default();
        let count = self.count(copy, store)?;
        let input = copy.get("input").unwrap_or(&Value::Null);
        (0..count)
            .map(|index| self.inside(name, index).value(input, store, depth + 1))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array)
    }

    /// How often a `copy` repeats.
    pub fn count(&self, copy: &Value, store: &Store) -> Result<u64, ErrorResponse> {
        let count = self.evaluate(copy.get("count").unwrap_or(&Value::Null), store)?;
        count
            .as_u64()
            .filter(|count| *count <= LOOPS)
            .ok_or_else(|| invalid(format!("The copy count '{count}' must be a number from 0 to {LOOPS}")))
    }

    /// The same, in one more loop.
    pub fn inside(&self, name: &str, index: u64) -> Self {
        let mut inside = self.clone();
        inside.loops.push((name.to_ascii_lowercase(), index));
        inside
    }

    /// What an expression gives.
    pub fn run(&self, expression: &Expression, store: &Store, depth: usize) -> Result<Value, ErrorResponse> {
        match expression {
            Expression::Literal(value) => Ok(value.clone()),
            Expression::Index(of, at) => {
                let (of, at) = (self.run(of, store, depth)?, self.run(at, store, depth)?);
                element(&of, &at)
            }
            Expression::Call(name, arguments) => self.call(name, arguments, store, depth),
        }
    }

    fn call(
        &self,
        name: &str,
        arguments: &[Expression],
        store: &Store,
        depth: usize,
    ) -> Result<Value, ErrorResponse> {
        // Only the branch that is taken is evaluated.
        if name.eq_ignore_ascii_case("if") {
            let [condition, yes, no] = arguments else {
                return Err(invalid("The template function 'if' takes three arguments"));
            };
            let condition = self.run(condition, store, depth)?;
            let holds = functions::truth(&condition)
                .ok_or_else(|| invalid("The condition of the template function 'if' is no boolean"))?;
            return self.run(if holds { yes } else { no }, store, depth);
        }
        if let Some(given) = lambdas::call(self, (name, arguments), store, depth) {
            return given;
        }
        let values: Vec<Value> =
            arguments.iter().map(|argument| self.run(argument, store, depth)).collect::<Result<_, _>>()?;
        let first = values.first().and_then(Value::as_str);
        match (name.to_ascii_lowercase().as_str(), first) {
            ("parameters", Some(name)) => self.parameter(name),
            ("variables", Some(name)) => {
                let variables = self.template.get("variables").and_then(Value::as_object);
                let found =
                    variables.and_then(|all| all.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)));
                match found {
                    Some((_, value)) => self.value(value, store, depth + 1),
                    None => self.copied_variable(name, store, depth),
                }
            }
            ("copyindex", _) => self.copy_index(&values),
            ("reference", Some(of)) => self.reference(of, &values, store),
            ("lambdavariables", Some(name)) => self.lambda_variable(name),
            ("resourcegroup", _) if self.target.resource_group().is_none() => Err(invalid(
                "The template function 'RESOURCEGROUP' is not expected at this location: the deployment is one to a subscription",
            )),
            ("resourcegroup", _) => {
                Ok(store.get(&self.target).map_or(Value::Null, |group| show(&group, store)))
            }
            ("utcnow", _) if values.is_empty() => Ok(json!(compact(self.now))),
            ("newguid", _) if values.is_empty() => Ok(json!(Ids::named(&[
                self.target.key(),
                &self.now.rfc3339_millis(),
                &self.steps.get().to_string()
            ]))),
            ("fail", Some(message)) => Err(invalid(message)),
            (list, Some(of)) if list.starts_with("list") => self.list(list, of),
            ("subscription", _) => Ok(self.subscription()),
            ("tenant", _) => Ok(json!({"tenantId": self.tenant})),
            ("deployment", _) => Ok(self.deployment.clone()),
            ("environment", _) => Ok(self.environment.clone()),
            ("resourceid" | "subscriptionresourceid" | "tenantresourceid" | "extensionresourceid", _) => {
                self.resource_id(&name.to_ascii_lowercase(), &values)
            }
            (lower, _) => lambdas::call_own(self, (lower, &values), store, depth)
                .or_else(|| functions::call(lower, &values))
                .unwrap_or_else(|| Err(invalid(format!("The template function '{name}' is not valid")))),
        }
    }

    fn lambda_variable(&self, name: &str) -> Result<Value, ErrorResponse> {
        let found = self.lambdas.iter().rev().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| value.clone())
            .ok_or_else(|| invalid(format!("The lambda variable '{name}' is not found")))
    }

    /// What the action of a resource answers, if it was asked for already.
    fn list(&self, function: &str, of: &str) -> Result<Value, ErrorResponse> {
        let named = self.names.iter().find(|(name, _)| *name == of.to_ascii_lowercase());
        let id = named.map(|(_, id)| id.clone()).or_else(|| of.parse().ok());
        let id = id.ok_or_else(|| invalid(format!("'{of}' is not a valid resource identifier")))?;
        let mut lists = self.lists.borrow_mut();
        if let Some(given) = lists.given.get(&(id.key().to_owned(), function.to_owned())) {
            return Ok(given.clone());
        }
        lists.wanted = Some((id, function.to_owned()));
        Err(invalid(format!("The template function '{function}' is not expected at this location")))
    }

    fn parameter(&self, name: &str) -> Result<Value, ErrorResponse> {
        self.parameters
            .get(&name.to_ascii_lowercase())
            .cloned()
            .ok_or_else(|| invalid(format!("The template parameter '{name}' is not found")))
    }

    fn copied_variable(&self, name: &str, store: &Store, depth: usize) -> Result<Value, ErrorResponse> {
        let loops = crate::engine::array(self.template, &["variables", "copy"]);
        let found =
            loops.iter().find(|copy| text(copy, &["name"]).is_some_and(|own| own.eq_ignore_ascii_case(name)));
        found.map_or_else(
            || Err(invalid(format!("The template variable '{name}' is not found"))),
            |copy| self.copies(copy, store, depth),
        )
    }

    fn copy_index(&self, values: &[Value]) -> Result<Value, ErrorResponse> {
        let name = values.first().and_then(Value::as_str).map(str::to_ascii_lowercase);
        let offset = values.iter().find_map(Value::as_u64).unwrap_or_default();
        let found = match &name {
            Some(name) => self.loops.iter().rev().find(|(own, _)| own == name),
            None => self.loops.last(),
        };
        found
            .map(|(_, index)| json!(index.saturating_add(offset)))
            .ok_or_else(|| invalid("The template function 'copyIndex' is not expected at this location"))
    }

    fn subscription(&self) -> Value {
        let id = self.target.subscription_id().unwrap_or_default();
        json!({
            "id": format!("/subscriptions/{id}"),
            "subscriptionId": id,
            "tenantId": self.tenant,
            "displayName": "apimlab",
        })
    }

    /// The properties, or the whole, of a resource that exists.
    fn reference(&self, of: &str, values: &[Value], store: &Store) -> Result<Value, ErrorResponse> {
        let named = self.names.iter().find(|(name, _)| *name == of.to_ascii_lowercase());
        let id = named.map(|(_, id)| id.clone()).or_else(|| of.parse().ok());
        let found = id.and_then(|id| (providers::definition(&id.resource_type())?.find)(store, &id));
        let Some(found) = found else {
            let message =
                format!("The resource '{of}' referenced by the template function 'reference' was not found.");
            return Err(ErrorResponse::new(404, "ResourceNotFound", message));
        };
        let shown = show(&found, store);
        let full = values
            .iter()
            .skip(1)
            .any(|value| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("full")));
        Ok(if full { shown } else { shown.get("properties").cloned().unwrap_or(Value::Null) })
    }

    fn resource_id(&self, function: &str, values: &[Value]) -> Result<Value, ErrorResponse> {
        let parts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        let wrong = || invalid(format!("The template function '{function}' has invalid arguments"));
        let skip = usize::from(function == "extensionresourceid");
        let at = parts.iter().skip(skip).position(|part| part.contains('/')).ok_or_else(wrong)? + skip;
        let (before, rest) = parts.split_at(at);
        let (kind, names) = rest.split_first().ok_or_else(wrong)?;
        let mut segments = kind.split('/');
        let namespace = segments.next().unwrap_or_default();
        let segments: Vec<&str> = segments.collect();
        if segments.len() != names.len() || parts.len() != values.len() {
            return Err(wrong());
        }
        let own = self.target.subscription_id().unwrap_or_default();
        let scope = match (function, before) {
            ("tenantresourceid", []) => String::new(),
            ("subscriptionresourceid", []) => format!("/subscriptions/{own}"),
            ("subscriptionresourceid", [subscription]) => format!("/subscriptions/{subscription}"),
            ("extensionresourceid", [scope]) => (*scope).to_owned(),
            ("resourceid", []) => self.target.to_string(),
            ("resourceid", [group]) => format!("/subscriptions/{own}/resourceGroups/{group}"),
            ("resourceid", [subscription, group]) => {
                format!("/subscriptions/{subscription}/resourceGroups/{group}")
            }
            _ => return Err(wrong()),
        };
        // Resource groups are parts of their subscription's path.
        if let (true, [name]) = (kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups"), names) {
            let subscription = scope.split('/').nth(2).unwrap_or(own);
            return Ok(json!(format!("/subscriptions/{subscription}/resourceGroups/{name}")));
        }
        let path: Vec<String> =
            segments.iter().zip(names).map(|(segment, name)| format!("{segment}/{name}")).collect();
        Ok(json!(format!("{scope}/providers/{namespace}/{}", path.join("/"))))
    }
}

/// `20260102T030405Z`, what `utcNow` gives unless it is told another format.
fn compact(now: Timestamp) -> String {
    let text: String = now.rfc3339().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    text.split('.').next().unwrap_or_default().trim_end_matches('Z').to_owned() + "Z"
}

fn element(of: &Value, at: &Value) -> Result<Value, ErrorResponse> {
    let found = match (of, at) {
        (Value::Object(object), Value::String(key)) => {
            object.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| value)
        }
        (Value::Array(list), Value::Number(index)) => {
            index.as_u64().and_then(|index| usize::try_from(index).ok()).and_then(|index| list.get(index))
        }
        _ => None,
    };
    found.cloned().ok_or_else(|| {
        invalid(format!("The language expression property '{}' doesn't exist", functions::plain(at)))
    })
}
