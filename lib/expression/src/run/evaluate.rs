//! Evaluates expressions.

use std::sync::Arc;

use smallvec::SmallVec;

use super::node::{Hole, Node};
use super::{Frame, Machine, arithmetic, convert};
use crate::failure::{Outcome, Throw, null_reference, out_of_range, throw};
use crate::registry::Call;
use crate::text::Text;
use crate::ty::Type;
use crate::value::{Items, Record, Value};

type Arguments = SmallVec<[Value; 4]>;

impl Machine<'_> {
    pub fn eval(&mut self, node: &Node, frame: &mut Frame) -> Outcome {
        match node {
            Node::Constant(value) => Ok(value.clone()),
            Node::Local(at) => Ok(frame.locals.get(*at).cloned().unwrap_or(Value::Null)),
            Node::Cell(at) => {
                Ok(frame.cells.get(*at).map_or(Value::Null, |cell| crate::value::lock(cell).clone()))
            }
            Node::Context => Ok(self.host.context()),
            _ => crate::stack::deep(|| self.eval_inner(node, frame)),
        }
    }

    fn eval_inner(&mut self, node: &Node, frame: &mut Frame) -> Outcome {
        match node {
            Node::Call(method, arguments, types) => {
                let arguments = self.all(arguments, frame)?;
                self.tick()?;
                (method.run)(self, Call { arguments: &arguments, types })
            }
            Node::Property(name, target) => match self.eval(target, frame)? {
                Value::Host(object) => Ok(object.get(name)?),
                _ => Err(null_reference()),
            },
            Node::Short(decides, left, right) => {
                let left = self.condition(left, frame)?;
                Ok(Value::Bool(if left == *decides { left } else { self.condition(right, frame)? }))
            }
            Node::Ternary(condition, yes, no) => {
                let branch = if self.condition(condition, frame)? { yes } else { no };
                self.eval(branch, frame)
            }
            Node::Concat(parts) => self.concat(parts, frame),
            Node::Set(place, value) => {
                let value = self.eval(value, frame)?;
                frame.set(*place, value.clone());
                Ok(value)
            }
            _ => self.eval_operator(node, frame),
        }
    }

    fn eval_operator(&mut self, node: &Node, frame: &mut Frame) -> Outcome {
        match node {
            Node::Arithmetic(op, left, right) => {
                let (left, right) = (self.eval(left, frame)?, self.eval(right, frame)?);
                arithmetic::binary(*op, &left, &right)
            }
            Node::Lifted(op, left, right) => {
                let (left, right) = (self.eval(left, frame)?, self.eval(right, frame)?);
                if left.is_null() || right.is_null() {
                    return Ok(Value::Null);
                }
                arithmetic::binary(*op, &left, &right)
            }
            Node::Compare(op, left, right) => {
                let (left, right) = (self.eval(left, frame)?, self.eval(right, frame)?);
                Ok(Value::Bool(arithmetic::compare(*op, &left, &right)))
            }
            Node::Equal(negated, left, right) => {
                let (left, right) = (self.eval(left, frame)?, self.eval(right, frame)?);
                Ok(Value::Bool(convert::equal(&left, &right) != *negated))
            }
            Node::Same(negated, left, right) => {
                let (left, right) = (self.eval(left, frame)?, self.eval(right, frame)?);
                Ok(Value::Bool(left.same_object(&right) != *negated))
            }
            Node::Not(value) => Ok(Value::Bool(!self.condition(value, frame)?)),
            Node::Negate(value) => arithmetic::negate(&self.eval(value, frame)?),
            Node::Complement(value) => Ok(arithmetic::complement(&self.eval(value, frame)?)),
            Node::Coalesce(left, right) => match self.eval(left, frame)? {
                Value::Null => self.eval(right, frame),
                value => Ok(value),
            },
            Node::Conditional(at, target, rest) => match self.eval(target, frame)? {
                Value::Null => Ok(Value::Null),
                value => {
                    frame.set(super::function::Place::Local(*at), value);
                    self.eval(rest, frame)
                }
            },
            _ => self.eval_type(node, frame),
        }
    }

    fn eval_type(&mut self, node: &Node, frame: &mut Frame) -> Outcome {
        match node {
            Node::Numeric(ty, checked, value) => {
                let value = self.eval(value, frame)?;
                arithmetic::convert(ty, &value, *checked)
            }
            Node::Cast(ty, value) => convert::cast(ty, self.eval(value, frame)?),
            Node::As(ty, value) => {
                let value = self.eval(value, frame)?;
                Ok(if convert::is(ty, &value) { value } else { Value::Null })
            }
            Node::Is(ty, value) => Ok(Value::Bool(convert::is(ty, &self.eval(value, frame)?))),
            Node::IsSet(ty, place, value) => {
                let value = self.eval(value, frame)?;
                let holds = convert::is(ty, &value);
                if holds {
                    frame.set(*place, value);
                }
                Ok(Value::Bool(holds))
            }
            _ => self.eval_object(node, frame),
        }
    }

    fn eval_object(&mut self, node: &Node, frame: &mut Frame) -> Outcome {
        match node {
            Node::Field(at, target) => match self.eval(target, frame)? {
                Value::Record(record) => Ok(record.fields.get(*at).cloned().unwrap_or(Value::Null)),
                _ => Err(null_reference()),
            },
            Node::Record(ty, fields) => {
                let fields = self.all(fields, frame)?.into_vec();
                self.charge(fields.len() * 24 + 32)?;
                Ok(Value::Record(Arc::new(Record { ty: ty.clone(), fields })))
            }
            Node::Array(element, items) => {
                let items = self.all(items, frame)?.into_vec();
                self.charge(items.len() * 24 + 32)?;
                Ok(Value::array(element.clone(), items))
            }
            Node::SizedArray(element, size) => self.sized_array(element, size, frame),
            Node::Element(target, index) => {
                let (items, index) = self.element(target, index, frame)?;
                let found = items.lock().get(index).cloned();
                found.map_or_else(out_of_bounds, Ok)
            }
            Node::SetElement(target, index, value) => {
                let (items, index) = self.element(target, index, frame)?;
                let value = self.eval(value, frame)?;
                match items.lock().get_mut(index) {
                    Some(place) => *place = value.clone(),
                    None => return out_of_bounds(),
                }
                Ok(value)
            }
            Node::Interpolate(holes) => self.interpolate(holes, frame),
            Node::Sequence(nodes) => {
                let mut last = Value::Null;
                for node in nodes {
                    last = self.eval(node, frame)?;
                }
                Ok(last)
            }
            Node::Throw(value) => Err(self.thrown(value, frame)),
            _ => self.eval_function(node, frame),
        }
    }

    fn eval_function(&mut self, node: &Node, frame: &mut Frame) -> Outcome {
        match node {
            Node::Lambda(ty, function) => {
                let cells =
                    function.captures.iter().filter_map(|(outer, _)| frame.cells.get(*outer).cloned());
                let cells = cells.collect();
                let (ty, function) = (ty.clone(), Arc::clone(function));
                self.charge(64)?;
                Ok(Value::Function(Arc::new(super::function::Closure { ty, function, cells })))
            }
            Node::Invoke(target, arguments) => {
                let target = self.eval(target, frame)?;
                let arguments = self.all(arguments, frame)?;
                self.invoke(&target, &arguments)
            }
            Node::Out(call, places) => {
                let value = self.eval(call, frame)?;
                let outs = std::mem::take(&mut self.outs);
                for (place, out) in places.iter().zip(outs) {
                    if let Some(place) = place {
                        frame.set(*place, out);
                    }
                }
                Ok(value)
            }
            _ => Ok(Value::Null),
        }
    }

    pub(super) fn thrown(&mut self, value: &Node, frame: &mut Frame) -> Throw {
        match self.eval(value, frame) {
            Ok(Value::Exception(exception)) => Throw::Exception(exception),
            Ok(_) => null_reference(),
            Err(thrown) => thrown,
        }
    }

    pub(super) fn condition(&mut self, node: &Node, frame: &mut Frame) -> Outcome<bool> {
        Ok(matches!(self.eval(node, frame)?, Value::Bool(true)))
    }

    pub(super) fn all(&mut self, nodes: &[Node], frame: &mut Frame) -> Outcome<Arguments> {
        let mut values = Arguments::new();
        for node in nodes {
            values.push(self.eval(node, frame)?);
        }
        Ok(values)
    }

    fn sized_array(&mut self, element: &Type, size: &Node, frame: &mut Frame) -> Outcome {
        let size = arithmetic::integer(&self.eval(size, frame)?);
        let Ok(size) = usize::try_from(size) else {
            return throw("System.OverflowException", "Arithmetic operation resulted in an overflow.");
        };
        self.charge(size.saturating_mul(24))?;
        Ok(Value::array(element.clone(), vec![convert::default(element); size]))
    }

    fn element(&mut self, target: &Node, index: &Node, frame: &mut Frame) -> Outcome<(Arc<Items>, usize)> {
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

    fn concat(&mut self, parts: &[Node], frame: &mut Frame) -> Outcome {
        let mut text = Text::default();
        for part in parts {
            match self.eval(part, frame)? {
                Value::String(part) => {
                    self.charge(part.len())?;
                    text.push(&part);
                }
                Value::Null => {}
                other => text.push(&convert::text(self, &other)?),
            }
        }
        self.string(text.finish())
    }

    fn interpolate(&mut self, holes: &[Hole], frame: &mut Frame) -> Outcome {
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

fn out_of_bounds<T>() -> Outcome<T> {
    throw("System.IndexOutOfRangeException", "Index was outside the bounds of the array.")
}
