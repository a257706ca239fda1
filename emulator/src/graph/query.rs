//! The query options of reads: `$filter`, `$select`, `$top`, `$skiptoken`, `$count`.
//! <https://learn.microsoft.com/graph/query-parameters>

use serde_json::{Map, Value};

use super::answer::Answer;
use super::call::Call;
use super::entity::Definition;
use super::error::GraphError;
use super::filter::Filter;

/// How many objects a page has if the client does not say.
const PAGE: usize = 100;

/// How many objects a page can have.
const PAGE_LIMIT: usize = 999;

/// What a read asks for.
#[derive(Default)]
pub(super) struct Options {
    pub(super) filter: Option<Filter>,
    select: Vec<String>,
    top: Option<usize>,
    /// The id of the last object of the page before.
    after: Option<String>,
    count: bool,
    /// The options as they were sent, for the link to the next page.
    sent: Vec<(String, String)>,
}

impl Options {
    /// Reads the options; `entity` says which properties there are to filter by, `None` that there is no filtering.
    pub(super) fn read(call: &Call<'_>, entity: Option<&Definition>) -> Result<Self, GraphError> {
        let mut options = Self::default();
        for (name, value) in call.query() {
            let option = name.strip_prefix('$').unwrap_or(&name).to_ascii_lowercase();
            match option.as_str() {
                "filter" => {
                    let entity = entity
                        .ok_or_else(|| GraphError::unsupported_query("'$filter' is not supported here."))?;
                    options.filter = Some(Filter::read(&value, entity)?);
                }
                "select" => options.select = value.split(',').map(|name| name.trim().to_owned()).collect(),
                "top" => {
                    let top = value.parse().ok().filter(|top| (1..=PAGE_LIMIT).contains(top));
                    options.top = Some(top.ok_or_else(|| GraphError::invalid_page_size(&value))?);
                }
                "skiptoken" => {
                    options.after = Some(value);
                    continue;
                }
                "count" => options.count = value.eq_ignore_ascii_case("true"),
                "apply" | "compute" | "deltatoken" | "expand" | "orderby" | "search" | "skip" => {
                    return Err(GraphError::not_implemented(&format!("The query option '${option}'")));
                }
                _ if name.starts_with('$') => {
                    return Err(GraphError::unsupported_query(&format!("'{name}' is not a query option.")));
                }
                // What has no `$` and no known name is the client's own business.
                _ => continue,
            }
            options.sent.push((name, value));
        }
        Ok(options)
    }

    /// The properties that were asked for.
    pub(super) fn select(&self, mut view: Map<String, Value>) -> Map<String, Value> {
        if !self.select.is_empty() && !self.select.iter().any(|name| name == "*") {
            view.retain(|key, _| {
                key.starts_with('@') || self.select.iter().any(|name| name.eq_ignore_ascii_case(key))
            });
        }
        view
    }

    /// What `@odata.context` says of one object.
    pub(super) fn entity_context(&self, set: &str) -> String {
        format!("{}/$entity", self.context(set))
    }

    /// One page of what was found, which is ordered by `id`.
    pub(super) fn page(&self, call: &Call<'_>, set: &str, found: &[Map<String, Value>]) -> Answer {
        let count = self.count.then_some(found.len());
        let id =
            |view: &Map<String, Value>| view.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let from = match &self.after {
            Some(after) => found.iter().position(|view| id(view) > *after).unwrap_or(found.len()),
            None => 0,
        };
        let size = self.top.unwrap_or(PAGE);
        let rest = found.get(from..).unwrap_or_default();
        let last = rest.get(size.saturating_sub(1)).filter(|_| rest.len() > size);
        let next_link = last.map(|last| self.next_link(call, &id(last)));
        let value = rest.iter().take(size).map(|view| Value::Object(self.select(view.clone()))).collect();
        Answer::Collection { context: self.context(set), count, next_link, value }
    }

    fn context(&self, set: &str) -> String {
        if self.select.is_empty() { set.to_owned() } else { format!("{set}({})", self.select.join(",")) }
    }

    fn next_link(&self, call: &Call<'_>, last: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.sent).append_pair("$skiptoken", last);
        call.link(&query.finish())
    }
}
