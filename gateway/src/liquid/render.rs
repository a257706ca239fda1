//! Renders a template.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::parser::{Comparison, Condition, Filtered, Loop, LoopForm, Node, Operand};
use super::{Value, filters};

/// How many steps a template may take.
const STEPS: usize = 250_000;
/// How many bytes it may write, also into variables.
const OUTPUT: usize = 16 << 20;

/// How many paths through the context are kept.
const KEPT: usize = 1_000;

/// A template at work.
pub struct Renderer {
    body: Value,
    context: Value,
    /// What `assign` and `capture` set; loops put theirs in front.
    variables: HashMap<String, Value>,
    counters: HashMap<String, i64>,
    /// What paths through the context led to: it does not change meanwhile.
    looked_up: RefCell<HashMap<String, Value>>,
    cycles: HashMap<String, usize>,
    steps: usize,
    written: usize,
}

/// How a block ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

type Rendered<T> = Result<T, String>;

impl Renderer {
    pub fn new(body: Value, context: Value) -> Self {
        Self {
            body,
            context,
            variables: HashMap::new(),
            counters: HashMap::new(),
            looked_up: RefCell::default(),
            cycles: HashMap::new(),
            steps: 0,
            written: 0,
        }
    }

    pub fn run(mut self, nodes: &[Node]) -> Rendered<String> {
        let mut out = String::new();
        self.block(nodes, &mut out)?;
        Ok(out)
    }

    fn step(&mut self) -> Rendered<()> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err(format!("The template takes more than {STEPS} steps."));
        }
        Ok(())
    }

    /// Looking at a long text or list takes as many steps as it is long.
    fn charge(&mut self, value: &Value) -> Rendered<()> {
        self.steps += match value {
            Value::Text(text) => text.len() / 256,
            Value::List(items) => items.len(),
            Value::Map(entries) | Value::Element(entries) => entries.len(),
            _ => 0,
        };
        self.step()
    }

    fn write(&mut self, out: &mut String, text: &str) -> Rendered<()> {
        self.written += text.len();
        if self.written > OUTPUT {
            return Err(format!("The template writes more than {OUTPUT} bytes."));
        }
        out.push_str(text);
        Ok(())
    }

    fn block(&mut self, nodes: &[Node], out: &mut String) -> Rendered<Flow> {
        for node in nodes {
            self.step()?;
            let flow = self.node(node, out)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, node: &Node, out: &mut String) -> Rendered<Flow> {
        match node {
            Node::Text(text) => self.write(out, text)?,
            Node::Output(filtered) => {
                let text = self.filtered(filtered)?.written();
                self.write(out, &text)?;
            }
            Node::Assign(name, filtered) => {
                let value = self.filtered(filtered)?;
                self.variables.insert(name.clone(), value);
            }
            Node::Capture(name, body) => {
                let mut text = String::new();
                let flow = self.block(body, &mut text)?;
                self.variables.insert(name.clone(), Value::text(text));
                return Ok(flow);
            }
            Node::If(branches, otherwise) => {
                for (test, body) in branches {
                    if self.holds(test)? {
                        return self.block(body, out);
                    }
                }
                return self.block(otherwise, out);
            }
            Node::For(round) => self.repeat(round, out)?,
            Node::Cycle(group, items) => {
                let at = self.cycles.entry(group.clone()).or_default();
                let item = items.get(*at % items.len().max(1));
                *at += 1;
                let text = item.map_or_else(String::new, |item| self.value(item).written());
                self.write(out, &text)?;
            }
            Node::Count(name, step) => {
                let counter = self.counters.entry(name.clone()).or_default();
                // `increment` shows the number before, `decrement` the one after.
                let shown = if *step > 0 { *counter } else { counter.wrapping_add(*step) };
                *counter = counter.wrapping_add(*step);
                self.write(out, &shown.to_string())?;
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn repeat(&mut self, round: &Loop, out: &mut String) -> Rendered<()> {
        let mut items = self.items(&round.items)?;
        let count = |value: Option<Value>| value.and_then(|value| value.float()).map(whole);
        let offset = count(round.offset.as_ref().map(|offset| self.value(offset))).unwrap_or(0);
        let limit = count(round.limit.as_ref().map(|limit| self.value(limit))).unwrap_or(usize::MAX);
        items.drain(..offset.min(items.len()));
        items.truncate(limit);
        if round.reversed {
            items.reverse();
        }
        if items.is_empty() {
            self.block(&round.otherwise, out)?;
            return Ok(());
        }
        let columns = count(round.columns.as_ref().map(|columns| self.value(columns)));
        let columns = columns.unwrap_or(items.len()).max(1);
        let outer = (self.variables.remove(&round.variable), self.variables.remove(round.form.state()));
        let result = self.rounds(round, &items, columns, out);
        self.restore(&round.variable, outer.0);
        self.restore(round.form.state(), outer.1);
        result
    }

    fn rounds(&mut self, round: &Loop, items: &[Value], columns: usize, out: &mut String) -> Rendered<()> {
        let length = items.len();
        for (at, item) in items.iter().enumerate() {
            self.step()?;
            self.variables.insert(round.variable.clone(), item.clone());
            self.variables.insert(round.form.state().to_owned(), state(at, length, columns));
            if round.form == LoopForm::Table {
                let row = at / columns + 1;
                let start = match (at % columns, at) {
                    (0, 0) => "<tr class=\"row1\">\n".to_owned(),
                    (0, _) => format!("</tr>\n<tr class=\"row{row}\">"),
                    _ => String::new(),
                };
                self.write(out, &format!("{start}<td class=\"col{}\">", at % columns + 1))?;
            }
            let flow = self.block(&round.body, out)?;
            match round.form {
                LoopForm::Table => self.write(out, "</td>")?,
                LoopForm::JsonArray if at + 1 < length && flow != Flow::Break => self.write(out, ",")?,
                _ => {}
            }
            if flow == Flow::Break {
                break;
            }
        }
        if round.form == LoopForm::Table {
            self.write(out, "</tr>\n")?;
        }
        Ok(())
    }

    fn restore(&mut self, name: &str, value: Option<Value>) {
        match value {
            Some(value) => drop(self.variables.insert(name.to_owned(), value)),
            None => drop(self.variables.remove(name)),
        }
    }

    fn items(&mut self, operand: &Operand) -> Rendered<Vec<Value>> {
        let Operand::Range(from, to) = operand else {
            let value = self.value(operand);
            self.charge(&value)?;
            return Ok(value.items());
        };
        let bound = |value: Value| value.number().and_then(|number| number.written().parse::<i64>().ok());
        let (from, to) = (bound(self.value(from)).unwrap_or(0), bound(self.value(to)).unwrap_or(0));
        let length = usize::try_from(to.saturating_sub(from).saturating_add(1)).unwrap_or(0);
        if length > STEPS {
            return Err(format!("The template takes more than {STEPS} steps."));
        }
        Ok((from..=to).map(Value::Int).collect())
    }

    fn filtered(&mut self, filtered: &Filtered) -> Rendered<Value> {
        let mut value = self.value(&filtered.value);
        for (name, arguments) in &filtered.filters {
            let Some(filter) = filters::find(name) else { continue };
            let arguments: Vec<Value> = arguments.iter().map(|argument| self.value(argument)).collect();
            for value in arguments.iter().chain([&value]) {
                self.charge(value)?;
            }
            value = filter(&value, &arguments)?;
            if let Value::Text(text) = &value {
                self.written += text.len() / 16;
            }
            let too_long = matches!(&value, Value::Text(text) if text.len() > OUTPUT);
            if too_long || self.written > OUTPUT {
                return Err(format!("The template writes more than {OUTPUT} bytes."));
            }
        }
        Ok(value)
    }

    fn value(&self, operand: &Operand) -> Value {
        match operand {
            Operand::Literal(value) => value.clone(),
            Operand::Empty => Value::text(""),
            Operand::Range(from, to) => {
                Value::text(format!("{}..{}", self.value(from).written(), self.value(to).written()))
            }
            Operand::Path(name, steps) => {
                if name == "context" && !self.variables.contains_key(name) {
                    return self.along_context(steps);
                }
                let start = match (self.variables.get(name), name.as_str()) {
                    (Some(value), _) => value.clone(),
                    (None, "body") => self.body.clone(),
                    (None, _) => self.counters.get(name).map_or(Value::Nil, |count| Value::Int(*count)),
                };
                steps.iter().fold(start, |value, step| value.get(&self.value(step)))
            }
        }
    }

    /// A long way, such as through a variable that holds JSON, is gone once.
    fn along_context(&self, steps: &[Operand]) -> Value {
        let steps: Vec<Value> = steps.iter().map(|step| self.value(step)).collect();
        let path = steps.iter().map(Value::written).collect::<Vec<_>>().join("\0");
        if let Some(known) = self.looked_up.borrow().get(&path) {
            return known.clone();
        }
        let mut value = self.context.clone();
        for (at, step) in steps.iter().enumerate() {
            let path = steps.iter().take(at + 1).map(Value::written).collect::<Vec<_>>().join("\0");
            let known = self.looked_up.borrow().get(&path).cloned();
            value = known.unwrap_or_else(|| value.get(step));
            let mut looked_up = self.looked_up.borrow_mut();
            if looked_up.len() < KEPT {
                looked_up.insert(path, value.clone());
            }
        }
        value
    }

    fn holds(&mut self, condition: &Condition) -> Rendered<bool> {
        self.step()?;
        Ok(match condition {
            Condition::Holds(operand) => self.value(operand).is_true(),
            Condition::Not(condition) => !self.holds(condition)?,
            Condition::And(left, right) => self.holds(left)? && self.holds(right)?,
            Condition::Or(left, right) => self.holds(left)? || self.holds(right)?,
            Condition::Compare(left, comparison, right) => {
                for operand in [left, right] {
                    let value = self.value(operand);
                    self.charge(&value)?;
                }
                self.compare(left, *comparison, right)
            }
        })
    }

    fn compare(&self, left: &Operand, comparison: Comparison, right: &Operand) -> bool {
        let equal = || match (left, right) {
            (Operand::Empty, other) | (other, Operand::Empty) => self.value(other).is_empty(),
            _ => self.value(left) == self.value(right),
        };
        let (a, b) = (self.value(left), self.value(right));
        let text = |value: &Value| value.written();
        match comparison {
            Comparison::Equal => equal(),
            Comparison::NotEqual => !equal(),
            Comparison::Less => a < b,
            Comparison::LessOrEqual => a <= b,
            Comparison::Greater => a > b,
            Comparison::GreaterOrEqual => a >= b,
            Comparison::Contains => match &a {
                Value::List(items) => items.contains(&b),
                Value::Nil => false,
                _ => text(&a).contains(&text(&b)),
            },
            Comparison::StartsWith => match &a {
                Value::List(items) => items.first() == Some(&b),
                _ => text(&a).starts_with(&text(&b)),
            },
            Comparison::EndsWith => match &a {
                Value::List(items) => items.last() == Some(&b),
                _ => text(&a).ends_with(&text(&b)),
            },
            Comparison::HasKey => matches!(&a, Value::Map(entries) | Value::Element(entries)
                if entries.iter().any(|(name, _)| **name == *text(&b))),
            Comparison::HasValue => matches!(&a, Value::Map(entries) | Value::Element(entries)
                if entries.iter().any(|(_, value)| *value == b)),
        }
    }
}

impl LoopForm {
    /// The variable that tells how far a loop is.
    fn state(self) -> &'static str {
        match self {
            Self::Table => "tablerowloop",
            Self::Plain | Self::JsonArray => "forloop",
        }
    }
}

fn state(at: usize, length: usize, columns: usize) -> Value {
    let int = |value: usize| Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
    let column = at % columns;
    Value::Map(Arc::new(vec![
        ("length".into(), int(length)),
        ("index".into(), int(at + 1)),
        ("index0".into(), int(at)),
        ("rindex".into(), int(length - at)),
        ("rindex0".into(), int(length - at - 1)),
        ("first".into(), Value::Bool(at == 0)),
        ("last".into(), Value::Bool(at + 1 == length)),
        ("col".into(), int(column + 1)),
        ("col0".into(), int(column)),
        ("col_first".into(), Value::Bool(column == 0)),
        ("col_last".into(), Value::Bool(column + 1 == columns)),
    ]))
}

/// A count; less than none is none.
fn whole(value: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
    let count = value.clamp(0.0, 4e9) as usize;
    count
}
