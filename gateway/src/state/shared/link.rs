//! The connection to a Redis: one for all requests, made again by itself when it breaks.
//! <https://redis.io/docs/latest/develop/reference/protocol-spec/>
//!
//! While there is none, nobody waits for it: what would be asked has no answer at once. A Redis that does not answer in
//! time is left alone like one that is gone.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use apim::Redis;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, FromRedisValue, RedisConnectionInfo, RedisError, ScriptInvocation, cmd};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long to wait before the next try, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How many questions may be under way.
const UNDER_WAY: usize = 4_096;

/// The state of the connection.
enum Line {
    /// The first one is being made.
    Dialling,
    /// There is one.
    Up(MultiplexedConnection),
    /// There is none.
    Away,
}

/// A way to a Redis, for as long as this is there.
pub struct Link {
    address: Redis,
    line: watch::Receiver<Line>,
    hung: Arc<Notify>,
}

impl Link {
    /// Begins to connect. TLS believes certificates that end at these roots.
    pub fn open(address: Redis, roots: Arc<RootCertStore>) -> Arc<Self> {
        let (sender, line) = watch::channel(Line::Dialling);
        let hung = Arc::new(Notify::new());
        tokio::spawn(keep(address.clone(), roots, sender, Arc::clone(&hung)));
        Arc::new(Self { address, line, hung })
    }

    /// There is a connection at the moment.
    pub fn is_up(&self) -> bool {
        matches!(&*self.line.borrow(), Line::Up(_))
    }

    /// Waits until the first connection is there or has failed.
    pub async fn settled(&self) {
        let mut line = self.line.clone();
        let there = line.wait_for(|line| !matches!(line, Line::Dialling));
        drop(timeout(CONNECT, there).await);
    }

    /// What a script answers; `None` if the Redis is away.
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Option<T> {
        let mut connection = self.connection().await?;
        self.within(script.invoke_async(&mut connection)).await
    }

    /// What is kept under a key, if anything is; `None` if the Redis is away.
    pub async fn get(&self, key: &str) -> Option<Option<Vec<u8>>> {
        let mut connection = self.connection().await?;
        self.within(cmd("GET").arg(key).query_async(&mut connection)).await
    }

    /// Keeps bytes under a key, for so many milliseconds unless it is for ever; `None` if the Redis is away.
    pub async fn set(&self, key: &str, bytes: &[u8], milliseconds: Option<i64>) -> Option<()> {
        let mut command = cmd("SET");
        command.arg(key).arg(bytes);
        match milliseconds {
            Some(over) if over <= 0 => return self.delete(key).await,
            Some(milliseconds) => command.arg("PX").arg(milliseconds),
            None => &mut command,
        };
        let mut connection = self.connection().await?;
        self.within(command.query_async(&mut connection)).await
    }

    /// Forgets what is kept under a key; `None` if the Redis is away.
    pub async fn delete(&self, key: &str) -> Option<()> {
        let mut connection = self.connection().await?;
        self.within(cmd("DEL").arg(key).query_async(&mut connection)).await
    }

    async fn connection(&self) -> Option<MultiplexedConnection> {
        if matches!(&*self.line.borrow(), Line::Dialling) {
            self.settled().await;
        }
        match &*self.line.borrow() {
            Line::Up(connection) => Some(connection.clone()),
            Line::Dialling | Line::Away => None,
        }
    }

    async fn within<T>(&self, answer: impl Future<Output = Result<T, RedisError>>) -> Option<T> {
        match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                tracing::debug!(redis = %self.address, code = error.code(), "the Redis refused a command");
                None
            }
            Err(_) => {
                self.hung.notify_one();
                None
            }
        }
    }
}

/// Connects, and again whenever the connection breaks, until nobody holds the link.
async fn keep(address: Redis, roots: Arc<RootCertStore>, line: watch::Sender<Line>, hung: Arc<Notify>) {
    let mut pause = PAUSES.0;
    loop {
        match timeout(CONNECT, connect(&address, &roots)).await {
            Ok(Ok((connection, driver))) => {
                pause = PAUSES.0;
                line.send_replace(Line::Up(connection));
                tracing::info!(redis = %address, "state is shared through the Redis");
                tokio::select! {
                    () = driver => {}
                    () = hung.notified() => {}
                    () = line.closed() => return,
                }
                tracing::warn!(redis = %address, "the Redis is away: counters and caches are this process's own until it is back");
            }
            Ok(Err(error)) => tracing::warn!(redis = %address, %error, "the Redis cannot be reached"),
            Err(_) => tracing::warn!(redis = %address, "the Redis does not answer"),
        }
        line.send_replace(Line::Away);
        tokio::select! {
            () = sleep(pause) => {}
            () = line.closed() => return,
        }
        pause = (pause * 2).min(PAUSES.1);
    }
}

type Driver = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

async fn connect(address: &Redis, roots: &Arc<RootCertStore>) -> io::Result<(MultiplexedConnection, Driver)> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    stream.set_nodelay(true)?;
    if !address.tls {
        return converse(address, stream).await;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(io::Error::other)?;
    let config = config.with_root_certificates(Arc::clone(roots)).with_no_client_auth();
    let name = ServerName::try_from(address.host.clone()).map_err(io::Error::other)?;
    converse(address, TlsConnector::from(Arc::new(config)).connect(name, stream).await?).await
}

async fn converse<S>(address: &Redis, stream: S) -> io::Result<(MultiplexedConnection, Driver)>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
{
    let mut info = RedisConnectionInfo::default().set_db(address.database).set_lib_name("apimlab", "1");
    if let Some(user) = &address.user {
        info = info.set_username(user);
    }
    if let Some(password) = &address.password {
        info = info.set_password(password);
    }
    let config = AsyncConnectionConfig::new().set_response_timeout(None).set_concurrency_limit(UNDER_WAY);
    let conversation = MultiplexedConnection::new_with_config(&info, stream, config);
    let (connection, driver) = conversation.await.map_err(io::Error::other)?;
    Ok((connection, Box::pin(driver)))
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("address", &self.address)
            .field("is_up", &self.is_up())
            .finish_non_exhaustive()
    }
}
