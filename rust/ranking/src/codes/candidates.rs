//! Columns that may be among the best of a row, by the bounds of their scores.

use glowrec_graph::dispatched;
use glowrec_graph::simd::Level;

use super::COLS;
use crate::best::Hit;

/// Bounded lists of candidates of many rows.
///
/// A list begins with places whose scores have been bounded from below, as hits; sums that came
/// since then follow as they came, and are looked at together when enough have come.
#[derive(Debug)]
pub(crate) struct Candidates {
    k: usize,
    room: usize,
    entries: Vec<u64>,
    lists: Vec<List>,
}

#[derive(Clone, Copy, Debug)]
struct List {
    /// Entries that are hits.
    bounded: u32,
    /// Entries.
    length: u32,
    /// Length at which the list is looked through.
    due: u32,
}

impl List {
    /// Has `n` hits, and is to be looked through when as many sums more have come.
    fn set(&mut self, n: usize, k: usize) {
        (self.bounded, self.length) = (n as u32, n as u32);
        self.due = (n + k.saturating_sub(n).max(FRESH).max(k)) as u32;
    }
}

/// What a list is looked through with.
pub(super) trait Bounds {
    /// A bound below the score of what has a sum and a place, both as a hit; none for a place
    /// that is excluded. Places ascend from call to call.
    fn lower(&mut self, sum: i32, place: u32) -> Option<Hit>;

    /// A bound above the score of what has a lower bound and a place.
    fn upper(&self, hit: Hit) -> f64;

    /// What has a lower bound below this scores below `threshold`, wherever it is.
    fn reach(&self, threshold: f32) -> f32;
}

/// Sums after which a list is looked through again, at the least: a look costs about as much as
/// the list is long, which is `k` and more.
const FRESH: usize = 32;

impl Candidates {
    /// Empty lists for `n_rows` rows, of which `k` > 0 columns are wanted.
    pub(super) fn new(n_rows: usize, k: usize) -> Self {
        let room = Self::room(k);
        let list = List { bounded: 0, length: 0, due: k as u32 };
        Self { k, room, entries: vec![0; n_rows * room], lists: vec![list; n_rows] }
    }

    /// Fills the empty list of a row; whether there is room for it.
    pub(super) fn begin(&mut self, row: usize, hits: &[Hit]) -> bool {
        let entries = &mut self.entries[row * self.room..][..self.room];
        self.lists[row].set(hits.len(), self.k);
        let fits = self.lists[row].due as usize + COLS <= self.room;
        if fits {
            entries.iter_mut().zip(hits).for_each(|(entry, hit)| *entry = hit.bits());
        }
        fits
    }

    /// Entries that a list has room for.
    pub(crate) fn room(k: usize) -> usize {
        8 * k + 4 * FRESH + COLS
    }

    /// Adds the sums of a panel that survived; whether the list is due to be looked through.
    #[inline]
    pub(super) fn add(
        &mut self,
        row: usize,
        mut survivors: u32,
        sums: &[i32; COLS],
        first: u32,
    ) -> bool {
        let list = &mut self.lists[row];
        let entries = &mut self.entries[row * self.room + list.length as usize..][..COLS];
        list.length += survivors.count_ones();
        let mut entries = entries.iter_mut();
        while survivors != 0 {
            let lane = survivors.trailing_zeros();
            survivors &= survivors - 1;
            let sum = sums[lane as usize].cast_unsigned();
            if let Some(entry) = entries.next() {
                *entry = u64::from(sum) << 32 | u64::from(first + lane);
            }
        }
        list.length >= list.due
    }

    /// Leaves what may be among the best `k`. The new threshold: `k` columns score at least this,
    /// or -inf where there are fewer. `None` if too many are too close to one another: the list is
    /// given up.
    pub(super) fn look_through(
        &mut self,
        level: Level,
        row: usize,
        bounds: &mut impl Bounds,
    ) -> Option<f32> {
        let list = &mut self.lists[row];
        let entries = &mut self.entries[row * self.room..][..list.length as usize];
        let mut n = bound(entries, list.bounded as usize, bounds);
        let mut threshold = f32::NEG_INFINITY;
        if n >= self.k {
            let worst = tighten(level, &entries[..n], self.k);
            threshold = Hit::from_bits(worst).score();
            let reach = Hit::new(bounds.reach(threshold), u32::MAX).bits();
            n = compact(level, &mut entries[..n], reach);
        }
        list.set(n, self.k);
        (list.due as usize + COLS <= self.room).then_some(threshold)
    }

    /// What is left of a row, in no order, after a last and closer look through it.
    pub(super) fn finish(&mut self, row: usize, bounds: &mut impl Bounds) -> &[u64] {
        let list = &mut self.lists[row];
        let entries = &mut self.entries[row * self.room..][..list.length as usize];
        let mut n = bound(entries, list.bounded as usize, bounds);
        if n > self.k {
            let (_, worst, _) = entries[..n].select_nth_unstable(self.k - 1);
            let threshold = f64::from(Hit::from_bits(*worst).score());
            let all = n;
            n = self.k;
            for i in self.k..all {
                if bounds.upper(Hit::from_bits(entries[i])) >= threshold {
                    entries[n] = entries[i];
                    n += 1;
                }
            }
        }
        &entries[..n]
    }
}

/// Bounds the sums from place `fresh` on; the number of hits, which now come first.
fn bound(entries: &mut [u64], fresh: usize, bounds: &mut impl Bounds) -> usize {
    let mut n = fresh;
    for i in fresh..entries.len() {
        let (sum, place) = ((entries[i] >> 32) as u32, entries[i] as u32);
        if let Some(hit) = bounds.lower(sum.cast_signed(), place) {
            entries[n] = hit.bits();
            n += 1;
        }
    }
    n
}

dispatched! {
    /// A hit that at least `k` of the hits are at least as good as, and not many more.
    fn tighten(level, hits: &[u64], k: usize) -> u64 = tighten_body;
}

/// Halvings of the scores between the best and the worst.
const HALVINGS: usize = 8;

#[inline(always)]
fn tighten_body(hits: &[u64], k: usize) -> u64 {
    let (best, worst) =
        hits.iter().fold((u64::MAX, 0), |(best, worst), &hit| (hit.min(best), hit.max(worst)));
    let [mut few, mut enough] = [best, worst].map(|hit| Hit::from_bits(hit).score());
    for _ in 0..HALVINGS {
        let middle = few / 2.0 + enough / 2.0;
        let last = Hit::new(middle, u32::MAX).bits();
        let n = hits.iter().map(|&hit| u64::from(hit <= last)).sum::<u64>() as usize;
        if n >= k { enough = middle } else { few = middle }
    }
    Hit::new(enough, u32::MAX).bits()
}

dispatched! {
    /// Leaves the hits that are no worse than `last`; how many there are.
    fn compact(level, hits: &mut [u64], last: u64) -> usize = compact_body;
}

#[inline(always)]
fn compact_body(hits: &mut [u64], last: u64) -> usize {
    let mut n = 0;
    for i in 0..hits.len() {
        let hit = hits[i];
        hits[n] = hit;
        n += usize::from(hit <= last);
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tenths, known to half a unit; place 7 is excluded.
    struct Tenths;

    impl Bounds for Tenths {
        fn lower(&mut self, sum: i32, place: u32) -> Option<Hit> {
            (place != 7).then(|| Hit::new(sum as f32 / 10.0, place))
        }

        fn upper(&self, hit: Hit) -> f64 {
            f64::from(hit.score()) + 0.5
        }

        fn reach(&self, threshold: f32) -> f32 {
            threshold - 0.5
        }
    }

    fn places(lists: &mut Candidates, row: usize) -> Vec<u32> {
        let left = lists.finish(row, &mut Tenths).iter();
        let mut places: Vec<u32> = left.map(|&bits| Hit::from_bits(bits).column()).collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn what_may_be_among_the_best_stays() {
        let mut lists = Candidates::new(2, 2);
        let mut sums = [0; COLS];
        (sums[0], sums[1], sums[2], sums[3], sums[4], sums[7]) = (10, 30, 25, 20, 19, 90);
        assert!(!lists.add(1, 1 << 7, &sums, 0));
        assert!(lists.add(1, 1, &sums, 0)); // two came, but one of them is excluded
        assert_eq!(lists.look_through(Level::current(), 1, &mut Tenths), Some(f32::NEG_INFINITY));
        assert!(!lists.add(1, 0b1_1110, &sums, 0));
        assert_eq!(places(&mut lists, 1), [1, 2, 3]); // 2.0 + 0.5 reaches 2.5, 1.9 + 0.5 does not
        assert!(places(&mut lists, 0).is_empty());
    }

    #[test]
    fn the_threshold_is_the_lower_bound_of_the_last_of_k() {
        let mut lists = Candidates::new(1, 2);
        let mut sums = [0; COLS];
        sums.iter_mut().zip(0..).for_each(|(sum, lane)| *sum = 10 * lane);
        assert!(lists.add(0, u32::MAX, &sums, 32));
        let threshold = lists.look_through(Level::current(), 0, &mut Tenths).unwrap();
        assert!((29.0..=30.0).contains(&threshold), "{threshold}");
        assert_eq!(places(&mut lists, 0), [62, 63]);
    }

    #[test]
    fn a_tightened_threshold_has_enough_hits_and_few_more() {
        for level in Level::available() {
            for n in [5, 64, 333] {
                let score = |i: u32| (i.wrapping_mul(2_654_435_761) >> 12) as f32 - 5e5;
                let hits: Vec<u64> = (0..n).map(|i| Hit::new(score(i), i).bits()).collect();
                for k in [1, 3, 5] {
                    let last = tighten(*level, &hits, k);
                    let mut left = hits.clone();
                    let n_left = compact(*level, &mut left, last);
                    assert!((k..=k + 4).contains(&n_left), "{n_left} of {n} for {k}");
                    let mut sorted = hits.clone();
                    sorted.sort_unstable();
                    left.truncate(n_left);
                    left.sort_unstable();
                    assert_eq!(left, sorted[..n_left]);
                }
            }
        }
    }

    #[test]
    fn a_list_of_equals_is_given_up() {
        let mut lists = Candidates::new(1, 3);
        let mut looks = (0..100).filter_map(|panel| {
            let due = lists.add(0, u32::MAX, &[1; COLS], panel * COLS as u32);
            due.then(|| lists.look_through(Level::current(), 0, &mut Tenths))
        });
        assert_eq!(looks.next(), Some(Some(0.1)));
        assert!(looks.any(|look| look.is_none()));
    }
}
