//! A pool of backends: the group of the highest priority that has a member to call takes the requests, each member its
//! share of them.
//! <https://learn.microsoft.com/azure/api-management/backends#load-balanced-pool>
//!
//! **Differs from Azure:** a member without a weight has the weight 1, one without a priority belongs to the first
//! group. Azure spreads requests over several machines, so that shares there are near, not exact.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use apim::{BackendPool, PoolMember};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use sim::Clock;

use super::Single;

/// The members, the groups of the highest priority first.
#[derive(Debug)]
pub struct Balance {
    groups: Vec<Group>,
    /// The cookie that binds a client to a member.
    cookie: Option<String>,
}

#[derive(Debug)]
struct Group {
    members: Vec<(Arc<Single>, i64)>,
    /// How far each member is behind its share.
    behind: Mutex<Vec<i64>>,
}

impl Balance {
    /// A pool of those backends that are found.
    pub fn new(pool: &BackendPool, find: impl Fn(&str) -> Option<Arc<Single>>) -> Self {
        let mut groups: BTreeMap<u32, Vec<(Arc<Single>, i64)>> = BTreeMap::new();
        for PoolMember { backend, priority, weight } in &pool.members {
            groups
                .entry(*priority)
                .or_default()
                .extend(find(backend).map(|single| (single, i64::from(*weight))));
        }
        let group = |members: Vec<_>| Group { behind: Mutex::new(vec![0; members.len()]), members };
        let groups = groups.into_values().map(group).collect();
        Self { groups, cookie: pool.session_cookie.clone() }
    }

    /// What a client says about the member that it is bound to.
    pub fn session<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let wanted = self.cookie.as_deref()?;
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find_map(|(name, value)| (name == wanted).then_some(value))
    }

    /// The cookie that binds a client to a member; `None` if none does, or it is bound already.
    pub fn begins_session(&self, member: &Single, headers: &HeaderMap) -> Option<HeaderValue> {
        let (name, bound) = (self.cookie.as_deref()?, token(member));
        let known = self.session(headers) == Some(&bound);
        HeaderValue::try_from(format!("{name}={bound}; Path=/; HttpOnly")).ok().filter(|_| !known)
    }

    /// The member that the client is bound to, or else whose turn it is.
    ///
    /// # Errors
    /// None can be called for that long, or for ever.
    pub fn next(&self, clock: &Clock, session: Option<&str>) -> Result<&Arc<Single>, Option<Duration>> {
        let is = |member: &Single| session.is_some_and(|session| token(member) == session);
        let mut members = self.groups.iter().flat_map(|group| &group.members);
        if let Some((member, _)) = members.find(|(member, _)| is(member) && member.open_for(clock).is_none())
        {
            return Ok(member);
        }
        self.groups.iter().find_map(|group| group.next(clock)).ok_or_else(|| {
            let members = self.groups.iter().flat_map(|group| &group.members);
            members.filter_map(|(member, _)| member.open_for(clock)).min()
        })
    }

    /// The member that comes first.
    pub fn first(&self) -> Option<&Arc<Single>> {
        self.groups.first().and_then(|group| group.members.first()).map(|(member, _)| member)
    }
}

/// What a cookie holds: the same for the same member, and not its name.
fn token(member: &Single) -> String {
    let hash = digest(&SHA256, member.name.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(hash.as_ref().get(..8).unwrap_or_default())
}

impl Group {
    /// Each gains its weight, and who is furthest behind is called and pays for all: so the turns of a heavy member
    /// are spread evenly.
    fn next(&self, clock: &Clock) -> Option<&Arc<Single>> {
        let closed = |(member, _): &(Arc<Single>, i64)| member.open_for(clock).is_none();
        if let [only] = self.members.as_slice() {
            return closed(only).then_some(&only.0);
        }
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        let mut total = 0;
        let able = self.members.iter().zip(behind.iter_mut()).filter(|(member, _)| closed(member));
        let able: Vec<_> = able.collect();
        let weightless = able.iter().all(|((_, weight), _)| *weight == 0);
        let mut best: Option<(&Arc<Single>, &mut i64)> = None;
        for ((member, weight), behind) in able {
            let weight = if weightless { 1 } else { *weight };
            if weight == 0 {
                continue;
            }
            *behind += weight;
            total += weight;
            if best.as_ref().is_none_or(|(_, most)| *behind > **most) {
                best = Some((member, behind));
            }
        }
        let (member, behind) = best?;
        *behind -= total;
        Some(member)
    }
}
