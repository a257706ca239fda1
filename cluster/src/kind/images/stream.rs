//! Files and answers as streams of pieces: nothing is ever held as a whole.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::{Buf, Bytes};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

use crate::kind::Error;

const PIECE: usize = 256 * 1024;
/// Pieces that may wait for a reader.
const WAITING: usize = 8;

/// A file cannot be read or written.
pub(crate) fn file_failed(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Error {
    move |reason| {
        let (path, reason) = (path.as_ref().display().to_string(), reason.to_string());
        Error::File { path, reason }
    }
}

/// A file's length and contents.
pub(crate) async fn file(
    path: &Path,
) -> Result<(u64, impl Stream<Item = Result<Bytes, Error>> + Send + 'static + use<>), Error> {
    let file = File::open(path).await.map_err(file_failed(path))?;
    let length = file.metadata().await.map_err(file_failed(path))?.len();
    Ok((length, pieces(file, path.to_owned())))
}

fn pieces(file: File, path: PathBuf) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
    stream::try_unfold((file, path), |(mut file, path)| async move {
        let mut piece = bytes::BytesMut::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await.map_err(file_failed(&path))?;
        Ok((read > 0).then(|| (piece.freeze(), (file, path))))
    })
}

/// A stream that a thread reads which may block.
pub(crate) struct Blocking {
    pieces: mpsc::Receiver<Result<Bytes, Error>>,
    piece: Bytes,
    /// What ended the stream, for who asks afterwards.
    pub(crate) failure: Option<Error>,
}

/// A stream's two ends: what carries its pieces on, to be awaited, and what a blocking thread reads.
pub(crate) fn blocking<S>(stream: S) -> (impl Future<Output = ()> + Send, Blocking)
where
    S: Stream<Item = Result<Bytes, Error>> + Send,
{
    let (sender, pieces) = mpsc::channel(WAITING);
    let carry = async move {
        let mut stream = std::pin::pin!(stream);
        while let Some(piece) = stream.next().await {
            // A reader that has gone has seen enough.
            if sender.send(piece).await.is_err() {
                return;
            }
        }
    };
    (carry, Blocking { pieces, piece: Bytes::new(), failure: None })
}

impl Read for Blocking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(error)) => {
                    let told = io::Error::other(error.to_string());
                    self.failure = Some(error);
                    return Err(told);
                }
                None => return Ok(0),
            }
        }
        let length = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}
