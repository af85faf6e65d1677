//! Entries brought together with those of neighbouring keys.

use std::ops::Range;
use std::slice::IterMut;

use rayon::prelude::*;

use super::entries::Entries;
use crate::error::Result;

/// Entries that are sorted by one thread: all those of some neighbouring keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) keys: Range<usize>,
    /// Where its entries stand among all.
    pub(super) entries: Range<usize>,
}

/// Entries that a bucket should have: few enough for a core's cache.
const BUCKET: usize = 16_384;
/// The most buckets: a thread writes to all of them at once.
const BUCKETS: usize = 1024;
/// Keys are counted in at most two to this power bins, of which buckets are made.
const BIN_BITS: u32 = 12;

/// An entry in one word; words of one key compare like their values.
#[inline]
fn pack(key: u32, value: u32) -> u64 {
    u64::from(key) << 32 | u64::from(value)
}

/// The key of a packed entry.
#[inline]
pub(super) fn key(entry: u64) -> usize {
    (entry >> 32) as usize
}

/// The value of a packed entry.
#[inline]
pub(super) fn value(entry: u64) -> u32 {
    entry as u32
}

/// Fills `packed` with the entries of all `chunks`, bucket after bucket, and returns the buckets.
///
/// Entries of one bucket keep their order. The buckets cover every key of `0..n_keys`, those
/// without entries too. `O(entries + chunks · buckets)`.
///
/// # Errors
///
/// The first error, in the order of the chunks, of [`Entries::count`].
pub(super) fn partition<E: Entries>(
    n_keys: usize,
    chunks: &[E],
    packed: &mut [u64],
) -> Result<Vec<Bucket>> {
    let key_bits = usize::BITS - n_keys.saturating_sub(1).leading_zeros();
    let shift = key_bits.saturating_sub(BIN_BITS);
    let n_bins = (n_keys.saturating_sub(1) >> shift) + 1;
    let counted: Vec<Result<Vec<u32>>> = chunks
        .par_iter()
        .map(|chunk| {
            let mut bins = vec![0; n_bins];
            chunk.count(shift, &mut bins).map(|()| bins)
        })
        .collect();
    let bins = counted.into_iter().collect::<Result<Vec<_>>>()?;

    let (buckets, bucket_of) = buckets(n_keys, shift, n_bins, &bins, packed.len());
    let slots = slots(&bins, &bucket_of, buckets.len(), packed);
    chunks.par_iter().zip(slots).for_each(|(chunk, mut slots)| {
        chunk.visit(|key, value| {
            let bucket = bucket_of[(key >> shift) as usize];
            let slot = slots[usize::from(bucket)].next();
            *slot.expect("as many entries as were counted") = pack(key, value);
        });
    });
    Ok(buckets)
}

/// Neighbouring bins joined until each bucket has its share; and the bucket of each bin.
fn buckets(
    n_keys: usize,
    shift: u32,
    n_bins: usize,
    bins: &[Vec<u32>],
    n: usize,
) -> (Vec<Bucket>, Vec<u16>) {
    let share = BUCKET.max(n / BUCKETS + 1);
    let mut buckets = Vec::new();
    let mut bucket_of = Vec::with_capacity(n_bins);
    let (mut first_key, mut start, mut end) = (0, 0, 0);
    for bin in 0..n_bins {
        bucket_of.push(buckets.len() as u16);
        end += bins.iter().map(|bins| bins[bin] as usize).sum::<usize>();
        let last_key = ((bin + 1) << shift).min(n_keys);
        if end - start >= share || bin + 1 == n_bins {
            buckets.push(Bucket { keys: first_key..last_key, entries: start..end });
            (first_key, start) = (last_key, end);
        }
    }
    (buckets, bucket_of)
}

/// For each chunk, the places of its entries in each bucket: behind those of earlier chunks.
fn slots<'a>(
    bins: &[Vec<u32>],
    bucket_of: &[u16],
    n_buckets: usize,
    mut packed: &'a mut [u64],
) -> Vec<Vec<IterMut<'a, u64>>> {
    let mut slots: Vec<Vec<IterMut<u64>>> =
        bins.iter().map(|_| Vec::with_capacity(n_buckets)).collect();
    for of_bucket in bucket_of.chunk_by(|a, b| a == b).scan(0, |next, bins| {
        let range = *next..*next + bins.len();
        *next = range.end;
        Some(range)
    }) {
        for (slots, bins) in slots.iter_mut().zip(bins) {
            let n = bins[of_bucket.clone()].iter().map(|&n| n as usize).sum();
            let (mine, rest) = packed.split_at_mut(n);
            packed = rest;
            slots.push(mine.iter_mut());
        }
    }
    slots
}
