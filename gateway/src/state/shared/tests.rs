//! The counters in a Redis decide as those in memory do. Without `redis-server` on this machine the tests say so.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustls::RootCertStore;
use tokio::time::timeout;

use super::super::{Calls, Quota};
use super::*;

/// A Redis of this test.
pub struct Server {
    process: Child,
    pub port: u16,
}

impl Server {
    /// Starts one, if there is one on this machine.
    pub fn start() -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        Self::at(free.expect("a port").port())
    }

    /// Starts one at a port.
    pub fn at(port: u16) -> Option<Self> {
        let arguments =
            ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()];
        let started = Command::new("redis-server").args(arguments).stdout(Stdio::piped()).spawn();
        let Ok(mut process) = started else {
            eprintln!("skipped: there is no redis-server here");
            return None;
        };
        let mut lines = BufReader::new(process.stdout.take().expect("its log")).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.contains("Ready to accept connections")));
        // Nobody reads the log any more; it is short.
        std::thread::spawn(move || lines.for_each(drop));
        assert!(ready, "redis-server did not start at {port}");
        Some(Self { process, port })
    }

    pub fn address(&self) -> apim::Redis {
        format!("redis://127.0.0.1:{}", self.port).parse().expect("an address")
    }

    pub fn open(&self) -> Shared {
        Shared::new(Link::open(self.address(), Arc::new(RootCertStore::empty())))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Numbers that look random, the same in every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

#[tokio::test]
async fn rate_limits_decide_as_in_memory() {
    let Some(server) = Server::start() else { return };
    let mut shared = server.open();
    let mut numbers = Numbers(42);
    for round in 0..40 {
        let (mut calls, key) = (Calls::default(), format!("key {round}"));
        let mut now = 1_700_000_000_000 + i64::try_from(numbers.below(5_000)).unwrap_or(0);
        let algorithm = if round % 2 == 0 { Algorithm::SlidingWindow } else { Algorithm::TokenBucket };
        let usual = Limit {
            calls: [0, 1, 7, 40, 900, 70_000_000][usize::try_from(numbers.below(6)).unwrap_or(0)],
            period: u32::try_from(numbers.below(300)).unwrap_or(0) + 1,
            increment: 1,
            algorithm,
        };
        for step in 0..100 {
            let most = [1, 40, 1_500, 40_000, 400_000][usize::try_from(numbers.below(5)).unwrap_or(0)];
            now += i64::try_from(numbers.below(most)).unwrap_or(0);
            let limit = Limit { increment: numbers.below(3), ..usual };
            let (expected, count) = match numbers.below(8) {
                0 => (calls.room(limit, now), Count::Room(None)),
                1 => {
                    calls.add_to(limit, now);
                    (Ok(0), Count::Always)
                }
                _ => (calls.count(limit, now), Count::IfRoom),
            };
            shared.now = Some(now);
            let found = shared.count(&key, limit, count).await.expect("an answer");
            let found = if matches!(count, Count::Always) { Ok(0) } else { found };
            assert_eq!(found, expected, "round {round}, step {step}: {limit:?}, {count:?} at {now}");
        }
    }
}

#[tokio::test]
async fn quotas_decide_as_in_memory() {
    let Some(server) = Server::start() else { return };
    let mut shared = server.open();
    let mut numbers = Numbers(7);
    for round in 0..24 {
        let (mut quota, key) = (Quota::default(), format!("key {round}"));
        let mut now = 1_700_000_000_000 + i64::try_from(numbers.below(5_000)).unwrap_or(0);
        let seconds = u32::try_from(numbers.below(4_000)).unwrap_or(0);
        let period = match round % 4 {
            0 => Period::Endless,
            1 => Period::SinceFirstCall(seconds),
            2 => Period::Since(-62_135_596_800_000, seconds),
            _ => Period::Between(now, now + 100_000),
        };
        let some = |number: u64| Some(number).filter(|number| *number > 2);
        let allowance = Allowance { calls: some(numbers.below(40)), bytes: some(numbers.below(9_000)) };
        for step in 0..100 {
            now += i64::try_from(numbers.below(60_000)).unwrap_or(0);
            shared.now = Some(now);
            if numbers.below(5) == 0 {
                let some = |number: u64| Some(number).filter(|number| *number < 20);
                let change = QuotaChange {
                    start: some(numbers.below(40)).map(|_| now),
                    calls: some(numbers.below(40)),
                    bytes: some(numbers.below(40)),
                };
                let found = shared.used(&key, change).await.expect("an answer");
                assert_eq!(found, quota.used(change, now), "round {round}, step {step}");
                continue;
            }
            if step > 0 && numbers.below(4) == 0 {
                let bytes = numbers.below(2_000);
                quota.add(1, bytes);
                shared.add(&key, 1, bytes).await.expect("an answer");
                continue;
            }
            let expected = quota.check(allowance, period, now);
            let found = shared.spend(&key, (allowance, period), 2).await.expect("an answer");
            if expected.is_ok() {
                quota.add(2, 0);
                assert_eq!(found, Ok(quota.calls()), "round {round}, step {step}");
                continue;
            }
            assert_eq!(found.map(|_| ()), expected, "round {round}, step {step}: {allowance:?}, {period:?}");
        }
    }
}

#[tokio::test]
async fn a_redis_that_is_away_has_no_answer_and_is_found_again() {
    let Some(server) = Server::start() else { return };
    let (port, shared) = (server.port, server.open());
    let limit = Limit { calls: 9, period: 60, increment: 1, algorithm: Algorithm::SlidingWindow };
    assert_eq!(shared.count("a", limit, Count::IfRoom).await, Some(Ok(8)));
    drop(server);
    let gone = async { while shared.count("a", limit, Count::IfRoom).await.is_some() {} };
    timeout(Duration::from_secs(10), gone).await.expect("the end of the Redis is noticed");
    assert!(!shared.link.is_up());
    let _again = Server::at(port).expect("a Redis");
    let back = async {
        while shared.count("a", limit, Count::IfRoom).await.is_none() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), back).await.expect("the Redis is found again");
    assert_eq!(shared.count("a", limit, Count::IfRoom).await, Some(Ok(7)));
}

#[tokio::test]
async fn three_gateways_admit_as_many_calls_as_one() {
    let Some(server) = Server::start() else { return };
    let text = "<policies><inbound><base /><rate-limit-by-key calls='100' renewal-period='300' counter-key='a' />\
                <return-response /></inbound></policies>";
    let mut service = crate::tests::world::service();
    service.apis[0].policy = Some(crate::tests::world::policy("limit", text));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let setting = (sim::Clock::system(), None);
        let world =
            crate::tests::world::World::sharing(service.clone(), setting, Some(server.address())).await;
        calls.spawn(async move {
            let mut admitted = 0;
            for _ in 0..60 {
                let status = world.call(&["GET /api/x HTTP/1.1"]).await.status();
                assert!(matches!(status, 200 | 429), "{status}");
                admitted += usize::from(status == 200);
            }
            admitted
        });
    }
    assert_eq!(calls.join_all().await.into_iter().sum::<usize>(), 100);
}
