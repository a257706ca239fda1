//! MD5 (RFC 1321) and HMAC-MD5 (RFC 2104), which aws-lc does not offer.

/// The shifts of the four rounds.
const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The digest of `message`.
pub fn digest(message: &[u8]) -> [u8; 16] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    if padded.len() - message.len() < 9 {
        padded.resize(padded.len() + 64, 0);
    }
    let length = (message.len() as u64).wrapping_mul(8).to_le_bytes();
    let end = padded.len() - 8;
    padded.splice(end.., length);
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded.chunks_exact(64) {
        let added = rounds(state, block);
        state.iter_mut().zip(added).for_each(|(word, more)| *word = word.wrapping_add(more));
    }
    let mut out = [0; 16];
    out.chunks_exact_mut(4).zip(state).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_le_bytes()));
    out
}

fn rounds([mut a, mut b, mut c, mut d]: [u32; 4], block: &[u8]) -> [u32; 4] {
    let word = |at: usize| {
        block.get(at * 4..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
    };
    for (step, index) in (0_u32..64).zip(0_usize..) {
        let (mixed, at) = match step / 16 {
            0 => ((b & c) | (!b & d), index),
            1 => ((d & b) | (!d & c), (5 * index + 1) % 16),
            2 => (b ^ c ^ d, (3 * index + 5) % 16),
            _ => (c ^ (b | !d), (7 * index) % 16),
        };
        let constant = (f64::from(step + 1).sin().abs() * 4_294_967_296.0) as u32;
        let shift = SHIFTS.get(index / 16).and_then(|row| row.get(index % 4)).copied().unwrap_or_default();
        let sum = a.wrapping_add(mixed).wrapping_add(constant).wrapping_add(word(at));
        (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(shift)));
    }
    [a, b, c, d]
}

/// The code of `message` under `key`.
pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 16] {
    let mut block = if key.len() > 64 { digest(key).to_vec() } else { key.to_vec() };
    block.resize(64, 0);
    let pad = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
    let inner = digest(&[pad(0x36), message.to_vec()].concat());
    digest(&[pad(0x5c), inner.to_vec()].concat())
}
