//! What one thread remembers: bounded, and without allocation for what it has seen before.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::time::Duration;

use apim::{Cached, Durations, ServedRequest, StatusCounts, TrafficSum};
use foldhash::HashMap;
use foldhash::fast::RandomState;

use super::{Account, Served};

/// How many requests are kept.
const REQUESTS: usize = 1_000;
/// How many sums of a minute are kept.
pub(super) const SUMS: usize = 4_000;
/// How many of the minutes before.
const PAST: usize = 8_000;
/// How many texts say what a request was.
const TEXTS: usize = 12;
/// How long a URL may be, in bytes.
const URL: usize = 1_024;
/// What stands in place of a key.
const REDACTED: &str = "[redacted]";

/// The requests that came by one thread.
#[derive(Debug, Default)]
pub struct Kept {
    hasher: RandomState,
    /// The sums of the newest minute.
    minute: i64,
    now: HashMap<u64, Of<TrafficSum>>,
    /// Those of the minutes before, the oldest first.
    past: VecDeque<Vec<Of<TrafficSum>>>,
    past_sums: usize,
    requests: Vec<Line>,
    next: usize,
}

/// A request: the texts that say what it was one after the other, each with its end.
#[derive(Debug)]
struct Line {
    text: String,
    ends: [usize; TEXTS],
    scheme: &'static str,
    at: i64,
    client: IpAddr,
    status: (u16, Option<u16>),
    cached: Cached,
    took: (Duration, Option<Duration>),
    bytes: (u64, u64),
}

/// What is remembered of a service with this ARM id.
#[derive(Debug)]
struct Of<T> {
    service: String,
    told: T,
}

impl Kept {
    /// Remembers a request.
    pub fn count(&mut self, served: &Served<'_>) {
        self.begin(served.at.unix_millis().div_euclid(60_000));
        let (key, account) = self.kind(&served.account);
        let minute = self.minute;
        let sum = self.now.entry(key).or_insert_with(|| {
            let told = TrafficSum { minute, account: owned(&account), ..TrafficSum::default() };
            Of { service: account.service.to_owned(), told }
        });
        add(&mut sum.told, served);
        self.keep(served);
    }

    /// Adds what is remembered of a service.
    pub fn tell(&self, service: &str, traffic: &mut apim::Traffic) {
        let sums = self.past.iter().flatten().chain(self.now.values());
        let sums = sums.filter(|sum| sum.service.eq_ignore_ascii_case(service));
        traffic.sums.extend(sums.map(|sum| sum.told.clone()));
        let requests = self.requests.iter().filter(|line| line.service().eq_ignore_ascii_case(service));
        traffic.requests.extend(requests.map(Line::told));
    }

    /// What comes late counts for the minute that is.
    fn begin(&mut self, minute: i64) {
        if minute <= self.minute {
            return;
        }
        self.minute = minute;
        if !self.now.is_empty() {
            self.past_sums += self.now.len();
            self.past.push_back(self.now.drain().map(|(_, sum)| sum).collect());
        }
        while self.past_sums > PAST {
            self.past_sums -= self.past.pop_front().map_or(self.past_sums, |oldest| oldest.len());
        }
    }

    /// The kind of a request; when there are too many, it is that of all others.
    fn kind<'a>(&self, account: &Account<'a>) -> (u64, Account<'a>) {
        let key = self.hasher.hash_one(account);
        if self.now.len() < SUMS || self.now.contains_key(&key) {
            return (key, *account);
        }
        let service = account.service;
        let others = Account { service, api: "", operation: "", product: "", subscription: "", user: "" };
        (self.hasher.hash_one(others), others)
    }

    fn keep(&mut self, served: &Served<'_>) {
        if self.requests.len() < REQUESTS {
            self.requests.push(Line::of(served, String::new()));
            return;
        }
        let at = self.next % REQUESTS;
        self.next = at + 1;
        if let Some(oldest) = self.requests.get_mut(at) {
            *oldest = Line::of(served, std::mem::take(&mut oldest.text));
        }
    }
}

impl Line {
    /// A request, written down where another was.
    fn of(served: &Served<'_>, mut text: String) -> Self {
        let Account { service, api, operation, product, subscription, user } = served.account;
        let (scheme, host, path, query) = served.url;
        let (path, query) = (cut(path), cut(query.unwrap_or_default()));
        let texts: [&str; TEXTS] = [
            service,
            api,
            operation,
            product,
            subscription,
            user,
            served.method,
            served.id,
            served.key,
            host,
            path,
            query,
        ];
        text.clear();
        let ends = texts.map(|part| {
            text.push_str(part);
            text.len()
        });
        Self {
            text,
            ends,
            scheme,
            at: served.at.unix_millis(),
            client: served.client,
            status: served.status,
            cached: served.cached,
            took: served.took,
            bytes: served.bytes,
        }
    }

    fn service(&self) -> &str {
        self.text.get(..self.ends[0]).unwrap_or_default()
    }

    fn told(&self) -> ServedRequest {
        let mut from = 0;
        let texts = self.ends.map(|end| {
            let part = self.text.get(from..end).unwrap_or_default();
            from = end;
            part
        });
        let [_, api, operation, product, subscription, user, method, id, key, host, path, query] = texts;
        let service = "";
        let url = format!("{}://{host}{path}", self.scheme);
        ServedRequest {
            account: owned(&Account { service, api, operation, product, subscription, user }),
            at: self.at,
            method: method.to_owned(),
            url: with_query(url, query, key),
            client: self.client,
            status: self.status.0,
            backend_status: self.status.1,
            cached: self.cached,
            took: micros(self.took.0),
            backend_took: self.took.1.map_or(0, micros),
            request_bytes: self.bytes.0,
            response_bytes: self.bytes.1,
            id: id.to_owned(),
        }
    }
}

fn owned(account: &Account<'_>) -> apim::Account {
    apim::Account {
        api: account.api.to_owned(),
        operation: account.operation.to_owned(),
        product: account.product.to_owned(),
        subscription: account.subscription.to_owned(),
        user: account.user.to_owned(),
    }
}

fn add(sum: &mut TrafficSum, served: &Served<'_>) {
    count(&mut sum.statuses, served.status.0);
    let (request, response) = served.bytes;
    sum.bytes = sum.bytes.saturating_add(request).saturating_add(response);
    sum.cache_hits += u64::from(served.cached == Cached::Hit);
    sum.cache_misses += u64::from(served.cached == Cached::Miss);
    lasted(&mut sum.took, served.took.0);
    if let Some(backend) = served.took.1 {
        lasted(&mut sum.backend_took, backend);
    }
}

/// As the columns of Azure's reports are defined.
fn count(counts: &mut StatusCounts, status: u16) {
    let kind = match status {
        ..=301 | 304 | 307 => &mut counts.success,
        401 | 403 | 429 => &mut counts.blocked,
        400 | 500.. => &mut counts.failed,
        _ => &mut counts.other,
    };
    *kind += 1;
}

fn lasted(durations: &mut Durations, took: Duration) {
    let took = micros(took);
    durations.least = if durations.count == 0 { took } else { durations.least.min(took) };
    durations.most = durations.most.max(took);
    durations.sum = durations.sum.saturating_add(took);
    durations.count += 1;
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

/// The URL with its query, without keys, and not too long.
fn with_query(mut url: String, query: &str, key: &str) -> String {
    let mut mark = '?';
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        url.push(mark);
        mark = '&';
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if is_key(name, key) && !value.is_empty() {
            url.extend([name, "=", REDACTED]);
        } else {
            url.push_str(pair);
        }
    }
    if url.len() > URL {
        url.truncate(cut(&url).len());
        url.push('…');
    }
    url
}

/// As much of a text as a URL may have.
fn cut(text: &str) -> &str {
    if text.len() <= URL {
        return text;
    }
    let end = (0..=URL).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// The parameter has this name, perhaps written in another way.
fn is_key(name: &str, key: &str) -> bool {
    if !name.contains(['%', '+']) {
        return name == key;
    }
    form_urlencoded::parse(name.as_bytes()).next().is_some_and(|(name, _)| name == key)
}
