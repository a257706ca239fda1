//! Copies of a request on which several policies work at the same time, and how their work comes together again.
//! <https://learn.microsoft.com/azure/api-management/wait-policy>
//!
//! **Differs from Azure:** there the policies share one request; here each sees what the others did when all is done.

use std::sync::Arc;

use http::HeaderMap;

use super::{Exchange, Message, Response};
use crate::body::Body;

impl Exchange {
    /// A copy. A body that is on its way stays here.
    pub fn fork(&self) -> Self {
        self.id();
        let mut fork =
            Self::new(Arc::clone(&self.gateway), Arc::clone(&self.matched.service), self.request.fork());
        fork.began = self.began;
        fork.started = self.started;
        fork.recorder = self.recorder.as_ref().map(|recorder| recorder.fork());
        fork.id = self.id.clone();
        fork.matched = self.matched.clone();
        fork.access = self.access.clone();
        fork.backend.clone_from(&self.backend);
        fork.chosen.clone_from(&self.chosen);
        fork.response = self.response.as_ref().map(Response::fork);
        fork.last_error.clone_from(&self.last_error);
        fork.field.clone_from(&self.field);
        fork.variables = Arc::clone(&self.variables);
        fork.tls = self.tls;
        fork.session = self.session.clone();
        fork.proxy.clone_from(&self.proxy);
        fork.counted.clone_from(&self.counted);
        fork.making.clone_from(&self.making);
        fork.written = Some(Vec::new());
        fork
    }

    /// Takes over what a copy wrote down, and nothing else: it had messages of its own.
    pub fn overhear(&mut self, fork: Self) {
        if let (Some(recorder), Some(fork)) = (&mut self.recorder, fork.recorder) {
            recorder.join(*fork);
        }
        self.traces.extend(fork.traces);
    }

    /// Takes over what was done to a copy; `base` is the copy before.
    pub fn merge(&mut self, fork: Self, base: &Self) {
        for name in fork.written.unwrap_or_default() {
            if let Some(value) = fork.variables.get(&name) {
                self.set_variable(&name, value.clone());
            }
        }
        if let (Some(recorder), Some(fork)) = (&mut self.recorder, fork.recorder) {
            recorder.join(*fork);
        }
        self.request.merge(fork.request, &base.request);
        if !same(self.backend.as_ref(), fork.backend.as_ref(), base.backend.as_ref()) {
            self.backend = fork.backend;
            self.chosen = fork.chosen;
        }
        match (&mut self.response, fork.response, &base.response) {
            (Some(response), Some(fork), Some(base)) => response.merge(fork, base),
            (response, Some(fork), _) => *response = Some(fork),
            (_, None, _) => {}
        }
        self.final_headers.extend(fork.final_headers);
        self.traces.extend(fork.traces);
        self.deferred.extend(fork.deferred);
        self.watches.extend(fork.watches);
        for key in fork.counted {
            if !self.counted.contains(&key) {
                self.counted.push(key);
            }
        }
    }
}

impl Message {
    fn fork(&self) -> Self {
        Self {
            host: self.host.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            remainder: self.remainder,
            query: self.query.clone(),
            headers: self.headers.clone(),
            own_host: self.own_host,
            body: self.body.fork(),
            client: self.client,
            original: self.original.clone(),
        }
    }

    fn merge(&mut self, fork: Self, base: &Self) {
        if fork.method != base.method {
            self.method = fork.method;
        }
        if fork.path != base.path || fork.remainder != base.remainder || fork.query != base.query {
            (self.path, self.remainder, self.query) = (fork.path, fork.remainder, fork.query);
            self.original = fork.original;
        }
        merge_headers(&mut self.headers, &fork.headers, &base.headers);
        self.own_host |= fork.own_host;
        self.body.merge(fork.body, &base.body);
    }
}

impl Response {
    fn fork(&self) -> Self {
        let (reason, headers) = (self.reason.clone(), self.headers.clone());
        Self { status: self.status, reason, headers, body: self.body.fork() }
    }

    fn merge(&mut self, fork: Self, base: &Self) {
        if fork.status != base.status || fork.reason != base.reason {
            (self.status, self.reason) = (fork.status, fork.reason);
        }
        merge_headers(&mut self.headers, &fork.headers, &base.headers);
        self.body.merge(fork.body, &base.body);
    }
}

impl Body {
    fn fork(&self) -> Self {
        match self {
            Self::Empty => Self::Empty,
            Self::Full(bytes) => Self::Full(bytes.clone()),
            Self::Consumed => Self::Consumed,
            _ => Self::Gone,
        }
    }

    fn merge(&mut self, fork: Self, base: &Self) {
        let unchanged = match (&fork, base) {
            (Self::Full(fork), Self::Full(base)) => {
                fork.as_ptr() == base.as_ptr() && fork.len() == base.len()
            }
            (Self::Empty, Self::Empty) | (Self::Consumed, Self::Consumed) | (Self::Gone, _) => true,
            _ => false,
        };
        if !unchanged {
            *self = fork;
        }
    }
}

fn merge_headers(headers: &mut HeaderMap, fork: &HeaderMap, base: &HeaderMap) {
    for name in fork.keys().chain(base.keys()) {
        if fork.get_all(name) == base.get_all(name) {
            continue;
        }
        headers.remove(name);
        for value in fork.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
}

fn same<T>(own: Option<&Arc<T>>, fork: Option<&Arc<T>>, base: Option<&Arc<T>>) -> bool {
    let key = |value: Option<&Arc<T>>| value.map(Arc::as_ptr);
    key(fork) == key(base) || key(fork) == key(own)
}
