//! Evaluates expressions.

use std::sync::Arc;

use smallvec::SmallVec;

use super::function::{Closure, Function, Place};
use super::node::{Found, Hole, Lookup, Node, Op};
use super::{Frame, Machine, arithmetic, convert};
use crate::failure::{Outcome, Throw, null_reference, out_of_range, throw};
use crate::registry::Call;
use crate::text::Text;
use crate::ty::Type;
use crate::value::{Items, Record, Value};

type Arguments = SmallVec<[Value; 4]>;

impl Machine<'_> {
    pub fn eval(&mut self, node: &Node, frame: &mut Frame<'_>) -> Outcome {
        match node {
            Node::Constant(value) => Ok(value.clone()),
            Node::Local(at) => Ok(frame.local(*at)),
            Node::Cell(at) => Ok(frame.cell(*at)),
            Node::Path(path) => {
                self.tick()?;
                Ok(self.host.property(path)?)
            }
            Node::Concat(parts) => {
                self.tick()?;
                self.nested(|machine| machine.concat(parts, frame))
            }
            Node::Noted(at, node) => {
                let value = self.nested(|machine| machine.eval(node, frame))?;
                self.note(at, &value);
                Ok(value)
            }
            _ => {
                self.tick()?;
                self.nested(|machine| machine.operation(node, frame))
            }
        }
    }

    /// One line for each operation: what takes more has a method.
    fn operation(&mut self, node: &Node, frame: &mut Frame<'_>) -> Outcome {
        match node {
            Node::Constant(_) | Node::Local(_) | Node::Cell(_) | Node::Noted(..) => self.eval(node, frame),
            Node::Context => Ok(self.host.context()),
            Node::Path(path) => Ok(self.host.property(path)?),
            Node::Lookup(lookup) => self.lookup(lookup, frame),
            Node::Property(name, target) => self.property(name, target, frame),
            Node::Call(method, arguments, types) => {
                let arguments = self.all(arguments, frame)?;
                self.ticks(arguments.iter().map(weight).sum())?;
                (method.run)(self, Call { arguments: &arguments, types })
            }
            Node::Out(call, places) => self.out(call, places, frame),
            Node::Invoke(target, arguments) => {
                let target = self.eval(target, frame)?;
                let arguments = self.all(arguments, frame)?;
                self.invoke(&target, &arguments)
            }
            Node::Lambda(ty, function) => self.lambda(ty, function, frame),
            Node::Short(..)
            | Node::Not(_)
            | Node::Compare(..)
            | Node::CompareInts(..)
            | Node::Equal(..)
            | Node::Same(..)
            | Node::Is(..) => self.condition(node, frame).map(Value::Bool),
            Node::Ternary(condition, yes, no) => {
                let branch = if self.condition(condition, frame)? { yes } else { no };
                self.eval(branch, frame)
            }
            Node::Coalesce(left, right) => match self.eval(left, frame)? {
                Value::Null => self.eval(right, frame),
                value => Ok(value),
            },
            Node::Conditional(at, target, rest) => self.conditional(*at, target, rest, frame),
            Node::Arithmetic(op, left, right) => self.arithmetic(*op, left, right, frame),
            Node::Ints(op, left, right) => self.ints(*op, left, right, frame).map(Value::Int),
            Node::Lifted(op, left, right) => self.lifted(*op, left, right, frame),
            Node::Negate(value) => arithmetic::negate(&*self.hold(value, frame)?),
            Node::Complement(value) => Ok(arithmetic::complement(&*self.hold(value, frame)?)),
            Node::Numeric(ty, checked, value) => {
                arithmetic::convert(ty, &*self.hold(value, frame)?, *checked)
            }
            Node::Cast(ty, value) => convert::cast(ty, self.eval(value, frame)?),
            Node::As(ty, value) => {
                let value = self.eval(value, frame)?;
                Ok(if convert::is(ty, &value) { value } else { Value::Null })
            }
            Node::IsSet(ty, place, value) => self.is_set(ty, *place, value, frame),
            Node::Set(place, value) => self.set(*place, value, frame),
            Node::Concat(parts) => self.concat(parts, frame),
            Node::Interpolate(holes) => self.interpolate(holes, frame),
            Node::Field(at, target) => self.field(*at, target, frame),
            Node::Record(ty, fields) => self.record(ty, fields, frame),
            Node::Array(element, items) => self.array(element, items, frame),
            Node::SizedArray(element, size) => self.sized_array(element, size, frame),
            Node::Element(target, index) => self.item(target, index, frame),
            Node::SetElement(target, index, value) => self.set_item(target, index, value, frame),
            Node::Sequence(nodes) => self.sequence(nodes, frame),
            Node::Throw(value) => Err(self.thrown(value, frame)),
        }
    }

    fn lookup(&mut self, lookup: &Lookup, frame: &mut Frame<'_>) -> Outcome {
        let found = match &lookup.found {
            Found::Joined => {
                let mut text = Text::default();
                let found = self.host.joined(&lookup.path, &lookup.key, &mut text)?;
                if found { Some(self.string(text.finish())?) } else { None }
            }
            Found::Cast(_) | Found::Value => self.host.lookup(&lookup.path, &lookup.key)?,
        };
        match (found, &lookup.found) {
            (Some(value), Found::Cast(ty)) => convert::cast(ty, value),
            (Some(value), _) => Ok(value),
            (None, _) => self.eval(&lookup.otherwise, frame),
        }
    }

    fn property(&mut self, name: &str, target: &Node, frame: &mut Frame<'_>) -> Outcome {
        match self.eval(target, frame)? {
            Value::Host(object) => Ok(object.get(name)?),
            _ => Err(null_reference()),
        }
    }

    fn arithmetic(&mut self, op: Op, left: &Node, right: &Node, frame: &mut Frame<'_>) -> Outcome {
        let (left, right) = (self.hold(left, frame)?, self.hold(right, frame)?);
        arithmetic::binary(op, &left, &right)
    }

    fn lifted(&mut self, op: Op, left: &Node, right: &Node, frame: &mut Frame<'_>) -> Outcome {
        let (left, right) = (self.hold(left, frame)?, self.hold(right, frame)?);
        if left.is_null() || right.is_null() {
            return Ok(Value::Null);
        }
        arithmetic::binary(op, &left, &right)
    }

    fn conditional(&mut self, at: usize, target: &Node, rest: &Node, frame: &mut Frame<'_>) -> Outcome {
        match self.eval(target, frame)? {
            Value::Null => Ok(Value::Null),
            value => {
                frame.set(Place::Local(at), value);
                self.eval(rest, frame)
            }
        }
    }

    fn set(&mut self, place: Place, value: &Node, frame: &mut Frame<'_>) -> Outcome {
        let value = self.eval(value, frame)?;
        frame.set(place, value.clone());
        Ok(value)
    }

    fn is_set(&mut self, ty: &Type, place: Place, value: &Node, frame: &mut Frame<'_>) -> Outcome {
        let value = self.eval(value, frame)?;
        let holds = convert::is(ty, &value);
        if holds {
            frame.set(place, value);
        }
        Ok(Value::Bool(holds))
    }

    fn field(&mut self, at: usize, target: &Node, frame: &mut Frame<'_>) -> Outcome {
        match self.eval(target, frame)? {
            Value::Record(record) => Ok(record.fields.get(at).cloned().unwrap_or(Value::Null)),
            _ => Err(null_reference()),
        }
    }

    fn record(&mut self, ty: &Type, fields: &[Node], frame: &mut Frame<'_>) -> Outcome {
        let fields = self.all(fields, frame)?.into_vec();
        self.charge(fields.len() * size_of::<Value>() + 64)?;
        Ok(Value::Record(Arc::new(Record { ty: ty.clone(), fields })))
    }

    fn array(&mut self, element: &Type, items: &[Node], frame: &mut Frame<'_>) -> Outcome {
        let items = self.all(items, frame)?.into_vec();
        self.charge(items.len() * size_of::<Value>() + 64)?;
        Ok(Value::array(element.clone(), items))
    }

    fn item(&mut self, target: &Node, index: &Node, frame: &mut Frame<'_>) -> Outcome {
        let (items, index) = self.element(target, index, frame)?;
        let found = items.lock().get(index).cloned();
        found.map_or_else(out_of_bounds, Ok)
    }

    fn set_item(&mut self, target: &Node, index: &Node, value: &Node, frame: &mut Frame<'_>) -> Outcome {
        let (items, index) = self.element(target, index, frame)?;
        let value = self.eval(value, frame)?;
        match items.lock().get_mut(index) {
            Some(place) => *place = value.clone(),
            None => return out_of_bounds(),
        }
        Ok(value)
    }

    fn sequence(&mut self, nodes: &[Node], frame: &mut Frame<'_>) -> Outcome {
        let mut last = Value::Null;
        for node in nodes {
            last = self.eval(node, frame)?;
        }
        Ok(last)
    }

    fn lambda(&mut self, ty: &Type, function: &Arc<Function>, frame: &mut Frame<'_>) -> Outcome {
        let cells = function.captures.iter().filter_map(|(outer, _)| frame.cells.get(*outer).cloned());
        let (ty, function, cells) = (ty.clone(), Arc::clone(function), cells.collect());
        self.charge(64)?;
        Ok(Value::Function(Arc::new(Closure { ty, function, cells })))
    }

    fn out(&mut self, call: &Node, places: &[Option<Place>], frame: &mut Frame<'_>) -> Outcome {
        let value = self.eval(call, frame)?;
        let outs = std::mem::take(&mut self.rare().outs);
        for (place, out) in places.iter().zip(outs) {
            if let Some(place) = place {
                frame.set(*place, out);
            }
        }
        Ok(value)
    }

    pub(super) fn thrown(&mut self, value: &Node, frame: &mut Frame<'_>) -> Throw {
        match self.eval(value, frame) {
            Ok(Value::Exception(exception)) => Throw::Exception(exception),
            Ok(_) => null_reference(),
            Err(thrown) => thrown,
        }
    }

    pub(super) fn all(&mut self, nodes: &[Node], frame: &mut Frame<'_>) -> Outcome<Arguments> {
        let mut values = Arguments::new();
        for node in nodes {
            values.push(self.eval(node, frame)?);
        }
        Ok(values)
    }

    fn sized_array(&mut self, element: &Type, size: &Node, frame: &mut Frame<'_>) -> Outcome {
        let size = arithmetic::integer(&self.eval(size, frame)?);
        let Ok(size) = usize::try_from(size) else {
            return throw("System.OverflowException", "Arithmetic operation resulted in an overflow.");
        };
        self.charge(size.saturating_mul(size_of::<Value>()))?;
        Ok(Value::array(element.clone(), vec![convert::default(element); size]))
    }

    fn element(
        &mut self,
        target: &Node,
        index: &Node,
        frame: &mut Frame<'_>,
    ) -> Outcome<(Arc<Items>, usize)> {
        let target = self.eval(target, frame)?;
        let index = arithmetic::integer(&self.eval(index, frame)?);
        match target {
            Value::Array(items) => match usize::try_from(index) {
                Ok(index) => Ok((items, index)),
                Err(_) => out_of_bounds(),
            },
            Value::List(items) => match usize::try_from(index) {
                Ok(at) if at < items.lock().len() => Ok((items, at)),
                _ => Err(out_of_range(
                    "Index was out of range. Must be non-negative and less than the size of the collection.",
                    "index",
                )),
            },
            _ => Err(null_reference()),
        }
    }

    fn interpolate(&mut self, holes: &[Hole], frame: &mut Frame<'_>) -> Outcome {
        let mut text = Text::default();
        for hole in holes {
            match hole {
                Hole::Text(part) => text.push(part),
                Hole::Value { value, alignment, format } => {
                    let value = self.eval(value, frame)?;
                    let part = crate::format::formatted(self, &value, format.as_deref())?;
                    self.charge(part.len())?;
                    crate::format::align(&mut text, &part, *alignment);
                }
            }
        }
        self.string(text.finish())
    }
}

/// What looking at all of a text costs.
fn weight(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64 / 16,
        _ => 0,
    }
}

fn out_of_bounds<T>() -> Outcome<T> {
    throw("System.IndexOutOfRangeException", "Index was outside the bounds of the array.")
}
