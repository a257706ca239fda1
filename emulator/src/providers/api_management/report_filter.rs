//! Which requests a report is about: `$filter` on their time and on what they are accounted to.
//! <https://learn.microsoft.com/rest/api/apimanagement/reports/list-by-api>

use apim::Account;
use arm::ErrorResponse;
use serde_json::{Value, json};
use sim::Timestamp;

use super::validation;
use crate::engine::{Comparison, Filter};

/// The length of what is summed, in milliseconds.
const MINUTE: i64 = 60_000;

/// A condition on requests.
pub struct Condition {
    whole: Filter,
    /// The same whenever they came.
    timeless: Filter,
}

impl Condition {
    /// One on sums of minutes: those that begin earlier within a minute belong to it.
    pub fn of_sums(text: Option<&str>, is_required: bool) -> Result<Self, ErrorResponse> {
        Self::parse(text, is_required, MINUTE)
    }

    /// One on single requests.
    pub fn of_requests(text: Option<&str>) -> Result<Self, ErrorResponse> {
        Self::parse(text, true, 1)
    }

    fn parse(text: Option<&str>, is_required: bool, step: i64) -> Result<Self, ErrorResponse> {
        let text = text.unwrap_or_default().trim();
        if text.is_empty() {
            if is_required {
                return Err(validation::field("$filter", "The query parameter '$filter' is required."));
            }
            return Ok(Self { whole: Filter::And(Vec::new()), timeless: Filter::And(Vec::new()) });
        }
        let whole = understood(Filter::parse(text)?, step)?;
        let timeless = timeless(whole.clone());
        Ok(Self { whole, timeless })
    }

    /// It holds for requests that came then, in milliseconds since 1970.
    pub fn holds(&self, account: &Account, at: i64) -> bool {
        self.whole.accepts(&item(account, at))
    }

    /// It can hold for requests of this kind.
    pub fn is_about(&self, account: &Account) -> bool {
        self.timeless.accepts(&item(account, 0))
    }
}

fn item(account: &Account, at: i64) -> Value {
    json!({
        "timestamp": at, "apiId": account.api, "operationId": account.operation,
        "productId": account.product, "subscriptionId": account.subscription, "userId": account.user,
    })
}

/// The filter with names for identifiers and numbers for times.
fn understood(filter: Filter, step: i64) -> Result<Filter, ErrorResponse> {
    let all = |filters: Vec<Filter>| {
        filters.into_iter().map(|filter| understood(filter, step)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match filter {
        Filter::And(filters) => Filter::And(all(filters)?),
        Filter::Or(filters) => Filter::Or(all(filters)?),
        Filter::Not(filter) => Filter::Not(Box::new(understood(*filter, step)?)),
        Filter::Test(test, name, value) => match name.to_ascii_lowercase().as_str() {
            "timestamp" => {
                let at = moment(&value).ok_or_else(|| {
                    validation::field("$filter", format!("'{value}' is not a date and time."))
                })?;
                let begins = matches!(test, Comparison::Ge | Comparison::Gt) && step > 1;
                let (test, at) = if begins { (Comparison::Ge, at - at.rem_euclid(step)) } else { (test, at) };
                Filter::Test(test, "timestamp".to_owned(), at.to_string())
            }
            "apiid" => named(test, "apiId", &value),
            "operationid" => match value.rsplit('/').collect::<Vec<_>>().as_slice() {
                [operation, _, api, ..] if test == Comparison::Eq => {
                    Filter::And(vec![named(test, "apiId", api), named(test, "operationId", operation)])
                }
                _ => named(test, "operationId", &value),
            },
            "productid" => named(test, "productId", &value),
            "subscriptionid" => named(test, "subscriptionId", &value),
            "userid" => named(test, "userId", &value),
            _ => {
                let message = format!("Reports cannot be filtered by '{name}'.");
                return Err(validation::field("$filter", message));
            }
        },
    })
}

fn named(test: Comparison, name: &str, value: &str) -> Filter {
    Filter::Test(test, name.to_owned(), value.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Times without a zone are in UTC.
fn moment(text: &str) -> Option<i64> {
    let moment = Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}Z")));
    moment.map(Timestamp::unix_millis)
}

fn timeless(filter: Filter) -> Filter {
    let all = |filters: Vec<Filter>| filters.into_iter().map(timeless).collect();
    match filter {
        Filter::And(filters) => Filter::And(all(filters)),
        Filter::Or(filters) => Filter::Or(all(filters)),
        // What is excluded for its time is not excluded at all times.
        Filter::Not(_) => Filter::And(Vec::new()),
        Filter::Test(_, name, _) if name == "timestamp" => Filter::And(Vec::new()),
        other @ Filter::Test(..) => other,
    }
}
