//! `emit-metric`: sends a metric to Application Insights. In every section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/emit-metric-policy>
//!
//! **Differs from Azure:** metrics stay in the sandbox, where they can be read. `default-dimensions`, which is not
//! documented, is not executed.

use diagnostic::Diagnostic;

use super::shapes;
use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::sink::What;
use crate::value::{Typed, Value};

/// Where metrics belong unless a policy says so.
pub const NAMESPACE: &str = "API Management";

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "emit-metric",
    summary: "Sends a metric to Application Insights.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional(
            "default-dimensions",
            "Whether the dimensions that all metrics have are added.",
            ValueKind::Boolean,
        )
        .but_not(&["*"]),
        Attribute::required("name", "The metric.", ValueKind::Text).or_expression(),
        Attribute::optional("namespace", "Where it belongs.", ValueKind::Text).or_expression(),
        Attribute::optional("value", "The value: 1 unless given.", ValueKind::Number).or_expression(),
    ],
    content: Content::Children(&[shapes::DIMENSION]),
    fidelity: Fidelity::Approximate("metrics stay in the sandbox"),
    examples: &[Example {
        title: "the request goes on as before",
        section: Section::Inbound,
        fragment: "<base /><emit-metric name=\"calls\" value=\"@(2)\"><dimension name=\"API ID\" />\
                   <dimension name=\"Client IP\" value=\"@(context.Request.IpAddress)\" /></emit-metric>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

#[derive(Debug)]
struct EmitMetric {
    name: Value,
    value: Typed<f64>,
    series: Series,
}

/// A namespace and dimensions.
#[derive(Debug)]
pub struct Series {
    namespace: Value,
    dimensions: Vec<(Value, Option<Value>)>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let name = compiler.value(element, "name").unwrap_or_else(Value::nothing);
    let value = compiler.typed(element, "value", number).unwrap_or(Typed::Fixed(1.0));
    Ok(Step::Act(Box::new(EmitMetric { name, value, series: Series::compile(element, compiler)? })))
}

fn number(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| "it is not a number".to_owned())
}

impl Act for EmitMetric {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let (name, value) = (self.name.text(exchange)?.into_owned(), self.value.get(exchange)?);
        let (namespace, dimensions) = self.series.of(exchange)?;
        exchange.emit(What::Metric { namespace, name, value, dimensions });
        Ok(Flow::Continue)
    }
}

impl Series {
    /// Compiles `namespace` and the dimensions.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Self, Diagnostic> {
        let namespace = compiler.value(element, "namespace").unwrap_or_else(|| Value::literal(NAMESPACE));
        let mut dimensions = Vec::new();
        for child in element.elements() {
            let name = compiler.value(child, "name").unwrap_or_else(Value::nothing);
            let value = compiler.value(child, "value");
            if value.is_none() && name.constant().is_some_and(|name| !DEFAULTS.contains(&name)) {
                let message =
                    "The attribute 'value' is required for a dimension that the gateway does not know.";
                return Err(compiler.problem(codes::MISSING, child, message));
            }
            dimensions.push((name, value));
        }
        Ok(Self { namespace, dimensions })
    }

    /// What they are for this request.
    pub fn of(&self, exchange: &mut Exchange) -> Result<(String, Vec<(String, String)>), LastError> {
        let namespace = self.namespace.text(exchange)?.into_owned();
        let mut dimensions = Vec::with_capacity(self.dimensions.len());
        for (name, value) in &self.dimensions {
            let name = name.text(exchange)?.into_owned();
            let value = match value {
                Some(value) => value.text(exchange)?.into_owned(),
                None => known(&name, exchange),
            };
            dimensions.push((name, value));
        }
        Ok((namespace, dimensions))
    }
}

/// The dimensions whose values the gateway knows.
const DEFAULTS: [&str; 8] = [
    "API ID",
    "Operation ID",
    "Product ID",
    "User ID",
    "Subscription ID",
    "Location",
    "Gateway ID",
    "Backend ID",
];

fn known(name: &str, exchange: &Exchange) -> String {
    let (api, operation) = (&exchange.matched.api, &exchange.matched.operation);
    let found = match name {
        "API ID" => api.as_ref().map(|api| api.name.clone()),
        "Operation ID" => operation.as_ref().map(|operation| operation.name.clone()),
        "Product ID" => exchange.access.product.as_ref().map(|product| product.name.clone()),
        "Subscription ID" => exchange.access.subscription.as_ref().map(|found| found.name.clone()),
        "Location" => Some(exchange.matched.service.model.location.clone()),
        "Gateway ID" => Some("managed".to_owned()),
        _ => None,
    };
    found.unwrap_or_default()
}
