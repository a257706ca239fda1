//! Reports of the requests that the service's own gateway served:
//! <https://learn.microsoft.com/rest/api/apimanagement/reports>
//!
//! **Differs from Azure:** a report is up to date, not a quarter of an hour old; it is cut at minutes; what came before the
//! sandbox started, and what self-hosted gateways served, is not in it. No address here has a place on earth, so `byGeo` has
//! one row. A request whose method a policy changed shows the new one.

use std::collections::BTreeMap;

use apim::{Account, Cached, Durations, ServedRequest, TrafficSum};
use arm::{ErrorResponse, ResourceId};
use serde_json::{Map, Value, json};
use sim::{Ids, Timestamp};

use super::report_filter::Condition;
use super::{api_operations, api_revisions, apis, products, subscriptions, users, validation};
use crate::emulator::Emulator;
use crate::engine::{Answer, Call, LOCATIONS, Resource, Store, duration, page, text};

/// What intervals are multiples of, in minutes.
const QUARTER: i64 = 15;

/// What a report has a row for.
pub enum Subject {
    /// Each API.
    Api,
    /// Each country: there is one.
    Geo,
    /// Each operation.
    Operation,
    /// Each product.
    Product,
    /// Each subscription.
    Subscription,
    /// Each interval.
    Time,
    /// Each user.
    User,
}

/// What rows are told apart by, and when the interval of a row begins, in minutes since 1970.
type Key = (i64, Account);

/// `GET …/reports/by…`
pub fn answer(emulator: &Emulator, call: &Call, subject: &Subject) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let service = call.holder(&store)?;
    let condition = Condition::of_sums(call.query("$filter"), subject.needs_filter())?;
    let interval = if matches!(subject, Subject::Time) { interval(call)? } else { 1 };
    let mut rows: BTreeMap<Key, TrafficSum> = BTreeMap::new();
    for account in subject.all(&store, &service.id).into_iter().filter(|account| condition.is_about(account))
    {
        rows.insert((0, account), TrafficSum::default());
    }
    for sum in emulator.config.data_plane.traffic(service.id.as_str()).sums {
        if condition.holds(&sum.account, sum.minute.saturating_mul(60_000))
            && let Some(key) = subject.key(&sum, interval)
        {
            merge(rows.entry(key).or_default(), &sum);
        }
    }
    let rows = rows.iter().map(|(key, sum)| {
        let mut row = subject.columns((&store, &service.id), key, interval);
        row.extend(numbers(sum));
        Value::Object(row)
    });
    let mut rows: Vec<Value> = rows.collect();
    order(&mut rows, call.query("$orderby"))?;
    page(call, rows, true)
}

/// `GET …/reports/byRequest`
pub fn by_request(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let service = call.holder(&Store::read(&emulator.store))?;
    let condition = Condition::of_requests(call.query("$filter"))?;
    let mut requests = emulator.config.data_plane.traffic(service.id.as_str()).requests;
    requests.retain(|request| condition.holds(&request.account, request.at));
    requests.sort_by_key(|request| request.at);
    let rows = requests.iter().enumerate().map(|(at, request)| shown(&service, at, request)).collect();
    let mut answer = page(call, rows, true)?;
    // This list has no links.
    if let Some(Value::Object(body)) = &mut answer.body {
        body.remove("nextLink");
    }
    Ok(answer)
}

impl Subject {
    fn needs_filter(&self) -> bool {
        !matches!(self, Self::Geo | Self::Subscription)
    }

    /// What there is in the service, whether it was called or not.
    fn all(&self, store: &Store, service: &ResourceId) -> Vec<Account> {
        let kind = match self {
            Self::Api => apis::DEFINITION.name,
            Self::Operation => api_operations::DEFINITION.name,
            Self::Product => products::DEFINITION.name,
            Self::Subscription => subscriptions::DEFINITION.name,
            Self::User => users::DEFINITION.name,
            Self::Geo | Self::Time => return Vec::new(),
        };
        let account = |resource: &Resource| {
            // Revisions count for their API.
            let named = |id: &ResourceId| api_revisions::split(id.name()).0.to_owned();
            let (name, none) = (named(&resource.id), Account::default());
            match self {
                Self::Api => Account { api: name, ..none },
                Self::Operation => {
                    let api = resource.id.parent().as_ref().map(named).unwrap_or_default();
                    Account { api, operation: name, ..none }
                }
                Self::Product => Account { product: name, ..none },
                Self::User => Account { user: name, ..none },
                _ => {
                    let last = |at: &str| {
                        let id = text(resource.properties(), &[at]).unwrap_or_default();
                        id.rsplit('/').next().unwrap_or_default().to_owned()
                    };
                    let scope = text(resource.properties(), &["scope"]).unwrap_or_default();
                    let is_product = scope.to_ascii_lowercase().contains("/products/");
                    let product = if is_product { last("scope") } else { String::new() };
                    Account { subscription: name, user: last("ownerId"), product, ..none }
                }
            }
        };
        store.of_type(kind, Some(service)).map(|resource| account(resource)).collect()
    }

    /// The row that a sum counts for, if there is one.
    fn key(&self, sum: &TrafficSum, interval: i64) -> Option<Key> {
        let Account { api, operation, product, subscription, user } = sum.account.clone();
        let none = Account::default();
        let (is_there, account) = match self {
            Self::Api => (!api.is_empty(), Account { api, ..none }),
            Self::Operation => (!operation.is_empty(), Account { api, operation, ..none }),
            Self::Product => (!product.is_empty(), Account { product, ..none }),
            Self::Subscription => (!subscription.is_empty(), Account { product, subscription, user, ..none }),
            Self::User => (!user.is_empty(), Account { user, ..none }),
            Self::Geo => (true, none),
            Self::Time => return Some((sum.minute - sum.minute.rem_euclid(interval), none)),
        };
        is_there.then_some((0, account))
    }

    /// The columns that say what the row is about.
    fn columns(
        &self,
        (store, service): (&Store, &ResourceId),
        key: &Key,
        interval: i64,
    ) -> Map<String, Value> {
        let (minute, account) = key;
        let named = |id: ResourceId| {
            let found = store.get(&id);
            let name = found.as_ref().and_then(|found| text(found.properties(), &["displayName"]));
            name.unwrap_or(id.name()).to_owned()
        };
        let api = || service.child("apis", &account.api);
        let columns = match self {
            Self::Api => json!({"name": named(api()), "apiId": api_id(account)}),
            Self::Operation => json!({
                "name": named(api().child("operations", &account.operation)),
                "apiId": api_id(account), "operationId": operation_id(account),
            }),
            Self::Product => json!({
                "name": named(service.child("products", &account.product)), "productId": product_id(account),
            }),
            Self::Subscription => json!({
                "name": named(service.child("subscriptions", &account.subscription)),
                "userId": user_id(account), "productId": product_id(account),
                "subscriptionId": subscription_id(account),
            }),
            Self::User => {
                let user = store.get(&service.child("users", &account.user));
                let part = |name| user.as_ref().and_then(|user| text(user.properties(), &[name]));
                let parts: Vec<&str> = ["firstName", "lastName"].into_iter().filter_map(part).collect();
                let name = if parts.is_empty() { account.user.clone() } else { parts.join(" ") };
                json!({"name": name, "userId": user_id(account)})
            }
            Self::Geo => json!({"country": "", "region": "", "zip": ""}),
            Self::Time => {
                let at = Timestamp::from_unix_seconds(minute.saturating_mul(60)).rfc3339();
                json!({"timestamp": at, "interval": format!("PT{interval}M")})
            }
        };
        if let Value::Object(columns) = columns { columns } else { Map::new() }
    }
}

fn id(kind: &str, name: &str) -> String {
    format!("/{kind}/{}", if name.is_empty() { "-" } else { name })
}

fn api_id(account: &Account) -> String {
    id("apis", &account.api)
}

fn operation_id(account: &Account) -> String {
    api_id(account) + &id("operations", &account.operation)
}

fn product_id(account: &Account) -> String {
    id("products", &account.product)
}

fn subscription_id(account: &Account) -> String {
    id("subscriptions", &account.subscription)
}

fn user_id(account: &Account) -> String {
    id("users", &account.user)
}

/// The length of intervals, in minutes.
fn interval(call: &Call) -> Result<i64, ErrorResponse> {
    let minutes = call.query("interval").and_then(duration).and_then(|given| {
        let minutes = i64::try_from(given.as_secs() / 60).ok()?;
        (minutes > 0 && minutes % QUARTER == 0 && given.as_secs() % 60 == 0).then_some(minutes)
    });
    minutes.ok_or_else(|| {
        let message =
            "The interval must be an ISO 8601 duration that is a multiple of 15 minutes and not zero.";
        validation::field("interval", message)
    })
}

fn merge(row: &mut TrafficSum, sum: &TrafficSum) {
    let (statuses, more) = (&mut row.statuses, sum.statuses);
    statuses.success += more.success;
    statuses.blocked += more.blocked;
    statuses.failed += more.failed;
    statuses.other += more.other;
    row.bytes = row.bytes.saturating_add(sum.bytes);
    row.cache_hits += sum.cache_hits;
    row.cache_misses += sum.cache_misses;
    for (durations, more) in [(&mut row.took, sum.took), (&mut row.backend_took, sum.backend_took)] {
        if durations.count == 0 {
            durations.least = more.least;
        } else if more.count > 0 {
            durations.least = durations.least.min(more.least);
        }
        durations.most = durations.most.max(more.most);
        durations.sum = durations.sum.saturating_add(more.sum);
        durations.count += more.count;
    }
}

fn numbers(sum: &TrafficSum) -> Map<String, Value> {
    let counts = sum.statuses;
    let mut columns = Map::new();
    for (name, number) in [
        ("callCountSuccess", counts.success),
        ("callCountBlocked", counts.blocked),
        ("callCountFailed", counts.failed),
        ("callCountOther", counts.other),
        ("callCountTotal", counts.success + counts.blocked + counts.failed + counts.other),
        ("bandwidth", sum.bytes),
        ("cacheHitCount", sum.cache_hits),
        ("cacheMissCount", sum.cache_misses),
    ] {
        columns.insert(name.to_owned(), json!(number));
    }
    for (name, durations) in [("apiTime", sum.took), ("serviceTime", sum.backend_took)] {
        let Durations { count, sum, least, most } = durations;
        for (part, micros) in [("Avg", sum / count.max(1)), ("Min", least), ("Max", most)] {
            columns.insert(format!("{name}{part}"), json!(milliseconds(micros)));
        }
    }
    columns
}

#[expect(clippy::cast_precision_loss, reason = "two hundred years in microseconds are exact")]
fn milliseconds(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

fn shown(service: &Resource, at: usize, request: &ServedRequest) -> Value {
    let account = &request.account;
    let id = match request.id.as_str() {
        "" => Ids::named(&[service.id.as_str(), &request.at.to_string(), &at.to_string()]),
        id => id.to_owned(),
    };
    let moment = Timestamp::from_unix_seconds(0)
        .after(std::time::Duration::from_millis(u64::try_from(request.at).unwrap_or(0)));
    json!({
        "apiId": api_id(account), "operationId": operation_id(account), "productId": product_id(account),
        "userId": user_id(account), "method": request.method, "url": request.url,
        "ipAddress": request.client.to_string(),
        "backendResponseCode": request.backend_status.map(|status| status.to_string()),
        "responseCode": request.status, "responseSize": request.response_bytes,
        "timestamp": moment.rfc3339_millis(),
        "cache": match request.cached {
            Cached::None => "none",
            Cached::Hit => "hit",
            Cached::Miss => "miss",
        },
        "apiTime": milliseconds(request.took), "serviceTime": milliseconds(request.backend_took),
        "apiRegion": region(service), "subscriptionId": subscription_id(account),
        "requestId": id, "requestSize": request.request_bytes,
    })
}

/// The display name of the service's region.
fn region(service: &Resource) -> &str {
    let location = text(&service.body, &["location"]).unwrap_or_default();
    LOCATIONS.iter().find(|(name, _)| *name == location).map_or(location, |(_, shown)| shown)
}

/// `$orderby`: columns with `asc` or `desc` behind them, the most important first.
fn order(rows: &mut [Value], by: Option<&str>) -> Result<(), ErrorResponse> {
    for part in by.unwrap_or_default().rsplit(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, direction) = part.split_once(char::is_whitespace).unwrap_or((part, "asc"));
        let is_down = match direction.trim().to_ascii_lowercase().as_str() {
            "asc" => false,
            "desc" => true,
            _ => return Err(validation::field("$orderby", format!("'{part}' is neither asc nor desc."))),
        };
        if rows.first().is_some_and(|row| row.get(name).is_none()) {
            return Err(validation::field("$orderby", format!("The report has no column '{name}'.")));
        }
        rows.sort_by(|one, other| {
            let (one, other) = (one.get(name), other.get(name));
            let number = |value: Option<&Value>| value.and_then(Value::as_f64);
            let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_lowercase);
            let order = match (number(one), number(other)) {
                (Some(one), Some(other)) => one.total_cmp(&other),
                _ => text(one).cmp(&text(other)),
            };
            if is_down { order.reverse() } else { order }
        });
    }
    Ok(())
}
