//! The log of a container: its newest lines, at most [`CAPACITY`] bytes of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sim::{Clock, Timestamp};
use tokio::sync::watch;

/// How many bytes a log keeps.
const CAPACITY: usize = 1 << 20;
/// How long a line can get before it is broken.
const LINE: usize = 16 << 10;

/// A log that a container writes. Clones write to the same log.
#[derive(Debug, Clone)]
pub struct Log(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    lines: Mutex<Lines>,
    written: watch::Sender<Written>,
}

#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<LogLine>,
    bytes: usize,
    /// The number of lines that were dropped from the front.
    dropped: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Written {
    lines: u64,
    complete: bool,
}

/// A line of a log, without its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub time: Timestamp,
    /// What was written.
    pub text: Arc<str>,
}

/// Reads a log from its oldest line on.
#[derive(Debug)]
pub struct LogReader {
    log: Log,
    next: u64,
    written: watch::Receiver<Written>,
}

/// Turns a stream of bytes into lines of a log.
#[derive(Debug)]
pub struct LineWriter {
    log: Log,
    partial: Vec<u8>,
}

impl Log {
    /// An empty log.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Shared { clock, lines: Mutex::default(), written: watch::Sender::default() }))
    }

    /// Adds text; each of its lines becomes a line of the log.
    pub fn write(&self, text: &str) {
        let time = self.0.clock.now();
        let mut lines = self.lines();
        for line in text.trim_end_matches('\n').split('\n') {
            lines.push(LogLine { time, text: Arc::from(bounded(line)) });
        }
        let total = lines.total();
        drop(lines);
        self.0.written.send_modify(|written| written.lines = total);
    }

    /// Says that nothing will be added any more.
    pub fn complete(&self) {
        self.0.written.send_modify(|written| written.complete = true);
    }

    /// A reader that starts at the oldest line.
    pub fn reader(&self) -> LogReader {
        LogReader { log: self.clone(), next: 0, written: self.0.written.subscribe() }
    }

    /// A writer for a stream of bytes.
    pub fn line_writer(&self) -> LineWriter {
        LineWriter { log: self.clone(), partial: Vec::new() }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn push(&mut self, line: LogLine) {
        self.bytes += line.text.len() + 1;
        self.kept.push_back(line);
        while self.bytes > CAPACITY {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.bytes -= oldest.text.len() + 1;
            self.dropped += 1;
        }
    }

    fn total(&self) -> u64 {
        self.dropped + self.kept.len() as u64
    }
}

impl LogReader {
    /// The lines that were added since the last call; at first all lines that the log still has.
    pub fn read(&mut self) -> Vec<LogLine> {
        let lines = self.log.lines();
        let skip = usize::try_from(self.next.saturating_sub(lines.dropped)).unwrap_or(usize::MAX);
        let new = lines.kept.iter().skip(skip).cloned().collect();
        self.next = lines.total();
        new
    }

    /// Waits until there is something to read. `false`: the log is complete and all of it was read.
    pub async fn wait(&mut self) -> bool {
        let next = self.next;
        match self.written.wait_for(|written| written.lines > next || written.complete).await {
            Ok(written) => written.lines > next,
            Err(_) => false,
        }
    }
}

impl LineWriter {
    /// Adds bytes; complete lines go to the log.
    pub fn write(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let ended = part.ends_with(b"\n");
            self.partial.extend_from_slice(part.strip_suffix(b"\n").unwrap_or(part));
            if ended || self.partial.len() >= LINE {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        let line = String::from_utf8_lossy(&self.partial).into_owned();
        self.partial.clear();
        self.log.write(line.trim_end_matches('\r'));
    }
}

impl Drop for LineWriter {
    fn drop(&mut self) {
        if !self.partial.is_empty() {
            self.flush();
        }
    }
}

fn bounded(line: &str) -> &str {
    let end = (0..=LINE.min(line.len())).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
    line.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(reader: &mut LogReader) -> Vec<String> {
        reader.read().iter().map(|line| line.text.to_string()).collect()
    }

    #[tokio::test]
    async fn a_reader_sees_old_lines_then_new_ones_then_the_end() {
        let log = Log::new(Clock::system());
        let mut bytes = log.line_writer();
        bytes.write(b"one\r\ntw");
        let mut reader = log.reader();
        assert_eq!(texts(&mut reader), ["one"]);
        bytes.write(b"o\nthree");
        drop(bytes);
        assert!(reader.wait().await);
        assert_eq!(texts(&mut reader), ["two", "three"]);
        log.complete();
        assert!(!reader.wait().await);
    }

    #[test]
    fn a_log_keeps_its_newest_mebibyte_and_breaks_long_lines() {
        let log = Log::new(Clock::system());
        let mut bytes = log.line_writer();
        bytes.write(&vec![b'x'; LINE + 5]);
        for number in 0..200_000 {
            log.write(&format!("line {number}"));
        }
        let lines = texts(&mut log.reader());
        assert_eq!(lines.last().map(String::as_str), Some("line 199999"));
        assert!(lines.iter().map(|line| line.len() + 1).sum::<usize>() <= CAPACITY);
    }
}
