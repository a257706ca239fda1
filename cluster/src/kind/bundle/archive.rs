//! Writing the archive: a tar whose files are named by what is in them. The name of a file stands before its contents,
//! and is known after them; so the place of the name is left open and filled in afterwards.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};

use super::layout::blob_path;

/// Tar works in blocks of this size.
const BLOCK: u64 = 512;
/// What stands where a name is not known yet; two of them end an archive.
const EMPTY: [u8; 512] = [0; 512];
const PIECE: usize = 256 * 1024;

/// A file that takes its name when it is whole, and is removed if it never is.
pub(super) struct Draft {
    path: PathBuf,
    whole: PathBuf,
    kept: bool,
}

impl Draft {
    /// Beside the file that it is to become: only there a rename is one step.
    pub(super) fn of(whole: &Path) -> Self {
        let mut path = whole.as_os_str().to_owned();
        path.push(".part");
        Self { path: path.into(), whole: whole.to_owned(), kept: false }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn keep(mut self) -> io::Result<()> {
        fs::rename(&self.path, &self.whole)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            // There may be none yet.
            drop(fs::remove_file(&self.path));
        }
    }
}

/// An archive that is being written.
pub(super) struct Archive {
    file: BufWriter<File>,
    /// Where the next file begins.
    end: u64,
    /// The sizes of the blobs, by digest.
    blobs: BTreeMap<String, u64>,
}

/// A blob of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blob {
    pub digest: String,
    pub size: u64,
    /// Its first bytes tell what it is.
    pub first: Vec<u8>,
}

impl Archive {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(File::create(path)?), end: 0, blobs: BTreeMap::new() })
    }

    /// Adds a file.
    pub(super) fn add(&mut self, name: &str, contents: &[u8]) -> io::Result<()> {
        let size = contents.len() as u64;
        self.file.write_all(header(name, size)?.as_bytes())?;
        self.file.write_all(contents)?;
        self.close(size)
    }

    /// Adds a blob, unless it is there.
    pub(super) fn add_blob(&mut self, contents: &[u8]) -> io::Result<Blob> {
        let digest = digest_of(contents);
        let size = contents.len() as u64;
        if self.blobs.insert(digest.clone(), size).is_none() {
            self.add(&blob_path(&digest), contents)?;
        }
        Ok(Blob { digest, size, first: contents.iter().take(4).copied().collect() })
    }

    /// Adds a blob of `size` bytes, unless it is there.
    pub(super) fn copy_blob(&mut self, contents: &mut impl Read, size: u64) -> io::Result<Blob> {
        self.file.write_all(&EMPTY)?;
        let mut hash = Context::new(&SHA256);
        let mut first = Vec::new();
        let mut piece = vec![0; PIECE];
        let mut left = size;
        while left > 0 {
            let most = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = contents.read(&mut piece[..most])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            first.extend(piece.iter().take(read).take(4_usize.saturating_sub(first.len())));
            hash.update(&piece[..read]);
            self.file.write_all(&piece[..read])?;
            left -= read as u64;
        }
        let digest = hexadecimal(hash.finish().as_ref());
        let begin = self.end;
        if self.blobs.insert(digest.clone(), size).is_some() {
            self.file.seek(SeekFrom::Start(begin))?;
            self.file.get_ref().set_len(begin)?;
        } else {
            self.close(size)?;
            self.file.seek(SeekFrom::Start(begin))?;
            self.file.write_all(header(&blob_path(&digest), size)?.as_bytes())?;
            self.file.seek(SeekFrom::Start(self.end))?;
        }
        Ok(Blob { digest, size, first })
    }

    /// Ends the archive; when this returns it is on the disk. Gives its length.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        self.file.write_all(&EMPTY)?;
        self.file.write_all(&EMPTY)?;
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(self.end + 2 * BLOCK)
    }

    /// Fills the last block of a file that began at the end.
    fn close(&mut self, size: u64) -> io::Result<()> {
        let filling = size.next_multiple_of(BLOCK) - size;
        io::copy(&mut io::repeat(0).take(filling), &mut self.file)?;
        self.end += BLOCK + size + filling;
        Ok(())
    }
}

/// The same for the same contents, whoever writes it and when.
fn header(name: &str, size: u64) -> io::Result<tar::Header> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name)?;
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    Ok(header)
}

pub(super) fn digest_of(contents: &[u8]) -> String {
    hexadecimal(aws_lc_rs::digest::digest(&SHA256, contents).as_ref())
}

pub(super) fn hexadecimal(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest.iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
